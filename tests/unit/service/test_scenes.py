"""Recordings, lexicons and background audio in the service; prosody, breaks and voices across segments."""

from __future__ import annotations

import io
import json
import wave
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np
import pytest

from shared.audio import encode, shaping
from shared.batchapi.summary import read_summary
from shared.batchapi.versions import GA
from shared.engines.silence import Silence
from shared.errors import InputError
from shared.ports import Chunk, Utterance, WordTime
from shared.service.context import Service
from shared.service.plan import script_of, spans_of
from shared.service.saying import Speaker
from shared.service.script import Lasting, Line, read_step, write_step
from shared.service.sources import NOTHING, Sources
from tests.unit.service.world import World

RATE = 24_000
SPEAK = (
    '<speak version="1.0" xmlns:mstts="http://www.w3.org/2001/mstts" xml:lang="en-US">{}'
    '<voice name="en-US-AvaNeural">{}</voice></speak>'
)
LEXICON = b"""<?xml version="1.0"?>
<lexicon version="1.0" xmlns="http://www.w3.org/2005/01/pronunciation-lexicon" alphabet="ipa" xml:lang="en-US">
<lexeme><grapheme>BTW</grapheme><alias>By the way</alias><phoneme>x</phoneme></lexeme>
<lexeme><grapheme>Benigni</grapheme><phoneme>b\xc9\x9b\xcb\x88ni\xcb\x90nji</phoneme></lexeme>
<lexeme><grapheme>a+b</grapheme><grapheme>sum</grapheme><alias>total</alias></lexeme>
</lexicon>"""


