"""Tables across tasks: families, mean ranks by hand, who can't be told apart, and the picture of it."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from helpers import record

from toybench import api
from toybench.errors import UsageError
from toybench.evidence import across, ranks, tables
from toybench.evidence.records import Record
from toybench.reporting import charts, plots, series, standing

NOISE = np.random.default_rng(7).standard_normal((6, 16))


def study(tasks: int = 3) -> list[Record]:
    """Three methods of which `a` is best, and `b` and `c` take turns; with floor and oracle."""
    found = []
    for i in range(tasks):
        base, task = 10 + NOISE[i], f"t{i}"
        found += [
            record("a", base - 5, task),
            record("b", base + 0.1 * NOISE[4], task),
            record("c", base + 0.1 * NOISE[5], task),
        ]
        found += [record("floor", np.full(16, 20.0), task), record("oracle", np.zeros(16), task)]
    return found


def test_mean_ranks_are_those_of_a_hand_worked_case() -> None:
    """Seed 0: a < b < c, seed 1: c < a = b; on the other task always a < c < b."""
    group = {
        "t": [record("a", [1, 2]), record("b", [2, 2]), record("c", [3, 1])],
        "u": [record("a", [1, 1], "u"), record("b", [3, 3], "u"), record("c", [2, 2], "u")],
    }
    found = ranks.rank(group, {"t": "m", "u": "m"})
    assert {r.method: r.mean.mean for r in found.ranks} == {"a": (1 + 2.5 + 1 + 1) / 4, "b": 2.625, "c": 2.0}
    assert [r.method for r in found.ranks] == ["a", "c", "b"]
    assert (found.tasks, found.seeds) == (["t", "u"], 2)


def test_a_diverged_seed_ranks_last_and_directions_count() -> None:
    group = {"t": [record("a", [9.0, None], direction="max"), record("b", [1.0, 1.0], direction="max")]}
    assert {r.method: r.mean.mean for r in ranks.rank(group, {"t": "m"}).ranks} == {"a": 1.5, "b": 1.5}
    assert ranks.rank({"t": [record("a", [1.0], direction="info")] * 2}, {"t": "m"}).ranks == []


def test_groups_join_what_paired_tests_cannot_tell_apart() -> None:
    (one,) = across.build(study())
    assert one.ranking.groups == [(1, 2)]
    names = [r.method for r in one.ranking.ranks]
    assert names[0] == "a"
    assert one.ranking.differ["a", names[1]] < 0.001
    assert one.ranking.differ[names[1], names[2]] > 0.05
    assert across.apart(one.ranking) == [f"{names[1]}, {names[2]}"]


def test_overlapping_groups_are_the_longest_runs() -> None:
    apart = {("a", "c"), ("a", "d"), ("b", "d")}
    differ = {(x, y): 0.01 if (x, y) in apart else 0.5 for i, x in enumerate("abcd") for y in "abcd"[i + 1 :]}
    assert ranks.runs("abcd", differ) == [(0, 1), (1, 2), (2, 3)]
    assert ranks.runs("abcd", dict.fromkeys(differ, 0.5)) == [(0, 3)]
    assert ranks.runs("abcd", dict.fromkeys(differ, 0.01)) == []


def test_a_constant_difference_is_as_sure_as_its_signs() -> None:
    """`a` is first and `b` second at each of 16 seeds: the sign test's p-value, not 0. Four seeds are too few."""
    values = np.arange(16.0)
    found = ranks.rank({"t": [record("a", values), record("b", values + 1)]}, {"t": "m"})
    assert found.differ == {("a", "b"): pytest.approx(2 * 0.5**16)}
    few = ranks.rank({"t": [record("a", values[:4]), record("b", values[:4] + 1)]}, {"t": "m"})
    assert few.groups == [(0, 1)]


def test_two_copies_of_a_method_are_rarely_told_apart() -> None:
    """Of 200 studies with five copies of one method, at most 5 % are promised to tell any two apart."""
    rng = np.random.default_rng(2)
    wrong = 0
    for _ in range(200):
        group = {t: [record(m, rng.standard_normal(16), t) for m in "abcde"] for t in ("t", "u", "v")}
        found = ranks.rank(group, dict.fromkeys(group, "m"))
        wrong += any(p <= 0.05 for p in found.differ.values())
    assert wrong <= 18  # of 10 expected at most; more than 18 has probability 0.005


