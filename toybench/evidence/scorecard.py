"""Scorecards: where one method stands on every task that it answers, from records alone.

On a task the method is compared with the best other method that has landed, and with a baseline that is named: on the
seeds that both have, pair by pair. Only records of one budget are compared. What is called better or worse is
significant at 5 % after Holm's correction over the tasks of the scorecard. "Worse than the best other" is corrected
for how many others there are, too.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from toybench.evidence import display, statistics, tables
from toybench.evidence.matching import counted
from toybench.evidence.records import Record, by_seed, loss
from toybench.fields import split_label

Outcome = Literal["better", "worse", "undecided"]
STALE = "its code has changed since it was recorded"
OUTCOMES: tuple[Outcome, ...] = ("better", "worse", "undecided")


@dataclass(frozen=True)
class Difference:
    """The method against another one on a task.

    Attributes:
      effect: mean paired difference with its 95 % interval, in the metric's unit; positive is in the method's favour.
      p: two-sided, corrected for the tasks of the scorecard.
      seeds: that both finished.
      flops, parameters: the method's cost in units of the other's; None where it isn't counted.
      reason: why there is no effect, or why it decides nothing.
    """

    other: str
    outcome: Outcome = "undecided"
    effect: statistics.Estimate | None = None
    p: float | None = None
    seeds: int = 0
    flops: float | None = None
    parameters: float | None = None
    reason: str = ""


@dataclass(frozen=True)
class Place:
    """Where the method stands on one task.

    Attributes:
      state: of its record, or `missing`; with `reason`, a sentence.
      place, of: its rank among the methods with a record of the same budget, from 1.
      score: 0 at the task's floor, 1 at its oracle.
      best: against the best other method. baseline: against the named one.
      lost: seeds that diverged. lost_at: the first update at which one did.
    """

    study: str
    task: str
    method: str
    state: str
    reason: str = ""
    metric: str = ""
    direction: str = ""
    value: tables.Average = tables.Average(None, None, None, 0)
    place: int | None = None
    of: int = 0
    score: float | None = None
    best: Difference | None = None
    baseline: Difference | None = None
    lost: int = 0
    lost_at: int | None = None
    record: Record | None = None


@dataclass(frozen=True)
class Scorecard:
    """A method on every task that it answers, with the baseline's name where one was given."""

    method: str
    baseline: str
    places: tuple[Place, ...]

    @property
    def studies(self) -> list[str]:
        """Studies of the places, in their order."""
        return list(dict.fromkeys(p.study for p in self.places))

    @property
    def measured(self) -> list[Place]:
        """Places with a number."""
        return [p for p in self.places if p.value.mean is not None]

    def _repr_html_(self) -> str | None:
        """In a notebook: the table, and the scorecard in words."""
        return display.html(self)

    def count(self, side: Literal["best", "baseline"]) -> dict[Outcome, int]:
        """On how many tasks the method is better, worse, or can't be told apart."""
        found: list[Difference | None] = [getattr(p, side) for p in self.places]
        return {o: sum(d is not None and d.outcome == o for d in found) for o in OUTCOMES}


def build(
    cells: Iterable[str],
    own: Sequence[Record],
    landed: Sequence[Record],
    baseline: str = "",
    stale: Collection[str] = (),
    metric: str = "",
) -> Scorecard:
    """The scorecard of the method whose cells are named.

    Args:
      cells: `study/task/method`, the same method in all.
      own: records that are looked at first. landed: the accepted ones, which the best other method is one of.
      baseline: a label, without a study.
      stale: cells whose code has changed since they were recorded.
      metric: that is compared; each task's first by default.
    """
    by_task: dict[tuple[str, str], list[Record]] = {}
    for r in [*own, *landed]:
        by_task.setdefault((r.study, r.task), []).append(r)
    accepted = {(r.cell, r.budget) for r in landed}
    places = []
    for cell in cells:
        study, task, method = cell.split("/")
        place = _place(cell, by_task.get((study, task), []), accepted, baseline, metric)
        places.append(replace(place, state="stale", reason=STALE) if cell in stale else place)
    name = places[0].method if places else ""
    return Scorecard(method=name, baseline=baseline, places=tuple(_corrected(places)))


def _place(cell: str, group: Sequence[Record], landed: set[tuple[str, str]], baseline: str, metric: str) -> Place:
    study, task, method = cell.split("/")
    mine = next((r for r in group if r.method == method), None)
    if mine is None:
        return Place(study=study, task=task, method=method, state="missing")
    plain = Place(study=study, task=task, method=method, state=mine.state, reason=mine.reason, record=mine)
    if not mine.metrics:
        return plain
    name = metric or next(iter(mine.metrics))
    if name not in mine.metrics:
        return replace(plain, reason=f"has no metric '{name}'")
    peers = list({r.method: r for r in reversed(group) if r.budget == mine.budget}.values())
    order = [r for r in tables.ranked(peers, name) if not tables.is_reference(r) and name in r.metrics]
    others = [r for r in order if split_label(r.method)[0] != split_label(method)[0]]
    known = [r for r in others if (r.cell, r.budget) in landed] or others
    named = next((r for r in order if r.method == baseline and r is not mine), None)
    lost = [at for at in mine.diverged_at if at is not None]
    return replace(
        plain,
        metric=name,
        direction=mine.metrics[name].direction,
        value=tables.mean(mine.metrics[name].values),
        place=order.index(mine) + 1 if mine.metrics[name].direction != "info" else None,
        of=len(order),
        score=tables.score(peers, mine, name),
        best=difference(mine, known[0], name, among=len(known)) if known else None,
        baseline=difference(mine, named, name) if named else None,
        lost=len(lost),
        lost_at=min(lost, default=None),
    )


