"""What intake found in a document, kept until its end: texts, contents, cover. docs/protocol.md, Intake, step 3."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from shared.domain import naming
from shared.domain.contents import Contents, Kept
from shared.domain.documents import Version
from shared.domain.requests import digest_of
from shared.errors import Missing
from shared.extract import Extracted
from shared.pipeline.context import Pipeline


def keep(p: Pipeline, version: Version, texts: Sequence[str], extracted: Extracted) -> Version:
    """`texts` are what is sent of the extracted inputs. Nothing is kept where the source says it all again."""
    if extracted.whole:
        return version
    return keep_texts(p, version, texts, extracted.contents, extracted.cover)


def keep_texts(p: Pipeline, version: Version, texts: Sequence[str], contents: Contents, cover: bytes = b"") -> Version:
    """All that is sent of a version, to be sent again as it is."""
    data = Kept(texts=tuple(texts), contents=contents).to_bytes()
    name = naming.inputs_blob(version.document, version.sequence, digest_of([data, cover]))
    if contents.cover:
        p.work.write(naming.cover_blob(name), cover, content_type=contents.cover)
    p.work.write(name, data, content_type="application/json")
    return replace(version, kept=name)


def kept_texts(p: Pipeline, version: Version) -> tuple[str, ...]:
    """Raises Missing."""
    return Kept.of(p.work.read(version.kept)).texts


def texts_to_count(p: Pipeline, version: Version) -> tuple[str, ...]:
    """None where nothing was kept, or it is gone."""
    with suppress(Missing):
        return kept_texts(p, version) if version.kept else ()
    return ()


def contents_of(p: Pipeline, version: Version) -> Contents:
    """Empty where nothing was kept, or it is gone: what they tell is of use, and no audio waits for it."""
    try:
        return Kept.of(p.work.read(version.kept)).contents if version.kept else Contents()
    except Missing:
        return Contents()
