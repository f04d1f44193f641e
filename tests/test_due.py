"""Turns come to everything; tests of a study run when something behind them changed, and else in turn."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from toybench.guard import settled
from toybench.guard.turns import turn
from toybench.plugins import digest, registry, scaffold

TEST = "def test_{}() -> None:\n    assert {}\n"


# ---- turns


@pytest.mark.parametrize("start", [0, 739_000])
@pytest.mark.parametrize(("scale", "fair"), [(0.01, 1 / 7), (1.0, None), (40.0, 1 / 28)])
def test_everything_has_a_turn_in_time(start: int, scale: float, fair: float | None) -> None:
    """In a week where the budget allows it, in four whatever it says, and else as the budget goes."""
    seconds = {f"name {i}": scale * (1 + i * 7919 % 101) for i in range(90)}
    whole, longest = sum(seconds.values()), max(seconds.values())
    days = [turn(seconds, day, days=7, budget=180.0, latest=28) for day in range(start, start + 28)]
    assert set().union(*days) == set(seconds)
    spent = [sum(seconds[name] for name in chosen) for chosen in days]
    arc = fair * whole if fair else 180.0
    assert max(spent) <= arc + longest
    assert min(spent) >= arc - longest


def test_a_turn_is_the_same_whoever_asks_and_another_the_next_day() -> None:
    seconds = {f"name {i}": 1.0 for i in range(56)}
    assert turn(seconds, 5, 28) == turn(dict(reversed(seconds.items())), 5, 28)
    assert len(turn(seconds, 5, 28)) == 2
    assert not turn(seconds, 5, 28) & turn(seconds, 6, 28)


def test_without_a_latest_day_the_budget_is_kept() -> None:
    seconds = {f"name {i}": 10.0 for i in range(100)}
    days = [turn(seconds, day, days=28, budget=20.0) for day in range(50)]
    assert [len(chosen) for chosen in days] == [2] * 50
    assert set().union(*days) == set(seconds)
    assert turn(seconds, 0, days=28, budget=0.0) == set()
    assert turn({}, 0, days=28) == set()


# ---- settled studies


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A repository with studies `demo` and `other`, two test files each; all of them settled, at 10,000 s a file."""
    monkeypatch.setattr(registry, "_extra", [])  # other tests have a study `demo` of their own
    registry._forget()
    for study in ("demo", "other"):
        scaffold.create("study", study, tmp_path)
        for name in ("one", "two"):
            write(tmp_path / f"tests/{study}/test_{name}.py", TEST.format(name, "True"))
    write(tmp_path / "toybench/engine/trial.py", "SEEDS = 1\n")
    write(tmp_path / "constraints.txt", "jax==0.7\n")
    monkeypatch.setattr(registry, "HOME", tmp_path)
    monkeypatch.setattr(settled, "TESTS", tmp_path / "tests")
    monkeypatch.setattr(settled, "FILE", tmp_path / "tests/settled.json")
    forget()
    for study, files in settled.tested().items():
        own = settled.own(study)
        assert own
        here = settled.Settled(own=own, shared=settled.shared(), seconds=dict.fromkeys(files, 10_000.0))
        settled.settle({study: here})
    yield tmp_path
    monkeypatch.undo()
    forget()


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def forget() -> None:
    registry._forget()
    digest.forget()


def run(day: int) -> set[str]:
    """Test files that run on a day."""
    forget()
    return {file for files in settled.tested().values() for file in files} - settled.choose(day).left_out


DEMO, OTHER = ({f"{study}/test_{name}.py" for name in ("one", "two")} for study in ("demo", "other"))


def test_a_settled_study_waits_for_its_turn(repository: Path) -> None:
    days = [run(day) for day in range(settled.LATEST)]
    assert set().union(*days) == DEMO | OTHER
    assert max(map(len, days)) == 1
    [reason] = settled.choose(next(day for day in range(settled.LATEST) if not days[day])).reasons
    assert reason.startswith("4 of 4 test files of studies were left out: nothing behind them changed")
    assert "`tox -e all`" in reason


@pytest.mark.parametrize(
    "place",
    [
        "tests/demo/test_one.py",
        "tests/demo/helpers.py",
        "tasks/demo/__init__.py",
        "tasks/demo/linear.py",
        "methods/demo/least_mean_squares.py",
        "benchmarks/demo.py",
        "benchmarks/tuned/demo.json",
    ],
)
def test_a_study_s_tests_run_when_something_behind_them_changed(repository: Path, place: str) -> None:
    quiet = next(day for day in range(settled.LATEST) if not run(day))
    file = repository / place
    before = file.read_text() if file.exists() else ""
    write(file, before + "\n# a comment\n" if before else "")
    assert run(quiet) == (set() if before else DEMO)
    write(file, before + "\nCHANGED = 1\n")
    assert run(quiet) == DEMO


