"""The two versions of the API as two rows of data: paths, member names, limits and defaults.

Whatever differs between `2024-04-01` and `3.1-preview1` stands here, so that client and service have one code path.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

PREFERRED_PAGE = 100
MAX_TIME_TO_LIVE_HOURS = 31 * 24


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ApiVersion:
    """One of the two rows below; equal only to itself."""

    name: str
    path: str
    """Of the collection, without a leading slash."""
    query: Mapping[str, str]
    """Goes with every request."""
    create_method: str
    """PUT to an id that the caller chose, or POST to the collection."""

    kind: str
    text: str
    page_items: str
    next_link: str
    page_size: str
    """Query parameter for the number of items of a page; `skip` is `skip` in both."""
    time_to_live: str
    size: str
    billing: Mapping[str, str]
    """Kind of voice to member of `billingDetails`."""
    summary_texts: str

    time_to_live_iso: bool
    """Time to live is an ISO 8601 duration, not hours."""
    durations_iso: bool
    """Durations are `duration` (ISO 8601) and `durationInTicks`, not `durationInMilliseconds`."""
    named: bool
    """Has `displayName` (required) and `customProperties`."""
    destination_path: bool
    """Has `destinationPath` and `outputs.summary`."""
    roles: bool
    """`synthesisConfig` has `role`, `styleDegree`, `speakerProfileId` and `backgroundAudio`."""
    config_always: bool
    """`synthesisConfig` is answered for SSML too, empty; counts of unused kinds of voices are answered as 0."""
    summary_billing: bool
    """`summary.json` has `billingDetails` for each input."""
    flat_errors: bool
    """An error is `code`, `message`, `innerError`, not one member `error`."""
    words_with_punctuation: bool
    """Punctuation has entries of its own in `nnnn.word.json`, as in the published examples of either version."""
    words_begin_lower: bool
    """The first word of a sentence is written small there, as in the preview's example."""
    fraction_digits: int
    """Of the seconds in a time."""

    max_body_bytes: int
    max_inputs: int
    max_active: int
    """Syntheses not yet ended, of one Speech resource."""
    max_page: int = PREFERRED_PAGE
    max_requests: int
    """Requests in `window_seconds`, of one Speech resource."""
    window_seconds: int
    default_time_to_live_hours: float
    delete_running: bool
    """A synthesis that has not ended can be deleted (GA does not say that it cannot)."""
    max_custom_properties: int = field(default=10)
    active_status: int
    """HTTP status of a create that would exceed `max_active`."""
    tells_budget: bool
    """Answers carry X-RateLimit-Limit, -Remaining and -Reset."""
    operations_path: str = ""
    """Of the operations that creates are; "": the version has none."""

    def collection_url(self, endpoint: str) -> str:
        return f"{endpoint.rstrip('/')}/{self.path}"

    def item_url(self, endpoint: str, synthesis_id: str) -> str:
        return f"{self.collection_url(endpoint)}/{quote(synthesis_id, safe='')}"

    @property
    def caller_names(self) -> bool:
        """The caller chooses the id."""
        return self.create_method == "PUT"


GA = ApiVersion(
    name="2024-04-01",
    path="texttospeech/batchsyntheses",
    query={"api-version": "2024-04-01"},
    create_method="PUT",
    kind="inputKind",
    text="content",
    page_items="value",
    next_link="nextLink",
    page_size="maxpagesize",
    time_to_live="timeToLiveInHours",
    size="sizeInBytes",
    billing={
        "neural": "neuralCharacters",
        "customNeural": "customNeuralCharacters",
        "aoai": "aoaiCharacters",
        "aoaiHD": "aoaiHDCharacters",
        "personalVoice": "personalVoiceCharacters",
    },
    summary_texts="contents",
    time_to_live_iso=False,
    durations_iso=False,
    named=False,
    destination_path=True,
    roles=True,
    config_always=False,
    summary_billing=False,
    flat_errors=False,
    words_with_punctuation=True,
    words_begin_lower=False,
    fraction_digits=7,
    max_body_bytes=2 * 1024 * 1024,
    max_inputs=10_000,
    max_active=300,
    max_requests=100,
    window_seconds=10,
    default_time_to_live_hours=168,
    delete_running=True,
    active_status=429,
    tells_budget=False,
    operations_path="texttospeech/operations",
)

PREVIEW = ApiVersion(
    name="3.1-preview1",
    path="api/texttospeech/3.1-preview1/batchsynthesis",
    query={},
    create_method="POST",
    kind="textType",
    text="text",
    page_items="values",
    next_link="@nextLink",
    page_size="top",
    time_to_live="timeToLive",
    size="audioSize",
    billing={"customNeural": "customNeural", "neural": "neural"},
    summary_texts="texts",
    time_to_live_iso=True,
    durations_iso=True,
    named=True,
    destination_path=False,
    roles=False,
    config_always=True,
    summary_billing=True,
    flat_errors=True,
    words_with_punctuation=False,
    words_begin_lower=True,
    fraction_digits=3,
    max_body_bytes=500 * 1024,
    max_inputs=1_000,
    max_active=200,
    max_requests=50,
    window_seconds=5,
    default_time_to_live_hours=MAX_TIME_TO_LIVE_HOURS,
    delete_running=False,
    active_status=400,
    tells_budget=True,
)

VERSIONS: Mapping[str, ApiVersion] = {version.name: version for version in (GA, PREVIEW)}
