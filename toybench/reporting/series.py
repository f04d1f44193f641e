"""From records to the rows that charts draw and pages show. Plain numbers, four significant digits."""

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from toybench.claim import Better
from toybench.evidence import matching, statistics, tables
from toybench.evidence.assessments import Assessment
from toybench.evidence.ranks import Ranking
from toybench.evidence.records import Record, loss
from toybench.evidence.verdicts import Judgement
from toybench.plugins import registry

Row = dict[str, Any]
COSTS = {
    "run_seconds": "training seconds",  # of all seeds
    "flops": "training FLOPs",  # of one seed
    "parameters": "parameters",
}
HUES = 6
DASHES = 4  # a method's look is one of their products, so that no two of 24 look alike
WIDE = 30.0  # ratio of largest to smallest value from which an axis is logarithmic
SHOWN = 6  # methods drawn before the reader chooses


def short(value: float | None) -> float | None:
    """Four significant digits; None for what isn't a finite number."""
    return float(f"{value:.4g}") if value is not None and math.isfinite(value) else None


def looks(methods: Sequence[str]) -> dict[str, tuple[int, int]]:
    """(hue, dash) of each method by its place: stable while methods are toggled."""
    return {m: (i % HUES, i // HUES % DASHES) for i, m in enumerate(methods)}


def competing(group: Iterable[Record], metric: str) -> list[Record]:
    """Records of methods, references left out, from best to worst."""
    return [r for r in tables.ranked(group, metric) if not tables.is_reference(r)]


def curves(group: Sequence[Record], metric: str) -> list[Row]:
    """Mean and 95 % interval over seeds at every checkpoint; references have one value and no step.

    A reference farther from the curves than they reach themselves is left out: it would flatten them.
    """
    methods = competing(group, tables.primary(group))
    style = looks([r.method for r in methods])
    rows: list[Row] = []
    for r in methods:
        values = r.curve.values.get(metric)
        if not values:
            continue
        for step, (mean, low, high) in zip(r.curve.steps, _bands(values), strict=True):
            if mean is not None:
                hue, dash = style[r.method]
                look = {"step": step, "price": short(price(r)), "hue": hue, "dash": dash}
                rows.append(_row(r, mean, low, high) | look)
    if rows:
        low = min(r["mean"] for r in rows)
        high = max(r["mean"] for r in rows)
        reach = (high - low) or math.inf
        rows += [r for r in _references(group, metric) if low - reach <= r["mean"] <= high + reach]
    return _positive(rows)


def price(r: Record) -> float | None:
    """FLOPs of one update of one seed; None where they aren't counted."""
    return r.cost.flops / r.steps if matching.counted(r) else None


def ranks(ranking: Ranking) -> tuple[list[Row], list[Row]]:
    """(a row a method, best first; a row for each run of methods that can't be told apart)."""
    methods = [r.method for r in ranking.ranks]
    rows = [
        {"method": r.method, "mean": short(r.mean.mean), "low": short(r.mean.low), "high": short(r.mean.high)}
        for r in ranking.ranks
    ]
    groups = [{"first": methods[i], "last": methods[j], "place": k} for k, (i, j) in enumerate(ranking.groups)]
    return rows, groups


def _row(r: Record, mean: float | None, low: float | None, high: float | None) -> Row:
    first = mean if low is None else low
    last = mean if high is None else high
    return {"method": r.method, "mean": short(mean), "low": short(first), "high": short(last)}


def _references(group: Iterable[Record], metric: str) -> list[Row]:
    rows = []
    for r in group:
        if tables.is_reference(r) and metric in r.metrics:
            m = tables.mean(r.metrics[metric].values)
            if m.mean is not None:
                rows.append(_row(r, m.mean, m.mean, m.mean) | {"reference": True})
    return rows


def _bands(values: Sequence[Sequence[float | None]]) -> list[tuple[float | None, ...]]:
    """(mean, low, high) at every checkpoint of `values[seed][checkpoint]`; None where a seed diverged."""
    x = np.array(values, float)  # None becomes NaN
    if len(x) < 2:
        return [(short(m), short(m), short(m)) for m in x.mean(0)]
    bands = statistics.AGGREGATES["mean"].estimate(x.T)
    return [(short(m), short(low), short(high)) for m, low, high in zip(*bands, strict=True)]


def is_log(rows: Iterable[Row], key: str = "mean") -> bool:
    """Whether values span so much that a logarithmic axis shows them better."""
    values = [r[key] for r in rows if not r.get("reference")]
    return bool(values) and min(values) > 0 and max(values) > WIDE * min(values)


def _positive(rows: list[Row]) -> list[Row]:
    """Rows that a logarithmic axis can draw, where they will get one: bands end, references drop out, above zero."""
    if not is_log(rows):
        return rows
    least = min(r["mean"] for r in rows if not r.get("reference"))
    kept = [r for r in rows if r["mean"] > 0]
    return [{**r, "low": max(r["low"], least / 3)} for r in kept]


def pareto(group: Sequence[Record], metric: str) -> list[Row]:
    """One row a method: quality with its interval, every cost, and whether no other is better at no more cost."""
    methods = [r for r in competing(group, tables.primary(group)) if metric in r.metrics]
    style = looks([r.method for r in competing(group, tables.primary(group))])
    rows: list[Row] = []
    for r in methods:
        m = tables.mean(r.metrics[metric].values)
        if m.mean is None:
            continue
        hue, dash = style[r.method]
        costs = {c: float(getattr(r.cost, c)) for c in COSTS}
        rows.append(_row(r, m.mean, m.low, m.high) | costs | {"hue": hue, "dash": dash, "loss": _loss(r, metric, m)})
    for cost in COSTS:
        front = _front(rows, cost)
        for row, on in zip(rows, front, strict=True):
            row[f"front_{cost}"] = on
    return _positive([{k: v for k, v in row.items() if k != "loss"} for row in rows])


def _loss(record: Record, metric: str, mean: tables.Average) -> float:
    assert mean.mean is not None
    return loss(mean.mean, record.metrics[metric].direction)


def _front(rows: Sequence[Row], cost: str) -> list[bool]:
    """Whether each row is on the Pareto front: nothing is at most as dear and better, or cheaper and as good."""
    return [
        not any(
            (o["loss"] <= r["loss"] and o[cost] <= r[cost]) and (o["loss"] < r["loss"] or o[cost] < r[cost])
            for o in rows
        )
        for r in rows
    ]


def scores(groups: Mapping[str, Sequence[Record]]) -> tuple[list[str], dict[str, dict[str, float]]]:
    """(methods, score by task and method): 0 at the floor, 1 at the oracle, by each task's primary metric."""
    found: dict[str, dict[str, float]] = {}
    for task, group in groups.items():
        data = tables.frame([r for r in group if r.metrics])
        if not len(data):
            continue
        here = data[(data["metric"] == tables.primary(group)) & data["score"].notna()]
        methods = {str(r["method"]): float(r["score"]) for r in here.to_dict(orient="records")}
        methods = {m: s for m, s in methods.items() if m not in registry.REFERENCES}
        if methods:
            found[task] = methods
    everyone = {m for row in found.values() for m in row}
    mean = {m: float(np.mean([np.clip(row[m], -1, 1) for row in found.values() if m in row])) for m in everyone}
    many = {m: sum(m in row for row in found.values()) for m in everyone}
    return sorted(everyone, key=lambda m: (-many[m], -mean[m], m)), found


def placed(assessment: Assessment) -> Row | None:
    """Where an assessment lies in its forest row, from -1 to 1: 0 is the edge of what is claimed, right of it claimed.

    Each row has its own scale; `none` is where there would be no difference, for a claim with a margin.
    """
    e = assessment.effect
    if e is None or not all(math.isfinite(v) for v in (e.value, e.low, e.high)):
        return None
    edges = [b for b in (assessment.low, assessment.high) if math.isfinite(b)]
    edge = min(edges, key=lambda b: abs(e.value - b))
    sign = 1.0 if edge == assessment.low else -1.0
    points = {"value": e.value, "low": e.low, "high": e.high}
    if isinstance(assessment.condition, Better) and assessment.condition.aggregate != "share" and edge:
        points["none"] = 0.0
    if len(edges) == 2:
        points["far"] = assessment.high if edge == assessment.low else assessment.low
    scale = 1.08 * max(abs(v - edge) for k, v in points.items() if k != "far") or 1.0
    at = {k: max(-1.0, min(1.0, sign * (v - edge) / scale)) for k, v in points.items()}
    if sign < 0:
        left = at["high"]
        at["high"] = at["low"]
        at["low"] = left
    return {k: round(v, 4) for k, v in ({"far": 1.0} | at).items()}


def interval(assessment: Assessment) -> str:
    """The effect with its interval, as text."""
    e = assessment.effect
    return "–" if e is None else f"{tables.number(e.value)} [{tables.number(e.low)}, {tables.number(e.high)}]"


def region(assessment: Assessment) -> str:
    """What is claimed about the effect, as text."""
    low = assessment.low
    high = assessment.high
    if math.isfinite(low) and math.isfinite(high):
        return f"in [{low:.3g}, {high:.3g}]"
    return f"> {low:.3g}" if math.isfinite(low) else f"< {high:.3g}" if math.isfinite(high) else "–"


def forest(judgements: Iterable[Judgement]) -> list[Row]:
    """One row per condition with an effect, in the order of the claims."""
    rows: list[Row] = []
    for j in judgements:
        for i, f in enumerate(j.assessments):
            at = placed(f)
            if at is not None:
                label = f"{j.number}{chr(97 + i % 26) if len(j.assessments) > 1 else ''}. {f.says}"
                text = f"{interval(f)}   claimed {region(f)}"
                rows.append({"condition": label, "verdict": f.verdict, "text": text, "zero": 0.0, **at})
    return rows


def columns(rows: Sequence[Row]) -> dict[str, Any]:
    """Rows as one list a key, or as `{"runs": [[value, times], ...]}` where values repeat: short in JSON."""
    keys = list(dict.fromkeys(k for r in rows for k in r))
    return {k: _runs([r.get(k) for r in rows]) for k in keys}


def _runs(values: list[Any]) -> Any:
    runs = [[value, len(list(same))] for value, same in itertools.groupby(values)]
    return {"runs": runs} if 2 * len(runs) < len(values) else values
