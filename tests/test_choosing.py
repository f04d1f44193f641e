"""Which cells a run takes: by a pattern, for the claims, until the first failure. Nothing is compiled."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from toybench.claim import Benchmark, Better, Claim
from toybench.engine import cells as planning
from toybench.engine import choosing, execute, runner
from toybench.engine.cells import Cell
from toybench.errors import UsageError
from toybench.fields import knobs
from toybench.plugins import registry

NAMES = ("s/t/iqe", "s/t/iqe[lr=0.1]", "s/t[k=1]/iqe", "s/t/floor", "s/t[k=1]/floor", "s/u/mrn", "s/u/floor")


def cells(names: Sequence[str] = NAMES) -> list[Cell]:
    parts = [name.split("/") for name in names]
    return [Cell(study, task, method, "full", (0,)) for study, task, method in parts]


@pytest.mark.parametrize(
    ("patterns", "found"),
    [
        ([], NAMES),
        (["s/t/*"], ("s/t/iqe", "s/t/iqe[lr=0.1]", "s/t/floor")),
        (["*/iqe"], ("s/t/iqe", "s/t[k=1]/iqe")),
        (["s/t[k=1]/*"], ("s/t[k=1]/iqe", "s/t[k=1]/floor")),
        (["s/t/iqe[lr=0.1]"], ("s/t/iqe[lr=0.1]",)),
        (["s/u/m??", "*floor"], ("s/t/floor", "s/t[k=1]/floor", "s/u/mrn", "s/u/floor")),
    ],
)
def test_patterns_choose_cells_by_name(patterns: list[str], found: Sequence[str]) -> None:
    assert tuple(c.name for c in choosing.matching(cells(), patterns)) == found


def test_a_pattern_that_matches_nothing_is_an_error() -> None:
    with pytest.raises(UsageError, match=r"no cell matches 's/t/iqr'.*did you mean 's/t/iqe'"):
        choosing.matching(cells(), ["s/t/*", "s/t/iqr"])


def test_claims_need_their_cells_and_the_references_of_their_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    claim = Claim("p", "", "", (Better("u", "mrn", "iqe[lr=0.1]"),))
    monkeypatch.setattr(registry, "benchmark", lambda study: Benchmark(claims=(claim,)))
    assert [c.name for c in choosing.claimed(cells())] == ["s/u/mrn", "s/u/floor"]


def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **options: Any) -> runner.Summary:
    """A run of the demo study in which every cell is made up, and the first one fails."""

    def made_up(todo: Sequence[Cell], *args: Any) -> Iterator[Any]:
        for i, cell in enumerate(todo):
            yield cell, execute.blank(cell, "skipped" if i else "failed", "on purpose")

    monkeypatch.setattr(runner, "run_cells", made_up)
    return runner.run(["demo"], out=tmp_path, budget="smoke", jobs=0, **options)


def test_fail_fast_stops_at_the_first_failure(demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = run(tmp_path / "fast", monkeypatch, fail_fast=True)
    assert (len(done.records), done.left, done.exit_code) == (1, 2, 4)
    whole = run(tmp_path / "whole", monkeypatch)
    assert (len(whole.records), whole.left, whole.exit_code) == (3, 0, 4)


def test_fail_fast_runs_nothing_where_a_plug_in_is_broken(
    demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = runner.planning.plan

    def broken(*args: Any) -> Any:
        return runner.planning.Plan(known(*args).cells, {"demo/odd": "can't be imported"})

    monkeypatch.setattr(runner.planning, "plan", broken)
    done = run(tmp_path, monkeypatch, fail_fast=True)
    assert (len(done.records), done.left, done.exit_code) == (0, 3, 4)


def test_a_run_takes_the_cells_of_a_pattern(demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(tmp_path, monkeypatch, cells=["*/floor"]).names == ["demo/linear/floor"]
    assert run(tmp_path, monkeypatch, for_claims=True).names == []


def planned(monkeypatch: pytest.MonkeyPatch, **page: Any) -> tuple[set[str], dict[str, str]]:
    """Cells of the demo study with this page, and what is broken of it; nothing is kept from another plan."""
    monkeypatch.setattr(registry, "benchmark", lambda study: Benchmark(**page))
    monkeypatch.setattr(planning.Shelf, "find", lambda *args: None)
    monkeypatch.setattr(planning.Shelf, "keep", lambda *args: None)
    found = planning.plan(["demo"], budget="smoke")
    return {cell.name for cell in found.cells}, found.broken


def test_a_label_is_found_whatever_the_order_of_its_fields(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Blanks don't matter either."""
    task = registry.load("tasks", "demo/linear")
    first, second = (f"{name}={2 * getattr(task, name)}" for name in list(knobs(task))[:2])
    label = f"linear[{first},{second}]"
    other = f"linear[{second}, {first}]"
    cells, broken = planned(monkeypatch, variants=(label,), only={other: ("none",)})
    assert not broken
    assert {name.split("/")[2] for name in cells if "[" in name} == {"floor", "oracle"}


def test_methods_for_a_task_that_does_not_run_are_an_error(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cells, broken = planned(monkeypatch, only={"liner": ("least_mean_squares",)})
    assert not cells
    assert "`only` names 'liner' (did you mean 'linear'?)" in broken["benchmarks/demo"]
