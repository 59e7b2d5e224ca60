"""The catalogue of voices: Azure's names, and which voice of which engine speaks for each.

Names, locales and genders are those of Azure's list of text to speech voices (en-* in full, October 2025). Every one
is spoken by hibari's American woman until an engine offers more voices.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    name: str
    """As Azure spells it, e.g. en-US-JennyNeural."""
    locale: str
    gender: str
    """Female, Male or Neutral."""
    engine: str
    engine_voice: str
    """The engine's own name of the voice that speaks."""


_FEMALE, _MALE, _NEUTRAL = "Female", "Male", "Neutral"

_NAMES: Mapping[tuple[str, str], str] = {
    ("en-AU", _FEMALE): "Natasha Annette Carly Elsie Freya Joanne Kim Tina",
    ("en-AU", _MALE): "William WilliamMultilingual Darren Duncan Ken Neil Tim",
    ("en-CA", _FEMALE): "Clara",
    ("en-CA", _MALE): "Liam",
    ("en-GB", _FEMALE): "Sonia Libby AdaMultilingual Abbi Bella Hollie Maisie Olivia Mia Ada:DragonHDLatest",
    ("en-GB", _MALE): "Ryan OllieMultilingual Alfie Elliot Ethan Noah Oliver Thomas Ollie:DragonHDLatest",
    ("en-HK", _FEMALE): "Yan",
    ("en-HK", _MALE): "Sam",
    ("en-IE", _FEMALE): "Emily",
    ("en-IE", _MALE): "Connor",
    ("en-IN", _FEMALE): (
        "Neerja NeerjaIndic Aarti AartiIndic Aashi Ananya Kavya Aarti:DragonHDLatest Meera:DragonHDLatest"
    ),
    ("en-IN", _MALE): "Prabhat PrabhatIndic Arjun ArjunIndic Aarav Kunal Rehaan Arjun:DragonHDLatest",
    ("en-KE", _FEMALE): "Asilia",
    ("en-KE", _MALE): "Chilemba",
    ("en-NG", _FEMALE): "Ezinne",
    ("en-NG", _MALE): "Abeo",
    ("en-NZ", _FEMALE): "Molly",
    ("en-NZ", _MALE): "Mitchell",
    ("en-PH", _FEMALE): "Rosa",
    ("en-PH", _MALE): "James",
    ("en-SG", _FEMALE): "Luna",
    ("en-SG", _MALE): "Wayne",
    ("en-TZ", _FEMALE): "Imani",
    ("en-TZ", _MALE): "Elimu",
    ("en-US", _FEMALE): (
        "Ava Emma Jenny Aria Jane Luna Sara Nancy Amber Ana Ashley Cora Elizabeth Michelle Monica AIGenerate2 "
        "AvaMultilingual EmmaMultilingual JennyMultilingual CoraMultilingual AmandaMultilingual EvelynMultilingual "
        "LolaMultilingual NancyMultilingual PhoebeMultilingual SerenaMultilingual NovaTurboMultilingual "
        "ShimmerTurboMultilingual Ava:DragonHDLatest Ava3:DragonHDLatest Emma:DragonHDLatest Emma2:DragonHDLatest "
        "Aria:DragonHDLatest Bree:DragonHDLatest Jane:DragonHDLatest Jenny:DragonHDLatest Nova:DragonHDLatest "
        "Phoebe:DragonHDLatest Serena:DragonHDLatest Ava:DragonHDOmniLatest Dana:DragonHDOmniLatest "
        "Phoebe:DragonHDOmniLatest Tiana:DragonHDFlashLatest"
    ),
    ("en-US", _MALE): (
        "Andrew Brian Guy Davis Jason Kai Tony Brandon Christopher Eric Jacob Roger Steffan AIGenerate1 "
        "AndrewMultilingual BrianMultilingual ChristopherMultilingual BrandonMultilingual RyanMultilingual "
        "SteffanMultilingual AdamMultilingual DavisMultilingual DerekMultilingual DustinMultilingual LewisMultilingual "
        "SamuelMultilingual AlloyTurboMultilingual AshTurboMultilingual EchoTurboMultilingual OnyxTurboMultilingual "
        "Adam:DragonHDLatest Alloy:DragonHDLatest Andrew:DragonHDLatest Andrew2:DragonHDLatest Andrew3:DragonHDLatest "
        "Brian:DragonHDLatest Davis:DragonHDLatest Steffan:DragonHDLatest Andrew:DragonHDOmniLatest "
        "Caleb:DragonHDOmniLatest Lewis:DragonHDOmniLatest Jimmie:DragonHDFlashLatest Tyler:DragonHDFlashLatest"
    ),
    ("en-US", _NEUTRAL): (
        "Blue FableTurboMultilingual MultiTalker-Ava-Andrew:DragonHDLatest MultiTalker-Ava-Steffan:DragonHDLatest"
    ),
    ("en-ZA", _FEMALE): "Leah",
    ("en-ZA", _MALE): "Luke",
}


def _voices() -> Iterator[Voice]:
    for (locale, gender), names in _NAMES.items():
        for name in names.split():
            yield Voice(
                name=f"{locale}-{name}Neural", locale=locale, gender=gender, engine="hibari", engine_voice="heart"
            )


VOICES: tuple[Voice, ...] = tuple(_voices())


def voices_list() -> list[dict[str, str]]:
    """As `/cognitiveservices/voices/list` answers."""
    return [
        {
            "Name": f"Microsoft Server Speech Text to Speech Voice ({voice.locale}, {voice.name[6:]})",
            "DisplayName": voice.name[6:].removesuffix("Neural"),
            "LocalName": voice.name[6:].removesuffix("Neural"),
            "ShortName": voice.name,
            "Gender": voice.gender,
            "Locale": voice.locale,
            "SampleRateHertz": "24000",
            "VoiceType": "Neural",
            "Status": "GA",
        }
        for voice in VOICES
    ]


_BY_NAME: Mapping[str, Voice] = {voice.name.lower(): voice for voice in VOICES}


def find_voice(name: str) -> Voice | None:
    """The voice of this name, in any case of letters; None: the catalogue does not have it."""
    return _BY_NAME.get(name.lower())
