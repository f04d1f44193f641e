"""The simulations behind docs/statistics.md: `python docs/statistics_study.py` prints its tables (40 CPU seconds)."""

import math
from collections.abc import Callable, Sequence

import numpy as np
from scipy import special

from toybench.claim import Better, Claim
from toybench.evidence import drift, verdicts
from toybench.evidence.records import Measured, Record
from toybench.evidence.statistics import (
    AGGREGATES,
    ERROR,
    atoms,
    detectable,
    flips,
    floored,
    hall,
    holm,
    holm_levels,
    skewness,
)

RUNS = 40_000
MANY = 200_000  # where small errors are counted
SEEDS = (8, 16, 32)
LOOKED = (16, 32, 64)
ONE = ERROR / 2  # error on one side
MEAN = AGGREGATES["mean"]
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
SKEWED = ("normal", "exponential", "log-normal, sigma 0.5", "log-normal")
FEW_VALUES: dict[str, tuple[Sampler, float]] = {
    "0 or 1, mostly 1 (0.9)": (lambda rng, shape: rng.binomial(1, 0.9, shape).astype(float), 0.9),
    "8 trials of 0.95": (lambda rng, shape: rng.binomial(8, 0.95, shape) / 8, 0.95),
    "8 trials of 0.75": (lambda rng, shape: rng.binomial(8, 0.75, shape) / 8, 0.75),
    "32 trials of 0.9": (lambda rng, shape: rng.binomial(32, 0.9, shape) / 32, 0.9),
    "1 less a Poisson count of 1": (lambda rng, shape: 1.0 - rng.poisson(1.0, shape), 0.0),
}


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a Markdown table and an empty line."""
    for row in (headings, ["---"] * len(headings), *rows):
        print("| " + " | ".join(row) + " |")
    print()


def percent(x: float | np.floating) -> str:
    return f"{100 * x:.1f}"


def seeds(counts: Sequence[int]) -> list[str]:
    return [f"{n} seeds" for n in counts]


def t_tail(x: np.ndarray, mean: float) -> np.ndarray:
    """P-values of a plain t test against "at least `mean`"."""
    n = x.shape[-1]
    return special.stdtr(n - 1, (x.mean(-1) - mean) / x.std(-1, ddof=1) * math.sqrt(n))


def hall_tail(x: np.ndarray, mean: float) -> np.ndarray:
    """The same of Hall's pivot at the sample's own skewness, or of t where that is more careful."""
    n = x.shape[-1]
    t = (mean - x.mean(-1)) / x.std(-1, ddof=1)
    careful = np.minimum(t, -hall(-t, skewness(x), n))
    return 1 - special.stdtr(n - 1, careful * math.sqrt(n))


def textbook() -> None:
    """How often a plain t interval of log-normal values holds the mean."""
    sampler, mean = VALUES["log-normal"]
    cells = []
    for n in SEEDS:
        x = sampler(np.random.default_rng(n), (RUNS, n))
        half = float(special.stdtrit(n - 1, 1 - ONE)) * x.std(1, ddof=1) / math.sqrt(n)
        cells.append(percent(float(np.mean(np.abs(x.mean(1) - mean) <= half))))
    table(["values", *seeds(SEEDS)], [["log-normal, t", *cells]])


def coverage() -> None:
    """How often the 95 % interval holds the mean, and on which side it misses."""
    rows = []
    for name, (sampler, mean) in VALUES.items():
        cells = []
        for n in SEEDS:
            _, low, high = MEAN.estimate(sampler(np.random.default_rng(n), (RUNS, n)))
            missed = np.mean(low > mean), np.mean(high < mean)
            cells.append(f"{percent(1 - sum(missed))} ({percent(missed[0])} / {percent(missed[1])})")
        rows.append([name, *cells])
    table(["values", *seeds(SEEDS)], rows)


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
                cells.append(percent(np.mean(AGGREGATES[aggregate].above(x.astype(float), value) <= ONE)))
            rows.append([name, aggregate, *cells])
    table(["each copy's values", "aggregate", *seeds(SEEDS)], rows)


def small_errors() -> None:
    """Errors of small levels, in multiples of the level, on the side where a tail was missed: t / Hall / as it is."""
    samplers = VALUES | {
        "log-normal, sigma 0.5": (lambda rng, shape: np.exp(0.5 * rng.standard_normal(shape)), math.exp(0.125))
    }
    rows = []
    for name in SKEWED:
        sampler, mean = samplers[name]
        found = []
        for n in LOOKED:
            x = sampler(np.random.default_rng(n + 10), (MANY, n))
            found.append((t_tail(x, mean), hall_tail(x, mean), MEAN.below(x, mean)))
        for level in (0.0125, 0.00125, 0.00008):
            cells = [" / ".join(f"{np.mean(p <= level) / level:.1f}" for p in each) for each in found]
            rows.append([name, f"{100 * level:g} %", *cells])
    table(["values", "level", *seeds(LOOKED)], rows)


def price() -> None:
    """The effect, in deviations, that is found four times in five at 0.125 %: t / Hall / as it is."""
    cells = []
    for n in LOOKED:
        x = np.random.default_rng(n + 70).standard_normal((RUNS // 2, n))
        tails = (t_tail, hall_tail, MEAN.below)
        cells.append(" / ".join(f"{_least(tail, x):.2f}" for tail in tails))
    table(seeds(LOOKED), [cells])


def _least(tail: Callable[[np.ndarray, float], np.ndarray], x: np.ndarray) -> float:
    """The effect below 0 whose p-values are small enough four times in five, by bisection."""
    low, high = 0.0, 4.0
    while high - low > 0.005:
        middle = (low + high) / 2
        if np.mean(tail(x - middle, 0.0) <= 0.00125) > 0.8:
            high = middle
        else:
            low = middle
    return high


def certainty() -> None:
    """How often "the mean is above 0.9" of a metric that is 1 in nine seeds of ten passes at 1.25 %: before, now."""
    cells = []
    for n in (3, 8, 16):
        x = FEW_VALUES["0 or 1, mostly 1 (0.9)"][0](np.random.default_rng(n), (RUNS, n))
        passed = MEAN.above(x, 0.9) <= ONE / 2
        cells.append(f"{percent(np.mean(passed))}, {percent(np.mean(passed & ~atoms(x) & (n >= 16)))}")
    coin = np.random.default_rng(8).binomial(1, 0.5, (RUNS, 8)).astype(float)
    passed = AGGREGATES["iqm"].above(coin, 0.5) <= ONE / 2
    now = passed & ~atoms(coin) & (coin.shape[-1] >= 16)
    cells.append(f"{percent(np.mean(passed))}, {percent(np.mean(now))}")
    table(["3 seeds", "8 seeds", "16 seeds", "interquartile mean of a fair coin above 0.5, 8 seeds"], [cells])


def few_values() -> None:
    """Errors of means of few values, in multiples of the level: of all samples / of those that aren't refused."""
    rows = []
    for name, (sampler, mean) in FEW_VALUES.items():
        for level in (0.0125, 0.00125):
            cells = []
            for n in LOOKED:
                x = sampler(np.random.default_rng(n + 20), (RUNS, n))
                passed, refused = floored(MEAN.above(x, mean), n) <= level, atoms(x)
                errors = [np.mean(passed) / level, np.mean(passed & ~refused) / level]
                cells.append(f"{errors[0]:.1f} / {errors[1]:.1f} ({percent(np.mean(refused))} % refused)")
            rows.append([name, f"{100 * level:g} %", *cells])
    table(["values", "level", *seeds(LOOKED)], rows)


