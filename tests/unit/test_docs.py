"""The README tells the truth: every setting with its default, every command, every make target."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from shared.domain.option_layers import read_file
from shared.domain.option_table import OPTIONS, schema
from shared.extract import KINDS
from shared.settings import Settings
from speechdrop.cli.app import main

ROOT = Path(__file__).parents[2]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    return README.split(f"\n## {title}\n")[1].split("\n## ")[0]


def shown(default: Any, *, secret: bool) -> str:
    """A default as the README writes it."""
    if secret or default in ("", ()):
        return "–"
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    if isinstance(default, tuple):
        return f"`{','.join(default)}`"
    return f"`{default:.10g}`" if isinstance(default, float) else f"`{default}`"


def test_the_readme_lists_every_setting_with_its_default_and_no_other() -> None:
    expected = {
        item.name.upper(): shown(item.default, secret=item.metadata.get("secret", False))
        for item in fields(Settings)
        if "check" in item.metadata
    }
    triggers = (ROOT / "function_app.py").read_text(encoding="utf-8")
    named = set(re.findall(r"%([A-Z_]+)%", triggers)) - set(expected)
    expected |= dict.fromkeys(["AzureWebJobsStorage", "CONTENT_STORAGE", "RESULTS_STORAGE", *named], "–")
    assert dict(re.findall(r"^\| `(\w+)` \| (\S+) \|", section("Settings"), re.MULTILINE)) == expected


def test_the_sample_of_local_settings_has_all_that_the_triggers_need_and_no_stranger() -> None:
    values = json.loads((ROOT / "local.settings.sample.json").read_text(encoding="utf-8"))["Values"]
    triggers = (ROOT / "function_app.py").read_text(encoding="utf-8")
    named = set(re.findall(r"%([A-Z_]+)%", triggers))
    assert named <= set(values)
    hosts = {"FUNCTIONS_WORKER_RUNTIME", "AzureWebJobsStorage", "CONTENT_STORAGE"}
    assert set(values) <= named | hosts | {item.name.upper() for item in fields(Settings)}


def test_the_readme_explains_every_command_and_no_other() -> None:
    assert set(re.findall(r"^\| `speechdrop (\w+)` \|", section("The command"), re.MULTILINE)) == set(main.commands)
    assert all(command.help for command in main.commands.values())


def test_the_page_of_options_lists_every_option_as_the_table_has_it_and_no_other() -> None:
    page = (ROOT / "docs" / "options.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (.*) \| (.*) \| (\w+) \|$", page, re.MULTILINE)
    expected = [
        (name, option.values.allowed, option.about, option.acts.name.lower()) for name, option in OPTIONS.items()
    ]
    assert rows == expected


def test_the_published_schema_of_options_is_the_tables() -> None:
    """When the table changes, write `json.dumps(schema(), ensure_ascii=False, indent=1)` there."""
    published = json.loads((ROOT / "docs" / "options.schema.json").read_text(encoding="utf-8"))
    assert published == schema()


@pytest.mark.parametrize("page", ["README.md", "docs/options.md"])
def test_examples_of_options_are_valid(page: str) -> None:
    """Every line of a block that tells what an option file holds."""
    lines = re.findall(r"^\S+\.json +(\{.*\})$", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE)
    assert lines
    for line in lines:
        read_file(page, line.encode())


def test_the_readme_lists_every_kind_of_file_and_no_other() -> None:
    rows = re.findall(r"^\| (`\..*?) \|", section("What goes in"), re.MULTILINE)
    assert {kind for row in rows for kind in re.findall(r"`(\.\w+)`", row)} == set(filter(None, KINDS))


def test_every_make_target_that_the_pages_name_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for page in PAGES:
        named = set(re.findall(r"(?:`|^|PORT=\d+ )make ([a-z-]+)", page.read_text(encoding="utf-8"), re.MULTILINE))
        assert named <= targets, page.name


def test_links_between_the_pages_lead_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page.name}: {target}"
