"""The tree is the registry: names come from where files lie, and listing them imports nothing.

A root is a folder with `tasks/<study>/<task>.py`, `methods/<study>/<method>.py` and `benchmarks/<study>.py`.
The first root is toybench's own: the repository, or the package where it was installed; others come from the entry
point group `toybench.plugins` (a module whose folder is a root) and from `--plugins DIR`.

What a user makes (scaffolds, tuned values, accepted records) goes into the root that `own` says, never into an
installed package.

The trees of all roots are imported as one, below `toybench.tasks`, `toybench.methods` and `toybench.benchmarks`. So
no file of theirs is in the way of a user's own `tasks.py`. In the repository those are links to the trees.
"""

import contextlib
import importlib
import importlib.metadata
import importlib.util
import inspect
import re
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from toybench.errors import PluginError, UsageError, nearest
from toybench.plugins import isolation

PACKAGE = Path(__file__).resolve().parent.parent  # the folder of `toybench`
HOME = (PACKAGE / "tasks").resolve().parent  # the first root
HERE = Path("toybench-plugins")  # a root that needs no naming, where it lies in the working directory
REFERENCES = ("floor", "chance", "oracle")  # reserved method names: learners that a task brings itself
_NAME = re.compile(r"[a-z][a-z0-9_]*/[a-z][a-z0-9_]*")
_extra: list[Path] = []
_changed: dict[str, str] = {}  # sentences on what imports did to the process, by module


def add_root(folder: Path | str, new: bool = False) -> None:
    """Add a folder of plug-ins laid out as this repository is; a `new` one may still be empty."""
    root = Path(folder).resolve()
    if not new and not any((root / kind).is_dir() for kind in ("tasks", "methods", "benchmarks")):
        raise UsageError(f"{folder} holds no tasks/, methods/ or benchmarks/; point --plugins at a folder that does.")
    if root not in roots():
        _extra.append(root)
    _forget()


@cache
def _entry_points() -> tuple[Path, ...]:
    found = []
    for point in importlib.metadata.entry_points(group="toybench.plugins"):
        spec = importlib.util.find_spec(point.value)
        if spec and spec.submodule_search_locations:
            found.append(Path(next(iter(spec.submodule_search_locations))).resolve())
    return tuple(found)


@cache
def _here() -> tuple[Path, ...]:
    with contextlib.suppress(OSError):  # the working directory was deleted
        if HERE.is_dir():
            return (HERE.resolve(),)
    return ()


def roots() -> list[Path]:
    """All roots, toybench's own first."""
    return list(dict.fromkeys([HOME, *_entry_points(), *_here(), *_extra]))


def extra_roots() -> list[str]:
    """What a worker process has to add to see the same tree."""
    return [str(r) for r in dict.fromkeys([*_here(), *_extra])]


def own() -> Path:
    """The root that gets what a user makes.

    The first that was added (`--plugins`), else `toybench-plugins` in the working directory where that is, else the
    repository, else a new `toybench-plugins`: an installed package is never written to.
    """
    in_repository = HOME != PACKAGE
    return next(iter([*_extra, *_here(), *([HOME] if in_repository else [])]), HERE.absolute())


def _forget() -> None:
    for cached in (_scan, load, benchmark, _here):
        cached.cache_clear()


def imports_told(study: str) -> list[str]:
    """What importing plug-ins of a study did to the process, and was undone: a sentence each."""
    return [sentence for module, sentence in _changed.items() if study in module.split(".")]


def _files(kind: str) -> dict[str, Path]:
    """`{'study/stem': path}` for `kind` in tasks or methods."""
    return _scan(kind)[0]


def misnamed(study: str) -> dict[str, str]:
    """`{name: reason}` of a study's files that can't be a task or a method, for what they are called."""
    return {n: why for kind in ("tasks", "methods") for n, why in _scan(kind)[1].items() if n.startswith(study + "/")}


@cache
def _scan(kind: str) -> tuple[dict[str, Path], dict[str, str]]:
    found: dict[str, Path] = {}
    wrong: dict[str, str] = {}
    for root in roots():
        for path in sorted((root / kind).glob("*/*.py")):
            if path.stem.startswith("_"):
                continue
            name = f"{path.parent.name}/{path.stem}"
            if not _NAME.fullmatch(name) or path.stem in REFERENCES:
                wrong[name] = f"{path}: '{name}' can't be a name; use lower-case letters, digits and '_'."
                continue
            if name in found:
                wrong[name] = f"{kind[:-1]} '{name}' exists twice; {found[name]} is used, rename {path}."
                continue
            found[name] = path
    return found, wrong


def studies() -> list[str]:
    """Names of all studies, sorted: the folders under tasks/."""
    return sorted({name.split("/")[0] for name in _files("tasks")})


def tasks(study: str | None = None) -> list[str]:
    """Names of all tasks, or of one study's."""
    return _of("tasks", study)


def methods(study: str | None = None) -> list[str]:
    """Names of all methods, or of one study's."""
    return _of("methods", study)


