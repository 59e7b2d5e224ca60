"""A Batch Synthesis endpoint in memory, by the GA version's rules, with a ledger of all that it ever accepted."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

from shared.adapters.memory import MemoryStorage
from shared.batchapi.model import (
    InputResult,
    Outcome,
    Page,
    Summary,
    Synthesis,
    SynthesisError,
    SynthesisRequest,
    SynthesisStatus,
)
from shared.batchapi.summary import write_summary
from shared.batchapi.versions import GA
from shared.errors import NotAccepted, OutcomeUnknown, Refused
from shared.ports import Clock


def audio_of(text: str) -> bytes:
    """What the endpoint speaks: told apart by the text, so that a mixed-up file is seen."""
    return b"audio of " + hashlib.sha256(text.encode()).hexdigest().encode()


@dataclass
class Endpoint:
    storage: MemoryStorage
    clock: Clock
    bad_texts: Callable[[str], bool] = lambda text: False
    """Inputs that fail whenever they are spoken."""
    faults: list[str] = field(default_factory=list)
    """What the next creates meet, in turn: "" nothing, "429", "lost reply", "late", "400"."""
    packs: bool = False
    """It keeps its results for itself, in an archive, whatever destination it was given."""
    packed: set[str] = field(default_factory=set)
    fail_whole: int = 0
    """So many syntheses end Failed."""
    ledger: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    failed_texts: Counter[str] = field(default_factory=Counter)
    held: dict[str, tuple[SynthesisRequest, Synthesis]] = field(default_factory=dict)
    requests: Counter[str] = field(default_factory=Counter)

    def create(self, job_id: str, request: SynthesisRequest) -> Synthesis:
        self.requests["create"] += 1
        fault = self.faults.pop(0) if self.faults else ""
        if fault == "429":
            raise NotAccepted("too many requests", status=429, retry_after=3)
        if fault == "503 before":
            raise OutcomeUnknown("unavailable", status=503)
        if fault == "400" or job_id in self.held:
            raise Refused("refused", status=409 if job_id in self.held else 400)
        synthesis = self._accept(job_id, request)
        if fault == "lost reply":
            raise OutcomeUnknown("connection reset")
        return synthesis

    def _accept(self, job_id: str, request: SynthesisRequest) -> Synthesis:
        now = self.clock()
        synthesis = Synthesis(
            id=job_id,
            status=SynthesisStatus.NOT_STARTED,
            created=now,
            last_action=now,
            kind=request.kind,
            properties=request.properties,
        )
        self.held[job_id] = (request, synthesis)
        self.ledger.append((job_id, request.inputs))
        return synthesis

    def get(self, job_id: str) -> Synthesis | None:
        self.requests["get"] += 1
        if job_id not in self.held:
            return None
        synthesis = self.held[job_id][1]
        return replace(synthesis, result=self._link(job_id)) if job_id in self.packed else synthesis

    def list(self, *, skip: int, top: int) -> Page:
        self.requests["list"] += 1
        newest = [synthesis for _, synthesis in reversed(self.held.values())]
        return Page(items=tuple(newest[skip : skip + top]), more=len(newest) > skip + top)

    def work(self) -> bool:
        """Speaks everything accepted; whether there was anything."""
        waiting = [job_id for job_id, (_, held) in self.held.items() if held.status is SynthesisStatus.NOT_STARTED]
        for job_id in waiting:
            request, synthesis = self.held[job_id]
            if self.fail_whole:
                self.fail_whole -= 1
                self.failed_texts.update(request.inputs)
                error = SynthesisError(code="InternalServerError", message="it broke")
                ended = replace(synthesis, status=SynthesisStatus.FAILED, outcome=Outcome(error=error))
            else:
                ended = self._spoken(request, synthesis)
            self.held[job_id] = (request, ended)
        return bool(waiting)

    def _spoken(self, request: SynthesisRequest, synthesis: Synthesis) -> Synthesis:
        files: dict[str, bytes] = {}
        results = []
        for number, text in enumerate(request.inputs, 1):
            if self.bad_texts(text):
                self.failed_texts[text] += 1
                error = SynthesisError(code="BadInput", message="it cannot be spoken")
                results.append(InputResult(contents=(text,), succeeded=False, error=error))
                continue
            name, audio = f"{number:04d}.mp3", audio_of(text)
            files[name] = audio
            results.append(
                InputResult(
                    contents=(text,), succeeded=True, audio_file=name, size_bytes=len(audio), duration_ms=len(text)
                )
            )
        summary = Summary(job_id="guid", status=SynthesisStatus.SUCCEEDED, results=tuple(results))
        files["summary.json"] = json.dumps(write_summary(GA, summary)).encode()
        good = sum(result.succeeded for result in results)
        outcome = Outcome(succeeded=good, failed=len(results) - good, billed_characters={"neural": 1})
        place = self._place(request, synthesis.id, files)
        return replace(synthesis, status=SynthesisStatus.SUCCEEDED, outcome=outcome, result=place)

    def _place(self, request: SynthesisRequest, job_id: str, files: dict[str, bytes]) -> str:
        """Into the destination; else into an archive of the endpoint's own. What `outputs.result` says of it."""
        url = request.properties.destination_container_url
        if url is None or self.packs:
            archive = io.BytesIO()
            with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
                for name, content in files.items():
                    packed.writestr(name, content)
            self.storage.blobs("endpoint").write(f"{job_id}/results.zip", archive.getvalue())
            self.packed.add(job_id)
            return self._link(job_id)
        destination, prefix = self.storage.open_container(url), f"{request.properties.destination_path}/{job_id}"
        for name, content in files.items():
            destination.write(f"{prefix}/{name}", content)
        return prefix

    def _link(self, job_id: str) -> str:
        return self.storage.blobs("endpoint").link(f"{job_id}/results.zip", expires=self.clock() + timedelta(hours=1))
