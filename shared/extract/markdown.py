"""Markdown, as GitHub reads it, to blocks: rendered piece by piece into the parser that hears HTML.

Front matter is not spoken; it tells title, author and language.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from typing import Any

import yaml
from pyromark import Markdown, Options

from shared.extract.markup import Feeding, Heard
from shared.extract.prose import Draft, by_headings

_MARKDOWN = Markdown(
    options=Options.ENABLE_DEFINITION_LIST
    | Options.ENABLE_FOOTNOTES
    | Options.ENABLE_GFM
    | Options.ENABLE_HEADING_ATTRIBUTES
    | Options.ENABLE_STRIKETHROUGH
    | Options.ENABLE_TABLES
    | Options.ENABLE_TASKLISTS
)

_FRONT = re.compile(r"\A(---|\+\+\+)[ \t]*\n(.{0,16384}?)^(?:\1|\.\.\.)[ \t]*$\n?", re.DOTALL | re.MULTILINE)


def read_markdown(text: str) -> Draft:
    told, text = _front_matter(text)
    heard = Heard()
    parser = Feeding(heard)
    _MARKDOWN.write_html(text, parser)
    parser.close()
    return Draft(
        chapters=by_headings(heard.blocks),
        title=_told(told, "title") or heard.first_heading,
        author=_told(told, "author") or _told(told, "authors"),
        language=_told(told, "lang") or _told(told, "language"),
    )


def _front_matter(text: str) -> tuple[Mapping[str, Any], str]:
    """What a block at the very beginning tells, and the text after it. A rule and some prose are no such block."""
    found = _FRONT.match(text)
    if found:
        told = _READERS[found[1]](found[2])
        if isinstance(told, dict):
            return told, text[found.end() :]
    return {}, text


def _yaml(text: str) -> Any:
    """Strings, lists and mappings: no value is made into anything else."""
    try:
        return yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 (it makes no objects)
    except (yaml.YAMLError, ValueError, RecursionError):
        return None


def _toml(text: str) -> Any:
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError):  # also of a number with too many digits, which is no TOMLDecodeError
        return None


_READERS: Mapping[str, Callable[[str], Any]] = {"---": _yaml, "+++": _toml}


def _told(told: Mapping[str, Any], name: str) -> str:
    value = told.get(name, "")
    values = value if isinstance(value, list) else [value]
    return ", ".join(" ".join(item.split()) for item in values if isinstance(item, str))
