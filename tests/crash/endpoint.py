"""A Batch Synthesis endpoint in memory, by the rules of either version, with a ledger of all that it ever accepted."""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from shared.adapters.memory import MemoryStorage
from shared.batchapi.billing import billable_characters
from shared.batchapi.formats import FORMATS, audio_name
from shared.batchapi.model import (
    TERMINAL,
    InputResult,
    Outcome,
    Page,
    Properties,
    Summary,
    Synthesis,
    SynthesisError,
    SynthesisRequest,
    SynthesisStatus,
)
from shared.batchapi.problems import too_many_active
from shared.batchapi.summary import write_summary
from shared.batchapi.versions import GA, ApiVersion
from shared.domain.requests import JOB_PROPERTY
from shared.errors import EndpointError, NotAccepted, OutcomeUnknown, Refused, SpeechdropError
from shared.ports import Blobs, Clock

BEFORE: dict[str, Callable[[], EndpointError]] = {
    "429": lambda: NotAccepted("too many requests", status=429, retry_after=3),
    "429 bare": lambda: NotAccepted("too many requests", status=429),
    "no connection": lambda: NotAccepted("no connection"),
    "408": lambda: OutcomeUnknown("request time-out", status=408),
    "500 before": lambda: OutcomeUnknown("internal error", status=500),
    "503 before": lambda: OutcomeUnknown("unavailable", status=503, retry_after=2),
    "401": lambda: Refused("who are you", status=401),
}
"""What a create may meet that was not accepted."""


def _refused(words: str) -> Refused:
    return Refused("The endpoint answered 400.", status=400, said=words)


def audio_of(text: str) -> bytes:
    """What the endpoint speaks: told apart by the text, so that a mixed-up file is seen."""
    return b"audio of " + hashlib.sha256(text.encode()).hexdigest().encode()


def boundaries_of(text: str, pattern: str, duration_ms: int) -> bytes:
    """A file of boundaries: each match as long as any other."""
    found = re.findall(pattern, text)
    each = duration_ms // max(1, len(found))
    entries = [{"Text": item, "AudioOffset": each * at, "Duration": each} for at, item in enumerate(found)]
    return json.dumps(entries).encode()


