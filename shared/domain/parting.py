"""A version's inputs into its parts: runs of inputs, each of which fits into one job."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from shared.domain.documents import Part, Version
from shared.domain.packing import JobLimits, body_bytes
from shared.errors import InputError

MAX_PARTS = 90
"""Of one version: its row, its parts, the version it supersedes and the starts go in one transaction."""


@dataclass
class _Share:
    """The inputs of a part while it is being filled."""

    count: int = 0
    characters: int = 0
    bytes: int = 0


def parts_of(version: Version, inputs: Sequence[str], *, limits: JobLimits, most_inputs: int) -> tuple[Part, ...]:
    """`most_inputs`: of one part. Raises InputError where one input alone is too long, or all together are."""
    shares: list[_Share] = []
    for number, text in enumerate(inputs, 1):
        size = body_bytes(text)
        if size > limits.body_bytes:
            why = f"It takes {size:,} bytes of a request, and the endpoint takes {limits.body_bytes:,}"
            raise InputError(why, where=f"input {number}", remedy="Split it into smaller files and drop those.")
        full = not shares or shares[-1].bytes + size > limits.body_bytes
        if full or shares[-1].count == min(most_inputs, limits.inputs):
            shares.append(_Share())
        share = shares[-1]
        share.count, share.characters, share.bytes = share.count + 1, share.characters + len(text), share.bytes + size
    if len(shares) > MAX_PARTS:
        raise InputError(
            f"It takes {len(shares)} jobs, and the limit is {MAX_PARTS}", remedy="Split it, and drop those."
        )
    ends = accumulate(share.count for share in shares)
    return tuple(
        Part(
            document=version.document,
            sequence=version.sequence,
            part=number,
            first=end - share.count + 1,
            count=share.count,
            characters=share.characters,
            body_bytes=share.bytes,
        )
        for number, (share, end) in enumerate(zip(shares, ends, strict=True), 1)
    )