@dataclass
class Tones:
    """An engine that says a tone of a tenth of a second for each letter, between silences of a tenth."""

    said: list[Utterance] = field(default_factory=list)
    sample_rate: int = RATE

    def speak(self, utterance: Utterance) -> Iterator[Chunk]:
        self.said.append(utterance)
        letters = sum(map(str.isalpha, utterance.text))
        seconds = np.arange(letters * RATE // 10) / RATE
        tone = (8000 * np.sin(2 * np.pi * 200 * seconds)).astype("<i2").tobytes()
        quiet = bytes(RATE // 10 * 2)
        yield Chunk(pcm=quiet + tone + quiet, words=(WordTime(text="w", offset=100, duration=letters * 100),))


@dataclass
class Web:
    """What there is to fetch."""

    files: dict[str, bytes]
    asked: list[str] = field(default_factory=list)

    def __call__(self, url: str, most_bytes: int) -> bytes:
        self.asked.append(url)
        if url not in self.files or len(self.files[url]) > most_bytes:
            raise InputError("a file could not be fetched: it is not there", remedy="Put it there.")
        return self.files[url]


def _world(web: Web | None, **settings: str) -> tuple[World, Tones]:
    engine = Tones()
    world = World(engine=engine, settings=settings)
    if web is not None:
        service = world.service
        fields = {name: getattr(service, name) for name in Service.__dataclass_fields__}
        world.service = Service(**{**fields, "sources": Sources(web, lambda: world.now)})
    return world, engine


def _sound(world: World, *texts: str, joined: bool = False) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    inputs = [{"content": text} for text in texts]
    world.create(inputKind="SSML", inputs=inputs, properties={"concatenateResult": joined})
    world.work()
    files = world.archive(world.get("job-1")["outputs"]["result"])
    with wave.open(io.BytesIO(files["0001.wav"])) as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2")


def _recording(seconds: float, amplitude: int = 4000) -> bytes:
    count = int(seconds * RATE)
    pcm = np.full(count, amplitude, "<i2").tobytes()
    return b"".join(encode("riff-24khz-16bit-mono-pcm", [pcm], sample_rate=RATE, samples=count))


BELL = SPEAK.format("", '<audio src="https://x/bell.wav">bell</audio>')


def test_a_recording_is_played() -> None:
    sound = _sound(_world(Web({"https://x/bell.wav": _recording(2.0)}))[0], BELL)
    assert len(sound) == 2 * RATE
    assert np.all(np.abs(sound - 4000) < 10)


SESSION = b"""v=0
o=- 0 0 IN IP4 127.0.0.1
s=x
c=IN IP4 127.0.0.1
t=0 0
m=audio 45004 RTP/AVP 0
"""
"""By such a description FFmpeg would wait for packets at a port of the worker's."""
OTHERS = b"ffconcat version 1.0\nfile 'x.mp3'\n"


def _slow(rate: int) -> bytes:
    with io.BytesIO() as file:
        with wave.open(file, "wb") as recording:
            recording.setparams((1, 2, rate, 0, "NONE", ""))
            recording.writeframes(bytes(200))
        return file.getvalue()


@pytest.mark.parametrize(
    "file", [SESSION, OTHERS, _slow(1)], ids=["a session", "a list of others", "one sample a second"]
)
def test_what_is_no_recording_of_its_own_is_refused(file: bytes) -> None:
    with pytest.raises(InputError, match="cannot be decoded"):
        shaping.decode(file, sample_rate=RATE, seconds=600)


def test_what_was_fetched_is_not_fetched_again_for_a_while_nor_what_could_not_be_had() -> None:
    web = Web({"https://x/bell.wav": _recording(2.0)})
    world, _ = _world(web)
    both = BELL.replace("</voice>", '<audio src="https://x/none.wav"/></voice>')
    _sound(world, both, both)
    assert web.asked == ["https://x/bell.wav", "https://x/none.wav"]
    world.wait(16 * 60)
    assert world.service.sources.recording("https://x/none.wav", RATE) is None
    assert len(web.asked) == 3


def test_of_large_recordings_few_are_kept() -> None:
    large = _recording(300.0)
    web = Web({f"https://x/{number}.wav": large for number in range(4)})
    sources = Sources(web, lambda: datetime(2026, 1, 1, tzinfo=UTC))
    for number in (0, 1, 2, 3, 3, 2, 0):
        assert sources.recording(f"https://x/{number}.wav", RATE)
    assert web.asked == [f"https://x/{number}.wav" for number in (0, 1, 2, 3, 0)]


def test_a_lease_is_kept_while_what_is_to_last_is_gathered() -> None:
    kept: list[int] = []
    speaker = Speaker(speak=Tones().speak, rate=RATE, sources=NOTHING, keep=lambda: kept.append(1))
    line = Line(utterance=Utterance(text="one", voice="heart"))
    assert list(speaker.chunks([Lasting(milliseconds=5000, steps=(line, line))]))
    assert len(kept) == 2


@pytest.mark.parametrize("files", [{}, {"https://x/bell.wav": b"no recording"}, {"https://x/bell.wav": b""}])
def test_its_text_is_spoken_where_it_cannot_be_had(files: dict[str, bytes]) -> None:
    world, engine = _world(Web(files))
    _sound(world, BELL)
    assert [said.text for said in engine.said] == ["bell"]


def test_of_recordings_that_may_be_long_two_are_spoken_as_one() -> None:
    bell = '<audio src="https://x/bell.wav"/>'
    spans = spans_of(SPEAK.format("", bell * 5), None, fetching=True)
    runs = script_of(spans, characters=5000, lacking=lambda name: "")
    assert [len(run) for run in runs] == [2, 2, 1]


def test_nothing_is_fetched_unless_it_is_allowed() -> None:
    world, engine = _world(None)
    _sound(world, BELL)
    assert [said.text for said in engine.said] == ["bell"]


def test_words_are_said_as_a_lexicon_has_them() -> None:
    web = Web({"https://x/l.xml": LEXICON})
    world, engine = _world(web)
    text = '<lexicon uri="https://x/l.xml"/>BTW, Benigni and benigni are sums, btw: a+b is the sum. BTWs.'
    _sound(world, SPEAK.format("", text), SPEAK.format("", text))
    (said, again) = (utterance.text for utterance in engine.said)
    assert said == again
    word = "\ue000Benigni\ue001bɛˈniːnji\ue002"
    assert said == f"By the way, {word} and benigni are sums, btw: total is the total. BTWs."
    assert web.asked == ["https://x/l.xml"]
    world.wait(16 * 60)
    assert world.service.sources.applied(("https://x/l.xml",), "BTW") == "By the way"
    assert len(web.asked) == 2


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<lexicon",
        b"\xff\xfe\x00",
        b"<!DOCTYPE x [<!ENTITY a 'b'>]><lexicon/>",
        b"<lexicon><lexeme><grapheme>BTW</grapheme></lexeme></lexicon>",
        b"<lexicon alphabet='x-microsoft-sapi'><lexeme><grapheme>BTW</grapheme><phoneme>b</phoneme></lexeme></lexicon>",
    ],
)
def test_a_lexicon_without_use_changes_nothing(content: bytes) -> None:
    world, engine = _world(Web({"https://x/l.xml": content}))
    _sound(world, SPEAK.format("", '<lexicon uri="https://x/l.xml"/>BTW'))
    assert [said.text for said in engine.said] == ["BTW"]


