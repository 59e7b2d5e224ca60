"""What a version's options ask for besides the audio of its inputs: `extras_of` is called once all its parts are done,
before its manifest.

What is soon made is made there and then. What may take long, as an audio book does, gets a message and an entry of its
own, so that it holds up no other document; `handed` takes those.
"""

from __future__ import annotations

from collections.abc import Iterable

from shared.domain import naming
from shared.domain.documents import Part, Version
from shared.domain.extras import Extras, asks_for_any, one_after_another, spoken, takes_long
from shared.domain.options import Options
from shared.pipeline.captions import boundary_files, make_subtitles
from shared.pipeline.context import Pipeline
from shared.pipeline.finishing import nudge_version
from shared.pipeline.keeping import contents_of
from shared.pipeline.store import VersionRows
from shared.pipeline.wholes import Given, Keep, make_wholes

ONE_AFTER_ANOTHER = "inputs"
"""Stem of subtitles for the inputs' own files, where no file holds them all."""


def extras_of(p: Pipeline, rows: VersionRows) -> Extras | None:
    """None: a message of their own brings them, and publishes the version. Raises StorageError.

    To be called outside of any lease; a repetition makes the same files again.
    """
    version, parts = rows.version.item, [part.item for part in rows.parts]
    options = Options.of(version.options)
    if not asks_for_any(options) or not parts:
        return Extras()
    if version.parts_failed:
        return Extras(of_inputs=boundary_files(_given(p, version, parts)))
    if takes_long(options, parts, at_once_bytes=p.settings.extras_at_once_bytes):
        nudge_version(p, version)
        return None
    return make(p, version, parts)


def make(p: Pipeline, version: Version, parts: Iterable[Part], keep: Keep = iter, why_none: str = "") -> Extras:
    """`why_none`: no file that holds all inputs is made, for this reason.

    Raises StorageError, and what `keep` raises.
    """
    given = _given(p, version, parts, keep)
    wholes = make_wholes(given, why_none)
    files = boundary_files(given)
    timelines = {made.stem: made.starts for made in wholes.values()}
    timelines = timelines or {ONE_AFTER_ANOTHER: one_after_another(given.inputs)}
    members = {
        **{name: made.member for name, made in wholes.items()},
        "subtitles": make_subtitles(given, files, timelines),
        "left_out": given.left_out,
    }
    return Extras(members={name: member for name, member in members.items() if member}, of_inputs=files)


def _given(p: Pipeline, version: Version, parts: Iterable[Part], keep: Keep = iter) -> Given:
    return Given(
        p=p,
        version=version,
        options=Options.of(version.options),
        contents=contents_of(p, version),
        inputs=spoken(parts),
        there={info.name: info.size for info in p.results.list(naming.result_folder(version.path, version.sequence))},
        keep=keep,
    )
