"""The published examples of both versions, each with what it means: one table drives reading and writing."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from shared.batchapi.answers import write_page, write_synthesis
from shared.batchapi.codec import read_page, read_synthesis, write_create
from shared.batchapi.model import (
    InputKind,
    InputResult,
    Outcome,
    Properties,
    Summary,
    Synthesis,
    SynthesisConfig,
    SynthesisError,
    SynthesisRequest,
    SynthesisStatus,
)
from shared.batchapi.problems import read_error, write_error
from shared.batchapi.request import read_create
from shared.batchapi.summary import read_summary, write_summary
from shared.batchapi.versions import GA, PREVIEW, ApiVersion

SAMPLES = Path(__file__).parents[2] / "samples"

SSML = (
    "<speak version='1.0' xml:lang='en-US'><voice name='en-US-JennyNeural'>"
    "The rainbow has seven colors.</voice></speak>"
)
CHAT = SynthesisConfig(voice="en-US-JennyNeural", style="chat", rate="+30.00%", pitch="x-high", volume="80")
PREVIEW_ID = "41b83de2-380d-45dc-91af-722b68cfdc8e"
PREVIEW_STORE = "https://cvoiceprodeus.blob.core.windows.net/batch-synthesis-output"


def sample(name: str) -> Any:
    return json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))


def time(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


CREATES = {
    "ga-create-ssml": (GA, SynthesisRequest(kind=InputKind.SSML, inputs=(SSML,))),
    "ga-create-plain": (
        GA,
        SynthesisRequest(
            kind=InputKind.PLAIN_TEXT,
            inputs=(
                "The rainbow has seven colors.",
                "synthesize this to a file\r\nsynthesize this to another paragraph in the same file",
            ),
            description="my plain text test",
            config=SynthesisConfig(
                voice="en-US-JennyNeural",
                style="chat",
                style_degree="1.5",
                role="Girl",
                rate="+30.00%",
                pitch="x-high",
                volume="80",
            ),
            custom_voices={"my-voice-name": "502ac834-6537-4bc3-9fd6-140114daa66d"},
            properties=Properties(
                time_to_live_hours=48,
                output_format="audio-24khz-160kbitrate-mono-mp3",
                decompress_output_files=True,
                word_boundary=True,
                sentence_boundary=True,
                destination_container_url=(
                    "https://example.blob.core.windows.net/results?sp=racwl&se=2026-12-01T00:00:00Z&sr=c&sig=x"
                ),
                destination_path="books/one",
            ),
        ),
    ),
    "preview-create-plain": (
        PREVIEW,
        SynthesisRequest(
            kind=InputKind.PLAIN_TEXT,
            inputs=("synthesize this to a file", "synthesize this to another file"),
            display_name="batch synthesis sample",
            description="my test",
            config=CHAT,
            custom_properties={"order": "4711"},
            properties=Properties(time_to_live_hours=12, concatenate_result=True),
        ),
    ),
}


@pytest.mark.parametrize("name", CREATES)
def test_a_create_is_written_and_read_as_published(name: str) -> None:
    version, request = CREATES[name]
    assert write_create(version, request) == sample(name)
    assert read_create(version, json.dumps(sample(name)).encode()) == request


def test_the_preview_page_s_curl_body_is_read_byte_for_byte() -> None:
    """Its strings hold raw newlines and tabs, its lists end in commas."""
    body = (SAMPLES / "preview-create-as-printed.txt").read_bytes()
    request = read_create(PREVIEW, body)
    assert request.display_name == "batch synthesis sample"
    assert request.kind is InputKind.SSML
    (text,) = request.inputs
    assert text == sample("preview-summary")["results"][0]["texts"][0]


GA_STARTED = Synthesis(
    id="my-job",
    status=SynthesisStatus.NOT_STARTED,
    created=time("2024-03-12T07:23:18.009738"),
    last_action=time("2024-03-12T07:23:18.009738"),
    kind=InputKind.SSML,
    properties=Properties(time_to_live_hours=168),
)
GA_OUTCOME = Outcome(succeeded=1, size_bytes=120_000, duration_ms=2500, billed_characters={"neural": 29})
GA_ENDED = Synthesis(
    id="my-job",
    status=SynthesisStatus.SUCCEEDED,
    created=GA_STARTED.created,
    last_action=time("2024-03-12T07:23:18.797966"),
    kind=InputKind.SSML,
    properties=Properties(time_to_live_hours=168),
    outcome=GA_OUTCOME,
    result=(
        "https://stttssvcuse.blob.core.windows.net/batchsynthesis-output/29f2105f997c4bfea176d39d05ff201e/my-job/"
        "results.zip?SAS_Token"
    ),
)
PREVIEW_ENDED = Synthesis(
    id=PREVIEW_ID,
    status=SynthesisStatus.SUCCEEDED,
    created=time("2022-11-05T14:00:31.523"),
    last_action=time("2022-11-05T14:00:32.523"),
    kind=InputKind.SSML,
    display_name="batch synthesis sample",
    description="my test",
    properties=Properties(time_to_live_hours=744),
    outcome=Outcome(succeeded=1, size_bytes=100_000, duration_ms=3125, billed_characters={"neural": 33}),
    result=f"{PREVIEW_STORE}/{PREVIEW_ID}/results.zip?SAS_Token",
)
PREVIEW_PLAIN_ID = "38e249bf-2607-4236-930b-82f6724048d8"
PREVIEW_PLAIN = Synthesis(
    id=PREVIEW_PLAIN_ID,
    status=SynthesisStatus.SUCCEEDED,
    created=time("2022-11-05T18:52:22.807"),
    last_action=time("2022-11-05T18:52:23.210"),
    kind=InputKind.PLAIN_TEXT,
    config=CHAT,
    display_name="batch synthesis sample",
    description="my test",
    properties=Properties(time_to_live_hours=744),
    outcome=Outcome(succeeded=1, size_bytes=79_384, duration_ms=2480, billed_characters={"neural": 33}),
    result=f"{PREVIEW_STORE}/{PREVIEW_PLAIN_ID}/results.zip?SAS_Token",
)

SYNTHESES = {
    "ga-synthesis-not-started": (GA, GA_STARTED),
    "ga-synthesis-succeeded": (GA, GA_ENDED),
    "ga-synthesis-failed": (
        GA,
        Synthesis(
            id="my-job",
            status=SynthesisStatus.FAILED,
            created=time("2024-03-12T07:23:18"),
            last_action=time("2024-03-12T07:23:19"),
            kind=InputKind.PLAIN_TEXT,
            config=SynthesisConfig(voice="en-US-JennyNeural"),
            properties=Properties(time_to_live_hours=168),
            outcome=Outcome(error=SynthesisError(code="Aborted", message="aborted due to timeout")),
        ),
    ),
    "preview-synthesis-not-started": (
        PREVIEW,
        Synthesis(
            id="1e2e0fe8-e403-417c-a382-b55eb2ea943d",
            status=SynthesisStatus.NOT_STARTED,
            created=time("2022-11-16T15:07:04.121"),
            last_action=time("2022-11-16T15:07:04.121"),
            kind=InputKind.SSML,
            display_name="batch synthesis sample",
            description="my ssml test",
            properties=Properties(time_to_live_hours=744),
        ),
    ),
    "preview-synthesis-succeeded": (PREVIEW, PREVIEW_ENDED),
}


def comparable(value: Any) -> Any:
    """Times to the microsecond and with a zone, whatever their spelling."""
    if isinstance(value, dict):
        return {
            name: item.rstrip("Z")[:26] if name.endswith("DateTime") else comparable(item)
            for name, item in value.items()
        }
    return [comparable(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("name", SYNTHESES)
def test_a_synthesis_is_read_as_published(name: str) -> None:
    version, synthesis = SYNTHESES[name]
    assert read_synthesis(version, sample(name)) == synthesis


@pytest.mark.parametrize("name", ["ga-synthesis-not-started", "ga-synthesis-succeeded", *list(SYNTHESES)[3:]])
def test_a_synthesis_is_written_as_published(name: str) -> None:
    version, synthesis = SYNTHESES[name]
    assert comparable(write_synthesis(version, synthesis)) == comparable(sample(name))


@pytest.mark.parametrize(("version", "synthesis"), SYNTHESES.values())
def test_what_is_written_is_read_again(version: ApiVersion, synthesis: Synthesis) -> None:
    assert read_synthesis(version, json.loads(json.dumps(write_synthesis(version, synthesis)))) == synthesis


def test_times_have_as_many_digits_as_each_version_prints() -> None:
    assert write_synthesis(GA, GA_STARTED)["createdDateTime"] == "2024-03-12T07:23:18.0097380Z"
    assert write_synthesis(PREVIEW, PREVIEW_ENDED)["createdDateTime"] == "2022-11-05T14:00:31.523Z"


def test_pages_are_read_and_written_as_published() -> None:
    page = read_page(PREVIEW, sample("preview-page"))
    assert page.items == (PREVIEW_ENDED, PREVIEW_PLAIN)
    assert page.more
    endpoint = "https://westus.customvoice.api.speech.microsoft.com"
    assert write_page(PREVIEW, page, endpoint=endpoint, skip=0, top=2) == sample("preview-page")

    page = read_page(GA, sample("ga-page"))
    assert [item.id for item in page.items] == ["my-job-03", "my-job"]
    written = write_page(GA, page, endpoint="https://westus.api.cognitive.microsoft.com", skip=1, top=2)
    assert comparable(written) == comparable(sample("ga-page"))


@pytest.mark.parametrize("next_link", [{}, {"nextLink": None}])
def test_a_last_page_has_no_next_link_or_a_null(next_link: dict[str, None]) -> None:
    assert not read_page(GA, {"value": [], **next_link}).more
    assert "nextLink" not in write_page(GA, read_page(GA, {"value": []}), endpoint="http://x", skip=0, top=1)


SUMMARIES = {
    "ga-summary": (
        GA,
        Summary(
            job_id="7ab84171-9070-4d3b-88d4-1b8cc1cb928a",
            status=SynthesisStatus.SUCCEEDED,
            results=(
                InputResult(
                    contents=(SSML,),
                    succeeded=True,
                    audio_file="0001.wav",
                    word_boundary_file="0001.word.json",
                    sentence_boundary_file="0001.sentence.json",
                    size_bytes=120_000,
                    duration_ms=2500,
                ),
            ),
        ),
    ),
    "preview-summary": (
        PREVIEW,
        Summary(
            job_id=PREVIEW_ID,
            status=SynthesisStatus.SUCCEEDED,
            results=(
                InputResult(
                    contents=(sample("preview-summary")["results"][0]["texts"][0],),
                    succeeded=True,
                    audio_file="0001.wav",
                    size_bytes=100_000,
                    duration_ms=3125,
                    billed_characters=33,
                ),
            ),
        ),
    ),
}


@pytest.mark.parametrize("name", SUMMARIES)
def test_summaries_are_read_and_written_as_published(name: str) -> None:
    version, summary = SUMMARIES[name]
    assert read_summary(json.dumps(sample(name)).encode()) == summary
    written = write_summary(version, summary)
    expected = sample(name)
    # The page rounds one of its two durations; ours agree with each other.
    if version is PREVIEW:
        expected["results"][0]["properties"]["duration"] = "PT3.125S"
    assert written == expected


def test_a_failed_input_of_a_summary_comes_back_with_its_reason() -> None:
    error = SynthesisError(code="InvalidInput", message="line 1, column 2: not closed")
    for version, billed in ((GA, None), (PREVIEW, 0)):
        result = InputResult(contents=("x",), succeeded=False, error=error, billed_characters=billed)
        summary = Summary(job_id="a", status=SynthesisStatus.FAILED, results=(result,))
        assert read_summary(json.dumps(write_summary(version, summary)).encode()) == summary


def test_numbers_of_a_summary_may_be_numbers_and_members_may_miss() -> None:
    body = {"status": "succeeded", "results": [{"status": "Succeeded", "properties": {"sizeInBytes": 7}}]}
    (result,) = read_summary(json.dumps(body).encode()).results
    assert (result.size_bytes, result.duration_ms, result.contents) == (7, 0, ())


ERRORS = {
    "ga-error": SynthesisError(code="BadRequest", message="The inputs is required."),
    "preview-error": SynthesisError(code="InvalidRequest", message="The top parameter should not be greater than 100."),
    "preview-problem": SynthesisError(
        code="",
        message="One or more validation errors occurred.; Properties.DestinationContainerUrl: The SAS URI is expired.",
    ),
}


@pytest.mark.parametrize("name", ERRORS)
def test_every_shape_of_error_is_read(name: str) -> None:
    assert read_error(json.dumps(sample(name)).encode()) == ERRORS[name]


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"null", b'{"error": 3}', b"[" * 100_000])
def test_an_error_of_no_shape_is_read_as_nothing_said(body: bytes) -> None:
    assert read_error(body) == SynthesisError(code="", message="")


def test_errors_are_written_as_published() -> None:
    assert write_error(GA, "BadRequest", "The inputs is required.") == sample("ga-error")
    message = "The top parameter should not be greater than 100."
    assert write_error(PREVIEW, "BadArgument", message, "top") == sample("preview-error")
