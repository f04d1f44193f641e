"""The harness stands in floors: a module imports what lies below it, and no circle is hidden in a function."""

import ast
import graphlib
from pathlib import Path

from toybench.plugins import digest
from toybench.plugins.registry import HOME, PACKAGE

FLOORS = (  # from the ground; a name is a package or a module of `toybench`
    {"errors", "files", "fields", "claim", "protocol", "blocks"},
    {"plugins"},
    {"evidence"},
    {"engine"},
    {"guard"},
    {"reporting", "screen", "screen_tables"},
    {"api"},
    {"cli"},
    {"__init__", "__main__"},
)
TREES = {"tasks", "methods", "benchmarks"}


def modules() -> dict[str, Path]:
    """Every module of the harness by its dotted name below `toybench`."""
    files = (f for f in PACKAGE.rglob("*.py") if f.relative_to(PACKAGE).parts[0] not in TREES)
    return {".".join(f.relative_to(PACKAGE).with_suffix("").parts): f for f in files}


def imports(file: Path, known: set[str]) -> set[str]:
    """Modules of the harness that a file imports, inside its functions as well."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "toybench":
            base = (node.module or "").removeprefix("toybench").lstrip(".")
            for alias in node.names:
                full = f"{base}.{alias.name}".lstrip(".")
                found.add(full if full in known else base)
    return found - {""}


def floor(name: str) -> int:
    """The floor that a module stands on."""
    return next(i for i, names in enumerate(FLOORS) if name.split(".")[0] in names)


def test_every_module_stands_on_a_floor() -> None:
    assert {name.split(".")[0] for name in modules()} == set().union(*FLOORS)


def test_imports_run_downwards() -> None:
    found = modules()
    upwards = {
        f"{name} imports {other}"
        for name, file in found.items()
        for other in imports(file, set(found))
        if floor(other) > floor(name) and name != "__init__"
    }
    assert not upwards


def test_no_circles() -> None:
    found = modules()
    graph = {name: imports(file, set(found)) for name, file in found.items() if name != "__init__"}
    order = list(graphlib.TopologicalSorter(graph).static_order())  # raises where there is a circle
    assert set(order) >= set(graph)


def test_a_task_knows_no_method() -> None:
    """Problems are posed to whoever comes; pages and pictures are no tasks."""
    named = {
        f"{file.relative_to(HOME)} imports {name}"
        for file in sorted((HOME / "tasks").rglob("*.py"))
        for name in digest.facts(file)[1]
        if "methods" in name.split(".")
    }
    assert not named


def test_the_harness_knows_no_study() -> None:
    named = {
        f"{name} imports {other}"
        for name, file in modules().items()
        for other in imports(file, set(modules()))
        if other.split(".")[0] in TREES
    }
    assert not named
