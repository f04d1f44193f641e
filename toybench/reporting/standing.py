"""How methods stand, as pages show it: a method's scorecard, a study's mean ranks."""

from collections.abc import Mapping
from typing import Any

from toybench.evidence import across, scorecard, tables
from toybench.evidence.across import Across
from toybench.evidence.scorecard import Difference, Place, Scorecard
from toybench.reporting import series
from toybench.reporting.model import Model, stem


def cards(model: Model, study: str, name: str) -> list[Scorecard]:
    """A scorecard for the method and for each of its variants that has records, the plain one first."""
    records = [r for task in model.variants(study) for r in model.by_task[study, task]]
    mine = [r for r in records if stem(r.method) == name and not tables.is_reference(r)]
    labels = sorted(dict.fromkeys(r.method for r in mine), key=lambda label: (label != name, label))
    known = {r.method for r in records}
    return [
        scorecard.build(
            cells=[r.cell for r in mine if r.method == label],
            own=(),
            landed=records,
            baseline=model.baseline if model.baseline in known - {label} else "",
        )
        for label in labels
    ]


def rows(model: Model, card: Scorecard) -> list[dict[str, Any]]:
    """One row a task, as the page's table needs it."""
    return [{"place": p, "state": _state(model, p), "sides": _sides(p, card.baseline)} for p in card.places]


def _state(model: Model, p: Place) -> str:
    return model.state(p.record) if p.record else p.state


def _sides(p: Place, baseline: str) -> list[dict[str, Any]]:
    """The best other method, and the baseline where one was named."""
    found = [p.best, p.baseline] if baseline else [p.best]
    return [{"difference": d, "at": _at(d)} for d in found]


def _at(d: Difference | None) -> Mapping[str, float] | None:
    """Where a difference lies in its picture, from -1 to 1; 0 is no difference, right of it is better."""
    if d is None or d.effect is None:
        return None
    e = d.effect
    scale = 1.08 * max(abs(e.value), abs(e.low), abs(e.high)) or 1.0
    at = {"value": e.value / scale, "low": e.low / scale, "high": e.high / scale}
    return {k: series.short(v) or 0.0 for k, v in at.items()}


def rankings(model: Model, study: str) -> list[dict[str, Any]]:
    """Mean ranks of a study's methods, for every family of two or more tasks that have methods in common."""
    records = [r for task in model.variants(study) for r in model.by_task[study, task]]
    found = [one for one in across.build(records) if len(one.ranking.tasks) > 1]
    return [{"named": one.named, "sentences": across.sentences(one), "rows": _ranked(one)} for one in found]


def _ranked(one: Across) -> list[dict[str, Any]]:
    """A row a method: its rank, where that lies, and which of the bars it is in."""
    last = len(one.ranking.ranks)
    return [
        {
            "method": r.method,
            "text": across.ranked(r.mean),
            "at": {k: round(100 * (getattr(r.mean, k) - 1) / (last - 1), 2) for k in ("low", "mean", "high")},
            "bars": [first <= i <= end for first, end in one.ranking.groups],
        }
        for i, r in enumerate(one.ranking.ranks)
    ]
