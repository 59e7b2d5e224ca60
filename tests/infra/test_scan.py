"""What of checkov's findings fails the build."""

from __future__ import annotations

from typing import Any

import pytest

from tests.infra.scan import faults


def found(**changes: list[Any]) -> dict[str, Any]:
    skipped = {"check_id": "CKV_1", "file_path": "/a", "check_result": {"suppress_comment": "Flex has no FTP."}}
    return {"results": {"parsing_errors": [], "failed_checks": [], "skipped_checks": [skipped], **changes}}


def test_a_skip_with_a_reason_is_no_fault() -> None:
    assert faults(found()) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"parsing_errors": ["/main.bicep"]},
        {"failed_checks": [{"check_id": "CKV_2", "check_name": "n", "file_path": "/a", "resource": "r"}]},
        {"skipped_checks": [{"check_id": "CKV_3", "file_path": "/a", "check_result": {"suppress_comment": ""}}]},
        {"skipped_checks": [{"check_id": "CKV_3", "file_path": "/a", "check_result": {}}]},
    ],
)
def test_what_is_a_fault(changes: dict[str, list[Any]]) -> None:
    assert len(faults(found(**changes))) == 1
