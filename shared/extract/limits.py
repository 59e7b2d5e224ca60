"""How much a file may hold, and how it is cut: what a deployment's settings say to extraction."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    input_characters: int
    """Longest input that splitting makes; 0: not split."""
    book_entries: int
    """Files in an EPUB."""
    book_bytes: int
    """Of all that is read of an EPUB, unpacked."""
    book_ratio: int
    """Unpacked bytes for each packed one."""
    cover_bytes: int
    """A larger cover is left out."""
