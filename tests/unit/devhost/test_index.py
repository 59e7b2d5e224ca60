"""What of an app is found, and what is refused."""

import re
from types import ModuleType
from typing import Any

import azure.functions as func
import azurefunctions.extensions.bindings.blob as blob
import pytest

from speechdrop.devhost.errors import StartError
from speechdrop.devhost.index import BlobTrigger, Function, HttpTrigger, QueueTrigger, TimerTrigger, blob_pattern, index

EVENT_GRID = func.BlobSource.EVENT_GRID
ENVIRON = {
    "AzureWebJobsStorage": "AccountName=a",
    "CONTENT__blobServiceUri": "https://a",
    "INBOX": "in",
    "EACH": "0 * * * * *",
}


def found(app: func.FunctionApp, environ: dict[str, str] = ENVIRON) -> dict[str, Function]:
    module = ModuleType("made")
    module.__dict__["app"] = app
    return {function.name: function for function in index(module, environ, route_prefix="api")}


def test_every_kind_is_resolved() -> None:
    app = func.FunctionApp()

    @app.blob_trigger("document", path="%INBOX%/{name}", connection="CONTENT", source=EVENT_GRID)
    def intake(document: blob.BlobClient) -> None: ...

    @app.queue_trigger("message", queue_name="work", connection="AzureWebJobsStorage")
    def work(message: func.QueueMessage, context: func.Context) -> None: ...

    @app.timer_trigger("timer", schedule="%EACH%", run_on_startup=True)
    def poll(timer: func.TimerRequest) -> None: ...

    @app.route("a/{id}", methods=["PUT"], auth_level=func.AuthLevel.ANONYMOUS)
    def put(req: func.HttpRequest) -> None: ...

    functions = found(app)
    document, message, timer, request = (functions[name].trigger for name in ("intake", "work", "poll", "put"))
    assert isinstance(document, BlobTrigger)
    assert (document.container, document.connection, document.as_client) == ("in", "CONTENT", True)
    assert message == QueueTrigger(queue="work", connection="AzureWebJobsStorage")
    assert isinstance(timer, TimerTrigger)
    assert (timer.schedule.expression, timer.run_on_startup, timer.use_monitor) == ("0 * * * * *", True, True)
    assert isinstance(request, HttpTrigger)
    assert (request.route.template, request.methods, request.level) == ("api/a/{id}", ("PUT",), "anonymous")
    assert [functions[name].takes_context for name in ("intake", "work")] == [False, True]
    assert functions["intake"].parameter == "document"


def test_a_route_is_the_functions_name_by_default_and_asks_for_the_function_key() -> None:
    app = func.FunctionApp()

    @app.route()
    def hello(req: func.HttpRequest) -> None: ...

    trigger = found(app)["hello"].trigger
    assert isinstance(trigger, HttpTrigger)
    assert (trigger.route.rules, trigger.methods, trigger.level) == (("/api/hello",), (), "function")


def test_a_function_switched_off_needs_no_settings() -> None:
    app = func.FunctionApp()

    @app.timer_trigger("timer", schedule="%MISSING%")
    def poll(timer: func.TimerRequest) -> None: ...

    assert found(app, {"AzureWebJobs.poll.Disabled": "true"})["poll"].trigger is None


def scanning(app: func.FunctionApp) -> None:
    @app.blob_trigger("item", path="c/{name}", connection="AzureWebJobsStorage")
    def one(item: Any) -> None: ...


def other_trigger(app: func.FunctionApp) -> None:
    @app.event_grid_trigger("event")
    def one(event: Any) -> None: ...


def output(app: func.FunctionApp) -> None:
    @app.timer_trigger("timer", schedule="0 * * * * *")
    @app.queue_output("out", queue_name="q", connection="AzureWebJobsStorage")
    def one(timer: Any, out: Any) -> None: ...


def retried(app: func.FunctionApp) -> None:
    @app.timer_trigger("timer", schedule="0 * * * * *")
    @app.retry(strategy="fixed_delay", max_retry_count="3", delay_interval="00:00:01")
    def one(timer: Any) -> None: ...


def asynchronous(app: func.FunctionApp) -> None:
    @app.timer_trigger("timer", schedule="0 * * * * *")
    async def one(timer: Any) -> None: ...


def constrained(app: func.FunctionApp) -> None:
    @app.route("a/{id:int}")
    def one(req: Any) -> None: ...


def unconnected(app: func.FunctionApp) -> None:
    @app.queue_trigger("message", queue_name="q", connection="NOWHERE")
    def one(message: Any) -> None: ...


@pytest.mark.parametrize(
    ("declare", "message"),
    [
        (scanning, 'source is None; Flex Consumption runs "EventGrid" only'),
        (other_trigger, "knows no eventGridTrigger"),
        (output, "has no queue binding; use the SDK's client"),
        (retried, "has no retry policies"),
        (asynchronous, "is async"),
        (constrained, "route is 'api/a/{id:int}'"),
        (unconnected, "the connection NOWHERE is missing"),
    ],
)
def test_what_cannot_run_is_refused_by_name(declare: Any, message: str) -> None:
    app = func.FunctionApp()
    declare(app)
    with pytest.raises(StartError, match="Function one.*" + re.escape(message)):
        found(app)


def test_two_functions_of_one_name_are_refused() -> None:
    app = func.FunctionApp()
    for _ in range(2):
        app.function_name("same")(app.timer_trigger("timer", schedule="0 * * * * *")(lambda timer: None))
    with pytest.raises(StartError, match="same"):
        found(app)


def test_an_app_must_be_there_once() -> None:
    with pytest.raises(StartError, match="exactly one FunctionApp; it holds 0"):
        index(ModuleType("empty"), {}, route_prefix="")


@pytest.mark.parametrize(
    ("template", "name", "fits"),
    [
        ("{name}", "a/b c.txt", True),
        ("{name}", "line\nbreak", True),
        ("in/{name}.txt", "in/a/b.txt", True),
        ("in/{name}.txt", "in/.txt", False),
        ("in/{name}.txt", "other/a.txt", False),
        ("{a}-{b}", "x-y-z", True),
        ("{{{name}}}", "{x}", True),
        ("{{{name}}}", "x", False),
        ("a.b", "axb", False),
    ],
)
def test_blob_patterns(template: str, name: str, fits: bool) -> None:
    assert bool(blob_pattern(template).fullmatch(name)) is fits
