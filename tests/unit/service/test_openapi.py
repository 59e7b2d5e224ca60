"""The description agrees with the versions, the routes and the published examples; schemathesis does the rest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from shared.batchapi.versions import GA, VERSIONS, ApiVersion
from shared.service.openapi import document
from speechdrop.cli.local import TIMES
from speechdrop.devhost.index import HttpTrigger, index, load
from tests.unit.service.world import BODIES, World

ROOT = Path(__file__).parents[3]
SAMPLES = ROOT / "tests" / "samples"
DOCUMENT: dict[str, Any] = json.loads(document())


def conforms(schema: str, value: Any) -> bool:
    found = {"$ref": f"#/components/schemas/{schema}", "components": DOCUMENT["components"]}
    return jsonschema_rs.is_valid(found, value)


PUBLISHED = [
    ("Create", "ga-create-plain"),
    ("Create", "ga-create-ssml"),
    ("CreatePreview", "preview-create-plain"),
    ("Synthesis", "ga-synthesis-not-started"),
    ("SynthesisPreview", "preview-synthesis-not-started"),
    ("SynthesisPreview", "preview-synthesis-succeeded"),
    ("PagePreview", "preview-page"),
    ("Refusal", "ga-error"),
    ("RefusalPreview", "preview-error"),
]


@pytest.mark.parametrize(("schema", "sample"), PUBLISHED)
def test_published_examples_conform(schema: str, sample: str) -> None:
    assert conforms(schema, json.loads((SAMPLES / f"{sample}.json").read_text(encoding="utf-8")))


def test_what_is_no_answer_does_not_conform() -> None:
    good = json.loads((SAMPLES / "ga-synthesis-not-started.json").read_text(encoding="utf-8"))
    changes: list[dict[str, Any]] = [{"status": "Cancelled"}, {"surprise": 1}, {"properties": {}}, {"id": "ab"}]
    for changed in changes:
        assert not conforms("Synthesis", {**good, **changed})


def test_a_background_is_ga_s_and_conforms_as_it_is_sent_and_shown() -> None:
    config = {"voice": "en-US-JennyNeural", "backgroundAudio": {"src": "https://x/a.mp3"}}
    sent = {**BODIES[GA.name], "synthesisConfig": config}
    assert conforms("Create", sent)
    config["backgroundAudio"] = {"volume": 1}
    assert not conforms("Create", sent)
    world = World()
    world.create(synthesisConfig={"voice": "en-US-JennyNeural", "backgroundAudio": {"src": "https://x/a.mp3"}})
    shown = world.get("job-1")
    assert conforms("Synthesis", shown)
    preview = json.loads((SAMPLES / "preview-synthesis-not-started.json").read_text(encoding="utf-8"))
    assert not conforms("SynthesisPreview", {**preview, "synthesisConfig": shown["synthesisConfig"]})


def test_every_path_of_it_has_a_function_and_the_other_way_round() -> None:
    environ = {**TIMES, "CONTENT_STORAGE": "x", "AzureWebJobsStorage": "x"}
    functions = index(load(ROOT / "function_app.py"), environ, route_prefix="")
    service = [function for function in functions if function.name.startswith("service_")]
    routes = {function.trigger.route.template for function in service if isinstance(function.trigger, HttpTrigger)}
    described = {path.lstrip("/") for path in DOCUMENT["paths"]}
    assert {route for route in routes if "{*" not in route} - {"openapi.json"} == described


def test_every_operation_may_be_refused_as_the_documents_say_of_all() -> None:
    methods = ("get", "put", "post", "delete")
    operations = [item[method] for item in DOCUMENT["paths"].values() for method in methods if method in item]
    assert operations
    assert all({"401", "403", "429", "500", "503"} <= operation["responses"].keys() for operation in operations)


@pytest.mark.parametrize("version", VERSIONS.values(), ids=lambda version: version.name)
def test_limits_are_the_version_s(version: ApiVersion) -> None:
    name = "" if version is GA else "Preview"
    schemas = DOCUMENT["components"]["schemas"]
    assert schemas[f"Create{name}"]["properties"]["inputs"]["maxItems"] == version.max_inputs
    assert schemas[f"Page{name}"]["properties"][version.page_items]["maxItems"] == version.max_page
