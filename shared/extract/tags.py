"""What the elements of HTML mean to a listener: a table, and what is never heard whatever its element."""

from __future__ import annotations

import re
from collections.abc import Mapping

BLOCK = 1
"""A border: what stands before and after it are different paragraphs."""
LINE = 2
"""All in it are lines of one paragraph, each a sentence."""
SENTENCE = 4
"""It ends as a sentence."""
KEPT = 8
"""Its line breaks count."""
SILENT = 16
TITLE = 32
"""It is the document's title, and not heard."""

INHERITED = LINE | SENTENCE | KEPT | SILENT | TITLE

_NAMES: Mapping[int, str] = {
    BLOCK: "address article blockquote body center details div fieldset figure footer form h1 h2 h3 h4 h5 h6 header"
    " hgroup hr html main p search section",
    BLOCK | LINE: "table tbody td tfoot th thead tr",
    BLOCK | LINE | SENTENCE: "dd dir dl dt li menu ol ul",
    BLOCK | SENTENCE: "caption figcaption legend summary",
    BLOCK | KEPT: "listing pre xmp",
    BLOCK | SILENT: "aside audio canvas dialog iframe nav noframes noscript object select textarea video",
    SILENT: "button datalist del embed map meter noembed progress rp rt s script strike style svg template",
    TITLE: "title",
}
TAGS: Mapping[str, int] = {name: meaning for meaning, names in _NAMES.items() for name in names.split()}
"""Others are part of the sentence that they stand in."""

HEADINGS: Mapping[str, int] = {f"h{level}": level for level in range(1, 7)}

_SILENT_ROLES = frozenset(
    [
        *("navigation", "search", "doc-index", "doc-toc"),
        *("doc-backlink", "doc-footnote", "doc-noteref", "doc-pagebreak", "doc-pagelist"),
    ]
)
_SILENT_TYPES = frozenset(
    [
        *("index", "landmarks", "page-list", "toc"),
        *("backlink", "footnote", "noteref", "pagebreak", "rearnote"),
    ]
)
_SILENT_CLASSES = frozenset(["footnote-definition-label"])
"""Of the Markdown renderer: the number before a footnote's text."""
_UNSEEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)


def is_silent(attributes: Mapping[str, str]) -> bool:
    """Whether its author took it out of what is read: hidden, or navigation, or a mark of notes and pages."""
    if not attributes:
        return False
    return (
        "hidden" in attributes
        or attributes.get("aria-hidden") == "true"
        or bool(_UNSEEN.search(attributes.get("style", "")))
        or not _SILENT_ROLES.isdisjoint(attributes.get("role", "").split())
        or not _SILENT_TYPES.isdisjoint(attributes.get("epub:type", "").split())
        or not _SILENT_CLASSES.isdisjoint(attributes.get("class", "").split())
    )
