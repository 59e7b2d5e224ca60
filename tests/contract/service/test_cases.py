"""Every example and rule of both versions' documents, as one table of cases, over HTTP against a running service."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from speechdrop.devhost.identity import LocalIdentity
from tests.contract.service import (
    cases_access,
    cases_answers,
    cases_boundaries,
    cases_create,
    cases_destinations,
    cases_harm,
    cases_lists,
    cases_names,
    cases_operations,
    cases_paths,
    cases_published,
    cases_results,
)
from tests.contract.service.api import JENNY
from tests.contract.service.cases import Case, Player
from tests.contract.service.hosting import KEYS

pytestmark = pytest.mark.azurite

TABLE: list[Case] = [
    *cases_results.FIRST_CASES,
    *cases_published.CASES,
    *cases_create.CASES,
    *cases_names.CASES,
    *cases_answers.CASES,
    *cases_operations.CASES,
    *cases_paths.CASES,
    *cases_lists.CASES,
    *cases_access.CASES,
    *cases_destinations.CASES,
    *cases_results.CASES,
    *cases_boundaries.CASES,
    *cases_harm.CASES,
    *cases_published.LAST_CASES,
    *cases_access.LAST_CASES,
]
CASES = sorted(TABLE, key=lambda case: case.alone)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_case(case: Case, player: Player) -> None:
    player(case)


def test_the_hosts_log_neither_secrets_nor_texts(homes: Mapping[str, Path], identity: LocalIdentity) -> None:
    """Of all cases, so this comes after them."""
    logs = "".join((home / "host.log").read_text(encoding="utf-8") for home in homes.values())
    for told in (" refused: 400 ", " refused: 401 ", " refused: 413 ", " ended: Failed"):
        assert told in logs, told
    for secret in (*KEYS, identity.header, "AccountKey=", "sig=", "eyJ", JENNY, "rainbow", "<speak", "<voice"):
        assert secret not in logs
    assert "Traceback" not in logs
    assert " failed: " not in logs


def test_the_table_is_large_and_names_each_case_once() -> None:
    assert len(CASES) >= 250
    assert len({case.id for case in CASES}) == len(CASES)
