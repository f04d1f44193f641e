"""Verdicts: what the records say about the claims. Nothing is run here, and nothing but records is looked at.

Every condition becomes one number per seed and a region in which its mean has to lie: a paired difference above a
margin, a value below a bound, an exponent inside an interval. A claim is supported when every condition's number
lies inside, refuted when one lies outside, each beyond doubt; else it is inconclusive.

Beyond doubt: at most one claim of the whole suite is called supported wrongly in 40 suites (and one refuted in
40). A claim's p-value is its weakest condition's; Holm corrects for the number of claims; and every look at a
claim, with 16, 32, 64, ... seeds, spends half of what error the looks before it left, so that adding seeds until
a claim is resolved is valid.
"""

import functools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from toybench.claim import Better, Bound, Claim, Condition, Equivalent, Trend, sides
from toybench.evidence import display, statistics
from toybench.evidence.records import BrokenRecord, Folder, Record, loss

Verdict = Literal["supported", "refuted", "inconclusive", "not_run"]
VERDICTS: tuple[Verdict, ...] = ("supported", "refuted", "inconclusive", "not_run")
FIRST_LOOK = 16  # seeds; every later look doubles them
Look = Callable[[str, str], Record]  # (task label, method label) to record; raises _Missing


@dataclass(frozen=True)
class Sample:
    """What the records say about one condition.

    Attributes:
      values: one number per seed, shape [seeds]. low, high: where their aggregate has to lie.
      steps: for a trend, the change of every single step, shape [steps, seeds], none of which may be reversed.
      unit: floor-to-oracle range of the metric, None where the task lacks one of them.
      lost: seeds in which the claim's own method diverged. dropped: seeds left out because another one did.
    """

    values: np.ndarray
    low: float = -math.inf
    high: float = math.inf
    aggregate: Any = statistics.AGGREGATES["mean"]
    steps: np.ndarray | None = None
    unit: float | None = None
    lost: int = 0
    dropped: int = 0


@dataclass(frozen=True)
class Finding:
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


@dataclass(frozen=True)
class Judgement:
    """One claim with its verdict.

    Attributes:
      number: place among the study's claims, from 1.
      p: two-sided, corrected for the number of claims and for looks; of the refutation, where that is the verdict.
      claims: how many claims the correction counts.
    """

    study: str
    number: int
    claim: Claim
    verdict: Verdict
    findings: tuple[Finding, ...]
    p: float | None = None
    claims: int = 0

    @property
    def decisive(self) -> Finding:
        """The finding that the verdict hangs on: the clearest refutation, else the weakest support."""
        if self.verdict == "not_run":
            return next(f for f in self.findings if f.verdict == "not_run")
        if self.verdict == "refuted":
            return min(self.findings, key=lambda f: f.p_refutes)
        return max(self.findings, key=lambda f: (f.barred, f.p_supports))

    @property
    def reason(self) -> str:
        """Why the verdict isn't `supported`, or what a reader has to know although it is."""
        return self.decisive.reason

    @property
    def seeds(self) -> int:
        """Seeds of the decisive finding."""
        return self.decisive.seeds


class Judgements(list[Judgement]):
    """Judgements that show themselves in a notebook as the board and a forest plot."""

    def _repr_html_(self) -> str | None:
        return display.html(self)


class _Missing(Exception):
    """A cell without usable numbers; the message says which and why."""


def judge(claims: Sequence[tuple[str, Claim]], results: Folder | Mapping[str, Record]) -> list[Judgement]:
    """Verdicts of `(study, claim)` pairs, corrected for how many they are."""
    read = functools.cache(lambda name: _record(results, name))
    found = [tuple(_finding(study, c, read) for c in claim.conditions) for study, claim in claims]
    tested = [i for i, fs in enumerate(found) if all(f.verdict != "not_run" for f in fs)]
    spent = {i: 2.0 ** (1 + _look(found[i])) for i in tested}
    supports = statistics.holm([spent[i] * max(f.p_supports for f in found[i]) for i in tested])
    refutes = statistics.holm([spent[i] * len(found[i]) * min(f.p_refutes for f in found[i]) for i in tested])
    judgements, numbers = [], dict.fromkeys({study for study, _ in claims}, 0)
    for i, (study, claim) in enumerate(claims):
        numbers[study] += 1
        judgement = Judgement(study, numbers[study], claim, "not_run", found[i], claims=len(tested))
        if i in spent:
            place = tested.index(i)
            judgement = _decide(judgement, supports[place], refutes[place], spent[i])
        judgements.append(judgement)
    return judgements


