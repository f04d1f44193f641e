"""Claims as data, and what a study's benchmark declares. Imports nothing heavy."""

import dataclasses
import math
from dataclasses import dataclass
from typing import Literal, get_args

from toybench.errors import UsageError, nearest
from toybench.fields import split_label

Expected = Literal["supported", "refuted", "inconclusive"]
Kind = Literal["finding", "theorem"]
Read = Literal["method", "abstract"]
Toy = Literal["able", "undertrained", "blind", "unequal"]
Direction = Literal["grows", "falls"]
Aggregate = Literal["mean", "iqm", "share"]  # how seeds become one number; see `toybench.evidence.statistics`


@dataclass(frozen=True)
class Better:
    """Metric of `method` beats that of `than` on `task` by more than `margin` (paired by seed).

    Attributes:
      metric: a name of the task's metrics; empty for the primary one. Its direction says what better means.
      margin: in the metric's own unit.
      aggregate: `mean` or `iqm` of the differences; or `share`: better by the margin in more than `share` of the seeds.
        Ask it about rare events, which a mean over a few seeds misses, and about metrics of few values.
    """

    task: str
    method: str
    than: str
    metric: str = ""
    margin: float = 0.0
    aggregate: Aggregate = "mean"
    share: float = 0.5

    def __post_init__(self) -> None:
        _check_labels((self.task, self.method, self.than))
        _check_aggregate(self)
        _require(self, math.isfinite(self.margin), f"has a margin of {self.margin}; give a finite number")
        _require(self, self.method != self.than, f"compares {self.method} with itself; name another method")


@dataclass(frozen=True)
class Equivalent:
    """Metric of `method` lies within `margin` of `to`: a method's name, or a known value."""

    task: str
    method: str
    to: str | float
    margin: float
    metric: str = ""
    aggregate: Aggregate = "mean"
    share: float = 0.5

    def __post_init__(self) -> None:
        others = (self.to,) if isinstance(self.to, str) else ()
        _check_labels((self.task, self.method, *others))
        _check_aggregate(self)
        _require(self, 0 <= self.margin < math.inf, f"has a margin of {self.margin}; give a finite number, 0 or more")
        _require(self, self.method != self.to, f"compares {self.method} with itself; name another method")
        known = isinstance(self.to, str) or math.isfinite(self.to)
        _require(self, known, f"compares with {self.to}; give a finite number or a method's name")


@dataclass(frozen=True)
class Bound:
    """Metric of `method` stays `below` and/or `above` a value; with `share`, in more than that share of the seeds."""

    task: str
    method: str
    metric: str
    below: float | None = None
    above: float | None = None
    aggregate: Aggregate = "mean"
    share: float = 0.5

    def __post_init__(self) -> None:
        _check_labels((self.task, self.method))
        _check_aggregate(self)
        limits = [v for v in (self.above, self.below) if v is not None]
        _require(self, bool(limits), "has no limits; give below or above, or both")
        _require(self, all(map(math.isfinite, limits)), f"has a limit of {limits[0]}; give finite numbers")
        _require(self, limits == sorted(limits), f"lies above {limits[0]} and below {limits[-1]}; exchange them")


@dataclass(frozen=True)
class Trend:
    """Metric of `method` grows or falls over the task variants (or method variants) in their order, at every step.

    Attributes:
      tasks, methods: one of them has several labels, the other one.
      margin: least change between the ends.
      exponent: instead of a margin, where the slope of log metric over log knob lies; the knob is the one numeric
        field in which the variants differ.
    """

    tasks: tuple[str, ...]
    methods: tuple[str, ...]
    direction: Direction
    metric: str = ""
    margin: float = 0.0
    exponent: tuple[float, float] | None = None
    aggregate: Aggregate = "mean"
    share: float = 0.5

    def __post_init__(self) -> None:
        for name, labels in (("tasks", self.tasks), ("methods", self.methods)):
            _require(self, isinstance(labels, tuple) and bool(labels), f"has {name} {labels!r}; give a tuple of labels")
            _check_labels(labels)
            _require(self, len(set(labels)) == len(labels), f"{name} holds one label twice; leave one of them out")
        counts = sorted((len(self.tasks), len(self.methods)))
        _require(self, counts[0] == 1 < counts[1], "needs several tasks and one method, or the other way round")
        _check_name(self, "direction", self.direction, get_args(Direction))
        _check_aggregate(self)
        _require(self, 0 <= self.margin < math.inf, f"has a margin of {self.margin}; give a finite number, 0 or more")
        if self.exponent is not None:
            _check_exponent(self, *self.exponent)


Condition = Better | Equivalent | Bound | Trend


def _require(condition: Condition, holds: bool, otherwise: str) -> None:
    """Raise a sentence that names the condition and says what is wrong with it, unless it `holds`."""
    if not holds:
        tasks, methods = sides(condition)
        raise UsageError(f"{type(condition).__name__} of {', '.join(methods)} on {', '.join(tasks)} {otherwise}.")


