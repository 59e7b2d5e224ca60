"""Each format that is offered here, decoded again by other code, is what its name says and sounds like its source."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from itertools import repeat

import pytest

from shared.audio import ENCODABLE, MISSING, encode
from shared.audio.families import FAMILIES, Family, survey
from shared.batchapi.formats import FORMATS
from tests.unit.audio.decoding import CODECS, SOURCE_RATE, correlation, decode, source
from tests.unit.audio.growing import growth

SECONDS = 3.0
FORMAT_OF_CODEC = {FORMATS[name].codec: name for name in sorted(ENCODABLE)}
"""One format of each codec."""

every_format = pytest.mark.parametrize("name", sorted(ENCODABLE))
every_codec = pytest.mark.parametrize("name", FORMAT_OF_CODEC.values())


def _file(name: str, pcm: bytes, rate: int = SOURCE_RATE) -> bytes:
    return b"".join(encode(name, [pcm], sample_rate=rate, samples=len(pcm) // 2))


@every_format
def test_a_file_is_what_its_name_says(name: str) -> None:
    audio, pcm = FORMATS[name], source(SECONDS)
    file = _file(name, pcm.tobytes())
    decoded = decode(name, file)
    assert (decoded.codec, decoded.rate, decoded.channels) == (CODECS[audio.codec], audio.rate, 1)
    assert decoded.seconds == pytest.approx(SECONDS, abs=0.020), "a packet of the frame codecs at most"
    alike, lag = correlation(decoded, pcm)
    assert alike > 0.9
    assert 0 <= lag < 10
    if audio.bitrate:
        assert len(file) * 8 / SECONDS == pytest.approx(audio.bitrate, rel=0.2), "containers and frames to be filled"


@every_format
def test_a_file_that_was_made_quickly_is_so_too(name: str) -> None:
    audio, pcm = FORMATS[name], source(SECONDS)
    file = b"".join(encode(name, [pcm.tobytes()], sample_rate=SOURCE_RATE, samples=len(pcm), quick=True))
    assert (file != _file(name, pcm.tobytes())) == (FAMILIES[audio.codec].quick is not None)
    decoded = decode(name, file)
    assert (decoded.codec, decoded.rate, decoded.channels) == (CODECS[audio.codec], audio.rate, 1)
    assert decoded.seconds == pytest.approx(SECONDS, abs=0.020)
    assert correlation(decoded, pcm)[0] > 0.9


@every_format
@pytest.mark.parametrize("samples", [240, 777, 24_001])
def test_short_and_odd_sounds_are_files_too(name: str, samples: int) -> None:
    decoded = decode(name, _file(name, source(2)[:samples].tobytes()))
    assert decoded.seconds == pytest.approx(samples / SOURCE_RATE, abs=0.025)


@every_codec
def test_the_same_sound_makes_the_same_file(name: str) -> None:
    pcm = source(1).tobytes()
    assert _file(name, pcm) == _file(name, pcm)


@every_codec
def test_the_file_comes_while_the_sound_is_read(name: str) -> None:
    whole, given, at_end = source(1).tobytes(), 0, 0

    def chunks() -> Iterator[bytes]:
        nonlocal at_end
        for _ in range(20):
            at_end = given
            yield whole

    for piece in encode(name, chunks(), sample_rate=SOURCE_RATE, samples=20 * SOURCE_RATE):
        given += len(piece)
    assert at_end > 0.7 * given, "when the last second was asked for"


@every_codec
def test_memory_stays_bounded(name: str) -> None:
    """Two minutes of sound, which are 5.8 MB; `make formats` encodes an hour."""
    assert growth(name, 120) < 3_000_000


def test_an_abandoned_file_leaves_no_trace() -> None:
    for name in FORMAT_OF_CODEC.values():
        pieces = encode(name, repeat(source(1).tobytes(), 5), sample_rate=SOURCE_RATE, samples=5 * SOURCE_RATE)
        next(pieces)
        del pieces  # pytest turns what a destructor raises into a failure


def test_every_format_is_offered_or_says_what_it_needs() -> None:
    assert {**dict.fromkeys(ENCODABLE, ""), **MISSING}.keys() == FORMATS.keys()
    assert not ENCODABLE & MISSING.keys()
    assert {audio.codec for audio in FORMATS.values()} == FAMILIES.keys()
    assert all(MISSING.values())


def test_a_codec_whose_library_is_absent_is_not_offered() -> None:
    absent = Family(encode=FAMILIES["g722"].encode, needs="the package x", installed=lambda: False, speed=1)
    assert survey({**FAMILIES, "g722": absent})["g722-16khz-64kbps"] == "the package x"


def test_without_any_package_there_is_pcm_and_nothing_is_loaded() -> None:
    code = (
        "import sys, ctypes\n"
        "def absent(name): raise OSError(name)\n"
        "ctypes.CDLL = absent\n"
        "sys.modules.update(dict.fromkeys(['av', 'lameenc', 'numpy', 'soxr', 'pysilk']))\n"
        "from shared.audio import ENCODABLE, MISSING\n"
        "print(len(ENCODABLE), len(MISSING), all('-pcm' in name for name in ENCODABLE))\n"
        "print(sorted(set(MISSING.values())))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    counted, needed = done.stdout.splitlines()
    assert counted == "12 25 True"
    assert needed == str(
        [
            "the library libvo-amrwbenc",
            "the package av",
            "the package lameenc",
            "the package numpy",
            "the package silk-python",
        ]
    )
