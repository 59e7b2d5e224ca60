"""schemathesis against the running service, over all operations of its own OpenAPI description.

Its checks of what is *accepted* are left out: the service reads more spellings than the description has, by the
documents' own example, and knows voices and times that no schema can say.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from speechdrop.devhost.identity import LocalIdentity
from tests.contract.service.hosting import KEYS, host

pytestmark = pytest.mark.azurite

SECONDS = int(os.environ.get("FUZZ_SECONDS", "20"))
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
    "allow_header_conformance",
    "use_after_free",
    "ignored_auth",
)


def test_no_request_breaks_the_service_or_its_description(
    azurite: str, identity: LocalIdentity, tmp_path: Path
) -> None:
    """`azurite` is asked for only because it says what to do where Azurite is missing."""
    limits = {"REQUEST_LIMIT_PERCENT": "0", "ACTIVE_LIMIT_PERCENT": "0"}
    with host(tmp_path, identity, **limits) as (url, _):
        operations = requests.get(f"{url}/openapi.json", timeout=10).json()["paths"]
        count = sum(method in ("get", "put", "post", "delete") for item in operations.values() for method in item)
        done = run(url, tmp_path)
        said = done.stdout + done.stderr
        assert done.returncode == 0, said
        assert re.findall(r"Tested: (\d+)", said) == [str(count)], said
        assert not re.search(r"(Errored|Skipped): [1-9]", said), said
        key = {"Ocp-Apim-Subscription-Key": KEYS[0]}
        alive = requests.get(f"{url}/texttospeech/batchsyntheses?api-version=2024-04-01", headers=key, timeout=10)
        assert alive.status_code == 200


def run(url: str, home: Path) -> subprocess.CompletedProcess[str]:
    options = {
        "--header": f"Ocp-Apim-Subscription-Key: {KEYS[0]}",
        "--checks": ",".join(CHECKS),
        "--max-time": str(SECONDS),
        "--request-timeout": "30",
        "--suppress-health-check": "all",
        "--warnings": "off",
        "--seed": os.environ.get("FUZZ_SEED", "1"),
    }
    command = [str(Path(sys.executable).with_name("schemathesis")), "run", f"{url}/openapi.json", "--no-color"]
    given = [word for option in options.items() for word in option]
    return subprocess.run([*command, *given], cwd=home, capture_output=True, text=True, timeout=SECONDS + 120)
