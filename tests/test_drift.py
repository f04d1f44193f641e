"""Claims judged twice: what noise moves across a margin is no regression, what moved by more is."""

import numpy as np
import pytest
from helpers import record

from toybench.claim import Better, Bound, Claim, Condition, Equivalent, Kind, Trend
from toybench.evidence import drift, statistics, verdicts
from toybench.evidence.drift import Drift
from toybench.evidence.records import Record

RNG = np.random.default_rng(21)
NOISE = RNG.standard_normal((8, 16))
BETTER = Better("t", "a", "b", margin=0.5)


def drifts(condition: Condition, old: list[Record], new: list[Record], kind: Kind = "finding") -> list[Drift]:
    claim = Claim(paper="p", says="says", differs="differs", conditions=(condition,), kind=kind)
    before, after = (verdicts.judge([("s", claim)], {r.cell: r for r in records}) for records in (old, new))
    return drift.drifts(before, after)


def pair(effect: float, noise: np.ndarray) -> list[Record]:
    """Two methods whose paired difference is `effect` and noise."""
    return [record("a", NOISE[0]), record("b", NOISE[0] + effect + noise)]


def test_a_verdict_that_noise_moved_is_no_regression() -> None:
    [found] = drifts(BETTER, pair(0.85, 0.3 * NOISE[1]), pair(0.8, 0.6 * NOISE[2]))
    assert (found.before.verdict, found.after.verdict) == ("supported", "inconclusive")
    assert found.p > statistics.ERROR / 2
    assert not found.worse


def test_a_verdict_that_is_lost_beyond_noise_is_one() -> None:
    [found] = drifts(BETTER, pair(2.0, 0.4 * NOISE[1]), pair(0.4, 0.6 * NOISE[2]))
    assert found.worse
    assert found.p < 0.001


def test_ground_that_is_won_is_no_regression() -> None:
    [found] = drifts(BETTER, pair(0.4, 0.6 * NOISE[2]), pair(2.0, 0.4 * NOISE[1]))
    assert found.after.verdict == "supported"
    assert not found.worse


@pytest.mark.parametrize(
    ("condition", "before", "after"),
    [
        (Bound("t", "a", "m", below=1.0), 0.0, 0.9),
        (Bound("t", "a", "m", above=-1.0), 0.0, -0.9),
        (Equivalent("t", "a", 0.0, 1.0), 0.0, 0.9),
        (Equivalent("t", "a", 0.0, 1.0), 0.0, -0.9),
        (Bound("t", "a", "m", below=1.0, aggregate="share"), 0.0, 1.6),
    ],
)
def test_whichever_edge_it_moves_to(condition: Condition, before: float, after: float) -> None:
    [found] = drifts(condition, [record("a", before + 0.4 * NOISE[1])], [record("a", after + 0.4 * NOISE[2])])
    assert found.before.verdict == "supported"
    assert found.worse


def test_a_step_that_turns_back_is_seen_though_the_ends_stay() -> None:
    def rows(middle: float, first: int) -> list[Record]:
        levels = enumerate((0.0, middle, 3.0))
        return [record("a", y + 0.2 * NOISE[first + i], f"t[k={i}]") for i, y in levels]

    condition = Trend(("t[k=0]", "t[k=1]", "t[k=2]"), ("a",), "grows")
    [found] = drifts(condition, rows(1.5, 0), rows(3.5, 4))
    assert found.after.verdict == "refuted"
    assert found.worse


def test_numbers_that_are_gone_are_no_chance() -> None:
    [found] = drifts(BETTER, pair(2.0, 0.4 * NOISE[1]), pair(2.0, 0.4 * NOISE[1])[:1])
    assert found.after.verdict == "not_run"
    assert found.worse
    diverged = [record("a", [None] * 10 + list(NOISE[0][10:])), pair(2.0, 0.4 * NOISE[1])[1]]
    [found] = drifts(BETTER, pair(2.0, 0.4 * NOISE[1]), diverged)
    assert found.worse


def test_chance_has_no_say_in_a_theorem() -> None:
    broken = [record("a", [*np.zeros(15), 1.0])]
    [found] = drifts(Bound("t", "a", "m", below=0.1), [record("a", np.zeros(16))], broken, kind="theorem")
    assert (found.after.verdict, found.worse) == ("refuted", True)


def test_a_study_that_is_run_again_with_other_noise_raises_no_alarm() -> None:
    """Ten claims of one paper near their margins: in most runs one loses its verdict, and none is a regression."""
    claims = [
        ("s", Claim(paper="p", says="says", differs="", conditions=(Better(f"t{i}", "a", "b"),))) for i in range(10)
    ]
    alarms = changed = 0
    for _ in range(40):
        runs = []
        for _ in range(2):
            pairs = [(f"t{i}", RNG.standard_normal(16)) for i in range(10)]
            records = [r for t, x in pairs for r in (record("a", np.zeros(16), t), record("b", 1.4 + x, t))]
            runs.append(verdicts.judge(claims, {r.cell: r for r in records}))
        found = drift.drifts(*runs)
        changed += any(d.before.verdict == "supported" for d in found)
        alarms += any(d.worse for d in found)
    assert changed > 15
    assert alarms <= 4  # 2.5 % of 40 is 1; more than 4 has probability 0.003