def _look(findings: Iterable[Finding]) -> int:
    """Which look at the claim this is, from 0, by the number of seeds."""
    return max(0, math.ceil(math.log2(max(f.looked for f in findings) / FIRST_LOOK)))


def _decide(judgement: Judgement, supports: float, refutes: float, spent: float) -> Judgement:
    """The verdict of a claim and of each of its conditions, from corrected one-sided p-values."""
    error, barred = statistics.ERROR / 2, any(f.barred for f in judgement.findings)
    verdict: Verdict = "inconclusive"
    if refutes <= error:
        verdict = "refuted"
    elif supports <= error and not barred:
        verdict = "supported"
    each = error / (judgement.claims * spent)
    clearest = min(f.p_refutes for f in judgement.findings)
    findings = []
    for f in judgement.findings:
        own: Verdict = "inconclusive"
        if f.p_refutes <= each / len(judgement.findings) or (verdict == "refuted" and f.p_refutes == clearest):
            own = "refuted"
        elif verdict == "supported" or (f.p_supports <= each and not f.barred):
            own = "supported"
        reason = f.reason if own != "inconclusive" else f"{f.reason} {_power(f, each)}".strip()
        findings.append(replace(f, verdict=own, reason=reason))
    p = min(1.0, 2 * (refutes if verdict == "refuted" else supports))
    return replace(judgement, verdict=verdict, findings=tuple(findings), p=p)


def _power(f: Finding, error: float) -> str:
    """For an inconclusive finding: what its seeds could have shown, and how many it would take."""
    if f.effect is None or (isinstance(f.condition, Better | Bound) and f.condition.aggregate == "share"):
        return ""
    if f.deviation == 0:
        return f"All {f.seeds} seeds gave the same value, on the edge of what is claimed."
    edge = min((b for b in (f.low, f.high) if math.isfinite(b)), key=lambda b: abs(f.effect.value - b))  # type: ignore[union-attr]
    seen, least = abs(f.effect.value - edge), statistics.detectable(f.deviation, f.seeds, error)
    need = statistics.seeds_needed(f.deviation, seen, error)
    if need <= f.seeds:
        return f"The seeds are too skewed for {f.seeds} of them; run more."
    many = f"about {need:.0f}" if need <= 10_000 else "more than 10,000"
    return f"{f.seeds} seeds could have shown {least:.2g} beyond the margin; for the {seen:.2g} seen it takes {many}."


def _finding(study: str, condition: Condition, read: Callable[[str], Record]) -> Finding:
    """A condition with its p-values; its verdict is `not_run` or still open."""
    says = describe(condition)
    try:
        x = _sample(condition, lambda task, method: read(f"{study}/{task}/{method}"))
    except _Missing as missing:
        return Finding(condition, says, "not_run", str(missing))
    n, aggregate = len(x.values), x.aggregate
    if n < aggregate.least:
        reason = f"{n} seeds are too few to say anything; {aggregate.least} are the least."
        return Finding(condition, says, "inconclusive", reason, seeds=n, looked=n, low=x.low, high=x.high, barred=True)
    value, low, high = (float(v) for v in aggregate.estimate(x.values))
    inside = [float(aggregate.above(x.values, x.low))] if math.isfinite(x.low) else []
    inside += [float(aggregate.below(x.values, x.high))] if math.isfinite(x.high) else []
    outside = [float(aggregate.below(x.values, x.low))] if math.isfinite(x.low) else []
    outside += [float(aggregate.above(x.values, x.high))] if math.isfinite(x.high) else []
    if x.steps is not None:
        outside += [min(1.0, len(x.steps) * float(statistics.AGGREGATES["mean"].below(s, 0.0))) for s in x.steps]
    finding = Finding(
        condition=condition,
        says=says,
        verdict="inconclusive",
        effect=statistics.Estimate(value, low, high),
        low=x.low,
        high=x.high,
        normalized=value / x.unit if x.unit else None,
        seeds=n,
        looked=n + x.lost + x.dropped,
        p_supports=max(inside),
        p_refutes=min(outside),
        deviation=float(x.values.std(ddof=1)),
    )
    return _caution(finding, x)


