"""`toybench check`: a broken method is caught by cell and metric, a harmless refactoring is not flagged."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import pytest
from helpers import record, toybench

from toybench.engine import tune
from toybench.evidence.records import Cost
from toybench.guard import check
from toybench.guard.check import Case, Report
from toybench.plugins.registry import HOME

METHOD = Path("methods/vector_quantization/rotation_trick.py")
CELL = "vector_quantization/codebook_collapse/rotation_trick"


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of one task with two methods, and accepted records of a quarter of the budget."""
    root = tmp_path_factory.mktemp("copy")
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(HOME / "toybench", root / "toybench", symlinks=True, ignore=ignored)
    for kind in ("tasks", "methods"):
        (root / kind / "vector_quantization").mkdir(parents=True)
    (root / "benchmarks").mkdir()
    tasks = (HOME / "tasks/vector_quantization").glob("_*.py")
    for path in [*tasks, HOME / "tasks/vector_quantization/codebook_collapse.py"]:
        shutil.copy(path, root / "tasks/vector_quantization")
    for stem in ("_autoencoder", "rotation_trick", "straight_through"):
        shutil.copy(HOME / f"methods/vector_quantization/{stem}.py", root / "methods/vector_quantization")
    done = toybench("run", "--budget", "quick", "--seeds", "8", "--out", "results", cwd=root, path=root)
    assert done.returncode == 0, done.stdout + done.stderr
    return root


@pytest.fixture
def method(copy: Path) -> Iterator[Path]:
    """The method's file, restored afterwards."""
    text = (copy / METHOD).read_text()
    yield copy / METHOD
    (copy / METHOD).write_text(text)


def checked(root: Path, *args: str, plugins: Path | None = None) -> tuple[int, str]:
    options = ("check", "--only", "records", "--only", "claims", "--sample", "0", *args)
    tree = {"path": root} if plugins is None else {}
    done = toybench(*(("--plugins", str(plugins)) if plugins else ()), *options, cwd=root, **tree)
    return done.returncode, done.stdout + done.stderr


def conformance(root: Path, day: int) -> tuple[int, str]:
    done = toybench("check", "--only", "conformance", "--day", str(day), "--jobs", "1", cwd=root, path=root)
    return done.returncode, done.stdout + done.stderr


def test_a_rotation_without_its_stop_gradient_is_caught(copy: Path, method: Path) -> None:
    text = method.read_text()
    assert "fixed = jax.lax.stop_gradient" in text
    method.write_text(text.replace("fixed = jax.lax.stop_gradient", "fixed = lambda x: x"))
    code, said = checked(copy, "--junit", "check.xml", "--summary", "check.md")
    assert code == 1, said
    assert f"**{CELL}** (records)" in (copy / "check.md").read_text()
    assert "reconstruction_mse got worse" in said
    failures = [c for c in ElementTree.parse(copy / "check.xml").iter("testcase") if c.find("failure") is not None]
    assert [c.get("name") for c in failures] == [CELL]


def test_a_harmless_refactoring_is_not_flagged(copy: Path, method: Path) -> None:
    text = method.read_text()
    assert "return target / length * turned" in text
    method.write_text(
        text.replace("return target / length * turned", "scale = target / length\n    return scale * turned")
    )
    code, said = checked(copy)
    assert code == 0, said
    assert f"✓ {CELL}: its code changed; equal to the bit on 4 seeds" in said


def test_nothing_changed_and_no_sample_reruns_nothing(copy: Path) -> None:
    code, said = checked(copy)
    assert (code, "its code changed" in said) == (3, False), said


def test_a_changed_plug_in_conforms_at_once_and_others_in_turn(copy: Path, method: Path) -> None:
    """Two methods and a task, all of them accepted: in four weeks each is checked once, what changed every day."""

    def names(day: int) -> list[str]:
        code, said = conformance(copy, day)
        assert code in (0, 3), said
        return [line.split(" ")[1].rstrip(":") for line in said.splitlines() if line.startswith("✓")]

    turned, straight = (f"methods/vector_quantization/{m}" for m in ("rotation_trick", "straight_through"))
    days = [names(day) for day in (0, 9, 18)]
    assert sorted(days) == [[turned], [straight], ["tasks/vector_quantization/codebook_collapse"]]
    method.write_text(method.read_text().replace("target / length * turned", "turned * target / length"))
    assert names(4) == [turned], "nobody's turn"


def test_a_conformance_violation_fails_the_check(demo: Path, tmp_path: Path) -> None:
    broken = tmp_path / "plugins"
    shutil.copytree(demo, broken)
    file = broken / "methods/demo/least_mean_squares.py"
    file.write_text(file.read_text().replace("**Source**", "Source"))
    done = toybench("--plugins", str(broken), "check", "demo", "--only", "conformance", "--jobs", "1")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "✓ tasks/demo/linear" in done.stdout
    assert "✗ methods/demo/least_mean_squares" in done.stdout
    assert "states_its_source" in done.stdout


