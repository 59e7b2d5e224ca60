"""Which entries of a `results.zip` are unpacked. An archive comes from outside, so what it says of itself is checked
before a byte of it is written. Pure.

The names are the documented ones (docs/api-compatibility.md): `summary.json`, and for each input its audio and, where
asked for, the files of its words, sentences and debugging.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipInfo

from shared.errors import SpeechdropError

SUMMARY = "summary.json"
MOST_SUMMARY_BYTES = 32 * 1024 * 1024
"""It repeats the texts of a request of at most two megabytes, each character as six where it is escaped."""
_FILES_OF_AN_INPUT = 4
_ENTRY_BYTES = 128
"""Of an entry in the archive's directory: 46, a short name, and what says that a file is large."""
_LOCAL_HEADER_BYTES = 30
_ENCRYPTED = 1
_RESULT = re.compile(r"summary\.json|[0-9]{4,}\.(?:[a-z0-9]{1,8}|(?:word|sentence|debug)\.json)")


class BadArchive(SpeechdropError):
    """The archive is not one of results: what is wrong with it, for its documents' owners."""


def directory_limit(inputs: int) -> int:
    """Most bytes of the directory of an archive of so many inputs; one a reader holds as a whole."""
    return _ENTRY_BYTES * (_FILES_OF_AN_INPUT * inputs + 64)


def to_unpack(infos: Sequence[ZipInfo], *, inputs: int, most_bytes: int) -> tuple[ZipInfo, ...]:
    """The results, in the order in which they lie in the archive, `summary.json` last. Raises BadArchive."""
    names = [info.filename for info in infos]
    if len(set(names)) < len(names):
        raise BadArchive("results.zip holds two files of one name")
    for info in infos:
        _check(info)
    placed = sorted(infos, key=lambda info: info.header_offset)
    for one, following in pairwise(placed):
        if one.header_offset + _LOCAL_HEADER_BYTES + one.compress_size > following.header_offset:
            raise BadArchive("results.zip holds files that overlap")
    results = [info for info in placed if _RESULT.fullmatch(info.filename)]
    if len(results) > _FILES_OF_AN_INPUT * inputs + 1:
        raise BadArchive(f"results.zip holds {len(results)} files for {inputs} inputs")
    if sum(info.file_size for info in results) > most_bytes:
        raise BadArchive(f"results.zip unpacks to more than {most_bytes:,} bytes")
    if SUMMARY not in names:
        raise BadArchive("results.zip holds no summary.json")
    return tuple(sorted(results, key=lambda info: info.filename == SUMMARY))


def _check(info: ZipInfo) -> None:
    """Raises BadArchive. `orig_filename` has what a reader of zip archives has tidied up in `filename`."""
    name = info.orig_filename
    if name != info.filename or "\\" in name or name.startswith("/") or ".." in name.split("/"):
        raise BadArchive("results.zip holds a file whose name leads out of its folder")
    if info.flag_bits & _ENCRYPTED:
        raise BadArchive("results.zip holds an encrypted file")
    if info.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        raise BadArchive(f"results.zip holds a file of the compression {info.compress_type}, which is not supported")
    if name == SUMMARY and info.file_size > MOST_SUMMARY_BYTES:
        raise BadArchive(f"summary.json has {info.file_size:,} bytes")
