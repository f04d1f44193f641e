"""Tuning: one budget for all, tuning seeds only, the choice is committed and used."""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from helpers import record
from rich.console import Console

from toybench import screen
from toybench.claim import Benchmark
from toybench.engine import cells, tune
from toybench.engine.cells import Cell
from toybench.evidence.records import Measured, Record
from toybench.plugins import registry


def test_grids_of_one_shape_are_sampled_at_the_same_places() -> None:
    space = {"a": (1, 2, 3), "b": (1.0, 2.0, 3.0)}
    assert len(tune.grid(space, 20)) == 9
    some = tune.grid(space, 6)
    assert len({json.dumps(s) for s in some}) == 6
    rival = tune.grid({"lr": (10, 20, 30), "c": (4.0, 5.0, 6.0)}, 6)
    assert [(10 * s["a"], s["b"] + 3) for s in some] == [(s["lr"], s["c"]) for s in rival]


@pytest.fixture
def tuned_file(demo: Path) -> Iterator[Path]:
    """Where the demo study's choices go; removed afterwards."""
    file = cells.tuned_file("demo", demo)
    yield file
    file.unlink(missing_ok=True)
    cells.forget_tuned()


def test_tuning_chooses_the_best_on_tuning_seeds_and_the_choice_is_used(tuned_file: Path, tmp_path: Path) -> None:
    [search], broken = tune.plan(["demo"])
    assert not broken
    assert [f["lr"] for f in search.fields] == [0.03, 0.1, 0.3]
    assert all(s >= cells.TUNING for cell in search.cells for s in cell.seeds)
    done = tune.run(["demo"], out=tmp_path, jobs=0)
    entry = done.chosen["demo/linear/least_mean_squares"]
    scores = {t["lr"]: t["score"] for t in entry["trials"]}
    assert entry["fields"]["lr"] == min(scores, key=scores.get)  # type: ignore[arg-type]
    assert entry["updates"] == 3 * 3 * 200
    assert done.files == [tuned_file]
    cell = next(c for c in cells.plan(["demo"], ["least_mean_squares"]).cells)
    assert cell.tuned == entry["fields"]
    assert cell.tuning_updates == entry["updates"]
    assert cell.method == "least_mean_squares", "the label stays; the record says the values"
    again = tune.run(["demo"], out=tmp_path, jobs=0)
    assert not again.run.records, "everything was recorded"
    assert again.chosen == done.chosen


def test_tuning_goes_on_where_it_was_stopped(tuned_file: Path, tmp_path: Path) -> None:
    """Ctrl-C at the second configuration: the first is kept, nothing is chosen, and the next call tries two."""
    stopped = tune.run(["demo"], out=tmp_path, jobs=0, watch=Interrupts())
    assert stopped.exit_code == 130
    assert len(stopped.run.records) == 1
    assert not stopped.chosen
    assert not tuned_file.exists()
    said = printed(stopped)
    assert f"Stopped. 1 of 3 configurations are recorded in {tmp_path}: type the same command again" in said
    rest = tune.run(["demo"], out=tmp_path, jobs=0)
    assert (len(rest.run.kept), len(rest.run.records)) == (1, 2)
    assert list(rest.chosen) == ["demo/linear/least_mean_squares"]
    assert f"Wrote {tuned_file}" in printed(rest)


def test_a_bad_space_costs_one_row(demo: Path, tuned_file: Path, tmp_path: Path) -> None:
    good = (demo / "methods/demo/least_mean_squares.py").read_text()
    bad = {"misspelled": '{"lrr": (0.1, 0.2)}', "of_text": '{"lr": ("a", "b")}', "no_tuple": '{"lr": 0.1}'}
    files = [demo / f"methods/demo/{stem}.py" for stem in bad]
    for file, space in zip(files, bad.values(), strict=True):
        file.write_text(good.replace('{"lr": (0.03, 0.1, 0.3)}', space))
    registry._forget()
    try:
        done = tune.run(["demo"], out=tmp_path, jobs=0)
    finally:
        for file in files:
            file.unlink()
        registry._forget()
    assert done.exit_code == 4
    assert list(done.chosen) == ["demo/linear/least_mean_squares"]
    says = {name.split("/")[1]: reason for name, reason in done.run.broken.items()}
    assert "did you mean 'lr'" in says["misspelled"]
    assert "takes float, got 'a'" in says["of_text"]
    assert "give a tuple of values" in says["no_tuple"]


