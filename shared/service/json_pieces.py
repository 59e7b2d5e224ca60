"""JSON written piece by piece: what repeats all of a request's texts is megabytes, of which the encoder makes three."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice

_TOKENS = 1000
"""In memory at a time."""


def json_pieces(content: object) -> Iterator[bytes]:
    """UTF-8, indented for people."""
    tokens = json.JSONEncoder(ensure_ascii=False, indent=2).iterencode(content)
    while piece := "".join(islice(tokens, _TOKENS)):
        yield piece.encode()
