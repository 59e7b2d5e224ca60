"""Cases of bodies and documents that mean harm, or are careless."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from shared.batchapi.versions import ApiVersion
from tests.contract.service.api import BOTH, JENNY, Api, body_of, speak, ssml, texts
from tests.contract.service.cases import Case, accepted, both, check_refusal, sent


def all_fail(*contents: str) -> Any:
    """Each alone fails its synthesis, with a reason; the service goes on."""

    def play(api: Api) -> None:
        shown = api.spoken(**ssml(api.version, *contents))
        assert shown["status"] == "Failed"
        assert shown["properties"]["failedAudioCount"] == len(contents)
        error = shown["properties"]["error"]
        assert set(error) == {"code", "message"}
        assert error["code"]
        assert "root:" not in error["message"]
        assert api.ask("GET").status == 200

    return play


SPEAK = "<speak version='1.0' xml:lang='en-US' xmlns='http://www.w3.org/2001/10/synthesis'>"
BOMB = (
    '<!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {new} "{f"&{old};" * 10}">' for old, new in zip("abcdefgh", "bcdefghi", strict=True))
    + "]>"
)
HOSTILE: Mapping[str, str] = {
    "entity-bomb": f"{BOMB}{SPEAK}<voice name='en-US-JennyNeural'>&i;</voice></speak>",
    "external-entity": f"<!DOCTYPE s [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>{speak('&x;')}",
    "external-url": f"<!DOCTYPE s [<!ENTITY x SYSTEM 'http://127.0.0.1:1/x'>]>{speak('&x;')}",
    "parameter-entity": f"<!DOCTYPE s [<!ENTITY % x SYSTEM 'http://127.0.0.1:1/x'> %x;]>{speak('x')}",
    "doctype": f"<!DOCTYPE speak SYSTEM 'http://127.0.0.1:1/x.dtd'>{speak('x')}",
    "deep": speak("<p>" * 20_000 + "x" + "</p>" * 20_000),
    "unclosed": SPEAK,
    "not-xml": "just words",
    "two-roots": speak("one") + speak("two"),
    "null-reference": speak("&#0;"),
    "control-reference": speak("&#x1;"),
    "null": speak("a\0b"),
    "undefined-entity": speak("&nbsp;"),
    "unquoted": "<speak version=1.0>x</speak>",
    "other-root": "<html><body>x</body></html>",
    "unknown-voice": speak("x", voice="xx-XX-NobodyNeural"),
    "unescaped": speak("a < b & c"),
    "hours-of-silence": speak("<break time='20s'/>" * 2000),
}


def many_tags(api: Api) -> None:
    """As much markup as a body holds: it ends one way or the other, in time, and the service still answers."""
    room = api.version.max_body_bytes - 2000
    shown = api.spoken(**ssml(api.version, speak("<s/>" * (room // 4))))
    assert shown["status"] == "Succeeded", "a moment of silence"
    assert api.ask("GET").status == 200


ELSEWHERE = (
    "http://127.0.0.1:{port}/x",
    "https://127.0.0.1:{port}/x",
    "https://localhost:{port}/x",
    "https://[::1]:{port}/x",
    "https://sounds.example:{port}/x",
    "https://sounds.example@127.0.0.1:{port}/x",
    "https://2130706433:{port}/x",
    "https://169.254.169.254/metadata/identity/oauth2/token",
    "file:///etc/passwd",
)
"""URLs of a port of this machine, of a cloud's metadata, and of its files, on a host that may fetch from another."""
BY: Mapping[str, str] = {
    "audio": "<speak {names}><voice name='{voice}'>a<audio src='{url}'>b</audio></voice></speak>",
    "lexicon": "<speak {names}><voice name='{voice}'><lexicon uri='{url}'/>a</voice></speak>",
    "background": "<speak {names}><mstts:backgroundaudio src='{url}'/><voice name='{voice}'>a</voice></speak>",
}
NAMES = "version='1.0' xml:lang='en-US' xmlns:mstts='http://www.w3.org/2001/mstts'"


