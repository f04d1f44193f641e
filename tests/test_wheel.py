"""What `pip install` brings: the wheel, in a fresh environment, in a repository whose own names are like ours."""

import ast
import importlib.util
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from toybench.evidence import papers, reading
from toybench.plugins import registry
from toybench.plugins.registry import HOME

DOCS = HOME / "docs"
MEGABYTES = 20  # that the wheel may have when every paper of the index has landed
NOT_COPIED = (".git", ".venv", ".tox", "runs", "build", "__pycache__", "*.egg-info", ".*_cache", ".hypothesis")
BUILD = "from setuptools import build_meta; import sys; build_meta.build_wheel(sys.argv[1])"
ASK = """
import sys
import toybench
from toybench.plugins import registry
from toybench.tasks.quasimetric import Pairs
assert ".venv" in toybench.__file__, toybench.__file__
assert registry.load("methods", "quasimetric/iqe").__module__ == "toybench.methods.quasimetric.iqe"
assert registry.load("methods", "quasimetric/mine").__module__ == "toybench.methods.quasimetric.mine"
assert not {"tasks", "methods", "benchmarks"} & set(sys.modules)
import tasks, methods, benchmarks
assert tasks.MINE and methods.MINE and benchmarks.MINE
print("five fine ways")
"""


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this tree, built in a copy."""
    folder = tmp_path_factory.mktemp("wheel")
    shutil.copytree(HOME, folder / "tree", symlinks=True, ignore=shutil.ignore_patterns(*NOT_COPIED))
    build = [sys.executable, "-c", BUILD, str(folder)]
    subprocess.run(build, cwd=folder / "tree", check=True, capture_output=True, timeout=120)
    [built] = folder.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`bin` of a fresh environment with the wheel, which sees the packages that toybench needs and not this tree."""
    folder = tmp_path_factory.mktemp("environment") / ".venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True, timeout=60)
    [packages] = folder.glob("lib/python*/site-packages")
    jax = importlib.util.find_spec("jax")
    assert jax is not None and jax.origin is not None
    pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python"), "install", "--quiet"]
    subprocess.run([*pip, "--no-deps", "--no-index", str(wheel)], check=True, timeout=120)
    # only then: pip would take the tree that this environment may have installed for the wheel
    (packages / "needed.pth").write_text(f"{Path(jax.origin).parent.parent}\n")
    return folder / "bin"