def trends() -> None:
    """How often a trend over three variants is supported whose second step is reversed by 0.5: before, now."""
    rows: list[list[str]] = [["supported before"], ["supported"], ["refuted"]]
    for n in SEEDS:
        x = np.random.default_rng(n + 30).standard_normal((RUNS, 2, n)) + np.array([3.0, -0.5])[:, None]
        ends = MEAN.above(x.sum(1), 0.0)
        steps, reversed_ = MEAN.above(x, 0.0), MEAN.below(x, 0.0).min(1)
        before = (ends <= ONE) & (2 * hall_tail(x, 0.0).min(1) > ONE)
        rows[0].append(percent(np.mean(before)))
        rows[1].append(percent(np.mean((ends <= ONE) & (steps.max(1) <= ONE))))
        rows[2].append(percent(np.mean(3 * reversed_ <= ONE)))
    table(["verdict", *seeds(SEEDS)], rows)


def power() -> None:
    """How often a true effect of so many deviations is called supported, alone in its paper, at the first look."""
    rows = []
    for effect in (0.5, 0.75, 1.0, 1.5):
        cells = []
        for look, n in enumerate(LOOKED, 1):
            x = np.random.default_rng(n + 2).standard_normal((RUNS, n)) + effect
            cells.append(percent(np.mean(2.0**look * MEAN.above(x, 0.0) <= ONE)))
        rows.append([f"{effect:g}", *cells])
    least = [detectable(1.0, n, ONE / 2.0**look) for look, n in enumerate(LOOKED, 1)]
    rows.append(["for 80 %", *(f"{effect:.2f}" for effect in least)])
    table(["effect / deviation", *seeds(LOOKED)], rows)


