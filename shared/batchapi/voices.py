"""The catalogue of voices: Azure's names, and which voice of which engine speaks for each.

English is spoken by hibari's American woman; Spanish, French, Italian and Portuguese by Kokoro, and all else by
espeak-ng, both of which are extras. Each of Kokoro's voices has besides a name of its own, in the manner of Azure's.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass

from shared.batchapi.locales import LOCALES
from shared.batchapi.voice_names import NAMES, NEUTRAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    name: str
    """As Azure spells it, e.g. en-US-JennyNeural."""
    locale: str
    gender: str
    """Female, Male or Neutral."""
    engine: str
    engine_voice: str
    """The engine's own name of the voice that speaks."""


_NEURAL: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "en": ("hibari", {"Female": "heart", "Male": "heart", "Neutral": "heart"}),
    "es": ("kokoro", {"Female": "ef_dora", "Male": "em_alex"}),
    "fr": ("kokoro", {"Female": "ff_siwis", "Male": "ff_siwis"}),
    "it": ("kokoro", {"Female": "if_sara", "Male": "im_nicola"}),
    "pt": ("kokoro", {"Female": "pf_dora", "Male": "pm_alex"}),
}
"""By language: engine, and its voice for each gender. Kokoro has no French man."""

_KOKOROS: Mapping[str, tuple[str, str, str]] = {
    "a": (
        "en-US",
        "heart alloy aoede bella jessica kore nicole nova river sarah sky",
        "adam echo eric fenrir liam michael onyx puck santa",
    ),
    "b": ("en-GB", "alice emma isabella lily", "daniel fable george lewis"),
    "e": ("es-ES", "dora", "alex santa"),
    "f": ("fr-FR", "siwis", ""),
    "h": ("hi-IN", "alpha beta", "omega psi"),
    "i": ("it-IT", "sara", "nicola"),
    "j": ("en-US", "alpha gongitsune nezumi tebukuro", "kumo"),
    "p": ("pt-BR", "dora", "alex santa"),
    "z": ("en-US", "xiaobei xiaoni xiaoxiao xiaoyi", "yunjian yunxi yunxia yunyang"),
}
"""By the first letter of its names: what they speak, women and men. Those made of Japanese and Chinese speech (j, z)
speak English."""

_ESPEAK_LANGUAGES: Mapping[str, str] = {"wuu": "cmn", "zh": "cmn", "zh-HK": "yue"}
"""By locale or language, where espeak-ng's name is another than the language's."""
_ESPEAK_VARIANTS: Mapping[str, str] = {"Female": "f2", "Male": "m3"}

_WORDS_PER_MINUTE: Mapping[str, int] = {"hibari": 165, "kokoro": 165, "espeak": 175}
"""About, of plain text at rate 1."""


def _voices() -> Iterator[Voice]:
    for locale, (women, men) in NAMES.items():
        for gender, names in (("Female", women), ("Male", men), ("Neutral", NEUTRAL.get(locale, ""))):
            engine, engine_voice = _speaker(locale, gender)
            for name in names.split():
                full = f"{locale}-{name}Neural"
                yield Voice(name=full, locale=locale, gender=gender, engine=engine, engine_voice=engine_voice)


def _kokoros() -> Iterator[Voice]:
    """E.g. en-US-Michael:KokoroNeural."""
    for letter, (locale, women, men) in _KOKOROS.items():
        for gender, names in (("Female", women), ("Male", men)):
            for name in names.split():
                full, own = f"{locale}-{name.capitalize()}:KokoroNeural", f"{letter}{gender[0].lower()}_{name}"
                yield Voice(name=full, locale=locale, gender=gender, engine="kokoro", engine_voice=own)


def _speaker(locale: str, gender: str) -> tuple[str, str]:
    language = locale.partition("-")[0]
    if language in _NEURAL:
        engine, voices = _NEURAL[language]
        return engine, voices.get(gender, voices["Female"])
    spoken = _ESPEAK_LANGUAGES.get(locale) or _ESPEAK_LANGUAGES.get(language) or language
    return "espeak", f"{spoken}+{_ESPEAK_VARIANTS.get(gender, 'f2')}"


VOICES: tuple[Voice, ...] = (*_voices(), *_kokoros())

_BY_NAME: Mapping[str, Voice] = {voice.name.lower(): voice for voice in VOICES}


_FIRST: Mapping[tuple[str, str], Voice] = {(voice.locale.lower(), voice.gender): voice for voice in reversed(VOICES)}


def find_speaker(locale: str, gender: str) -> Voice | None:
    """The first voice of a locale, which speaks for multilingual ones; None: the catalogue has none."""
    return _FIRST.get((locale.lower(), gender))


def find_voice(name: str) -> Voice | None:
    """The voice of this name, in any case of letters; None: the catalogue does not have it."""
    return _BY_NAME.get(name.lower())


def voices_list(engines: Container[str] | None = None) -> list[dict[str, str]]:
    """The voices as Azure's `/cognitiveservices/voices/list` shows them; only those of `engines` where given."""
    return [_shown(voice) for voice in VOICES if engines is None or voice.engine in engines]


def _shown(voice: Voice) -> dict[str, str]:
    own_name = voice.name.removeprefix(f"{voice.locale}-")
    display = own_name.removesuffix("Neural").replace("Multilingual", " Multilingual").replace(":", " ")
    return {
        "Name": f"Microsoft Server Speech Text to Speech Voice ({voice.locale}, {own_name})",
        "DisplayName": display,
        "LocalName": display,
        "ShortName": voice.name,
        "Gender": voice.gender,
        "Locale": voice.locale,
        "LocaleName": LOCALES[voice.locale],
        "SampleRateHertz": "24000",
        "VoiceType": "Neural",
        "Status": "GA",
        "WordsPerMinute": str(_WORDS_PER_MINUTE[voice.engine]),
    }
