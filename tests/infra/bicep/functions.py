"""Functions of Bicep that templates here may use, and decorators: how many arguments, and what comes back.

Those that the reference templates use and no newer ones; another is added here when it is needed, with its page at
https://learn.microsoft.com/azure/azure-resource-manager/bicep/bicep-functions read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tests.infra.bicep.kinds import ANY, ARRAY, BOOL, INT, OBJECT, STRING, Kind, ListKind, Member, ObjectKind, TextKind


@dataclass(frozen=True)
class Function:
    least: int
    most: int | None
    gives: Kind
    takes: tuple[Kind, ...] = ()
    """Of its first arguments; the rest take anything."""
    only_as_default: bool = False
    """Only in the default of a parameter."""
    secret: bool = False
    scopes: tuple[str, ...] = ("subscription", "resourceGroup")
    """Of the templates that may call it without arguments."""


def _object(called: str, /, **members: Kind) -> ObjectKind:
    return ObjectKind(called, {key: Member(kind, required=True) for key, kind in members.items()})


_GROUP = _object("resourceGroup", id=STRING, name=STRING, location=STRING, tags=OBJECT)
_SUBSCRIPTION = _object("subscription", id=STRING, subscriptionId=STRING, tenantId=STRING, displayName=STRING)
_ENVIRONMENT = _object(
    "environment",
    name=STRING,
    resourceManager=STRING,
    authentication=_object("authentication", loginEndpoint=STRING, audiences=ListKind(STRING), tenant=STRING),
    suffixes=_object("suffixes", storage=STRING, keyvaultDns=STRING, acrLoginServer=STRING, sqlServerHostname=STRING),
)

FUNCTIONS: Mapping[str, Function] = {
    "concat": Function(1, None, ANY),
    "contains": Function(2, 2, BOOL),
    "empty": Function(1, 1, BOOL),
    "environment": Function(0, 0, _ENVIRONMENT),
    "first": Function(1, 1, ANY),
    "format": Function(1, None, STRING, (STRING,)),
    "guid": Function(1, None, TextKind(least=36, most=36), (STRING, STRING, STRING)),
    "int": Function(1, 1, INT),
    "items": Function(1, 1, ARRAY, (OBJECT,)),
    "join": Function(2, 2, STRING, (ARRAY, STRING)),
    "last": Function(1, 1, ANY),
    "length": Function(1, 1, INT),
    "listKeys": Function(2, 3, ANY, (STRING, STRING), secret=True),
    "loadJsonContent": Function(1, 3, ANY, (STRING,)),
    "loadTextContent": Function(1, 2, STRING, (STRING,)),
    "max": Function(1, None, INT),
    "min": Function(1, None, INT),
    "range": Function(2, 2, ListKind(INT), (INT, INT)),
    "replace": Function(3, 3, STRING, (STRING, STRING, STRING)),
    "resourceGroup": Function(0, 2, _GROUP, (STRING, STRING), scopes=("resourceGroup",)),
    "resourceId": Function(2, None, STRING, (STRING, STRING)),
    "split": Function(2, 2, ListKind(STRING), (STRING,)),
    "string": Function(1, 1, STRING),
    "subscription": Function(0, 1, _SUBSCRIPTION, (STRING,)),
    "subscriptionResourceId": Function(2, None, STRING, (STRING, STRING)),
    "substring": Function(2, 3, STRING, (STRING, INT, INT)),
    "take": Function(2, 2, ANY),
    "tenant": Function(0, 0, _object("tenant", tenantId=STRING, displayName=STRING)),
    "toLower": Function(1, 1, STRING, (STRING,)),
    "toUpper": Function(1, 1, STRING, (STRING,)),
    "trim": Function(1, 1, STRING, (STRING,)),
    "union": Function(2, None, ANY),
    "uniqueString": Function(1, None, TextKind(least=13, most=13), (STRING, STRING, STRING)),
    "uri": Function(2, 2, STRING, (STRING, STRING)),
    "utcNow": Function(0, 1, STRING, (STRING,), only_as_default=True),
}

DECORATORS: Mapping[str, tuple[str, ...]] = {
    "allowed": ("param",),
    "description": ("param", "var", "type", "output", "resource", "module"),
    "maxLength": ("param", "output", "type"),
    "maxValue": ("param", "output", "type"),
    "metadata": ("param", "output", "type"),
    "minLength": ("param", "output", "type"),
    "minValue": ("param", "output", "type"),
    "secure": ("param", "output", "type"),
    "batchSize": ("resource", "module"),
}
"""What each may stand above."""
