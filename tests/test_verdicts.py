"""Verdicts from records: each kind of condition, what stops a verdict, and what corrections do."""

import io

import numpy as np
import pytest
from helpers import record
from rich.console import Console

from toybench import screen
from toybench.claim import Better, Bound, Claim, Condition, Equivalent, Trend
from toybench.evidence import verdicts
from toybench.evidence.records import Record
from toybench.evidence.verdicts import Judgement

RNG = np.random.default_rng(7)
BLOCKS = RNG.standard_normal((4, 16))
NOISE = ((BLOCKS - BLOCKS.mean(1, keepdims=True)) / BLOCKS.std(1, ddof=1, keepdims=True)).ravel()  # mean 0, deviation 1


def judge(condition: Condition, *records: Record) -> Judgement:
    claim = Claim(paper="p", says="says", differs="differs", conditions=(condition,))
    return verdicts.judge([("s", claim)], {r.cell: r for r in records})[0]


GOOD, BAD = record("a", NOISE[:16] * 0.1), record("b", 1.0 + NOISE[16:32] * 0.1)


@pytest.mark.parametrize(
    ("condition", "verdict"),
    [
        (Better("t", "a", "b"), "supported"),
        (Better("t", "b", "a"), "refuted"),
        (Better("t", "a", "b", margin=2.0), "refuted"),
        (Better("t", "a", "b", margin=1.0), "inconclusive"),
        (Better("t", "a", "b", aggregate="iqm"), "supported"),
        (Better("t", "a", "b", aggregate="share"), "supported"),
        (Better("t", "a", "b", margin=2.0, aggregate="share"), "refuted"),
        (Equivalent("t", "a", 0.0, 0.2), "supported"),
        (Equivalent("t", "a", 1.0, 0.2), "refuted"),
        (Equivalent("t", "a", "b", 2.0), "supported"),
        (Equivalent("t", "a", "b", 0.5), "refuted"),
        (Equivalent("t", "a", 0.0, 0.001), "inconclusive"),
        (Bound("t", "b", "m", below=1.2, above=0.8), "supported"),
        (Bound("t", "b", "m", below=0.8), "refuted"),
        (Bound("t", "b", "m", below=2.0, aggregate="share", share=0.5), "supported"),
        (Trend(("t",), ("a", "b"), "grows", margin=0.5), "supported"),
        (Trend(("t",), ("a", "b"), "falls"), "refuted"),
    ],
)
def test_the_verdict_follows_the_numbers(condition: Condition, verdict: str) -> None:
    judgement = judge(condition, GOOD, BAD)
    assert judgement.verdict == verdict, judgement
    assert (judgement.p is not None and judgement.p <= 0.05) == (verdict != "inconclusive")
    assert verdicts.rows([judgement])[0]["verdict"] == verdict


@pytest.mark.parametrize(
    ("direction", "better"), [("min", "a"), ("max", "b"), ("zero", "a")], ids=["min", "max", "zero"]
)
def test_the_metrics_direction_says_what_better_means(direction: str, better: str) -> None:
    a, b = (record(n, v, direction=direction) for n, v in (("a", NOISE[:16] * 0.1), ("b", 1 + NOISE[:16] * 0.1)))
    other = {"a": "b", "b": "a"}[better]
    assert judge(Better("t", better, other), a, b).verdict == "supported"
    assert judge(Better("t", other, better), a, b).verdict == "refuted"


def test_a_condition_is_judged_in_pairs_of_common_seeds() -> None:
    """A difference far below the spread of the seeds, and seeds in another order on one side."""
    hard = NOISE[:16] * 10
    a = record("a", hard + 0.01 * NOISE[16:32])
    b = record("b", (hard + 0.1)[::-1], seeds=list(range(16))[::-1])
    assert judge(Better("t", "a", "b"), a, b).verdict == "supported"


