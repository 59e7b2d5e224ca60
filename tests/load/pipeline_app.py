"""The app of a pipeline's load test: function_app.py, its pipeline's requests counted."""

from __future__ import annotations

import os
from pathlib import Path

from function_app import app as app
from tests.load.pipeline_counting import count_into

count_into(Path(os.environ["LOAD_COUNTS"]))
