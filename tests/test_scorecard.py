"""Scorecards: places, paired differences to the best other method and a baseline, from two folders read together."""

import json
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from helpers import record

from toybench.evidence import scorecard
from toybench.evidence.records import Cost, Folder, Record
from toybench.evidence.scorecard import Place, Scorecard

NOISE = np.random.default_rng(5).standard_normal((4, 16))
BASE = 10 + NOISE[0]  # what all methods share at a seed: pairing takes it out


def better(method: str, by: float, noise: int = 1, **changes: Any) -> Record:
    """A method whose error is `by` below the others', give or take a little."""
    return record(method, BASE - by + 0.1 * NOISE[noise], **changes)


def card(own: list[Record], landed: list[Record], **options: Any) -> Scorecard:
    return scorecard.build(["s/t/mine"], own, landed, **options)


def place(*args: Any, **options: Any) -> Place:
    return card(*args, **options).places[0]


def test_a_method_is_placed_and_compared_with_the_best_landed_one_and_the_baseline() -> None:
    found = place([better("mine", 1.0)], [better("best", 3.0, 2), better("base", -2.0, 3)], baseline="base")
    assert (found.place, found.of) == (2, 3)
    assert found.best is not None
    assert found.baseline is not None
    assert (found.best.other, found.best.outcome, found.best.seeds) == ("best", "worse", 16)
    assert found.best.effect is not None
    assert found.best.effect.value == pytest.approx(-2.0 + 0.1 * (NOISE[2] - NOISE[1]).mean())
    assert found.best.effect.low < -2 < found.best.effect.high
    assert (found.baseline.other, found.baseline.outcome) == ("base", "better")


def test_positive_is_in_favour_whatever_the_direction() -> None:
    mine, other = record("mine", BASE + 1, direction="max"), record("other", BASE + 0.1 * NOISE[1], direction="max")
    found = place([mine], [other])
    assert found.place == 1
    assert found.best is not None
    assert found.best.outcome == "better"
    assert found.best.effect is not None
    assert found.best.effect.low > 0


def test_the_best_other_method_is_a_landed_one_and_no_variant_or_reference() -> None:
    own = [better("mine", 1.0), better("mine[lr=0.1]", 9.0), better("second", 5.0)]
    found = place(own, [better("landed", 0.0, 2), record("oracle", BASE * 0)])
    assert found.best is not None
    assert found.best.other == "landed"
    assert (found.place, found.of) == (3, 4), "its own variants and other new methods have places too"
    alone = place(own, [])
    assert alone.best is not None
    assert alone.best.other == "second", "where nothing has landed, another new method is what there is"


def test_own_records_are_looked_at_first_and_budgets_are_not_mixed() -> None:
    quick = better("mine", 4.0, budget="quick")
    found = place([quick], [better("mine", 0.0), better("other", 1.0, 2)])
    assert found.record is quick
    assert found.best is None, "a full record is no match for a quick one"
    assert found.of == 1
    assert scorecard.note(found) == "no other method has a record of budget quick"
    both = place([quick, better("other", 3.0, 2, budget="quick")], [better("other", 9.0, 2)])
    assert both.best is not None
    assert both.best.outcome == "better"


def test_differences_are_corrected_for_the_tasks_of_the_scorecard() -> None:
    """A difference that is just significant alone isn't among twenty tasks of which nineteen show nothing."""
    gain = 0.25 + 0.4 * (NOISE[1] - NOISE[1].mean()) / NOISE[1].std()
    tasks = [f"t{i}" for i in range(20)]
    rng = np.random.default_rng(0)
    own = [record("mine", BASE - (gain if t == "t0" else 0.4 * rng.standard_normal(16)), t) for t in tasks]
    landed = [record("other", BASE, t) for t in tasks]
    alone = scorecard.build(["s/t0/mine"], own, landed).places[0].best
    among = scorecard.build([f"s/{t}/mine" for t in tasks], own, landed).places[0].best
    assert alone is not None
    assert among is not None
    assert alone.p is not None
    assert among.p is not None
    assert alone.outcome == "better"
    assert among.outcome == "undecided"
    assert among.p > 10 * alone.p


