"""The demo as a user runs it, but for one process killed at the worst instant of each step: it ends as it should."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from shared.domain.requests import Request
from speechdrop.cli.demo import MUST_FAIL
from speechdrop.cli.documents import files_below
from tests.e2e.conftest import SAMPLES, Demo

pytestmark = [pytest.mark.azurite, pytest.mark.engine, pytest.mark.timeout(1100)]

BOOK = "the-tide-tables.txt"
CHARACTERS_PER_SECOND = 15
"""Of spoken English, roughly."""


def test_a_process_was_killed_in_every_step(demo: Demo) -> None:
    """Otherwise the tests below would prove less than they say."""
    assert demo.killed == {"intake", "send", "create", "poll", "speak", "finish"}


def test_every_document_ends_as_it_should(demo: Demo) -> None:
    assert demo.status == 0, demo.output
    ended = demo.ended()
    assert set(ended) == {path for path, _ in files_below(SAMPLES)}
    assert {path for path, document in ended.items() if not document.finished} == MUST_FAIL


def test_every_input_was_accepted_exactly_once(demo: Demo) -> None:
    """By the service's own ledger: nothing paid for twice, nothing forgotten, nothing else."""
    listed = [item["text_sha256"] for manifest in demo.manifests().values() for item in audio_of(manifest)]
    assert len(set(listed)) == len(listed)
    assert demo.spoken() == dict.fromkeys(listed, 1)


def test_the_files_are_what_the_manifest_says(demo: Demo) -> None:
    for path, manifest in demo.manifests().items():
        for number, item in enumerate(audio_of(manifest), start=1):
            assert item["number"] == number
            assert item["file"] == f"{path}/{manifest['sequence']}/{number:04d}.mp3"
            assert (demo.out / item["file"]).stat().st_size == item["bytes"]


@pytest.mark.parametrize("path", sorted(MUST_FAIL))
def test_a_failed_document_says_why_and_what_to_do(demo: Demo, path: str) -> None:
    error = demo.manifests()[path]["error"]
    assert error["document"] == path
    assert error["why"]
    assert error["remedy"]
    assert ("line" in error["where"]) == (path == "broken.ssml")


def texts_sent(demo: Demo, path: str) -> dict[int, str]:
    """By number of the input."""
    requests = map(Request.of, demo.blobs("speechdrop-work", "requests/"))
    return {line.number: line.text for request in requests for line in request.lines if line.path == path}


def test_the_books_texts_are_the_book(demo: Demo) -> None:
    """Nothing is clipped, doubled or moved at the borders of inputs and parts."""
    lines = texts_sent(demo, BOOK)
    assert sorted(lines) == list(range(1, len(lines) + 1))
    rest = (SAMPLES / BOOK).read_text(encoding="utf-8").lstrip()
    for number in sorted(lines):
        text = lines[number].strip()
        assert rest.startswith(text)
        rest = rest.removeprefix(text)
        assert rest.startswith("\n") or re.search(r"[.!?…][)’”\"']*$", text), f"input {number} ends within a sentence"
        rest = rest.lstrip()
    assert rest == ""


def test_the_books_audio_is_its_texts_in_order(demo: Demo) -> None:
    """Each file says its own text: as long as that takes to speak, and never silent for more than five seconds."""
    inputs = audio_of(demo.manifests()[BOOK])
    texts = texts_sent(demo, BOOK)
    total = 0.0
    for item in inputs:
        assert item["text_sha256"] == hashlib.sha256(texts[item["number"]].encode()).hexdigest()
        duration, silence = listen(demo.out / item["file"])
        assert duration == pytest.approx(item["duration_ms"] / 1000, abs=0.25)
        assert silence <= 5
        total += duration
    characters = len((SAMPLES / BOOK).read_text(encoding="utf-8"))
    assert total == pytest.approx(characters / CHARACTERS_PER_SECOND, rel=0.2)


def audio_of(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    return manifest["audio"]["inputs"] if manifest["status"] == "FINISHED" else []


def listen(file: Path) -> tuple[float, float]:
    """Seconds of sound in a file, and of its longest silence."""
    with av.open(str(file)) as container:
        rate = container.streams.audio[0].rate
        samples = np.concatenate([frame.to_ndarray().ravel() for frame in container.decode(audio=0)])
    step = rate // 20
    loud = np.abs(samples[: len(samples) // step * step].astype(np.float32).reshape(-1, step)).max(axis=1)
    heard = np.flatnonzero(loud > 0.01 * loud.max())
    gaps = np.diff(np.concatenate([[-1], heard, [len(loud)]])) - 1
    return len(samples) / rate, float(gaps.max()) * step / rate
