"""What a month costs: quantities by formula, at the prices of `prices`; the tables of docs/cost.md.

`python -m infra.cost` prints them; with `--check` it asks Azure's price list what has changed since.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from infra import prices
from infra.prices import Price

DAYS, HOURS = 30, 730
"""Of a month."""

# At most, counted by tests/infra/test_cost.py; each document sent alone, as together they share much of it.
TABLE_OPERATIONS_A_DOCUMENT = 70
TABLE_OPERATIONS_A_RUN = 8
"""Of a timer that finds nothing."""
BLOB_WRITES_A_DOCUMENT = 10
"""The drop, the sealed request, the copy, the manifest, and what the endpoint writes: audio, debug, summary."""
BLOB_READS_A_DOCUMENT = 12
QUEUE_OPERATIONS_A_DOCUMENT = 6
"""A message each for the blob trigger and to finish: sent, received, deleted."""

# Assumed; docs/cost.md says on what ground.
SECONDS_A_FUNCTION = 2.0
SPEAKING_SECONDS_A_CHARACTER = 1 / 15 / 60
"""15 characters a second of speech, spoken 60 times faster by one core: as `make demo` does."""
BYTES_A_CHARACTER = 48_000 / 8 / 15
LOG_GB_A_ROW = 1e-6
LOG_ROWS_A_DOCUMENT, LOG_ROWS_A_RUN = 30, 24
"""Of what the app tells (counted by tests/infra/watching), the host's lines for each run, the worker's own counters."""
HOST_BLOB_WRITES_A_MINUTE = 4
HOST_QUEUE_OPERATIONS_A_MINUTE = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """`name` heads its column."""

    name: str
    documents_a_day: int = 0
    characters: int = 3_000
    self_hosted: bool = False
    memory_gb: float = 2.0
    runs_an_hour: dict[str, float] = field(
        default_factory=lambda: {"pipeline_poll": 60, "pipeline_sweep": 12, "service_tend": 0, "service_purge": 0}
    )
    alerts: dict[int, int] = field(default_factory=lambda: {5: 1, 15: 15})
    """Rules by how often they look, in minutes."""
    private_endpoints: int = 0
    dns_zones: int = 0

    @property
    def documents(self) -> int:
        """A month."""
        return self.documents_a_day * DAYS

    @property
    def runs(self) -> float:
        """Of timers, a month."""
        return sum(self.runs_an_hour.values()) * HOURS


SELF_HOSTED = {"pipeline_poll": 60, "pipeline_sweep": 12, "service_tend": 60, "service_purge": 1}
SCENARIOS = (
    Scenario(name="idle"),
    Scenario(name="1,000 documents a day", documents_a_day=1000),
    Scenario(
        name="the same, self-hosted voice", documents_a_day=1000, self_hosted=True, runs_an_hour=dict(SELF_HOSTED)
    ),
)

Quantity = Callable[[Scenario], float]


@dataclass(frozen=True, slots=True)
class Item:
    name: str
    price: Price
    quantity: Quantity
    """Units in a month."""

    def usd(self, scenario: Scenario) -> float:
        return max(0.0, self.quantity(scenario) - self.price.free) / self.price.per * self.price.usd


def gigabyte_seconds(s: Scenario) -> float:
    """A timer that finds nothing is billed a second, the least there is; a document is two functions."""
    speaking = s.documents * s.characters * SPEAKING_SECONDS_A_CHARACTER if s.self_hosted else 0
    functions = (4 if s.self_hosted else 2) * s.documents * SECONDS_A_FUNCTION
    return (s.runs + functions + speaking) * s.memory_gb


def log_gigabytes(s: Scenario) -> float:
    return (s.documents * LOG_ROWS_A_DOCUMENT + s.runs * LOG_ROWS_A_RUN) * LOG_GB_A_ROW


ITEMS = (
    Item("Speech, characters", prices.SPEECH, lambda s: 0 if s.self_hosted else s.documents * s.characters),
    Item("Functions, GB-seconds", prices.TIME, gigabyte_seconds),
    Item("Functions, executions", prices.EXECUTIONS, lambda s: s.runs + (4 if s.self_hosted else 2) * s.documents),
    Item("Audio kept for a month, GB", prices.STORED, lambda s: s.documents * s.characters * BYTES_A_CHARACTER / 1e9),
    Item(
        "Blob writes",
        prices.BLOB_WRITES,
        lambda s: s.documents * BLOB_WRITES_A_DOCUMENT + HOST_BLOB_WRITES_A_MINUTE * 60 * HOURS,
    ),
    Item("Blob reads", prices.BLOB_READS, lambda s: s.documents * BLOB_READS_A_DOCUMENT),
    Item("Blob lists (the sweep)", prices.BLOB_LISTS, lambda s: s.runs_an_hour["pipeline_sweep"] * HOURS),
    Item(
        "Table operations",
        prices.TABLES,
        lambda s: s.documents * TABLE_OPERATIONS_A_DOCUMENT + s.runs * TABLE_OPERATIONS_A_RUN,
    ),
    Item(
        "Queue operations",
        prices.QUEUES,
        lambda s: s.documents * QUEUE_OPERATIONS_A_DOCUMENT + HOST_QUEUE_OPERATIONS_A_MINUTE * 60 * HOURS,
    ),
    Item("Event Grid, operations", prices.EVENTS, lambda s: s.documents),
    Item("Logs, GB", prices.LOGS, log_gigabytes),
    Item("Alert rules, every 5 minutes", prices.ALERTS_5, lambda s: s.alerts[5]),
    Item("Alert rules, every 15 minutes", prices.ALERTS_15, lambda s: s.alerts[15]),
    Item("Private endpoints, hours", prices.PRIVATE_ENDPOINT, lambda s: s.private_endpoints * HOURS),
    Item("Private DNS zones", prices.DNS_ZONE, lambda s: s.dns_zones),
)


def total(scenario: Scenario) -> float:
    """US dollars a month."""
    return sum(item.usd(scenario) for item in ITEMS)


def table() -> Iterator[str]:
    """The estimate in Markdown."""
    yield "| a month | " + " | ".join(s.name for s in SCENARIOS) + " |"
    yield "|---|" + "---:|" * len(SCENARIOS)
    for item in ITEMS:
        if any(item.quantity(s) for s in SCENARIOS):
            cells = (f"{item.quantity(s):,.0f} → ${item.usd(s):,.2f}" for s in SCENARIOS)
            yield f"| {item.name} | " + " | ".join(cells) + " |"
    yield "| **together** | " + " | ".join(f"**${total(s):,.2f}**" for s in SCENARIOS) + " |"


def used() -> tuple[Price, ...]:
    return tuple(dict.fromkeys(item.price for item in ITEMS))


def price_table() -> Iterator[str]:
    """The price list in Markdown."""
    yield "| meter | product | US dollars | free a month | read |"
    yield "|---|---|---:|---:|---|"
    for price in used():
        per = f" for {price.per:,.0f}" if price.per != 1 else ""
        free = f"{price.free:,.0f}" if price.free else "–"
        yield f"| {price.meter} | {price.product} | {price.usd:.10g}{per} | {free} | {price.read} |"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m infra.cost", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--check", action="store_true", help="ask Azure's price list what has changed")
    if parser.parse_args(arguments).check:
        return 1 if prices.check(used()) else 0
    print("\n".join([*table(), "", *price_table()]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