def test_what_is_missing_is_named() -> None:
    judgement = judge(Better("t", "a", "b"), GOOD)
    assert (judgement.verdict, judgement.reason, judgement.p) == ("not_run", "s/t/b has not been run.", None)
    failed = record("b", [], state="failed", reason="ValueError: no", metrics={})
    assert judge(Better("t", "a", "b"), GOOD, failed).reason == "s/t/b failed: ValueError: no"
    assert "no metric 'speed'" in judge(Better("t", "a", "b", "speed"), GOOD, BAD).reason


def test_two_seeds_say_nothing() -> None:
    judgement = judge(Better("t", "a", "b"), record("a", [0, 0]), record("b", [1, 2]))
    assert (judgement.verdict, judgement.reason[:7]) == ("inconclusive", "2 seeds")


def test_a_claim_whose_own_method_diverges_is_not_supported() -> None:
    lost = record("a", [*NOISE[:15] * 0.1, None])
    judgement = judge(Better("t", "a", "b"), lost, BAD)
    assert judgement.verdict == "inconclusive"
    assert "1 seeds of the claim's own method diverged" in judgement.reason


def test_a_diverged_baseline_is_said_and_left_out() -> None:
    lost = record("b", [*(1 + NOISE[:15] * 0.1), None])
    judgement = judge(Better("t", "a", "b"), GOOD, lost)
    assert (judgement.verdict, judgement.seeds) == ("supported", 15)
    assert "1 seeds in which the other method diverged" in judgement.reason
    assert judge(Better("t", "a", "b", aggregate="share"), GOOD, lost).seeds == 16


def test_a_mean_that_rests_on_rare_seeds_does_not_decide() -> None:
    """B is a little better in 28 of 32 seeds and collapses in 4."""
    a = 0.1 + NOISE[:32] * 0.01
    b = np.where(np.arange(32) % 8 == 0, 60.0, 0.0) + np.where(np.arange(32) % 8 == 0, NOISE[:32], 0.0)
    judgement = judge(Better("t", "a", "b"), record("a", a), record("b", b))
    assert judgement.verdict == "inconclusive"
    assert "28 of 32 seeds say the opposite" in judgement.reason
    assert judge(Bound("t", "b", "m", below=1.0, aggregate="share", share=0.99), record("b", b)).verdict == "refuted"


def test_a_trend_that_turns_back_is_refuted() -> None:
    rows = [record("a", level + 0.1 * NOISE[:16], f"t[k={k}]") for k, level in ((1, 0.0), (2, 3.0), (4, 1.0))]
    labels = tuple(r.task for r in rows)
    assert judge(Trend(labels[:2], ("a",), "grows", margin=1.0), *rows).verdict == "supported"
    assert judge(Trend(labels, ("a",), "grows"), *rows).verdict == "refuted"


def test_an_exponent_is_the_slope_between_logarithms() -> None:
    knobs = (1, 2, 4, 8)
    rows = [
        record("a", 3.0 * k**1.5 * np.exp(0.05 * NOISE[:16]), f"t[k={k}]", task_fields={"k": k, "width": 8})
        for k in knobs
    ]
    labels = tuple(r.task for r in rows)
    judgement = judge(Trend(labels, ("a",), "grows", exponent=(1.4, 1.6)), *rows)
    assert judgement.verdict == "supported"
    assert judgement.decisive.effect is not None
    assert judgement.decisive.effect.value == pytest.approx(1.5)
    assert judge(Trend(labels, ("a",), "grows", exponent=(0.9, 1.1)), *rows).verdict == "refuted"


def test_an_exponent_of_nothing_is_said_and_costs_no_other_claim() -> None:
    rows = [record("a", np.zeros(16), f"t[k={k}]", task_fields={"k": k}) for k in (1, 2)]
    trend = Trend(tuple(r.task for r in rows), ("a",), "grows", exponent=(0.9, 1.1))
    claims = [Claim(paper="p", says="", differs="", conditions=(c,)) for c in (trend, Better("t", "a", "b"))]
    judged = verdicts.judge([("s", c) for c in claims], {r.cell: r for r in (*rows, GOOD, BAD)})
    assert [j.verdict for j in judged] == ["not_run", "supported"]
    assert "other than 0" in judged[0].reason