def _caution(finding: Finding, x: Sample) -> Finding:
    """The finding with what a mean hides: diverged seeds, and a mean that most seeds disagree with."""
    notes, barred = [], False
    if x.lost:
        notes.append(f"{x.lost} seeds of the claim's own method diverged, so it can't be supported.")
        barred = True
    if x.dropped:
        notes.append(f"{x.dropped} seeds in which the other method diverged are left out.")
    improvement = None
    if isinstance(finding.condition, Better) and finding.condition.aggregate != "share":
        improvement = float(np.mean((x.values > 0) + 0.5 * (x.values == 0)))
        won, lost = int((x.values > x.low).sum()), int((x.values < x.low).sum())
        against = float(statistics.AGGREGATES["share"].below(np.repeat([1.0, 0.0], [won, lost]), 0.5))
        if finding.effect and finding.effect.value > x.low and against <= statistics.ERROR / 2:
            notes.append(f"{lost} of {len(x.values)} seeds say the opposite: the mean rests on a few rare ones.")
            barred = True
    return replace(finding, reason=" ".join(notes), improvement=improvement, barred=barred)


def _record(results: Folder | Mapping[str, Record], name: str) -> Record:
    """A record with numbers.

    Raises:
      _Missing: there is none, or its cell has no result.
    """
    try:
        record = results.read(name) if isinstance(results, Folder) else results.get(name)
    except BrokenRecord as error:
        raise _Missing(str(error)) from None
    if record is None:
        raise _Missing(f"{name} has not been run.")
    if record.state not in ("ok", "diverged"):
        raise _Missing(f"{name} {record.state}: {record.reason}")
    return record


def _sample(condition: Condition, look: Look) -> Sample:
    makers: dict[type, Callable[..., Sample]] = {
        Better: _better,
        Equivalent: _equivalent,
        Bound: _bound,
        Trend: _trend,
    }
    return makers[type(condition)](condition, look)


def _better(c: Better, look: Look) -> Sample:
    (mine, theirs), metric = (look(c.task, c.method), look(c.task, c.than)), c.metric
    (a, b), direction = _paired((mine, theirs), metric), _measured(mine, metric).direction
    unit = _unit(c.task, metric, look)
    if c.aggregate == "share":
        won = [
            x is not None and (y is None or loss(y, direction) - loss(x, direction) > c.margin)
            for x, y in zip(a, b, strict=True)
        ]
        return Sample(np.array(won, float), low=c.share, aggregate=statistics.AGGREGATES["share"])
    both = [(x, y) for x, y in zip(a, b, strict=True) if x is not None and y is not None]
    values = np.array([loss(y, direction) - loss(x, direction) for x, y in both])
    lost = sum(x is None for x in a)
    aggregate = statistics.AGGREGATES[c.aggregate]
    return Sample(values, low=c.margin, aggregate=aggregate, unit=unit, lost=lost, dropped=len(a) - len(both) - lost)


def _equivalent(c: Equivalent, look: Look) -> Sample:
    mine, unit = look(c.task, c.method), _unit(c.task, c.metric, look)
    if isinstance(c.to, str):
        a, b = _paired((mine, look(c.task, c.to)), c.metric)
        values = [x - y for x, y in zip(a, b, strict=True) if x is not None and y is not None]
        return Sample(np.array(values), -c.margin, c.margin, unit=unit, lost=len(a) - len(values))
    (a,) = _paired((mine,), c.metric)
    values = [x for x in a if x is not None]
    return Sample(np.array(values), c.to - c.margin, c.to + c.margin, lost=len(a) - len(values))


def _bound(c: Bound, look: Look) -> Sample:
    (a,) = _paired((look(c.task, c.method),), c.metric)
    low, high = (-math.inf if c.above is None else c.above), (math.inf if c.below is None else c.below)
    if c.aggregate == "share":
        kept = [x is not None and low < x < high for x in a]
        return Sample(np.array(kept, float), low=c.share, aggregate=statistics.AGGREGATES["share"])
    values = [x for x in a if x is not None]
    return Sample(np.array(values), low, high, aggregate=statistics.AGGREGATES[c.aggregate], lost=len(a) - len(values))


def _trend(c: Trend, look: Look) -> Sample:
    records = [look(task, method) for task in c.tasks for method in c.methods]
    rows = [row for row in zip(*_paired(records, c.metric), strict=True) if None not in row]
    lost = len(_paired(records, c.metric)[0]) - len(rows)
    values = np.array(rows, float).reshape(len(rows), len(records)).T  # [variants, seeds]
    if c.exponent is not None:
        if not values.all():
            raise _Missing(f"{records[0].cell}: an exponent needs values other than 0.")
        knob = np.log([_knob(r, records) for r in records])
        slopes = (knob - knob.mean()) @ np.log(np.abs(values)) / ((knob - knob.mean()) ** 2).sum()
        return Sample(slopes, *c.exponent, lost=lost)
    steps = np.diff(values, axis=0) * (1 if c.direction == "grows" else -1)
    return Sample(steps.sum(0), low=c.margin, steps=steps if len(steps) > 1 else None, lost=lost)


