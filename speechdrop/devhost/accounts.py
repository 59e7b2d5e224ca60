"""Storage clients for the connections that triggers name: a connection string, or endpoints that an identity enters."""

from __future__ import annotations

from collections.abc import Mapping

from azure.identity import DefaultAzureCredential
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueServiceClient

from speechdrop.devhost.errors import StartError


def blob_service(connection: str, environ: Mapping[str, str]) -> BlobServiceClient:
    """Raises StartError: the connection names no blob endpoint."""
    if environ.get(connection):
        return BlobServiceClient.from_connection_string(environ[connection])
    return BlobServiceClient(_endpoint(connection, "blobServiceUri", environ), DefaultAzureCredential())


def queue_service(connection: str, environ: Mapping[str, str]) -> QueueServiceClient:
    """Raises StartError: the connection names no queue endpoint."""
    if environ.get(connection):
        return QueueServiceClient.from_connection_string(environ[connection])
    return QueueServiceClient(_endpoint(connection, "queueServiceUri", environ), DefaultAzureCredential())


def _endpoint(connection: str, member: str, environ: Mapping[str, str]) -> str:
    for key in (f"{connection}__{member}", f"{connection}__serviceUri"):
        if environ.get(key):
            return environ[key]
    raise StartError(f"The connection {connection} needs the setting {connection}__{member}; set it to an endpoint.")