def test_a_value_at_the_edge_of_its_grid_is_told_until_there_is_a_reason(tuned_file: Path, monkeypatch) -> None:
    """Numbers only, and only those that were tried: 0.1 lies inside, 0.3 at the edge, words have no edge."""
    trials = [{"lr": lr, "rule": "a", "score": 1.0} for lr in (0.03, 0.1, 0.3)]
    inside = {"fields": {"lr": 0.1, "rule": "a"}, "updates": 7, "trials": trials}
    tune.save("demo", {"linear/inside": inside, "linear/outside": {**inside, "fields": {"lr": 0.3, "rule": "a"}}})
    assert tune.sentences(tune.at_edge("demo")) == [
        "demo/outside: lr=0.3 is at the edge of its grid (0.03, 0.1, 0.3) on linear."
    ]
    for reasons in ({"lr": "why"}, {"outside.lr": "why"}):
        monkeypatch.setattr(registry, "benchmark", lambda study, given=reasons: Benchmark(edges=given))
        assert not tune.at_edge("demo")


def printed(done: tune.Tuned) -> str:
    """What a person sees of it."""
    console = Console(file=io.StringIO(), width=200)
    screen.tuned(console, done)
    return console.file.getvalue()  # type: ignore[attr-defined]


class Interrupts:
    """Presses Ctrl-C when the second configuration starts."""

    started = 0

    def begin(self, total: int, kept: int) -> None: ...

    def start(self, cell: Cell) -> None:
        self.started += 1
        if self.started == 2:
            raise KeyboardInterrupt

    def finish(self, cell: Cell, record: Record) -> None: ...

    def note(self, sentence: str) -> None: ...


def test_a_study_is_tuned_with_its_variants() -> None:
    tuned = {search.task for search in tune.plan(["gflownets"])[0]}
    assert {"set_generation", "set_generation[size=4]"} < tuned


def test_a_variant_takes_the_plain_task_s_values_unless_it_was_tuned_itself(tuned_file: Path) -> None:
    assert not [search for search in tune.plan(["demo"])[0] if "[" in search.task]
    assert {search.task for search in tune.plan(["demo/linear[dim=3]"])[0]} == {"linear[dim=3]"}
    entry = {"fields": {"lr": 0.3}, "updates": 7}
    tune.save("demo", {"linear/least_mean_squares": entry})
    assert cells.tuned("demo", "linear[dim=3]", "least_mean_squares") == ({"lr": 0.3}, 7)
    tune.save("demo", {"linear[dim=3]/least_mean_squares": {**entry, "updates": 9}})
    assert cells.tuned("demo", "linear[dim=3]", "least_mean_squares") == ({"lr": 0.3}, 9)


def test_a_configuration_that_diverges_is_never_chosen(demo: Path) -> None:
    """Nor one without numbers; of equal ones the first of the grid is, whichever finished first."""
    [search], _ = tune.plan(["demo"])

    def choice(*scores: float | None) -> Any:
        records = [scored(cell, score) for cell, score in zip(search.cells, scores, strict=True)]
        entry = tune.choose(search, records)
        return entry and entry["fields"]["lr"]

    assert choice(0.5, None, 0.7) == 0.03
    assert choice(None, 0.6, 0.6) == 0.1
    assert choice(None, None, None) is None


def scored(cell: Cell, score: float | None) -> Record:
    """A record of a configuration; without a score its last seed diverged."""
    values: list[float | None] = [0.0, 0.0, None] if score is None else [score, score, score]
    return record(
        cell.method, values, study="demo", task="linear", seeds=list(cell.seeds), metrics={"mse": measured(values)}
    )


def measured(values: list[float | None]) -> Measured:
    return Measured(direction="min", values=values)