def paper() -> None:
    """How often any of a paper's claims between identical methods is called supported: uncorrected, Holm."""
    rows = []
    for claims in (2, 4, 8):
        cells = []
        for n in LOOKED:
            p = MEAN.above(np.random.default_rng(n + 3).standard_normal((10_000, claims, n)), 0.0)
            corrected = np.array([min(holm(list(one))) for one in p])
            cells.append(f"{percent(np.mean(p.min(1) <= ONE))}, {percent(np.mean(corrected <= ONE))}")
        rows.append([str(claims), *cells])
    table(["claims of the paper", *seeds(LOOKED)], rows)


def board() -> None:
    """1,200 claims of 480 papers, 16 seeds: corrected over the board as before, or within the paper."""
    sizes = np.resize([1, 2, 3, 4], 480)
    papers = np.repeat(np.arange(480), sizes)
    few = papers < 60  # the papers of a board of an eighth of the size
    found: dict[str, list[tuple[float, ...]]] = {"over the board": [], "within the paper": []}
    rng = np.random.default_rng(40)
    for _ in range(20):
        true = rng.uniform(size=len(papers)) < 0.6
        effect = np.where(true, rng.uniform(0.6, 2.8, len(papers)), 0.0)[:, None]
        x = rng.standard_normal((len(papers), 16)) + effect
        before, now = 2 * hall_tail(-x, 0.0), 2 * floored(MEAN.above(x, 0.0), 16)
        small = np.array(holm(list(before[few]))) <= ONE
        whole = np.array(holm(list(before))) <= ONE
        found["over the board"].append(_score(whole, true, math.nan, sum(whole[few] != small)))
        each = [now[papers == i] for i in range(480)]
        within = np.concatenate([holm(list(p)) for p in each]) <= ONE
        allowed = sum(sum(holm_levels(list(p), ONE)) for p in each) / 2  # half of it by the first look
        found["within the paper"].append(_score(within, true, allowed, 0))
    headings = [
        "corrected",
        "true claims supported",
        "wrong among supported",
        "wrong",
        "at most, it says",
        "flipped by growth",
    ]
    rows = []
    for name, runs in found.items():
        shares = np.mean(runs, axis=0)
        rows.append([name, percent(shares[0]), percent(shares[1]), *(f"{v:.1f}" for v in shares[2:])])
    table(headings, rows)


def _score(verdict: np.ndarray, true: np.ndarray, allowed: float, flipped: int) -> tuple[float, ...]:
    wrong = int((verdict & ~true).sum())
    return float(verdict[true].mean()), wrong / verdict.sum(), wrong, allowed, flipped


def looks() -> None:
    """How often a claim between identical methods is supported at any of the looks with 16, 32, 64 and 128 seeds."""
    x = np.random.default_rng(5).standard_normal((RUNS, 128))
    raw = np.array([MEAN.above(x[:, : 16 * 2**k], 0.0) for k in range(4)])
    spent = 2.0 ** np.arange(1, 5)[:, None] * raw
    table(
        ["looks", "uncorrected", "every look spends half"],
        [
            [str(k), percent(np.mean(raw[:k].min(0) <= ONE)), percent(np.mean(spent[:k].min(0) <= ONE))]
            for k in (1, 2, 3, 4)
        ],
    )