def difference(mine: Record, other: Record, metric: str, among: int = 1) -> Difference:
    """The method against another one, its p-value not corrected for tasks yet; positive is in the method's favour.

    Args:
      among: of how many others this is the best one. One of many copies of a method is ahead by luck, so that "worse"
        is corrected for how many there are; "better" than the luckiest needs no correction.
    """
    cost = Difference(
        other=other.method,
        flops=mine.cost.flops / other.cost.flops if counted(mine) and counted(other) else None,
        parameters=mine.cost.parameters / other.cost.parameters if other.cost.parameters else None,
    )
    direction = mine.metrics[metric].direction
    if direction == "info":
        return replace(cost, reason="neither direction is better")
    ours = by_seed(mine, metric)
    theirs = by_seed(other, metric)
    common = [(x, theirs[s]) for s, x in ours.items() if s in theirs]
    finished = np.array([loss(y, direction) - loss(x, direction) for x, y in common if x is not None and y is not None])
    mean = statistics.AGGREGATES["mean"]
    if len(finished) < mean.least:
        return _by_divergence(cost, common, among)
    estimate = statistics.Estimate(*(float(v) for v in mean.estimate(finished)))
    found = replace(cost, effect=estimate, seeds=len(finished))
    return _tested(found, *statistics.tails(finished), among)


def _by_divergence(found: Difference, common: Sequence[tuple[float | None, float | None]], among: int) -> Difference:
    """Who diverges more often, by a sign test, where too few seeds finished for anything else."""
    mine = sum(x is None for x, _ in common)
    other = sum(y is None for _, y in common)
    won = sum(x is not None and y is None for x, y in common)
    gone = sum(x is None and y is not None for x, y in common)
    if not won + gone:
        return replace(found, reason=f"{len(common)} common seeds are too few")
    reason = f"it diverged on {mine} of {len(common)} common seeds, the other on {other}"
    found = replace(found, reason=reason)
    return _tested(found, statistics.flips(won, gone), statistics.flips(gone, won), among)


def _tested(found: Difference, up: float, down: float, among: int) -> Difference:
    """The difference with what one-sided p-values say: small `up` for better, small `down` for worse."""
    p = min(1.0, 2 * (up if up < down else among * down))
    return replace(found, outcome="better" if up < down else "worse", p=p)


def _corrected(places: Sequence[Place]) -> list[Place]:
    """Places whose differences are corrected for how many tasks there are, for either side by itself."""
    best = _together([p.best for p in places], places)
    baseline = _together([p.baseline for p in places], places)
    return [replace(p, best=b, baseline=n) for p, b, n in zip(places, best, baseline, strict=True)]


def _together(found: Sequence[Difference | None], places: Sequence[Place]) -> list[Difference | None]:
    """Differences of one side, decided by p-values that hold for all tasks together."""
    tested = [i for i, d in enumerate(found) if d and d.p is not None]
    corrected = statistics.holm([d.p for d in found if d and d.p is not None])
    decided = list(found)
    for i, p in zip(tested, corrected, strict=True):
        difference = found[i]
        assert difference is not None
        decided[i] = _decided(difference, p, places[i].lost)
    return decided


def _decided(d: Difference, p: float, lost: int) -> Difference:
    """A difference with its corrected p-value: undecided where that is large, or where seeds of its own diverged."""
    if p > statistics.ERROR:
        return replace(d, p=p, outcome="undecided")
    if d.outcome == "better" and lost:
        return replace(d, p=p, outcome="undecided", reason="better only on the seeds that did not diverge")
    return replace(d, p=p)


def rows(card: Scorecard) -> list[dict[str, Any]]:
    """One plain row per task; keys are stable."""
    return [
        {
            "study": p.study,
            "task": p.task,
            "method": p.method,
            "state": p.state,
            "reason": p.reason,
            "metric": p.metric,
            "direction": p.direction,
            "mean": p.value.mean,
            "low": p.value.low,
            "high": p.value.high,
            "seeds": p.value.seeds,
            "place": p.place,
            "of": p.of,
            "score": p.score,
            **_side("best", p.best),
            **_side("baseline", p.baseline),
            "diverged": p.lost,
            "diverged_at": p.lost_at,
            **_cost(p.record),
        }
        for p in card.places
    ]


