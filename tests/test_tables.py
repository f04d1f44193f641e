"""Tables: intervals, bold only where significant, scores between floor and oracle."""

import json

import numpy as np
import pytest
from scipy import stats

from toybench.errors import UsageError
from toybench.evidence import statistics, tables
from toybench.evidence.records import Measured, Record, State
from toybench.protocol import Direction


def record(method: str, values: list, direction: Direction = "min", state: State = "ok", task: str = "t") -> Record:
    metrics = {"error_rate": Measured(direction=direction, values=values)}
    none: dict = {"task_fields": {}, "method_fields": {}, "steps": 1, "checkpoints": 1, "protocol": 1}
    return Record(
        study="s", task=task, method=method, budget="full", digest="d", state=state, seeds=list(range(len(values))),
        diverged_at=[None] * len(values), metrics=metrics, **none,
    )  # type: ignore[arg-type]  # fmt: skip


def test_the_interval_is_that_of_verdicts() -> None:
    x = [1.0, 2.0, 4.0, 8.0]
    found = tables.mean(x)
    assert (found.mean, found.low, found.high) == tuple(statistics.AGGREGATES["mean"].estimate(np.array(x)))
    t = stats.t.interval(0.95, 3, np.mean(x), stats.sem(x))
    assert found.low is not None
    assert found.high is not None
    assert found.low <= t[0]
    assert found.high > t[1], "skewed to the right"


def test_a_number_is_shown_with_the_longer_half_of_its_interval() -> None:
    x = [1.0, 2.0, 4.0, 8.0, 1.5, 2.5, 30.0, 1.0]
    _, low, high = (float(v) for v in statistics.AGGREGATES["mean"].estimate(np.array(x)))
    assert high - np.mean(x) > np.mean(x) - low
    assert f"| {np.mean(x):.3g} ± {high - np.mean(x):.2g} " in tables.render([record("a", x)], "markdown")


def test_no_mean_where_a_seed_diverged_and_no_interval_of_one_seed() -> None:
    assert tables.mean([1.0, None]).mean is None
    assert tables.mean([1.0]) == tables.Average(1.0, None, None, 1)


def best(*records: Record) -> list[str]:
    frame = tables.frame(records)
    return list(frame[frame["best"]]["method"])


EIGHT = [1.0, 5.0, 9.0, 13.0, 2.0, 7.0, 4.0, 11.0]
CLEAR = [0.9, 1.1, 1.2, 0.8, 1.05, 0.95, 1.15, 0.85]
UNCLEAR = [0.2, -0.1, 0.3, -0.15, 0.1, -0.2, 0.05, -0.1]


def test_bold_needs_a_paired_difference_beyond_doubt() -> None:
    assert best(record("a", EIGHT), record("b", [v + d for v, d in zip(EIGHT, CLEAR, strict=True)])) == ["a"]
    assert best(record("a", EIGHT), record("b", [v + d for v, d in zip(EIGHT, UNCLEAR, strict=True)])) == []
    assert best(record("a", EIGHT), record("b", EIGHT)) == []


def test_bold_and_verdict_do_not_disagree() -> None:
    """What is told apart from a difference of few values, or from five seeds, by nobody."""
    assert best(record("a", EIGHT), record("b", [v + 1.0 for v in EIGHT])) == []
    assert best(record("a", EIGHT[:5]), record("b", [v + d for v, d in zip(EIGHT[:5], CLEAR, strict=False)])) == []


@pytest.mark.parametrize(("direction", "winner"), [("min", "low"), ("max", "high"), ("zero", "low"), ("info", None)])
def test_direction_decides_what_is_best(direction: Direction, winner: str | None) -> None:
    high = [1.0 + v + d for v, d in zip(CLEAR, UNCLEAR, strict=True)]
    assert best(record("low", CLEAR, direction), record("high", high, direction)) == ([winner] if winner else [])


def test_references_and_diverged_methods_do_not_compete() -> None:
    bad = [1.0 + v + d for v, d in zip(CLEAR, UNCLEAR, strict=True)]
    oracle, gone = record("oracle", [0.0] * 8), record("gone", [0.1, None, *[0.1] * 6], state="diverged")
    assert best(oracle, gone, record("a", CLEAR), record("b", bad)) == ["a"]


def test_score_is_0_at_the_floor_and_1_at_the_oracle() -> None:
    frame = tables.frame([record("floor", [4.0, 4.0]), record("oracle", [2.0, 2.0]), record("a", [2.5, 2.5])])
    assert dict(zip(frame["method"], frame["score"], strict=True)) == {"floor": 0.0, "oracle": 1.0, "a": 0.75}


def test_formats_agree_and_json_is_strict() -> None:
    records = [record("a_b", [1.0, 1.0]), record("gone", [0.1, None], state="diverged")]
    rows = json.loads(tables.render(records, "json"))
    assert [r["mean"] for r in rows] == [1.0, None]
    assert "| diverged" in tables.render(records, "markdown")
    assert r"a\_b" in tables.render(records, "latex")
    assert tables.render(records, "csv").startswith("study,task,method,state,metric,direction,mean,low,high,seeds")


def test_an_unknown_metric_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="did you mean 'error_rate'"):
        tables.render([record("a", [1.0])], "json", metrics=["eror_rate"])
