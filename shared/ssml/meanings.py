"""What each SSML element means, as a table from its name.

An element that is not in it only lends its text: emphasis, mstts:express-as and the others for which Azure's page names
voices that we do not have, and all unknown ones.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from shared.errors import InputError
from shared.marks import marked, unmarked
from shared.ssml import elsewhere, phones, prosody, say_as, silences
from shared.ssml.inside import End, Inside, Meaning, Start, Text, Wishes, milliseconds
from shared.ssml.numerals import language_of
from shared.ssml.spans import Say, Span, room
from shared.ssml.spoken import LONGEST_PAUSE, Spoken

EXAMPLE = '<voice name="en-US-JennyNeural">…</voice>'
LONGEST_LASTING = 12_000
"""Characters, or what takes as long: twice as fast they fit into the 300 s of the longest `<mstts:audioduration>`."""
LONGEST_DURATION = 300_000


_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_SPACE = re.compile(r"[ \t\r\n]+")
VOICE_LOCALE = re.compile(r"[a-z]{2,3}-(?:[A-Za-z]{4}-)?[A-Z]{2}(?=-)")
_STRENGTHS: Mapping[str, int] = {
    "none": 0,
    "x-weak": 250,
    "weak": 500,
    "medium": 750,
    "strong": 1000,
    "x-strong": 1250,
}


def squeezed(text: str) -> str:
    """`text` with single spaces for its white space."""
    return _SPACE.sub(" ", text)


def _speak(start: Start) -> tuple[Inside, End | None]:
    return replace(start.inside, language=start.attributes.get(_LANG, start.inside.language)), None


def _lang(start: Start) -> tuple[Inside, End | None]:
    inside, _ = _speak(start)
    voice = VOICE_LOCALE.match(inside.manner.voice)
    if not voice or "multilingual" not in inside.manner.voice.lower():
        return inside, None
    other = language_of(inside.language) != language_of(voice[0])
    return replace(inside, manner=replace(inside.manner, locale=inside.language if other else "")), None


def _voice(start: Start) -> tuple[Inside, End | None]:
    name = start.get("name")
    if not name:
        raise InputError("a <voice> has no name", where=start.here(), remedy=f"Name one: {EXAMPLE}.")
    nested = bool(start.inside.manner.voice)
    wishes, spoken, mark = start.inside.wishes if nested else Wishes(), start.spoken, start.spoken.mark()
    language = VOICE_LOCALE.match(name)
    inside = replace(
        start.inside,
        manner=replace(start.inside.manner, voice=name),
        language=language[0] if language else start.inside.language,
        wishes=wishes,
    )

    def end() -> None:
        if wishes != Wishes() and not nested:  # else each of 256 voices in each other would go over it all again
            spoken.put(_granted(spoken.take(mark), wishes))

    return inside, end


def _granted(spans: list[Span], wishes: Wishes) -> list[Span]:
    if wishes.lexicons:
        lexicons = tuple(wishes.lexicons)
        spans = [replace(span, lexicons=lexicons) if isinstance(span, Say) else span for span in spans]
    spans = silences.silenced(spans, wishes.silences)
    if not wishes.milliseconds:
        return spans
    if sum(map(room, spans)) > LONGEST_LASTING:
        return [replace(span, rate=2.0) if isinstance(span, Say) else span for span in spans]
    return silences.lasting(spans, wishes.milliseconds)


def _prosody(start: Start) -> tuple[Inside, End | None]:
    now = start.inside.manner
    changed = replace(
        now,
        rate=prosody.rate(start.get("rate"), now.rate),
        pitch=prosody.pitch(start.get("pitch"), now.pitch),
        volume=prosody.volume(start.get("volume"), now.volume),
    )
    return replace(start.inside, manner=changed), None


def _break(start: Start) -> tuple[Inside, End | None]:
    time = milliseconds(start.get("time"))
    start.spoken.pause(_STRENGTHS.get(start.get("strength"), _STRENGTHS["medium"]) if time is None else time)
    return start.inside, None


def _silence(start: Start) -> tuple[Inside, End | None]:
    kind, time = start.get("type").lower(), milliseconds(start.get("value"))
    if kind in silences.KINDS and time is not None:
        start.inside.wishes.silences[kind] = min(time, LONGEST_PAUSE)
    return start.inside, None


def _duration(start: Start) -> tuple[Inside, End | None]:
    time = milliseconds(start.get("value"))
    if time:
        start.inside.wishes.milliseconds = min(time, LONGEST_DURATION)
    return start.inside, None


def _sub(start: Start) -> tuple[Inside, End | None]:
    if "alias" not in start.attributes:
        return start.inside, None
    start.say(squeezed(unmarked(start.attributes["alias"])))
    return replace(start.inside, text=Text.SKIPPED), None


def _say_as(start: Start) -> tuple[Inside, End | None]:
    collected: list[str] = []

    def end() -> None:
        kind, form = start.get("interpret-as"), start.get("format")
        start.say(say_as.read(kind, "".join(collected), form=form, locale=start.inside.language))

    return replace(start.inside, text=Text.COLLECTED, collected=collected), end


def _phoneme(start: Start) -> tuple[Inside, End | None]:
    ph, collected = start.get("ph"), list[str]()
    if not ph or start.attributes.get("alphabet", "ipa").strip().lower() != "ipa":
        return start.inside, None
    unknown = phones.unknown_phone(ph)
    if unknown or len(ph) > phones.LONGEST:
        fault = f"'{unknown}' is not of the IPA" if unknown else f"it has more than {phones.LONGEST} characters"
        raise InputError(
            f"the ph of a <phoneme> cannot be read: {fault}",
            where=start.here(),
            remedy="Write the phones in IPA, e.g. ph='təˈmeɪtoʊ', or leave the <phoneme> out.",
        )

    def end() -> None:
        start.say(marked("".join(collected), ph))

    return replace(start.inside, text=Text.COLLECTED, collected=collected), end


def _math(start: Start) -> tuple[Inside, End | None]:
    return replace(start.inside, text=Text.SPACED), None


def _annotation(start: Start) -> tuple[Inside, End | None]:
    """The same formula again, in another notation."""
    return _skip(start) if start.inside.text is Text.SPACED else (start.inside, None)


def _skip(start: Start) -> tuple[Inside, End | None]:
    return replace(start.inside, text=Text.SKIPPED), None


MEANINGS: Mapping[str, Meaning] = {
    "speak": _speak,
    "lang": _lang,
    "voice": _voice,
    "prosody": _prosody,
    "break": _break,
    "sub": _sub,
    "say-as": _say_as,
    "phoneme": _phoneme,
    "audio": elsewhere.audio,
    "lexicon": elsewhere.lexicon,
    "math": _math,
    "annotation": _annotation,
    "annotation-xml": _annotation,
    "mstts:silence": _silence,
    "mstts:audioduration": _duration,
    "mstts:backgroundaudio": elsewhere.background,
    "desc": _skip,
    "metadata": _skip,
}

BORDERS: Mapping[str, Callable[[Spoken], None]] = {
    "p": Spoken.end_paragraph,
    "s": Spoken.end_sentence,
    "voice": Spoken.end_sentence,
    "mstts:turn": Spoken.end_sentence,
}
"""What the beginning and the end of an element part."""
