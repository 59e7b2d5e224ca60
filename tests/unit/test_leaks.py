"""The watch over logs sees what it is there for."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from tests.crash.scenarios import book, note
from tests.crash.world import World
from tests.leaks import A_TEXT, Watch, know, leaks_in, leaks_in_files


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("PUT https://a.blob.core.windows.net/c/b?sv=2024-08-04&sr=b&sig=0aZ%2Fq9k3ty%3D", "a signature"),
        ("DefaultEndpointsProtocol=http;AccountKey=Eby8vdM02xNOcqFlqUwJPLlm;", "an account key"),
        ("signed with whsec_MfKQ9r8GKYqrTwjU", "a webhook's secret"),
        ("Authorization: Bearer abcdefgh.ij", "a token"),
        ("{'Ocp-Apim-Subscription-Key': 'abc123'}", "a subscription key"),
        (f"cannot speak {note('a')}", A_TEXT),
        ("cannot speak (…paragraph 7 of B begins here, and IT GOES on…)", A_TEXT),
        ("400: of the forty-one steps from her kitchen", A_TEXT),
    ],
)
def test_each_kind_is_seen(text: str, kind: str) -> None:
    world = World()
    world.drop("a.txt", note("a"))
    world.drop("b.txt", book("b"))
    assert leaks_in(text) == {kind}


def test_a_short_text_is_known_as_a_whole() -> None:
    know("Nobody speaks this sentence.")
    assert leaks_in("refused: nobody speaks this sentence") == {A_TEXT}
    assert leaks_in("nobody speaks this") == set()


@pytest.mark.parametrize("text", ["job crash-1: a.txt/1/0001.mp3", "?sv=1&sig=REDACTED", "key bearer sig ="])
def test_what_is_none_is_let_pass(text: str) -> None:
    assert leaks_in(text) == set()


def test_records_and_files_are_looked_at(tmp_path: Path) -> None:
    know(note("a"))
    watch = Watch(tmp_path / "notes")
    logger = logging.Logger("of.a.test")
    logger.addHandler(watch)
    try:
        raise ValueError(note("a"))
    except ValueError:
        logger.exception("failed")
    assert [line.partition(" in ")[0].partition(":")[0] for line in watch.noted()] == ["a document's text by of.a.test"]
    assert note("a") not in watch.noted()[0]
    log = tmp_path / "host.log"
    log.write_text("fine\n?sig=0123456789\n")
    found = leaks_in_files(tmp_path)
    log.unlink()  # or the watch over this very run would find it
    assert found == ["a signature in host.log:2"]
