"""What every part of a child process needs of its host."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from speechdrop.devhost.hostjson import HostConfig
from speechdrop.devhost.index import Function
from speechdrop.devhost.invoke import Invoker
from speechdrop.devhost.options import Options
from speechdrop.devhost.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    options: Options
    environ: Mapping[str, str] = field(repr=False)
    config: HostConfig
    functions: tuple[Function, ...]
    store: Store
    invoker: Invoker