def _check_name(condition: Condition, field: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:  # looking for the nearest name takes longer than everything else here
        _require(condition, False, f"has {_unknown(field, value, known)}")


def _unknown(field: str, value: str, known: tuple[str, ...]) -> str:
    return f"{field} '{value}'{nearest(str(value), known)}; use {' or '.join(known)}"


def _check_labels(labels: tuple[str, ...]) -> None:
    for label in labels:
        split_label(label)  # raises where it can't be read


def _check_aggregate(condition: Condition) -> None:
    _check_name(condition, "aggregate", condition.aggregate, get_args(Aggregate))
    _require(condition, 0 <= condition.share < 1, f"has a share of {condition.share}; give one below 1")


def _check_exponent(trend: Trend, low: float, high: float) -> None:
    ordered = math.isfinite(low) and math.isfinite(high) and low < high
    _require(trend, ordered, f"has an exponent in [{low}, {high}]; give two finite numbers, the smaller first")
    agree = high > 0 if trend.direction == "grows" else low < 0
    _require(trend, agree, f"{trend.direction}, but its exponent is in [{low}, {high}]; exchange the signs")
    _require(trend, trend.margin == 0, "has a margin and an exponent; leave one of them out")


def sides(condition: Condition) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(task labels, method labels) that a condition is about: its cells are their product."""
    match condition:
        case Trend():
            return condition.tasks, condition.methods
        case Better():
            return (condition.task,), (condition.method, condition.than)
        case Equivalent(to=str(other)):
            return (condition.task,), (condition.method, other)
        case _:
            return (condition.task,), (condition.method,)


def cells_of(study: str, condition: Condition) -> list[str]:
    """Names of the cells that a condition is about."""
    tasks, methods = sides(condition)
    return [f"{study}/{task}/{method}" for task in tasks for method in methods]


@dataclass(frozen=True)
class Claim:
    """What a paper asserts, as conditions that must all hold.

    Attributes:
      paper: key in benchmarks/papers.json.
      says: one sentence in our own words.
      differs: how the toy differs from the paper.
      note: for a claim that came out refuted or inconclusive, why.
      expected: what the plan or the writer expected before there were numbers; never edited afterwards.
      kind: `theorem` for what holds by construction or algebra for every instance; it is checked on every seed, and is
        no finding.
      read: `abstract` where the paper's method section or its authors' code could not be read; such a claim is neither
        supported nor refuted, as what won or failed may not be the paper's method.
      toy: `undertrained` where the method fails for want of steps alone, `blind` where the task leaves the mechanism no
        room; such a claim is never refuted, and its note says what would tell. `unequal` where one side lacks
        what the other has, or what its paper gives it: until that is mended there is no verdict either way.
    """

    paper: str
    says: str
    differs: str
    conditions: tuple[Condition, ...]
    note: str = ""
    expected: Expected | None = None
    kind: Kind = "finding"
    read: Read = "method"
    toy: Toy = "able"

    def __post_init__(self) -> None:
        self._require(bool(self.paper), "names no paper; give its key in benchmarks/papers.json")
        self._require(bool(self.conditions), "has no conditions; give one or more")
        for c in self.conditions:
            self._require(isinstance(c, Condition), f"has a condition {c!r}; use Better, Equivalent, Bound or Trend")
        self._check_name("kind", self.kind, get_args(Kind))
        self._check_name("read", self.read, get_args(Read))
        self._check_name("toy", self.toy, get_args(Toy))
        if self.expected is not None:
            self._check_name("expected", self.expected, get_args(Expected))
        every = self.kind == "finding" or all(c.aggregate == "mean" for c in self.conditions)
        self._require(every, "is a theorem, which holds on every seed; leave out aggregate")

    def _check_name(self, field: str, value: str, known: tuple[str, ...]) -> None:
        if value not in known:
            self._require(False, f"has {_unknown(field, value, known)}")

    def _require(self, holds: bool, otherwise: str) -> None:
        if not holds:
            raise UsageError(f"the claim '{self.says}' of {self.paper or 'no paper'} {otherwise}.")


@dataclass(frozen=True)
class Tuning:
    """The budget that every method of a study is tuned with.

    Attributes:
      trials: configurations tried at most for a method on a task; a larger grid is sampled, at the same places for
        grids of one shape.
      seeds: tuning seeds per configuration.
    """

    trials: int = 6
    seeds: int = 3


@dataclass(frozen=True)
class Benchmark:
    """A study's page: its claims, and what departs from the defaults.

    Attributes:
      field: the group of studies that a reader looks for it in, e.g. `optimisation`.
      first_seed: where the reporting seeds begin; a study whose claims changed after its seeds were seen moves on.
      variants: task variants that run beside the default ones, e.g. `linear_regression[noise=0.5]`.
      ablations: method variants that run beside the default ones, e.g. `simvq[learn_basis=true]`.
      only: `{task label: method labels}` where a variant is meant for a few methods only.
      edges: `{field: reason}` or `{method.field: reason}` where tuning may choose a value at the edge of its grid:
        a bound of the parameter, say.
    """

    claims: tuple[Claim, ...] = ()
    field: str = ""
    tuning: Tuning = Tuning()
    first_seed: int = 0
    variants: tuple[str, ...] = ()
    ablations: tuple[str, ...] = ()
    only: dict[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    edges: dict[str, str] = dataclasses.field(default_factory=dict)
