"""The layout's rules: who imports whom, what stays pure, how big a module gets, what a cold start loads."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

FOUNDATION = {"errors", "hosts", "marks", "settings", "ports", "telemetry"}
"""Values and Protocols that every part but the pure ones may name."""

PURE = {"domain", "ssml", "batchapi"}

MAY_IMPORT: dict[str, set[str]] = {
    "shared": set(),
    "errors": set(),
    "hosts": set(),
    "marks": set(),
    "checks": {"hosts", "batchapi"},
    "settings": {"errors", "checks"},
    "ports": {"batchapi"},
    "telemetry": set(),
    "batchapi": {"errors"},
    "ssml": {"errors", "marks", "batchapi"},
    "domain": {"errors", "ports", "batchapi", "ssml"},
    "extract": {"errors"} | PURE,
    "audio": {"errors", "batchapi"},
    "poison": {"errors", "ports"},
    "engines": FOUNDATION,
    "adapters": FOUNDATION | {"batchapi", "domain"},
    "pipeline": FOUNDATION | PURE | {"extract", "audio", "poison"},
    "service": FOUNDATION | PURE | {"engines", "audio", "poison"},
    "console": FOUNDATION | PURE | {"pipeline"},
    "wiring": FOUNDATION | {"batchapi", "adapters", "engines", "pipeline", "service", "console"},
    "function_app": FOUNDATION | {"batchapi", "wiring", "pipeline", "service", "console"},
    "speechdrop": FOUNDATION | {"wiring"},
    "infra": FOUNDATION | {"batchapi", "adapters", "pipeline"},
}
"""Arrows of docs/architecture.md: a part on the left, and what it may import besides itself."""

IMPURE = {
    *("logging", "os", "pathlib.Path", "random", "secrets"),
    *("shutil", "socket", "subprocess", "tempfile", "threading", "time", "urllib.request"),
}
"""Standard modules that reach outside, keep time or draw lots; none belongs in a pure package."""

CLOCKS = {"now", "utcnow", "today", "uuid1", "uuid4"}

HEAVY = {
    "numpy",
    "onnxruntime",
    "av",
    "hibari",
    "lameenc",
    "soxr",
    "pysilk",
    "sentencex",
    "espeakng_loader",
    "lxml",
    "pyromark",
    "chardetng_py",
    "yaml",
    "opentelemetry.sdk",
    "azure.monitor",
}


def modules() -> list[Path]:
    """Every module that is shipped or run; not the tests."""
    folders = (ROOT / name for name in ("shared", "speechdrop", "infra"))
    return sorted([ROOT / "function_app.py", *(path for folder in folders for path in folder.rglob("*.py"))])


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def part(path: Path) -> str:
    """The part a module belongs to: `shared/domain/jobs.py` → `domain`, `speechdrop/…` → `speechdrop`."""
    first, *rest = path.relative_to(ROOT).parts
    return Path(first if first != "shared" or rest == ["__init__.py"] else rest[0]).stem


def imports(path: Path) -> Iterator[str]:
    """Dotted names of everything that the module imports, at any depth of its code."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name(path)}: relative imports hide where they lead"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def own_part(imported: str) -> str | None:
    """The part that an import leads to, None where it leaves the repository."""
    first, *rest = imported.split(".")
    if first == "shared":
        return rest[0] if rest else "shared"
    return first if first in ("function_app", "speechdrop", "infra") else None


every_module = pytest.mark.parametrize("path", modules(), ids=name)
pure_modules = pytest.mark.parametrize("path", [path for path in modules() if part(path) in PURE], ids=name)


@every_module
def test_imports_point_one_way(path: Path) -> None:
    here = part(path)
    reached = {target for imported in imports(path) if (target := own_part(imported))}
    assert reached - {here} <= MAY_IMPORT[here], f"{here} may import only {sorted(MAY_IMPORT[here])}"


@every_module
def test_only_adapters_and_entries_know_azure_and_http(path: Path) -> None:
    outside = {imported.split(".")[0] for imported in imports(path)} & {"azure", "azurefunctions", "requests"}
    if part(path) == "function_app":
        assert {i for i in imports(path) if i.startswith("azure.")} <= {"azure.functions"}
        assert "requests" not in outside
    elif part(path) not in ("adapters", "speechdrop", "infra"):
        assert not outside


@pure_modules
def test_pure_packages_do_no_io_and_read_no_clock(path: Path) -> None:
    assert not [i for i in imports(path) if any(i == m or i.startswith(f"{m}.") for m in IMPURE)]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in {"open", "print", "input"}, f"line {node.lineno}"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            assert node.func.attr not in CLOCKS, f"line {node.lineno}: the time is a parameter"


@every_module
def test_modules_say_what_they_own_and_stay_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 400
    if not text:
        return  # an empty __init__.py
    docstring = ast.get_docstring(ast.parse(text))
    assert docstring, "a module begins with a paragraph that says what it owns"
    # The error tree is drawn in its docstring, so that it is seen whole.
    assert len(docstring.splitlines()) <= 10 or name(path) == "shared/errors.py"


def test_function_app_holds_triggers_only() -> None:
    text = (ROOT / "function_app.py").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 150
    functions = [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    triggers = [function for function in functions if function.decorator_list]
    assert triggers
    for function in triggers:
        assert len(function.body) <= 4, f"{function.name}: a trigger calls, it does not do"


def test_a_cold_start_loads_no_engine_and_needs_no_setting() -> None:
    """In a fresh process with an empty environment, as the Functions host first imports the app."""
    code = f"import sys, function_app; print(sorted({HEAVY} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env={}, capture_output=True, text=True, timeout=60)
    assert (done.stdout.strip(), done.returncode) == ("[]", 0), done.stderr


def test_the_deployed_app_needs_nothing_that_stays_behind() -> None:
    """`speechdrop/` is left out of the package that goes to Azure."""
    code = "import sys; sys.modules['speechdrop'] = None; import function_app"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env={}, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
