"""The house form, measured: what CONTRIBUTING's "House rules" say of a file, read off its syntax tree.

python tests/house.py            figures of the harness and of every study
"""

import ast
import re
import statistics
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from toybench.plugins import digest, registry
from toybench.plugins.registry import HOME, PACKAGE

TREES = ("tasks", "methods", "benchmarks")
DECLARED = {"Metric"}  # whose two fields are read in their order: a direction, and what is measured
Fault = tuple[str, int, str]  # file with its two folders, line, what is wrong


def harness() -> list[Path]:
    """The harness' files. The shared blocks follow with the records that depend on every line of them."""
    return sorted(f for f in PACKAGE.rglob("*.py") if f.relative_to(PACKAGE).parts[0] not in (*TREES, "blocks"))


def study_files(study: str) -> list[Path]:
    """A study's tasks, methods and page."""
    return [*sorted(HOME.glob(f"tasks/{study}/*.py")), *sorted(HOME.glob(f"methods/{study}/*.py"))]


@cache
def parsed(file: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(file.read_text(encoding="utf-8"))


def packed(file: Path) -> Iterator[Fault]:
    """Assignments that give several names their values at once, but for a call that returns several."""
    for node in ast.walk(parsed(file)):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple):
            nested = any(isinstance(t, ast.Tuple) for t in node.targets[0].elts)
            if nested or isinstance(node.value, ast.Tuple | ast.GeneratorExp | ast.ListComp | ast.IfExp):
                yield place(file, node, "packs several values into one statement")


def positional(file: Path) -> Iterator[Fault]:
    """Records of several fields that are made without naming them."""
    for node in ast.walk(parsed(file)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        if len(node.args) > 1 and node.func.id in records():
            yield place(file, node, f"makes {node.func.id} without naming its fields")


def hollow(file: Path) -> Iterator[Fault]:
    """Methods without a function of their own: a variant's label, not a method."""
    if file.parts[-3] != "methods" or file.stem.startswith("_"):
        return
    classes = (n for n in parsed(file).body if isinstance(n, ast.ClassDef) and not n.name.startswith("_"))
    for node in filter(is_method, classes):
        if not any(isinstance(part, ast.FunctionDef) for part in node.body):
            yield place(file, node, f"class {node.name} has no function")


def faults(file: Path) -> list[Fault]:
    """Everything in a file that the house form doesn't allow."""
    return [*packed(file), *positional(file), *hollow(file)]


def is_method(node: ast.ClassDef) -> bool:
    """Whether a class of a method's file is the method: anything but a record of its state."""
    return not any("NamedTuple" in ast.unparse(base) for base in node.bases) and not node.decorator_list


@cache
def records() -> frozenset[str]:
    """Names of the NamedTuples and dataclasses of the repository."""
    found = set()
    for file in [*harness(), *HOME.glob("tasks/*/*.py"), *HOME.glob("methods/*/*.py")]:
        for node in ast.walk(parsed(file)):
            if isinstance(node, ast.ClassDef):
                above = [ast.unparse(n) for n in [*node.bases, *node.decorator_list]]
                if any(re.search(r"\b(NamedTuple|dataclass|Struct)\b", name) for name in above):
                    found.add(node.name)
    return frozenset(found - DECLARED)


def place(file: Path, node: ast.stmt | ast.expr, what: str) -> Fault:
    """A fault with where it is."""
    return "/".join(file.parts[-3:]), node.lineno, what


def code_lines(file: Path) -> set[int]:
    """Numbers of the lines with code in them: no docstrings, comments or blanks."""
    lines: set[int] = set()
    for node in ast.walk(parsed(file)):
        text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if isinstance(node, ast.stmt | ast.expr) and not text and not isinstance(node, ast.Constant):
            lines.add(node.lineno)
    return lines


def expressions(file: Path) -> int:
    """How many expressions there are."""
    return sum(isinstance(node, ast.expr) for node in ast.walk(parsed(file)))


def to_read(method: str) -> list[Path]:
    """Files to read before a method is understood: its own, and what it imports outside the harness."""
    return sorted(digest.sources(registry.path("methods", method)))


def figures(files: list[Path]) -> str:
    """Expressions a line of code, packed assignments and unnamed fields a thousand lines."""
    lines = sum(len(code_lines(f)) for f in files)
    dense = sum(expressions(f) for f in files) / lines
    counts = [sum(len(list(find(f))) for f in files) for find in (packed, positional, hollow)]
    return f"{dense:10.1f} {counts[0] / lines * 1000:10.1f} {counts[1] / lines * 1000:10.1f} {counts[2]:10d}"


def reading(study: str) -> str:
    """Median and most of the files, and of their lines, to read before one of a study's methods is understood."""
    wanted = [to_read(m) for m in registry.methods(study)]
    lengths = [sum(len(f.read_text(encoding="utf-8").splitlines()) for f in files) for files in wanted]
    counts = [len(files) for files in wanted]
    return f"{statistics.median(counts):8.0f} {max(counts):6d} {statistics.median(lengths):8.0f} {max(lengths):6d}"


def main() -> None:
    """Print the figures."""
    print(
        f"{'':22}{'expr/line':>10} {'packed/k':>10} {'unnamed/k':>10} {'hollow':>10} {'files':>8} {'most':>6}", end=""
    )
    print(f" {'lines':>8} {'most':>6}")
    print(f"{'harness':22}{figures(harness())}")
    for study in registry.studies():
        print(f"{study:22}{figures(study_files(study))} {reading(study)}")


if __name__ == "__main__":
    main()
