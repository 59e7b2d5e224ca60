"""The last step of `make infra`: checkov over the templates, and the counts. `python -m tests.infra.scan CHECKOV`.

checkov itself goes on where it cannot parse a file; here that fails, as does a skip without a reason.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.infra.test_hardening import BUILT, compiler

INFRA = Path(__file__).parents[2] / "infra"


def scan(checkov: str, folder: Path) -> dict[str, Any]:
    """What checkov found, as it says it in JSON."""
    options = ["--framework", "bicep", "--output", "json", "--skip-download"]
    done = subprocess.run([checkov, "--directory", str(folder), *options], capture_output=True, text=True, timeout=300)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def faults(found: Mapping[str, Any]) -> list[str]:
    results = found["results"]
    return [
        *(f"{path} cannot be parsed" for path in results["parsing_errors"]),
        *(
            f"{each['check_id']}: {each['check_name']}: {each['file_path']} {each['resource']}"
            for each in results["failed_checks"]
        ),
        *(
            f"{each['check_id']} is skipped without a reason in {each['file_path']}"
            for each in results["skipped_checks"]
            if len(each["check_result"].get("suppress_comment") or "") < 10
        ),
    ]


def main(checkov: str) -> int:
    found = scan(checkov, INFRA)
    templates = len(list(INFRA.rglob("*.bicep")))
    wrong = faults(found)
    print(*wrong, sep="\n")
    summary = found["summary"]
    program = compiler()
    print(
        f"bicep build: {len(BUILT)} templates built without a warning"
        if program
        else "bicep build: not run: no compiler"
    )
    print(
        f"checkov: {templates} templates, {summary['passed']} passed, {summary['failed']} failed, "
        f"{summary['skipped']} skipped with a reason, {summary['parsing_errors']} not parsed"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
