"""Names and keys: documents, versions, parts, jobs, `open` entries, results. Paths are never keys.

A version key is `<hash>~<inverted sequence>`, so that the newest version is the first row of its document.
"""

from __future__ import annotations

import hashlib
import re
from datetime import datetime

SEQUENCES = 10**8
"""More versions than a document will ever have; inverted sequences have this many digits less one."""

START = "!"
"""Sorts before every version key of the document."""

END = "~~"
"""Sorts after every row that begins with the same key."""


def document_of(path: str) -> str:
    """The document's key: SHA-256 of its path, in hex."""
    return hashlib.sha256(path.encode()).hexdigest()


def partition_of(key: str) -> str:
    """256 partitions: the first two hex digits of a document's key."""
    return key[:2]


def version_key(document: str, sequence: int) -> str:
    return f"{document}~{SEQUENCES - sequence:08d}"


def part_key(document: str, sequence: int, part: int) -> str:
    return f"{version_key(document, sequence)}~{part:04d}"


def intake_key(document: str) -> str:
    """The row that counts the starts of an intake."""
    return f"{document}~{START}"


def sequence_in(key: str) -> int:
    """The sequence in a version's or part's key."""
    return SEQUENCES - int(key.split("~")[1])


def part_in(key: str) -> int:
    return int(key.split("~")[2])


def is_version(key: str) -> bool:
    return key.count("~") == 1 and not key.endswith(START)


def job_partition(job_id: str) -> str:
    return hashlib.sha256(job_id.encode()).hexdigest()[:2]


def stamp(when: datetime) -> str:
    """A time as it sorts in a row key: UTC to the microsecond."""
    return when.strftime("%Y%m%dT%H%M%S.%f")


def entry_key(due: datetime, *names: str | int) -> str:
    """`due~name~…`. One of the names is random, so that none is ever used twice."""
    return "~".join([stamp(due), *map(str, names)])


def due_in(key: str) -> str:
    """The stamp of an entry's due time."""
    return key.partition("~")[0]


def due_at(key: str) -> datetime:
    """An entry's due time."""
    return datetime.strptime(due_in(key) + "+0000", "%Y%m%dT%H%M%S.%f%z")


def request_blob(job_id: str, digest: str) -> str:
    return f"requests/{job_id}/{digest}.json"


def inputs_prefix(document: str, sequence: int) -> str:
    """Begins the names of all that is kept for a version."""
    return f"inputs/{document}/{sequence:08d}-"


def inputs_blob(document: str, sequence: int, digest: str) -> str:
    """Where a version's texts and contents are kept.

    Two intakes at once may make the same sequence of different contents: the digest of what is kept holds them apart.
    """
    return f"{inputs_prefix(document, sequence)}{digest[:32]}.json"


def cover_blob(inputs_blob: str) -> str:
    """Where a book's cover is kept, beside its texts."""
    return f"{inputs_blob.removesuffix('.json')}.cover"


MOST_OF_A_BLOB_NAME = 1024
"""Characters: the Blob service's own limit."""

MOST_OF_A_PATH = MOST_OF_A_BLOB_NAME - len("/99999999/99999.sentence.json")
"""Of a document, so that the names of its results are none too long."""


def has_manifest(path: str) -> bool:
    """Whether a document's manifest can lie where it should: its name is not too long."""
    return len(manifest_blob(path)) <= MOST_OF_A_BLOB_NAME


def manifest_blob(path: str) -> str:
    return f"{path}/manifest.json"


def estimate_blob(path: str) -> str:
    """What a dry run tells of a document."""
    return f"{path}/estimate.json"


def result_blob(path: str, sequence: int, number: int, extension: str) -> str:
    """The audio of input `number` (from 1)."""
    return f"{result_folder(path, sequence)}{number:04d}.{extension}"


def result_folder(path: str, sequence: int) -> str:
    """Where all of a version's results lie; with a slash at its end."""
    return f"{path}/{sequence}/"


def boundary_blob(path: str, sequence: int, number: int, kind: str) -> str:
    """The times of input `number`; `kind` is `word` or `sentence`."""
    return result_blob(path, sequence, number, f"{kind}.json")


def extra_blob(path: str, sequence: int, name: str) -> str:
    """What is made of all inputs of a version together."""
    return result_folder(path, sequence) + name


FOLDER_OPTIONS = "_speechdrop.json"
"""Name of a folder's option file."""


def is_document(path: str) -> bool:
    """Whether a blob of the inbox is to be spoken: files of JSON are options, or nothing to us."""
    return not path.lower().endswith(".json")


def option_files(path: str) -> tuple[str, ...]:
    """Where options of a document may lie: in its folders, the outermost first, then beside it."""
    steps = path.split("/")[:-1]
    folders = ("".join(f"{step}/" for step in steps[:depth]) for depth in range(len(steps) + 1))
    return (*(folder + FOLDER_OPTIONS for folder in folders), f"{path}.json")


JOBS_FOLDER = "_jobs"
"""Where, in the results container, the endpoint leaves a job's files (`destinationPath`)."""


def in_container(prefix: str) -> bool:
    """Whether a prefix that an endpoint answered is a plain path of our container."""
    return all(_STEP.fullmatch(step) and step not in (".", "..") for step in prefix.split("/"))


_STEP = re.compile(r"[^/\\?#%:\x00-\x1f\x7f]+")
"""What has a meaning of its own in a URL, or none, is in no step of a plain path."""
