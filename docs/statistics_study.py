"""The simulations behind docs/statistics.md: `python docs/statistics_study.py` prints its tables (about a minute)."""

import math
from collections.abc import Callable

import numpy as np
from scipy import stats

from toybench.evidence.statistics import AGGREGATES, ERROR, detectable, holm

RUNS = 40_000
SEEDS = (8, 16, 32)
Sampler = Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]


def rare(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """A large effect in 10 % of the seeds."""
    return 10.0 * (rng.uniform(size=shape) < 0.1) + 0.5 * rng.standard_normal(shape)


VALUES: dict[str, tuple[Sampler, float]] = {
    "normal": (lambda rng, shape: rng.standard_normal(shape), 0.0),
    "exponential": (lambda rng, shape: rng.exponential(size=shape), 1.0),
    "log-normal": (lambda rng, shape: np.exp(rng.standard_normal(shape)), math.exp(0.5)),
    "Student's t, 3 degrees": (lambda rng, shape: rng.standard_t(3, shape), 0.0),
    "rare large effect (10 %)": (rare, 1.0),
}


def table(headings: list[str], rows: list[list[str]]) -> None:
    """Print a Markdown table and an empty line."""
    for row in (headings, ["---"] * len(headings), *rows):
        print("| " + " | ".join(row) + " |")
    print()


def percent(x: float) -> str:
    return f"{100 * x:.1f}"


def textbook() -> None:
    """How often a plain t interval of log-normal values holds the mean."""
    sampler, mean = VALUES["log-normal"]
    cells = []
    for n in SEEDS:
        x = sampler(np.random.default_rng(n), (RUNS, n))
        half = stats.t.ppf(0.975, n - 1) * x.std(1, ddof=1) / math.sqrt(n)
        cells.append(percent(np.mean(np.abs(x.mean(1) - mean) <= half)))
    table(["values", *(f"{n} seeds" for n in SEEDS)], [["log-normal, t", *cells]])


def coverage() -> None:
    """How often the 95 % interval holds the mean, and on which side it misses."""
    rows = []
    for name, (sampler, mean) in VALUES.items():
        cells = []
        for n in SEEDS:
            _, low, high = AGGREGATES["mean"].estimate(sampler(np.random.default_rng(n), (RUNS, n)))
            missed = np.mean(low > mean), np.mean(high < mean)
            cells.append(f"{percent(1 - sum(missed))} ({percent(missed[0])} / {percent(missed[1])})")
        rows.append([name, *cells])
    table(["values", *(f"{n} seeds" for n in SEEDS)], rows)


def false_support() -> None:
    """How often a claim between two copies of one method passes the one-sided test at 2.5 %."""
    rows = []
    for name, (sampler, _) in VALUES.items():
        for aggregate in ("mean", "iqm", "share"):
            cells = []
            for n in SEEDS:
                rng = np.random.default_rng(n + 1)
                difference = sampler(rng, (RUNS, n)) - sampler(rng, (RUNS, n))
                x, value = (difference > 0, 0.5) if aggregate == "share" else (difference, 0.0)
                cells.append(percent(np.mean(AGGREGATES[aggregate].above(x.astype(float), value) <= ERROR / 2)))
            rows.append([name, aggregate, *cells])
    table(["each copy's values", "aggregate", *(f"{n} seeds" for n in SEEDS)], rows)


def power() -> None:
    """How often a true effect of so many standard deviations is called supported, alone in its suite."""
    rows = []
    for effect in (0.5, 0.75, 1.0, 1.5):
        cells = []
        for n in SEEDS:
            x = np.random.default_rng(n + 2).standard_normal((RUNS, n)) + effect
            cells.append(percent(np.mean(AGGREGATES["mean"].above(x, 0.0) <= ERROR / 2)))
        rows.append([f"{effect:g}", *cells])
    rows.append(["for 80 %", *(f"{detectable(1.0, n, ERROR / 2):.2f}" for n in SEEDS)])
    table(["effect / deviation", *(f"{n} seeds" for n in SEEDS)], rows)


def suite() -> None:
    """How often any of 40 claims between identical methods is called supported."""
    rows = []
    for n in SEEDS:
        p = AGGREGATES["mean"].above(np.random.default_rng(n + 3).standard_normal((4_000, 40, n)), 0.0)
        raw = np.mean(p.min(1) <= ERROR / 2)
        rows.append([str(n), percent(raw), percent(np.mean([min(holm(list(s))) <= ERROR / 2 for s in p]))])
    table(["seeds", "uncorrected", "Holm"], rows)


def looks() -> None:
    """How often a claim between identical methods is supported at any of the looks with 16, 32, 64 and 128 seeds."""
    x = np.random.default_rng(5).standard_normal((RUNS, 128))
    raw = np.array([AGGREGATES["mean"].above(x[:, : 16 * 2**k], 0.0) for k in range(4)])
    spent = 2.0 ** np.arange(1, 5)[:, None] * raw
    table(
        ["looks", "uncorrected", "every look spends half"],
        [
            [str(k), percent(np.mean(raw[:k].min(0) <= 0.025)), percent(np.mean(spent[:k].min(0) <= 0.025))]
            for k in (1, 2, 3, 4)
        ],
    )


if __name__ == "__main__":
    for part in (textbook, coverage, false_support, power, suite, looks):
        print(f"{part.__doc__}\n")
        part()
