"""The options of a document, gathered from all that may say something of them: settings, option files, metadata."""

from __future__ import annotations

from collections.abc import Iterator

from shared.domain.naming import option_files
from shared.domain.option_layers import read_file, read_metadata
from shared.domain.options import Layer, Options, resolved
from shared.errors import InputError, Missing
from shared.pipeline.context import Pipeline
from shared.ports import BlobInfo


def default_options(p: Pipeline) -> Options:
    return Options(voice=p.settings.voice, output_format=p.settings.output_format)


def options_of(p: Pipeline, info: BlobInfo) -> Options:
    """As they are now: one read for each folder above the document, and one beside it. Nothing is kept of them, as
    whoever drops an option file and then a document may count on it.

    Raises InputError, `where` naming the source.
    """
    return resolved(default_options(p), _layers(p, info))


def _layers(p: Pipeline, info: BlobInfo) -> Iterator[Layer]:
    names = option_files(info.name)
    depth, limit = len(names) - 1, p.settings.max_option_folders
    if depth > limit:
        raise InputError(
            f"It lies in {depth} folders, the container included, and the limit is {limit}",
            remedy="Drop it higher up, or raise MAX_OPTION_FOLDERS.",
        )
    for name in names:
        content = _read(p, name)
        if content is not None:
            yield read_file(name, content)
    yield read_metadata(info.metadata)


def _read(p: Pipeline, name: str) -> bytes | None:
    limit = p.settings.max_option_bytes
    try:
        content = p.inbox.read(name, length=limit + 1)
    except Missing:
        return None
    if len(content) > limit:
        raise InputError(
            f"It is longer than {limit:,} bytes",
            where=name,
            remedy="Shorten it, or raise MAX_OPTION_BYTES, and drop the document again.",
        )
    return content
