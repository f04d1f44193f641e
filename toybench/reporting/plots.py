"""Pictures for papers and notebooks: records to one chart of a kind."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from toybench.errors import UsageError, nearest
from toybench.evidence import across, matching, reading, tables
from toybench.evidence.across import Across
from toybench.evidence.records import Record
from toybench.reporting import charts, series

KINDS = ("curves", "pareto", "forest", "scores", "ranks")


def plot(
    kind: str,
    selector: str,
    *,
    results: Path | str | None = None,
    metric: str = "",
    cost: str = "run_seconds",
    methods: Sequence[str] = (),
    log_steps: bool = False,
    by: str = "updates",
) -> Any:
    """One chart: learning curves or quality against cost of a task, effects of claims, scores or ranks of a study.

    Args:
      log_steps: whether learning curves have a logarithmic axis of updates, as regret is often drawn.
      by: what learning curves are drawn against: updates, or flops where these are counted.

    Raises:
      UsageError: an unknown kind, metric, cost or method, or nothing to draw.
    """
    if kind not in KINDS:
        raise UsageError(f"there is no picture '{kind}'{nearest(kind, KINDS)}; use {', '.join(KINDS)}.")
    if kind == "forest":
        study = selector.split("/")[0]
        rows = series.forest(reading.claims(study, results=results))
        return charts.forest(_some(rows, f"no claim of {study} has numbers"))
    records = reading.measured(selector, results=results)
    if kind == "scores":
        groups = _grouped(records)
        found = series.scores(groups)
        return charts.scores(*_some(found, f"no task of {selector} has a floor, an oracle and a method"))
    if kind == "ranks":
        return _ranks(records, metric, selector)
    groups = {t: g for t, g in _grouped(records).items() if "/" in selector and t == selector.split("/", 1)[1]}
    if len(groups) != 1:
        raise UsageError(f"'{selector}' is not one task with records; write STUDY/TASK[field=value].")
    (group,) = groups.values()
    return _of_task(kind, group, metric or tables.primary(group), cost, methods, log_steps, by)


def _ranks(records: Sequence[Record], metric: str, selector: str) -> Any:
    """A picture of mean ranks for each family of tasks that has methods in common."""
    found = [one for one in across.build(records, metric) if one.ranking.ranks]
    _some(found, f"no two methods of {selector} have numbers on the same tasks")
    return charts.stacked([charts.ranks(*series.ranks(one.ranking), _titled(one)) for one in found])


def _titled(one: Across) -> str:
    """What a ranking is over, in a line."""
    many = len(one.ranking.tasks)
    seeds = one.ranking.seeds
    over = one.ranking.tasks[0] if many == 1 else f"{many} tasks"
    return f"{one.study}, {one.named or 'first metrics'}: {over}, {seeds} seeds"


def _grouped(records: Sequence[Record]) -> dict[str, list[Record]]:
    groups: dict[str, list[Record]] = {}
    for r in records:
        groups.setdefault(r.task, []).append(r)
    return groups


def _some(found: Any, nothing: str) -> Any:
    if not (all(found) if isinstance(found, tuple) else found):
        raise UsageError(f"{nothing}; run something first, or name another folder with --results.")
    return found


def _of_task(
    kind: str, group: list[Record], metric: str, cost: str, methods: Sequence[str], log_steps: bool, by: str
) -> Any:
    metrics = list(dict.fromkeys(m for r in group for m in r.metrics))
    if metric not in metrics:
        raise UsageError(f"{group[0].task} has no metric '{metric}'{nearest(metric, metrics)}; see `toybench table`.")
    if cost not in series.COSTS:
        raise UsageError(f"there is no cost '{cost}'{nearest(cost, series.COSTS)}; use {', '.join(series.COSTS)}.")
    every = [r.method for r in series.competing(group, tables.primary(group))]
    for m in methods:
        if m not in every:
            raise UsageError(f"{group[0].task} has no record of '{m}'{nearest(m, every)}; see `toybench table`.")
    rows = series.curves(group, metric) if kind == "curves" else series.pareto(group, metric)
    if kind == "curves" and by == "flops":
        _some([r for r in rows if r.get("price")], _unpriced(group))
        rows = [r for r in rows if r.get("price") or r.get("reference")]
    drawn = {r["method"] for r in rows if not r.get("reference")}
    chosen = [m for m in methods or every if m in drawn]
    if not methods and kind == "curves":
        chosen = chosen[: series.SHOWN]
    rows = [r for r in rows if r["method"] in chosen or r.get("reference")]
    _some([r for r in rows if not r.get("reference")], f"no method of {group[0].task} has numbers of {metric}")
    log = series.is_log(rows)
    title = f"{metric} {tables.ARROWS[_direction(group, metric)]}".strip()
    if kind == "curves":
        return charts.curves(rows, title, log, chosen, log_steps, by).properties(width=520, height=300)
    return charts.pareto(charts.costed(rows, cost), title, cost, log, chosen).properties(width=520, height=300)


def _unpriced(group: Sequence[Record]) -> str:
    """Why no method's FLOPs can be drawn."""
    reasons = [f"{r.cell}: {matching.uncounted(r)}" for r in group if not tables.is_reference(r)]
    return f"no FLOPs can be drawn ({reasons[0] if reasons else 'there is no method'})"


def _direction(group: Sequence[Record], metric: str) -> str:
    return next(r.metrics[metric].direction for r in group if metric in r.metrics)
