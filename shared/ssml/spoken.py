"""Collects what an SSML document says into spans: text of one manner joins, whatever elements it came from."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from shared.ssml.spans import Pause, Say, Span

LONGEST_PAUSE = 20_000
"""Milliseconds; a longer `<break>` is cut to it."""

_SPACES = re.compile("  +")
_PARAGRAPH_END = re.compile(" ?\n\n ?")


class Spoken:
    def __init__(self) -> None:
        self._spans: list[Span] = []
        self._words: list[str] = []
        """Said in `_manner`, and not yet a span."""
        self._manner = Say(text="", voice="")
        self._paragraph_ended = self._sentence_ended = False

    def say(self, text: str, manner: Say) -> None:
        """Says `text`, its white space single spaces, as `manner` (a Say without text) has it."""
        if not text.strip():
            if self._words:
                self._words.append(" ")
            return
        if manner is not self._manner and manner != self._manner:
            self.end_span()
            self._manner = manner
        if self._paragraph_ended:
            self._words.append("\n\n")
            self._paragraph_ended = False
        self._words.append(text)

    def pause(self, milliseconds: int) -> None:
        self.end_span()
        if milliseconds > 0:
            self._spans.append(Pause(min(milliseconds, LONGEST_PAUSE)))

    def end_paragraph(self) -> None:
        """What has been said and what comes next, if anything, are two paragraphs."""
        self._paragraph_ended = bool(self._spans or self._words)

    def end_sentence(self) -> None:
        """What has been said and what comes next, if anything, are two sentences; where it paused they are anyway."""
        self.end_span()
        self._sentence_ended = bool(self._spans) and not isinstance(self._spans[-1], Pause)

    def end_span(self) -> None:
        """What has been said and what comes next are two spans, though the manner may stay."""
        text = _PARAGRAPH_END.sub("\n\n", _SPACES.sub(" ", "".join(self._words)))
        self._words.clear()
        if text.strip():
            self._spans.append(replace(self._manner, text=text, begins=self._sentence_ended))
            self._sentence_ended = False

    def mark(self) -> int:
        """This place, for `take`."""
        self.end_span()
        return len(self._spans)

    def take(self, mark: int) -> list[Span]:
        """Removes the spans since `mark`, for `put` to put something of them there."""
        self.end_span()
        taken = self._spans[mark:]
        del self._spans[mark:]
        return taken

    def put(self, spans: Iterable[Span]) -> None:
        self._spans.extend(spans)

    def spans(self) -> tuple[Span, ...]:
        self.end_span()
        return tuple(self._spans)
