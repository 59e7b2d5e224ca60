"""Where sentences end, by their marks."""

from __future__ import annotations

import pytest

from shared.ssml.sentences import ENDS, SENTENCE_OR_TEXT_END, ended


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("It rains. “Does it?” It does!", 3),
        ("Dr. Who knows e.g. Mr. Smith.", 1),
        ("Das ist z. B. gut, d. h. recht.", 1),
        ("Pi is 3.14.", 1),
        ("好。「好。」好！", 3),
        ("네. 그래요.", 2),
        ("यह है। वह है।", 2),
        ("هل هذا صحيح؟ نعم.", 2),
        ("یہ ہے۔ وہ ہے۔", 2),
        ("ሰላም። ሰላም።", 2),
        ("ဒါ။ ဒါ။", 2),
        ("Սա է։ Նա է։", 2),
    ],
)
def test_sentences_end_in_every_script(text: str, count: int) -> None:
    ends = [match.end() for match in SENTENCE_OR_TEXT_END.finditer(text)]
    assert (len(ends), ends[-1]) == (count, len(text))
    assert ended(text)
    assert not ended(text.rstrip("".join(ENDS)))
