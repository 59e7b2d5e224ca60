"""Loads a speech network so that it tells the duration of each of its phonemes besides the sound.

The published models compute durations but do not give them out. A protobuf message grows by appending: bytes of a
graph with one more output, put after the model's own, are merged into it, so no ONNX library is needed.
"""

from __future__ import annotations

import os
from typing import Any


def session(model: bytes, durations: str) -> Any:
    """An inference session on one thread that has the value named `durations` as its last output.

    It keeps its memory for the next run (the library's arena): without, hibari took 5 % more time, and in a thread that
    is not the main one glibc kept 1.9 GB of what Kokoro had given back.
    """
    # ONNX Runtime reports to Microsoft by default, on Linux since 1.32, unless this is set before it is first imported
    # (its Privacy.md).
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(_with_output(model, durations), options, providers=["CPUExecutionProvider"])


def _with_output(model: bytes, name: str) -> bytes:
    """onnx.proto: ModelProto.graph is field 7, GraphProto.output 12, ValueInfoProto.name 1."""
    return model + _field(7, _field(12, _field(1, name.encode())))


def _field(number: int, content: bytes) -> bytes:
    """Of wire type 2, `content` shorter than 128 bytes."""
    assert len(content) < 128
    return bytes((number << 3 | 2, len(content))) + content
