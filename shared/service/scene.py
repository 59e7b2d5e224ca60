"""The recording behind speech, mixed in as a sound's parts are put together: that of `<mstts:backgroundaudio>` behind
an input, that of a plain text's `backgroundAudio` behind a whole audio file.

Only there is it known where in the sound a part begins, as parts are spoken on any number of workers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, groupby
from typing import Protocol, TypeVar

from shared import ssml
from shared.audio import shaping
from shared.batchapi.model import Background, SynthesisRequest
from shared.service.items import Done, Spoken
from shared.service.sources import Sources


class Piece(Protocol):
    @property
    def done(self) -> Done: ...
    @property
    def spoken(self) -> Spoken: ...


P = TypeVar("P", bound=Piece)


def background_of(request: SynthesisRequest, index: int) -> Background | None:
    """What is to be heard behind the input `index`, which has been read without a fault."""
    return ssml.background(request.inputs[index]) if request.config is None else request.config.background


class Scene:
    def __init__(self, request: SynthesisRequest, sources: Sources) -> None:
        self._request, self._sources = request, sources

    def sound(self, pieces: Sequence[P], read: Callable[[P], Iterator[bytes]]) -> Iterator[bytes]:
        """The sound of a file that has these pieces, with what belongs behind it."""
        if self._request.config is not None:
            runs: Iterable[Sequence[P]] = [pieces]
        else:
            runs = (list(run) for _, run in groupby(pieces, lambda piece: piece.spoken.input))
        return chain.from_iterable(self._mixed(run, read) for run in runs)

    def _mixed(self, pieces: Sequence[P], read: Callable[[P], Iterator[bytes]]) -> Iterable[bytes]:
        pcm = chain.from_iterable(map(read, pieces))
        wanted = background_of(self._request, pieces[0].spoken.input) if self._sources.allowed else None
        rate = pieces[0].done.rate
        recording = self._sources.recording(wanted.url, rate) if wanted else None
        if not wanted or not recording:
            return pcm
        return shaping.mixed(
            pcm,
            recording,
            samples=sum(piece.spoken.samples for piece in pieces),
            sample_rate=rate,
            volume=wanted.volume,
            fade_in=wanted.fade_in,
            fade_out=wanted.fade_out,
        )
