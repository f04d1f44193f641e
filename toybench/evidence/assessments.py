"""Assessments: a claim's condition with its effect, p-values before any correction, and what hinders a verdict."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from toybench.claim import Better, Bound, Condition, Equivalent, Trend, sides
from toybench.evidence import samples, statistics
from toybench.evidence.records import BrokenRecord, Folder, Record
from toybench.evidence.samples import Sample

Verdict = Literal["supported", "refuted", "inconclusive", "not_run"]
VERDICTS: tuple[Verdict, ...] = ("supported", "refuted", "inconclusive", "not_run")
FIRST_LOOK = 16  # seeds, below which there is no verdict; every later look doubles them
Results = Folder | Mapping[str, Record]


@dataclass(frozen=True)
class Assessment:
    """One condition, judged.

    Attributes:
      says: the condition in words.
      effect: the estimate with its 95 % interval, in the metric's unit; for `better` positive is in favour.
      low, high: the region that the condition claims (infinite where it is open).
      normalized: the effect in units of the task's floor-to-oracle range.
      improvement: probability that a seed is an improvement, for `better`.
      looked: seeds that were looked at, those left out for diverging included.
      p_supports, p_refutes: one-sided, before any correction.
      reason: what a reader has to know: what is missing, who diverged, what the seeds could have shown.
      step: of a trend, the step that is less clear than the change between its ends, in words.
      unfit: the condition can't be asked of the records, whatever is run.
    """

    condition: Condition
    says: str
    verdict: Verdict
    reason: str = ""
    effect: statistics.Estimate | None = None
    low: float = -math.inf
    high: float = math.inf
    normalized: float | None = None
    improvement: float | None = None
    seeds: int = 0
    looked: int = 0
    p_supports: float = 1.0
    p_refutes: float = 1.0
    deviation: float = 0.0
    barred: bool = False  # can't be supported, for `reason`
    step: str = ""
    unfit: bool = False
    sample: Sample | None = field(default=None, repr=False, compare=False)


def find(study: str, condition: Condition, read: Callable[[str], Record]) -> Assessment:
    """A condition with its p-values; its verdict is `not_run` or still open."""
    says = describe(condition)
    try:
        x = samples.sample(condition, lambda task, method: read(f"{study}/{task}/{method}"))
        return _measured(
            Assessment(condition=condition, says=says, verdict="inconclusive", low=x.low, high=x.high, sample=x), x
        )
    except samples.Missing as missing:
        return Assessment(
            condition=condition,
            says=says,
            verdict="not_run",
            reason=str(missing),
            unfit=isinstance(missing, samples.Unfit),
        )
    except Exception as error:  # whatever a record holds, the other claims get their verdicts
        reason = f"This condition can't be judged ({type(error).__name__}: {error}); mend it or its records."
        return Assessment(condition=condition, says=says, verdict="not_run", reason=reason, unfit=True)


def _measured(assessment: Assessment, x: Sample) -> Assessment:
    """The assessment with its numbers, and with what hinders a verdict on them."""
    assessment = replace(assessment, seeds=len(x.values), looked=x.looked)
    refusal = _refusal(x)
    if len(x.values) >= x.aggregate.least:
        assessment = _tested(assessment, x)
    if refusal:
        return replace(assessment, p_supports=1.0, p_refutes=1.0, barred=True, step="", reason=refusal)
    return _caution(assessment, x)


def _refusal(x: Sample) -> str:
    """Why there can't be a verdict on a sample, whatever its numbers are; empty where there can."""
    if not x.looked:
        return "Its records have no seeds in common; run them with the same --seeds."
    if x.looked < FIRST_LOOK:
        return f"{x.looked} seeds are too few for a verdict, which takes {FIRST_LOOK}."
    if x.aggregate.name == "share":  # every seed counts, whoever diverged on it
        return ""
    for cell, lost in {**x.own, **x.others}.items():
        if 2 * lost > x.looked:
            return f"{cell} diverged on {lost} of {x.looked} seeds; a verdict takes half of them."
    used = len(x.values)
    if 2 * used < x.looked or used < x.aggregate.least:
        return f"{used} of {x.looked} seeds are usable; a verdict takes half of them."
    return _few(x.array) if statistics.atoms(x.array) else ""


