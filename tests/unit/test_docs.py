"""The README tells the truth: every setting with its default, every command, every make target."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path
from typing import Any

from shared.settings import Settings
from speechdrop.cli.app import main

ROOT = Path(__file__).parents[2]
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


def test_the_readme_explains_every_command_and_no_other() -> None:
    assert set(re.findall(r"^\| `speechdrop (\w+)` \|", section("The command"), re.MULTILINE)) == set(main.commands)
    assert all(command.help for command in main.commands.values())


def test_every_make_target_that_the_pages_name_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]:
        named = set(re.findall(r"(?:`|^|PORT=\d+ )make ([a-z-]+)", page.read_text(encoding="utf-8"), re.MULTILINE))
        assert named <= targets, page.name


def test_links_between_the_pages_lead_somewhere() -> None:
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page.name}: {target}"
