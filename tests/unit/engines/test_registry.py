"""Engines by name."""

from __future__ import annotations

import subprocess
import sys

import pytest

from shared.engines import engine
from shared.errors import SettingsError


def test_an_engine_is_loaded_once() -> None:
    assert engine("silence") is engine("silence")


def test_an_unknown_engine_is_an_error_that_names_the_known() -> None:
    with pytest.raises(SettingsError, match="no speech engine 'siren'; there are hibari, kokoro, espeak, silence"):
        engine("siren")


def test_asking_for_formats_and_silence_loads_no_heavy_library() -> None:
    program = (
        "import sys, shared.audio, shared.engines, shared.ssml\n"
        "assert shared.audio.ENCODABLE and shared.engines.engine('silence')\n"
        "print(sorted({'numpy', 'onnxruntime', 'hibari', 'lameenc', 'soxr', 'av'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
