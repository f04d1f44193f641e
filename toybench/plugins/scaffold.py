"""Scaffolds: a new study from templates; a new task or method as a working copy of the study's shortest one."""

import re
from pathlib import Path
from string import Template

from toybench.errors import UsageError
from toybench.plugins import registry

_TEMPLATES = Path(__file__).parent / "templates"
_NAME = re.compile(r"[a-z][a-z0-9_]*")


def create(kind: str, name: str, root: Path) -> list[Path]:
    """Write the files of a new study, task or method below `root`; the paths written.

    Raises:
      UsageError: the name is malformed or taken, or the study is unknown; nothing was written.
    """
    study, _, stem = name.partition("/")
    if (kind == "study") == bool(stem) or not all(_NAME.fullmatch(n) for n in (study, stem or "x")):
        shape = "a study is called NAME" if kind == "study" else f"a {kind} is called STUDY/NAME"
        raise UsageError(f"'{name}' can't be a name: {shape}, in lower-case letters, digits and '_'.")
    if stem in registry.REFERENCES:
        raise UsageError(f"'{stem}' is reserved for a task's own references; choose another name.")
    files = _study(study) if kind == "study" else _copy(kind + "s", study, stem)
    for path in files:
        if (root / path).exists():
            raise UsageError(f"{root / path} exists already; choose another name.")
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
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


def _copy(kind: str, study: str, stem: str) -> dict[Path, str]:
    names = registry.tasks(study) if kind == "tasks" else registry.methods(study)
    if f"{study}/{stem}" in names:
        raise UsageError(f"there is a {kind[:-1]} '{study}/{stem}' already; choose another name.")
    if not names:
        raise UsageError(f"{study} has no {kind} to start from; `toybench new study` shows a first one.")
    model = min((registry.path(kind, n) for n in names), key=lambda p: len(p.read_text(encoding="utf-8")))
    public = re.findall(r"^class ([A-Z]\w*)\(", model.read_text(encoding="utf-8"), flags=re.M)[-1]
    fresh = "".join(part.capitalize() for part in stem.split("_"))
    return {Path(kind, study, f"{stem}.py"): re.sub(rf"\b{public}\b", fresh, model.read_text(encoding="utf-8"))}
