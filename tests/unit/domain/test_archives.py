"""An archive's directory is a stranger's: what is unpacked, and what is refused before a byte of it is read."""

from __future__ import annotations

from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZipInfo

import pytest

from shared.domain.archives import BadArchive, to_unpack


def entry(name: str, place: int = 0, size: int = 10, **change: int) -> ZipInfo:
    info = ZipInfo(name)
    info.header_offset, info.file_size, info.compress_size = place * 1000, size, 10
    info.compress_type = ZIP_DEFLATED
    for member, value in change.items():
        setattr(info, member, value)
    return info


def unpacked(*infos: ZipInfo, inputs: int = 2, most_bytes: int = 1000) -> list[str]:
    return [info.filename for info in to_unpack(infos, inputs=inputs, most_bytes=most_bytes)]


def test_results_come_in_the_order_of_the_archive_and_the_summary_last() -> None:
    names = ["summary.json", "0002.mp3", "0001.word.json", "0001.mp3", "0001.debug.json", "0001.sentence.json"]
    infos = [entry(name, place) for place, name in enumerate(names)]
    assert unpacked(*reversed(infos)) == [*names[1:], "summary.json"]


def test_what_is_no_result_is_left() -> None:
    assert unpacked(entry("summary.json"), entry("LICENSE.txt", 1), entry("1.mp3", 2)) == ["summary.json"]


CUT = entry("0001.mp3")
CUT.orig_filename = "0001.mp3\x00.exe"


@pytest.mark.parametrize(
    ("infos", "why"),
    [
        ([entry("../0001.mp3")], "leads out"),
        ([entry("/0001.mp3")], "leads out"),
        ([entry("a/../../0001.mp3")], "leads out"),
        ([entry("..\\0001.mp3")], "leads out"),
        ([CUT], "leads out"),
        ([entry("0001.mp3", 1), entry("0001.mp3", 2)], "two files of one name"),
        ([entry("0001.mp3", 1), entry("0002.mp3", 1)], "overlap"),
        ([entry("0001.mp3", 1, compress_size=7981)], "overlap"),
        ([entry("0001.mp3", flag_bits=1)], "encrypted"),
        ([entry("0001.mp3", compress_type=ZIP_BZIP2)], "compression 12"),
        ([entry("0001.mp3", size=991)], "more than 1,000 bytes"),
        ([entry(f"{number:04}.mp3", number) for number in range(10, 19)], "10 files for 2 inputs"),
    ],
)
def test_refuses_what_no_endpoint_writes(infos: list[ZipInfo], why: str) -> None:
    with pytest.raises(BadArchive, match=why):
        unpacked(*infos, entry("summary.json", 9 if len(infos) < 9 else 99))


def test_refuses_an_archive_without_a_summary_or_with_an_endless_one() -> None:
    with pytest.raises(BadArchive, match=r"no summary.json"):
        unpacked(entry("0001.mp3"))
    with pytest.raises(BadArchive, match=r"summary.json has 40,000,000 bytes"):
        unpacked(entry("summary.json", size=40_000_000), most_bytes=10**9)
