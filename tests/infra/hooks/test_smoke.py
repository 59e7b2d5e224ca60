"""The smoke test against a whole pipeline in memory: what works is passed, and what does not is told apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from infra.hooks import smoke as smoking
from infra.hooks.az import HookFailed
from infra.hooks.connecting import BLOB_ENDPOINT
from infra.hooks.patience import Patience
from infra.hooks.smoke import NETWORK, Smoke, main, speed
from shared.batchapi.model import Synthesis, SynthesisRequest
from shared.errors import Refused, SpeechdropError, StorageError
from shared.pipeline.intake import intake
from shared.pipeline.probes import WORD
from tests.crash.endpoint import Endpoint
from tests.unit.pipeline.running import Running

SETTINGS = {"CONTENT_STORAGE": "UseDevelopmentStorage=true", "SPEECH_ENDPOINT": "http://127.0.0.1:9"}


class Overwrites(Endpoint):
    def create(self, job_id: str, request: SynthesisRequest) -> Synthesis:
        self.held.pop(job_id, None)
        return super().create(job_id, request)


@dataclass
class Failing:
    """A port of which one method fails so often, or for ever."""

    port: Any
    method: str
    error: SpeechdropError
    times: float = float("inf")

    def __getattr__(self, name: str) -> Any:
        if name != self.method or self.times <= 0:
            return getattr(self.port, name)
        self.times -= 1

        def fail(*arguments: Any, **options: Any) -> Any:
            raise self.error

        return fail


@dataclass
class Bench:
    """A pipeline that works while the smoke test waits, and what the test says."""

    running: Running = field(default_factory=Running.begin)
    lines: list[str] = field(default_factory=list)
    works: bool = True
    seen: set[str] = field(default_factory=set)

    @property
    def smoke(self) -> Smoke:
        world = self.running.world
        return Smoke(
            settings=world.settings,
            speech=Endpoint(world.storage, world.clock),
            inbox=world.inbox,
            results=world.storage.blobs(world.settings.results_container),
            say=self.lines.append,
        )

    def pause(self, seconds: float) -> None:
        """What the host does meanwhile: an event for each new blob, then timers and messages."""
        self.running.wait(seconds)
        if self.works:
            for info in list(self.running.world.inbox.list()):
                if info.name not in self.seen:
                    self.seen.add(info.name)
                    self.running.world.versions[info.name, info.etag] = WORD
                    intake(self.running.p, info.name)
            self.running.round()

    def __call__(self, change: Callable[[Smoke], Smoke] = lambda smoke: smoke) -> str:
        smoking.test(change(self.smoke), 900)
        return "\n".join(self.lines)

    def fails(self, change: Callable[[Smoke], Smoke] = lambda smoke: smoke) -> str:
        with pytest.raises(HookFailed) as caught:
            self(change)
        return "\n".join([*self.lines, str(caught.value)])

    def left(self) -> list[str]:
        world = self.running.world
        return [info.name for blobs in (world.inbox, world.results) for info in blobs.list(smoking.FOLDER)]


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    bench, start = Bench(), datetime(2026, 1, 1, tzinfo=UTC)

    def patience(seconds: float) -> Patience:
        clock = bench.running.world.clock
        return Patience(seconds, pause=bench.pause, clock=lambda: (clock() - start).total_seconds())

    monkeypatch.setattr(smoking, "Patience", patience)
    return bench


def test_a_system_that_works_passes_and_is_left_as_it_was(bench: Bench) -> None:
    said = bench()
    assert "a create refuses an id in use: KEPT." in said
    assert "A word was taken in after 2 s, spoken after" in said
    assert bench.running.sent() == [("Hello.",)]
    assert bench.left() == []


def test_a_broken_promise_fails_though_the_word_came_back(bench: Bench) -> None:
    world = bench.running.world
    said = bench.fails(lambda smoke: replace(smoke, speech=Overwrites(world.storage, world.clock)))
    assert "A word was taken in" in said
    assert "The endpoint breaks a promise that no text is paid for twice by: a create refuses an id in use." in said


def test_an_undecided_promise_is_said_and_does_not_fail(bench: Bench) -> None:
    """The person may drop files, and not call the endpoint: the pipeline's own identity may."""
    error = Refused("The endpoint answered 401: no right.", status=401)
    said = bench(lambda smoke: replace(smoke, speech=Failing(smoke.speech, "create", error)))
    assert "UNDECIDED. A synthesis of one word was not made: The endpoint answered 401: no right." in said
    assert "A word was taken in" in said


