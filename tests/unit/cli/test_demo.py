"""What a demo counts as success, and what it removes."""

from __future__ import annotations

from pathlib import Path

import pytest

from speechdrop.cli.demo import MUST_FAIL, empty, unexpected
from speechdrop.cli.documents import Ended, files_below
from speechdrop.cli.progress import clock

SAMPLES = Path(__file__).parents[3] / "samples"


def ended(path: str, status: str, *, duration: float = 1.0) -> Ended:
    finished = status == "FINISHED"
    files = (f"{path}/1/0001.mp3",) if finished and duration else ()
    return Ended(
        path=path, status=status, characters=1, jobs=1, duration=duration, files=files, error=None, manifest=b""
    )


@pytest.mark.parametrize(
    ("row", "waiting", "wrong"),
    [
        (ended("note.txt", "FINISHED"), [], []),
        (ended("empty.txt", "FAILED"), [], []),
        (ended("note.txt", "FAILED"), [], ["note.txt is FAILED"]),
        (ended("empty.txt", "FINISHED"), [], ["empty.txt is FINISHED"]),
        (ended("note.txt", "FINISHED", duration=0), [], ["note.txt is FINISHED without audio"]),
        (ended("note.txt", "FINISHED"), ["book.txt"], ["book.txt has no manifest yet"]),
    ],
)
def test_every_document_must_end_as_it_should(row: Ended, waiting: list[str], wrong: list[str]) -> None:
    assert unexpected([row], waiting=waiting) == wrong


def test_the_samples_hold_what_the_demo_promises() -> None:
    """A book, every encoding that is read, and the two that must fail; git has not touched a byte of them."""
    samples = {path: file.read_bytes() for path, file in files_below(SAMPLES)}
    assert set(samples) >= MUST_FAIL
    assert samples["empty.txt"] == b""
    assert samples["notes/windows-list.txt"].startswith(b"\xef\xbb\xbf")
    assert samples["notes/windows-list.txt"].count(b"\r\n") == samples["notes/windows-list.txt"].count(b"\n") > 1
    assert samples["notes/sixteen-bit.txt"][:2] in (b"\xff\xfe", b"\xfe\xff")
    assert len(samples["the-tide-tables.txt"].decode()) >= 200_000


def test_a_new_demo_removes_only_what_demos_make(tmp_path: Path) -> None:
    for name in ("azurite/blobs", "host/state.db", "mine.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    empty(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(("seconds", "text"), [(7.44, "7.4 s"), (60, "1:00"), (725, "12:05"), (13212, "3:40:12")])
def test_lengths_read_as_people_write_them(seconds: float, text: str) -> None:
    assert clock(seconds) == text
