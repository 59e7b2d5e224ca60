"""Every function of the app, as triggers only: each maps the host's values and calls a flow.

Importing this needs no setting and loads no speech engine; a part that is off is `AzureWebJobs.<name>.Disabled`.
"""

from __future__ import annotations

import azure.functions as func
import azurefunctions.extensions.bindings.blob as blob

from shared import wiring
from shared.batchapi.versions import GA, PREVIEW, ApiVersion
from shared.pipeline.collector import sweep_and_tidy
from shared.pipeline.handed import nudged
from shared.pipeline.intake import intake
from shared.pipeline.poll import poll
from shared.service import tend as tending
from shared.service import tidy
from shared.service.http import Request, Resource, handle
from shared.service.openapi import document
from shared.service.speak import speak

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)

# The pipeline: a client of a Batch Synthesis endpoint.


@app.function_name("pipeline_intake")
@app.blob_trigger(
    "source", path="%INBOX_CONTAINER%/{name}", connection="CONTENT_STORAGE", source=func.BlobSource.EVENT_GRID
)
def pipeline_intake(source: blob.BlobClient) -> None:
    intake(wiring.pipeline(), source.blob_name)


@app.function_name("pipeline_poll")
@app.timer_trigger("timer", schedule="%POLL_SCHEDULE%")
def pipeline_poll(timer: func.TimerRequest) -> None:
    poll(wiring.pipeline())


@app.function_name("pipeline_tick")
@app.route("pipeline/tick", methods=["POST"], auth_level=func.AuthLevel.FUNCTION)
def pipeline_tick(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(poll(wiring.pipeline()).to_json(), mimetype="application/json")


@app.function_name("pipeline_finish")
@app.queue_trigger("message", queue_name=wiring.FINISH_QUEUE, connection="AzureWebJobsStorage")
def pipeline_finish(message: func.QueueMessage) -> None:
    nudged(wiring.pipeline(), message.get_body().decode())


@app.function_name("pipeline_sweep")
@app.timer_trigger("timer", schedule="%SWEEP_SCHEDULE%")
def pipeline_sweep(timer: func.TimerRequest) -> None:
    sweep_and_tidy(wiring.pipeline())


# The service: the Batch Synthesis API. Anonymous to the host; our code checks the caller's key or token. Every route
# takes every method: what the API does not have is refused in its own words.


def answer(version: ApiVersion, req: func.HttpRequest, resource: Resource = Resource.SYNTHESES) -> func.HttpResponse:
    headers = {name.lower(): value for name, value in req.headers.items()}
    request = Request(
        method=req.method,
        url=req.url,
        resource=resource,
        id=req.route_params.get("id"),
        query=req.params,
        headers=headers,
        body=req.get_body(),
    )
    response = handle(wiring.service(), version, request)
    return func.HttpResponse(response.body, status_code=response.status, headers=dict(response.headers))


@app.function_name("service_synthesis")
@app.route(f"{GA.path}/{{id}}")
def service_synthesis(req: func.HttpRequest) -> func.HttpResponse:
    return answer(GA, req)


@app.function_name("service_syntheses")
@app.route(GA.path)
def service_syntheses(req: func.HttpRequest) -> func.HttpResponse:
    return answer(GA, req)


@app.function_name("service_preview_synthesis")
@app.route(f"{PREVIEW.path}/{{id}}")
def service_preview_synthesis(req: func.HttpRequest) -> func.HttpResponse:
    return answer(PREVIEW, req)


@app.function_name("service_preview_syntheses")
@app.route(PREVIEW.path)
def service_preview_syntheses(req: func.HttpRequest) -> func.HttpResponse:
    return answer(PREVIEW, req)


@app.function_name("service_operation")
@app.route(f"{GA.operations_path}/{{id}}")
def service_operation(req: func.HttpRequest) -> func.HttpResponse:
    return answer(GA, req, Resource.OPERATIONS)


@app.function_name("service_voices")
@app.route("cognitiveservices/voices/list")
def service_voices(req: func.HttpRequest) -> func.HttpResponse:
    return answer(GA, req, Resource.VOICES)


@app.function_name("service_nothing")
@app.route("texttospeech/{*path}")
def service_nothing(req: func.HttpRequest) -> func.HttpResponse:
    return answer(GA, req, Resource.NOTHING)


@app.function_name("service_preview_nothing")
@app.route("api/texttospeech/{*path}")
def service_preview_nothing(req: func.HttpRequest) -> func.HttpResponse:
    return answer(PREVIEW, req, Resource.NOTHING)


@app.function_name("service_openapi")
@app.route("openapi.json", methods=["GET"])
def service_openapi(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(document(), mimetype="application/json")


@app.function_name("service_speak")
@app.queue_trigger("message", queue_name=wiring.SPEAK_QUEUE, connection="AzureWebJobsStorage")
def service_speak(message: func.QueueMessage) -> None:
    speak(wiring.service(), message.get_body().decode())


@app.function_name("service_tend")
@app.timer_trigger("timer", schedule="%TEND_SCHEDULE%")
def service_tend(timer: func.TimerRequest) -> None:
    tending.tend(wiring.service())


@app.function_name("service_purge")
@app.timer_trigger("timer", schedule="%PURGE_SCHEDULE%")
def service_purge(timer: func.TimerRequest) -> None:
    tidy.purge(wiring.service())
