"""The contract's values, free of any version's spelling; `codec` writes and reads them for both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class InputKind(StrEnum):
    PLAIN_TEXT = "PlainText"
    SSML = "SSML"


class SynthesisStatus(StrEnum):
    NOT_STARTED = "NotStarted"
    RUNNING = "Running"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"


TERMINAL = frozenset({SynthesisStatus.SUCCEEDED, SynthesisStatus.FAILED})


LOUDEST = 100.0
LONGEST_FADE = 10_000
LONGEST_SOURCE = 2_000
"""Characters of a URL that is fetched: our limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Background:
    """A recording to be heard behind speech, again and again where it is short."""

    url: str
    """May be secret: a SAS lets others than its owner read."""
    volume: float = 1.0
    """Amplitude as a multiplier, up to LOUDEST."""
    fade_in: int = 0
    """Milliseconds up to LONGEST_FADE, as the next one."""
    fade_out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SynthesisConfig:
    """`synthesisConfig`, plain text only. Prosody values are SSML's, as strings; the service ignores invalid ones."""

    voice: str
    style: str | None = None
    rate: str | None = None
    pitch: str | None = None
    volume: str | None = None
    role: str | None = None
    style_degree: str | None = None
    speaker_profile_id: str | None = None
    background: Background | None = None
    """Behind each audio file. GA only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Properties:
    """The caller's part of `properties`."""

    output_format: str = "riff-24khz-16bit-mono-pcm"
    concatenate_result: bool = False
    decompress_output_files: bool = False
    word_boundary: bool = False
    sentence_boundary: bool = False
    time_to_live_hours: float | None = None
    """None: the version's default."""
    destination_container_url: str | None = None
    """Secret: carries a SAS."""
    destination_path: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SynthesisRequest:
    """A create, of either version."""

    kind: InputKind
    inputs: tuple[str, ...]
    config: SynthesisConfig | None = None
    properties: Properties = field(default_factory=Properties)
    custom_voices: Mapping[str, str] = field(default_factory=dict)
    description: str | None = None
    display_name: str | None = None
    """Preview only, required there."""
    custom_properties: Mapping[str, str] = field(default_factory=dict)
    """Preview only: up to 10 pairs, key 64, value 256 characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SynthesisError:
    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The service's part of `properties`, there once the synthesis has ended."""

    succeeded: int = 0
    failed: int = 0
    size_bytes: int = 0
    duration_ms: int = 0
    billed_characters: Mapping[str, int] = field(default_factory=dict)
    """By kind of voice: neural, customNeural."""
    error: SynthesisError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Synthesis:
    """A synthesis as get, list and create answer it (never its inputs nor its destination)."""

    id: str
    status: SynthesisStatus
    created: datetime
    last_action: datetime
    kind: InputKind
    properties: Properties = field(default_factory=Properties)
    config: SynthesisConfig | None = None
    custom_voices: Mapping[str, str] = field(default_factory=dict)
    description: str | None = None
    display_name: str | None = None
    custom_properties: Mapping[str, str] = field(default_factory=dict)
    outcome: Outcome | None = None
    result: str | None = None
    """`outputs.result`: a URL, or with a destination a path in its container."""
    summary: str | None = None
    """`outputs.summary`: only with decompressOutputFiles, GA only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of a list; `more`: there is a next link."""

    items: tuple[Synthesis, ...]
    more: bool
    unread: int = 0
    """So many items could not be read and are left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InputResult:
    """One entry of `summary.json`."""

    contents: tuple[str, ...]
    succeeded: bool
    audio_file: str | None = None
    word_boundary_file: str | None = None
    sentence_boundary_file: str | None = None
    size_bytes: int = 0
    duration_ms: int = 0
    billed_characters: int | None = None
    """None: the endpoint does not say."""
    error: SynthesisError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """`summary.json`. `job_id` is the service's internal GUID, not the caller's id."""

    job_id: str
    status: SynthesisStatus
    results: tuple[InputResult, ...]
