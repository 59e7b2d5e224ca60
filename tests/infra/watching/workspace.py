"""A Log Analytics workspace on this machine: the tables that the queries read, and a KQL engine over DuckDB.

Columns are Microsoft's (learn.microsoft.com/azure/azure-monitor/reference/tables), less those that nothing here has.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

import duckdb_kql

_COMMON = {"AppRoleName": "VARCHAR", "AppRoleInstance": "VARCHAR", "OperationId": "VARCHAR", "Properties": "JSON"}
TABLES: Mapping[str, Mapping[str, str]] = {
    "AppMetrics": {
        "Name": "VARCHAR",
        "Sum": "DOUBLE",
        "ItemCount": "INTEGER",
        "Min": "DOUBLE",
        "Max": "DOUBLE",
        **_COMMON,
    },
    "AppTraces": {"Message": "VARCHAR", "SeverityLevel": "INTEGER", **_COMMON},
    "AppExceptions": {"ExceptionType": "VARCHAR", "OuterMessage": "VARCHAR", **_COMMON},
    "AppDependencies": {"Name": "VARCHAR", "Data": "VARCHAR", **_COMMON},
    "AzureMetrics": {
        "ResourceProvider": "VARCHAR",
        "MetricName": "VARCHAR",
        "Total": "DOUBLE",
        "Average": "DOUBLE",
        "Minimum": "DOUBLE",
        "Maximum": "DOUBLE",
    },
    "FunctionAppLogs": {
        "Category": "VARCHAR",
        "FunctionName": "VARCHAR",
        "Level": "VARCHAR",
        "Message": "VARCHAR",
        "ExceptionDetails": "VARCHAR",
    },
}


class Workspace:
    def __init__(self) -> None:
        self._engine = duckdb_kql.connect()
        self._added: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for table, columns in TABLES.items():
            named = ", ".join(f"{name} {kind}" for name, kind in {"TimeGenerated": "TIMESTAMP", **columns}.items())
            self._engine.execute(f"CREATE TABLE all_{table} ({named})")

    def add(self, table: str, row: Mapping[str, Any]) -> None:
        """A column that the row does not have is null. Times are aware."""
        unknown = row.keys() - TABLES[table].keys() - {"TimeGenerated"}
        assert not unknown, f"{table} has no {unknown}"
        self._added[table].append({**row, "TimeGenerated": row["TimeGenerated"].astimezone(UTC).replace(tzinfo=None)})

    def _store(self) -> None:
        """Together: one by one they would take most of a test's time."""
        for table, rows in self._added.items():
            columns = ("TimeGenerated", *TABLES[table])
            marks = ", ".join([f"({', '.join('?' * len(columns))})"] * len(rows))
            values = [row.get(column) for row in rows for column in columns]
            self._engine.execute(f"INSERT INTO all_{table} ({', '.join(columns)}) VALUES {marks}", values)
        self._added.clear()

    def ask(self, query: str, *, after: datetime, until: datetime) -> list[dict[str, Any]]:
        """What a query gives over the rows of a time, as alerts and workbooks limit it from outside."""
        self._store()
        start, end = (time.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f") for time in (after, until))
        for table in TABLES:
            within = f"TimeGenerated > TIMESTAMP '{start}' AND TimeGenerated <= TIMESTAMP '{end}'"
            self._engine.execute(f"CREATE OR REPLACE VIEW {table} AS SELECT * FROM all_{table} WHERE {within}")
        found = self._engine.sql(_translated(query))
        return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]

    def count(self, table: str) -> int:
        self._store()
        ((number,),) = self._engine.execute(f"SELECT count(*) FROM all_{table}").fetchall()
        return int(number)

    def properties(self, table: str) -> list[dict[str, str]]:
        self._store()
        return [json.loads(text) for (text,) in self._engine.execute(f"SELECT Properties FROM all_{table}").fetchall()]


@cache
def _translated(query: str) -> str:
    """What limits the time is outside of the queries, so that one translation does for all times."""
    assert "ago(" not in query
    assert "now(" not in query
    return duckdb_kql.to_sql(query, schema={name: ["TimeGenerated", *columns] for name, columns in TABLES.items()})