def _side(name: str, d: Difference | None) -> dict[str, Any]:
    effect = d.effect if d else None
    return {
        name: d.other if d else None,
        f"{name}_outcome": d.outcome if d else None,
        f"{name}_difference": effect.value if effect else None,
        f"{name}_low": effect.low if effect else None,
        f"{name}_high": effect.high if effect else None,
        f"{name}_p": d.p if d else None,
        f"{name}_seeds": d.seeds if d else None,
        f"{name}_flops": d.flops if d else None,
        f"{name}_parameters": d.parameters if d else None,
    }


def _cost(record: Record | None) -> dict[str, Any]:
    return {
        "parameters": record.cost.parameters if record else None,
        "flops": record.cost.flops if record and counted(record) else None,
        "seconds": record.cost.run_seconds if record else None,
    }


def render(card: Scorecard, form: str) -> str:
    """The scorecard as text; `form` is markdown, latex, csv or json."""
    data = pd.DataFrame(rows(card))
    if form == "json":
        return tables.as_json(data)
    if form == "csv":
        return data.to_csv(index=False)
    title = headline(card)
    table = wide(card)
    if form == "markdown":
        return "\n\n".join([tables.markdown(title, table), " ".join(sentences(card)), LEGEND])
    return tables.latex(title, table, names=[c for c in table.columns if c not in NUMBERS])


NUMBERS = ("value", "place", "score", "FLOPs", "parameters")


def wide(card: Scorecard) -> pd.DataFrame:
    """One row per task, as texts: the value, the place, and how far ahead of whom."""
    found = []
    for p in card.places:
        row = {
            "task": p.task if len(card.studies) == 1 else f"{p.study}/{p.task}",
            "metric": f"{p.metric} {tables.ARROWS.get(p.direction, '')}".strip() or "–",
            "value": tables.spread(p.value) if p.value.mean is not None else p.state,
            "place": ordinal(p),
            "score": scored(p),
            "best other": p.best.other if p.best else "–",
            "ahead of it by": ahead(p.best),
        }
        if card.baseline:
            row[f"ahead of {card.baseline} by"] = ahead(p.baseline)
        row["FLOPs"] = times(p.best.flops if p.best else None)
        row["parameters"] = times(p.best.parameters if p.best else None)
        row["note"] = note(p)
        found.append(row)
    empty = [c for c in ("score", "FLOPs", "parameters", "note") if all(r[c] in ("", "–") for r in found)]
    return pd.DataFrame(found).drop(columns=empty)


def scored(p: Place) -> str:
    """`0.76`, never a zero with a sign."""
    return "–" if p.score is None else f"{round(p.score, 2) + 0.0:.2f}"


def ordinal(p: Place) -> str:
    """`2 of 13`"""
    return f"{p.place} of {p.of}" if p.place else "–"


def ahead(d: Difference | None) -> str:
    """`0.012 [0.008, 0.016] ▲`: the difference with its interval, and a mark where it is significant."""
    if d is None or d.effect is None:
        return (MARKS[d.outcome] if d else "") or "–"
    e = d.effect
    text = f"{tables.number(e.value, 2)} [{tables.number(e.low, 2)}, {tables.number(e.high, 2)}]"
    return f"{text} {MARKS[d.outcome]}".strip()


MARKS = {"better": "▲", "worse": "▼", "undecided": ""}


def times(ratio: float | None) -> str:
    """`1.4 ×`: a cost in units of another's."""
    return "–" if ratio is None else f"{ratio:.2g} ×"


def note(p: Place) -> str:
    """Where it diverged, why there is no number, or why there is nobody to compare with."""
    if p.lost and p.record:
        return f"{p.lost} of {len(p.record.seeds)} seeds diverged, the first at update {p.lost_at:,}"
    if p.state != "ok":
        return f"{p.state}: {p.reason}" if p.reason else p.state
    return f"no other method has a record of budget {p.record.budget}" if p.record and not p.best else ""


LEGEND = (
    "Ahead: by the mean paired difference with its 95 % interval, positive in favour. ▲ ▼: significant at 5 % after "
    "correction for all tasks and for choosing the best other. Score: 0 at the floor, 1 at the oracle. FLOPs and "
    "parameters: in units of the best other method's."
)


def headline(card: Scorecard) -> str:
    """The method, and what it is compared with."""
    studies = card.studies
    name = f"{studies[0]}/{card.method}" if len(studies) == 1 else card.method
    return f"{name} against {card.baseline}" if card.baseline else name


def sentences(card: Scorecard) -> list[str]:
    """The scorecard in words: how often first, how often better, and how to read a difference."""
    first = sum(p.place == 1 for p in card.places)
    many = len(card.measured)
    if not many:
        return [f"None of its {len(card.places)} tasks has a number yet."]
    lines = [f"First on {first} of {many} tasks."]
    for side, whom in (("best", "the best other method"), ("baseline", card.baseline)):
        counts = card.count(side)  # type: ignore[arg-type]
        if sum(counts.values()):
            lines.append(
                f"Against {whom}: better on {counts['better']}, worse on {counts['worse']}, "
                f"undecided on {counts['undecided']}."
            )
    return lines
