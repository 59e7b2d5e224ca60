"""How much sound one archiver encodes before the host would end it. What is more fails with a reason, at once.

Encoding cannot be carried on by another process, so all that the segments of long inputs, or joined ones, come to has
to fit one run: with care where there is time for it, quickly where there is not. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass

from shared.audio import speed
from shared.errors import InputError

SHARE_OF_LIFE = 0.8
"""Of a function's time, for encoding: the archiver may have spoken before, and has other files to write."""


@dataclass(slots=True)
class Pace:
    """Of one synthesis's encoding."""

    quick: bool
    longest: float
    """Seconds of sound that can be encoded."""
    taken: float = 0.0

    def take(self, seconds: float) -> None:
        """Raises InputError: there is no time for a file of so much sound."""
        if self.taken + seconds > self.longest:
            raise InputError(
                f"its speech, with that of the long inputs before it, lasts {(self.taken + seconds) / 3600:.1f} hours, "
                f"and of this format {self.longest / 3600:.1f} can be made at once",
                remedy="Divide the text into several syntheses, or choose a format that is made faster.",
            )
        self.taken += seconds


def pace(output_format: str, sound_seconds: float, function_seconds: float) -> Pace:
    """For `sound_seconds` to be encoded in all, where functions may run for `function_seconds`."""
    seconds = function_seconds * SHARE_OF_LIFE
    quick = sound_seconds > speed(output_format) * seconds
    return Pace(quick=quick, longest=speed(output_format, quick=quick) * seconds)