def _knob(record: Record, records: Sequence[Record]) -> float:
    """Value of the one numeric field in which the records of a trend differ."""
    fields = [{**r.task_fields, **({} if len({o.method for o in records}) == 1 else r.method_fields)} for r in records]
    differing = [k for k in fields[0] if len({str(f.get(k)) for f in fields}) > 1]
    if len(differing) != 1 or not isinstance(fields[0][differing[0]], int | float):
        raise _Missing(
            f"the variants of {record.cell} differ in {', '.join(differing) or 'nothing'}, not in one number."
        )
    return float(fields[records.index(record)][differing[0]])


def _measured(record: Record, metric: str) -> Any:
    name = metric or next(iter(record.metrics))
    if name not in record.metrics:
        raise _Missing(f"{record.cell} has no metric '{name}'.")
    return record.metrics[name]


def _paired(records: Sequence[Record], metric: str) -> list[list[float | None]]:
    """Values of the metric on the seeds that all records have, in the order of the seeds."""
    known = [dict(zip(r.seeds, _measured(r, metric).values, strict=True)) for r in records]
    seeds = sorted(set.intersection(*(set(k) for k in known)))
    return [[k[s] for s in seeds] for k in known]


def _unit(task: str, metric: str, look: Look) -> float | None:
    """Distance between the task's floor and oracle by a metric, None where one of them is missing."""
    try:
        ends = [_paired((look(task, which),), metric)[0] for which in ("floor", "oracle")]
    except _Missing:
        return None
    if any(v is None for end in ends for v in end):
        return None
    return abs(float(np.mean(np.array(ends[0], float))) - float(np.mean(np.array(ends[1], float)))) or None


def rows(judgements: Iterable[Judgement]) -> list[dict[str, Any]]:
    """One plain row per claim, with the finding that its verdict hangs on; keys are stable."""
    return [
        {
            "study": j.study,
            "paper": j.claim.paper,
            "number": j.number,
            "claim": j.claim.says,
            "conditions": len(j.findings),
            **_row(j.decisive),
            "verdict": j.verdict,
            "p": j.p,
            "claims": j.claims,
            "note": j.claim.note,
            "differs": j.claim.differs,
            "findings": [_row(f) for f in j.findings],
        }
        for j in judgements
    ]


def _row(f: Finding) -> dict[str, Any]:
    effect = f.effect
    return {
        "condition": f.says,
        "verdict": f.verdict,
        "effect": effect.value if effect else None,
        "effect_low": effect.low if effect else None,
        "effect_high": effect.high if effect else None,
        "region_low": f.low if math.isfinite(f.low) else None,
        "region_high": f.high if math.isfinite(f.high) else None,
        "normalized": f.normalized,
        "improvement": f.improvement,
        "seeds": f.seeds,
        "p_supports": f.p_supports,
        "p_refutes": f.p_refutes,
        "reason": f.reason,
    }


def describe(condition: Condition) -> str:
    """A condition in words."""
    tasks, methods = sides(condition)
    metric = condition.metric or "the primary metric"
    match condition:
        case Better(aggregate="share"):
            text = f"{methods[0]} beats {methods[1]} in more than {condition.share:.0%} of the seeds by {metric}"
            return f"{text}{_by(condition.margin)} on {tasks[0]}"
        case Better():
            return f"{methods[0]} beats {methods[1]} by {metric}{_by(condition.margin)} on {tasks[0]}"
        case Equivalent(to=str(other)):
            return f"{metric} of {methods[0]} is within {condition.margin:g} of {other}'s on {tasks[0]}"
        case Equivalent():
            return f"{metric} of {methods[0]} is within {condition.margin:g} of {condition.to:g} on {tasks[0]}"
        case Bound():
            limits = [
                f"{w} {v:g}" for w, v in (("above", condition.above), ("below", condition.below)) if v is not None
            ]
            often = f" in more than {condition.share:.0%} of the seeds" if condition.aggregate == "share" else ""
            return f"{metric} of {methods[0]} stays {' and '.join(limits)}{often} on {tasks[0]}"
        case Trend():
            over = " → ".join(tasks if len(tasks) > 1 else methods)
            rest = methods[0] if len(tasks) > 1 else tasks[0]
            how = (
                f" with an exponent in [{condition.exponent[0]:g}, {condition.exponent[1]:g}]"
                if condition.exponent
                else ""
            )
            return f"{metric} of {rest} {condition.direction}{how or _by(condition.margin)} over {over}"


def _by(margin: float) -> str:
    return f" by more than {margin:g}" if margin else ""
