"""Claims as data, and what a study's benchmark declares. Imports nothing heavy."""

import dataclasses
from dataclasses import dataclass
from typing import Literal

Expected = Literal["supported", "refuted", "inconclusive"]
Aggregate = Literal["mean", "iqm", "share"]  # how seeds become one number; see `toybench.evidence.statistics`


@dataclass(frozen=True)
class Better:
    """Metric of `method` beats that of `than` on `task` by more than `margin` (paired by seed).

    Attributes:
      metric: a name of the task's metrics; empty for the primary one. Its direction says what better means.
      margin: in the metric's own unit.
      aggregate: `mean` or `iqm` of the differences; or `share`: better by the margin in more than `share` of the seeds,
        the one to ask about rare events, which a mean over a few seeds misses.
    """

    task: str
    method: str
    than: str
    metric: str = ""
    margin: float = 0.0
    aggregate: Aggregate = "mean"
    share: float = 0.5


@dataclass(frozen=True)
class Equivalent:
    """Metric of `method` lies within `margin` of `to`: a method's name, or a known value."""

    task: str
    method: str
    to: str | float
    margin: float
    metric: str = ""


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


@dataclass(frozen=True)
class Trend:
    """Metric of `method` grows or falls over the task variants (or method variants) in their order.

    Attributes:
      tasks, methods: one of them has several labels, the other one.
      margin: least change between the ends.
      exponent: instead of a margin, where the slope of log |metric| over log knob lies; the knob is the one numeric
        field in which the variants differ.
    """

    tasks: tuple[str, ...]
    methods: tuple[str, ...]
    direction: Literal["grows", "falls"]
    metric: str = ""
    margin: float = 0.0
    exponent: tuple[float, float] | None = None


Condition = Better | Equivalent | Bound | Trend


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
      kind: `theorem` for what holds by construction or algebra for every instance; it is no finding.
    """

    paper: str
    says: str
    differs: str
    conditions: tuple[Condition, ...]
    note: str = ""
    expected: Expected | None = None
    kind: Literal["finding", "theorem"] = "finding"


@dataclass(frozen=True)
class Tuning:
    """The budget that every method of a study is tuned with.

    Attributes:
      trials: configurations tried at most for a method on a task; a larger grid is sampled.
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
