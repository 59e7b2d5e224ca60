"""The devhost's log: standard error, one line per failure, each with time, level and process."""

from __future__ import annotations

import logging
import time


def configure(role: str, *, verbose: bool) -> None:
    """Warnings and errors only; with `verbose` also what functions log, and tracebacks."""
    formatter = logging.Formatter(
        f"%(asctime)s.%(msecs)03dZ %(levelname)s {role} %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%S"
    )
    formatter.converter = time.gmtime
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    logging.basicConfig(level=logging.INFO if verbose else logging.WARNING, handlers=[handler], force=True)
    for chatty in ("azure", "waitress"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # tells of each request that waits for a thread
    logging.getLogger("urllib3").setLevel(logging.ERROR)  # tells of each connection above ten that it closes again
