"""Numbers as words: every language and kind that the library is asked for, on a grid of numbers, under an alarm."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from itertools import product

import pytest

from shared.ssml import Say, parse
from shared.ssml.numerals import SAYS, cardinal, money, ordinal, year

ROUND = [first * 10**power + rest for power, first, rest in product(range(2, 15), (1, 2, 11), (-1, 0, 1, 100))]
GRID = [
    *(Decimal(number) for number in [*range(22), 30, 45, 71, 80, 99, 1234567, 987654321987, 123456789012345, *ROUND]),
    *map(
        Decimal, ["999999999999999", "101010101010101", "12.5", "0.07", "1234567.891", "-1", "-12", "-3.25", "-1234567"]
    ),
]
PAIRS = [(kind, lang) for kind, langs in SAYS.items() for lang in sorted(langs)]


class Hung(BaseException):
    """No Exception, which might be taken for a fault of the library."""


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    def ring(*_: object) -> None:
        raise Hung

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _asked(kind: str, value: Decimal, locale: str) -> list[str | None]:
    if kind == "currency":
        return [money(value, code, locale) for code in ("EUR", "USD", "XTS")]
    if kind == "year":
        return [year(int(value), locale)] if 0 <= value < 10_000 else []
    return [(cardinal if kind == "cardinal" else ordinal)(value, locale)]


@pytest.mark.parametrize(("kind", "lang"), PAIRS)
def test_every_number_has_words_or_none_and_no_question_hangs(kind: str, lang: str) -> None:
    locale = lang.replace("_", "-")
    with _alarm(30):
        said = [words for value in GRID for words in _asked(kind, value, locale)]
        assert any(_asked(kind, Decimal(2), locale))
    assert all(words is None or (words.strip() and "(" not in words) for words in said)


ODD = [
    ("am-ET", "cardinal", "1234567"),
    ("am-ET", "ordinal", "1234567"),
    ("am-ET", "currency", "1234567 ETB"),
    ("vi-VN", "currency", "$1.50"),
    ("it-IT", "currency", "-1 EUR"),
    ("cy-GB", "currency", "-1 EUR"),
    ("es-ES", "ordinal", "999999999999999"),
    ("es-CO", "ordinal", "999999999999999"),
    ("ca-ES", "ordinal", "999999999999999"),
    ("es-ES", "ordinal", "0"),
    ("kn-IN", "cardinal", "-1"),
    ("fr-FR", "number_digit", "9" * 1_000_000),
]


@pytest.mark.parametrize(("locale", "kind", "text"), ODD)
def test_a_library_s_fault_is_no_fault_of_the_text(locale: str, kind: str, text: str) -> None:
    say_as = f"<say-as interpret-as='{kind}'>{text}</say-as>"
    with _alarm(30):
        (span,) = parse(f"<speak><voice name='{locale}-XNeural'>{say_as}</voice></speak>")
    assert isinstance(span, Say)
    assert span.text.strip()


def test_a_region_without_a_kind_of_its_own_speaks_as_its_language_does() -> None:
    assert money(Decimal(5), "USD", "es-CO") == money(Decimal(5), "USD", "es-ES") == "cinco dólares"
    assert cardinal(Decimal(2), "nb-NO") == "to"
