"""The post-deploy hook against a management API on loopback and an `az` on PATH, each unready or broken in its way."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from infra.hooks.az import Az, AzFailed, HookFailed, without_secrets
from infra.hooks.events import AGAIN, STOP, TEMPLATE, connect, verdict
from infra.hooks.patience import Patience
from infra.hooks.target import NAMES, Target, faults
from tests.infra.hooks.cloud import (
    APP,
    BEARER,
    ENVIRONMENT,
    EVENTS,
    HANDSHAKE,
    HOST_STARTS,
    NOT_FOUND,
    SECRET,
    Cloud,
    event_subscription,
    install_az,
)

ROOT = Path(__file__).parents[3]
KEYS = f"{APP}/host/default/listKeys"
WRONG_SUBJECT = "/blobServices/default/containers/inbox"


@dataclass
class Run:
    """The hook, run in this process, with a clock that only its pauses move."""

    patience: float = 1200
    lines: list[str] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)
    on_pause: Callable[[], None] = lambda: None

    def __call__(self) -> str:
        connect(Az.find(), Target.of(ENVIRONMENT), self.waiting(), self.lines.append)
        return "\n".join(self.lines)

    def waiting(self) -> Patience:
        def pause(seconds: float) -> None:
            self.pauses.append(seconds)
            self.on_pause()

        return Patience(self.patience, pause=pause, clock=lambda: sum(self.pauses))

    def fails(self) -> str:
        with pytest.raises(HookFailed) as caught:
            self()
        return "\n".join([*self.lines, str(caught.value)])


def test_an_app_that_is_ready_is_connected_by_one_deployment(cloud: Cloud) -> None:
    said = Run()()
    assert cloud.deployments == [
        [
            *("deployment", "group", "create"),
            *("--subscription", ENVIRONMENT["AZURE_SUBSCRIPTION_ID"], "--resource-group", "rg-speech"),
            *("--name", "speechdrop-events", "--template-file", str(TEMPLATE), "--parameters"),
            *("functionAppName=app", "topicName=topic", "eventSubscriptionName=inbox"),
            *("inboxContainerName=inbox", "deadLetterContainerName=dead-letters"),
            *("--only-show-errors", "--output", "json"),
        ]
    ]
    assert "Events of 'inbox' reach app." in said


@pytest.mark.parametrize("not_yet", [(200, {"systemKeys": {}}), (200, {"systemKeys": None}), HOST_STARTS, NOT_FOUND])
def test_it_waits_for_the_key_of_the_webhook(cloud: Cloud, not_yet: tuple[int, dict[str, object]]) -> None:
    cloud.replies[KEYS] = [not_yet] * 3
    run = Run()
    run()
    assert cloud.asked.count(KEYS) == 4
    assert run.pauses == sorted(run.pauses)
    assert len(run.pauses) == 3
    assert len(cloud.deployments) == 1


def test_it_waits_for_the_site_and_its_function(cloud: Cloud) -> None:
    cloud.replies[APP] = [NOT_FOUND, (200, {"properties": {"state": "Stopped"}}), (503, {})]
    cloud.replies[f"{APP}/functions/pipeline_intake"] = [NOT_FOUND]
    run = Run()
    run()
    assert len(run.pauses) == 4


@pytest.mark.parametrize(
    ("path", "what"),
    [
        (APP, "the app to run"),
        (f"{APP}/functions/pipeline_intake", "the function pipeline_intake"),
        (KEYS, "the key of its blob webhook"),
    ],
)
def test_what_never_gets_ready_is_named_in_time(cloud: Cloud, path: str, what: str) -> None:
    cloud.replies[path] = [(503, {"error": {"message": "Still starting."}})] * 1000
    run = Run()
    said = run.fails()
    assert f"Waited in vain for {what}" in said
    assert "503 Still starting." in said
    assert 1100 < sum(run.pauses) <= 1200
    assert len(run.pauses) < 60
    assert not cloud.deployments


def test_a_handshake_that_fails_twice_is_tried_again(cloud: Cloud) -> None:
    cloud.failures = [HANDSHAKE, HANDSHAKE]
    said = Run()()
    assert len(cloud.deployments) == 3
    assert said.count("It failed") == 2
    assert cloud.events == event_subscription()


def test_a_handshake_that_never_succeeds_ends_with_what_to_do(cloud: Cloud) -> None:
    cloud.failures = [HANDSHAKE] * 1000
    run = Run(patience=300)
    assert "did not answer Event Grid's handshake: see its log stream" in run.fails()
    assert min(run.pauses) >= 10
    assert len(cloud.deployments) == len(run.pauses) + 1


def test_one_that_exists_is_renewed_as_its_key_may_be_old(cloud: Cloud) -> None:
    cloud.events = event_subscription()
    assert "There is an event subscription; it is renewed." in Run()()
    assert len(cloud.deployments) == 1


def test_run_twice_it_leaves_what_it_left(cloud: Cloud) -> None:
    Run()()
    left = cloud.events
    Run()()
    assert cloud.events == left
    assert cloud.deployments[0] == cloud.deployments[1]


def test_a_wrong_filter_is_said_and_put_right(cloud: Cloud) -> None:
    cloud.events = event_subscription(subject=WRONG_SUBJECT)
    said = Run()()
    assert f"begin with '{WRONG_SUBJECT}', not '{WRONG_SUBJECT}/blobs/'; this is put right." in said
    assert cloud.events == event_subscription()


def test_a_filter_that_stays_wrong_fails(cloud: Cloud) -> None:
    cloud.deployed = event_subscription(subject=WRONG_SUBJECT)
    assert "was deployed, but: it takes subjects that begin with" in Run().fails()


def test_it_waits_until_the_subscription_stands(cloud: Cloud) -> None:
    creating = event_subscription()
    creating["properties"]["provisioningState"] = "Creating"
    cloud.replies[EVENTS] = [NOT_FOUND, (200, creating), (500, {})]
    run = Run()
    run()
    assert len(run.pauses) == 2


def test_everything_that_an_event_subscription_must_have_is_looked_at() -> None:
    target = Target.of(ENVIRONMENT)
    assert faults(event_subscription(), target) == []
    assert len(faults({}, target)) == 5


def test_a_token_that_nears_its_end_is_renewed(cloud: Cloud) -> None:
    cloud.token_lasts = timedelta(minutes=4)
    Run()()
    assert cloud.tokens == len(cloud.asked)


def test_a_token_that_lasts_is_kept(cloud: Cloud) -> None:
    Run()()
    assert cloud.tokens == 1


def test_a_token_that_is_refused_midway_is_renewed(cloud: Cloud) -> None:
    """Revoked, or this machine's clock is wrong."""
    cloud.replies[KEYS] = [(200, {})]

    def revoke() -> None:
        cloud.refuses = lambda bearer: bearer.endswith(".1")

    Run(on_pause=revoke)()
    assert cloud.tokens == 2


