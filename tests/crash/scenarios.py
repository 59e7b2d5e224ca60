"""What is dropped and what goes wrong, by name. Every input text is unique; paragraphs are as long as inputs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta

from shared.domain import naming
from shared.domain.documents import Version, VersionStatus
from shared.pipeline.cleanup import CLEANUP
from shared.ports import Row
from tests.crash.child import Scenario
from tests.crash.endpoint import audio_of
from tests.crash.world import WORKING, Receiver, World


def note(name: str) -> str:
    """A text of one input."""
    return f"A short note with the name {name}, and nothing else in it."


def book(name: str, paragraphs: int = 3) -> str:
    """A text of as many inputs as paragraphs: two of them do not fit into one."""
    filler = "and it goes on for a good while, as paragraphs of a book do, until it comes to its end at last"
    return "\n\n".join(f"Paragraph {number} of {name} begins here, {filler}." for number in range(paragraphs))


def notes_and_a_book(world: World) -> None:
    world.drop("a.txt", note("a"))
    world.drop("folder/b.txt", book("b"))
    world.drop("empty.txt", "")


def dropped_again(world: World) -> None:
    """The same path twice before any handler runs, its first event repeated: the first content is never taken in."""
    world.drop("a.txt", note("first"))
    world.drop("a.txt", note("second"))
    world.drop("b.txt", note("b"))


def missed_events(world: World) -> None:
    world.drop("a.txt", note("a"), event=False)
    world.drop("b.txt", book("b", 2), event=False)


def passing_faults(world: World) -> None:
    """Creates that are throttled, lost on the way back, and unavailable."""
    world.endpoint.faults = ["429", "lost reply", "503 before"]
    world.drop("a.txt", note("a"))
    world.drop("b.txt", note("b"))


def failed_inputs(world: World) -> None:
    world.endpoint.bad_texts = lambda text: "Paragraph 1 of bad" in text
    world.told = ("it cannot be spoken",)
    world.drop("bad.txt", book("bad"))
    world.drop("good.txt", note("good"))


def failed_jobs(world: World) -> None:
    world.endpoint.fail_whole = 2
    for name in "abcd":
        world.drop(f"{name}.txt", note(name))


def refused_jobs(world: World) -> None:
    world.endpoint.faults = ["", "400", "400"]
    world.told = ("refused",)
    for name in "abc":
        world.drop(f"{name}.txt", note(name))


def twice_over(world: World) -> None:
    """Every event and every message comes twice."""
    world.repeats = True
    world.drop("a.txt", note("a"))
    world.drop("b.txt", book("b"))


def changed_under_way(world: World) -> None:
    """While the first contents travel, one is replaced, one is deleted, and one is dropped of which no event tells."""
    world.drop("a.txt", note("a"))
    world.drop("b.txt", book("b"))
    world.later += [
        once(lambda: world.drop("a.txt", book("again"))),
        once(lambda: world.inbox.delete("b.txt")),
        once(lambda: world.drop("c.txt", note("c"), event=False)),
    ]


def changed_when_finished(world: World) -> None:
    """One paragraph of a finished book is replaced, one is left out, and the audio of a third is gone by then."""
    paragraphs = book("b", 4).split("\n\n")
    world.drop("b.txt", "\n\n".join(paragraphs))
    world.paid_again_of = Counter([paragraphs[3]])  # the one whose audio is gone

    def change() -> bool:
        if not is_finished(world):
            return False
        world.results.delete("b.txt/1/0004.mp3")
        world.drop("b.txt", "\n\n".join([paragraphs[0], book("new", 1), paragraphs[3]]))
        return True

    world.later.append(change)


def corrected_when_failed(world: World) -> None:
    """A paragraph cannot be spoken, and is corrected; the others are paid for once."""
    world.endpoint.bad_texts = lambda text: "Paragraph 1 of b" in text
    world.told = ("it cannot be spoken",)
    world.drop("b.txt", book("b", 4))

    def correct() -> bool:
        failed = any(version.status is VersionStatus.FAILED for version in world.all_versions())
        if failed:
            world.drop("b.txt", book("b", 4).replace("Paragraph 1 of", "The second paragraph of"))
        return failed

    world.later.append(correct)


def is_finished(world: World) -> bool:
    """All that was taken in so far."""
    return all(version.status is VersionStatus.FINISHED for version in world.all_versions())


def once(act: Callable[[], object]) -> Callable[[], bool]:
    def done() -> bool:
        act()
        return True

    return done


def full_endpoint(world: World) -> None:
    """It takes one job at a time."""
    world.endpoint.at_once, world.endpoint.seconds, world.endpoint.refuses_when_full = 1, 2, True
    for name in "abc":
        world.drop(f"{name}.txt", note(name))


def refused_destination(world: World) -> None:
    """It takes no job that names a container of ours."""
    world.endpoint.takes_destination = False
    world.drop("a.txt", note("a"))
    world.drop("b.txt", note("b"))


def unwritable_destination(world: World) -> None:
    """It takes the container, and cannot write there."""
    world.endpoint.writes_destination = False
    world.drop("a.txt", note("a"))
    world.drop("b.txt", note("b"))


def stopped_for_long(world: World) -> None:
    """What is killed starts again only when the deadline is over, and the endpoint has forgotten what it had."""
    world.settings = replace(world.settings, deadline_seconds=30)
    world.told = ("could not be learnt by the deadline", "It was accepted and paid")
    world.stopped_for = 60
    world.endpoint.faults = ["", "lost reply"]
    world.drop("a.txt", note("a"))
    world.drop("b.txt", note("b"))


def given_up_and_retried(world: World) -> None:
    """A synthesis that has not ended by the deadline ends later, and a person retries: it is fetched, not paid anew."""
    world.settings = replace(world.settings, deadline_seconds=15)
    world.told = ("could not be learnt by the deadline", "had not ended by the deadline")
    world.endpoint.ends = ["stuck"]
    world.drop("a.txt", book("a"))
    world.drop("b.txt", note("b"))

    def give_up() -> bool:
        failed = [version.path for version in world.all_versions() if version.status is VersionStatus.FAILED]
        if failed:
            world.orders += [("retry", path) for path in failed]
            world.endpoint.go_on()
        return bool(failed)

    world.later.append(give_up)


def ordered_about(world: World) -> None:
    """One is cancelled under way, one spoken again when it is finished, one deleted. Who is killed is asked again, and
    who asks twice to have a document spoken again pays twice."""
    for name in "abc":
        world.drop(f"{name}.txt", book(name))
    world.paid_again_of, world.called_off = Counter(2 * book("a").split("\n\n")), {"b.txt", "c.txt"}

    def order() -> bool:
        ended = {version.path for version in world.all_versions() if version.ended}
        if ended >= {"a.txt", "c.txt"}:
            world.orders += [("redo", "a.txt"), ("delete", "c.txt")]
        return bool(world.orders)

    world.later += [once(lambda: world.orders.append(("cancel", "b.txt"))), order]


def packed_results(world: World) -> None:
    """The endpoint keeps its results in an archive."""
    world.endpoint.packs = True
    world.drop("a.txt", note("a"))
    world.drop("b.txt", book("b"))


def ask_for_extras(world: World) -> None:
    """A combined file and subtitles: of a note made at once, of a book out of a message of its own."""
    options = {"output_format": "raw-8khz-8bit-mono-mulaw", "combined": True, "subtitles": ["srt", "vtt"]}
    world.inbox.write("_speechdrop.json", json.dumps(options).encode())


def extras(world: World) -> None:
    ask_for_extras(world)
    world.drop("a.txt", note("a"))
    world.drop("b.txt", book("b"))


def audio_book(world: World) -> None:
    """Made out of a message of its own, under a lease; of a note, and of a book that is changed under way."""
    options = {"output_format": "raw-8khz-8bit-mono-mulaw", "m4b": True}
    world.inbox.write("_speechdrop.json", json.dumps(options).encode())
    world.endpoint.speak = lambda text: 20 * audio_of(text)
    world.drop("a.txt", note("a"))
    world.drop("b.txt", book("b"))


def told(world: World) -> None:
    """Of one that is finished, one that is replaced under way, and one without a text; who is told is busy at first."""
    world.receiver = Receiver(world, refuses=2)
    world.drop("a.txt", note("a"))
    world.drop("b.txt", note("b"))
    world.drop("empty.txt", "")
    world.later.append(once(lambda: world.drop("b.txt", note("again"))))


def poisoned(world: World) -> None:
    """Events and messages failed too often. The sweep looks at what changed an hour from now at the earliest, so that
    it follows them or nothing."""
    values = {"mark": (world.clock.now + timedelta(hours=1)).isoformat()}
    world.tables["app"].insert(Row(partition="sweep", key="mark", values=values))
    world.poison()
    world.drop("a.txt", note("a"))
    world.drop("b.txt", book("b"))


def older_results(world: World) -> None:
    """An earlier deployment left its results, and no rows: its numbers go on, and none of its files is written over."""
    world.versions["a.txt", "older"] = note("older")
    world.results.write("a.txt/3/0001.mp3", audio_of(note("older")))
    sizes = {"characters": 1, "bytes": 1, "duration_ms": 1}
    inputs = [{"number": 1, "file": "a.txt/3/0001.mp3", "text_sha256": "0" * 64, **sizes}]
    then, told = world.clock.now.isoformat(), dict.fromkeys(["title", "author", "language"], "")
    audio = {"sequence": 3, "made_by": "", **told, "duration_ms": 1, "bytes": 1, "chapters": [], "inputs": inputs}
    manifest = {
        "schema": 1,
        "path": "a.txt",
        "sequence": 3,
        "try": 1,
        "status": "FINISHED",
        "source": {"etag": "older", "bytes": 1},
        "options": {},
        "characters": 1,
        "billing": {"estimated": 1, "billed": None},
        "jobs": [],
        "created": then,
        "ended": then,
        "audio": audio,
        "spoken": None,
        "error": None,
    }
    world.results.write(naming.manifest_blob("a.txt"), json.dumps(manifest).encode())
    world.drop("a.txt", note("a"))
    world.drop("b.txt", note("b"))


def collected(world: World) -> None:
    """One is replaced and one is gone from the inbox; then days pass, beyond the lives of all that lies about."""
    a_day = 86_400
    lives = replace(world.settings, keep_rows_days=2, keep_requests_seconds=a_day, replaced_files_seconds=a_day)
    world.settings = lives
    for name in "abc":
        world.drop(f"{name}.txt", book(name, 2))

    def change() -> bool:
        if finished := is_finished(world):
            world.drop("b.txt", note("again"))
            world.inbox.delete("c.txt")
        return finished

    def a_day_passes() -> bool:
        if tidy := is_tidy(world):
            world.clock.now += timedelta(days=1)
        return tidy

    world.later += [change, *[a_day_passes] * 4, lambda: is_tidy(world)]


def is_tidy(world: World) -> bool:
    """Whether nothing waits, and the collector has done all that is due by now."""
    row, last = world.tables["app"].get("collector", "day"), world.clock.now - timedelta(world.settings.keep_rows_days)
    is_aged = bool(row) and date.fromisoformat(str(row.values["day"])) > last.date()
    is_due = world.is_open(CLEANUP, until=naming.stamp(world.clock.now))
    return is_aged and not is_due and not world.is_open(*WORKING) and not world.events


def over_budget(world: World) -> None:
    """More than two days have; one of the held is changed, another removed; a day turns when nothing else moves."""
    world.settings = replace(world.settings, daily_characters=len(book("b")) + len(note("a")))
    world.drop("a.txt", note("a"))
    world.drop("b.txt", book("b"))
    for name in "cde":
        world.drop(f"{name}.txt", note(name))
    world.drop("f.txt", book("f"))

    def change_what_is_held() -> bool:
        if found := bool(held(world)):
            world.drop("f.txt", book("changed"))
            world.inbox.delete("c.txt")
        return found

    world.later += [change_what_is_held, lambda: days_have_turned(world)]


def held(world: World) -> list[Version]:
    return [version for version in world.all_versions() if version.status is VersionStatus.HELD]


def days_have_turned(world: World) -> bool:
    """The next day comes when nothing but what is held waits; True: nothing is held any more."""
    is_waiting = world.is_open(*set(WORKING) - {"held"})
    if held(world) and not is_waiting:
        world.clock.now += timedelta(days=1)
    return not held(world) and not is_waiting and not world.events


SCENARIOS: Mapping[str, Scenario] = {
    scenario.__name__: scenario
    for scenario in (
        notes_and_a_book,
        dropped_again,
        missed_events,
        passing_faults,
        failed_inputs,
        failed_jobs,
        refused_jobs,
        packed_results,
        twice_over,
        changed_under_way,
        changed_when_finished,
        corrected_when_failed,
        full_endpoint,
        refused_destination,
        unwritable_destination,
        stopped_for_long,
        given_up_and_retried,
        ordered_about,
        extras,
        audio_book,
        told,
        poisoned,
        older_results,
        over_budget,
        collected,
    )
}