def _few(values: np.ndarray) -> str:
    distinct, counts = np.unique(values, return_counts=True)
    same = f"{counts.max()} of {len(values)} seeds gave the same value"
    found = same if len(distinct) == 1 else f"{same}, and all of them only {len(distinct)} values"
    return f"{found}; no verdict rests on the mean of so few values: ask for aggregate='share'."


def _tested(assessment: Assessment, x: Sample) -> Assessment:
    """The assessment with its effect and one-sided p-values."""
    values = x.array
    value, low, high = map(float, x.aggregate.estimate(values))
    ends = [_tails(x, values, edge, sign) for edge, sign in ((x.low, 1), (x.high, -1)) if math.isfinite(edge)]
    steps = {name: _step(x, change) for name, change in x.changes.items()}
    every = [*ends, *steps.values()]
    return replace(
        assessment,
        effect=statistics.Estimate(value, low, high),
        normalized=value / x.unit if x.unit else None,
        p_supports=max(inside for inside, _ in every),
        p_refutes=min(1.0, len(every) * min(outside for _, outside in every)),
        deviation=float(values.std(ddof=1)),
        step=_unclear(x, steps, max(inside for inside, _ in ends)),
    )


def _tails(x: Sample, values: np.ndarray, edge: float, sign: int) -> tuple[float, float]:
    """(p-value for lying inside of an edge, for lying outside); `sign` is 1 for a lower edge."""
    tails = [float(x.aggregate.above(values, edge)), float(x.aggregate.below(values, edge))]
    if x.aggregate.name != "share":
        tails = [float(statistics.floored(p, len(values))) for p in tails]
    return (tails[0], tails[1]) if sign > 0 else (tails[1], tails[0])


def _step(x: Sample, change: np.ndarray) -> tuple[float, float]:
    """(p-value for a step as claimed, for a reversed one); a step of few values is judged by its sign."""
    if not statistics.atoms(change):
        return _tails(x, change, 0.0, 1)
    kept = int((change > 0).sum())
    broken = int((change < 0).sum())
    return statistics.flips(kept, len(change) - kept), statistics.flips(broken, len(change) - broken)


def _unclear(x: Sample, steps: Mapping[str, tuple[float, float]], ends: float) -> str:
    """The least clear step of a trend in words, where it is less clear than the change between the ends."""
    if not steps:
        return ""
    name = max(steps, key=lambda step: steps[step][0])
    if steps[name][0] <= ends:
        return ""
    value, low, high = map(float, x.aggregate.estimate(x.changes[name]))
    return f"The step {name} is {value:.2g} [{low:.2g}, {high:.2g}] in the claimed direction."


def _caution(assessment: Assessment, x: Sample) -> Assessment:
    """The assessment with what a mean hides: diverged seeds, and a mean that most seeds disagree with."""
    if x.aggregate.name == "share":
        return assessment
    notes = [_diverged(x)]
    barred = bool(x.own)
    if x.undefined:
        notes.append(f"{x.undefined} seeds with a value of 0 or less have no exponent and are left out.")
    improvement = None
    if isinstance(assessment.condition, Better):
        values = x.array
        improvement = float(np.mean((values > 0) + 0.5 * (values == 0)))
        won = int((values > x.low).sum())
        lost = int((values < x.low).sum())
        against = float(statistics.AGGREGATES["share"].below(np.repeat([1.0, 0.0], [won, lost]), 0.5))
        if assessment.effect and assessment.effect.value > x.low and against <= statistics.ERROR / 2:
            notes.append(f"{lost} of {len(values)} seeds say the opposite: the mean rests on a few rare ones.")
            barred = True
    return replace(assessment, reason=" ".join(filter(None, notes)), improvement=improvement, barred=barred)


def _diverged(x: Sample) -> str:
    """Who diverged, and what follows."""
    own = [f"{cell} diverged on {n} of {x.looked} seeds, so that it can't be supported." for cell, n in x.own.items()]
    others = [f"{n} of {x.looked} seeds, on which {cell} diverged, are left out." for cell, n in x.others.items()]
    return " ".join([*own, *others])


