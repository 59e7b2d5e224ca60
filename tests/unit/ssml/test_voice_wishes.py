"""Empty elements that act on all of their voice: silences, durations, lexicons; and recordings, phones, formulas."""

from __future__ import annotations

import re

import pytest

from shared.batchapi.model import Background, SynthesisConfig
from shared.errors import InputError
from shared.marks import MARK, marked, unmarked
from shared.ssml import Clip, Lasting, Pause, Say, Span, background, parse, plain

SPEAK = '<speak xmlns:mstts="http://www.w3.org/2001/mstts" version="1.0">{}</speak>'


def _spans(body: str, *, fetching: bool = False) -> list[Span]:
    return list(parse(SPEAK.format(f'<voice name="v">{body}</voice>'), fetching=fetching))


def _written(body: str) -> str:
    """The spans in short: text, pauses in brackets, ends that are not natural as numbers."""
    parts = []
    for span in _spans(body):
        if isinstance(span, Pause):
            parts.append(f"[{span.milliseconds}]")
        elif isinstance(span, Say):
            before = "" if span.before is None else f"{span.before}<"
            parts.append(f"{before}{span.text}" + ("" if span.after is None else f">{span.after}"))
    return "|".join(parts)


def _silence(kind: str, value: str = "200ms") -> str:
    return f'<mstts:silence type="{kind}" value="{value}"/>'


SILENCES = {
    _silence("Leading") + "One. Two.": "[200]|One. Two.",
    "One. Two." + _silence("leading"): "[200]|One. Two.",
    _silence("Leading-exact") + "One. Two.": "[200]|0<One. Two.",
    _silence("Leading-exact", "0ms") + "One.": "0<One.",
    _silence("Tailing", "1.5s") + "One.": "One.|[1500]",
    _silence("Tailing-exact") + "One.": "One.>0|[200]",
    _silence("Tailing", "99s") + "One.": "One.|[20000]",
    _silence("Sentenceboundary") + "One. Two! Three?": "One. |[200]|Two! |[200]|Three?",
    _silence("Sentenceboundary-exact") + "One. Two.": "One. >0|[200]|0<Two.",
    _silence("Sentenceboundary") + "Dr. Who is in. e.g. me.": "Dr. Who is in. |[200]|e.g. me.",
    _silence("Sentenceboundary") + "<s>One.</s><s>Two.</s>": "One.|[200]|Two.",
    _silence("Comma-exact") + "One, two; three": "One, >0|[200]|0<two; three",
    _silence("Semicolon-exact") + "One, two; three": "One, two; >0|[200]|0<three",
    _silence("Enumerationcomma-exact") + "一、二": "一、>0|[200]|0<二",
    _silence("Comma-exact") + "1,000": "1,000",
    _silence("Unheard-of") + "One.": "One.",
    _silence("Leading", "soon") + "One.": "One.",
    _silence("Leading"): "[200]",
}


@pytest.mark.parametrize(("body", "expected"), SILENCES.items())
def test_silences(body: str, expected: str) -> None:
    assert _written(body) == expected


def test_silences_end_with_their_voice() -> None:
    voices = f'<voice name="a">{_silence("Tailing")}One.</voice><voice name="b">Two.</voice>'
    spans = parse(SPEAK.format(voices))
    assert [getattr(span, "text", "[]") for span in spans] == ["One.", "[]", "Two."]


def test_a_duration_is_that_of_the_whole_voice() -> None:
    (span,) = _spans('One.<break time="1s"/>Two.<mstts:audioduration value="3s"/>')
    assert isinstance(span, Lasting)
    assert (span.milliseconds, len(span.spans)) == (3000, 3)
    (longest,) = _spans('x<mstts:audioduration value="999s"/>')
    assert isinstance(longest, Lasting)
    assert longest.milliseconds == 300_000
    assert _written('x<mstts:audioduration value="soon"/>') == "x"


def test_a_text_that_cannot_fit_its_duration_is_spoken_at_twice_the_rate() -> None:
    (span,) = _spans('<mstts:audioduration value="3s"/>' + "word " * 3000)
    assert isinstance(span, Say)
    assert span.rate == 2.0


def test_pauses_that_cannot_fit_a_duration_are_not_gathered_for_it() -> None:
    spans = _spans('<mstts:audioduration value="300s"/>x' + '<break time="20s"/>' * 720)
    assert not any(isinstance(span, Lasting) for span in spans)


def test_recordings_and_lexicons_are_left_out_unless_they_may_be_fetched() -> None:
    body = '<lexicon uri="https://x/l.xml"/><audio src="https://x/a.mp3">a bell</audio> rang'
    assert _spans(body) == [Say(text="a bell rang", voice="v")]
    clip, rang = _spans(body, fetching=True)
    assert isinstance(clip, Clip)
    assert (clip.url, [span.text for span in clip.instead if isinstance(span, Say)]) == ("https://x/a.mp3", ["a bell"])
    assert isinstance(rang, Say)
    assert rang.lexicons == ("https://x/l.xml",)


