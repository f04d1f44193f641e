"""Scaffolds: a new study from templates; a new task or method as a skeleton that runs, or as a copy."""

import ast
import re
from pathlib import Path
from string import Template

from toybench.errors import UsageError
from toybench.files import write_atomically
from toybench.plugins import registry

_TEMPLATES = Path(__file__).parent / "templates"
_NAME = re.compile(r"[a-z][a-z0-9_]*")


def create(kind: str, name: str, root: Path, like: str = "") -> list[Path]:
    """Write the files of a new study, task or method below `root`; the paths written.

    Args:
      like: the task or method of the study to copy.

    Raises:
      UsageError: the name is malformed or taken, or the study is unknown; nothing was written.
    """
    study, _, stem = name.partition("/")
    if (kind == "study") == bool(stem) or not all(_NAME.fullmatch(n) for n in (study, stem or "x")):
        shape = "a study is called NAME" if kind == "study" else f"a {kind} is called STUDY/NAME"
        raise UsageError(f"'{name}' can't be a name: {shape}, in lower-case letters, digits and '_'.")
    if like and kind == "study":
        raise UsageError("a study can't be copied; use --like with a task or a method.")
    if stem in registry.REFERENCES:
        raise UsageError(f"'{stem}' is reserved for a task's own references; choose another name.")
    files = _study(study) if kind == "study" else _copy(kind + "s", study, stem, like)
    for path in files:
        if (root / path).exists():
            raise UsageError(f"{root / path} exists already; choose another name.")
    for path, text in files.items():
        write_atomically(root / path, text.encode())
    return [root / path for path in files]


def _study(study: str) -> dict[Path, str]:
    if study in registry.studies():
        raise UsageError(f"there is a study '{study}' already; choose another name.")
    places = {
        f"tasks/{study}/__init__.py": ("interface", ""),
        f"tasks/{study}/linear.py": ("task", "Linear"),
        f"methods/{study}/least_mean_squares.py": ("method", "LeastMeanSquares"),
        f"benchmarks/{study}.py": ("benchmark", ""),
    }
    title = study.replace("_", " ").capitalize()
    return {
        Path(place): Template((_TEMPLATES / f"{name}.txt").read_text(encoding="utf-8")).substitute(
            study=study, cls=cls, title=title
        )
        for place, (name, cls) in places.items()
    }


def _copy(kind: str, study: str, stem: str, like: str) -> dict[Path, str]:
    """A copy of the task or method `like`; without one a skeleton, which is the simplest of the study made neutral."""
    names = registry.tasks(study) if kind == "tasks" else registry.methods(study)
    if f"{study}/{stem}" in names:
        raise UsageError(f"there is a {kind[:-1]} '{study}/{stem}' already; choose another name.")
    if not names:
        raise UsageError(f"{study} has no {kind} to start from; `toybench new study` shows a first one.")
    model = f"{study}/{like.removeprefix(f'{study}/')}" if like else _simplest(kind, names)
    text = registry.path(kind, model).read_text(encoding="utf-8")
    if not like:
        text = _neutral(text, _HEADERS[kind], model)
    fresh = "".join(part.capitalize() for part in stem.split("_"))
    return {Path(kind, study, f"{stem}.py"): re.sub(rf"\b{_public(text)}\b", fresh, text)}


def _simplest(kind: str, names: list[str]) -> str:
    """The shortest that builds on the protocol alone, else the shortest."""

    def rank(name: str) -> tuple[bool, int]:
        text = registry.path(kind, name).read_text(encoding="utf-8")
        alone = re.search(rf"^class {_public(text)}\((Method|Task)\b", text, flags=re.M)
        return not alone, len(text)

    return min(names, key=rank)


def _public(text: str) -> str:
    """Name of the class that a plug-in's file is for."""
    return re.findall(r"^class ([A-Z]\w*)\(", text, flags=re.M)[-1]


def _neutral(text: str, header: str, model: str) -> str:
    """The code of a plug-in with what its author says of it, and of its paper, replaced by what is to be filled in."""
    tree = ast.parse(text)
    [public] = [n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == _public(text)]
    says = f'    """Say in one line what it is. The code is that of {model}: replace it."""\n'
    edits = [(_docstring(tree), header), (_docstring(public), says)]
    edits += [(n, "") for n in public.body if isinstance(n, ast.Assign) and _names(n) == ["paper"]]
    lines = text.splitlines(keepends=True)
    for node, new in sorted(edits, key=lambda edit: -edit[0].lineno):
        lines[node.lineno - 1 : node.end_lineno] = [new]
    return "".join(lines)


def _docstring(node: ast.Module | ast.ClassDef) -> ast.stmt:
    if ast.get_docstring(node) is None:
        raise UsageError("the study's simplest plug-in has no docstring; name another one with --like.")
    return node.body[0]


def _names(node: ast.Assign) -> list[str]:
    return [target.id for target in node.targets if isinstance(target, ast.Name)]


_HEADERS = {
    "methods": '''"""Say in one line what the method is.

**Source**: authors, title, year, link, and the section, equation or file that you read.

    the equation, in plain text

**Differs from the paper**: number the differences; "nothing" is an answer.

**Shapes**: the letters of the axes, once: b batch, d dimensions.
"""
''',
    "tasks": '''"""Say in one line what the problem is.

Then say which mechanism it isolates, and what a learner would have to do to solve it.
"""
''',
}
