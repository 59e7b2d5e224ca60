"""What SSML asks for, measured on the signal of the real voice: pace, pitch, loudness, silences, phones."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from shared.audio import shaping
from shared.engines import engine
from shared.engines.phones import linked, misaki
from shared.marks import marked
from shared.service.plan import Part, read_item, script_of, write_item
from shared.service.saying import Speaker
from shared.service.sources import NOTHING
from shared.ssml import parse

pytestmark = pytest.mark.engine

RATE = 24_000
SENTENCE = "The rainbow is a division of white light into many beautiful colors."
LONGER = f"{SENTENCE} These take the shape of a long round arch, with its path high above."
Sound = NDArray[np.int16]


def _say(body: str, *, characters: int = 5000) -> Sound:
    """As workers speak it, by way of the plan's blob."""
    voice = engine("hibari")
    text = (
        '<speak version="1.0" xmlns:mstts="http://www.w3.org/2001/mstts" xml:lang="en-US">'
        f'<voice name="en-US-JennyNeural">{body}</voice></speak>'
    )
    speaker = Speaker(speak=voice.speak, rate=RATE, sources=NOTHING)
    parts = [
        Part(input=0, script=run) for run in script_of(parse(text), characters=characters, lacking=lambda name: "")
    ]
    chunks = (chunk for part in read_item(write_item(parts)) for chunk in speaker.chunks(part.script))
    return np.frombuffer(b"".join(chunk.pcm for chunk in chunks), "<i2")


def _speech(sound: Sound) -> tuple[float, float]:
    """Seconds at which speech is first and last heard."""
    heard = shaping.audible(sound.tobytes(), sample_rate=RATE)
    assert heard
    return heard[0] / RATE, heard[1] / RATE


def _seconds(sound: Sound) -> float:
    first, last = _speech(sound)
    return last - first


