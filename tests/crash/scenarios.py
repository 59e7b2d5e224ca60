"""What is dropped and what goes wrong, by name. Every input text is unique; paragraphs are as long as inputs."""

from __future__ import annotations

from collections.abc import Mapping

from tests.crash.child import Scenario
from tests.crash.world import World


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
    world.drop("bad.txt", book("bad"))
    world.drop("good.txt", note("good"))


def failed_jobs(world: World) -> None:
    world.endpoint.fail_whole = 2
    for name in "abcd":
        world.drop(f"{name}.txt", note(name))


def refused_jobs(world: World) -> None:
    world.endpoint.faults = ["", "400", "400"]
    for name in "abc":
        world.drop(f"{name}.txt", note(name))


def packed_results(world: World) -> None:
    """The endpoint keeps its results in an archive."""
    world.endpoint.packs = True
    world.drop("a.txt", note("a"))
    world.drop("b.txt", book("b"))


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
    )
}
