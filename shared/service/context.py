"""What the service's flows stand on: the ports they use, and the errors that answer a caller."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from shared.engines import missing
from shared.errors import InputError, SpeechdropError
from shared.ports import Blobs, Chunk, Clock, Engine, Identify, Inlet, Queue, Table, Utterance
from shared.service.slices import Slices
from shared.service.sources import NOTHING, Sources
from shared.settings import CATALOGUE, Settings
from shared.telemetry import UNHEARD, Telemetry


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
    missing: Callable[[str], str] = missing
    """What to do so that the engine of this name can speak; "" where it can."""

    sources: Sources = NOTHING
    """What SSML documents may bring along from elsewhere."""
    identify: Identify | None = None
    """None: nobody enters with a token."""
    poisoned: Inlet | None = None
    """Where the host puts messages of `queue` that failed too often."""
    byos: Blobs | None = None
    """Where results are unpacked that name no container."""
    telemetry: Telemetry = UNHEARD
    slices: Slices = field(default_factory=Slices)

    def lacking(self, name: str) -> str:
        """Why no voice of the engine of this name is offered; "" where they are."""
        return self.missing(name) if self.settings.engine == CATALOGUE else ""

    def spoken(self, utterance: Utterance) -> Iterator[Chunk]:
        """By the engine that has its voice, or by the one that speaks for all.

        Raises SettingsError: there is no such engine; InputError: it cannot speak the text.
        """
        chosen = self.settings.engine
        return self.engine(utterance.engine if chosen == CATALOGUE else chosen).speak(utterance)


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


def not_now(why: str) -> Rejected:
    """What comes again in a moment may succeed."""
    return Rejected(503, "ServiceUnavailable", why, headers={"Retry-After": "1"})


def bad_request(error: InputError) -> Rejected:
    return Rejected(400, "BadRequest", f"{error.why} {error.remedy}", error.where)
