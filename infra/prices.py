"""Prices of Azure's meters, with where and when the price list said so, and a look at what it says today."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import requests

REGION = "westus2"
API = "https://prices.azure.com/api/retail/prices"


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """US dollars for `per` units of a meter, beyond those of a month that are free."""

    meter: str
    usd: float
    per: float = 1
    free: float = 0
    product: str
    read: str
    """Where (region) and when the price list said so."""
    region: str = REGION


SPEECH = Price(
    meter="S1 Neural Text To Speech Characters", product="Azure Speech", usd=15, per=10**6, read="eastus2, 2026-10-05"
)
TIME = Price(
    meter="On Demand Execution Time",
    product="Flex Consumption",
    usd=0.000026,
    free=100_000,
    read="westus2, 2026-08-20",
)
EXECUTIONS = Price(
    meter="On Demand Total Executions",
    product="Flex Consumption",
    usd=0.000004,
    per=10,
    free=250_000,
    read="westus2, 2026-08-20",
)
STORED = Price(meter="Hot LRS Data Stored", product="General Block Blob v2", usd=0.0184, read="westus2, 2026-08-20")
BLOB_WRITES = Price(
    meter="Hot LRS Write Operations",
    product="General Block Blob v2",
    usd=0.05,
    per=10_000,
    read="westus2, 2026-08-20",
)
BLOB_READS = Price(
    meter="Hot Read Operations", product="General Block Blob v2", usd=0.004, per=10_000, read="westus2, 2026-08-20"
)
BLOB_LISTS = Price(
    meter="LRS List and Create Container Operations",
    product="General Block Blob v2",
    usd=0.05,
    per=10_000,
    read="westus2, 2026-04-30",
)
TABLES = Price(meter="Operations", product="Tables", usd=0.00036, per=10_000, read="westus2, 2026-04-30")
QUEUES = Price(meter="LRS Class 1 Operations", product="Queues v2", usd=0.004, per=10_000, read="australiaeast, 2026")
EVENTS = Price(
    meter="Standard Operations", product="Event Grid", usd=0.06, per=100_000, free=100_000, read="westus2, 2026-08-20"
)
LOGS = Price(
    meter="Analytics Logs Data Ingestion", product="Log Analytics", usd=2.30, free=5, read="westus2, 2026-08-20"
)
ALERTS_5 = Price(
    meter="Alerts System Log Monitored at 5 Minute Frequency",
    product="Azure Monitor",
    usd=1.50,
    read="all regions, 2026-10-03",
    region="Global",
)
ALERTS_15 = Price(
    meter="Alerts System Log Monitored at 15 Minute Frequency",
    product="Azure Monitor",
    usd=0.50,
    read="all regions, 2026-10-03",
    region="Global",
)
PRIVATE_ENDPOINT = Price(
    meter="Standard Private Endpoint",
    product="Virtual Network Private Link",
    usd=0.01,
    read="all regions, 2026-09-18",
    region="Global",
)
DNS_ZONE = Price(meter="Private Zone", product="Azure DNS", usd=0.50, read="all regions, 2026-10-03", region="Global")


def listed(price: Price, api: str) -> float | None:
    """What the price list says today for the unit it sells; None: it knows no such meter. Raises requests' errors."""
    wanted = {"meterName": price.meter, "productName": price.product, "armRegionName": price.region}
    clauses = " and ".join(f"{name} eq '{value}'" for name, value in wanted.items())
    answer = requests.get(api, params={"$filter": f"{clauses} and priceType eq 'Consumption'"}, timeout=30)
    answer.raise_for_status()
    rows: list[dict[str, Any]] = answer.json()["Items"]
    paid = sorted((row["tierMinimumUnits"], row["retailPrice"]) for row in rows if row["retailPrice"] > 0)
    return float(paid[0][1]) if paid else None


def check(prices: Iterable[Price], api: str = API) -> int:
    """Prints what differs; the number of differences. A meter that is not found counts as none."""
    different = 0
    for price in prices:
        now = listed(price, api)
        known = price.usd
        if now is not None and abs(now - known) > known / 1000:
            different += 1
        said = "not in the list under this name" if now is None else f"{now:.10g}"
        print(f"{price.product}, {price.meter}: here {known:.10g}, now {said}")
    return different
