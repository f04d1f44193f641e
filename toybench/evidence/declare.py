"""A new paper: its row in the index, and a claim to fill in on its study's page."""

import ast
import json
import re
from pathlib import Path
from string import Template

from toybench.errors import UsageError
from toybench.evidence import papers
from toybench.files import write_atomically
from toybench.plugins import registry

FILL_IN = "FILL IN"  # begins whatever an author has to replace
_TEMPLATES = Path(registry.__file__).parent / "templates"
_KEY = re.compile(r"[a-z]+(\d{4})[a-z0-9]+")


def paper(name: str, root: Path) -> list[Path]:
    """Write the row (where the index has none) and the claim of `study/key` below `root`; the paths written.

    Raises:
      UsageError: the name is malformed, the study is unknown, or the page can't be extended; nothing was written.
    """
    study, _, key = name.rpartition("/")
    if not _KEY.fullmatch(key):
        raise UsageError(
            f"'{name}' can't be a paper: write STUDY/KEY, and KEY as first author, year and first word of the title, "
            "such as wang2022learning."
        )
    known = papers.index().get(key)
    study = study or (known.study if known else "")
    if not study:
        raise UsageError(f"'{key}' isn't in the index yet; name its study: `toybench new paper STUDY/{key}`.")
    if known and known.study != study:
        raise UsageError(f"'{key}' is in the index under study '{known.study}'; write `{known.study}/{key}`.")
    files = {root / "benchmarks" / f"{study}.py": _page(root, study, _claim(study, key))}
    if not known:
        files[root / "benchmarks" / "papers.json"] = _rows(root, study, key)
    for path, text in files.items():
        write_atomically(path, text.encode())
    papers.index.cache_clear()
    return list(files)


def _rows(root: Path, study: str, key: str) -> str:
    """The root's index with one row more."""
    file = root / "benchmarks" / "papers.json"
    rows = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else []
    matched = _KEY.fullmatch(key)
    row = {
        "key": key,
        "title": f"{FILL_IN} the title",
        "authors": [f"{FILL_IN} the surnames"],
        "year": int(matched[1]) if matched else None,
        "url": "https://",
        "venue": "",
        "study": study,
        "why_not": "",
    }
    return "[\n" + ",\n".join(json.dumps(r, ensure_ascii=False) for r in [*rows, row]) + "\n]\n"


def _claim(study: str, key: str) -> str:
    """A claim about the study's first task and methods, which runs and has to be replaced."""
    task = registry.tasks(study)[0].split("/")[1]
    methods = [name.split("/")[1] for name in registry.methods(study)]
    if not methods:
        raise UsageError(f"{study} has no methods to claim something about; add one with `toybench new method` first.")
    than = methods[1] if len(methods) > 1 else "floor"
    names = {"key": key, "task": task, "method": methods[0], "than": than, "fill": FILL_IN}
    return _template("claim", **names)


def _template(stem: str, **names: str) -> str:
    return Template((_TEMPLATES / f"{stem}.txt").read_text(encoding="utf-8")).substitute(names)


def _page(root: Path, study: str, claim: str) -> str:
    """The study's page below `root` with one claim more."""
    file = root / "benchmarks" / f"{study}.py"
    elsewhere = [r for r in registry.roots() if r != root and (r / "benchmarks" / file.name).is_file()]
    if elsewhere:
        raise UsageError(
            f"the claims of {study} are declared in {elsewhere[0] / 'benchmarks' / file.name}; add one in a clone of "
            "that repository, or make a study of your own with `toybench new study`."
        )
    if not file.is_file():
        return _template("page", study=study, claim=claim)
    text = file.read_text(encoding="utf-8")
    tree = ast.parse(text)
    lines = text.splitlines(keepends=True)
    last = _last_of_claims(tree)
    if last is None:
        raise UsageError(
            f"{file} lists its claims elsewhere than in `Benchmark(claims=(...))`; add the claim there by hand."
        )
    lines.insert(last, claim)
    missing = sorted({"Better", "Claim"} - _imported(tree))
    if missing:
        first = 1 + max(n.end_lineno or 0 for n in tree.body if isinstance(n, ast.ImportFrom | ast.Import))
        lines.insert(first - 1, f"from toybench import {', '.join(missing)}\n")
    return "".join(lines)


def _last_of_claims(tree: ast.Module) -> int | None:
    """The line after which a claim can be added: the last one before the closing parenthesis of `claims=(...)`."""
    calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and getattr(n.func, "id", "") == "Benchmark"]
    for call in calls:
        for keyword in call.keywords:
            value = keyword.value
            if keyword.arg == "claims" and isinstance(value, ast.Tuple) and value.end_lineno != value.lineno:
                return (value.end_lineno or 0) - 1
    return None


def _imported(tree: ast.Module) -> set[str]:
    """Names that the module imports."""
    return {a.asname or a.name for n in tree.body if isinstance(n, ast.ImportFrom) for a in n.names}
