"""Calling a function: what its first run leaves is no garbage to be looked through, what later ones leave is."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from types import SimpleNamespace
from typing import cast

import pytest

from speechdrop.devhost.index import Function
from speechdrop.devhost.invoke import FunctionFailed, Invoker


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    gc.unfreeze()
    yield
    gc.unfreeze()


def fails(value: object) -> None:
    raise ValueError("no")


@pytest.mark.parametrize("call", [lambda value: value, fails], ids=["comes back", "fails"])
def test_what_a_first_run_imported_is_left_out_of_collecting(call: object) -> None:
    function = cast("Function", SimpleNamespace(name="f", call=call, parameter="value", takes_context=False))
    invoker = Invoker(timeout_seconds=None)
    for frozen in (True, False):
        gc.unfreeze()
        try:
            invoker.call(function, 1)
        except FunctionFailed:
            assert call is fails
        assert (gc.get_freeze_count() > 0) is frozen
