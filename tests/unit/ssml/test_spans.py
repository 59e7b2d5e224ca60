"""Plain text as spans."""

from __future__ import annotations

import pytest

from shared.batchapi.model import SynthesisConfig
from shared.ssml import Say, plain


def test_plain_text_is_said_as_the_config_has_it() -> None:
    config = SynthesisConfig(voice="en-US-JennyNeural", rate="+20%", pitch="low", volume="50")
    assert plain("One.\r\nTwo & <three>.", config) == (
        Say(text="One.\r\nTwo & <three>.", voice="en-US-JennyNeural", rate=1.2, pitch=0.8, volume=0.5),
    )


def test_prosody_that_is_not_valid_is_ignored() -> None:
    assert plain("x", SynthesisConfig(voice="v", rate="quick", pitch="?", volume="")) == (Say(text="x", voice="v"),)


@pytest.mark.parametrize("text", ["", " \r\n\t"])
def test_white_space_says_nothing(text: str) -> None:
    assert plain(text, SynthesisConfig(voice="v")) == ()
