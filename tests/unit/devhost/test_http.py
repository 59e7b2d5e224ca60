"""Routes, and what functions return, as HTTP."""

import azure.functions as func
import pytest
from werkzeug.exceptions import NotFound
from werkzeug.routing import Map, Rule

from speechdrop.devhost.routes import Route
from speechdrop.devhost.web import response_of


@pytest.mark.parametrize(
    ("template", "path", "arguments"),
    [
        ("texttospeech/batchsyntheses/{id}", "/texttospeech/batchsyntheses/a.b-c_d", {"id": "a.b-c_d"}),
        ("texttospeech/batchsyntheses/{id}", "/texttospeech/batchsyntheses/a/b", None),
        ("texttospeech/batchsyntheses/{id}", "/texttospeech/batchsyntheses", None),
        ("a/{id?}", "/a/b", {"id": "b"}),
        ("a/{id?}", "/a", {}),
        ("files/{*rest}", "/files/a/b/c", {"rest": "a/b/c"}),
        ("files/{*rest}", "/files", {}),
        ("{x}/{y?}", "/1", {"x": "1"}),
        ("{*rest}", "/", {}),
    ],
)
def test_routes(template: str, path: str, arguments: dict[str, str] | None) -> None:
    rules = Map([Rule(rule, endpoint="it") for rule in Route.parse(template).rules], merge_slashes=False)
    try:
        found = rules.bind("localhost").match(path)[1]
    except NotFound:
        found = None
    assert found == arguments


@pytest.mark.parametrize("template", ["a/{id:int}", "a/{id=5}", "a/{}", "a/{b"])
def test_unknown_notation_is_refused(template: str) -> None:
    with pytest.raises(ValueError, match="the devhost knows"):
        Route.parse(template)


def test_what_functions_return() -> None:
    assert response_of(None).status_code == 204
    text = response_of("grüß")
    assert (text.status_code, text.data.decode(), text.content_type) == (200, "grüß", "text/plain; charset=utf-8")
    headers = {"X-A": "1", "Location": "/x"}
    whole = response_of(func.HttpResponse(b"\xff", status_code=202, headers=headers, mimetype="audio/wav"))
    assert (whole.status_code, whole.data, whole.content_type) == (202, b"\xff", "audio/wav")
    assert (whole.headers["x-a"], whole.headers["Location"]) == ("1", "/x")
    with pytest.raises(TypeError, match="a dict; return an HttpResponse"):
        response_of({"a": 1})


def test_every_cookie_is_kept() -> None:
    response = func.HttpResponse("")
    response.headers.add("Set-Cookie", "a=1; Path=/")
    response.headers.add("Set-Cookie", "b=2")
    assert response_of(response).headers.getlist("Set-Cookie") == ["a=1; Path=/", "b=2"]