def test_tokens_that_are_always_refused_end_it(cloud: Cloud) -> None:
    cloud.refuses = lambda bearer: True
    run = Run()
    assert "refuses az's token. Log in with `az login`" in run.fails()
    assert cloud.tokens == 2
    assert not run.pauses


def test_throttled_it_waits_as_long_as_it_is_told(cloud: Cloud) -> None:
    cloud.replies[APP] = [(429, {"error": {"message": "Too many requests."}})] * 2
    cloud.retry_after[429] = "45"
    run = Run()
    run()
    assert run.pauses == [45, 45]


def test_a_wish_to_be_left_alone_for_hours_is_not_obeyed(cloud: Cloud) -> None:
    cloud.replies[APP] = [(429, {})]
    cloud.retry_after[429] = "86400"
    run = Run()
    run()
    assert run.pauses == [60]


def test_a_deployment_that_is_throttled_is_tried_again(cloud: Cloud) -> None:
    cloud.failures = ["ERROR: (TooManyRequests) The request is being throttled."]
    Run()()
    assert len(cloud.deployments) == 2


def test_without_a_right_it_says_which(cloud: Cloud) -> None:
    cloud.replies[KEYS] = [(403, {"error": {"message": "No permission for listKeys/action."}})]
    said = Run().fails()
    assert f"You may not POST {KEYS}: No permission for listKeys/action. Ask for the Contributor role" in said