@pytest.mark.parametrize("place", ["toybench/engine/trial.py", "constraints.txt"])
def test_a_change_of_what_all_stand_on_runs_a_file_of_every_study(repository: Path, place: str) -> None:
    file = repository / place
    file.write_text(file.read_text() + "CHANGED = 1\n")
    days = [run(day) for day in range(2)]
    assert [(len(day & DEMO), len(day & OTHER)) for day in days] == [(1, 1), (1, 1)]
    assert days[0] | days[1] == DEMO | OTHER
    [reason] = settled.choose(0).reasons
    assert reason.startswith("2 of 4 test files of studies were left out: the numeric harness")
    assert "`tox -e all`" in reason


def test_a_file_that_is_not_python_is_a_change(repository: Path) -> None:
    write(repository / "methods/demo/least_mean_squares.py", "class (")
    assert run(0) >= DEMO


def test_a_new_or_unknown_study_runs(repository: Path) -> None:
    write(repository / "tests/demo/test_three.py", TEST.format("three", "True"))
    assert run(0) >= DEMO | {"demo/test_three.py"}
    settled.FILE.unlink()
    assert run(0) == DEMO | OTHER | {"demo/test_three.py"}


def test_a_block_is_behind_the_studies_that_import_it_alone() -> None:
    nn = registry.PACKAGE / "blocks/nn.py"
    behind = {study for study in registry.studies() if nn in set(settled._own_files(study))}
    assert {"quasimetric", "vector_quantization"} <= behind
    assert "vector_symbolic" not in behind


def test_what_studies_take_from_the_harness_is_among_what_all_stand_on() -> None:
    """A module of the engine that tests or plug-ins of studies import is watched."""
    watched = {f for pattern in settled.NUMERIC for f in registry.HOME.glob(pattern)}
    assert registry.PACKAGE / "engine/trial.py" in watched
    folders = [registry.HOME / tree / study for tree in ("tests", "tasks", "methods") for study in registry.studies()]
    sources = [file for folder in folders for file in folder.rglob("*.py")]
    named = {name for file in [*sources, *watched] if file.suffix == ".py" for name in digest.facts(file)[1]}
    engine = registry.PACKAGE / "engine"
    used = {file for name in named if (file := engine / f"{name.removeprefix('toybench.engine.')}.py").exists()}
    assert used
    assert used - watched <= {engine / "cells.py"}, "add them to `settled.NUMERIC`"


# ---- pytest's options


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A repository of its own: the harness, the tests' set-up, and studies `demo` and `other`, of which one fails."""
    monkeypatch.setattr(registry, "_extra", [])  # other tests have a study `demo` of their own
    registry._forget()
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(registry.PACKAGE, tmp_path / "toybench", symlinks=True, ignore=ignored)
    for name in ("pyproject.toml", "constraints.txt", "tests/conftest.py", "tests/due.py", "tests/helpers.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(registry.HOME / name, tmp_path / name)
    for study, holds in (("demo", "True"), ("other", "False")):
        scaffold.create("study", study, tmp_path)
        for name in ("one", "two"):
            write(tmp_path / f"tests/{study}/test_{name}.py", TEST.format(name, holds if name == "two" else "True"))
    yield tmp_path
    monkeypatch.undo()
    registry._forget()


def pytest_in(root: Path, *args: str) -> tuple[int, str]:
    """pytest's exit code in a repository, and what it printed."""
    environment = {**os.environ, "PYTHONPATH": str(root)}
    command = [sys.executable, "-m", "pytest", *args]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout + done.stderr


def test_what_passed_is_settled_and_left_out_in_all_workers(checkout: Path) -> None:
    code, said = pytest_in(checkout, "-n", "2", "--settle")
    assert (code, "1 failed, 3 passed" in said) == (1, True), said
    assert "Settled in" in said
    file = checkout / "tests/settled.json"
    known = json.loads(file.read_text())
    assert list(known) == ["demo"]
    assert set(known["demo"]["seconds"]) == DEMO
    file.write_text(file.read_text().replace('_one.py": 0.0', '_one.py": 90000.0'))
    code, said = pytest_in(checkout, "-n", "2", "--due", "--day", "0")
    assert "1 failed, 2 passed" in said, said
    assert "1 of 4 test files of studies were left out: nothing behind them changed" in said
    code, said = pytest_in(checkout, "--due", "--day", "0", "tests/demo")
    assert (code, "2 passed" in said, "left out" in said) == (0, True, False), "what is named runs"


def test_parts_of_files_are_never_settled(checkout: Path) -> None:
    code, said = pytest_in(checkout, "--settle", "-k", "one")
    assert code == pytest.ExitCode.USAGE_ERROR
    assert "--settle needs whole test files" in said
    assert not (checkout / "tests/settled.json").exists()


def test_settling_works_without_a_cache(checkout: Path) -> None:
    """Two of the options that cut files short are pytest's cache's, and aren't there without it."""
    code, said = pytest_in(checkout, "--settle", "-p", "no:cacheprovider", "tests/demo")
    assert code == 0, said
    assert "Settled in" in said
