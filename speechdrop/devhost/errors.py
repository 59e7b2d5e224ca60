"""What keeps the devhost from starting."""

from shared.errors import SpeechdropError


class StartError(SpeechdropError):
    """The app, host.json or a setting cannot be used; the message names function or file, key and remedy."""