def _of(kind: str, study: str | None) -> list[str]:
    if study is not None and study not in studies():
        raise UsageError(f"there is no study '{study}'{nearest(study, studies())}; see `toybench list studies`.")
    return sorted(n for n in _files(kind) if study is None or n.startswith(study + "/"))


def path(kind: str, name: str) -> Path:
    """The file behind a name; `kind` is tasks or methods.

    Raises:
      UsageError: the name is unknown; the message gives the nearest ones.
    """
    files = _files(kind)
    study = name.split("/")[0]
    if name not in files:
        _of(kind, study)
        stems = {n.split("/", 1)[1]: n for n in files if n.startswith(study + "/")}
        raise UsageError(
            f"there is no {kind[:-1]} '{name}'{nearest(name.split('/', 1)[-1], stems)}; "
            f"see `toybench list {kind} {study}`."
        )
    return files[name]


def place(file: Path) -> str:
    """`methods/study/method.py` for a file of a tree, under any root; empty for any other file."""
    file = file.resolve()  # the repository's trees are links
    below = [file.relative_to(root) for root in roots() if file.is_relative_to(root)]
    return next((path.as_posix() for path in below if path.parts[0] in ("tasks", "methods", "benchmarks")), "")


@cache
def load(kind: str, name: str) -> Any:
    """The Task or Method class of a file, its `name` set from the file's place.

    Raises:
      PluginError: it can't be imported, or isn't what the protocol asks for.
    """
    from toybench.plugins import contract
    from toybench.protocol import Method, Task

    base = {"tasks": Task, "methods": Method}[kind]
    file = path(kind, name)
    module = _import(f"toybench.{kind}.{name.replace('/', '.')}", file)
    found = [
        v
        for v in vars(module).values()
        if inspect.isclass(v) and issubclass(v, base) and v.__module__ == module.__name__ and v.__name__[0] != "_"
    ]
    if len(found) != 1:
        names = ", ".join(c.__name__ for c in found) or "none"
        raise PluginError(f"{file} must define exactly one public {base.__name__} class, found {names}.")
    found[0].name = name  # type: ignore[attr-defined]
    try:
        wrong = contract.problem(found[0])  # type: ignore[arg-type]
    except Exception as error:  # its own code, a property say
        wrong = f"{type(error).__name__}: {error}"
    if wrong:
        raise PluginError(f"{file}: {wrong}")
    return found[0]


@cache
def benchmark(study: str) -> Any:
    """`benchmarks/<study>.py`'s `benchmark`, or the defaults where there is no such file."""
    from toybench.claim import Benchmark

    for root in roots():
        file = root / "benchmarks" / f"{study}.py"
        if file.is_file():
            found = getattr(_import(f"toybench.benchmarks.{study}", file), "benchmark", None)
            if not isinstance(found, Benchmark):
                raise PluginError(f"{file} must define `benchmark = toybench.Benchmark(...)`.")
            return found
    return Benchmark()


def declared() -> tuple[list[tuple[str, Any]], dict[str, str]]:
    """(study, claim) of every benchmark, and `{study: why}` of those that can't be loaded."""
    found: list[tuple[str, Any]] = []
    broken: dict[str, str] = {}
    for study in studies():
        try:
            found += [(study, claim) for claim in benchmark(study).claims]
        except PluginError as error:
            broken[study] = str(error)
    return found, broken


def field(study: str) -> str:
    """The field that a study's benchmark names; empty where it names none, or can't be imported."""
    try:
        return str(benchmark(study).field)
    except PluginError:
        return ""


def _import(name: str, file: Path) -> ModuleType:
    """Import `name`, with every root's folder on the path of the packages above it. It leaves the process as it was."""
    try:
        with isolation.restored(silently=isolation.BY_LIBRARIES) as changed, isolation.muffled(changed):
            module = _import_alone(name)
    except (Exception, SystemExit) as error:
        raise PluginError(f"{file} can't be imported: {type(error).__name__}: {error}") from error
    if module.__file__ is None or Path(module.__file__).resolve() != file.resolve():
        raise PluginError(f"'{name}' is {module.__file__}, not {file}; another package of that name is in the way.")
    if changed:
        _changed[name.removeprefix("toybench.")] = f"{file} {', '.join(changed)} at import; this was undone."
    return module


def _import_alone(name: str) -> ModuleType:
    """Import `name` and the packages above it, each with every root's folder."""
    _, kind, *above = name.split(".")[:-1]
    for tree in ("tasks", "methods", "benchmarks"):
        _join((tree,))
    for depth in range(len(above)):
        _join((kind, *above[: depth + 1]))
    return importlib.import_module(name)


def _join(place: tuple[str, ...]) -> None:
    """Let the package at a place of the tree hold the files of every root's folder there."""
    package = importlib.import_module(".".join(("toybench", *place)))
    for root in roots():
        folder = root.joinpath(*place)
        if folder.is_dir() and not any(folder.samefile(known) for known in package.__path__):
            package.__path__.append(str(folder))