def peeking() -> None:
    """The same at every number of seeds: t tests from 3 to 16, as before; from 16 to 128, as it is."""
    x = np.random.default_rng(6).standard_normal((10_000, 128))
    early = np.min([2 * hall_tail(x[:, :n], 0.0) for n in range(3, 17)], axis=0)
    late = np.min(
        [2.0 ** (1 + math.ceil(math.log2(n / 16))) * MEAN.above(x[:, :n], 0.0) for n in range(16, 129)], axis=0
    )
    table(["every number from 3 to 16", "from 16 to 128"], [[percent(np.mean(p <= ONE)) for p in (early, late)]])


def two_sides() -> None:
    """How often "alike, within 0" is refuted of two alike methods at 2.5 %: one side counted, two."""
    cells = []
    for n in LOOKED:
        x = np.random.default_rng(n + 50).standard_normal((RUNS, n))
        p = np.minimum(MEAN.above(x, 0.0), MEAN.below(x, 0.0))
        cells.append(f"{percent(np.mean(p <= ONE))}, {percent(np.mean(2 * p <= ONE))}")
    table(seeds(LOOKED), [cells])


def divergence() -> None:
    """How often a record of 16 seeds, run again, is called worse where each seed diverges by chance: by count, now."""
    rng, cells = np.random.default_rng(60), []
    chances = (0.05, 0.2, 0.4)
    for chance in chances:
        old, new = rng.uniform(size=(2, 10_000, 16)) < chance
        more, less = (new & ~old).sum(1), (old & ~new).sum(1)
        p = np.array([flips(int(a), int(b)) for a, b in zip(more, less, strict=True)])
        cells.append(f"{percent(np.mean(more > less))}, {percent(np.mean(p <= ONE))}")
    table([f"{chance:g}" for chance in chances], [cells])


def reruns() -> None:
    """How often a paper of ten claims alarms when it is run again with other noise: by a verdict lost, now."""
    claims = [("s", _claim(f"t{i}")) for i in range(10)]
    rng, cells = np.random.default_rng(80), []
    effects = (1.2, 1.5, 2.0)
    for effect in effects:
        lost = alarms = 0
        for _ in range(100):
            before, after = (verdicts.judge(claims, _records(rng, effect)) for _ in range(2))
            found = drift.drifts(before, after)
            lost += any(d.before.verdict == "supported" for d in found)
            alarms += any(d.worse for d in found)
        cells.append(f"{lost}, {alarms}")
    table([f"effects of {effect:g} deviations" for effect in effects], [cells])


def _claim(task: str) -> Claim:
    conditions = (Better(task=task, method="a", than="b"),)
    return Claim(paper="p", says="One is better.", differs="", conditions=conditions)


def _records(rng: np.random.Generator, effect: float) -> dict[str, Record]:
    """Ten tasks on which a method is better than another by an effect, with 16 seeds."""
    found = {}
    for task in range(10):
        for method, values in (("a", np.zeros(16)), ("b", effect + rng.standard_normal(16))):
            record = Record(
                study="s",
                task=f"t{task}",
                method=method,
                task_fields={},
                method_fields={},
                budget="full",
                steps=1,
                checkpoints=1,
                protocol=1,
                digest="",
                state="ok",
                seeds=list(range(16)),
                diverged_at=[None] * 16,
                metrics={"m": Measured(direction="min", values=[float(v) for v in values])},
            )
            found[record.cell] = record
    return found


PARTS = (
    textbook,
    coverage,
    false_support,
    small_errors,
    price,
    certainty,
    few_values,
    trends,
    power,
    paper,
    board,
    looks,
    peeking,
    two_sides,
    divergence,
    reruns,
)

if __name__ == "__main__":
    for part in PARTS:
        print(f"{part.__doc__}\n")
        part()
