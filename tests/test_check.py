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


def conformance(root: Path, day: int, *options: str) -> tuple[int, str]:
    done = toybench("check", "--only", "conformance", "--day", str(day), "--jobs", "1", *options, cwd=root, path=root)
    return done.returncode, done.stdout + done.stderr


def test_a_rotation_without_its_stop_gradient_is_caught(copy: Path, method: Path) -> None:
    text = method.read_text(encoding="utf-8")
    assert "fixed = jax.lax.stop_gradient" in text
    method.write_text(text.replace("fixed = jax.lax.stop_gradient", "fixed = lambda x: x"), encoding="utf-8")
    code, said = checked(copy, "--junit", "check.xml", "--summary", "check.md")
    assert code == 1, said
    assert f"**{CELL}** (records)" in (copy / "check.md").read_text()
    assert "reconstruction_mse got worse" in said
    failures = [c for c in ElementTree.parse(copy / "check.xml").iter("testcase") if c.find("failure") is not None]
    assert [c.get("name") for c in failures] == [CELL]


def test_a_harmless_refactoring_is_not_flagged(copy: Path, method: Path) -> None:
    text = method.read_text(encoding="utf-8")
    assert "return target / length * turned" in text
    method.write_text(
        text.replace("return target / length * turned", "scale = target / length\n    return scale * turned"),
        encoding="utf-8",
    )
    code, said = checked(copy)
    assert code == 0, said
    assert f"✓ {CELL}: its code changed; equal to the bit on 4 seeds" in said


def test_nothing_changed_and_no_sample_reruns_nothing(copy: Path) -> None:
    code, said = checked(copy)
    assert (code, "its code changed" in said) == (3, False), said


def test_a_changed_plug_in_conforms_at_once_and_others_in_turn(copy: Path, method: Path) -> None:
    """Two methods and a task, all of them accepted: in four weeks each is checked once, what changed every day."""

    def names(day: int, *options: str) -> list[str]:
        code, said = conformance(copy, day, *options)
        assert code in (0, 3), said
        return [line.split(" ")[1].rstrip(":") for line in said.splitlines() if line.startswith("✓")]

    turned, straight = (f"methods/vector_quantization/{m}" for m in ("rotation_trick", "straight_through"))
    assert names(0, "--sample", "0") == [], "no seconds for what has not changed, however many there are"
    days = [names(day) for day in (0, 9, 18)]
    assert sorted(days) == [[turned], [straight], ["tasks/vector_quantization/codebook_collapse"]]
    method.write_text(
        method.read_text(encoding="utf-8").replace("target / length * turned", "turned * target / length"),
        encoding="utf-8",
    )
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


def test_records_have_their_turn_in_four_weeks_if_the_seconds_allow_it() -> None:
    """A record costs its compilation, and of the seconds of its sixteen seeds those of the first: 2 + 1 = 3 here."""
    cost = Cost(compile_seconds=2.0, run_seconds=16 / check.FIRST)
    settled = record("m", range(16), cost=cost)
    cell = SimpleNamespace(digest="")
    known: Any = {f"s/t/{i}": (cell, settled) for i in range(56)}
    for seconds, each, days in ((1000.0, 2, 28), (3.0, 1, 56)):
        chosen = [check._choose(known, seconds, 0.0, day)[0] for day in range(days)]
        assert [len(names) for names in chosen] == [each] * days
        assert {name for names in chosen for name in names} == set(known)
    assert check._choose(known, 0.0, 0.0, 0) == ([], set())


def test_stale_records_have_their_turn_as_far_as_the_seconds_go() -> None:
    """A record costs 3 seconds here: all within 168, seven a day within 21, and none is forgotten."""
    cost = Cost(compile_seconds=2.0, run_seconds=16 / check.FIRST)
    old = record("m", range(16), cost=cost)
    cell = SimpleNamespace(digest="another")
    known: Any = {f"s/t/{i}": (cell, old) for i in range(56)}
    assert check._choose(known, 0.0, 168.0, 5) == (list(known), set(known))
    days = [check._choose(known, 0.0, 21.0, day) for day in range(8)]
    assert [len(names) for names, _ in days] == [7] * 8
    assert {name for names, _ in days for name in names} == set(known)
    assert all(stale == set(known) for _, stale in days)


