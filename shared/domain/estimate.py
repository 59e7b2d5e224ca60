"""What a dry run tells of a document, beside where its manifest would lie. `docs/budgets.md` describes its members."""

from __future__ import annotations

from typing import Any

from shared.domain.billing import Bill
from shared.domain.budgets import Budget
from shared.domain.documents import Version

SCHEMA = 1


def build(version: Version, budget: Budget) -> dict[str, Any]:
    """`version` is HELD."""
    bill = Bill.of(version)
    return {
        "schema": SCHEMA,
        "path": version.path,
        "sequence": version.sequence,
        "status": version.status.value,
        "source": {"etag": version.source_etag, "bytes": version.source_bytes},
        "options": version.options,
        "inputs": version.inputs,
        "characters": version.characters,
        "billing": bill.as_json(),
        "cost": round(bill.estimated * budget.price / 1e6, 6),
        "price_per_million": budget.price,
        "held": version.held,
    }
