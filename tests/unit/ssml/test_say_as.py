"""`<say-as>`: every documented kind, what is made of it, and what is left as it stands."""

from __future__ import annotations

import pytest

from shared.ssml import Say, parse
from shared.ssml.say_as import read

CASES: dict[tuple[str, str, str, str], str] = {
    # kind, format, locale, text: what is said
    ("characters", "", "en-US", "Ab 1"): "A. B 1",
    ("spell-out", "", "en-US", "tv"): "T V",
    ("Spell-Out", "", "en-US", "tv"): "T V",
    ("cardinal", "", "en-US", "1,234"): "one thousand, two hundred and thirty-four",
    ("number", "", "", "-12.5"): "minus twelve point five",
    ("cardinal", "", "de-DE", "1.234,5"): "eintausendzweihundertvierunddreißig Komma fünf",
    ("cardinal", "", "fr-FR", "21"): "vingt et un",
    ("cardinal", "", "en-US", "1e9"): "1e9",
    ("cardinal", "", "zh-CN", "12"): "12",
    ("cardinal", "", "en-US", "9" * 40): "9" * 40,
    ("ordinal", "", "en-US", "3rd"): "third",
    ("ordinal", "", "en-US", "21"): "twenty-first",
    ("ordinal", "", "es-ES", "2"): "segundo",
    ("ordinal", "", "en-US", "-1"): "-1",
    ("number_digit", "", "en-US", "120"): "one two zero",
    ("number_digit", "", "de-DE", "12"): "eins zwei",
    ("fraction", "", "en-US", "3/8"): "three eighths",
    ("fraction", "", "en-US", "1/2"): "one half",
    ("fraction", "", "en-US", "3/4"): "three quarters",
    ("fraction", "", "en-US", "1 1/2"): "one and one half",
    ("fraction", "", "en-US", "1/0"): "1/0",
    ("date", "dmy", "en-US", "10-12-2016"): "the tenth of December, twenty sixteen",
    ("date", "mdy", "en-GB", "10/12/2016"): "October twelfth, twenty sixteen",
    ("date", "ymd", "en-US", "2016.10.12"): "October twelfth, twenty sixteen",
    ("date", "ydm", "en-US", "2016/12/10"): "the twelfth of October, twenty sixteen",
    ("date", "ym", "en-US", "2016-10"): "October twenty sixteen",
    ("date", "my", "en-US", "10-2016"): "October twenty sixteen",
    ("date", "md", "en-US", "10/12"): "October twelfth",
    ("date", "dm", "en-US", "12/10"): "the twelfth of October",
    ("date", "d", "en-US", "12"): "twelfth",
    ("date", "m", "en-US", "12"): "December",
    ("date", "y", "en-US", "1999"): "nineteen ninety-nine",
    ("date", "mdy", "en-US", "May 5, 1905"): "May fifth, nineteen oh-five",
    ("date", "", "en-US", "10-12-2016"): "October twelfth, twenty sixteen",
    ("date", "", "en-GB", "10-12-2016"): "the tenth of December, twenty sixteen",
    ("date", "mdy", "en-US", "13/13/2013"): "13/13/2013",
    ("date", "mdy", "en-US", "tomorrow"): "tomorrow",
    ("date", "dmy", "de-DE", "1.2.2024"): "1.2.2024",
    ("time", "hms12", "en-US", "4:00am"): "four A.M.",
    ("time", "hms12", "en-US", "4:05 p.m."): "four oh five P.M.",
    ("time", "hms24", "en-US", "14:30"): "fourteen thirty",
    ("time", "hms24", "en-US", "14:30:15"): "fourteen thirty and fifteen seconds",
    ("time", "hms24", "en-US", "15:00"): "fifteen hundred hours",
    ("time", "hms12", "en-US", "3:00"): "three o'clock",
    ("time", "hms12", "en-US", "4:75am"): "4:75am",
    ("duration", "hms", "en-US", "01:18:30"): "one hour, eighteen minutes and thirty seconds",
    ("duration", "hm", "en-US", "02:01"): "two hours and one minute",
    ("duration", "ms", "en-US", "00:59"): "fifty-nine seconds",
    ("duration", "hms", "en-US", "00:00:00"): "zero seconds",
    ("duration", "hms", "en-US", "a while"): "a while",
    ("telephone", "", "en-US", "(888) 555-1212"): "eight eight eight, five five five, one two one two",
    ("telephone", "", "en-US", "+1 425 x12"): "plus one, four two five, extension one two",
    ("currency", "", "en-US", "99.9 USD"): "ninety-nine dollars and ninety cents",
    ("currency", "", "en-US", "$1"): "one dollar",
    ("currency", "", "en-US", "500 JPY"): "five hundred yen",
    ("currency", "", "en-US", "3 XTS"): "three X T S",
    ("currency", "", "de-DE", "€12,50"): "zwölf Euro und fünfzig Cent",
    ("currency", "", "en-US", "99"): "99",
    ("address", "", "en-US", "150th CT NE, Redmond, WA"): "150th Court Northeast, Redmond, Washington",
    ("address", "", "en-US", "St. Mary's Rd"): "St. Mary's Road",
    ("name", "", "en-US", "ED"): "Ed",
    ("name", "", "en-US", "Ada"): "Ada",
    ("unheard-of", "", "en-US", "x 1"): "x 1",
    ("cardinal", "", "en-US", " "): " ",
}


@pytest.mark.parametrize(("given", "said"), CASES.items())
def test_what_is_said(given: tuple[str, str, str, str], said: str) -> None:
    kind, form, locale, text = given
    assert read(kind, text, form=form, locale=locale) == said


def _in_voice(body: str, voice: str = "en-US-AvaNeural", locale: str = "en-US") -> str:
    spans = parse(f'<speak xml:lang="{locale}"><voice name="{voice}">{body}</voice></speak>')
    return "|".join(span.text for span in spans if isinstance(span, Say))


def test_the_language_is_that_of_lang_else_of_the_voice() -> None:
    number = '<say-as interpret-as="cardinal" detail="1">2</say-as>'
    assert _in_voice(number) == "two"
    assert _in_voice(number, voice="fr-FR-DeniseNeural") == "deux"
    assert _in_voice(f'<lang xml:lang="de-DE">{number}</lang>') == "zwei"
    assert _in_voice(number, voice="mine", locale="es-ES") == "dos"


def test_what_stands_inside_is_taken_together() -> None:
    assert _in_voice('<say-as interpret-as="ordinal">1<emphasis>2</emphasis></say-as>.') == "twelfth."
    assert _in_voice('<say-as interpret-as="ordinal"><sub alias="2">x</sub></say-as>') == "second"
    assert _in_voice('<sub alias="y"><say-as interpret-as="ordinal">2</say-as></sub>') == "y"
