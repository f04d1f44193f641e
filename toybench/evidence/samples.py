"""Samples: what the records say about one condition, as one number per seed and the region that is claimed of it."""

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from toybench.claim import Better, Bound, Condition, Equivalent, Trend
from toybench.errors import nearest
from toybench.evidence import statistics
from toybench.evidence.records import Measured, Record, loss

Look = Callable[[str, str], Record]  # (task label, method label) to record; raises Missing
Row = Sequence[float]  # values of all sides on one seed


class Missing(Exception):
    """A condition that the records say nothing about; the message says why."""


class Unfit(Missing):
    """A condition that can't be asked of its records, whatever is run."""


@dataclass(frozen=True)
class Sample:
    """What the records say about one condition.

    Attributes:
      values: `{seed: number}`, of the seeds that are usable.
      low, high: where the aggregate of the numbers has to lie.
      steps: for a trend, `{step: {seed: change}}`, of the seeds without divergence; none may be reversed.
      looked: how many seeds all sides have, those included on which one of them diverged.
      own: `{cell: seeds on which it diverged}`, of what the claim speaks for; others: of what it is compared with.
      undefined: seeds on which an exponent has no value.
      unit: floor-to-oracle range of the metric, None where the task lacks one of them.
    """

    values: Mapping[int, float]
    low: float = -math.inf
    high: float = math.inf
    aggregate: Any = statistics.AGGREGATES["mean"]
    steps: Mapping[str, Mapping[int, float]] = field(default_factory=dict)
    looked: int = 0
    own: Mapping[str, int] = field(default_factory=dict)
    others: Mapping[str, int] = field(default_factory=dict)
    undefined: int = 0
    unit: float | None = None

    @property
    def array(self) -> np.ndarray:
        """The numbers in the order of the seeds, shape [seeds]."""
        return np.array(list(self.values.values()), float)

    @property
    def changes(self) -> dict[str, np.ndarray]:
        """The changes of every step in the order of the seeds."""
        return {name: np.array(list(change.values()), float) for name, change in self.steps.items()}


@dataclass(frozen=True)
class _Question:
    """A condition's records, and how the values of one seed become its number.

    Attributes:
      own: how many of the records, from the first on, the claim speaks for.
      number: of one seed; None where it has none.
      steps: names of the steps of a trend; `sign` turns a change so that positive is as claimed.
    """

    records: Sequence[Record]
    own: int
    number: Callable[[Row], float | None]
    low: float
    high: float
    unit: float | None = None
    steps: Sequence[str] = ()
    sign: float = 1.0

    def changes(self, row: Row) -> np.ndarray:
        """The change of every step of a trend on one seed; of none otherwise."""
        return self.sign * np.diff(row) if self.steps else np.zeros(0)

    def holds(self, row: Row) -> bool:
        """Whether the condition holds on one seed."""
        value = self.number(row)
        return value is not None and self.low < value < self.high and bool((self.changes(row) > 0).all())


def sample(condition: Condition, look: Look) -> Sample:
    """What the records say about a condition.

    Raises:
      Missing: a record or a metric isn't there, or the condition can't be asked of them.
    """
    question = _ask(condition, look)
    names = [r.cell for r in question.records]
    rows = _paired(question.records, condition.metric)
    whole = {seed: [v for v in row if v is not None] for seed, row in rows.items() if None not in row}
    numbers = {seed: question.number(row) for seed, row in whole.items()}
    gone = {name: sum(row[i] is None for row in rows.values()) for i, name in enumerate(names)}
    found = Sample(
        values={seed: v for seed, v in numbers.items() if v is not None},
        low=question.low,
        high=question.high,
        aggregate=statistics.AGGREGATES[condition.aggregate],
        steps={
            name: {seed: float(question.changes(row)[i]) for seed, row in whole.items()}
            for i, name in enumerate(question.steps)
        },
        looked=len(rows),
        own={name: n for name, n in gone.items() if n and name in names[: question.own]},
        others={name: n for name, n in gone.items() if n and name not in names[: question.own]},
        undefined=sum(v is None for v in numbers.values()),
        unit=question.unit,
    )
    if condition.aggregate != "share":
        return found
    kept = {seed: float(_kept(question, row)) for seed, row in rows.items()}
    return replace(found, values=kept, low=condition.share, high=math.inf, steps={}, undefined=0, unit=None)


