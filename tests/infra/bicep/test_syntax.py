"""Templates parse, and are read as the compiler reads them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.infra.bicep.syntax import Choice, Index, Member, SyntaxProblem, parse, read

INFRA = Path(__file__).parents[3] / "infra"
TEMPLATES = sorted(INFRA.rglob("*.bicep"))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(INFRA)))
def test_every_template_parses(path: Path) -> None:
    assert read(path).declarations


def test_an_index_binds_to_the_last_operand() -> None:
    value = parse("var x = empty(a) ? b : split(a, '/')[4]\n").declarations[0].value
    assert isinstance(value, Choice)
    assert isinstance(value.no, Index)


def test_an_index_on_parentheses_binds_to_all_of_them() -> None:
    assert isinstance(parse("var x = (a ? b : c)[4]\n").declarations[0].value, Index)


def test_safe_and_sure_access_are_told_apart() -> None:
    value = parse("var x = a!.b.?c\n").declarations[0].value
    assert isinstance(value, Member)
    assert isinstance(value.base, Member)
    assert (value.safe, value.base.sure) == (True, True)


@pytest.mark.parametrize(
    "text",
    [
        "var x =\n",
        "resource x 'a@1' = {\n",
        "pram x string\n",
        "var x = {\n  ...a\n}\n",
        "func f(a string) string => a\n",
        "resource a 'A/b@1' = {\n  name: 'x'\n  resource c 'c' = {\n    name: 'y'\n  }\n}\n",
    ],
)
def test_what_does_not_parse_or_is_not_checked_is_refused(text: str) -> None:
    with pytest.raises(SyntaxProblem):
        parse(text)
