"""The HTTP side: HTTP triggers, the blob webhook that Event Grid posts to, and the admin paths.

Rules: https://learn.microsoft.com/azure/azure-functions/functions-bindings-http-webhook-trigger; keys are enforced as
on Azure. A method that no function of the route takes is a 404, as on the host.
"""

from __future__ import annotations

import json
import logging
import socket
import threading
from collections.abc import Callable, Iterable
from http import HTTPStatus
from secrets import compare_digest
from typing import Any

import azure.functions as func
import waitress
from azure.functions.http import HttpResponseConverter
from werkzeug import Request, Response
from werkzeug.exceptions import HTTPException, NotFound, Unauthorized
from werkzeug.routing import Map, Rule
from werkzeug.urls import iri_to_uri

from speechdrop.devhost.index import BlobTrigger, Function, HttpTrigger, TimerTrigger
from speechdrop.devhost.invoke import FunctionFailed, Invoker
from speechdrop.devhost.keys import Keys
from speechdrop.devhost.store import Store
from speechdrop.devhost.timers import request as timer_request
from speechdrop.devhost.webhook import events_of, validation_code

log = logging.getLogger("devhost")

BODY_LIMIT = 110 * 1024 * 1024
"""Bytes; Azure's own limit is 100 MB (FUNCTIONS_REQUEST_BODY_SIZE_LIMIT)."""
_THREADS = 32
_CONNECTIONS = 2000

Handler = Callable[[Request, dict[str, str]], Response]


class WebSite:
    """The WSGI application."""

    def __init__(self, functions: Iterable[Function], *, invoker: Invoker, keys: Keys, store: Store) -> None:
        self._functions = {function.name: function for function in functions}
        self._invoker, self._keys, self._store = invoker, keys, store
        rules = [
            Rule("/admin/host/ping", methods=["GET", "POST"], endpoint=_ping),
            Rule("/admin/functions/<name>", methods=["POST"], endpoint=self._run_timer),
            Rule("/runtime/webhooks/blobs", methods=["POST"], endpoint=self._blob_webhook),
        ]
        for function in self._functions.values():
            if isinstance(function.trigger, HttpTrigger):
                rules += self._rules(function, function.trigger)
        self._map = Map(rules, merge_slashes=False, strict_slashes=False)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        request = Request(environ)
        try:
            path = "/" + request.path.strip("/")  # a slash at the end makes no difference to ASP.NET
            endpoint, arguments = self._map.bind_to_environ(environ).match(path)
            response = endpoint(request, arguments)
        except HTTPException as error:
            code = HTTPStatus.NOT_FOUND if error.code == HTTPStatus.METHOD_NOT_ALLOWED else error.code
            response = Response(status=code)
        body: Iterable[bytes] = response(environ, start_response)
        return body

    def _rules(self, function: Function, trigger: HttpTrigger) -> list[Rule]:
        methods = trigger.methods or None  # none named: every method, even one that nobody has heard of

        def handle(request: Request, arguments: dict[str, str]) -> Response:
            if methods and request.method not in methods:  # werkzeug lets HEAD pass where GET may
                raise NotFound
            self._check_level(request, trigger.level)
            return self._call(function, request, arguments)

        return [Rule(rule, methods=methods, endpoint=handle) for rule in trigger.route.rules]

    def _check_level(self, request: Request, level: str) -> None:
        """Raises Unauthorized."""
        allowed = {"anonymous": None, "function": (self._keys.function, self._keys.master)}.get(
            level, (self._keys.master,)
        )
        if allowed is not None and not _shows(request, allowed):
            raise Unauthorized

    def _call(self, function: Function, request: Request, arguments: dict[str, str]) -> Response:
        value = func.HttpRequest(
            method=request.method,
            url=iri_to_uri(request.url),
            headers=dict(request.headers),
            params=request.args.to_dict(),
            route_params=arguments,
            body=request.get_data(),
        )
        try:
            return response_of(self._invoker.call(function, value))
        except FunctionFailed as error:
            log.error("function=%s %s %s failed: %s", function.name, request.method, request.path, error)
        except TypeError as error:
            log.error("function=%s returned what HTTP cannot carry: %s", function.name, error)
        return Response(status=HTTPStatus.INTERNAL_SERVER_ERROR)

    def _run_timer(self, request: Request, arguments: dict[str, str]) -> Response:
        """A run by hand: at once, besides the schedule (`FunctionsController.cs` of the host)."""
        self._check_level(request, "admin")
        function = self._functions.get(arguments["name"])
        if function is None:
            raise NotFound
        if not isinstance(function.trigger, TimerTrigger):
            return Response("The devhost runs timer functions by hand only.", status=HTTPStatus.BAD_REQUEST)
        threading.Thread(target=self._run_by_hand, args=(function,)).start()
        return Response(status=HTTPStatus.ACCEPTED)

    def _run_by_hand(self, function: Function) -> None:
        try:
            self._invoker.call(function, timer_request(past_due=False, status=None))
        except FunctionFailed as error:
            log.error("function=%s by hand failed: %s", function.name, error)

    def _blob_webhook(self, request: Request, _: dict[str, str]) -> Response:
        if not _shows(request, (self._keys.blobs_extension, self._keys.master)):
            raise Unauthorized
        function = self._functions.get(request.args.get("functionName", "").removeprefix("Host.Functions."))
        if function is None or not isinstance(function.trigger, BlobTrigger):
            raise NotFound
        try:
            events = json.loads(request.get_data())
            if code := validation_code(events):
                return Response(json.dumps({"validationResponse": code}), content_type="application/json")
            self._store.add(events_of(events, function.name, function.trigger))
        except (ValueError, KeyError, TypeError) as error:
            return Response(f"Not an array of Event Grid events: {error!r}", status=HTTPStatus.BAD_REQUEST)
        return Response(status=HTTPStatus.ACCEPTED)


def response_of(value: Any) -> Response:
    """What a function returned, as the worker encodes it. Raises TypeError: it is no HTTP response."""
    if value is None:
        return Response(status=HTTPStatus.NO_CONTENT)
    if isinstance(value, str):
        return Response(value, content_type="text/plain; charset=utf-8")
    if not isinstance(value, func.HttpResponse):
        raise TypeError(f"a {type(value).__name__}; return an HttpResponse")
    cookies = value.headers.getlist("Set-Cookie")
    encoded = HttpResponseConverter.encode(value, expected_type=None).value
    headers = [(name, datum.value) for name, datum in encoded["headers"].items()]
    headers += [("Set-Cookie", cookie) for cookie in cookies]
    return Response(encoded["body"].value, status=int(encoded["status_code"].value), headers=headers)


def serve(site: WebSite, listening: socket.socket) -> None:
    """Answers requests until the process ends."""
    waitress.serve(
        site,
        sockets=[listening],
        threads=_THREADS,
        connection_limit=_CONNECTIONS,
        asyncore_use_poll=True,  # select() knows no file descriptor above 1,023
        max_request_body_size=BODY_LIMIT,
        ident=None,
        clear_untrusted_proxy_headers=True,
    )


def _ping(request: Request, _: dict[str, str]) -> Response:
    return Response(status=HTTPStatus.OK)


def _shows(request: Request, keys: Iterable[str]) -> bool:
    shown = request.headers.get("x-functions-key") or request.args.get("code") or ""
    return any(compare_digest(shown.encode(), key.encode()) for key in keys)
