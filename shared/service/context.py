"""What the service's flows stand on: the ports they use, and the errors that answer a caller."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from shared.errors import InputError, SpeechdropError
from shared.ports import Blobs, Clock, Engine, Identify, Queue, Table
from shared.service.slices import Slices
from shared.service.sources import NOTHING, Sources
from shared.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    settings: Settings
    clock: Clock
    new_guid: Callable[[], str]
    """A new random UUID in its usual spelling."""
    syntheses: Table
    work_items: Table
    work: Blobs
    """Requests, plans and parts of sounds, private; each blob's name begins with its synthesis's GUID."""
    outputs: Blobs
    """Results of syntheses without a destination."""
    queue: Queue
    open_container: Callable[[str], Blobs]
    """Opens a container by a URL with a SAS."""
    engine: Callable[[str], Engine]
    sources: Sources = NOTHING
    """What SSML documents may bring along from elsewhere."""
    identify: Identify | None = None
    """None: nobody enters with a token."""
    byos: Blobs | None = None
    """Where results are unpacked that name no container."""
    slices: Slices = field(default_factory=Slices)


class Rejected(SpeechdropError):
    """A request that is answered with an error: HTTP status, code, message, and the member or parameter at fault."""

    def __init__(
        self, status: int, code: str, message: str, target: str = "", *, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.target = status, code, message, target
        self.headers = dict(headers or {})

    @property
    def from_gateway(self) -> bool:
        """Answered as the gateway does that stands in front of Azure's API: the code is the status."""
        return self.code == str(self.status)


def bad_request(error: InputError) -> Rejected:
    return Rejected(400, "BadRequest", f"{error.why} {error.remedy}", error.where)
