"""The request blob: what is read is what was sealed, and what is sent is never larger than was planned."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.batchapi.codec import encode_create
from shared.batchapi.model import InputKind
from shared.batchapi.versions import GA, PREVIEW, ApiVersion
from shared.domain.packing import BODY_OVERHEAD, body_bytes
from shared.domain.requests import Line, Request, digest_of
from shared.domain.rows import SchemaError

OPTIONS = {"voice": "en-US-JennyNeural", "output_format": "audio-24khz-48kbitrate-mono-mp3"}
DESTINATION = "https://account.blob.core.windows.net/results?" + "sig=" + "x" * 2000

nasty = st.text(st.sampled_from("\x00\x01\x1f\x7f\"\\/<>&'é😀\u2028\ud7ff 中\t\n\r") | st.characters(codec="utf-8"))


def line(text: str, *, document: str = "d", part: int = 1, number: int = 1) -> Line:
    return Line(path="folder/a.txt", document=document, sequence=1, part=part, number=number, attempt=1, text=text)


def request(texts: list[str], kind: InputKind = InputKind.PLAIN_TEXT) -> Request:
    return Request(kind=kind.value, options=OPTIONS, lines=tuple(line(t, number=n) for n, t in enumerate(texts, 1)))


@given(texts=st.lists(nasty, min_size=1))
def test_a_blob_gives_back_the_request_byte_for_byte(texts: list[str]) -> None:
    sealed = request(texts)
    data = b"".join(sealed.pieces())
    assert Request.of(data) == sealed
    assert b"".join(Request.of(data).pieces()) == data
    assert digest_of(sealed.pieces()) == hashlib.sha256(data).hexdigest()


def test_a_blob_of_another_form_is_not_read_as_one_without_lines() -> None:
    with pytest.raises(SchemaError, match="schema 3"):
        Request.of(b'{"kind": "PlainText", "lines": [{}], "options": {}, "schema": 3}')


@given(texts=st.lists(nasty, min_size=1))
def test_a_blob_of_the_previous_form_is_read(texts: list[str]) -> None:
    """Its job was sealed before an update."""
    sealed = request(texts)
    lines = [asdict(line) for line in sealed.lines]
    value = {"schema": 1, "kind": sealed.kind, "options": sealed.options, "lines": lines}
    assert Request.of(json.dumps(value, ensure_ascii=False, sort_keys=True).encode()) == sealed


@given(texts=st.lists(nasty, min_size=1), other=nasty)
def test_another_request_has_another_digest(texts: list[str], other: str) -> None:
    changed = [*texts[:-1], texts[-1] + "x" + other]
    assert digest_of(request(texts).pieces()) != digest_of(request(changed).pieces())


@pytest.mark.parametrize("version", [GA, PREVIEW], ids=lambda version: version.name)
@given(texts=st.lists(nasty, min_size=1), kind=st.sampled_from(InputKind))
def test_a_body_is_never_larger_than_was_planned(version: ApiVersion, texts: list[str], kind: InputKind) -> None:
    create = replace(
        request(texts, kind).synthesis(destination=DESTINATION, folder="_jobs"),
        display_name="d" * 49,
        custom_properties={"speechdropJob": "d" * 49},
    )
    assert len(encode_create(version, create)) <= sum(map(body_bytes, texts)) + BODY_OVERHEAD


def test_lines_come_part_by_part_in_order() -> None:
    lines = (line("1"), line("2", number=2), line("3", part=2, number=3), line("4", document="e"))
    sealed = Request(kind="PlainText", options=OPTIONS, lines=lines)
    assert ["".join(one.text for one in part) for part in sealed.parts()] == ["12", "3", "4"]


def test_the_create_asks_for_files_at_the_destination() -> None:
    create = request(["a", "b"]).synthesis(destination=DESTINATION, folder="_jobs")
    assert create.inputs == ("a", "b")
    assert create.config
    assert create.config.voice == OPTIONS["voice"]
    wishes = create.properties
    assert wishes.output_format == OPTIONS["output_format"]
    assert wishes.decompress_output_files
    assert (wishes.destination_container_url, wishes.destination_path) == (DESTINATION, "_jobs")
    assert not wishes.concatenate_result  # it would join strangers


def test_without_a_destination_none_is_named() -> None:
    create = request(["a"]).synthesis(destination=None, folder="_jobs")
    assert create.properties.destination_container_url is None
    assert not create.properties.decompress_output_files


def test_ssml_names_its_own_voices() -> None:
    assert request(["<speak/>"], InputKind.SSML).synthesis(destination=None, folder="x").config is None


def test_the_destination_never_lies_in_the_blob() -> None:
    shared, first = map(json.loads, request(["a"]).pieces())
    assert set(shared) == {"schema", "kind", "options"}
    assert set(first) == {"path", "document", "sequence", "part", "number", "attempt", "text"}


@pytest.mark.parametrize("version", [GA, PREVIEW], ids=lambda version: version.name)
def test_nor_is_a_body_of_very_many_inputs(version: ApiVersion) -> None:
    """What stands around each of them adds up."""
    texts = ["x"] * 5000
    create = replace(request(texts).synthesis(destination=DESTINATION, folder="_jobs"), display_name="d")
    assert len(encode_create(version, create)) <= sum(map(body_bytes, texts)) + BODY_OVERHEAD