def _swelling(word: str, alias: str) -> bytes:
    return f"<lexicon><lexeme><grapheme>{word}</grapheme><alias>{alias}</alias></lexeme></lexicon>".encode()


@pytest.mark.parametrize("alias", ["a " * 40_000, "a " * 60, "a a a a a"])
def test_lexicons_do_not_blow_a_text_up(alias: str) -> None:
    """Neither one of them nor several after each other, each of which makes more of what the last one made."""
    urls = tuple(f"https://x/{n}.xml" for n in range(5))
    web = Web(dict.fromkeys(urls, _swelling("a", alias)))
    world, _ = _world(web)
    text = "a " * 2500
    assert len(world.service.sources.applied(urls, text)) <= 8 * len(text) + 60


def test_a_lexicon_may_make_much_of_one_word() -> None:
    alias = "National Aeronautics and Space Administration"
    world, engine = _world(Web({"https://x/l.xml": _swelling("NASA", alias)}))
    _sound(world, SPEAK.format("", '<lexicon uri="https://x/l.xml"/>NASA'))
    assert [said.text for said in engine.said] == [alias]


def test_a_lexicon_s_private_characters_are_no_marks() -> None:
    web = Web({"https://x/l.xml": _swelling("BTW", "\ue000by the way\ue001x\ue002")})
    world, engine = _world(web)
    _sound(world, SPEAK.format("", '<lexicon uri="https://x/l.xml"/>BTW'))
    assert [said.text for said in engine.said] == ["by the way"]


BACKGROUND = '<mstts:backgroundaudio src="https://x/b.wav" volume="0.5" fadein="{}" fadeout="{}"/>'


def _behind(fades: tuple[int, int], **settings: str) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    world, _ = _world(Web({"https://x/b.wav": _recording(0.7)}), **settings)
    return _sound(world, SPEAK.format(BACKGROUND.format(*fades), '<break time="2s"/>' * 5))


def test_a_background_is_repeated_behind_all_of_the_sound() -> None:
    sound = _behind((0, 0))
    assert len(sound) == 10 * RATE
    assert np.all(np.abs(sound[10:-10] - 2000) < 10)


def test_a_background_fades() -> None:
    sound = _behind((2000, 4000)).astype(float)
    assert [round(sound[second * RATE] / 100) for second in (0, 1, 2, 5, 6, 8)] == [0, 10, 20, 20, 20, 10]
    assert abs(sound[-1]) < 10


def test_a_background_takes_no_notice_of_segments() -> None:
    assert np.array_equal(_behind((2000, 4000)), _behind((2000, 4000), SEGMENT_CHARACTERS="100"))


