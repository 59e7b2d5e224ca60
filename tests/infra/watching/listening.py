"""OpenTelemetry as the Functions worker sets it up, for a pipeline in this process whose time is not the machine's.

The exporters are Azure Monitor's own; what they send goes to an ingestion of ours, and from there into a workspace, as
of the time that the pipeline has.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from azure.monitor.opentelemetry.exporter import AzureMonitorLogExporter, AzureMonitorMetricExporter
from opentelemetry.instrumentation.logging.handler import LoggingHandler
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader

from shared.adapters.telemetry import METER, OpenTelemetry
from tests.infra.watching.ingestion import Ingestion, ingestion
from tests.infra.watching.workspace import Workspace

QUIET = dict.fromkeys(("STATSBEAT_DISABLED_ALL", "CONTROLPLANE_DISABLED", "SDKSTATS_DISABLED"), "true")
"""So that the exporters talk to nobody but the ingestion that they are given."""


@dataclass
class Listening:
    telemetry: OpenTelemetry
    workspace: Workspace
    _ingestion: Ingestion
    _providers: tuple[Any, ...]

    def flush(self, at: datetime) -> None:
        """What was told since the last time goes into the workspace."""
        for provider in self._providers:
            provider.force_flush()
        for table, row in self._ingestion.take(at):
            self.workspace.add(table, row)


@contextmanager
def listening() -> Iterator[Listening]:
    logger = logging.getLogger("shared")
    with pytest.MonkeyPatch.context() as patch, ingestion() as receiver:
        for name, value in QUIET.items():
            patch.setenv(f"APPLICATIONINSIGHTS_{name}", value)
        given: Any = {
            "connection_string": receiver.connection_string,
            "disable_offline_storage": True,
            "max_envelopes_per_second": 0,
        }
        reader = PeriodicExportingMetricReader(AzureMonitorMetricExporter(**given), export_interval_millis=float("inf"))
        meters, loggers = MeterProvider([reader]), LoggerProvider()
        loggers.add_log_record_processor(BatchLogRecordProcessor(AzureMonitorLogExporter(**given)))
        handler, level = LoggingHandler(logger_provider=loggers), logger.level
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
        try:
            yield Listening(OpenTelemetry(meters.get_meter(METER)), Workspace(), receiver, (meters, loggers))
        finally:
            logger.removeHandler(handler)
            logger.setLevel(level)
            meters.shutdown()
            loggers.shutdown()
