"""The cost page shows what the module computes; what that computes with is counted, or said to be assumed."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from infra import cost, prices
from infra.cost import ITEMS, SCENARIOS, Scenario
from infra.prices import Price
from tests.unit.pipeline.running import Running

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "cost.md").read_text(encoding="utf-8")
KINDS = {
    **dict.fromkeys(["inbox", "results", "work"], "blob"),
    **dict.fromkeys(["documents", "jobs", "open", "days", "app"], "table"),
    "finishers": "queue",
}
BLOB_WRITES = ("write", "copy")
OF_OTHERS = 4
"""Blob writes that are not the pipeline's: the drop, and the endpoint's audio, debug and summary files."""


class Counted:
    """A port whose calls are counted by kind and name."""

    def __init__(self, port: Any, kind: str, calls: Counter[tuple[str, str]]) -> None:
        self._port, self._kind, self._calls = port, kind, calls

    def __getattr__(self, name: str) -> Any:
        self._calls[self._kind, name] += 1
        return getattr(self._port, name)


def calls_of_documents(number: int) -> Counter[tuple[str, str]]:
    """Of documents that come one after another, so that each is a job of its own: what costs most."""
    running, calls = Running.begin(input_characters=4000), Counter[tuple[str, str]]()
    ports = {name: Counted(getattr(running.p, name), kind, calls) for name, kind in KINDS.items()}
    running.p = replace(running.p, **ports)  # type: ignore[arg-type]
    for index in range(number):
        running.take(f"{index}.txt", f"Document {index} of them. " * 120)
        running.round(60)
    running.settle()
    return calls


def test_a_document_takes_no_more_operations_than_the_module_says() -> None:
    number = 20
    calls = calls_of_documents(number)
    per_document: Counter[str] = Counter()
    for (kind, name), count in calls.items():
        writes = "writes" if name in BLOB_WRITES else "reads"
        per_document[f"{kind} {writes}" if kind == "blob" else kind] += count
    measured = {name: count / number for name, count in per_document.items()}
    measured["blob writes"] += OF_OTHERS
    allowed = {
        "table": cost.TABLE_OPERATIONS_A_DOCUMENT,
        "blob writes": cost.BLOB_WRITES_A_DOCUMENT,
        "blob reads": cost.BLOB_READS_A_DOCUMENT,
    }
    for kind, most in allowed.items():
        assert most / 2 <= measured[kind] <= most, f"{kind}: {measured[kind]} a document; mend infra/cost.py"
    assert measured["queue"] == 1


def test_an_idle_poll_takes_no_more_operations_than_the_module_says() -> None:
    running, calls = Running.begin(), Counter[tuple[str, str]]()
    ports = {name: Counted(getattr(running.p, name), kind, calls) for name, kind in KINDS.items()}
    running.p = replace(running.p, **ports)  # type: ignore[arg-type]
    running.round()
    assert {kind for kind, _ in calls} == {"table"}
    assert cost.TABLE_OPERATIONS_A_RUN / 2 <= calls.total() <= cost.TABLE_OPERATIONS_A_RUN


def test_the_page_shows_what_the_module_computes() -> None:
    assert "\n".join(cost.table()) in PAGE
    assert "\n".join(cost.price_table()) in PAGE


def test_every_assumption_stands_on_the_page() -> None:
    idle, busy, _ = SCENARIOS
    for number in (
        f"{busy.characters:,} characters",
        f"{idle.memory_gb:g} GB",
        f"{cost.SECONDS_A_FUNCTION:g} s",
        f"{sum(idle.alerts.values())} alert rules",
        f"{cost.LOG_ROWS_A_DOCUMENT} rows for each document",
        f"{cost.LOG_ROWS_A_RUN} for each run",
        f"{cost.HOST_BLOB_WRITES_A_MINUTE} blob writes",
        f"{cost.HOST_QUEUE_OPERATIONS_A_MINUTE} queue operations",
        f"every {60 / idle.runs_an_hour['pipeline_poll']:g} minute",
        f"every {60 / idle.runs_an_hour['pipeline_sweep']:g} minutes",
    ):
        assert number in PAGE, number


def test_what_is_free_is_free_and_what_is_beyond_is_paid() -> None:
    price = Price(meter="m", product="p", usd=2, per=10, free=100, read="never")
    item = cost.Item("thing", price, lambda s: s.documents)
    assert item.usd(Scenario(name="few", documents_a_day=3)) == 0
    assert item.usd(Scenario(name="many", documents_a_day=5)) == pytest.approx((150 - 100) / 10 * 2)


def test_speech_is_paid_by_the_character_or_not_at_all() -> None:
    speech = next(item for item in ITEMS if item.price is prices.SPEECH)
    _, azure, own = SCENARIOS
    assert speech.usd(azure) == pytest.approx(1000 * 30 * 3000 * 15 / 1e6)
    assert speech.usd(own) == 0
    assert cost.total(own) < cost.total(azure) / 10


def test_a_private_network_costs_by_its_endpoints() -> None:
    private = replace(SCENARIOS[0], private_endpoints=4, dns_zones=3)
    assert cost.total(private) - cost.total(SCENARIOS[0]) == pytest.approx(4 * 730 * 0.01 + 3 * 0.5)


@contextmanager
def price_list(rows: dict[str, list[dict[str, Any]]]) -> Iterator[str]:
    """The price list's API on loopback, with these rows by meter."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            (clauses,) = parse_qs(urlsplit(self.path).query)["$filter"]
            found = [row for meter, items in rows.items() if f"meterName eq '{meter}' and" in clauses for row in items]
            body = json.dumps({"Items": found}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/api/retail/prices"
        server.shutdown()
        thread.join()


def test_the_price_list_is_asked_and_differences_are_counted(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    free, paid = {"tierMinimumUnits": 0, "retailPrice": 0}, {"tierMinimumUnits": 100_000, "retailPrice": 0.000026}
    stored = {"tierMinimumUnits": 0, "retailPrice": 0.02}
    rows: dict[str, list[dict[str, Any]]] = {prices.TIME.meter: [paid, free], prices.STORED.meter: [stored]}
    with price_list(rows) as url:
        assert prices.check([prices.TIME, prices.STORED, prices.TABLES], url) == 1
    said = capsys.readouterr().out.splitlines()
    assert said == [
        "Flex Consumption, On Demand Execution Time: here 2.6e-05, now 2.6e-05",
        "General Block Blob v2, Hot LRS Data Stored: here 0.0184, now 0.02",
        "Tables, Operations: here 0.00036, now not in the list under this name",
    ]