def test_a_plugin_that_kills_its_worker_fails_alone(demo: Path, tmp_path: Path) -> None:
    broken = tmp_path / "plugins"
    shutil.copytree(demo, broken)
    file = broken / "methods/demo/least_mean_squares.py"
    (file.parent / "deadly.py").write_text(
        file.read_text()
        .replace("import jax\n", "import os\n\nimport jax\n", 1)
        .replace(
            "    def init(self, key: jax.Array) -> State:\n",
            "    def init(self, key: jax.Array) -> State:\n        os._exit(3)\n",
        )
    )
    done = toybench("--plugins", str(broken), "check", "demo", "--only", "conformance", "--jobs", "1")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "✗ methods/demo/deadly\n    the worker process died." in done.stdout
    assert "✓ methods/demo/least_mean_squares" in done.stdout
    assert "✓ tasks/demo/linear" in done.stdout


def test_the_sample_is_what_the_seconds_allow_and_comes_to_every_record() -> None:
    """A record costs its compilation, and of the seconds of its sixteen seeds an eighth: 2 + 8 / 8 = 3 here."""
    cost = Cost(compile_seconds=2.0, run_seconds=8.0)
    settled = record("m", range(16), cost=cost)
    cell = SimpleNamespace(digest="")
    known: Any = {f"s/t/{i}": (cell, settled) for i in range(8)}
    chosen = [check._choose(known, 6.0, day)[0] for day in range(4)]
    assert [len(names) for names in chosen] == [2, 2, 2, 2]
    assert {name for names in chosen for name in names} == set(known)
    assert check._choose(known, 0.0, 0) == ([], set())


def test_a_first_look_is_at_the_ends_of_a_record_and_at_others_in_turn() -> None:
    """Over a few days every seed has had its turn; those at the ends of the first metric always."""
    values = [0.5, 0.1, 0.6, 0.7, 0.4, 9.0, 0.3, 0.2]
    found = [check._telling(record("a", values), turn) for turn in range(3)]
    assert all(len(seeds) == 4 and {1, 5} < set(seeds) for seeds in found)
    assert set().union(*found) == set(range(8))
    lost = record("a", [None] * 8)
    assert set().union(*(check._telling(lost, turn) for turn in range(2))) == set(range(8))
    assert check._telling(record("a", values[:3]), 5) == (0, 1, 2)


BAD_CLAIM = """
from toybench import Benchmark, Better, Claim

benchmark = Benchmark(claims=(
    Claim(paper="{paper}", says="One thing is better than another.", differs="All of it.", conditions=(
        Better("{task}", "{method}", "{than}", metric="{metric}"),
    )),
))
"""


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({}, ""),
        ({"metric": "mze"}, "demo/linear has no metric 'mze' (did you mean 'mse'?)"),
        ({"task": "liner"}, "there is no task 'demo/liner' (did you mean 'linear'?)"),
        ({"task": "linear[dims=3]"}, "demo/linear has no field 'dims'"),
        ({"method": "least_mean_square"}, "there is no method 'demo/least_mean_square'"),
        ({"method": "least_mean_squares[rate=1]"}, "has no field 'rate'"),
        ({"method": "least_mean_squares[lr=0.5]"}, "demo/linear/least_mean_squares[lr=0.5] is no cell that runs"),
        ({"paper": "wang2022lerning"}, "there is no paper 'wang2022lerning' (did you mean 'wang2022learning'"),
        ({"than": "least_mean_squares"}, "compares least_mean_squares with itself"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_a_claim_that_can_t_be_evaluated_fails_the_check(
    demo: Path, tmp_path: Path, wrong: dict[str, str], sentence: str
) -> None:
    """And one that can be, but hasn't been run, doesn't; nor does it cost the board."""
    folder = tmp_path / "plugins"
    shutil.copytree(demo, folder)
    right = {
        "paper": "wang2022learning",
        "task": "linear",
        "method": "least_mean_squares",
        "than": "floor",
        "metric": "mse",
    }
    (folder / "benchmarks/demo.py").write_text(BAD_CLAIM.format(**{**right, **wrong}))
    code, said = checked(tmp_path, "demo", plugins=folder)
    assert sentence in said, said
    assert code == (1 if sentence else 0), said
    board = toybench("--plugins", str(folder), "claims", "quasimetric", "--format", "csv")
    assert board.returncode == 0, board.stderr


def test_the_reports_say_what_failed_and_escape_it() -> None:
    report = Report([Case("records", "s/t/<m>", ('m got worse: "1" & 2',)), Case("claims", "s/p #1", note="supported")])
    assert report.exit_code == 1
    assert "# toybench check: failed" in check.markdown(report)
    suites = ElementTree.fromstring(check.junit(report))
    assert [s.get("failures") for s in suites] == ["0", "1", "0"]
    assert next(suites.iter("failure")).get("message") == 'm got worse: "1" & 2'


def test_tuned_values_at_an_edge_are_listed_and_do_not_gate() -> None:
    report = Report([Case("claims", "s/p #1", note="supported")], edges={"s": ["a.lr", "a.lr", "b.decay"]})
    assert report.exit_code == 0
    said = check.markdown(report)
    assert "3 tuned values lie at the edge of their grid" in said
    assert "  - s: a.lr (2), b.decay (1)" in said
    assert not check._edges(["quasimetric"], "no_method")
    assert check._edges(["quasimetric"], "iqe")["quasimetric"] == [
        f"iqe.{edge.field}" for edge in tune.at_edge("quasimetric") if edge.cell.endswith("/iqe")
    ]