def asks_nobody(form: str) -> Any:
    """What an SSML document names is asked of nobody but the hosts that are allowed; all ends, and is answered."""

    def play(api: Api) -> None:
        with socket.create_server(("127.0.0.1", 0)) as canary:
            canary.settimeout(0)
            port = canary.getsockname()[1]
            urls = [url.format(port=port) for url in ELSEWHERE]
            documents = [form.format(names=NAMES, voice=JENNY, url=url) for url in urls]
            shown = api.spoken(**ssml(api.version, *documents))
            assert shown["status"] in ("Succeeded", "Failed")  # some are no URL of a recording at all
            with pytest.raises(BlockingIOError):
                canary.accept()
        assert api.ask("GET").status == 200

    return play


def at_the_limit(extra: int) -> Any:
    def play(api: Api) -> None:
        version = api.version
        body = json.dumps(body_of(version, description="")).encode()
        assert version.max_body_bytes in (2 * 1024 * 1024, 500 * 1024)
        padded = body.replace(b"{", b"{" + b" " * (version.max_body_bytes + extra - len(body)), 1)
        assert len(padded) == version.max_body_bytes + extra
        answer = api.send(padded)
        if extra:
            check_refusal(version, answer, 413)
        else:
            assert answer.status == 201

    return play


def bodies(version: ApiVersion) -> Iterator[Case]:
    good = json.dumps(body_of(version))
    lenient = {
        "raw-newline": good.replace("One short", "One\nshort"),
        "raw-tab": good.replace("One short", "One\tshort"),
        "comma-after-member": good[:-1] + ",}",
        "comma-after-entry": good.replace("}]", "},]"),
        "byte-order-mark": "\ufeff" + good,
        "escaped-pair": good.replace("One short", "\\ud83d\\ude00"),
        "spaces": f"\r\n {good} \r\n",
        "duplicate-member": good[:-1] + f', "{version.kind}": "PlainText"}}',
    }
    for name, text in lenient.items():
        yield sent(f"json-{name}", version, text.encode(), status=201)
    wrong: dict[str, bytes] = {
        "empty": b"",
        "blank": b"  ",
        "null": b"null",
        "list": b"[]",
        "string": b'"x"',
        "number": b"1",
        "truncated": good.encode()[:-5],
        "single-quotes": good.replace('"', "'").encode(),
        "comment": b"// x\n" + good.encode(),
        "nan": good.encode()[:-1] + b', "x": NaN}',
        "infinity": good.encode()[:-1] + b', "x": [-Infinity]}',
        "huge-number": good.encode()[:-1] + b', "x": ' + b"9" * 5000 + b"}",
        "latin-1": good.replace("One", "Öne").encode("latin-1").replace(b"\\u00d6", b"\xd6") + b"\xd6",
        "utf-16": good.encode("utf-16"),
        "lone-surrogate": good.replace("One short", "\\ud83d").encode(),
        "deep-lists": b"[" * 100_000,
        "deep-objects": b'{"a":' * 100_000,
        "deep-member": good[:-1].encode() + b', "x": ' + b"[" * 50_000 + b"]" * 50_000 + b"}",
        "brackets": b"[" * (version.max_body_bytes),
        "commas": b'{"a":[' + b"," * (version.max_body_bytes // 2),
        "quotes": b'"' * (version.max_body_bytes),
        "nulls": b"\0" * 1000,
    }
    for name, body in wrong.items():
        yield sent(f"json-{name}", version, body, status=400)


def harm() -> Iterator[Case]:
    for name, text in HOSTILE.items():
        yield from both(f"ssml-{name}", all_fail(text))
    yield from both("ssml-many-tags", many_tags)
    for name, form in BY.items():
        yield from both(f"ssml-elsewhere-{name}", asks_nobody(form))
    for version in BOTH:
        yield from bodies(version)
        raw = json.dumps(body_of(version)).replace("One short", "a\0b")
        yield accepted("text-null", version, inputs=texts(version, "a\0b"))
        yield sent("text-raw-null", version, raw.encode(), status=201)
    yield from both("body-at-limit", at_the_limit(0))
    yield from both("body-over-limit", at_the_limit(1))


CASES = [*harm()]
