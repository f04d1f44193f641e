"""Tables: from records to data frames, and from data frames to text."""

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from toybench.errors import UsageError, nearest
from toybench.evidence import statistics
from toybench.evidence.records import Record, by_seed, loss
from toybench.fields import split_label
from toybench.plugins import registry

COSTS = ("parameters", "flops", "peak_bytes", "compile_seconds", "run_seconds", "evaluate_seconds", "tuning_updates")
ARROWS = {"min": "↓", "max": "↑", "zero": "→0", "info": ""}


@dataclass(frozen=True)
class Average:
    """A mean over seeds with its 95 % interval; None for what can't be computed."""

    mean: float | None
    low: float | None
    high: float | None
    seeds: int


def mean(values: Sequence[float | None]) -> Average:
    """Mean of per-seed values, by the statistic of verdicts; none where a seed diverged, no interval of one seed."""
    return _mean(tuple(values))


@lru_cache(maxsize=20_000)
def _mean(values: tuple[float | None, ...]) -> Average:
    if not values or any(v is None for v in values):
        return Average(mean=None, low=None, high=None, seeds=len(values))
    if len(values) == 1:
        return Average(mean=values[0], low=None, high=None, seeds=1)
    middle, low, high = statistics.AGGREGATES["mean"].estimate(np.asarray(values, float))
    return Average(mean=float(middle), low=float(low), high=float(high), seeds=len(values))


def differs(a: Record, b: Record, metric: str) -> bool:
    """Whether the paired difference over common seeds is beyond doubt at 5 %, as verdicts judge it."""
    left = by_seed(a, metric)
    right = by_seed(b, metric)
    pairs = np.array([(left[s], right[s]) for s in left if s in right], float)  # None becomes NaN
    if not len(pairs) or np.isnan(pairs).any():
        return False
    return statistics.differs(pairs[:, 0] - pairs[:, 1])


def frame(records: Iterable[Record]) -> pd.DataFrame:
    """One row per task, method and metric: mean, interval, whether best, score between floor (0) and oracle (1)."""
    records = list(records)
    rows: list[dict[str, Any]] = []
    for (study, task), group in by_task(records).items():
        metrics = list(dict.fromkeys(m for r in group for m in r.metrics))
        best = {m: _best(group, m) for m in metrics}
        for r in group:
            for name in metrics or [""]:
                measured = r.metrics.get(name)
                m = mean(measured.values) if measured else Average(mean=None, low=None, high=None, seeds=0)
                rows.append(
                    {
                        "study": study,
                        "task": task,
                        "method": r.method,
                        "state": r.state,
                        "metric": name,
                        "direction": measured.direction if measured else "",
                        "mean": m.mean,
                        "low": m.low,
                        "high": m.high,
                        "seeds": m.seeds,
                        "best": best.get(name) == r.method,
                        "score": score(group, r, name),
                        "steps": r.steps,
                        **{c: getattr(r.cost, c) for c in COSTS},
                    }
                )
    return pd.DataFrame(rows)


def by_task(records: Iterable[Record]) -> dict[tuple[str, str], list[Record]]:
    """Records by (study, task label), in their order."""
    groups: dict[tuple[str, str], list[Record]] = {}
    for r in records:
        groups.setdefault((r.study, r.task), []).append(r)
    return groups


def is_reference(record: Record) -> bool:
    """Whether the record is of a task's own floor, chance or oracle."""
    return names_reference(record.method)


def names_reference(method: str) -> bool:
    """Whether a method's label is that of a task's own floor, chance or oracle."""
    return split_label(method)[0] in registry.REFERENCES


def primary(records: Iterable[Record]) -> str:
    """The metric that tuning and ranking use: the first of the first record that has any."""
    return next((next(iter(r.metrics)) for r in records if r.metrics), "")


def ranked(group: Iterable[Record], metric: str) -> list[Record]:
    """Records from best to worst by the mean of `metric`; those without one come last."""

    def place(r: Record) -> tuple[bool, float]:
        measured = r.metrics.get(metric)
        value = mean(measured.values).mean if measured else None
        return (value is None, loss(value, measured.direction) if measured and value is not None else 0.0)

    return sorted(group, key=place)


