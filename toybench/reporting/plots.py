"""Pictures for papers and notebooks: records to one chart of a kind."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from toybench.errors import UsageError, nearest
from toybench.evidence import reading, tables
from toybench.evidence.records import Record
from toybench.reporting import charts, series

KINDS = ("curves", "pareto", "forest", "scores")


def plot(
    kind: str,
    selector: str,
    *,
    results: Path | str | None = None,
    metric: str = "",
    cost: str = "run_seconds",
    methods: Sequence[str] = (),
    log_steps: bool = False,
) -> Any:
    """One chart: learning curves or quality against cost of a task, effects of claims or scores of a study.

    With `log_steps` the updates of learning curves are on a logarithmic axis, as regret is often drawn.

    Raises:
      UsageError: an unknown kind, metric, cost or method, or nothing to draw.
    """
    if kind not in KINDS:
        raise UsageError(f"there is no picture '{kind}'{nearest(kind, KINDS)}; use {', '.join(KINDS)}.")
    if kind == "forest":
        study = selector.split("/")[0]
        rows = series.forest(reading.claims(study, results=results))
        return charts.forest(_some(rows, f"no claim of {study} has numbers"))
    records, _ = reading.records(selector, results=results)
    if kind == "scores":
        groups = _grouped(records)
        found = series.scores(groups)
        return charts.scores(*_some(found, f"no task of {selector} has a floor, an oracle and a method"))
    groups = {t: g for t, g in _grouped(records).items() if "/" in selector and t == selector.split("/", 1)[1]}
    if len(groups) != 1:
        raise UsageError(f"'{selector}' is not one task with records; write STUDY/TASK[field=value].")
    (group,) = groups.values()
    return _of_task(kind, group, metric or series.primary(group), cost, methods, log_steps)


def _grouped(records: Sequence[Record]) -> dict[str, list[Record]]:
    groups: dict[str, list[Record]] = {}
    for r in records:
        groups.setdefault(r.task, []).append(r)
    return groups


def _some(found: Any, nothing: str) -> Any:
    if not (all(found) if isinstance(found, tuple) else found):
        raise UsageError(f"{nothing}; run something first, or name another folder with --results.")
    return found


def _of_task(kind: str, group: list[Record], metric: str, cost: str, methods: Sequence[str], log_steps: bool) -> Any:
    metrics = list(dict.fromkeys(m for r in group for m in r.metrics))
    if metric not in metrics:
        raise UsageError(f"{group[0].task} has no metric '{metric}'{nearest(metric, metrics)}; see `toybench table`.")
    if cost not in series.COSTS:
        raise UsageError(f"there is no cost '{cost}'{nearest(cost, series.COSTS)}; use {', '.join(series.COSTS)}.")
    every = [r.method for r in series.competing(group, series.primary(group))]
    for m in methods:
        if m not in every:
            raise UsageError(f"{group[0].task} has no record of '{m}'{nearest(m, every)}; see `toybench table`.")
    rows = series.curves(group, metric) if kind == "curves" else series.pareto(group, metric)
    drawn = {r["method"] for r in rows if not r.get("reference")}
    chosen = [m for m in methods or every if m in drawn]
    if not methods and kind == "curves":
        chosen = chosen[: series.SHOWN]
    rows = [r for r in rows if r["method"] in chosen or r.get("reference")]
    _some([r for r in rows if not r.get("reference")], f"no method of {group[0].task} has numbers of {metric}")
    log, title = series.is_log(rows), f"{metric} {tables._ARROW[_direction(group, metric)]}".strip()
    if kind == "curves":
        return charts.curves(rows, title, log, chosen, log_steps).properties(width=520, height=300)
    return charts.pareto(charts.costed(rows, cost), title, cost, log, chosen).properties(width=520, height=300)


def _direction(group: Sequence[Record], metric: str) -> str:
    return next(r.metrics[metric].direction for r in group if metric in r.metrics)
