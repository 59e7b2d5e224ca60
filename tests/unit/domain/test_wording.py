"""What is sent under options: plain text where it can be, and a changed word changes no other input."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.batchapi.model import InputKind
from shared.batchapi.versions import GA, PREVIEW
from shared.domain.options import Options
from shared.domain.splitting import split
from shared.domain.wording import Form, worded, written
from shared.errors import InputError
from shared.ssml import check

PLAIN, SSML = InputKind.PLAIN_TEXT, InputKind.SSML
OPTIONS = Options(voice="en-US-JennyNeural", output_format="audio-24khz-48kbitrate-mono-mp3")
LEXICON = replace(OPTIONS, lexicon={"GIF": "jif", "SQL": "sequel"})


@pytest.mark.parametrize(
    ("options", "texts", "kind"),
    [
        (OPTIONS, ["One."], PLAIN),
        (replace(OPTIONS, style="chat", rate="1.5", role="Girl", volume="80"), ["One.\n\nTwo.", "Three."], PLAIN),
        (replace(OPTIONS, combined=True, subtitles=("srt",), word_boundary=True), ["One."], PLAIN),
        (LEXICON, ["One."], PLAIN),
        (LEXICON, ["One.", "A GIF."], SSML),
        (replace(OPTIONS, paragraph_pause_ms=500), ["One paragraph."], PLAIN),
        (replace(OPTIONS, paragraph_pause_ms=500), ["One.\n\nTwo."], SSML),
        (replace(OPTIONS, paragraph_pause_ms=500), ["One.", "Two."], SSML),
        (replace(OPTIONS, language="en-US"), ["One."], PLAIN),
        (replace(OPTIONS, language="de-DE"), ["Eins."], SSML),
    ],
)
def test_it_is_plain_text_unless_only_ssml_can_say_it(options: Options, texts: list[str], kind: InputKind) -> None:
    wording = worded(PLAIN, texts, options, GA)
    assert wording.kind is kind
    assert wording.plain == tuple(texts)
    assert len(wording.texts) == len(texts)
    if kind is PLAIN:
        assert wording.texts == tuple(texts)
    else:
        for text in wording.texts:
            check(text)


def test_what_a_version_of_the_api_has_no_member_for_goes_into_ssml() -> None:
    options = replace(OPTIONS, style="chat", style_degree=2)
    assert worded(PLAIN, ["One."], options, GA).kind is PLAIN
    wording = worded(PLAIN, ["One."], options, PREVIEW)
    assert wording.kind is SSML
    assert 'styledegree="2"' in wording.texts[0]


def test_an_authors_ssml_stays_as_it_is() -> None:
    text = '<speak version="1.0"><voice name="x">A GIF.</voice></speak>'
    wording = worded(SSML, [text], replace(LEXICON, combined=True), GA)
    assert (wording.kind, wording.texts) == (SSML, (text,))
    assert wording.options == Options(output_format=OPTIONS.output_format, combined=True)
    assert list(wording.forms(1)) == [Form(kind=SSML, text=text)]


def test_only_the_words_that_stand_in_it_are_kept() -> None:
    assert worded(PLAIN, ["A GIF."], LEXICON, GA).options.lexicon == {"GIF": "jif"}
    assert worded(PLAIN, ["SQLite"], LEXICON, GA).options.lexicon == {}


def test_more_words_than_a_row_holds_are_refused() -> None:
    lexicon = {f"word{number}": "x" * 100 for number in range(500)}
    with pytest.raises(InputError) as raised:
        worded(PLAIN, [" ".join(lexicon)], replace(OPTIONS, lexicon=lexicon), GA)
    assert raised.value.where == "lexicon"
    assert "the limit is 24,000" in raised.value.why


@given(
    texts=st.lists(st.sampled_from(["A GIF.", "One.\n\nTwo.", "Eins & zwei."]), min_size=1, max_size=4),
    pause=st.sampled_from([0, 500]),
)
def test_it_can_be_written_again_from_what_is_frozen(texts: list[str], pause: int) -> None:
    wording = worded(PLAIN, texts, replace(LEXICON, paragraph_pause_ms=pause), GA)
    frozen = Options.of(wording.options.as_json())
    assert (wording.texts if wording.kind is SSML else written(texts, frozen)) == written(texts, frozen)
    assert worded(PLAIN, texts, frozen, GA) == wording


def test_an_input_that_needs_no_ssml_sounds_the_same_in_either_form() -> None:
    """So a first word of a lexicon in a book is no reason to pay for all of the book again."""
    before = worded(PLAIN, ["One.", "Two."], LEXICON, GA)
    after = worded(PLAIN, ["One.", "Two, a GIF."], LEXICON, GA)
    assert (before.kind, after.kind) == (PLAIN, SSML)
    assert before.texts[0] in {form.text for form in after.forms(1)}
    assert after.texts[0] in {form.text for form in before.forms(1)}
    assert [form.kind for form in after.forms(2)] == [SSML]
    assert len({form.sha256 for number in (1, 2) for form in after.forms(number)}) == 3


def book(seed: int) -> list[str]:
    draw = random.Random(seed)
    words = ["sea", "GIF", "SQL", "lamp", "New York", "tide", "keeper"]
    sentences = [" ".join(draw.choices(words, k=draw.randint(4, 14))).capitalize() + "." for _ in range(3000)]
    return ["".join(f"{one} " for one in sentences[start : start + 6]).strip() for start in range(0, 3000, 6)]


@pytest.mark.parametrize("seed", range(5))
def test_one_changed_word_changes_two_inputs_at_most(seed: int) -> None:
    options = replace(LEXICON, paragraph_pause_ms=800, style="chat")
    paragraphs = book(seed)
    changed = list(paragraphs)
    place = random.Random(seed).randrange(len(paragraphs))
    changed[place] = changed[place].replace(" ", " GIF ", 1)
    sent = [
        worded(PLAIN, [piece.strip() for piece in split("\n\n".join(text), 4000)], options, GA).texts
        for text in (paragraphs, changed)
    ]
    assert len(sent[1]) > 20
    assert 1 <= len(set(sent[1]) - set(sent[0])) <= 2