def _best(group: list[Record], metric: str) -> str | None:
    """The method that is best by a significant paired difference to the next; references don't compete."""
    able = [
        r
        for r in group
        if not is_reference(r) and metric in r.metrics and mean(r.metrics[metric].values).mean is not None
    ]
    able = ranked(able, metric)
    if not able or able[0].metrics[metric].direction == "info":
        return None
    return able[0].method if len(able) > 1 and differs(able[0], able[1], metric) else None


def score(group: Iterable[Record], record: Record, metric: str) -> float | None:
    """(floor - value) / (floor - oracle), in the metric's direction; None without both references."""
    ends = {split_label(r.method)[0]: r for r in group if is_reference(r)}
    if not {"floor", "oracle"} <= set(ends):
        return None
    three = (ends["floor"], ends["oracle"], record)
    if any(metric not in r.metrics for r in three):
        return None
    means = [mean(r.metrics[metric].values).mean for r in three]
    losses = [loss(m, record.metrics[metric].direction) for m in means if m is not None]
    if len(losses) < len(three):
        return None
    floor, oracle, here = losses
    return (floor - here) / (floor - oracle) if floor != oracle else None


def only(records: Iterable[Record], methods: Sequence[str]) -> list[Record]:
    """Records of the methods that are named, a variant by its label, and of references; all where none is named.

    Raises:
      UsageError: no record is of such a method.
    """
    records = list(records)
    known = dict.fromkeys(r.method for r in records)
    for m in methods:
        if m not in known:
            raise UsageError(f"no record here is of a method '{m}'{nearest(m, known)}; see `toybench table`.")
    return [r for r in records if not methods or r.method in methods or is_reference(r)]


def select(records: Iterable[Record], costs: bool = False, metrics: Sequence[str] = ()) -> pd.DataFrame:
    """`frame` with only the metrics asked for, and without the cost columns unless asked for.

    Raises:
      UsageError: a metric that no record has.
    """
    data = frame(records)
    known = list(dict.fromkeys(data["metric"])) if len(data) else []
    for m in metrics:
        if m not in known:
            raise UsageError(f"no record here has a metric '{m}'{nearest(m, known)}; see --format json for all.")
    data = data[data["metric"].isin(metrics)] if metrics else data
    return data if costs else data.drop(columns=list(COSTS), errors="ignore")


def render(
    records: Iterable[Record],
    form: str,
    costs: bool = False,
    metrics: Sequence[str] = (),
    notes: Mapping[str, str] | None = None,
) -> str:
    """The table of every task as text; `form` is markdown, latex, csv or json, `notes` is as in `wide`."""
    records = list(records)
    data = select(records, costs, metrics)
    if form == "json":
        return as_json(data)
    if form == "csv":
        return data.to_csv(index=False)
    write = {"markdown": markdown, "latex": latex}[form]
    return "\n\n".join(write(title, table) for title, table in wide(records, data, costs, form, notes))


def wide(
    records: Iterable[Record],
    data: pd.DataFrame,
    costs: bool,
    form: str,
    notes: Mapping[str, str] | None = None,
) -> Iterator[tuple[str, pd.DataFrame]]:
    """(study/task, table) per task: rows are methods from best to worst, columns metrics as `mean ± half`.

    Args:
      notes: what is said behind a method's name, by cell.
    """
    for (study, task), group in by_task(records).items():
        here = data[(data["study"] == study) & (data["task"] == task)]
        if len(here):
            yield f"{study}/{task}", _wide(group, here, costs, form, notes or {})


def as_json(data: pd.DataFrame) -> str:
    """One JSON list of objects, one a row; missing values are null."""
    rows = [{k: _plain(v) for k, v in row.items()} for row in data.to_dict(orient="records")]
    return json.dumps(rows, indent=1, allow_nan=False)


def _plain(value: Any) -> Any:
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else None
    return value.item() if isinstance(value, np.generic) else value


