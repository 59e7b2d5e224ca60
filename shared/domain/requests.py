"""The request blob: what a sealed job sends, for ever, and whose input each of its lines is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from io import BytesIO
from itertools import groupby
from typing import Any

from shared.batchapi.model import InputKind, Properties, SynthesisConfig, SynthesisRequest
from shared.domain.options import Options
from shared.domain.rows import SchemaError

SCHEMA = 2
PREVIOUS_SCHEMA = 1
"""Of jobs that were sealed before an update, and are sent or finished after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One input of a job, and whose it is."""

    path: str
    document: str
    sequence: int
    part: int
    number: int
    attempt: int
    text: str

    @property
    def identity(self) -> tuple[str, int, int]:
        """Document, sequence and number of the part that it is of."""
        return self.document, self.sequence, self.part

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    kind: str
    options: Mapping[str, Any]
    """Frozen options that all lines share: their `job_options`."""
    lines: tuple[Line, ...]

    def pieces(self) -> Iterator[bytes]:
        """The blob: a line of JSON for what all share, then one for each line. One at a time, as all are megabytes."""
        yield _json_line({"schema": SCHEMA, "kind": self.kind, "options": self.options})
        for line in self.lines:
            yield _json_line(asdict(line))

    @classmethod
    def of(cls, data: bytes) -> Request:
        """Raises SchemaError."""
        values = map(json.loads, BytesIO(data))
        shared = next(values)
        if shared["schema"] == PREVIOUS_SCHEMA:
            values = iter(shared["lines"])  # all in one line of JSON
        elif shared["schema"] != SCHEMA:
            raise SchemaError(f"A request blob has schema {shared['schema']}; this deployment reads {SCHEMA}.")
        return cls(kind=shared["kind"], options=shared["options"], lines=tuple(Line(**value) for value in values))

    def parts(self) -> Iterator[tuple[Line, ...]]:
        """The lines, part by part, in the order of the request."""
        for _, lines in groupby(self.lines, key=lambda line: line.identity):
            yield tuple(lines)

    def synthesis(self, *, destination: str | None, folder: str) -> SynthesisRequest:
        """The create that sends this. The destination comes in here, at each send: its SAS is short-lived."""
        kind, options = InputKind(self.kind), Options.of(self.options)
        properties = Properties(
            output_format=options.output_format,
            word_boundary=options.word_boundary,
            sentence_boundary=options.sentence_boundary,
        )
        if destination:
            properties = replace(
                properties,
                decompress_output_files=True,
                destination_container_url=destination,
                destination_path=folder,
            )
        return SynthesisRequest(
            kind=kind,
            inputs=tuple(line.text for line in self.lines),
            config=_config(options) if kind is InputKind.PLAIN_TEXT else None,
            properties=properties,
        )


def _config(options: Options) -> SynthesisConfig:
    degree = None if options.style_degree == 1 else f"{options.style_degree:g}"
    texts = {name: getattr(options, name) or None for name in ("style", "rate", "pitch", "volume", "role")}
    return SynthesisConfig(voice=options.voice, style_degree=degree, **texts)


JOB_PROPERTY = "speechdropJob"
"""Key in `customProperties` that holds our job's id, where the server draws the synthesis's."""


def digest_of(pieces: Iterable[bytes]) -> str:
    """SHA-256, of all of them together."""
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    return digest.hexdigest()


def _json_line(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True).encode() + b"\n"
