"""Code and templates agree on settings, functions, stores and events. The code is read; no list of it is kept."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from pathlib import Path

import yaml

from infra.hooks import connecting, events, smoke, stage
from infra.hooks.target import NAMES, Target
from shared import wiring
from shared.settings import Settings
from tests.infra.bicep.syntax import Choice, Declaration, Expr, File, Name, Object, Text, read, walk

ROOT = Path(__file__).parents[2]
INFRA = ROOT / "infra"
CODE = ast.parse((ROOT / "function_app.py").read_text(encoding="utf-8"))

HOSTS = re.compile(
    r"(AzureWebJobsStorage|CONTENT_STORAGE|RESULTS_STORAGE)__credential"
    r"|APPLICATIONINSIGHTS_\w+|AzureWebJobs\.\w+\.Disabled|PYTHON_\w+|OTEL_\w+"
)
"""Settings that the Functions host, or its worker, reads."""


@cache
def template(name: str) -> File:
    return read(INFRA / name)


def declared(file: File, name: str) -> Declaration:
    found = file.get(name)
    assert found is not None, f"{file.path.name} no longer declares {name}"
    return found


def objects(expr: Expr | None) -> Iterator[Object]:
    return (each for each in walk(expr) if isinstance(each, Object))


# Settings


def given() -> dict[str, Expr]:
    """Every app setting that the templates give, with its value."""
    app, main = template("modules/app.bicep"), template("main.bicep")
    parts = declared(app, "appSettings").body.get("properties")
    maps = {each.name for each in walk(parts) if isinstance(each, Name)} - {"selfHostedService"}
    values = [declared(app, name).value for name in maps if declared(app, name).kind == "var"]
    params = declared(main, "app").body.get("params")
    assert isinstance(params, Object)
    found = [each for value in (*values, params.get("names")) for each in objects(value)]
    return {item.name: item.value for each in found for item in each.properties if item.name}


def offered() -> set[str]:
    """Settings that may be set at deployment."""
    typed = declared(template("main.bicep"), "appSettings").type
    assert isinstance(typed, Object)
    return {each.name for each in typed.properties if each.name}


def schedules() -> set[str]:
    return set(re.findall(r"%([A-Z_]+)%", ast.unparse(CODE))) - {item.name.upper() for item in fields(Settings)}


def test_every_setting_of_the_code_has_a_place_in_the_templates() -> None:
    known = {item.name.upper() for item in fields(Settings) if "check" in item.metadata} | schedules()
    missing = sorted(known - offered() - set(given()))
    assert not missing, (
        f"infra has no place for {', '.join(missing)}. Add to the type appSettings of infra/main.bicep, in the "
        f"alphabet's order: {' '.join(f'`{name}: string?`' for name in missing)}"
    )


def test_every_setting_of_the_templates_is_known_to_the_code_or_to_the_host() -> None:
    known = {item.name.upper() for item in fields(Settings) if "check" in item.metadata} | schedules()
    connections = {"AzureWebJobsStorage", "CONTENT_STORAGE", "RESULTS_STORAGE"}
    assert offered() <= known, "main.bicep's type appSettings names settings that shared/settings.py does not have"
    strange = {name for name in given() if not HOSTS.fullmatch(name) and name not in known}
    assert {name.partition("__")[0] for name in strange} == connections


def test_every_schedule_has_a_value_whichever_functions_are_on() -> None:
    """The host resolves all names between % signs, also those of functions that are off."""
    values = given()
    for name in schedules():
        assert isinstance(values[name], Text), f"{name} has no schedule in modules/app.bicep"


def test_the_settings_of_the_templates_are_read_as_they_are_meant() -> None:
    """Endpoints and identity arrive where the adapters look for them, and no key is among the settings."""
    values = {name: (value.literal if isinstance(value, Text) else None) for name, value in given().items()}
    of_names = {"ENTRA_KEYS_URL": "https://keys", "SPEECH_ENDPOINT": "https://speech", "DEPLOYMENT_ID": "abc"}
    environ = {name: of_names.get(name) or value or name.lower().replace("_", "") for name, value in values.items()}
    settings = Settings.from_env(environ)
    host, content, results = settings.host_storage, settings.content_storage, settings.results_storage
    assert all((host.blob_uri, host.queue_uri, host.table_uri, host.client_id))
    assert all((content.blob_uri, content.queue_uri, content.client_id))
    assert all((results.blob_uri, results.client_id))
    assert {host.connection_string, content.connection_string, results.connection_string} == {""}
    secret = {item.name.upper() for item in fields(Settings) if item.metadata.get("secret")}
    assert secret & set(given()) == set()


# Functions


def functions() -> dict[str, list[ast.Call]]:
    """Names and decorators, read from the code."""
    found = {}
    for node in CODE.body:
        if isinstance(node, ast.FunctionDef):
            calls = [each for each in node.decorator_list if isinstance(each, ast.Call)]
            name = next((call for call in calls if ast.unparse(call.func) == "app.function_name"), None)
            if name:
                found[ast.literal_eval(name.args[0])] = calls
    return found


def triggers(kind: str) -> dict[str, dict[str, ast.expr]]:
    """Arguments of the triggers of a kind, by function."""
    return {
        name: {keyword.arg or "": keyword.value for keyword in call.keywords}
        for name, calls in functions().items()
        for call in calls
        if ast.unparse(call.func) == f"app.{kind}"
    }


def test_all_functions_of_the_service_are_turned_off_with_it_and_no_other() -> None:
    off = {name for name in given() if name.endswith(".Disabled")}
    wanted = {f"AzureWebJobs.{name}.Disabled" for name in functions() if name.startswith("service_")}
    assert off == wanted, "the variable serviceOff of modules/app.bicep and function_app.py have parted"
    assert all(name.startswith(("service_", "pipeline_")) for name in functions())


def test_events_go_to_the_function_of_the_blob_trigger() -> None:
    ((name, arguments),) = triggers("blob_trigger").items()
    text = (INFRA / "events.bicep").read_text(encoding="utf-8")
    assert re.findall(r"Host\.Functions\.(\w+)", text) == [name] == [events.FUNCTION]
    assert events.KEY in text
    assert ast.literal_eval(arguments["path"]).startswith("%INBOX_CONTAINER%/")
    connection = ast.literal_eval(arguments["connection"])
    assert {f"{connection}__{part}" for part in ("blobServiceUri", "queueServiceUri", "clientId", "credential")} <= set(
        given()
    )


def test_the_filter_is_the_one_that_the_hook_looks_for() -> None:
    target = Target(**{field: f"the-{field}" for field in NAMES.values()})
    text = (INFRA / "events.bicep").read_text(encoding="utf-8")
    assert f"'{target.subject.replace(target.inbox, '${inboxContainerName}')}'" in text
    assert {each.name for each in template("events.bicep").of("param")} == set(target.parameters)


def test_always_ready_groups_are_functions_or_groups_of_the_host() -> None:
    app = template("modules/app.bicep")
    for variable in ("httpReady", "intakeReady", "speakReady"):
        (name,) = (each.get("name") for each in objects(declared(app, variable).value))
        assert isinstance(name, Text)
        assert name.literal in ("http", "blob") or (name.literal or "").removeprefix("function:") in functions()


# Stores


def texts(expr: Expr | None) -> set[str]:
    return {each.literal or "" for each in walk(expr) if isinstance(each, Text)}


def stores(module: str, parameter: str) -> set[str]:
    """Names that main.bicep has a module make, defaults of parameters and variables put in."""
    main = template("main.bicep")
    params = declared(main, module).body.get("params")
    assert isinstance(params, Object)
    expr = params.get(parameter)
    names = {each.name for each in walk(expr) if isinstance(each, Name)} - {"separateResults"}
    return texts(expr) - {""} | {literal for name in names for literal in texts(declared(main, name).value)} - {""}


def queues(calls: list[ast.Call], function: str) -> set[str]:
    """Names of queues that wiring.py opens by a function; some are put together of constants."""
    given = [call.args[0] for call in calls if ast.unparse(call.func) == function]
    return {eval(ast.unparse(each), vars(wiring)) for each in given}


def test_tables_and_queues_of_the_code_are_made() -> None:
    source = ast.parse((ROOT / "shared" / "wiring.py").read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(source) if isinstance(node, ast.Call)]
    tables = {ast.literal_eval(call.args[0]) for call in calls if ast.unparse(call.func) == "account.table"}
    assert stores("hostStores", "tableNames") == tables
    assert stores("hostStores", "queueNames") == queues(calls, "account.queue")
    assert queues(calls, "content.queue") <= stores("contentStores", "queueNames")
    listened = {
        getattr(wiring, ast.unparse(arguments["queue_name"]).removeprefix("wiring."))
        for arguments in triggers("queue_trigger").values()
    }
    assert listened <= stores("hostStores", "queueNames")
    connections = {ast.literal_eval(arguments["connection"]) for arguments in triggers("queue_trigger").values()}
    assert connections == {"AzureWebJobsStorage"}


def test_containers_of_the_code_are_made() -> None:
    defaults = Settings()
    host = {defaults.work_container, defaults.service_container, defaults.service_outputs_container}
    assert stores("hostStores", "containerNames") == host | {"app-package"}
    content = {defaults.inbox_container, defaults.results_container}
    assert stores("contentStores", "containerNames") == content | {"dead-letters"}
    assert stores("resultsStores", "containerNames") == {defaults.results_container}


def test_the_package_is_deployed_from_the_container_that_is_made() -> None:
    params = declared(template("main.bicep"), "app").body.get("params")
    assert isinstance(params, Object)
    value = params.get("packageContainerName")
    assert isinstance(value, Name)
    assert texts(declared(template("main.bicep"), value.name).value) <= stores("hostStores", "containerNames")


# azd


def test_the_app_is_tagged_as_azures_service() -> None:
    services = yaml.safe_load((ROOT / "azure.yaml").read_text(encoding="utf-8"))["services"]
    tags = declared(template("modules/app.bicep"), "site").body.get("tags")
    tagged = [item.value for each in objects(tags) for item in each.properties if item.name == "azd-service-name"]
    assert [each.literal for each in tagged if isinstance(each, Text)] == list(services)


def test_the_hooks_find_what_they_look_for_in_azds_environment() -> None:
    outputs = {each.name for each in template("main.bicep").of("output")}
    by_azd = {"AZURE_SUBSCRIPTION_ID"}
    assert set(NAMES) - by_azd <= outputs
    assert {connecting.BLOB_ENDPOINT, "SPEECH_ENDPOINT", "INBOX_CONTAINER", "RESULTS_CONTAINER"} <= outputs


def parameters() -> dict[str, str]:
    document = json.loads((INFRA / "main.parameters.json").read_text(encoding="utf-8"))
    return {name: each["value"] for name, each in document["parameters"].items()}


def test_every_parameter_can_be_set_and_azd_asks_for_none_but_name_and_region() -> None:
    declared_ones = {each.name: each for each in template("main.bicep").of("param")}
    assert set(declared_ones) - set(parameters()) == {"thisMonth"}
    assert set(parameters()) <= set(declared_ones)
    asked = {name for name, each in declared_ones.items() if each.value is None}
    assert {parameters()[name] for name in asked} == {"${AZURE_ENV_NAME}", "${AZURE_LOCATION}"}


def test_defaults_of_azds_parameters_are_those_of_the_template() -> None:
    for name, value in parameters().items():
        match = re.fullmatch(r"\$\{[A-Z_]+(?:=(.*))?\}", value)
        assert match, f"{name} is {value}"
        default = declared(template("main.bicep"), name).value
        if match[1] is not None:
            shown = default.literal if isinstance(default, Text) else str(getattr(default, "value", "")).lower()
            assert shown == match[1], f"{name}: {value} in main.parameters.json, another default in main.bicep"


def test_flags_have_the_names_that_the_hooks_read() -> None:
    names = {name: re.findall("[A-Z_]+", value)[0] for name, value in parameters().items()}
    assert names["selfHostedService"] == stage.SERVICE
    assert names["privateNetwork"] == smoke.NETWORK


def test_a_deployment_leaves_the_budgets_start_as_it_was() -> None:
    assert parameters()["budgetStart"] == "${BUDGET_START}"
    kept = next(each.value for each in template("main.bicep").of("output") if each.name == "BUDGET_START")
    assert isinstance(kept, Choice)
    assert isinstance(kept.no, Name)
    assert kept.no.name == "budgetStart"
    # Where there is no budget yet, this month is not kept: it would be past when one is made, which Azure refuses.
    assert {each.name for each in walk(kept.condition) if isinstance(each, Name)} == {"budgetStart", "monthlyBudget"}


def test_no_list_of_names_is_written_twice_in_the_templates() -> None:
    """A literal container, queue or table name stands in main.bicep only."""
    names = stores("hostStores", "tableNames") | stores("hostStores", "queueNames") | {"dead-letters", "app-package"}
    for path in (INFRA / "modules").glob("*.bicep"):
        for each in read(path).of("resource"):
            if each.reference.startswith("Microsoft.Storage/"):
                assert texts(each.value) & names == set(), f"{path.name} names {texts(each.value) & names}"


def test_the_page_of_options_has_every_variable_with_its_default() -> None:
    page = (ROOT / "docs" / "infra.md").read_text(encoding="utf-8").split("\n## Options\n")[1].split("\n## ")[0]
    shown = dict(re.findall(r"^\| `([A-Z_]+)` \| (\S+) \|", page, re.MULTILINE))
    given_by_azd = {"AZURE_ENV_NAME", "AZURE_LOCATION", "AZURE_PRINCIPAL_ID", "AZURE_PRINCIPAL_TYPE", "BUDGET_START"}
    found = (re.findall(r"\$\{([A-Z_]+)(?:=(.*))?\}", value)[0] for value in parameters().values())
    assert shown == {name: f"`{default}`" if default else "–" for name, default in found if name not in given_by_azd}
