"""`<mstts:backgroundaudio>`: the recording behind an input, mixed in as its parts are put together.

Only there is it known where in the input's sound a part begins, as parts are spoken on any number of workers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import Protocol, TypeVar

from shared import ssml
from shared.audio import shaping
from shared.batchapi.model import InputKind, SynthesisRequest
from shared.service.items import Done, Spoken
from shared.service.sources import Sources


class Piece(Protocol):
    @property
    def done(self) -> Done: ...
    @property
    def spoken(self) -> Spoken: ...


P = TypeVar("P", bound=Piece)


def has_background(text: str, kind: InputKind) -> bool:
    """`text` has been read without a fault."""
    return kind is InputKind.SSML and ssml.background(text) is not None


class Scene:
    def __init__(self, request: SynthesisRequest, sources: Sources) -> None:
        self._request, self._sources = request, sources

    def behind(self, index: int, pieces: Sequence[P], read: Callable[[P], Iterator[bytes]]) -> Iterable[bytes]:
        """The sound of the input `index`, which has these pieces, with what belongs behind it."""
        pcm = chain.from_iterable(map(read, pieces))
        text, allowed = self._request.inputs[index], self._sources.allowed
        wanted = ssml.background(text) if allowed and self._request.kind is InputKind.SSML else None
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
