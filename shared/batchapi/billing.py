"""What the API counts as billable characters.

Every code point counts, markup as well, but the tags `<speak>` and `<voice>`; a Chinese character counts double
(also as kanji and hanja). The rule is stated for text to speech in general; the batch API's own example agrees.
"""

from __future__ import annotations

import re

from shared.batchapi.model import InputKind

_FREE_TAGS = re.compile(r"</?(?:[A-Za-z][\w.-]*:)?(?:speak|voice)(?=[\s/>])(?:[^>\"']++|\"[^\"]*+\"?|'[^']*+'?)*+>?")
_HAN = re.compile(
    "[\u2e80-\u2fd5\u3005\u3007\u3021-\u3029\u3038-\u303b\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0002fa1f\U00030000-\U000323af]"
)


def billable_characters(text: str, kind: InputKind) -> int:
    """Characters of one input that a request pays for. Linear in the text's length, whatever it holds."""
    counted = _FREE_TAGS.sub("", text) if kind is InputKind.SSML else text
    return len(counted) + len(_HAN.findall(counted))
