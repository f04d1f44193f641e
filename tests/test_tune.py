"""Tuning: one budget for all, tuning seeds only, the choice is committed and used."""

import dataclasses
import json
from pathlib import Path

from toybench.engine import cells, tune


def test_a_grid_larger_than_the_budget_is_sampled_the_same_way_every_time() -> None:
    space = {"a": (1, 2, 3), "b": (1.0, 2.0, 3.0)}
    assert len(tune.grid(space, 20, "x/y")) == 9
    some = tune.grid(space, 6, "x/y")
    assert some == tune.grid(space, 6, "x/y")
    assert len({json.dumps(s) for s in some}) == 6


def test_tuning_chooses_the_best_on_tuning_seeds_and_the_choice_is_used(demo: Path) -> None:
    trials, broken = tune.plan(["demo"])
    assert not broken
    assert [t.fields["lr"] for t in trials] == [0.03, 0.1, 0.3]
    assert all(s >= cells.TUNING for t in trials for s in t.cell.seeds)
    done = list(tune.run(trials, jobs=0))
    entry = tune.choose(done)
    assert entry is not None
    assert tune.choose(done[::-1]) == entry, "what finishes first has no say"
    tie = tune.choose([dataclasses.replace(t, score=1.0) for t in done[::-1]])
    assert tie is not None and tie["fields"] == {"lr": 0.03}
    scores = {t["lr"]: t["score"] for t in entry["trials"]}
    assert entry["fields"]["lr"] == min(scores, key=scores.get)  # type: ignore[arg-type]
    assert entry["updates"] == 3 * 2 * 200
    file = cells.tuned_file("demo", demo)
    try:
        tune.save("demo", {"linear/least_mean_squares": entry})
        cell = next(c for c in cells.plan(["demo"], ["least_mean_squares"]).cells)
        assert cell.tuned == entry["fields"]
        assert cell.tuning_updates == entry["updates"]
        assert cell.method == "least_mean_squares", "the label stays; the record says the values"
    finally:
        file.unlink()
        cells.forget_tuned()


def test_a_study_is_tuned_with_its_variants() -> None:
    tuned = {t.cell.task for t in tune.plan(["gflownets"])[0]}
    assert {"set_generation", "set_generation[size=4]"} < tuned


def test_a_variant_takes_the_plain_task_s_values_unless_it_was_tuned_itself(demo: Path) -> None:
    assert not [t for t in tune.plan(["demo"])[0] if "[" in t.cell.task]
    assert {t.cell.task for t in tune.plan(["demo/linear[dim=3]"])[0]} == {"linear[dim=3]"}
    entry = {"fields": {"lr": 0.3}, "updates": 7}
    try:
        tune.save("demo", {"linear/least_mean_squares": entry})
        assert cells.tuned("demo", "linear[dim=3]", "least_mean_squares") == ({"lr": 0.3}, 7)
        tune.save("demo", {"linear[dim=3]/least_mean_squares": {**entry, "updates": 9}})
        assert cells.tuned("demo", "linear[dim=3]", "least_mean_squares") == ({"lr": 0.3}, 9)
    finally:
        cells.tuned_file("demo", demo).unlink()
        cells.forget_tuned()


def test_a_configuration_that_diverges_is_never_chosen(demo: Path) -> None:
    trials, _ = tune.plan(["demo"])
    scored = [tune.Trial(t.cell, t.fields, s) for t, s in zip(trials, [0.5, None, 0.7], strict=True)]
    assert tune.choose(scored)["fields"] == trials[0].fields  # type: ignore[index]
    assert tune.choose([tune.Trial(t.cell, t.fields, None) for t in trials]) is None
