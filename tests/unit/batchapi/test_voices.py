"""The catalogue of voices."""

from __future__ import annotations

import re

import pytest

from shared.batchapi.voices import VOICES, find_speaker, find_voice, voices_list


@pytest.mark.parametrize(
    ("name", "locale", "gender"),
    [
        ("en-US-JennyNeural", "en-US", "Female"),
        ("EN-gb-ryanNEURAL", "en-GB", "Male"),
        ("en-US-AvaMultilingualNeural", "en-US", "Female"),
        ("en-US-Andrew2:DragonHDLatestNeural", "en-US", "Male"),
        ("en-us-ava:DragonHDOmniLatestNeural", "en-US", "Female"),
        ("en-IN-NeerjaNeural", "en-IN", "Female"),
        ("en-US-MultiTalker-Ava-Andrew:DragonHDLatestNeural", "en-US", "Neutral"),
    ],
)
def test_an_azure_voice_is_found_in_any_case(name: str, locale: str, gender: str) -> None:
    voice = find_voice(name)
    assert voice is not None
    assert (voice.name.lower(), voice.locale, voice.gender) == (name.lower(), locale, gender)


@pytest.mark.parametrize(
    "name", ["", "en-US-NobodyNeural", "de-DE-NobodyNeural", "ln-CD-NobodyNeural", "Jenny", " en-US-JennyNeural"]
)
def test_an_unknown_voice_is_none(name: str) -> None:
    assert find_voice(name) is None


@pytest.mark.parametrize(
    ("name", "engine", "engine_voice"),
    [
        ("en-GB-SoniaNeural", "hibari", "heart"),
        ("es-MX-DaliaNeural", "kokoro", "ef_dora"),
        ("fr-FR-HenriNeural", "kokoro", "ff_siwis"),
        ("it-IT-DiegoNeural", "kokoro", "im_nicola"),
        ("pt-BR-FranciscaNeural", "kokoro", "pf_dora"),
        ("de-DE-KatjaNeural", "espeak", "de+f2"),
        ("zh-CN-YunxiNeural", "espeak", "cmn+m3"),
        ("zh-HK-HiuMaanNeural", "espeak", "yue+f2"),
        ("zh-TW-YunJheNeural", "espeak", "cmn+m3"),
        ("zh-CN-liaoning-XiaobeiNeural", "espeak", "cmn+f2"),
        ("sr-Latn-RS-NicholasNeural", "espeak", "sr+m3"),
        ("it-IT-GiuseppeNeural", "kokoro", "im_nicola"),
        ("en-US-Michael:KokoroNeural", "kokoro", "am_michael"),
        ("en-gb-emma:kokoroneural", "kokoro", "bf_emma"),
        ("hi-IN-Psi:KokoroNeural", "kokoro", "hm_psi"),
        ("en-US-Yunxi:KokoroNeural", "kokoro", "zm_yunxi"),
    ],
)
def test_each_language_has_its_engine(name: str, engine: str, engine_voice: str) -> None:
    voice = find_voice(name)
    assert voice is not None
    assert (voice.engine, voice.engine_voice) == (engine, engine_voice)


def test_the_list_shows_every_voice_as_azure_does() -> None:
    shown = voices_list()
    assert len(shown) == len(VOICES)
    assert {
        "Name": "Microsoft Server Speech Text to Speech Voice (en-US, JennyNeural)",
        "DisplayName": "Jenny",
        "LocalName": "Jenny",
        "ShortName": "en-US-JennyNeural",
        "Gender": "Female",
        "Locale": "en-US",
        "LocaleName": "English (United States)",
        "SampleRateHertz": "24000",
        "VoiceType": "Neural",
        "Status": "GA",
        "WordsPerMinute": "165",
    } in shown


def test_the_list_leaves_out_what_is_not_installed() -> None:
    assert {voice["Locale"][:2] for voice in voices_list(engines={"hibari"})} == {"en"}


def test_every_voice_of_kokoro_has_a_name_and_none_takes_a_name_of_azure_s() -> None:
    assert len({voice.engine_voice for voice in VOICES if voice.engine == "kokoro"}) == 54
    assert {voice.engine for voice in VOICES if voice.locale.startswith("en") and "Kokoro" not in voice.name} == {
        "hibari"
    }
    speaker = find_speaker("en-US", "Male")
    assert speaker
    assert speaker.engine == "hibari"


def test_names_are_unique_and_well_formed() -> None:
    names = [voice.name.lower() for voice in VOICES]
    assert len(set(names)) == len(names)
    for voice in VOICES:
        assert re.fullmatch(rf"{voice.locale}-[A-Za-z0-9:-]+Neural", voice.name)


def test_every_english_locale_of_azure_has_a_woman_and_a_man() -> None:
    locales = ["AU", "CA", "GB", "HK", "IE", "IN", "KE", "NG", "NZ", "PH", "SG", "TZ", "US", "ZA"]
    for locale in locales:
        genders = {voice.gender for voice in VOICES if voice.locale == f"en-{locale}"}
        assert {"Female", "Male"} <= genders