def test_the_luckiest_of_many_copies_is_not_better() -> None:
    """Of 300 scorecards against twelve copies of the method at most 5 % may decide anything."""
    rng, wrong = np.random.default_rng(4), 0
    for _ in range(300):
        others = [record(f"other_{i}", rng.standard_normal(16)) for i in range(12)]
        best = place([record("mine", rng.standard_normal(16))], others).best
        wrong += best is not None and best.outcome != "undecided"
    assert wrong <= 25  # of 15 expected at most; more than 25 has probability 0.007


def test_diverged_seeds_are_told_and_never_help() -> None:
    values = [None if i < 3 else v - 5 for i, v in enumerate(BASE)]
    mine = record("mine", values, diverged_at=[7, 40, 12, *[None] * 13])
    found = place([mine], [record("other", BASE + 0.1 * NOISE[1])])
    assert (found.lost, found.lost_at) == (3, 7)
    assert found.best is not None
    assert (found.best.outcome, found.best.seeds) == ("undecided", 13)
    assert scorecard.note(found) == "3 of 16 seeds diverged, the first at update 7"


def test_who_always_diverges_is_behind_who_does_not() -> None:
    found = place([record("mine", [None] * 16)], [record("other", BASE)]).best
    assert found is not None
    assert (found.outcome, found.effect, found.p) == ("worse", None, pytest.approx(2 * 0.5**16))
    assert found.reason == "it diverged on 16 of 16 common seeds, the other on 0"
    assert scorecard.ahead(found) == "▼"
    both = place([record("mine", [None] * 16)], [record("other", [None] * 16)]).best
    assert both is not None
    assert both.outcome == "undecided"


def test_what_is_missing_stale_or_failed_has_a_row_that_says_so() -> None:
    failed = record("mine", [], "t2", state="failed", reason="boom", metrics={})
    found = scorecard.build(
        ["s/t/mine", "s/t2/mine", "s/t3/mine"], [failed, better("mine", 0.0, task="t3")], [], stale={"s/t3/mine"}
    )
    assert [p.state for p in found.places] == ["missing", "failed", "stale"]
    assert [p.value.mean is None for p in found.places] == [True, True, False]
    assert "boom" in scorecard.render(found, "markdown")
    assert len(found.measured) == 1


def test_costs_are_in_units_of_the_other_s_where_both_are_counted() -> None:
    def priced(method: str, flops: float, wrong: list[str] | None) -> Record:
        return msgspec.structs.replace(better(method, 1.0), cost=Cost(flops=flops, parameters=5, miscounted=wrong))

    counted, looped, unknown = priced("other", 2e6, []), priced("other", 2e6, ["scan"]), priced("other", 2e6, None)
    ratios = [place([priced("mine", 3e6, [])], [o]).best for o in (counted, looped, unknown)]
    assert [d.flops for d in ratios if d] == [1.5, None, None]
    assert [d.parameters for d in ratios if d] == [1.0, 1.0, 1.0]


def test_every_format_says_the_same() -> None:
    found = card([better("mine", 1.0)], [better("a_b", 3.0, 2)], baseline="a_b")
    (row,) = json.loads(scorecard.render(found, "json"))
    assert (row["place"], row["of"], row["best"], row["best_outcome"]) == (2, 2, "a_b", "worse")
    assert row["best_difference"] == pytest.approx(-2, abs=0.1)
    markdown = scorecard.render(found, "markdown")
    assert "| 2 of 2 " in markdown
    assert "▼" in markdown
    assert "First on 0 of 1 tasks." in markdown
    assert r"a\_b" in scorecard.render(found, "latex")
    assert scorecard.render(found, "csv").startswith("study,task,method,state")
    from toybench import api

    assert callable(api.scorecard)
    assert "2 of 2" in str(found._repr_html_()), "a notebook shows it"


