"""What a cell's numbers depend on, as one hash: the code (comments and docstrings aside), fields and budget."""

import ast
import contextlib
import hashlib
import itertools
import json
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from toybench.plugins import registry

PROTOCOL = 2  # raised when the harness itself changes numbers; the golden trials tell when
_TREE = ("tasks", "methods", "blocks")  # parts of `toybench` where code counts; the rest of the harness does not


def of(task: tuple[str, dict], method: tuple[str, dict], budget: dict[str, Any]) -> str:
    """Digest of a cell: (name, field values) of task and method, and the resolved budget. 16 hex digits."""
    parts = codes(registry.path("tasks", task[0]))
    if method[0].split("/")[1] not in registry.REFERENCES:
        parts |= codes(registry.path("methods", method[0]))
    facts = {
        "protocol": PROTOCOL,
        "code": sorted(parts),
        "task": task,
        "method": method,
        "budget": budget,
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]


@cache
def codes(file: Path) -> frozenset[str]:
    """Hashes of the syntax trees of a file and of everything that it imports from the tree."""
    return frozenset(code(source) for source in sources(file))


def code(file: Path) -> str:
    """Hash of a file's syntax tree, without docstrings, comments, layout and positions."""
    return facts(file)[0]


_facts: dict[Path, tuple[str, list[str]]] = {}


def facts(file: Path) -> tuple[str, list[str]]:
    """(hash of its syntax tree, dotted names that it imports) of a file, read once."""
    if file not in _facts:
        tree = ast.parse(file.read_bytes())
        _facts[file] = hashlib.sha256(repr(_plain(tree)).encode()).hexdigest(), sorted(_imports(file, tree))
    return _facts[file]


def know(known: dict[str, tuple[str, list[str]]]) -> None:
    """Take over what was found out before about files that have not changed since."""
    _facts.update({Path(file): found for file, found in known.items()})


def forget() -> None:
    """Read files anew: they were just written."""
    _facts.clear()
    for cached in (codes, sources, _imported_files, _candidates):
        cached.cache_clear()


def nothing_read() -> bool:
    """Whether this process has yet to read or import any plug-in."""
    return not _facts and not any(name.startswith(("toybench.tasks.", "toybench.methods.")) for name in sys.modules)


def contents() -> dict[Path, str]:
    """Hash, to the byte, of every file that plans and digests depend on: of all roots' plug-ins, and of the harness."""
    found = {}
    folders = [root / part for root in registry.roots() for part in ("tasks", "methods", "benchmarks")]
    for folder in [*folders, registry.PACKAGE]:
        for file in folder.rglob("*"):
            if file.suffix in (".py", ".json") and file.is_file():
                with contextlib.suppress(OSError):  # it can't be read: whoever needs it says so
                    found[file] = hashlib.sha256(file.read_bytes()).hexdigest()
    return found


def _plain(node: Any) -> Any:
    """Nested tuples of a syntax tree; empty fields are left out, so that Python versions agree."""
    if isinstance(node, list):
        return tuple([_plain(n) for n in node])
    if not isinstance(node, ast.AST):
        return node
    documented = isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
    parts: list[Any] = [type(node).__name__]
    for name in node._fields:
        value = getattr(node, name, None)
        if value is None or value == []:
            continue
        if documented and name == "body":
            value = _in_order(value[1:] if _is_docstring(value[0]) else value)
        elif name == "module":
            value = _within(value)
        parts.append((name, _plain(value)))
    return tuple(parts)


def _in_order(statements: list[ast.stmt]) -> list[ast.stmt]:
    """Statements with neighbouring imports from `toybench` by name: their order changes no number."""
    runs = itertools.groupby(statements, key=lambda s: bool(_imported(s)))
    return [s for ours, run in runs for s in (sorted(run, key=_imported) if ours else run)]


def _imported(node: ast.stmt) -> str:
    """The module that a statement imports from `toybench`, empty for every other statement."""
    module = node.module or "" if isinstance(node, ast.ImportFrom) and not node.level else ""
    return _within(module) if module.split(".")[0] == "toybench" else ""


def _within(module: str) -> str:
    """A module's name, that of a task or a method as seen from the root of its tree."""
    prefix, _, rest = module.partition(".")
    return rest if prefix == "toybench" and rest.split(".")[0] in ("tasks", "methods") else module


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


@cache
def sources(file: Path) -> frozenset[Path]:
    """The file and everything that it imports from the tree, directly or not. Reads, never imports."""
    found = set()
    queue = [file]
    while queue:
        here = queue.pop()
        if here not in found:
            found.add(here)
            queue += _imported_files(here)
    return frozenset(found)


@cache
def _imported_files(file: Path) -> tuple[Path, ...]:
    """Files of the tree that a file imports itself."""
    return tuple(found for name in facts(file)[1] for found in locate(name))


def _imports(file: Path, tree: ast.Module) -> set[str]:
    package = _package(file)
    names = {".".join(package)}  # a module pulls in its package
    for node in _statements(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join([*above, *([node.module] if node.module else [])])
            names |= {base} | {f"{base}.{alias.name}" for alias in node.names}
    return names


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """Every statement below a node; expressions hold no import."""
    for block in ("body", "orelse", "finalbody", "handlers", "cases"):
        for child in getattr(node, block, ()):
            yield child
            yield from _statements(child)


def locate(name: str) -> list[Path]:
    """The file of a dotted name in the part of the tree that counts, as Python would find it; none elsewhere."""
    return _candidates(name, tuple(registry.roots()))


@cache
def _candidates(name: str, roots: tuple[Path, ...]) -> list[Path]:
    top, *parts = name.split(".")
    if top != "toybench" or not parts or parts[0] not in _TREE:
        return []
    place = Path(*parts)
    folders = [registry.PACKAGE] if parts[0] == "blocks" else roots
    candidates = (folder / p for folder in folders for p in (place / "__init__.py", place.with_suffix(".py")))
    return [file for file in candidates if file.is_file()][:1]


def _package(file: Path) -> tuple[str, ...]:
    """Parts of the dotted name of a file's package; that of the shared blocks holds no code and counts as none."""
    if file.is_relative_to(registry.PACKAGE / "blocks"):
        return ("toybench",)
    folder = next(root for root in registry.roots() if file.is_relative_to(root))
    return ("toybench", *file.relative_to(folder).parent.parts)
