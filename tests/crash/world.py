"""Everything outside the pipeline's handlers, in the parent: storage, endpoint, clock, the host's events and messages;
and the watch on every write that must hold at each instant (invariants 3 and 4)."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema_rs

from shared.adapters.memory import MemoryQueue, MemoryStorage
from shared.adapters.memory_links import read_memory
from shared.batchapi.versions import VERSIONS
from shared.domain import naming
from shared.domain.charges import CHARGES, Admission, charge_of
from shared.domain.documents import (
    PART_TRANSITIONS,
    VERSION_TRANSITIONS,
    Part,
    PartStatus,
    Version,
    VersionStatus,
)
from shared.domain.jobs import JOB_TRANSITIONS, Job, JobStatus
from shared.domain.notices import TOLD, partition_of
from shared.errors import Undelivered
from shared.ports import BlobInfo, Insert, Operation, Replace, Row
from shared.settings import Settings
from tests.crash.endpoint import Endpoint
from tests.crash.remote import Line, Remote

SETTINGS = Settings(
    deployment_id="crash",
    input_characters=200,
    http_timeout_seconds=1,
    lease_seconds=20,
    lease_margin_seconds=2,
    accept_window_seconds=5,
    max_active_jobs=1000,
    max_requests_per_second=100,
    back_off_first_seconds=1,
    back_off_most_seconds=4,
    unseen_get_seconds=3,
    missing_file_seconds=10,
    extras_at_once_bytes=100,
    function_timeout_seconds=30,
    function_grace_seconds=5,
    stuck_seconds=6,
    pack_recent_seconds=2,
    pack_quiet_seconds=1,
    pack_oldest_seconds=3,
    sweep_overlap_seconds=5,
    poison_hidden_seconds=8,
)
TABLES = ("documents", "jobs", "open", "days", "app")
MANIFEST = jsonschema_rs.validator_for(
    json.loads((Path(__file__).parents[2] / "docs" / "manifest.schema.json").read_text(encoding="utf-8"))
)
"""The published schema: each manifest that any test of the pipeline writes is held against it."""
WORKING = ("ready", "held", "sending", "running", "finishing")
"""Partitions of `open`."""
ENDED = {VersionStatus.FINISHED, VersionStatus.FAILED, VersionStatus.CANCELLED, VersionStatus.SUPERSEDED}


@dataclass
class Clock:
    now: datetime = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Violation(AssertionError):
    """An invariant broke; never caught by the code under test, since it is raised in the parent."""

    what: str

    def __str__(self) -> str:
        return self.what


class World:
    """Ports by name for the child, drops for the scenario, checks for the test."""

    def __init__(self, settings: Settings = SETTINGS) -> None:
        self.settings = settings
        self.clock = Clock()
        self.began = self.clock.now
        self.host = Host(self)
        self.storage: Any = self.open_storage()
        self.inbox = self.storage.blobs(settings.inbox_container)
        self.results = _WatchedResults(self)
        self.work = self.storage.blobs(settings.work_container)
        self.tables = {name: self.storage.table(self.name_of(name)) for name in TABLES}
        self.queue = self.storage.queue(self.name_of("finish"))
        self.endpoint = Endpoint(self.storage, self.clock, VERSIONS[settings.speech_api_version])
        self.events: list[str] = []
        self.effects: list[str] = []
        """Of children with ports of their own."""
        self.processes = 0
        """Begun so far: what one draws as new, no other draws."""
        self.was_killed = False
        self.receiver: Receiver | None = None
        """Who is told of versions that have ended."""
        self.poisoned: dict[str, MemoryQueue] = {}
        """Where the host puts what failed too often, by the port's name; where there is one, it begins with that."""
        self.repeats = False
        """Each event and each message comes twice."""
        self.later: list[Callable[[], bool]] = []
        """What owners and operators do next: tried once a round, until it says that it is done."""
        self.orders: list[tuple[str, str]] = []
        """What a person orders of a path: a name in `control`."""
        self.stopped_for = 0.0
        """Seconds from a kill until the app is started again; in the end of a long time the endpoint forgets."""
        self.called_off: set[str] = set()
        """Documents that a person has cancelled or deleted."""
        self.paid_again = 0
        """How often every input may have been paid besides, by a person's act: a redo, another voice, lost files."""
        self.paid_again_of: Counter[str] = Counter()
        """The same, of some inputs only."""
        self.told: tuple[str, ...] | None = ("no text",)
        """What a version that has FAILED may say: words of which one must be in it; None: anything."""
        self.versions: dict[tuple[str, str], str] = {}
        """(path, ETag) to text: every version that reached the inbox."""
        self.inputs_of: Callable[[str], Sequence[str]] = lambda text: text.split("\n\n")
        """What is to be sent for a document of this text; tests of options put their own here."""

    def open_storage(self) -> Any:
        return MemoryStorage(clock=self.clock)

    def name_of(self, name: str) -> str:
        """Of a table or queue of this world."""
        return f"speechdrop{name}"

    def drop(self, path: str, text: str, *, event: bool = True) -> None:
        etag = self.inbox.write(path, text.encode())
        self.versions[path, etag] = text
        if event and self.poisoned:
            self.poisoned["poisoned_blobs"].send(self._event_of(path))
        elif event:
            self.events.append(path)

    def _event_of(self, path: str) -> str:
        return json.dumps({"ContainerName": self.settings.inbox_container, "BlobName": path})

    def poison(self) -> None:
        """From now on each event, and each message when it first comes, has failed too often."""
        self.poisoned = {name: MemoryQueue(self.clock, name) for name in ("poisoned_blobs", "poisoned_finishers")}

    def ports(self) -> dict[str, Any]:
        return {
            **self.tables,
            "documents": _Watched(self.tables["documents"], _check_document),
            "jobs": _Watched(self.tables["jobs"], _check_job),
            "inbox": self.inbox,
            "results": self.results,
            "work": self.work,
            "finishers": self.queue,
            "speech": self.endpoint,
            "links": _Links(self.storage),
            "host": self.host,
            **self.poisoned,
            **({"receiver": self.receiver} if self.receiver else {}),
        }

    def ports_of_a_child(self, line: Line) -> dict[str, Any]:
        return {name: Remote(line, name) for name in self.ports()}

    def rows(self, table: str) -> list[Row]:
        partitions = [f"{number:02x}" for number in range(256)]
        return [row for partition in partitions for row in self.tables[table].query(partition)]

    def documents(self) -> list[BlobInfo]:
        return [info for info in self.inbox.list() if naming.is_document(info.name)]

    def all_versions(self) -> list[Version]:
        return [Version.of(row) for row in self.rows("documents") if naming.is_version(row.key)]

    def all_parts(self) -> list[Part]:
        return [Part.of(row) for row in self.rows("documents") if row.key.count("~") == 2]

    def all_jobs(self) -> list[Job]:
        return [Job.of(row) for row in self.rows("jobs")]

    def settled(self) -> bool:
        """Everything dropped is taken in, every version has ended, nothing is open, nobody is about to do anything."""
        if self.later or self.orders or any(queue.texts() for queue in self.poisoned.values()):
            return False
        if self.is_open(*WORKING, *([partition_of(self.receiver.name)] if self.receiver else [])):
            return False
        versions = self.all_versions()
        known = {(version.path, version.source_etag) for version in versions}
        current = {(info.name, info.etag) for info in self.documents()}
        return current <= known and all(version.status in ENDED for version in versions)

    def is_open(self, *partitions: str, until: str = "") -> bool:
        """Whether any of them holds an entry that is due before then."""
        return any(next(iter(self.tables["open"].query(name, end=until, limit=1)), None) for name in partitions)

    def be_stopped(self) -> None:
        """From a kill to the next start of the app."""
        if self.stopped_for:
            self.endpoint.work()
            self.clock.now += timedelta(seconds=self.stopped_for)
            self.endpoint.purge()

    def manifest(self, path: str) -> dict[str, Any]:
        value: dict[str, Any] = json.loads(self.results.read(naming.manifest_blob(path)))
        return value

    def check(self) -> None:
        """Invariants 1, 2 and 4 once all is settled. Raises Violation."""
        self._check_nothing_lost()
        self.check_paid_once()
        self._check_days()
        self._check_budget()
        parts = self.all_parts()
        for version in self.all_versions():
            if version.status is VersionStatus.FAILED:
                self._check_reasons(version, [part for part in parts if _is_of(part, version)])
        for part in parts:
            if part.status is PartStatus.PACKED and part.job not in {job.id for job in self.all_jobs()}:
                raise Violation(f"part {part.part} is PACKED by no job")

    def _check_reasons(self, version: Version, parts: Sequence[Part]) -> None:
        """Its text or the endpoint is to blame. A fault of ours is waited out."""
        reasons = [str(error["why"]) for error in (version.error, *(part.error for part in parts)) if error]
        if not reasons:
            raise Violation(f"rows: {version.path} is FAILED, and nothing of it has failed")
        if self.told is not None and not all(any(words in why for words in self.told) for why in reasons):
            raise Violation(f"lost: {version.path} failed for no fault of its own: {'; '.join(reasons)}")

    def check_whole(self) -> None:
        """All of `check`, what every manifest lists, and who was told. Raises Violation."""
        self.check()
        for info in list(self.results.list()):
            if info.name.endswith("/manifest.json"):
                self.results.check_manifest(json.loads(self.results.read(info.name)), None)
        if self.receiver:
            self.receiver.check(self.all_versions())

    def _check_nothing_lost(self) -> None:
        if not self.settled():
            states = [(v.path, v.sequence, v.status.value) for v in self.all_versions()]
            raise Violation(f"lost: not settled: {states} {[(j.id, j.status.value) for j in self.all_jobs()]}")
        for info in self.documents():
            if info.name in self.called_off:
                continue
            manifest = self.manifest(info.name)
            if manifest["source"]["etag"] != info.etag:
                raise Violation(f"lost: the manifest of {info.name} is not of its content")

    def day_rows(self, *, start: str = "", end: str = "", again: str = "") -> list[Row]:
        """Of all days since this world began."""
        days = (self.clock.now.date() - self.began.date()).days + 1
        names = [f"{again}{self.began + timedelta(days=number):%Y%m%d}" for number in range(days + 1)]
        return [row for name in names for row in self.tables["days"].query(name, start=start, end=end)]

    def _check_budget(self) -> None:
        """No day was charged with more than it has, and nothing was spoken that was not charged."""
        limit = self.settings.daily_characters
        charged: Counter[str] = Counter()
        for row in self.day_rows(start=CHARGES):
            charged[row.partition] += int(row.values["characters"])
        if limit and max(charged.values(), default=0) > limit:
            raise Violation(f"budget: {max(charged.values())} characters on a day that has {limit}")
        names = {(row.partition, row.key) for row in self.day_rows(start=CHARGES)}
        for version in self.all_versions() if limit else ():
            admission = Admission.of(version)
            charge = charge_of(version.document, version.sequence, admission.tries) if admission else ""
            if version.billed and (admission is None or (admission.day, charge) not in names):
                raise Violation(f"budget: {version.path} was spoken without a charge")

    def _check_days(self) -> None:
        """At most one row per end of a version (a retry gives a failed one another), the last with its status; of one
        that has a manifest, exactly one."""
        noted: dict[tuple[object, object], object] = {}
        for row in self.day_rows(end=CHARGES):
            ended = (row.values["document"], row.values["sequence"])
            if noted.get(ended, "FAILED") != "FAILED":
                raise Violation(f"rows: the end of {row.values['path']} was noted twice")
            noted[ended] = row.values["status"]
        for row in self.day_rows(again="again"):  # what has been looked at once is looked at again
            noted.setdefault((row.values["document"], row.values["sequence"]), row.values["status"])
        for version in self.all_versions():
            published = version.status in (VersionStatus.FINISHED, VersionStatus.FAILED)
            status = noted.get((version.document, version.sequence), None if published else version.status)
            if status != version.status:
                raise Violation(f"rows: {version.path} is {version.status.value}, its day says {status}")

    def check_paid_once(self) -> None:
        accepted: dict[str, int] = {}
        for _, texts in self.endpoint.ledger:
            for text in texts:
                accepted[text] = accepted.get(text, 0) + 1
        for text, count in accepted.items():
            if count > 1 + self.endpoint.failed_texts[text] + self.paid_again + self.paid_again_of[text]:
                raise Violation(f"paid twice: an input was accepted {count} times")