def number(value: float | None, digits: int = 3) -> str:
    """Three significant digits, a dash for nothing."""
    return "–" if value is None or not math.isfinite(value) else f"{value:.{digits}g}"


def _wide(group: list[Record], data: pd.DataFrame, costs: bool, form: str, notes: Mapping[str, str]) -> pd.DataFrame:
    metrics = [m for m in dict.fromkeys(data["metric"]) if m]
    cells = {(r["method"], r["metric"]): r for r in data.to_dict(orient="records")}
    headings = {m: f"{m} {ARROWS[r.metrics[m].direction]}".strip() for r in group for m in metrics if m in r.metrics}
    rows = []
    usual = min((len(r.seeds) for r in group), default=0)
    for record in ranked(group, metrics[0] if metrics else ""):
        name = f"({record.method})" if is_reference(record) else record.method
        more = [f"{len(record.seeds)} seeds"] if len(record.seeds) != usual else []
        row = {"method": " · ".join([name, *more, *(n for n in [notes.get(record.cell)] if n)])}
        row |= {headings[m]: entry(cells[record.method, m], form) for m in metrics}
        if record.state != "ok":
            row[headings[metrics[0]] if metrics else "state"] = record.state
        row |= {c: number(getattr(record.cost, c)) for c in COSTS if costs}
        rows.append(row)
    return pd.DataFrame(rows).fillna("–")


def entry(cell: Mapping[Any, Any], form: str) -> str:
    """A number with half of its interval, bold where it is the best."""
    if cell["mean"] is None or not math.isfinite(cell["mean"]):
        return "–"
    text = number(cell["mean"])
    if cell["high"] is not None and math.isfinite(cell["high"]):
        text += f" ± {number(half(cell['mean'], cell['low'], cell['high']), 2)}"
    return bold(text, form) if cell["best"] else text


_BOLD = {"markdown": "**{}**", "latex": r"\textbf{{{}}}", "rich": "[bold]{}[/bold]"}


def spread(m: Average) -> str:
    """A mean with half of its interval."""
    if m.mean is None or m.low is None or m.high is None:
        return number(m.mean)
    return f"{number(m.mean)} ± {number(half(m.mean, m.low, m.high), 2)}"


def half(mean: float, low: float, high: float) -> float:
    """The longer half of an interval."""
    return max(high - mean, mean - low)


def bold(text: str, form: str) -> str:
    """Bold text in a format."""
    return _BOLD[form].format(text)


def markdown(title: str, table: pd.DataFrame) -> str:
    """A titled Markdown table of texts."""
    plain = table.rename(columns=inert).map(inert)
    return f"### {inert(title)}\n\n" + plain.to_markdown(index=False, disable_numparse=True)


def inert(text: str) -> str:
    """Text of a record for a Markdown table: one line, no columns, no HTML and no links of its own."""
    text = "".join(c if c.isprintable() else "?" for c in text)
    return text.replace("|", "\\|").replace("<", "&lt;").replace("](", "]\\(")


def latex(title: str, table: pd.DataFrame, names: Sequence[str] = ("method",)) -> str:
    """A titled LaTeX table of texts; those of the columns `names` come from records."""
    plain = table.map(lambda text: text.translate(_TEX_SIGNS)).rename(columns=tex)
    for name in names:
        plain[tex(name)] = table[name].map(tex)
    form = "".join("l" if column in names else "r" for column in table.columns)
    return f"% {tex(title)}\n" + plain.to_latex(index=False, escape=False, column_format=form)


def tex(text: str) -> str:
    """Text of a record for LaTeX: no commands of its own."""
    return "".join(c if c.isprintable() else "?" for c in text).translate(_TEX)


_TEX_SIGNS = str.maketrans(
    {
        "↓": r"$\downarrow$",
        "↑": r"$\uparrow$",
        "→": r"$\to$",
        "▲": r"$\blacktriangle$",
        "▼": r"$\blacktriangledown$",
        "×": r"$\times$",
        "±": r"$\pm$",
        "–": "--",
    }
)
_TEX = _TEX_SIGNS | str.maketrans(
    {
        **{c: f"\\{c}" for c in "_%&$#{}"},
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
    }
)