def _kept(question: _Question, row: Sequence[float | None]) -> bool:
    """Whether a condition holds on one seed: never where its own method diverged, else where another one did."""
    known = [v for v in row if v is not None]
    if len(known) == len(row):
        return question.holds(known)
    return None not in row[: question.own]


def _ask(condition: Condition, look: Look) -> _Question:
    match condition:
        case Better():
            return _better(condition, look)
        case Equivalent():
            return _equivalent(condition, look)
        case Bound():
            low = -math.inf if condition.above is None else condition.above
            high = math.inf if condition.below is None else condition.below
            return _Question(records=(look(condition.task, condition.method),), own=1, number=_only, low=low, high=high)
        case Trend():
            return _trend(condition, look)


def _better(c: Better, look: Look) -> _Question:
    records = look(c.task, c.method), look(c.task, c.than)
    direction = _measured(records[0], c.metric).direction
    if direction == "info":
        raise Unfit(f"'{c.metric}' has no direction, so that nothing is better by it; use another condition.")

    def gain(row: Row) -> float:
        return loss(row[1], direction) - loss(row[0], direction)

    return _Question(
        records=records, own=1, number=gain, low=c.margin, high=math.inf, unit=_unit(c.task, c.metric, look)
    )


def _equivalent(c: Equivalent, look: Look) -> _Question:
    mine = look(c.task, c.method)
    unit = _unit(c.task, c.metric, look)
    if isinstance(c.to, str):
        return _Question(
            records=(mine, look(c.task, c.to)), own=2, number=_difference, low=-c.margin, high=c.margin, unit=unit
        )
    return _Question(records=(mine,), own=1, number=_only, low=c.to - c.margin, high=c.to + c.margin)


def _only(row: Row) -> float:
    return row[0]


def _difference(row: Row) -> float:
    return row[0] - row[1]


def _trend(c: Trend, look: Look) -> _Question:
    records = [look(task, method) for task in c.tasks for method in c.methods]
    labels = c.tasks if len(c.tasks) > 1 else c.methods
    steps = [f"{a} → {b}" for a, b in itertools.pairwise(labels)]
    sign = 1.0 if c.direction == "grows" else -1.0
    low, high = c.exponent or (c.margin, math.inf)
    plain = _Question(
        records=records,
        own=len(records),
        number=lambda row: sign * (row[-1] - row[0]),
        low=low,
        high=high,
        steps=steps,
        sign=sign,
    )
    if c.exponent is None:
        return plain
    knobs = np.log(_knobs(records))
    weights = (knobs - knobs.mean()) / ((knobs - knobs.mean()) ** 2).sum()

    def slope(row: Row) -> float | None:
        return float(weights @ np.log(row)) if min(row) > 0 else None

    return replace(plain, number=slope)


def _knobs(records: Sequence[Record]) -> np.ndarray:
    """Values of the one positive field in which the records of a trend differ."""
    alike = len({r.method for r in records}) == 1
    fields = [{**r.task_fields, **({} if alike else r.method_fields)} for r in records]
    differing = [k for k in fields[0] if len({str(f.get(k)) for f in fields}) > 1]
    values = [f.get(differing[0]) for f in fields] if len(differing) == 1 else []
    if not values or not all(isinstance(v, int | float) and v > 0 for v in values):
        what = ", ".join(differing) or "nothing"
        raise Unfit(f"the variants of {records[0].cell} differ in {what}, not in one positive number.")
    return np.array(values, float)


def _measured(record: Record, metric: str) -> Measured:
    name = metric or next(iter(record.metrics), "")
    if name not in record.metrics:
        raise Unfit(f"{record.cell} has no metric '{name}'{nearest(name, record.metrics)}.")
    return record.metrics[name]


def _paired(records: Sequence[Record], metric: str) -> dict[int, list[float | None]]:
    """`{seed: value of every record}` on the seeds that all records have, in the order of the seeds."""
    known = [dict(zip(r.seeds, _measured(r, metric).values, strict=True)) for r in records]
    seeds = sorted(set.intersection(*(set(k) for k in known)))
    return {s: [k[s] for k in known] for s in seeds}


def _unit(task: str, metric: str, look: Look) -> float | None:
    """Distance between the task's floor and oracle by a metric, None where one of them is missing."""
    ends = []
    for which in ("floor", "oracle"):
        try:
            values = [row[0] for row in _paired((look(task, which),), metric).values()]
        except Missing:
            return None
        if not values or None in values:
            return None
        ends.append(float(np.mean(np.array(values, float))))
    return abs(ends[0] - ends[1]) or None