def _is_of(part: Part, version: Version) -> bool:
    return (part.document, part.sequence) == (version.document, version.sequence)


class Host:
    """What the Functions host does for the child: events and messages, at least once; and the passing of time."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._rounds = 0
        self._once: set[object] = set()
        """What came once, of that which comes twice, or fails at first."""

    def note_effect(self, name: str) -> None:
        self._world.effects.append(name)

    def next_events(self) -> tuple[str, ...]:
        return tuple(self._world.events)

    def event_done(self, path: str) -> None:
        if path in self._world.events and not self._comes_again(path):
            self._world.events.remove(path)

    def next_orders(self) -> tuple[tuple[str, str], ...]:
        return tuple(self._world.orders)

    def order_done(self, order: tuple[str, str]) -> None:
        self._world.orders.remove(order)

    def receive(self) -> Any:
        received = self._world.queue.receive(1, visibility=8)
        if received and self._world.poisoned and self._is_new(received[0].text):
            self._world.poisoned["poisoned_finishers"].send(received[0].text)
            self._world.queue.delete(received[0])
            return None
        return received[0] if received else None

    def done(self, received: Any) -> None:
        if not self._comes_again(received.id):
            self._world.queue.delete(received)

    def _comes_again(self, what: object) -> bool:
        return self._world.repeats and self._is_new(what)

    def _is_new(self, what: object) -> bool:
        is_new = what not in self._once
        self._once.add(what)
        return is_new

    def pass_time(self) -> bool:
        """The endpoint works, owners act, time passes; True when all is settled or it takes too long."""
        if self._world.later and self._world.later[0]():
            self._world.later.pop(0)
        worked = self._world.endpoint.work()
        self._rounds += 1
        self._world.clock.now += timedelta(seconds=0.5 if worked else min(5.0, 0.5 + self._rounds / 10))
        return self._world.settled() or self._rounds > 300


@dataclass
class Receiver:
    """Who is told. An event may come twice; what it says is so by then."""

    world: World
    refuses: int = 0
    """So many of the next events are not taken."""
    name: str = "receiver"
    """Also of its port."""
    events: list[Mapping[str, Any]] = field(default_factory=list)

    def notify(self, event: Mapping[str, Any]) -> None:
        """Raises Undelivered."""
        if self.refuses:
            self.refuses -= 1
            raise Undelivered("busy")
        self.events.append(event)
        path, sequence = event["data"]["path"], event["data"]["sequence"]
        is_there = self.world.results.head(naming.manifest_blob(path))
        if not is_there or self.world.manifest(path)["sequence"] < sequence:
            raise Violation(f"mixed: {path} was told of before it was published")

    def check(self, versions: Sequence[Version]) -> None:
        """Each that has ended was told of, as what it is, under one id. Raises Violation."""
        for version in versions:
            named = (version.path, version.sequence)
            ours = [event for event in self.events if (event["data"]["path"], event["data"]["sequence"]) == named]
            ids = {event["id"] for event in ours if event["data"]["status"] == version.status}
            is_told = version.status in TOLD
            if len(ids) != is_told or (ours and not is_told):
                raise Violation(f"lost: {version.path} is {version.status.value}, and told of under {len(ids)} ids")


@dataclass
class _Links:
    """What a link to a blob gives to a stranger."""

    storage: MemoryStorage

    def read(self, url: str) -> bytes:
        return read_memory(url, self.storage.containers)


@dataclass
class _Watched:
    """A table whose every write is checked against the row before."""

    table: Any
    check: Any
    names: Mapping[str, str] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.table, name)

    def replace(self, row: Row) -> Row:
        before = self.table.get(row.partition, row.key)
        stored: Row = self.table.replace(row)
        self.check(before, row)
        return stored

    def insert(self, row: Row) -> Row:
        stored: Row = self.table.insert(row)
        self.check(None, row)
        return stored

    def commit(self, operations: list[Operation]) -> Any:
        before = {o.row.key: self.table.get(o.row.partition, o.row.key) for o in operations}
        etags = self.table.commit(operations)
        for operation in operations:
            if isinstance(operation, Insert | Replace):
                self.check(before[operation.row.key], operation.row)
        return etags


def _check_document(before: Row | None, after: Row) -> None:
    if before is None or after.key.endswith(naming.START):
        return
    if naming.is_version(after.key):
        _check_change(VERSION_TRANSITIONS, VersionStatus, before, after)
    else:
        _check_change(PART_TRANSITIONS, PartStatus, before, after)


def _check_job(before: Row | None, after: Row) -> None:
    if before is not None:
        _check_change(JOB_TRANSITIONS, JobStatus, before, after)


def _check_change(transitions: Any, status: Any, before: Row, after: Row) -> None:
    old, new = status(before.values["status"]), status(after.values["status"])
    if old is not new and new not in transitions[old].values():
        raise Violation(f"rows: {old} became {new}")


class _WatchedResults:
    """The results container: a manifest, when it is written, must be whole, and never go back."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._blobs = world.storage.blobs(world.settings.results_container)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._blobs, name)

    def write(self, name: str, data: bytes, **kwargs: Any) -> str:
        there = self._blobs.read(name) if self._blobs.head(name) else None
        etag: str = self._blobs.write(name, data, **kwargs)
        if name.endswith("/manifest.json"):
            self.check_manifest(json.loads(data), json.loads(there) if there else None)
        else:
            self._check_same(name, there)
        return etag

    def copy(self, source: str, name: str, **kwargs: Any) -> None:
        there = self._blobs.read(name) if self._blobs.head(name) else None
        self._blobs.copy(source, name, **kwargs)
        self._check_same(name, there)

    def _check_same(self, name: str, before: bytes | None) -> None:
        if before not in (None, self._blobs.read(name)):
            raise Violation(f"mixed: {name} was there, and says something else now")

    def check_manifest(self, new: dict[str, Any], before: dict[str, Any] | None) -> None:
        for error in MANIFEST.iter_errors(new):
            raise Violation(f"mixed: a manifest is not as its schema says: {error}")
        if before and before["sequence"] > new["sequence"]:
            raise Violation("mixed: a manifest went back")
        if new["status"] == "FAILED":
            self._check_spoken((new["spoken"] or {}).get("inputs", ()))
            return
        spoken = []
        for item in new["audio"]["inputs"]:
            if self._blobs.head(item["file"]) is None:
                raise Violation(f"mixed: {item['file']} is listed and not there")
            spoken.append(self._blobs.read(item["file"]))
        texts = self._world.inputs_of(self._world.versions[new["path"], new["source"]["etag"]])
        if spoken != [self._world.endpoint.speak(text.strip()) for text in texts]:
            raise Violation(f"mixed: the files of {new['path']} do not speak its text")
        self._check_extras(new["audio"], b"".join(spoken))

    def _check_spoken(self, inputs: Sequence[dict[str, Any]]) -> None:
        """What a failed version lists as spoken is there, and speaks the text that it is said to speak."""
        dropped = [text.strip() for whole in self._world.versions.values() for text in self._world.inputs_of(whole)]
        texts = {hashlib.sha256(text.encode()).hexdigest(): text for text in dropped}
        for item in inputs:
            if self._blobs.head(item["file"]) is None:
                raise Violation(f"mixed: {item['file']} is listed and not there")
            text = texts.get(item["text_sha256"])  # none where it was sent in another form, as SSML
            if text is not None and self._blobs.read(item["file"]) != self._world.endpoint.speak(text):
                raise Violation(f"mixed: {item['file']} does not speak its text")

    def _check_extras(self, audio: dict[str, Any], spoken: bytes) -> None:
        """What is made of all inputs is there as well; of bare samples, it is just these."""
        extras = [audio[name] for name in ("combined", "m4b") if name in audio] + audio.get("subtitles", [])
        for extra in extras:
            if self._blobs.head(extra["file"]) is None:
                raise Violation(f"mixed: {extra['file']} is listed and not there")
        combined = audio["combined"]["file"] if "combined" in audio else ""
        if combined.endswith(".mulaw") and self._blobs.read(combined) != spoken:
            raise Violation(f"mixed: {combined} is not its inputs")