def test_a_name_of_several_studies_makes_one_scorecard() -> None:
    own = [better("mine", 1.0), better("mine", 1.0, study="u")]
    found = scorecard.build(["s/t/mine", "u/t/mine"], own, [better("other", 3.0, 2)])
    assert list(scorecard.wide(found)["task"]) == ["s/t", "u/t"]
    assert scorecard.headline(found) == "mine"


def test_the_terminal_shows_it_in_80_columns(capsys: pytest.CaptureFixture) -> None:
    from rich.console import Console

    from toybench import screen_tables

    long = "t[" + ",".join(f"knob_{i}=0.5" for i in range(4)) + "]"
    own = [better("mine", 1.0), better("mine", 1.0, task=long)]
    found = scorecard.build(["s/t/mine", f"s/{long}/mine"], own, [better("other", 3.0, 2)], "other")
    screen_tables.show_scorecard(Console(width=80), found)
    text = capsys.readouterr().out
    assert max(map(len, text.splitlines())) <= 80
    assert "▼ behind other (best other and baseline) by 2" in text
    assert "2 of 2  t\n" in text


def test_two_folders_are_read_together(demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The method's cells come from the plan, its own records from one folder and the others' from the accepted ones."""
    from toybench import api
    from toybench.engine import standing
    from toybench.evidence import reading

    own, landed = Folder(tmp_path / "own"), Folder(tmp_path / "landed")
    monkeypatch.setattr(reading, "folder", lambda results=None: Folder(Path(results)) if results else landed)
    (cell,) = standing.cells("least_mean_squares")
    assert cell.name == "demo/linear/least_mean_squares"
    assert [p.state for p in api.scorecard("least_mean_squares", results=own.root).places] == ["missing"]
    shared: dict[str, Any] = {"study": "demo", "task": "linear", "digest": cell.digest}
    own.write(better("least_mean_squares", 1.0, **shared))
    landed.write(better("other", 0.0, 2, **{**shared, "digest": "x"}))
    (found,) = api.scorecard("demo/least_mean_squares", results=own.root).places
    assert (found.state, found.place, found.best and found.best.outcome) == ("ok", 1, "better")
    own.write(better("least_mean_squares", 1.0, **{**shared, "digest": "old"}))
    (found,) = api.scorecard("demo/least_mean_squares", results=own.root).places
    assert (found.state, found.reason) == ("stale", scorecard.STALE)


def test_running_what_is_missing_asks_for_those_cells_alone(
    demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from toybench.engine import runner, standing
    from toybench.evidence import reading

    asked: list[dict[str, Any]] = []
    monkeypatch.setattr(runner, "run", lambda selectors, **options: asked.append({"selectors": selectors, **options}))
    landed = Folder(tmp_path / "landed")
    monkeypatch.setattr(reading, "folder", lambda results=None: landed)
    standing.score("least_mean_squares", results=tmp_path / "own", run=True, jobs=1)
    (first,) = asked
    assert first["only"] == {"demo/linear/least_mean_squares"}
    assert (first["budget"], first["out"]) == ("full", tmp_path / "own")
    (cell,) = standing.cells("least_mean_squares")
    landed.write(better("least_mean_squares", 0.0, study="demo", task="linear", digest=cell.digest))
    standing.score("least_mean_squares", results=tmp_path / "own", run=True, jobs=1)
    assert len(asked) == 1, "an accepted record is as good as an own one"


def test_a_wrong_name_is_one_sentence(demo: Path) -> None:
    from toybench.engine import standing
    from toybench.errors import UsageError

    with pytest.raises(UsageError, match="did you mean 'least_mean_squares'"):
        standing.cells("demo/least_mean_square")