@pytest.mark.parametrize("src", ["http://x/a.mp3", "file:///etc/passwd", "", "https://x/" + "a" * 3000])
def test_other_addresses_are_never_asked_for(src: str) -> None:
    assert _spans(f'<audio src="{src}">a bell</audio>', fetching=True) == [Say(text="a bell", voice="v")]


def test_a_long_text_is_not_held_back_for_a_recording() -> None:
    assert isinstance(_spans(f'<audio src="https://x/a">{"x" * 3000}</audio>', fetching=True)[0], Say)


def test_background_audio() -> None:
    element = '<mstts:backgroundaudio src="https://x/b.mp3" volume="0.7" fadein="3000" fadeout="99s"/>'
    text = SPEAK.format(f'{element}<voice name="v">x</voice>')
    assert background(text) == Background(url="https://x/b.mp3", volume=0.7, fade_in=3000, fade_out=10_000)
    assert background(text.replace("https", "http")) is None
    assert background(SPEAK.format('<voice name="v">backgroundaudio</voice>')) is None


def test_no_silence_is_within_a_word_with_phones() -> None:
    phoneme = '<phoneme ph="i">一、二。</phoneme>'
    assert unmarked(_written(_silence("Enumerationcomma-exact") + _silence("Sentenceboundary") + phoneme)) == "一、二。"


def test_phones_are_for_words_not_for_pages() -> None:
    assert _written(f'<phoneme ph="i">{"x" * 151}</phoneme>') == "x" * 151


def test_a_word_with_phones_of_its_own_is_marked() -> None:
    (span,) = _spans('I say <phoneme alphabet="ipa" ph="təˈmeɪ toʊ">to ma</phoneme>.')
    assert isinstance(span, Say)
    (mark,) = MARK.finditer(span.text)
    assert not re.search(r"\s", mark[0])
    assert unmarked(span.text) == "I say to ma."


@pytest.mark.parametrize("alphabet", ["sapi", "ups", "x-sampa", "x-microsoft-sapi"])
def test_of_other_alphabets_the_text_is_read(alphabet: str) -> None:
    assert _written(f'<phoneme alphabet="{alphabet}" ph="t ax m ey 1 t ow">tomato</phoneme>') == "tomato"


@pytest.mark.parametrize("ph", ["t☃", "日", "1", "x" * 201, "[a](b)", "\ue000a"])
def test_phones_that_are_none_are_refused(ph: str) -> None:
    with pytest.raises(InputError, match="the ph of a <phoneme> cannot be read") as caught:
        _spans(f'<phoneme ph="{ph}">x</phoneme>')
    assert re.match(r"line 1, column \d+", caught.value.where)


def test_an_authors_private_characters_are_no_marks() -> None:
    assert _written(marked("word", "x")) == "word"
    assert _written(f"<sub alias='{marked('word', 'x')}'>y</sub>") == "word"
    assert _written(f"<say-as interpret-as='name'>{marked('word', 'x')}</say-as>") == "word"
    assert plain(marked("word", "x"), SynthesisConfig(voice="v"))[0] == Say(text="word", voice="v")
    assert plain("\ue000\ue003", SynthesisConfig(voice="v")) == ()


def test_a_formula_is_read_sign_by_sign() -> None:
    formula = '<math xmlns="http://www.w3.org/1998/Math/MathML"><msup><mi>a</mi><mn>2</mn></msup><mo>+</mo><mi>b</mi>'
    assert _written(f"{formula}<annotation>a^2+b</annotation></math>").split() == ["a", "2", "+", "b"]


@pytest.mark.parametrize(
    "element",
    [
        "mstts:express-as style='unheard-of' styledegree='2' role='Girl'",
        "mstts:ttsembedding speakerProfileId='x'",
        "mstts:voiceconversion url='https://x/y'",
        "mstts:prompt domain='Math'",
        "mstts:mathspeechverbosity level='verbose'",
        "mstts:dialog",
        "emphasis level='strong'",
        "prosody range='high' contour='(0%,+20Hz)(10%,-2st)'",
        "unheard-of",
    ],
)
def test_other_elements_lend_their_text(element: str) -> None:
    assert _written(f"a <{element}>b</{element.split()[0]}> c") == "a b c"


def test_turns_of_a_dialog_are_parted() -> None:
    assert (
        _written("<mstts:dialog><mstts:turn speaker='a'>A</mstts:turn><mstts:turn>B</mstts:turn></mstts:dialog>")
        == "A|B"
    )