@dataclass
class Endpoint:
    storage: MemoryStorage
    clock: Clock
    version: ApiVersion = GA
    speak: Callable[[str], bytes] = audio_of
    """An input's text to its audio."""
    duration_ms: Callable[[str], int] = len
    gives_boundaries: bool = True
    """Where they are asked for."""
    bad_texts: Callable[[str], bool] = lambda text: False
    """Inputs that fail whenever they are spoken."""
    refused_texts: Callable[[str], bool] = lambda text: False
    """Inputs for which a create is refused."""
    faults: list[str] = field(default_factory=list)
    """What the next creates meet, in turn: "" nothing, a name in BEFORE, "lost reply", "400": that job is refused for
    good, "400 once": only now, "expired SAS": so is this destination."""
    ends: list[str] = field(default_factory=list)
    """How the next syntheses end, in turn: "" well, "failed", "stuck": never, "no summary", "malformed summary",
    "no audio"."""
    few: int = 10_000
    """A synthesis of more inputs ends well, and leaves its end to the next one."""
    fail_whole: int = 0
    """So many syntheses end Failed."""
    packs: bool = False
    """It keeps its results for itself, in an archive, whatever destination it was given."""
    packed: set[str] = field(default_factory=set)
    takes_destination: bool = True
    writes_destination: bool = True
    at_once: int = 10_000
    """So many are worked on at a time."""
    seconds: float = 0
    """How long each takes."""
    quotes: bool = False
    """Its errors quote the texts that were sent."""
    refuses_when_full: bool = False
    """More than `at_once` that have not ended are not accepted; else they queue."""
    listed_after: float = 0
    """Seconds after which a synthesis is in the preview's list."""
    ledger: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    failed_texts: Counter[str] = field(default_factory=Counter)
    held: dict[str, tuple[SynthesisRequest, Synthesis]] = field(default_factory=dict)
    """By the synthesis's id."""
    requests: Counter[str] = field(default_factory=Counter)
    met: Counter[str] = field(default_factory=Counter)
    """How often each of `faults` and `ends` came about."""
    refused: set[str] = field(default_factory=set)
    """Jobs that a "400" has met."""
    begun: dict[str, datetime] = field(default_factory=dict)
    made: int = 0
    open_container: Callable[[str], Blobs] | None = None
    """How a destination's URL is followed; None: within `storage`."""

    def ready(self) -> None:
        pass

    def create(self, job_id: str, request: SynthesisRequest) -> Synthesis:
        self.requests["create"] += 1
        fault = self._next_of(self.faults)
        if fault in BEFORE:
            error = BEFORE[fault]()
            error.said = self._words(str(error), *request.inputs)
            raise error
        self._check(fault, job_id, request)
        synthesis = self._accept(job_id, request)
        if fault == "lost reply":
            raise OutcomeUnknown("connection reset")
        return synthesis

    def _next_of(self, misfortunes: list[str]) -> str:
        name = misfortunes.pop(0) if misfortunes else ""
        if name:
            self.met[name] += 1
        return name

    def _check(self, fault: str, job_id: str, request: SynthesisRequest) -> None:
        if self.version.caller_names and job_id in self.held:
            raise Refused("it exists", status=409)
        if fault == "400":
            self.refused.add(job_id)
        if fault == "400 once" or job_id in self.refused or any(map(self.refused_texts, request.inputs)):
            raise _refused(self._words("refused", *request.inputs))
        destination = request.properties.destination_container_url
        if destination and (fault == "expired SAS" or not self.takes_destination):
            raise _refused("the SAS of destinationContainerUrl has expired")
        if self.refuses_when_full and len(self.active()) >= self.at_once:
            if self.version.active_status == 429:
                raise NotAccepted("too many active syntheses", status=429, retry_after=1)
            raise _refused(too_many_active(self.at_once))

    def _words(self, words: str, *texts: str) -> str:
        return f"{words}: {', '.join(texts)}" if self.quotes else words

    def _accept(self, job_id: str, request: SynthesisRequest, when: datetime | None = None) -> Synthesis:
        now = when or self.clock()
        self.made += 1
        synthesis = Synthesis(
            id=job_id if self.version.caller_names else f"synthesis-{self.made:06d}",
            status=SynthesisStatus.NOT_STARTED,
            created=now,
            last_action=now,
            kind=request.kind,
            properties=request.properties,
            custom_properties={JOB_PROPERTY: job_id} if self.version.named else {},
        )
        self.held[synthesis.id] = (request, synthesis)
        self.ledger.append((synthesis.id, request.inputs))
        return synthesis

    def get(self, synthesis_id: str) -> Synthesis | None:
        self.requests["get"] += 1
        if synthesis_id not in self.held:
            return None
        synthesis = self.held[synthesis_id][1]
        return replace(synthesis, result=self._link(synthesis_id)) if synthesis_id in self.packed else synthesis

    def list(self, *, skip: int, top: int) -> Page:
        self.requests["list"] += 1
        lag = timedelta(seconds=0 if self.version.caller_names else self.listed_after)
        newest = [held for _, held in reversed(self.held.values()) if held.created + lag <= self.clock()]
        return Page(items=tuple(newest[skip : skip + top]), more=len(newest) > skip + top)

    def active(self) -> tuple[str, ...]:
        return tuple(name for name, (_, held) in self.held.items() if held.status not in TERMINAL)

    def work(self) -> bool:
        """Speaks what it may by now; whether anything has begun or ended."""
        now, worked = self.clock(), False
        waiting = [name for name in self.active() if name not in self.begun]
        for name in waiting[: self.at_once - len(self._spoken_now())]:
            self.begun[name], worked = now, True
            request, synthesis = self.held[name]
            self.held[name] = (request, replace(synthesis, status=SynthesisStatus.RUNNING))
        for name in self._spoken_now():
            if self.begun[name] + timedelta(seconds=self.seconds) <= now:
                worked |= self._ended(name)
        return worked

    def _spoken_now(self) -> tuple[str, ...]:
        return tuple(name for name in self.active() if name in self.begun)

    def _ended(self, name: str) -> bool:
        end = self._next_of(self.ends) if len(self.held[name][0].inputs) <= self.few else ""
        if end == "stuck":
            self.begun[name] = datetime.max.replace(tzinfo=self.clock().tzinfo) - timedelta(seconds=self.seconds + 1)
            return False
        if self.fail_whole:
            self.fail_whole, end = self.fail_whole - 1, "failed"
        request, synthesis = self.held[name]
        if end == "failed":
            ended = self._failed(request, synthesis, "it broke")
        elif request.properties.destination_container_url and not self.writes_destination:
            ended = self._failed(request, synthesis, "the destination container cannot be written")
        else:
            ended = self._spoken(request, synthesis, end)
        self.held[name] = (request, replace(ended, last_action=self.clock()))
        return True

    def go_on(self) -> None:
        """What was stuck ends like any other."""
        self.begun = {name: min(begun, self.clock()) for name, begun in self.begun.items()}

    def purge(self) -> None:
        """Time to live is over for all that has ended: their ids are free."""
        for name in [name for name, (_, held) in self.held.items() if held.status in TERMINAL]:
            del self.held[name]

    def _failed(self, request: SynthesisRequest, synthesis: Synthesis, why: str) -> Synthesis:
        self.failed_texts.update(request.inputs)
        error = SynthesisError(code="InternalServerError", message=self._words(why, *request.inputs))
        return replace(synthesis, status=SynthesisStatus.FAILED, outcome=Outcome(error=error))

    def _spoken(self, request: SynthesisRequest, synthesis: Synthesis, end: str) -> Synthesis:
        files: dict[str, bytes] = {}
        results = []
        for number, text in enumerate(request.inputs, 1):
            if self.bad_texts(text):
                self.failed_texts[text] += 1
                error = SynthesisError(code="BadInput", message=self._words("it cannot be spoken", text))
                results.append(InputResult(contents=(text,), succeeded=False, error=error))
                continue
            name, audio = audio_name(number, FORMATS[request.properties.output_format]), self.speak(text)
            files[name] = audio
            result = InputResult(contents=(text,), succeeded=True, audio_file=name)
            billed = billable_characters(text, request.kind)
            size, length = len(audio), self.duration_ms(text)
            results.append(replace(result, size_bytes=size, duration_ms=length, billed_characters=billed))
            files |= self._boundaries(request.properties, number, text)
        summary = Summary(job_id="guid", status=SynthesisStatus.SUCCEEDED, results=tuple(results))
        files["summary.json"] = json.dumps(write_summary(self.version, summary)).encode()
        if end == "malformed summary":
            files["summary.json"] = files["summary.json"][:-5]
        elif end == "no summary":
            del files["summary.json"]
        elif end == "no audio":
            files = {"summary.json": files["summary.json"]}
        try:
            where = self._place(request, synthesis.id, files)
        except SpeechdropError:
            return self._failed(request, synthesis, "the destination container cannot be written")
        neural = sum(result.billed_characters or 0 for result in results)
        good = sum(result.succeeded for result in results)
        outcome = Outcome(succeeded=good, failed=len(results) - good, billed_characters={"neural": neural})
        return replace(synthesis, status=SynthesisStatus.SUCCEEDED, outcome=outcome, result=where)

    def _boundaries(self, wishes: Properties, number: int, text: str) -> dict[str, bytes]:
        asked = {"word": (wishes.word_boundary, r"\w+"), "sentence": (wishes.sentence_boundary, r".+")}
        return {
            f"{number:04d}.{kind}.json": boundaries_of(text, pattern, self.duration_ms(text))
            for kind, (is_asked, pattern) in asked.items()
            if is_asked and self.gives_boundaries
        }

    def _place(self, request: SynthesisRequest, job_id: str, files: dict[str, bytes]) -> str:
        """`outputs.result`: a prefix in the caller's container, or the link to an archive in ours."""
        destination = request.properties.destination_container_url
        if destination and not self.packs:
            container = (self.open_container or self.storage.open_container)(destination)
            path = request.properties.destination_path if self.version.destination_path else None
            prefix = f"{path}/{job_id}" if path else job_id
            for name, data in files.items():
                container.write(f"{prefix}/{name}", data)
            return prefix
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
            for name, data in files.items():
                packed.writestr(name, data)
        self.storage.blobs("endpoint").write(f"{job_id}/results.zip", archive.getvalue())
        self.packed.add(job_id)
        return self._link(job_id)

    def _link(self, synthesis_id: str) -> str:
        name = f"{synthesis_id}/results.zip"
        return self.storage.blobs("endpoint").link(name, expires=self.clock() + timedelta(hours=1))
