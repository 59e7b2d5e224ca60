"""Hypothesis strategies for rows of the domain: arbitrary values in every field."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import strategies as st

from shared.domain.documents import Part, PartStatus, SpokenInput, Version, VersionStatus
from shared.domain.jobs import Job, JobStatus, Verdict

times = st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC))
counts = st.integers(0, 2**31)
documents = st.text("0123456789abcdef", min_size=64, max_size=64)
texts = st.text(max_size=30)
options = st.dictionaries(texts, texts | st.integers() | st.booleans() | st.none() | st.lists(texts, max_size=2))
reports = st.fixed_dictionaries({"where": texts, "why": texts, "remedy": texts})

versions = st.builds(
    Version,
    document=documents,
    sequence=st.integers(1, 10**7),
    path=st.text(min_size=1, max_size=50),
    source_etag=texts,
    source_bytes=counts,
    status=st.sampled_from(VersionStatus),
    options=options,
    kind=texts,
    parts=counts,
    parts_done=counts,
    parts_failed=counts,
    inputs=counts,
    characters=counts,
    kept=texts,
    created=times,
    ended=st.none() | times,
    error=st.none() | reports,
)

spoken = st.builds(
    SpokenInput,
    number=counts,
    sha256=documents,
    characters=counts,
    bytes=counts,
    duration_ms=counts,
    job=texts,
).map(SpokenInput.as_list)

parts = st.builds(
    Part,
    document=documents,
    sequence=st.integers(1, 10**7),
    part=st.integers(1, 9999),
    first=st.integers(1, 10_000),
    count=st.integers(1, 250),
    characters=counts,
    body_bytes=counts,
    status=st.sampled_from(PartStatus),
    job=texts,
    attempt=counts,
    round=counts,
    todo=st.lists(counts, max_size=4).map(tuple),
    lot=texts,
    entry=texts,
    results=st.lists(spoken, max_size=3).map(tuple),
    error=st.none() | reports,
)

jobs = st.builds(
    Job,
    id=st.from_regex(r"[a-z0-9]{1,16}-[0-9a-f]{32}", fullmatch=True),
    status=st.sampled_from(JobStatus),
    created=times,
    entry=texts,
    lease_until=st.none() | times,
    digest=texts,
    documents=counts,
    inputs=counts,
    characters=counts,
    output_format=texts,
    holder=texts,
    destination=st.booleans(),
    adopts=texts,
    creates=counts,
    first_unknown=st.none() | times,
    unknown_until=st.none() | times,
    synthesis=texts,
    accepted=st.none() | times,
    asked=st.none() | times,
    verdict=st.none() | st.sampled_from(Verdict),
    why=texts,
    prefix=texts,
    concluded=st.none() | times,
    slice_documents=st.integers(1, 100),
    slices_done=st.lists(counts, max_size=4).map(tuple),
    ended=st.none() | times,
    billed=st.dictionaries(texts, counts, max_size=2),
)