def test_of_joined_inputs_each_has_its_own_background() -> None:
    world, _ = _world(Web({"https://x/b.wav": _recording(0.7)}))
    pause = '<break time="1s"/>'
    sound = _sound(world, SPEAK.format("", pause), SPEAK.format(BACKGROUND.format(0, 0), pause), joined=True)
    assert (abs(int(sound[RATE // 2])) < 10, abs(int(sound[RATE * 3 // 2]) - 2000) < 10) == (True, True)


def _plain_behind(texts: int, *, joined: bool = False, fade_in: int = 0, url: str = "https://x/b.wav") -> World:
    """Plain texts of a second each, with an engine that is silent, and something behind them."""
    web = Web({"https://x/b.wav?sig=s": _recording(0.7)})
    world, _ = _world(web)
    world.engine = Silence()
    background = {"src": url + "?sig=s", "volume": 0.5, "fadein": fade_in}
    world.create(
        inputs=[{"content": "Fifteen letters"}] * texts,
        synthesisConfig={"voice": "en-US-AvaNeural", "backgroundAudio": background},
        properties={"concatenateResult": joined},
    )
    world.work()
    assert len(web.asked) == 1
    return world


def _sounds(world: World) -> list[np.ndarray[tuple[int], np.dtype[np.int16]]]:
    files = world.archive(world.get("job-1")["outputs"]["result"])
    return [np.frombuffer(content[44:], "<i2") for name, content in sorted(files.items()) if name.endswith(".wav")]


def test_a_background_of_plain_text_is_heard_behind_each_file_and_fetched_once() -> None:
    sounds = _sounds(_plain_behind(3))
    assert [len(sound) for sound in sounds] == [RATE] * 3
    assert all(np.all(np.abs(sound[10:-10] - 2000) < 10) for sound in sounds)


def test_a_background_of_plain_texts_that_are_joined_begins_once() -> None:
    (sound,) = _sounds(_plain_behind(3, joined=True, fade_in=2000))
    assert [round(sound[half * RATE // 2] / 100) for half in range(6)] == [0, 5, 10, 15, 20, 20]


def test_a_background_that_cannot_be_had_is_left_out() -> None:
    (sound,) = _sounds(_plain_behind(1, url="https://x/gone.wav"))
    assert not sound.any()


def test_a_background_is_shown_without_its_query_and_not_fetched_unless_it_is_allowed() -> None:
    world, engine = _world(None)
    background = {"src": "https://x/b.wav?sv=1&sig=secret", "volume": 0.5, "fadeout": 9}
    world.create(synthesisConfig={"voice": "en-US-AvaNeural", "backgroundAudio": background})
    shown = {"src": "https://x/b.wav", "volume": 0.5, "fadein": 0, "fadeout": 9}
    assert world.get("job-1")["synthesisConfig"]["backgroundAudio"] == shown
    assert "secret" not in str(list(world.storage.table("syntheses").query(GA.name)))
    world.work()
    assert engine.said
    assert world.get("job-1")["status"] == "Succeeded"


def test_two_megabytes_are_spoken_by_all_workers_in_one_manner() -> None:
    """Prosody, breaks and voices hold across the borders of segments, and no word is lost."""
    world = World()
    said: list[Utterance] = []

    class Listener:
        sample_rate = RATE

        def speak(self, utterance: Utterance) -> Iterator[Chunk]:
            said.append(utterance)
            yield Chunk(pcm=bytes(2))

    world.engine = Listener()
    one = "The sea is calm tonight, and nobody knows why. "
    body = f'<prosody rate="0.8" volume="50">{one * 15_000}</prosody><break time="1s"/>{one * 15_000}'
    text = SPEAK.format("", body).replace("</speak>", f'<voice name="en-GB-RyanNeural">{one * 9_000}</voice></speak>')
    assert len(text) > 1_800_000
    world.create(inputKind="SSML", inputs=[{"content": text}])
    assert len(world.storage.queues["speak"].texts()) > 300
    world.work()
    assert "".join(utterance.text for utterance in said).split() == (one * 39_000).split()
    assert max(len(utterance.text) for utterance in said) <= 5000
    soft = sum(len(utterance.text) for utterance in said if (utterance.rate, utterance.volume) == (0.8, 0.5))
    assert soft == pytest.approx(15_000 * len(one), abs=2)
    assert world.get("job-1")["status"] == "Succeeded"


def test_one_sentence_without_end_is_cut() -> None:
    world, engine = _world(None, SEGMENT_CHARACTERS="1000")
    world.create(inputKind="SSML", inputs=[{"content": SPEAK.format("", "word " * 3000)}])
    world.work()
    assert max(len(said.text) for said in engine.said) <= 1000
    (entry,) = read_summary(world.archive(world.get("job-1")["outputs"]["result"])["summary.json"]).results
    # 15 parts of 0.8 s per word go on with 60 ms between them, not with silences of a tenth at both ends.
    assert entry.duration_ms == pytest.approx(3000 * 400 + 14 * (60 + 40) + 200, abs=300)


def _chunks(*steps: Line) -> list[Chunk]:
    read = [read_step(json.loads(json.dumps(write_step(step)))) for step in steps]
    return list(Speaker(speak=Tones().speak, rate=RATE, sources=NOTHING).chunks(read))


def test_word_times_follow_what_is_done_to_the_sound() -> None:
    utterance = Utterance(text="ten letter", voice="v", rate=1.5)
    (fast,) = _chunks(Line(utterance=utterance))
    assert (fast.words[0].offset, fast.words[0].duration) == (66, 600)
    (edged,) = _chunks(Line(utterance=Utterance(text="ten letter", voice="v"), before=500, after=50))
    assert edged.words[0].offset == pytest.approx(520, abs=10)
    assert len(edged.pcm) / 2 / RATE == pytest.approx(0.5 + 0.9 + 0.04 + 0.05, abs=0.02)
    heard = shaping.audible(edged.pcm, sample_rate=RATE)
    assert heard
    assert heard[0] / RATE == pytest.approx(0.5, abs=0.03)


def test_a_silent_voice_keeps_its_length() -> None:
    lines = [Line(utterance=Utterance(text="...", voice="v"), before=0, after=0)]
    assert len(_chunks(*lines)[0].pcm) == RATE // 10 * 2 * 2