def checked(f: Assessment, x: Sample) -> Assessment:
    """A theorem's condition, with what the seeds say: the p-values are 0 or 1."""
    inside = (x.low <= x.array) & (x.array <= x.high)
    for change in x.changes.values():
        inside &= change > 0
    broken = int((~inside).sum())
    verdict: Verdict = "supported"
    reason = ""
    if broken:
        verdict = "refuted"
        reason = f"{broken} of {len(inside)} seeds break it."
    elif x.looked < FIRST_LOOK or x.own:
        verdict = "inconclusive"
        reason = _diverged(x) or _refusal(x)
    support = float(verdict != "supported")
    against = float(verdict != "refuted")
    return replace(f, verdict=verdict, reason=reason, p_supports=support, p_refutes=against, barred=False)


def explained(f: Assessment, verdict: Verdict, error: float) -> str:
    """The assessment's reason, with what a reader wants to know of a condition that isn't supported."""
    if verdict == "supported" or f.barred or (verdict == "refuted" and not f.step):
        return f.reason
    return f"{f.reason} {f.step or _power(f, error)}".strip()


def _power(f: Assessment, error: float) -> str:
    """For an inconclusive assessment: what its seeds could have shown, and how many it would take."""
    if f.effect is None or f.deviation == 0 or f.condition.aggregate == "share":
        return ""
    effect = f.effect.value
    edge = min((b for b in (f.low, f.high) if math.isfinite(b)), key=lambda b: abs(effect - b))
    seen = abs(effect - edge)
    least = statistics.detectable(f.deviation, f.seeds, error)
    need = statistics.seeds_needed(f.deviation, seen, error)
    if need <= f.seeds:
        return f"The seeds are too skewed for {f.seeds} of them; run more."
    many = f"about {need:.0f}" if need <= 10_000 else "more than 10,000"
    return f"{f.seeds} seeds could have shown {least:.2g} beyond the margin; for the {seen:.2g} seen it takes {many}."


def record(results: Results, name: str) -> Record:
    """A record with numbers.

    Raises:
      Missing: there is none, or its cell has no result.
    """
    try:
        found = results.read(name) if isinstance(results, Folder) else results.get(name)
    except BrokenRecord as error:
        raise samples.Missing(str(error)) from None
    if found is None:
        raise samples.Missing(f"{name} has not been run.")
    if found.state not in ("ok", "diverged"):
        raise samples.Missing(f"{name} {found.state}: {found.reason}")
    return found


def describe(condition: Condition) -> str:
    """A condition in words."""
    tasks, methods = sides(condition)
    metric = condition.metric or "the primary metric"
    match condition:
        case Better():
            says = f"{methods[0]} beats {methods[1]}{_often(condition)} by {metric}"
            return f"{says}{_by(condition.margin)} on {tasks[0]}"
        case Equivalent():
            other = f"{condition.to}'s" if isinstance(condition.to, str) else f"{condition.to:g}"
            within = f"within {condition.margin:g} of {other}{_often(condition)}"
            return f"{metric} of {methods[0]} is {within} on {tasks[0]}"
        case Bound():
            ends = (("above", condition.above), ("below", condition.below))
            limits = " and ".join(f"{word} {value:g}" for word, value in ends if value is not None)
            return f"{metric} of {methods[0]} stays {limits}{_often(condition)} on {tasks[0]}"
        case Trend():
            over = " → ".join(tasks if len(tasks) > 1 else methods)
            rest = methods[0] if len(tasks) > 1 else tasks[0]
            how = f"{_by(condition.margin)}{_often(condition)}"
            if condition.exponent:
                low, high = condition.exponent
                how = f" with an exponent in [{low:g}, {high:g}]{_often(condition)}"
            return f"{metric} of {rest} {condition.direction}{how} over {over}"


def _by(margin: float) -> str:
    return f" by more than {margin:g}" if margin else ""


def _often(condition: Condition) -> str:
    return f" in more than {condition.share:.0%} of the seeds" if condition.aggregate == "share" else ""
