"""Digests: an edit makes exactly the cells stale that depend on it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from toybench import api
from toybench.engine import cells, execute
from toybench.engine.cells import Cell
from toybench.evidence.records import Folder
from toybench.plugins import digest, registry, scaffold

FILES = {
    "task": "tasks/tree/linear.py",
    "interface": "tasks/tree/__init__.py",
    "method": "methods/tree/least_mean_squares.py",
    "helper": "methods/tree/_helper.py",
    "benchmark": "benchmarks/tree.py",
}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory):
    """A study with two methods, one of which imports a helper."""
    root = tmp_path_factory.mktemp("tree")
    scaffold.create("study", "tree", root)
    method = (root / FILES["method"]).read_text()
    (root / FILES["helper"]).write_text('"""A helper."""\n\nRATE = 0.1\n')
    (root / "methods/tree/helped.py").write_text(
        method.replace("from toybench", "from toybench.methods.tree._helper import RATE\nfrom toybench").replace(
            "0.1  #", "RATE  #"
        )
    )
    registry.add_root(root)
    yield root
    registry._extra.remove(root)
    registry._forget()


def digests() -> dict[str, str]:
    digest.forget()
    return {m: Cell("tree", "linear", m, "full", (0,)).digest for m in ("least_mean_squares", "helped", "floor")}


def edited(root: Path, place: str, old: str, new: str) -> set[str]:
    """Which methods' digests change with an edit, which is then taken back."""
    path, before = root / place, digests()
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    after = digests()
    path.write_text(text)
    return {m for m in before if before[m] != after[m]}


def test_a_method_touches_itself(tree: Path) -> None:
    assert edited(tree, FILES["method"], "0.1 * jax", "0.2 * jax") == {"least_mean_squares"}


def test_a_helper_touches_who_imports_it(tree: Path) -> None:
    assert edited(tree, FILES["helper"], "0.1", "0.2") == {"helped"}


@pytest.mark.parametrize(("what", "old", "new"), [("task", "257", "300"), ("interface", "dim: int", "dim: float")])
def test_task_and_interface_touch_all(tree: Path, what: str, old: str, new: str) -> None:
    assert edited(tree, FILES[what], old, new) == {"least_mean_squares", "helped", "floor"}


def test_words_touch_nothing(tree: Path) -> None:
    assert edited(tree, FILES["method"], "Least mean squares", "Least squares") == set()
    assert edited(tree, FILES["method"], "# step size", "# rate") == set()
    assert edited(tree, FILES["benchmark"], "Benchmark()", "Benchmark(variants=())") == set()


def test_fields_tuned_values_and_budget_count(tree: Path) -> None:
    plain = Cell("tree", "linear", "least_mean_squares", "full", (0,))
    others = [
        Cell("tree", "linear[dim=5]", "least_mean_squares", "full", (0,)),
        Cell("tree", "linear", "least_mean_squares[lr=0.2]", "full", (0,)),
        Cell("tree", "linear", "least_mean_squares", "quick", (0,)),
        Cell("tree", "linear", "least_mean_squares", "full", (0,), tuned={"lr": 0.3}),
    ]
    assert len({c.digest for c in [plain, *others]}) == 5
    assert Cell("tree", "linear", "least_mean_squares", "full", (0, 1)).digest == plain.digest


def test_status_shows_exactly_the_cells_that_an_edit_touches(tree: Path, tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    for cell in cells.plan(["tree"], budget="full").cells:
        folder.write(execute.blank(cell, "skipped", "on purpose"))
    methods = {"least_mean_squares", "helped"}
    for place, touched in {
        FILES["method"]: {"least_mean_squares"},
        FILES["helper"]: {"helped"},
        FILES["task"]: {*methods, "floor", "oracle"},
        FILES["benchmark"]: set(),
    }.items():
        text = (tree / place).read_text()
        (tree / place).write_text(text + "\nEDITED = True\n")
        digests()  # forgets what it read
        states = {row["cell"].split("/")[-1]: row["state"] for row in api.status("tree", results=tmp_path)}
        (tree / place).write_text(text)
        digests()
        assert {m for m, state in states.items() if state == "stale"} == touched, place


def test_no_digest_contains_the_harness() -> None:
    """So no refactoring of it makes a record stale; of toybench/ only the building blocks count."""
    names = [("tasks", n) for n in registry.tasks()] + [("methods", n) for n in registry.methods()]
    files = set().union(*(digest.sources(registry.path(kind, name)) for kind, name in names))
    harness = {f for f in files if f.is_relative_to(registry.HOME / "toybench")}
    assert harness
    assert all(f.is_relative_to(registry.HOME / "toybench/blocks") for f in harness)


def test_the_harness_does_not_count_but_its_building_blocks_do() -> None:
    files = {
        f.relative_to(registry.HOME).as_posix() for f in digest.sources(registry.path("methods", "quasimetric/iqe"))
    }
    assert "toybench/blocks/nn.py" in files
    assert "methods/quasimetric/_embedding.py" in files
    assert "tasks/quasimetric/__init__.py" in files
    assert not any(f.startswith("toybench/") and "blocks" not in f for f in files)


def test_the_protocol_version_counts(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = digests()
    monkeypatch.setattr(digest, "PROTOCOL", digest.PROTOCOL + 1)
    assert all(before[m] != d for m, d in digests().items())


def planned(root: Path, scratch: Path) -> str:
    """What a new process plans for the tree, with `scratch` as the user's cache; says whether it imported plug-ins."""
    code = (
        "import sys; from pathlib import Path\n"
        "from toybench.engine import cells; from toybench.plugins import registry\n"
        f"registry.add_root(Path({str(root)!r}))\n"
        "plan = cells.plan(['tree'], budget='full')\n"
        "imported = any(m.startswith('toybench.methods.tree') for m in sys.modules)\n"
        "print(imported, [(c.name, c.digest) for c in plan.cells], plan.broken)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=registry.HOME,
        env={**os.environ, "XDG_CACHE_HOME": str(scratch)},
    )
    return done.stdout


def test_a_plan_is_kept_until_a_file_changes(tree: Path, tmp_path: Path) -> None:
    first = planned(tree, tmp_path)
    assert first.startswith("True")
    assert planned(tree, tmp_path) == first.replace("True", "False", 1), "the same, and nothing was imported"
    method = tree / FILES["method"]
    text = method.read_text()
    try:
        method.write_text(text.replace("0.1 * jax", "0.2 * jax"))
        edited = planned(tree, tmp_path)
        assert edited.startswith("True")
        assert edited != first
        method.write_text("1 +")
        assert "least_mean_squares" in planned(tree, tmp_path).split("]")[-1], "a broken plug-in is said every time"
        assert planned(tree, tmp_path).startswith("True")
    finally:
        method.write_text(text)
    for kept in (tmp_path / "toybench" / "plans").rglob("*.json"):
        kept.write_text("{")
    assert planned(tree, tmp_path) == first, "what can't be read is planned again"
