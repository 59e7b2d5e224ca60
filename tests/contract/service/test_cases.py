"""Every example and rule of both versions' documents, as one table of cases, over HTTP against a running service."""

from __future__ import annotations

import pytest

from tests.contract.service import cases_access, cases_answers, cases_create, cases_results
from tests.contract.service.api import Case, Player

pytestmark = pytest.mark.azurite

TABLE: list[Case] = [
    *cases_results.FIRST_CASES,
    *cases_create.CASES,
    *cases_answers.CASES,
    *cases_access.CASES,
    *cases_results.CASES,
    *cases_access.LAST_CASES,
]
CASES = sorted(TABLE, key=lambda case: case.alone)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_case(case: Case, player: Player) -> None:
    player(case)


def test_the_table_is_large_and_names_each_case_once() -> None:
    assert len(CASES) >= 250
    assert len({case.id for case in CASES}) == len(CASES)
