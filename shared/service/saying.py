"""Makes the sound of a script: an engine's speech, at the pitch and with the silences that the script asks for.

Chunks come out as an engine gives them, word times included, so that memory is bounded; only what has to last a given
time is held as a whole, and that is ten minutes at most.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from math import log

from shared.audio import shaping
from shared.marks import unmarked
from shared.ports import Chunk, Utterance
from shared.service.script import Clip, Lasting, Line, Step
from shared.service.sources import Sources
from shared.ssml import Pause

SLOWEST, FASTEST = 0.5, 2.0
PACES = (0.5, 0.6, 0.7, 0.8, 1.0)
"""Rates that engines are asked for. A network's pace goes in steps: hibari, asked for 1.3, speaks at 1.16, asked for
1.35 at 1.54 (median of five sentences), and is true to 3 % at these. The rest is left to FFmpeg."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker:
    speak: Callable[[Utterance], Iterator[Chunk]]
    """An engine's; it is asked for its own pitch and for PACES only."""
    rate: int
    """Samples per second of its sound."""
    sources: Sources
    keep: Callable[[], None] = lambda: None
    """Called now and then while nothing comes out: what is to last a given time is gathered first."""

    def chunks(self, script: Iterable[Step]) -> Iterator[Chunk]:
        """Raises InputError: an engine cannot speak a text."""
        for step in script:
            if isinstance(step, Pause):
                yield Chunk(pcm=shaping.silence(step.milliseconds, sample_rate=self.rate))
            elif isinstance(step, Line):
                yield from self._line(step)
            elif isinstance(step, Clip):
                recording = self.sources.recording(step.url, self.rate)
                yield from self.chunks(step.instead) if recording is None else [Chunk(pcm=recording)]
            else:
                yield from self._lasting(step)

    def _line(self, line: Line) -> Iterator[Chunk]:
        if line.begins:
            yield Chunk(pcm=b"")
        utterance = line.utterance
        text = self.sources.applied(line.lexicons, utterance.text)
        asked = min(PACES, key=lambda pace: abs(log(utterance.rate / pace)))
        said = replace(utterance, text=text if line.phones else unmarked(text), rate=asked, pitch=1.0)
        pace = utterance.rate / asked
        chunks = map(partial(self._changed, pitch=utterance.pitch, pace=pace), self.speak(said))
        yield from self._edged(line, chunks)

    def _edged(self, line: Line, chunks: Iterator[Chunk]) -> Iterator[Chunk]:
        if line.before is not None:
            chunks = self._led(chunks, line.before, line.utterance.volume)
        if line.after is not None:
            chunks = self._followed(chunks, line.after, line.utterance.volume)
        return chunks

    def _changed(self, chunk: Chunk, *, pitch: float = 1.0, pace: float = 1.0) -> Chunk:
        if pitch == pace == 1 or not chunk.pcm:
            return chunk
        words = [
            replace(word, offset=int(word.offset / pace), duration=int(word.duration / pace)) for word in chunk.words
        ]
        pcm = shaping.changed(chunk.pcm, sample_rate=self.rate, pitch=pitch, pace=pace)
        return replace(chunk, pcm=pcm, words=tuple(words))

    def _led(self, chunks: Iterator[Chunk], milliseconds: int, volume: float) -> Iterator[Chunk]:
        """With so much silence before the first sound."""
        first = next(chunks)
        heard = shaping.audible(first.pcm, sample_rate=self.rate, volume=volume)
        if heard:
            dropped = heard[0] * 1000 // self.rate
            words = [replace(word, offset=max(word.offset - dropped + milliseconds, 0)) for word in first.words]
            lead = shaping.silence(milliseconds, sample_rate=self.rate)
            first = replace(first, pcm=lead + first.pcm[heard[0] * shaping.SAMPLE_BYTES :], words=tuple(words))
        return chain([first], chunks)

    def _followed(self, chunks: Iterator[Chunk], milliseconds: int, volume: float) -> Iterator[Chunk]:
        """With so much silence after the last sound: chunks are held back until one that is heard follows."""
        held: list[Chunk] = []
        for chunk in chunks:
            if held and shaping.audible(chunk.pcm, sample_rate=self.rate, volume=volume):
                yield from held
                held.clear()
            held.append(chunk)
        heard = shaping.audible(held[0].pcm, sample_rate=self.rate, volume=volume) if held else None
        if not heard:
            yield from held
            return
        end = heard[1]
        pcm = held[0].pcm[: end * shaping.SAMPLE_BYTES] + shaping.silence(milliseconds, sample_rate=self.rate)
        last = end * 1000 // self.rate
        words = [
            replace(word, offset=min(word.offset, last), duration=min(word.duration, max(last - word.offset, 0)))
            for word in held[0].words
        ]
        yield replace(held[0], pcm=pcm, words=tuple(words))

    def _lasting(self, step: Lasting) -> Iterator[Chunk]:
        chunks: list[Chunk] = []
        for chunk in self.chunks(step.steps):
            self.keep()
            chunks.append(chunk)
        natural = sum(len(chunk.pcm) for chunk in chunks) // shaping.SAMPLE_BYTES * 1000 / self.rate
        if not natural:
            return
        pace = min(max(natural / step.milliseconds, SLOWEST), FASTEST)
        for chunk in chunks:
            yield self._changed(chunk, pace=pace)