def test_a_right_that_is_seen_late_is_waited_for(bench: Bench) -> None:
    error = Refused("The endpoint answered 403.", status=403)
    assert "KEPT" in bench(lambda smoke: replace(smoke, speech=Failing(smoke.speech, "create", error, times=3)))


def test_a_word_that_fails_says_why_and_what_to_do(bench: Bench) -> None:
    bench.running.world.endpoint.bad_texts = lambda text: True
    said = bench.fails()
    error = bench.running.error(next(iter(bench.seen)))
    assert f"ended FAILED: {error['why']} {error['remedy']}" in said
    assert len(bench.left()) == 2  # to be looked at


def test_a_word_that_never_comes_back_says_where_to_look(bench: Bench) -> None:
    bench.works = False
    said = bench.fails()
    assert "has no manifest in 'results' yet. Look at the log of pipeline_intake" in said
    assert bench.running.world.clock() <= datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=900)


def test_a_file_that_is_not_as_the_manifest_says_fails(bench: Bench) -> None:
    results = bench.running.world.results

    class Truncated:
        def __getattr__(self, name: str) -> Any:
            return getattr(results, name)

        def head(self, name: str) -> Any:
            found = results.head(name)
            return replace(found, size=3) if found and name.endswith(".mp3") else found

    assert "0001.mp3, which is not there as it says" in bench.fails(lambda smoke: replace(smoke, results=Truncated()))


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        ("AuthorizationPermissionMismatch", "You need the role Storage Blob Data Contributor"),
        ("AuthorizationFailure", "run this from inside its network"),
    ],
)
@pytest.mark.parametrize(("port", "method"), [("inbox", "write"), ("results", "head")])
def test_a_storage_account_that_refuses_says_what_is_needed(
    bench: Bench, port: str, method: str, code: str, advice: str
) -> None:
    error = StorageError(f"blob x: storage answered 403 {code}.", status=403)

    def failing(smoke: Smoke) -> Smoke:
        ports: dict[str, Any] = {port: Failing(getattr(smoke, port), method, error)}
        return replace(smoke, **ports)

    said = bench.fails(failing)
    assert advice in said


def test_a_role_that_is_seen_late_is_waited_for(bench: Bench) -> None:
    error = StorageError("blob x: storage answered 403 AuthorizationPermissionMismatch.", status=403)
    assert "A word was" in bench(lambda smoke: replace(smoke, inbox=Failing(smoke.inbox, "write", error, times=4)))


def test_what_cannot_be_removed_is_said(bench: Bench) -> None:
    error = StorageError("blob x: storage answered 403 AuthorizationPermissionMismatch.", status=403)
    said = bench(lambda smoke: replace(smoke, inbox=Failing(smoke.inbox, "delete", error)))
    assert "speechdrop-smoke/ could not be removed" in said


@pytest.mark.parametrize(("seconds", "late"), [(3, False), (60, False), (250, True)])
def test_a_word_whose_event_came_late_or_never_is_told_from_one_that_came_soon(seconds: int, late: bool) -> None:
    dropped = datetime(2026, 1, 1, tzinfo=UTC)
    taken = dropped + timedelta(seconds=seconds)
    said = speed({"created": taken.isoformat(), "ended": (taken + timedelta(seconds=9)).isoformat()}, dropped)
    assert said.startswith(f"taken in after {seconds} s")
    assert ("its event came late" in said) is late


def test_behind_a_private_network_it_says_that_it_did_not_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([], {NETWORK: "true"}) == 0
    assert "Smoke: not run: the storage account takes requests from its own network only" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({}, f"no usable {BLOB_ENDPOINT}"),
        ({BLOB_ENDPOINT: "http://content.blob.core.windows.net"}, f"no usable {BLOB_ENDPOINT}"),
        ({BLOB_ENDPOINT: "https://content.blob.core.windows.net"}, "no SPEECH_ENDPOINT"),
        ({**SETTINGS, "SPEECH_API_VERSION": "2023"}, "SPEECH_API_VERSION is '2023'"),
    ],
)
def test_what_azd_did_not_leave_is_named(
    environ: dict[str, str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([], environ) == 1
    assert said in capsys.readouterr().err
