"""The functions of an app, read once from `get_functions()` and resolved: what the worker and the host do at start.

Refuses what the devhost cannot run, so that nothing is silently left out.
"""

from __future__ import annotations

import importlib.util
import inspect
import re
import sys
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import azure.functions as func

from speechdrop.devhost import names
from speechdrop.devhost.errors import StartError
from speechdrop.devhost.routes import Route
from speechdrop.devhost.schedule import Schedule


@dataclass(frozen=True, slots=True, kw_only=True)
class BlobTrigger:
    container: str
    pattern: re.Pattern[str]
    """What a blob's name must match as a whole."""
    connection: str
    as_client: bool
    """Whether the function is given a BlobClient; else an InputStream."""

    def __str__(self) -> str:
        return f"blob {self.container}"


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueTrigger:
    queue: str
    connection: str

    def __str__(self) -> str:
        return f"queue {self.queue}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerTrigger:
    schedule: Schedule
    run_on_startup: bool
    use_monitor: bool

    def __str__(self) -> str:
        return f"timer {self.schedule.expression}"


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpTrigger:
    route: Route
    methods: tuple[str, ...]
    """Empty: any."""
    level: str
    """anonymous, function or admin."""

    def __str__(self) -> str:
        return f"http {','.join(self.methods) or 'any'} {self.route.template}"


Trigger = BlobTrigger | QueueTrigger | TimerTrigger | HttpTrigger


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    name: str
    call: Callable[..., Any]
    parameter: str
    """The name under which it takes its trigger's value."""
    takes_context: bool
    trigger: Trigger | None
    """None: the function is switched off; its settings may be missing then."""


def load(path: Path) -> ModuleType:
    """Imports the app's file under its own name, with its directory importable. Raises StartError: there is none."""
    path = path.resolve()
    if not path.is_file():
        raise StartError(f"There is no {path}; name the app's file by --app.")
    if str(path.parent) not in sys.path:
        sys.path.insert(0, str(path.parent))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec
    assert spec.loader
    module = sys.modules[path.stem] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def index(module: ModuleType, environ: Mapping[str, str], *, route_prefix: str) -> tuple[Function, ...]:
    """The functions of the module's one FunctionApp. Raises StartError naming function and key."""
    apps = [value for value in vars(module).values() if isinstance(value, func.FunctionApp)]
    if len(apps) != 1:
        raise StartError(f"{module.__name__} must hold exactly one FunctionApp; it holds {len(apps)}.")
    try:
        found = apps[0].get_functions()
    except ValueError as error:
        raise StartError(f"{module.__name__}: {error}") from error
    return tuple(_function(item, environ, route_prefix) for item in found)


def _function(item: Any, environ: Mapping[str, str], route_prefix: str) -> Function:
    name, trigger, call = item.get_function_name(), item.get_trigger(), item.get_user_function()
    _refuse_unknown(name, item, call)
    read, reader = _READ[trigger.type], _Reader(name, trigger, environ)
    return Function(
        name=name,
        call=call,
        parameter=trigger.name,
        takes_context="context" in inspect.signature(call).parameters,
        trigger=None if names.is_disabled(name, environ) else read(reader, call, route_prefix),
    )


def _refuse_unknown(name: str, item: Any, call: Callable[..., Any]) -> None:
    if item.get_trigger().type not in _READ:
        raise StartError(f"Function {name}: the devhost knows no {item.get_trigger().type}.")
    for binding in item.get_bindings():
        if binding is not item.get_trigger() and binding.type != "http":
            raise StartError(f"Function {name}: the devhost has no {binding.type} binding; use the SDK's client.")
    if item.get_settings_dict("retry_policy"):
        raise StartError(f"Function {name}: the devhost has no retry policies.")
    if inspect.iscoroutinefunction(call):
        raise StartError(f"Function {name} is async; the devhost runs synchronous functions only.")


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads a trigger's members with their `%SETTING%` filled in."""

    function: str
    trigger: Any
    environ: Mapping[str, str]

    def text(self, member: str) -> str:
        return names.resolve(getattr(self.trigger, member), self.environ, function=self.function, place=member)

    def connection(self) -> str:
        name: str = self.trigger.connection or names.HOST_STORAGE
        if not names.has_connection(name, self.environ):
            raise StartError(f"Function {self.function}: the connection {name} is missing; set it.")
        return name


def _blob(reader: _Reader, call: Callable[..., Any], _: str) -> BlobTrigger:
    source = getattr(reader.trigger.source, "value", reader.trigger.source)
    if source != "EventGrid":
        raise StartError(f'Function {reader.function}: source is {source}; Flex Consumption runs "EventGrid" only.')
    container, _, name = reader.text("path").partition("/")
    return BlobTrigger(
        container=container,
        pattern=blob_pattern(name or "{name}"),
        connection=reader.connection(),
        as_client=_wants_client(call, reader.trigger.name),
    )


def blob_pattern(template: str) -> re.Pattern[str]:
    """A path pattern as a regular expression: `{name}` takes one or more characters, slashes too; `{{` is a brace.

    https://learn.microsoft.com/azure/azure-functions/functions-bindings-storage-blob-trigger#blob-name-patterns
    """
    parts = re.split(r"(\{\{|\}\}|\{\w+\})", template)
    braces = {"{{": r"\{", "}}": r"\}"}
    return re.compile(
        "".join(braces.get(part, ".+" if re.fullmatch(r"\{\w+\}", part) else re.escape(part)) for part in parts),
        re.DOTALL,
    )


def _wants_client(call: Callable[..., Any], parameter: str) -> bool:
    from azurefunctions.extensions.bindings.blob import BlobClient

    annotation = typing.get_type_hints(call).get(parameter)
    return isinstance(annotation, type) and issubclass(annotation, BlobClient)


def _queue(reader: _Reader, _: Callable[..., Any], __: str) -> QueueTrigger:
    return QueueTrigger(queue=reader.text("queue_name"), connection=reader.connection())


def _timer(reader: _Reader, _: Callable[..., Any], __: str) -> TimerTrigger:
    try:
        schedule = Schedule.parse(reader.text("schedule"))
    except ValueError as error:
        raise StartError(f"Function {reader.function}: {error}") from error
    return TimerTrigger(
        schedule=schedule,
        run_on_startup=bool(reader.trigger.run_on_startup),
        use_monitor=reader.trigger.use_monitor is not False,
    )


def _http(reader: _Reader, _: Callable[..., Any], route_prefix: str) -> HttpTrigger:
    template = names.resolve(
        reader.trigger.route or reader.function, reader.environ, function=reader.function, place="route"
    )
    try:
        route = Route.parse("/".join(part for part in (route_prefix, template.strip("/")) if part))
    except ValueError as error:
        raise StartError(f"Function {reader.function}: {error}") from error
    level = reader.trigger.auth_level
    return HttpTrigger(
        route=route,
        methods=tuple(getattr(method, "value", method).upper() for method in reader.trigger.methods or ()),
        level=getattr(level, "value", level or "function").lower(),
    )


_READ: dict[str, Callable[[_Reader, Callable[..., Any], str], Trigger]] = {
    "blobTrigger": _blob,
    "queueTrigger": _queue,
    "timerTrigger": _timer,
    "httpTrigger": _http,
}
