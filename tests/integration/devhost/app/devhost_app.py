"""An app with every trigger kind, which writes down what it was called with. RECORD names the file."""

import json
import os
import time
from typing import Any

import azure.functions as func
import azurefunctions.extensions.bindings.blob as blob

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)


def record(function: str, **facts: Any) -> None:
    line = json.dumps({"function": function, "pid": os.getpid(), "at": time.time(), **facts}) + "\n"
    with open(os.environ["RECORD"], "a", encoding="utf-8") as file:
        file.write(line)


@app.blob_trigger("client", path="%INBOX%/docs/{name}.txt", connection="CONTENT", source=func.BlobSource.EVENT_GRID)
def on_blob(client: blob.BlobClient) -> None:
    record("on_blob", name=client.blob_name, text=client.download_blob().readall().decode())
    if "bad" in client.blob_name:
        raise ValueError("a bad blob")


@app.blob_trigger("stream", path="%INBOX%/streams/{name}", connection="CONTENT", source=func.BlobSource.EVENT_GRID)
def on_stream(stream: func.InputStream) -> None:
    record("on_stream", name=stream.name, length=stream.length, text=stream.read().decode())


@app.queue_trigger("message", queue_name="%JOBS%", connection="AzureWebJobsStorage")
def on_message(message: func.QueueMessage) -> None:
    order = json.loads(message.get_body())
    record("on_message", key=order["key"], count=message.dequeue_count)
    time.sleep(order.get("sleep", 0))
    if order.get("fail"):
        raise ValueError("told to fail")
    record("done", key=order["key"])


@app.queue_trigger("message", queue_name="%JOBS%-last-poison", connection="AzureWebJobsStorage")
def on_poison(message: func.QueueMessage) -> None:
    record("on_poison", count=message.dequeue_count)
    raise ValueError("always fails")


@app.timer_trigger("timer", schedule="%OFTEN%")
def often(timer: func.TimerRequest) -> None:
    record("often", begins=True)
    time.sleep(1.2)
    record("often", begins=False)


@app.timer_trigger("timer", schedule="0 0 0 1 1 *")
def yearly(timer: func.TimerRequest) -> None:
    record("yearly", past_due=timer.past_due)


@app.route("echo/{id}", methods=["PUT", "GET"])
def echo(req: func.HttpRequest) -> func.HttpResponse:
    facts = {"method": req.method, "params": dict(req.params), "route": dict(req.route_params), "url": req.url}
    headers = {"X-Facts": json.dumps(facts), "X-Asked": req.headers.get("x-ask", "")}
    return func.HttpResponse(req.get_body(), status_code=201, headers=headers, mimetype="application/octet-stream")


@app.route("nothing")
def nothing(req: func.HttpRequest) -> None:
    return None


@app.route("broken")
def broken(req: func.HttpRequest) -> func.HttpResponse:
    raise RuntimeError("words that callers must not see")


@app.route("slow")
def slow(req: func.HttpRequest) -> str:
    record("slow")
    time.sleep(1)
    return "done"


@app.route("locked", auth_level=func.AuthLevel.FUNCTION)
def locked(req: func.HttpRequest) -> str:
    return "open"


@app.route("guarded", auth_level=func.AuthLevel.ADMIN)
def guarded(req: func.HttpRequest) -> str:
    return "open"
