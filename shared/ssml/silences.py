"""`<mstts:silence>`: pauses at the ends of a voice, between its sentences and after its punctuation.

The forms that end in -exact take the place of the natural pause there, the others add to it. Azure's page gives no
natural form of the three for punctuation, so both spellings of those are exact.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from shared.marks import veiled
from shared.ssml.sentences import SENTENCE_OR_TEXT_END
from shared.ssml.spans import Lasting, Pause, Say, Span

Wishes = Mapping[str, int]
"""Milliseconds by type of silence, in small letters."""

_SENTENCES = "sentenceboundary"
_EXACT = "-exact"
_PUNCTUATION: Mapping[str, re.Pattern[str]] = {
    "comma-exact": re.compile(r",\s+|，"),
    "semicolon-exact": re.compile(r";\s+|；"),
    "enumerationcomma-exact": re.compile("、"),
}
KINDS = frozenset(
    {"leading", "tailing", _SENTENCES, *(k + _EXACT for k in ("leading", "tailing", _SENTENCES)), *_PUNCTUATION}
)


def silenced(spans: Sequence[Span], wishes: Wishes) -> list[Span]:
    """The spans of one voice, with what it wishes for."""
    parts = list(spans)
    for kind, border in _PUNCTUATION.items():
        if kind in wishes:
            parts = list(_parted(parts, border, wishes[kind], exact=True))
    for kind in (_SENTENCES, _SENTENCES + _EXACT):
        if kind in wishes:
            parts = list(_parted(parts, SENTENCE_OR_TEXT_END, wishes[kind], exact=kind.endswith(_EXACT)))
    return _with_ends(parts, wishes)


def _parted(spans: Sequence[Span], border: re.Pattern[str], milliseconds: int, *, exact: bool) -> Iterator[Span]:
    last = max((place for place, span in enumerate(spans) if isinstance(span, Say)), default=-1)
    for place, span in enumerate(spans):
        if not isinstance(span, Say):
            yield span
            continue
        ends = [match.end() for match in border.finditer(veiled(span.text))]
        starts = [0, *ends]
        pieces = [span.text[a:b] for a, b in zip(starts, [*ends, len(span.text)], strict=True)]
        for number, text in enumerate(pieces):
            ends_all = place == last and not "".join(pieces[number + 1 : number + 2]).strip()
            parted = number < len(ends) and not ends_all
            if not text.strip():
                continue
            yield replace(
                span,
                text=text,
                before=span.before if number == 0 else 0 if exact else None,
                begins=span.begins and number == 0,
                after=(0 if exact else None) if parted else span.after,
            )
            if parted and milliseconds:
                yield Pause(milliseconds)


def _with_ends(spans: list[Span], wishes: Wishes) -> list[Span]:
    for kind, place, edge in (("leading", 0, "before"), ("tailing", -1, "after")):
        exact = wishes.get(kind + _EXACT)
        wish = wishes.get(kind) if exact is None else exact
        if wish is None:
            continue
        says = [number for number, span in enumerate(spans) if isinstance(span, Say)]
        if exact is not None and says:
            said = spans[says[place]]
            assert isinstance(said, Say)
            spans[says[place]] = replace(said, before=0) if edge == "before" else replace(said, after=0)
        if wish:
            spans.insert(0 if place == 0 else len(spans), Pause(wish))
    return spans


def lasting(spans: Sequence[Span], milliseconds: int) -> list[Span]:
    """`<mstts:audioduration>`: the spans of one voice, to last so long together."""
    return [Lasting(milliseconds, tuple(spans))] if spans else []
