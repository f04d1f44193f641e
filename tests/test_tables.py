"""Tables: intervals, bold only where significant, scores between floor and oracle."""

import json

import numpy as np
import pytest
from scipy import stats

from toybench.errors import UsageError
from toybench.evidence import tables
from toybench.evidence.records import Measured, Record


def record(method: str, values: list, direction: str = "min", state: str = "ok", task: str = "t") -> Record:
    metrics = {"error_rate": Measured(direction=direction, values=values)}  # type: ignore[arg-type]
    none: dict = {"task_fields": {}, "method_fields": {}, "steps": 1, "checkpoints": 1, "protocol": 1}
    return Record(
        study="s", task=task, method=method, budget="full", digest="d", state=state, seeds=list(range(len(values))),
        diverged_at=[None] * len(values), metrics=metrics, **none,
    )  # type: ignore[arg-type]  # fmt: skip


def test_interval_is_the_t_interval() -> None:
    x = [1.0, 2.0, 4.0, 8.0]
    found = tables.mean(x)
    low, high = stats.t.interval(0.95, 3, np.mean(x), stats.sem(x))
    np.testing.assert_allclose([found.low, found.high], [low, high])


def test_no_mean_where_a_seed_diverged_and_no_interval_of_one_seed() -> None:
    assert tables.mean([1.0, None]).mean is None
    assert tables.mean([1.0]) == tables.Mean(1.0, None, None, 1)


def best(*records: Record) -> list[str]:
    frame = tables.frame(records)
    return list(frame[frame["best"]]["method"])


def test_bold_needs_a_significant_paired_difference() -> None:
    seeds = [1.0, 5.0, 9.0, 13.0]
    assert best(record("a", seeds), record("b", [v + 0.1 + 0.01 * i for i, v in enumerate(seeds)])) == ["a"]
    assert best(record("a", seeds), record("b", [1.2, 4.9, 9.3, 12.9])) == []
    assert best(record("a", seeds), record("b", seeds)) == []


@pytest.mark.parametrize(("direction", "winner"), [("min", "low"), ("max", "high"), ("zero", "low"), ("info", None)])
def test_direction_decides_what_is_best(direction: str, winner: str | None) -> None:
    low, high = [1.0, 1.1, 1.2, 1.05], [2.0, 2.2, 2.1, 2.3]
    assert best(record("low", low, direction), record("high", high, direction)) == ([winner] if winner else [])


def test_references_and_diverged_methods_do_not_compete() -> None:
    good, bad = [1.0, 1.1, 1.2], [2.0, 2.1, 2.3]
    oracle, gone = record("oracle", [0.0, 0.0, 0.0]), record("gone", [0.1, None, 0.1], state="diverged")
    assert best(oracle, gone, record("a", good), record("b", bad)) == ["a"]


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