def _hertz(sound: Sound) -> float:
    """Median pitch of the loud frames of 50 ms, by autocorrelation."""
    size = 1200
    window = np.hanning(size)
    own = np.fft.irfft(np.abs(np.fft.rfft(window, 4 * size)) ** 2)[:size]
    loud = np.sqrt(np.mean(sound.astype(float) ** 2)) * 0.7
    found = []
    for start in range(0, len(sound) - size, size // 2):
        frame = sound[start : start + size].astype(float)
        if np.sqrt(np.mean(frame**2)) < loud:
            continue
        spectrum = np.fft.rfft((frame - frame.mean()) * window, 4 * size)
        likeness = np.fft.irfft(np.abs(spectrum) ** 2)[:size]
        likeness = likeness / likeness[0] / (own / own[0])
        periods = np.arange(RATE // 500, RATE // 70)
        period = periods[np.argmax(likeness[periods] - 0.0005 * periods)]
        if likeness[period] > 0.6:
            found.append(RATE / period)
    return float(np.median(found))


@pytest.fixture(scope="module")
def plain() -> Sound:
    return _say(LONGER)


@pytest.mark.parametrize(
    ("rate", "pace"),
    [("0.5", 0.5), ("slow", 0.64), ("-25%", 0.75), ("0.9", 0.9), ("+30%", 1.3), ("fast", 1.55), ("x-fast", 2.0)],
)
def test_rate_changes_the_duration(plain: Sound, rate: str, pace: float) -> None:
    changed = _say(f"<prosody rate='{rate}'>{LONGER}</prosody>")
    assert _seconds(plain) / _seconds(changed) == pytest.approx(pace, rel=0.1)
    assert _hertz(changed) == pytest.approx(_hertz(plain), rel=0.1)


@pytest.mark.parametrize(
    ("pitch", "change"),
    [("-50%", 0.5), ("x-low", 0.55), ("-20%", 0.8), ("+2st", 1.12), ("high", 1.2), ("+45%", 1.45), ("600Hz", 1.5)],
)
def test_pitch_changes_the_pitch_and_not_the_duration(plain: Sound, pitch: str, change: float) -> None:
    changed = _say(f"<prosody pitch='{pitch}'>{LONGER}</prosody>")
    assert _hertz(changed) / _hertz(plain) == pytest.approx(change, rel=0.15)
    assert len(changed) == len(plain)


@pytest.mark.parametrize(("volume", "change"), [("50", 0.5), ("-20%", 0.8), ("x-soft", 0.2), ("silent", 0.0)])
def test_volume_changes_the_loudness(plain: Sound, volume: str, change: float) -> None:
    changed = _say(f"<prosody volume='{volume}'>{LONGER}</prosody>")
    loudness = [float(np.sqrt(np.mean(sound.astype(float) ** 2))) for sound in (changed, plain)]
    assert loudness[0] / loudness[1] == pytest.approx(change, abs=0.01)


def test_a_sentence_whose_manner_changes_goes_on(plain: Sound) -> None:
    """Without the pause that ends a sentence, which would be over half a second at each change."""
    whole, parted = _say("I said hello to you."), _say("I said <prosody volume='80'>hello</prosody> to you.")
    assert _seconds(parted) < _seconds(whole) + 0.7


@pytest.mark.parametrize(("value", "seconds"), [("1s", 0.5), ("3s", None), ("6000ms", None), ("60s", 2.0)])
def test_audio_lasts_as_long_as_it_is_told_within_a_factor_of_two(value: str, seconds: float | None) -> None:
    natural = len(_say(SENTENCE)) / RATE
    lasting = len(_say(f"<mstts:audioduration value='{value}'/>{SENTENCE}")) / RATE
    wished = {"3s": 3.0, "6000ms": 6.0}.get(value, natural * (seconds or 1))
    assert lasting == pytest.approx(wished, abs=0.01)


def test_exact_silences_take_the_place_of_natural_ones() -> None:
    silences = "<mstts:silence type='Leading-exact' value='700ms'/><mstts:silence type='Tailing-exact' value='900ms'/>"
    sound = _say(silences + SENTENCE)
    first, last = _speech(sound)
    assert first == pytest.approx(0.7, abs=0.03)
    assert len(sound) / RATE - last == pytest.approx(0.9, abs=0.03)


def test_other_silences_add_to_natural_ones() -> None:
    natural, longer = _say("One. Two."), _say("<mstts:silence type='Sentenceboundary' value='1s'/>One. Two.")
    assert len(longer) - len(natural) == pytest.approx(RATE, abs=RATE // 10)


def test_phones_are_heard() -> None:
    tomato = "I say <phoneme alphabet='ipa' ph='{}'>tomato</phoneme> now."
    american, british = _say(tomato.format("təˈmeɪɾoʊ")), _say(tomato.format("təˈmɑːtəʊ"))
    assert np.array_equal(american, _say("I say tomato now."))
    assert not np.array_equal(american, british)
    assert 0.7 < len(american) / len(british) < 1.4


def test_a_text_cannot_forge_phones() -> None:
    assert np.array_equal(_say("I say [tomato](/zz/) now."), _say("I say [tomato] (/zz/) now."))


def test_a_text_cut_into_segments_is_spoken_in_the_same_manner() -> None:
    body = f"<prosody pitch='+20%' rate='0.8'>{SENTENCE * 3}</prosody><break time='1s'/>{SENTENCE}"
    whole, cut = _say(body.replace(".T", ". T")), _say(body.replace(".T", ". T"), characters=100)
    assert len(cut) == pytest.approx(len(whole), rel=0.02)
    assert _hertz(cut) == pytest.approx(_hertz(whole), rel=0.05)


@pytest.mark.parametrize(
    ("ipa", "phones"),
    [
        ("təˈmeɪtoʊ", "təmˈAtO"),
        ("dʒʌdʒ", "ʤʌʤ"),
        ("kənˈtrækt", "kəntɹˈækt"),
        ("ˈbʌt.n̩", "bˈʌtən"),
        ("ɝːθ", "ɜɹθ"),
        ("ˈaʊ.ər ˌɔɪl", "ˈWəɹ ˌYl"),
        ("", ""),
    ],
)
def test_ipa_in_the_alphabet_of_the_network(ipa: str, phones: str) -> None:
    assert misaki(ipa) == phones


def test_marks_become_links() -> None:
    assert linked(f"a {marked('to ma', 'tə ˈmeɪ')} b \ue000") == "a [toma](/tə mˈA/) b "
