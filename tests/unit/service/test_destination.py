"""Which destinations are taken: SSRF and SAS that cannot work are refused before anything is accepted."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from shared.errors import InputError
from shared.service.destination import check_destination, expiry

NOW = datetime(2026, 11, 22, tzinfo=UTC)
HOSTS = (".blob.core.windows.net", "127.0.0.1")
SAS = "sp=racwl&st=2026-11-21T00:00:00Z&se=2026-11-29T00:00:00Z&sr=c&sig=s%2Bs"

TAKEN = [
    f"https://acct.blob.core.windows.net/results?{SAS}",
    f"https://ACCT.BLOB.core.windows.net/results/?{SAS}",
    f"http://127.0.0.1:10000/devstoreaccount1/results?{SAS}",
    f"https://127.0.0.1:10000/devstoreaccount1/results?{SAS}",
    "https://acct.blob.core.windows.net/results?sp=w&se=2026-11-22T00:00:01Z&sig=s",
    # An account SAS names its resource types instead of one resource.
    "https://acct.blob.core.windows.net/results?ss=b&srt=co&sp=rwlc&se=2026-11-29&sig=s",
]

REFUSED = [
    ("", "https"),
    ("not a url", "https"),
    (f"http://acct.blob.core.windows.net/results?{SAS}", "https"),
    (f"ftp://acct.blob.core.windows.net/results?{SAS}", "https"),
    (f"file:///etc/passwd?{SAS}", "https"),
    (f"https://user:pw@acct.blob.core.windows.net/results?{SAS}", "https"),
    (f"https://acct.blob.core.windows.net:99999/results?{SAS}", "no URL"),
    (f"https://[::1/results?{SAS}", "no URL"),
    (f"https://169.254.169.254/metadata?{SAS}", "host"),
    (f"https://blob.core.windows.net.example.com/results?{SAS}", "host"),
    (f"https://evilblob.core.windows.net/results?{SAS}", "host"),
    (f"https://acct.blob.core.windows.net@example.com/results?{SAS}", "https"),
    (f"http://localhost:10000/devstoreaccount1/results?{SAS}", "host"),
    (f"http://127.0.0.1.example.com/devstoreaccount1/results?{SAS}", "https"),
    (f"https://acct.blob.core.windows.net/?{SAS}", "container"),
    (f"https://acct.blob.core.windows.net/results/blob.wav?{SAS}", "container"),
    (f"http://127.0.0.1:10000/results?{SAS}", "container"),
    ("https://acct.blob.core.windows.net/results", "signature"),
    ("https://acct.blob.core.windows.net/results?si=policy&sr=c&sig=s", "policy"),
    (f"https://acct.blob.core.windows.net/results?{SAS}".replace("sr=c", "sr=b"), "container"),
    (f"https://acct.blob.core.windows.net/results?{SAS}".replace("sp=racwl", "sp=rl"), "right"),
    (f"https://acct.blob.core.windows.net/results?{SAS}".replace("2026-11-29", "2026-11-21"), "expired"),
    (f"https://acct.blob.core.windows.net/results?{SAS}".replace("2026-11-29", "soon"), "expiry"),
]


@pytest.mark.parametrize("url", TAKEN)
def test_a_container_that_can_be_written_is_taken(url: str) -> None:
    check_destination(url, hosts=HOSTS, now=NOW)


@pytest.mark.parametrize("url", TAKEN)
def test_of_what_is_taken_the_expiry_is_known(url: str) -> None:
    assert NOW < expiry(url) <= datetime(2026, 11, 29, tzinfo=UTC)


@pytest.mark.parametrize(("url", "word"), REFUSED)
def test_all_else_is_refused_without_repeating_the_url(url: str, word: str) -> None:
    with pytest.raises(InputError) as refused:
        check_destination(url, hosts=HOSTS, now=NOW)
    assert word in refused.value.why
    assert refused.value.where == "properties.destinationContainerUrl"
    assert "sig=" not in str(refused.value) + refused.value.remedy
