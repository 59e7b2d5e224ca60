"""What the events hook connects, read from azd's environment, and how an event subscription must look. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from infra.hooks.az import HookFailed

NAMES: Mapping[str, str] = {
    "AZURE_SUBSCRIPTION_ID": "subscription",
    "AZURE_RESOURCE_GROUP": "resource_group",
    "AZURE_FUNCTION_APP_NAME": "app",
    "EVENT_GRID_TOPIC_NAME": "topic",
    "EVENT_GRID_SUBSCRIPTION_NAME": "event_subscription",
    "INBOX_CONTAINER": "inbox",
    "DEAD_LETTER_CONTAINER": "dead_letters",
}
"""Outputs of the first deployment, which azd keeps in its environment, and what they are here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What is connected with what."""

    subscription: str
    resource_group: str
    app: str
    topic: str
    event_subscription: str
    inbox: str
    dead_letters: str

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Target:
        """Raises HookFailed: names every variable that is missing or no name."""
        wrong = [name for name in NAMES if not re.fullmatch(r"[\w.()-]{1,90}", environ.get(name, ""))]
        if wrong:
            raise HookFailed(
                f"azd's environment has no usable {', '.join(wrong)}. They are outputs of infra/main.bicep: run "
                "`azd provision`, and this as `azd hooks run postdeploy`."
            )
        return cls(**{field: environ[name] for name, field in NAMES.items()})

    @property
    def group_id(self) -> str:
        return f"/subscriptions/{self.subscription}/resourceGroups/{self.resource_group}/providers"

    @property
    def app_id(self) -> str:
        return f"{self.group_id}/Microsoft.Web/sites/{self.app}"

    @property
    def event_subscription_id(self) -> str:
        topic = f"{self.group_id}/Microsoft.EventGrid/systemTopics/{self.topic}"
        return f"{topic}/eventSubscriptions/{self.event_subscription}"

    @property
    def subject(self) -> str:
        """With `/blobs/`: without, the events of `inbox2` would come as well."""
        return f"/blobServices/default/containers/{self.inbox}/blobs/"

    @property
    def parameters(self) -> Mapping[str, str]:
        """Of the template."""
        return {
            "functionAppName": self.app,
            "topicName": self.topic,
            "eventSubscriptionName": self.event_subscription,
            "inboxContainerName": self.inbox,
            "deadLetterContainerName": self.dead_letters,
        }


def faults(event_subscription: Mapping[str, Any], target: Target) -> list[str]:
    """What is not as the template wants it, of an event subscription as the API shows it."""
    properties = event_subscription.get("properties", {})
    known = properties.get("filter") or {}
    kinds = {item.get("key"): item.get("values") for item in known.get("advancedFilters") or ()}
    state = properties.get("provisioningState")
    wrong = {
        f"it takes subjects that begin with '{known.get('subjectBeginsWith', '')}', not '{target.subject}'": (
            known.get("subjectBeginsWith") != target.subject
        ),
        f"it takes the events {known.get('includedEventTypes')}": (
            known.get("includedEventTypes") != ["Microsoft.Storage.BlobCreated"]
        ),
        "it has no filter on data.api, so that unfinished uploads raise events": not kinds.get("data.api"),
        "it has no dead-letter container, so that undelivered events are lost": not (
            properties.get("deadLetterDestination") or properties.get("deadLetterWithResourceIdentity")
        ),
        f"its state is {state}": state != "Succeeded",
    }
    return [fault for fault, is_so in wrong.items() if is_so]
