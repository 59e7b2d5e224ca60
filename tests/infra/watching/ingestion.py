"""Application Insights' ingestion on this machine: takes what Azure Monitor's exporter sends, as rows of its tables.

What a row has of an envelope follows learn.microsoft.com/azure/azure-monitor/reference/tables (AppMetrics, AppTraces).
Where an envelope has no least and largest, neither has the row, so that no query leans on them there.
"""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Rows = list[tuple[str, dict[str, Any]]]
"""Each with the name of its table."""


@dataclass
class Ingestion:
    connection_string: str
    envelopes: list[dict[str, Any]] = field(default_factory=list)

    def take(self, at: datetime | None = None) -> Rows:
        """What came since the last time, as rows; `at`: of that time, instead of their own."""
        taken, self.envelopes[:] = list(self.envelopes), []
        return [row for envelope in taken for row in rows_of(envelope, at)]


@contextmanager
def ingestion() -> Iterator[Ingestion]:
    envelopes: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            answer: dict[str, Any] = {}
            if self.path.endswith("/track"):
                body = gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body
                items = json.loads(body)
                envelopes.extend(items)
                answer = {"itemsReceived": len(items), "itemsAccepted": len(items), "errors": []}
            data = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    here = f"http://127.0.0.1:{server.server_port}/"
    key = "00000000-0000-0000-0000-000000000000"
    try:
        yield Ingestion(f"InstrumentationKey={key};IngestionEndpoint={here};LiveEndpoint={here}", envelopes)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def rows_of(envelope: Mapping[str, Any], at: datetime | None) -> Rows:
    kind, data, tags = envelope["data"]["baseType"], envelope["data"]["baseData"], envelope["tags"]
    common = {
        "TimeGenerated": at or datetime.fromisoformat(envelope["time"]),
        "Properties": json.dumps(data.get("properties") or {}),
        "AppRoleName": tags.get("ai.cloud.role", ""),
        "AppRoleInstance": tags.get("ai.cloud.roleInstance", ""),
        "OperationId": tags.get("ai.operation.id", ""),
    }
    if kind == "MetricData":
        return [("AppMetrics", {**common, **_measured(metric)}) for metric in data["metrics"]]
    if kind == "MessageData":
        return [("AppTraces", {**common, "Message": data["message"], "SeverityLevel": data["severityLevel"]})]
    if kind == "ExceptionData":
        first = data["exceptions"][0]
        return [("AppExceptions", {**common, "ExceptionType": first["typeName"], "OuterMessage": first["message"]})]
    assert kind == "RemoteDependencyData", kind
    return [("AppDependencies", {**common, "Name": data["name"], "Data": data.get("data", "")})]


def _measured(metric: Mapping[str, Any]) -> dict[str, Any]:
    known = {"Name": metric["name"], "Sum": metric["value"], "ItemCount": metric["count"]}
    return {**known, "Min": metric.get("min"), "Max": metric.get("max")}