def test_seeds_that_diverged_count_as_looked_at() -> None:
    many = record("b", [*(1 + NOISE[:16] * 0.1), *[None] * 16])
    both = judge(Better("t", "a", "b"), record("a", NOISE[:32] * 0.1), many)
    assert (both.seeds, both.decisive.looked) == (16, 32)
    assert both.p == pytest.approx(2 * 4 * both.decisive.p_supports)


def test_effects_come_in_units_of_floor_to_oracle() -> None:
    ends = record("floor", np.full(16, 4.0)), record("oracle", np.full(16, -1.0))
    finding = judge(Better("t", "a", "b"), GOOD, BAD, *ends).decisive
    assert finding.effect is not None
    assert finding.normalized == pytest.approx(finding.effect.value / 5.0)
    assert finding.improvement == 1.0


def test_all_conditions_must_hold_and_one_refutes() -> None:
    conditions = (Better("t", "a", "b"), Bound("t", "a", "m", above=0.5))
    claim = Claim(paper="p", says="says", differs="differs", conditions=conditions)
    judgement = verdicts.judge([("s", claim)], {r.cell: r for r in (GOOD, BAD)})[0]
    assert judgement.verdict == "refuted"
    assert [f.verdict for f in judgement.findings] == ["supported", "refuted"]
    assert judgement.decisive.condition is conditions[1]


def test_the_more_claims_the_more_evidence_is_asked_for() -> None:
    a, b = record("a", NOISE[:16]), record("b", NOISE[:16] + 1.0 + NOISE[16:32])
    claim = Claim(paper="p", says="says", differs="differs", conditions=(Better("t", "a", "b"),))
    both = {r.cell: r for r in (a, b)}
    alone, crowded = (verdicts.judge([("s", claim)] * n, both)[0] for n in (1, 600))
    assert alone.p is not None
    assert crowded.p is not None
    assert alone.verdict == "supported"
    assert (crowded.verdict, crowded.claims) == ("inconclusive", 600)
    assert "seeds could have shown" in crowded.reason


def test_every_look_costs() -> None:
    a, b = (record(n, 0.5 * NOISE[:16] + shift) for n, shift in (("a", 0.0), ("b", 0.3)))
    noisy = record("b", NOISE[:16] * 0.5 + 0.3 + 0.4 * NOISE[16:32])
    first = judge(Better("t", "a", "b"), a, noisy)
    raw = first.decisive.p_supports
    assert first.p == pytest.approx(2 * 2 * raw)
    twice = [record(r.method, list(r.metrics["m"].values) * 2) for r in (a, noisy)]
    second = judge(Better("t", "a", "b"), *twice)
    assert second.p == pytest.approx(2 * 4 * second.decisive.p_supports)
    assert judge(Better("t", "a", "b"), a, b).verdict == "supported"


def test_the_board_is_aligned_and_shows_text_as_itself() -> None:
    claim = Claim(paper="p", says="[bold]x[/bold] " + "wide " * 40, differs="", conditions=(Better("t", "b", "a"),))
    known = {r.cell: r for r in (GOOD, BAD)}
    missing = Claim(paper="q", says="says", differs="", conditions=(Better("t", "b", "c"),))
    console = Console(width=60, file=io.StringIO())
    screen.board(console, verdicts.judge([("s", claim), ("s", missing)], known))
    lines = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    heading, refuted = lines[1], next(line for line in lines if "✗ refuted" in line)
    assert refuted.index("> 0") == heading.index("claimed")
    assert refuted.endswith("16  <0.0001")
    assert next(line for line in lines if "not run" in line).split() == ["–", "not", "run", "–", "–", "–", "–"]
    assert "    p: [bold]x[/bold] wide" in "\n".join(lines)
    assert max(map(len, lines)) <= 60
