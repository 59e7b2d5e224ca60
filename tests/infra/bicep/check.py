"""All checks of a template and of the modules that it calls."""

from __future__ import annotations

from pathlib import Path

from tests.infra.bicep import syntax
from tests.infra.bicep.assign import Assigning
from tests.infra.bicep.guards import unguarded
from tests.infra.bicep.rules import RULES
from tests.infra.bicep.template import Finding, Template
from tests.infra.bicep.timing import Timing


def check(template: Template) -> list[Finding]:
    assigning = Assigning(template)
    for declaration in template.file.declarations:
        assigning.declaration(declaration)
    Timing(template).check()
    for rule in (*RULES, unguarded):
        for line, name, message in rule(template):
            template.say(line, name, message)
    return sorted(template.findings)


def check_file(path: Path) -> list[Finding]:
    return check(Template(syntax.read(path)))


_MODULES: dict[Path, Template] = {}


def check_text(text: str, beside: Path) -> list[Finding]:
    """As if the text were the file `beside`. Modules that it calls are read once for all calls."""
    return check(Template(syntax.parse(text, beside), _MODULES))
