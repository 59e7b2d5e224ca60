"""The options of one document: what can be asked for, and how it lies in a version's row and in the manifest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Resolved at intake and frozen. "" of a text: not asked for."""

    voice: str
    """The endpoint's name of the voice."""
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
        """Voice and format, and whatever is not as it is by default."""
        values = {item.name: getattr(self, item.name) for item in fields(self)}
        defaults = {item.name: _default(item) for item in fields(self)}
        shown = {name: value for name, value in values.items() if value != defaults[name]}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in shown.items()}

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> Self:
        """What `as_json` made, of this release or an earlier one."""
        known = {item.name for item in fields(cls)}
        found: dict[str, Any] = {name: item for name, item in value.items() if name in known}
        if "subtitles" in found:
            found["subtitles"] = tuple(found["subtitles"])
        return cls(**found)


def _default(item: Any) -> Any:
    return item.default_factory() if item.default_factory is not MISSING else item.default