@pytest.fixture(scope="session")
def repository(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's repository with a module `tasks`, and packages `methods` and `benchmarks`, and a method of her own."""
    root = tmp_path_factory.mktemp("repository")
    for place in ("tasks.py", "methods/__init__.py", "benchmarks/__init__.py"):
        (root / place).parent.mkdir(exist_ok=True)
        (root / place).write_text("MINE = True\n")
    (root / "script.py").write_text(ASK)
    (root / "test_mine.py").write_text(f"def test_it():\n{'    '.join(['', *ASK.splitlines(keepends=True)])}")
    done = typed("toybench new method quasimetric/mine", root, installed)
    assert "toybench-plugins/methods/quasimetric/mine.py" in done
    return root


def typed(line: str, cwd: Path, installed: Path, code: int = 0, **variables: str) -> str:
    """What a command that is typed in the environment prints; it has to end with `code`."""
    plain = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    done = subprocess.run(
        shlex.split(line),
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=600,
        env=plain | {"PATH": f"{installed}:{plain['PATH']}", "VIRTUAL_ENV": str(installed.parent), **variables},
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def test_the_wheel_holds_everything_below_one_name(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names} == {"toybench", "toybench-0.1.0.dist-info"}
    here = {str(f.relative_to(HOME)) for kind in ("tasks", "methods") for f in HOME.glob(f"{kind}/*/*.py")}
    assert {f"toybench/{place}" for place in here} <= set(names)
    assert {"toybench/py.typed", "toybench/benchmarks/papers.json"} <= set(names)
    assert not [name for name in names if "/speed/" in name]
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_the_wheel_stays_small_when_all_papers_have_landed(wheel: Path) -> None:
    """By proportion to today's papers; most of it are records."""
    index = papers.index().values()
    landed = {claim.paper for study in registry.studies() for claim in registry.benchmark(study).claims}
    assert wheel.stat().st_size * len(index) / len(landed) < MEGABYTES * 1e6


WAYS = {
    "as a module": "python -m toybench list methods quasimetric",
    "as a command": "toybench list methods quasimetric",
    "in a script": "python script.py",
    "in a notebook": f"python -c {shlex.quote(ASK)}",  # as in its kernel the working directory is first on the path
    "in pytest": "python -m pytest -q -p no:cacheprovider -o addopts= test_mine.py",
    "in a script with a path": "env PYTHONPATH=. python script.py",
    "as a command with a path": "env PYTHONPATH=. toybench list methods quasimetric",
}


@pytest.mark.parametrize("way", WAYS)
def test_a_repository_with_such_names_of_its_own_works(way: str, repository: Path, installed: Path) -> None:
    shown = typed(WAYS[way], repository, installed)
    expected = {"list": "quasimetric/mine\n", "pytest": "1 passed"}
    assert next((text for word, text in expected.items() if word in WAYS[way]), "five fine ways") in shown


def test_accepted_records_come_along(repository: Path, installed: Path) -> None:
    """Every record of the tree, and as current as it is there, without a folder of records in sight."""
    shown = typed("toybench table quasimetric/one_way_grid --format csv", repository, installed)
    assert re.search(r"^quasimetric,one_way_grid,iqe,ok,heldout_mse,", shown, flags=re.M)
    ask = "from toybench import api; print(len(api.records()[0]), *(r['state'] for r in api.status('quasimetric')))"
    count, *states = typed(f'python -c "{ask}"', repository, installed).split()
    assert int(count) == len(list(reading.folder(HOME / "results").scan()))
    assert set(states) <= {"ok", "diverged", "skipped", "missing"}


@pytest.fixture(scope="session")
def ada(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository in which everything on the page for newcomers was done in its order; `said` holds what was seen."""
    [package] = installed.parent.glob("lib/python*/site-packages/toybench")
    before = _files(package)
    root = tmp_path_factory.mktemp("ada")
    for kind, body in re.findall(r"```(sh|python)\n(.*?)```", (DOCS / "getting-started.md").read_text(), flags=re.S):
        if kind == "python":
            place, _, text = body.partition("\n")
            (root / place.removeprefix("# ")).write_text(text)
            continue
        for line in body.splitlines():
            if line != "pip install toybench":  # what `installed` did
                with (root / "said").open("a") as said:
                    said.write(f"$ {line}\n{typed(line, root, installed)}")
    assert _files(package) == before, "the package's folder is never written to"
    return root


def test_the_page_for_newcomers_works_as_written(ada: Path) -> None:
    said = dict(part.split("\n", 1) for part in (ada / "said").read_text().split("$ toybench ") if part)
    plugins = ada / "toybench-plugins"
    assert f"wrote {plugins}/methods/quasimetric/potentials.py" in said["new method quasimetric/potentials"]
    assert f"Wrote {plugins}/benchmarks/tuned/quasimetric.json" in said["tune quasimetric --method potentials"]
    assert f"records into {plugins}/results" in said["accept quasimetric"].replace("\n", "")
    [table] = (text for line, text in said.items() if line.endswith("--format latex"))
    assert re.search(r"^potentials & \d", table, flags=re.M)
    assert re.search(r"^iqe & 0\.\d", table, flags=re.M), "beside the landed methods"
    assert "behind wide_norm" in said["scorecard potentials --against euclidean_embedding"]
    assert (ada / "curves.pdf").read_bytes().startswith(b"%PDF")
    assert "# toybench check: passed" in said["check quasimetric/potentials"]


def test_the_ci_job_works_as_written(ada: Path, installed: Path) -> None:
    """On a checkout: what isn't committed isn't there."""
    shutil.copytree(ada / "toybench-plugins", ada / "checkout" / "toybench-plugins")
    [job] = re.findall(r"```yaml\n(.*?)```", (DOCS / "ci.md").read_text(), flags=re.S)
    [check] = re.findall(r"toybench check .*?\n(?=      - )", job, flags=re.S)
    line = " ".join(check.split()).replace("$GITHUB_STEP_SUMMARY", "summary.md")
    typed(line, ada / "checkout", installed)
    assert "# toybench check: passed" in (ada / "checkout" / "summary.md").read_text()
    assert "potentials" in (ada / "checkout" / "toybench.xml").read_text()


SHOW = """
def show(value):
    html = getattr(value, "_repr_html_", getattr(value, "_repr_svg_", lambda: None))()
    if value is not None:
        print("<" if html and html.lstrip().startswith("<") else repr(value))
"""


def test_the_notebook_for_newcomers_runs_from_top_to_bottom(ada: Path, installed: Path) -> None:
    """Cells in their order in one process; the last value of each is shown. Git holds it without outputs."""
    notebook = json.loads((DOCS / "getting-started.ipynb").read_text())
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert all(not cell["outputs"] and cell["execution_count"] is None for cell in cells)
    script = SHOW
    for cell in cells:
        tree = ast.parse("".join(cell["source"]))
        last = tree.body[-1]
        if isinstance(last, ast.Expr):
            tree.body[-1] = ast.parse(f"show({ast.unparse(last.value)})").body[0]
        script += ast.unparse(tree) + "\n"
    (ada / "notebook.py").write_text(script)
    shown = typed("python notebook.py", ada, installed)
    assert shown.count("<\n") == 5, shown  # table, run, scorecard, picture, claims
    assert r"\begin{tabular}" in shown
    assert (ada / "curves.svg").read_text().startswith("<svg")


def _files(folder: Path) -> dict[Path, int]:
    """When each file was written, but for Python's own cache."""
    return {f: f.stat().st_mtime_ns for f in folder.rglob("*") if f.is_file() and "__pycache__" not in f.parts}
