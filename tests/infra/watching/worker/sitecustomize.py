"""Loaded by PYTHONPATH into every process of the host: sets OpenTelemetry up as the Functions worker does.

As `initialize_azure_monitor` of azure_functions_runtime 1.3.0, and its root logger's level: before the app is imported.
"""

import logging
import os

from azure.monitor.opentelemetry import configure_azure_monitor

if os.environ["PYTHON_APPLICATIONINSIGHTS_ENABLE_TELEMETRY"] == "true":
    os.environ.setdefault("OTEL_EXPERIMENTAL_RESOURCE_DETECTORS", "azure_functions")
    name = os.environ.get("PYTHON_APPLICATIONINSIGHTS_LOGGER_NAME", "")
    configure_azure_monitor(
        connection_string=os.environ["APPLICATIONINSIGHTS_CONNECTION_STRING"],
        logger_name=name,
    )
    logging.getLogger(name).setLevel(logging.INFO)
