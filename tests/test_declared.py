"""What claims name exists, or is said by name with the nearest; a claim that can't be evaluated fails the check."""

from pathlib import Path

import pytest

from toybench.claim import Better, Bound, Claim
from toybench.engine import cells
from toybench.evidence.records import Folder
from toybench.guard import check, declared
from toybench.plugins import registry

RIGHT = {
    "paper": "wang2022learning",
    "task": "linear",
    "method": "least_mean_squares",
    "than": "floor",
    "metric": "mse",
}


def claim(paper: str, task: str, method: str, than: str, metric: str) -> Claim:
    better = Better(task=task, method=method, than=than, metric=metric)
    return Claim(paper=paper, says="One thing is better than another.", differs="All of it.", conditions=(better,))


def planned() -> set[str]:
    return {cell.name for cell in cells.plan(["demo"], budget="full").cells}


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"metric": "mze"}, "demo/linear has no metric 'mze' (did you mean 'mse'?)"),
        ({"task": "liner"}, "there is no task 'demo/liner' (did you mean 'linear'?)"),
        ({"task": "linear[dims=3]"}, "demo/linear has no field 'dims'"),
        ({"method": "least_mean_square"}, "there is no method 'demo/least_mean_square'"),
        ({"method": "least_mean_squares[rate=1]"}, "has no field 'rate'"),
        ({"method": "least_mean_squares[lr=0.5]"}, "demo/linear/least_mean_squares[lr=0.5] is no cell that runs"),
        ({"paper": "wang2022lerning"}, "there is no paper 'wang2022lerning' (did you mean 'wang2022learning'"),
    ],
    ids=["metric", "task", "knob", "method", "hyperparameter", "cell", "paper"],
)
def test_what_is_not_there_is_named_with_the_nearest(demo: Path, wrong: dict[str, str], sentence: str) -> None:
    [said] = declared.problems("demo", claim(**{**RIGHT, **wrong}), planned())
    assert sentence in said
    assert said.endswith(".")


def test_what_is_there_is_no_problem(demo: Path) -> None:
    assert declared.problems("demo", claim(**RIGHT), planned()) == []
    assert declared.problems("demo", claim(**{**RIGHT, "metric": ""}), planned()) == []


def test_nothing_is_better_without_a_direction() -> None:
    """But it can be bounded."""
    undirected = next(
        (task, metric)
        for task in registry.tasks()
        for metric, measured in registry.load("tasks", task).metrics.items()
        if measured.direction == "info"
    )
    study, _, task = undirected[0].partition("/")
    method = next(cell.method for cell in cells.plan([f"{study}/{task}"], budget="full").cells if cell.task == task)
    better = Better(task=task, method=method, than="nobody", metric=undirected[1])
    bound = Bound(task=task, method=method, metric=undirected[1], below=1.0)
    for condition, expected in ((better, True), (bound, False)):
        one = Claim(paper="wang2022learning", says="says", differs="", conditions=(condition,))
        said = declared.problems(study, one, {f"{study}/{task}/{method}"})
        assert any("which has no direction" in sentence for sentence in said) == expected


def test_a_claim_that_can_t_be_evaluated_fails_the_check(
    demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And one that hasn't been run, but can be, doesn't."""
    claims = [("demo", claim(**RIGHT)), ("demo", claim(**{**RIGHT, "metric": "mze"}))]
    monkeypatch.setattr(registry, "declared", lambda: (claims, {"other": "other.py can't be imported."}))
    cases = list(check.claims("", Folder(tmp_path), {}))
    assert [case.name for case in cases] == ["benchmarks/other", "demo/wang2022learning #1", "demo/wang2022learning #2"]
    assert [bool(case.problems) for case in cases] == [True, False, True]
    assert cases[1].note == "not_run"
    assert [case.name for case in check.claims("demo", Folder(tmp_path), {})] == [case.name for case in cases[1:]]