def test_no_answer_at_all_is_waited_out(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run(patience=30)
    monkeypatch.setattr(Az, "management", lambda az: "http://127.0.0.1:9")  # the discard port: nobody listens
    assert "no answer (ConnectionError)" in run.fails()
    assert len(run.pauses) > 3


def test_without_az_it_says_where_to_get_it(cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "(az) is not on PATH. Install it" in Run().fails()


def test_on_windows_az_is_az_cmd(cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install_az(tmp_path / "windows", cloud, name="az.cmd")
    monkeypatch.setenv("PATH", str(tmp_path / "windows"))
    assert "reach app" in Run()()


def test_not_logged_in_it_says_how(cloud: Cloud) -> None:
    cloud.logged_in = False
    said = Run().fails()
    assert "gave no token. Log in with `az login`" in said
    assert not cloud.deployments


def test_the_token_that_the_login_left_is_enough(cloud: Cloud) -> None:
    """A workflow's az cannot ask for another ten minutes after its login."""
    cloud.assertion_ended = True
    assert "Events of 'inbox' reach app." in Run()()


def test_a_login_that_ends_before_the_deployment_is_not_tried_for_ever(cloud: Cloud) -> None:
    cloud.failures = ["ERROR: AADSTS700024: Client assertion is not within its valid time range."]
    run = Run()
    assert "Log in with `az login`" in run.fails()
    assert not run.pauses


def test_an_az_that_is_too_old_is_told_from_one_that_works(tmp_path: Path) -> None:
    (tmp_path / "az").write_text("""#!/bin/sh\necho '{"accessToken": "x", "expiresOn": "2023-01-01 00:00:00"}'\n""")
    (tmp_path / "az").chmod(0o755)
    with pytest.raises(HookFailed, match=r"older than 2.54: run `az upgrade`"):
        Az(str(tmp_path / "az")).token(tenant_of="y")


def test_an_az_that_hangs_is_ended(tmp_path: Path) -> None:
    (tmp_path / "az").write_text("#!/bin/sh\nexec sleep 30\n")
    (tmp_path / "az").chmod(0o755)
    with pytest.raises(AzFailed, match=r"timed out after 0.2 s"):
        Az(str(tmp_path / "az")).run("account", timeout=0.2)


@pytest.mark.parametrize(
    ("said", "again"),
    [
        (HANDSHAKE, AGAIN),
        ("Webhook validation handshake failed for https://app/runtime/webhooks/blobs. Http POST returned 404.", AGAIN),
        ("(Url validation) Destination endpoint not found.", AGAIN),
        ("(Conflict) Another request is in progress.", AGAIN),
        ("(DeploymentActive) The deployment with resource id … cannot be saved, because it is still active.", AGAIN),
        ("az deployment timed out after 1800 s.", AGAIN),
        ("Encountered an error (ServiceUnavailable) from host runtime.", AGAIN),
        ("('Connection aborted.', ConnectionResetError(104, 'Connection reset by peer'))", AGAIN),
        ("(AuthorizationFailed) The client 'x' does not have authorization to perform action", STOP),
        ("(LinkedAuthorizationFailed) The client has permission … however on the linked scope", STOP),
        ('events.bicep(3,1) : Error BCP057: The name "x" does not exist in the current context.', STOP),
        ("(InvalidTemplate) Deployment template validation failed", STOP),
        ("(ResourceNotFound) The Resource 'Microsoft.EventGrid/systemTopics/topic' was not found.", STOP),
    ],
)
def test_what_az_says_decides_whether_to_try_again(said: str, again: bool) -> None:
    decided, remedy = verdict(said)
    assert decided is again
    assert remedy


def test_no_key_and_no_token_is_ever_said(cloud: Cloud) -> None:
    cloud.failures = [HANDSHAKE, f"ERROR: Bearer {BEARER}.7 was refused", f"(Conflict) …?sig=abc%2F&code={SECRET}"]
    said = Run().fails() + repr(Az.find().token(tenant_of="y"))
    assert SECRET not in said
    assert BEARER not in said
    assert "code=…" in said
    assert without_secrets("https://a/b?sv=1&sig=x%2Fy&se=2") == "https://a/b?sv=1&sig=…&se=2"


def test_all_missing_variables_are_named_at_once() -> None:
    with pytest.raises(HookFailed) as caught:
        Target.of({**ENVIRONMENT, "INBOX_CONTAINER": "", "AZURE_FUNCTION_APP_NAME": "app & calc"})
    assert "no usable AZURE_FUNCTION_APP_NAME, INBOX_CONTAINER." in str(caught.value)
    assert "`azd provision`" in str(caught.value)
    assert set(NAMES) == set(ENVIRONMENT)


def hook(*options: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "infra.hooks.events", *options],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "NO_PROXY": "*", **environ},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_as_a_command_it_ends_with_a_status(cloud: Cloud) -> None:
    done = hook(**ENVIRONMENT)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == "Events of 'inbox' reach app."
    failed = hook("--patience", "3")
    assert failed.returncode == 1
    assert failed.stderr.startswith("Events: azd's environment has no usable AZURE_SUBSCRIPTION_ID,")


def test_its_parameters_are_no_shell_code(cloud: Cloud) -> None:
    """`az.cmd` is run by cmd.exe, where quoting does not protect."""
    with pytest.raises(HookFailed):
        Target.of({**ENVIRONMENT, "AZURE_RESOURCE_GROUP": "rg%PATH%"})