def test_changed_plug_ins_beyond_the_seconds_are_told(copy: Path, method: Path) -> None:
    method.write_text(
        method.read_text(encoding="utf-8").replace("target / length * turned", "turned * target / length"),
        encoding="utf-8",
    )
    code, said = conformance(copy, 4, "--changed", "0")
    assert (code, "1 plug-ins and records whose code has changed" in said) == (3, True), said


def test_a_record_that_has_its_turn_every_four_weeks_shows_other_seeds_each_time() -> None:
    seen = {seed for turn in range(7) for seed in check._telling(record("m", range(16)), 28 * turn)}
    assert seen == set(range(16))


def test_a_first_look_is_at_the_ends_of_a_record_and_at_others_in_turn() -> None:
    """Those at the ends of the first metric are always looked at."""
    values = [0.5, 0.1, 0.6, 0.7, 0.4, 9.0, 0.3, 0.2]
    found = [check._telling(record("a", values), day) for day in range(4)]
    assert all(len(seeds) == 4 and {1, 5} < set(seeds) for seeds in found)
    assert len(set(found)) > 1
    assert len(check._telling(record("a", [None] * 8), 0)) == 4
    assert check._telling(record("a", values[:3]), 5) == (0, 1, 2)


def test_a_page_that_can_t_be_loaded_costs_its_own_study_alone(demo: Path, tmp_path: Path) -> None:
    folder = tmp_path / "plugins"
    shutil.copytree(demo, folder)
    (folder / "benchmarks/demo.py").write_text("from toybench import Bound\n\nbenchmark = Bound('t', 'a', 'm')\n")
    board = toybench("--plugins", str(folder), "claims")
    assert board.returncode == 4
    assert "Bound of a on t has no limits; give below or above, or both." in board.stderr
    assert "quasimetric" in board.stdout
    listed = toybench("--plugins", str(folder), "list", "claims")
    assert (listed.returncode, "has no limits" in listed.stderr, "quasimetric" in listed.stdout) == (0, True, True)
    assert toybench("--plugins", str(folder), "papers", "--format", "csv").returncode == 0


def test_the_reports_say_what_failed_and_escape_it() -> None:
    report = Report([Case("records", "s/t/<m>", ('m got worse: "1" & 2',)), Case("claims", "s/p #1", note="supported")])
    assert report.exit_code == 1
    assert "# toybench check: failed" in check.markdown(report)
    suites = ElementTree.fromstring(check.junit(report))
    assert [s.get("failures") for s in suites] == ["0", "1", "0"]
    assert next(suites.iter("failure")).get("message") == 'm got worse: "1" & 2'


def test_tuned_values_at_an_edge_are_listed_and_do_not_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    report = Report([Case("claims", "s/p #1", note="supported")], edges={"s": ["a.lr", "a.lr", "b.decay"]})
    assert report.exit_code == 0
    said = check.markdown(report)
    assert "3 tuned values lie at the edge of their grid" in said
    assert "  - s: a.lr (2), b.decay (1)" in said
    chosen = [tune.Edge("s", cell, "lr", 0.1, (0.1, 0.2)) for cell in ("t/a", "t[k=1]/a", "u/b")]
    monkeypatch.setattr(tune, "at_edge", lambda study: chosen)
    assert check._edges(["s"], "") == {"s": ["a.lr", "a.lr", "b.lr"]}
    assert check._edges(["s"], "a") == {"s": ["a.lr", "a.lr"]}
    assert check._edges(["s"], "t") == {"s": ["a.lr", "a.lr"]}
    assert not check._edges(["s"], "no_method")
