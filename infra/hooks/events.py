"""azd's post-deploy hook: connects the inbox to the app, once the app is live. Run again, it does the same again.

The second deployment (`infra/events.bicep`) cannot be part of the first: the key of the blob webhook exists only after
the code was indexed, and Event Grid's handshake needs an app that answers. So: wait for both, deploy, and look.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.hooks.az import LOG_IN, Az, AzFailed, HookFailed
from infra.hooks.management import Answer, Management
from infra.hooks.patience import Patience
from infra.hooks.target import Target, faults

TEMPLATE = Path(__file__).parents[1] / "events.bicep"
FUNCTION = "pipeline_intake"
KEY = "blobs_extension"
SITES, EVENT_GRID = "2024-11-01", "2025-02-15"

Print = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Ready:
    """Something of the app that must be so before events can be sent to it."""

    what: str
    method: str
    path: str
    holds: Callable[[Mapping[str, Any]], bool]
    remedy: str


READY = (
    Ready(
        "the app to run",
        "GET",
        "",
        lambda site: site.get("properties", {}).get("state") == "Running",
        "Look at the app in the portal: it is stopped, or was not deployed (`azd deploy`).",
    ),
    Ready(
        f"the function {FUNCTION} to be known",
        "GET",
        f"/functions/{FUNCTION}",
        lambda function: True,
        "The app's code does not start, or was not deployed: see its log stream for a missing setting or package.",
    ),
    Ready(
        "the key of its blob webhook",
        "POST",
        "/host/default/listKeys",
        lambda keys: bool((keys.get("systemKeys") or {}).get(KEY)),
        "The host makes it at its first start with a blob trigger: the app's log stream says why it does not start.",
    ),
)


def wait_until_ready(management: Management, target: Target, patience: Patience, say: Print) -> None:
    """Raises HookFailed: not ready in time, with what the API said last."""
    for ready in READY:
        say(f"Waiting for {ready.what}.")
        while True:
            answer = management.ask(ready.method, target.app_id + ready.path, api_version=SITES)
            if answer.status == 200 and ready.holds(answer.body):
                break
            # Anything else may pass, also a 400: a host that just starts makes App Service answer
            # "Encountered an error (ServiceUnavailable) from host runtime" (github.com/Azure/azure-cli/issues/11176).
            if not patience.wait(answer.retry_after):
                raise HookFailed(f"Waited in vain for {ready.what} ({_last(answer)}). {ready.remedy}")


def _last(answer: Answer) -> str:
    return f"last answer: {answer.status or '-'} {answer.said}".strip()


AGAIN, STOP = True, False
FAILURES: tuple[tuple[str, bool, str], ...] = (
    (
        r"handshake|validate the provided endpoint|url validation|esvalidation",
        AGAIN,
        "The app did not answer Event Grid's handshake: see its log stream, and that it takes requests from outside.",
    ),
    (r"az login|AADSTS|no subscriptions? found", STOP, LOG_IN),
    (
        r"AuthorizationFailed|does not have authorization|LinkedAuthorizationFailed",
        STOP,
        "Ask for the roles Contributor and EventGrid EventSubscription Contributor on the resource group.",
    ),
    (r"DeploymentActive|AnotherOperationInProgress|\bConflict\b", AGAIN, "Another deployment runs; wait for its end."),
    (r"TooManyRequests|\b429\b|throttl", AGAIN, "Azure throttles; try later."),
    (
        r"ServiceUnavailable|host runtime|BadGateway|GatewayTimeout|InternalServerError|Connection (aborted|reset)"
        r"|Max retries exceeded|timed out",
        AGAIN,
        "Azure did not answer; try later.",
    ),
)
"""What az says, whether the same may succeed when tried again, and what a person can do. The first that fits counts."""


def verdict(said: str) -> tuple[bool, str]:
    """Whether to try again, and the remedy. What is not in the table would fail again: a template, a parameter."""
    fits = (row for row in FAILURES if re.search(row[0], said, re.IGNORECASE))
    return next(((again, remedy) for _, again, remedy in fits), (STOP, "Repeat with `azd hooks run postdeploy`."))


def deploy(az: Az, target: Target, patience: Patience, say: Print) -> None:
    """Raises HookFailed: it fails for good, or still does when the patience ends."""
    parameters = [f"{name}={value}" for name, value in target.parameters.items()]
    where = ["--subscription", target.subscription, "--resource-group", target.resource_group]
    what = ["--name", "speechdrop-events", "--template-file", str(TEMPLATE), "--parameters", *parameters]
    while True:
        say("Deploying infra/events.bicep.")
        try:
            az.run("deployment", "group", "create", *where, *what)
            return
        except AzFailed as error:
            again, remedy = verdict(error.said)
            say(f"It failed: {error.said[:500]}")
            if not again or not patience.wait(10):
                raise HookFailed(f"The events deployment failed. {remedy}") from error


def connect(az: Az, target: Target, patience: Patience, say: Print) -> None:
    """The hook: waits, deploys, and looks whether it stands. Raises HookFailed."""
    management = Management(az, target.subscription)
    wait_until_ready(management, target, patience, say)
    existing = management.ask("GET", target.event_subscription_id, api_version=EVENT_GRID)
    if existing.status == 200:
        wrong = faults(existing.body, target)
        say(
            "There is an event subscription; "
            + ("; ".join([*wrong, "this is put right."]) if wrong else "it is renewed.")
        )
    # Deployed in any case: whether its key is still the app's own cannot be read.
    deploy(az, target, patience, say)
    while True:
        now = management.ask("GET", target.event_subscription_id, api_version=EVENT_GRID)
        wrong = faults(now.body, target) if now.status == 200 else [_last(now)]
        if not wrong:
            say(f"Events of '{target.inbox}' reach {target.app}.")
            return
        if not patience.wait(now.retry_after):
            raise HookFailed(
                f"The event subscription {target.event_subscription} was deployed, but: {'; '.join(wrong)}. "
                "Delete it in the portal, then repeat with `azd hooks run postdeploy`."
            )


def main(arguments: list[str], environ: Mapping[str, str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m infra.hooks.events", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--patience", type=float, default=1200, metavar="SECONDS", help="for all waiting together")
    options = parser.parse_args(arguments)
    try:
        connect(Az.find(), Target.of(environ), Patience(options.patience), lambda line: print(line, flush=True))
    except HookFailed as error:
        print(f"Events: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
