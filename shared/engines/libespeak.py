"""The library espeak-ng 1.52, in this process: text to sound with the places of its words, or to phonemes.

The library (GPL-3.0, from `espeakng-loader`, an extra) has one state for the whole process, so calls take turns.
Names and numbers are those of its `speak_lib.h`.
"""

from __future__ import annotations

import ctypes
import threading
from dataclasses import dataclass, field

import espeakng_loader

from shared.errors import InputError, SettingsError

RATE = 22_050
USUAL_WORDS_PER_MINUTE = 175

_SYNCHRONOUS, _PHONEME_EVENTS, _IPA, _DONT_EXIT = 2, 1, 2, 0x8000
_CHARS_UTF8, _ENDPAUSE = 1, 0x1000
_POS_CHARACTER = 1
_SPEED, _PITCH = 1, 3
_LIST_TERMINATED, _WORD, _PHONEME = 0, 1, 7


class _Id(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8))


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Id),
    )


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


@dataclass(slots=True)
class Word:
    """One or more words that the library speaks as one."""

    position: int
    """Index of its first character in the text."""
    sample: int
    """At RATE."""
    phonemes: str = ""
    """IPA."""


@dataclass(slots=True)
class Speech:
    pcm: bytearray = field(default_factory=bytearray)
    """Mono, signed 16 bit, at RATE."""
    words: list[Word] = field(default_factory=list)


class Espeak:
    def __init__(self) -> None:
        """Once per process. Raises SettingsError: the library does not start."""
        self._lock = threading.Lock()
        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        options = _PHONEME_EVENTS | _IPA | _DONT_EXIT
        data = espeakng_loader.get_data_path().encode()
        if self._library.espeak_Initialize(_SYNCHRONOUS, 0, data, options) != RATE:
            raise SettingsError("espeak-ng does not start; install requirements-espeak.txt again.")
        self._speech = Speech()
        self._callback = _Callback(self._hear)
        self._library.espeak_SetSynthCallback(self._callback)

    def speak(self, text: str, voice: str, *, rate: float = 1.0, pitch: float = 1.0) -> Speech:
        """`voice`: a language, with a variant after "+". `rate` and `pitch` are multipliers.

        Raises InputError: no such voice.
        """
        data = text.replace("\0", " ").encode("utf-8", "replace") + b"\0"
        with self._lock:
            if self._library.espeak_SetVoiceByName(voice.encode()) != 0:
                raise InputError(f"espeak-ng has no voice '{voice}'", remedy="Use the name of a voice that it lists.")
            self._library.espeak_SetParameter(_SPEED, round(USUAL_WORDS_PER_MINUTE * rate), 0)
            self._library.espeak_SetParameter(_PITCH, round(min(max(50 * pitch, 0), 100)), 0)
            self._speech = speech = Speech()
            self._library.espeak_Synth(
                data, ctypes.c_size_t(len(data)), 0, _POS_CHARACTER, 0, _CHARS_UTF8 | _ENDPAUSE, None, None
            )
            self._library.espeak_Synchronize()
            return speech

    def _hear(self, sound: ctypes._Pointer[ctypes.c_short], samples: int, events: ctypes._Pointer[_Event]) -> int:
        """Called by the library with some sound and what happens in it."""
        if samples > 0:
            self._speech.pcm += ctypes.string_at(sound, samples * 2)
        place = 0
        while (event := events[place]).type != _LIST_TERMINATED:
            if event.type == _WORD:
                self._speech.words.append(Word(max(event.text_position - 1, 0), event.sample))
            elif event.type == _PHONEME and self._speech.words:
                self._speech.words[-1].phonemes += event.id.string.decode("utf-8", "replace")
            place += 1
        return 0
