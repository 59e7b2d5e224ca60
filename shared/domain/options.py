"""The options of one document: resolved from all that says something of them, and as they lie in its version's row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from typing import Any, Self

from shared.batchapi.model import InputKind
from shared.domain.option_table import OPTIONS, Acts


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Resolved at intake and frozen. "" of a text: not asked for. `option_table` tells what each means."""

    voice: str = ""
    """"": the document is SSML, and names its own."""
    output_format: str
    """The API's name of the audio format."""
    language: str = ""
    """The locale in which a multilingual voice is to speak."""
    style: str = ""
    style_degree: float = 1.0
    role: str = ""
    rate: str = ""
    """As `<prosody>` takes it, as are the next two."""
    pitch: str = ""
    volume: str = ""
    paragraph_pause_ms: int = 0
    """Milliseconds between two paragraphs; 0: what is natural."""
    lexicon: Mapping[str, str] = field(default_factory=dict)
    """Word to what is said for it: other words, or between slashes its phones in IPA."""
    word_boundary: bool = False
    sentence_boundary: bool = False
    combined: bool = False
    """One audio file of the whole document, besides those of its inputs."""
    subtitles: tuple[str, ...] = ()
    """`srt`, `vtt`; need both kinds of boundaries, which `resolved` sees to."""
    m4b: bool = False
    """An audio book with chapters."""

    def as_json(self) -> dict[str, Any]:
        """What is not as it is by default."""
        values = {name: getattr(self, name) for name in _DEFAULTS if getattr(self, name) != _DEFAULTS[name]}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> Self:
        """What `as_json` made, of this release or an earlier one."""
        found: dict[str, Any] = {name: item for name, item in value.items() if name in _DEFAULTS}
        if "subtitles" in found:
            found["subtitles"] = tuple(found["subtitles"])
        return cls(**found)

    def for_ssml(self) -> Self:
        """Under which an author's SSML is sent, which says itself how it is to be spoken."""
        spoken = [name for name, option in OPTIONS.items() if option.acts in (Acts.CONFIG, Acts.TEXT)]
        return replace(self, **{name: _DEFAULTS[name] for name in spoken})


_DEFAULTS: Mapping[str, Any] = {
    item.name: item.default_factory() if item.default_factory is not MISSING else item.default
    for item in fields(Options)
}


Layer = Mapping[str, Any]
"""What one source says, by option. None: as if no source before had said anything."""


def resolved(defaults: Options, layers: Iterable[Layer]) -> Options:
    """Later layers win; lexicons are joined word by word. Subtitles turn on the boundaries that they are made of."""
    values: dict[str, Any] = {}
    lexicon: dict[str, str | None] = {}
    for layer in layers:
        if layer.get("lexicon", {}) is None:
            lexicon.clear()
        lexicon |= layer.get("lexicon") or {}
        values |= layer
    values["lexicon"] = {word: said for word, said in lexicon.items() if said is not None}
    options = replace(defaults, **{name: value for name, value in values.items() if value is not None})
    if options.subtitles:
        options = replace(options, word_boundary=True, sentence_boundary=True)
    return options


def job_options(kind: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Of frozen options those that documents of one job must have in common."""
    acting = {Acts.JOB, Acts.CONFIG} if kind == InputKind.PLAIN_TEXT else {Acts.JOB}
    return {name: value for name, value in options.items() if name in OPTIONS and OPTIONS[name].acts in acting}
