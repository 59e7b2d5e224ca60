"""A sink behaves as a file does, for whoever changes only what it still holds."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.audio.sink import FRONT_BYTES, FrontedSink

STEP = st.one_of(
    st.tuples(st.just("write"), st.integers(1, 3 * FRONT_BYTES // 2)),
    st.tuples(st.just("back"), st.integers(0, 2 * FRONT_BYTES)),
    st.tuples(st.just("front"), st.integers(0, FRONT_BYTES - 1)),
    st.tuples(st.just("take"), st.just(0)),
)


@given(st.lists(STEP, max_size=12))
def test_what_is_taken_with_the_front_is_what_a_file_would_hold(steps: list[tuple[str, int]]) -> None:
    file, sink = io.BytesIO(), FrontedSink()
    taken = b""
    for number, (step, size) in enumerate(steps, 1):
        end = len(file.getbuffer())
        if step == "write":
            data = bytes([number]) * size
            for target in (file, sink):
                target.seek(0, io.SEEK_END)
                target.write(data)
        elif step == "take":
            taken += sink.take()
        else:
            held = max(end - len(taken) - FRONT_BYTES, 0)
            at, length = (end - min(size, held), min(size, held)) if step == "back" else (size, FRONT_BYTES - size)
            length = min(length, end - at)
            if length > 0:
                for target in (file, sink):
                    assert target.seek(at) == target.tell() == at
                    target.write(bytes([100 + number]) * length)
    assert sink.front + taken + sink.take() == file.getvalue()


def test_what_has_been_taken_cannot_be_changed() -> None:
    sink = FrontedSink()
    sink.write(bytes(FRONT_BYTES + 10))
    sink.take()
    sink.seek(FRONT_BYTES + 5)
    with pytest.raises(io.UnsupportedOperation, match="taken"):
        sink.write(b"x")