def test_the_ranking_is_over_the_largest_block_without_gaps() -> None:
    short = [
        r for r in [*study(), *(record("d", NOISE[3], f"t{i}") for i in (0, 1))] if (r.task, r.method) != ("t2", "c")
    ]
    (one,) = across.build(short)
    assert (one.ranking.tasks, one.ranking.left) == (["t0", "t1"], []), "8 cells: four methods on two tasks"
    wide = [record(m, NOISE[i], "t0") for i, m in enumerate("defg")]
    (one,) = across.build([*study(2), *wide])
    assert (one.ranking.tasks, one.ranking.left) == (["t0", "t1"], list("defg")), "two tasks, though one has 7 methods"
    fewer = [r for r in study(4) if not (r.method == "c" and r.task in ("t1", "t2", "t3"))]
    (one,) = across.build(fewer)
    assert (one.ranking.tasks, one.ranking.left) == (["t0", "t1", "t2", "t3"], ["c"]), "8 cells: two methods"
    assert "Not ranked, for want of a number on some of these tasks: c." in across.sentences(one)


def test_tasks_without_common_methods_go_into_tables_of_their_own() -> None:
    other = [record(m, NOISE[i], "z", metrics=None or record(m, NOISE[i]).metrics) for i, m in enumerate("xy")]
    found = across.build(study() + other)
    assert [list(one.groups) for one in found] == [["t0", "t1", "t2"], ["z"]]


def test_the_table_has_methods_down_and_tasks_across() -> None:
    (one,) = across.build(study())
    table = across.wide(one, "markdown")
    assert list(table.columns) == ["method", "mean rank", "t0", "t1", "t2"]
    assert table["method"][0] == "a"
    assert list(table["method"])[-2:] == ["(floor)", "(oracle)"]
    assert table["mean rank"][0] == "**1.0 ± 0.0**"
    assert table["t0"][0] == f"**{tables.spread(tables.mean([*(5 + NOISE[0])]))}**"
    (scored,) = across.build(study(), scores=True)
    assert across.wide(scored, "markdown")["t0"][0] == f"**{(20 - (5 + NOISE[0].mean())) / 20:.2f}**"
    assert "(floor)" not in list(across.wide(scored, "markdown")["method"])


def test_formats_agree_and_json_is_a_row_a_cell() -> None:
    found = across.build(study())
    rows = json.loads(across.render(found, "json"))
    assert len(rows) == 15
    assert {r["mean_rank"] for r in rows if r["method"] == "a"} == {1.0}
    assert {r["mean_rank"] for r in rows if r["method"] == "floor"} == {None}
    assert across.render(found, "csv").startswith("study,task,method,state,metric")
    assert r"\textbf{1.0 $\pm$ 0.0}" in across.render(found, "latex")
    assert "Not told apart" in across.render(found, "markdown")
    with pytest.raises(UsageError, match="did you mean 'm'"):
        across.build(study(), "mm")


def test_the_terminal_breaks_wide_tables_into_panels(capsys: pytest.CaptureFixture) -> None:
    from rich.console import Console

    from toybench import screen_tables

    screen_tables.show_across(Console(width=80), across.build(study(6)))
    text = capsys.readouterr().out
    assert max(map(len, text.splitlines())) <= 80
    assert text.count("mean rank ") == 2
    assert all(f"t{i}" in text for i in range(6))


def test_the_picture_joins_what_is_not_told_apart(tmp_path: Path) -> None:
    (one,) = across.build(study())
    rows, groups = series.ranks(one.ranking)
    assert rows[0]["mean"] == 1.0
    (bar,) = groups
    assert {bar["first"], bar["last"]} == {"b", "c"}
    charts.save(charts.stacked([charts.ranks(rows, groups, "title")] * 2), tmp_path / "ranks.svg")
    text = (tmp_path / "ranks.svg").read_text()
    assert text.count(">not told apart<") == 2
    assert text.count(">a<") == 2


def test_a_notebook_gets_one_metric_of_every_task() -> None:
    data = api.table("quasimetric", across="tasks", metric="heldout_mse", methods=["iqe"])
    assert set(data["metric"]) == {"heldout_mse"}
    assert set(data["method"]) == {"iqe", "floor", "oracle"}
    assert {"mean_rank", "rank_low", "rank_high"} <= set(data.columns)
    assert len(set(data["task"])) > 3


def test_the_landed_study_has_a_picture(tmp_path: Path) -> None:
    charts.save(plots.plot("ranks", "quasimetric"), tmp_path / "ranks.json")
    assert len(json.loads((tmp_path / "ranks.json").read_text())["hconcat"]) == 2
    with pytest.raises(UsageError, match="did you mean 'heldout_mse'"):
        plots.plot("ranks", "quasimetric", metric="heldout_ms")


def test_a_study_s_page_has_a_bar_for_each_group() -> None:
    groups = {("s", f"t{i}"): [r for r in study() if r.task == f"t{i}"] for i in range(3)}
    model: Any = SimpleNamespace(variants=lambda name: [t for _, t in groups], by_task=groups)
    (one,) = standing.rankings(model, "s")
    assert [row["bars"] for row in one["rows"]] == [[False], [True], [True]]
    assert one["rows"][0]["at"] == {"low": 0.0, "mean": 0.0, "high": 0.0}, "always first"
