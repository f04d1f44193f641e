"""Tables across the tasks of a study: methods down, tasks across, mean ranks beside them.

Tasks that have most of their methods in common go into one table. A study whose tasks ask different things has several.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from toybench.errors import UsageError, nearest
from toybench.evidence import ranks, statistics, tables
from toybench.evidence.ranks import Ranking
from toybench.evidence.records import Record

SHARED = 0.5  # of the smaller task's methods: from there on two tasks go into one table


@dataclass(frozen=True)
class Across:
    """One table: records by task label, the metric that each task is read by, and the ranking over the tasks.

    Attributes:
      scores: whether its numbers lie between the floor (0) and the oracle (1) instead of being the metric's own.
    """

    study: str
    groups: dict[str, list[Record]]
    metrics: dict[str, str]
    ranking: Ranking
    scores: bool = False

    @property
    def named(self) -> str:
        """The metric with its arrow where all tasks are read by the same one, else empty."""
        every = {self.arrowed(task) for task in self.groups}
        return every.pop() if len(every) == 1 else ""

    def arrowed(self, task: str) -> str:
        """A task's metric with the arrow of its direction."""
        metric = self.metrics[task]
        direction = next(r.metrics[metric].direction for r in self.groups[task] if metric in r.metrics)
        return f"{metric} {tables.ARROWS[direction]}".strip()


def build(records: Iterable[Record], metric: str = "", scores: bool = False) -> list[Across]:
    """Tables of the records' studies, by `metric` or by each task's first.

    Raises:
      UsageError: no record has the metric.
    """
    records = list(records)
    known = list(dict.fromkeys(m for r in records for m in r.metrics))
    if metric and metric not in known:
        raise UsageError(f"no record here has a metric '{metric}'{nearest(metric, known)}; see `toybench table`.")
    usable = [r for r in records if (metric in r.metrics if metric else r.metrics)]
    found = []
    for study in dict.fromkeys(r.study for r in usable):
        groups = {task: g for (s, task), g in tables.by_task(usable).items() if s == study}
        for family in _families(groups):
            some = {t: groups[t] for t in sorted(family, key=_plain_first)}
            metrics = {t: metric or tables.primary(g) for t, g in some.items()}
            found.append(
                Across(study=study, groups=some, metrics=metrics, ranking=ranks.rank(some, metrics), scores=scores)
            )
    return found


def _plain_first(label: str) -> tuple[str, int, str]:
    return label.split("[")[0], label.count("="), label


def _families(groups: Mapping[str, Sequence[Record]]) -> list[set[str]]:
    """Tasks in sets: two that share enough methods are in the same one."""
    methods = {t: {r.method for r in g if not tables.is_reference(r)} for t, g in groups.items()}
    families: list[set[str]] = []
    for task, mine in methods.items():
        joined = {task}
        apart: list[set[str]] = []
        for family in families:
            near = any(len(mine & methods[t]) >= SHARED * min(len(mine), len(methods[t])) > 0 for t in family)
            if near:
                joined |= family
            else:
                apart.append(family)
        families = [*apart, joined]
    return sorted(families, key=lambda family: min(map(list(groups).index, family)))


def frame(found: Sequence[Across]) -> pd.DataFrame:
    """One row per method and task, with the method's mean rank over the tasks of its table."""
    return pd.concat([_frame(one) for one in found], ignore_index=True) if found else pd.DataFrame()


def _frame(found: Across) -> pd.DataFrame:
    data = tables.frame([r for group in found.groups.values() for r in group])
    data = data[data["metric"] == data["task"].map(found.metrics)].drop(columns=list(tables.COSTS))
    places = {r.method: r.mean for r in found.ranking.ranks}
    for key, part in (("mean_rank", "mean"), ("rank_low", "low"), ("rank_high", "high")):
        data[key] = [getattr(places.get(m), part, None) for m in data["method"]]
    return data


def render(found: Sequence[Across], form: str) -> str:
    """The tables as text; `form` is markdown, latex, csv or json."""
    if form == "json":
        return tables.as_json(frame(found))
    if form == "csv":
        return frame(found).to_csv(index=False)
    parts = []
    for one in found:
        if form == "markdown":
            parts += [tables.markdown(title(one), wide(one, form)), *sentences(one)]
        else:
            notes = "".join(f"% {tables.tex(s)}\n" for s in sentences(one))
            parts.append(notes + tables.latex(title(one), wide(one, form)))
    return "\n\n".join(parts)


def wide(found: Across, form: str) -> pd.DataFrame:
    """Methods down, best mean rank first, tasks across as `mean ± half`; references last."""
    cells = {(r["method"], r["task"]): r for r in _frame(found).to_dict(orient="records")}
    places = {r.method: r.mean for r in found.ranking.ranks}
    rows = []
    for m in sorted(dict.fromkeys(m for m, _ in cells), key=lambda m: _place(found, cells, m)):
        reference = tables.names_reference(m)
        if not (reference and found.scores):
            row = {"method": f"({m})" if reference else m, "mean rank": _rank(found.ranking, places.get(m), m, form)}
            rows.append(row | {heading(found, t): _entry(found, cells.get((m, t)), form) for t in found.groups})
    return pd.DataFrame(rows)


def title(found: Across) -> str:
    """The study, and what its numbers are."""
    what = found.named or "each task's first metric"
    return f"{found.study}: {f'score by {what}' if found.scores else what}"


def heading(found: Across, task: str) -> str:
    """A task's column: its label, and its metric where the tasks differ in it."""
    return task if found.named else f"{task} {found.arrowed(task)}"


def _place(found: Across, cells: Mapping[Any, Any], method: str) -> tuple[Any, ...]:
    """References last; ranked methods by mean rank, then others by on how many tasks they have a number."""
    order = [r.method for r in found.ranking.ranks]
    many = sum((method, t) in cells for t in found.groups)
    return tables.names_reference(method), order.index(method) if method in order else len(order), -many, method


def ranked(mean: tables.Average) -> str:
    """A mean rank with half of its interval."""
    text = f"{mean.mean:.1f}"
    if mean.mean is None or mean.low is None or mean.high is None:
        return text
    return f"{text} ± {tables.half(mean.mean, mean.low, mean.high):.1f}"


def _rank(ranking: Ranking, mean: tables.Average | None, method: str, form: str) -> str:
    """A mean rank with half of its interval; bold where it is the first and the next one differs from it."""
    if mean is None or mean.mean is None:
        return "–"
    text = ranked(mean)
    first = ranking.ranks[0].method
    second = ranking.ranks[1].method
    return tables.bold(text, form) if method == first and ranking.differ[first, second] <= statistics.ERROR else text


def _entry(found: Across, cell: Mapping[Any, Any] | None, form: str) -> str:
    if cell is None:
        return ""
    if cell["state"] != "ok":
        return str(cell["state"])
    if not found.scores:
        return tables.entry(cell, form)
    score = cell["score"]
    if score is None or not math.isfinite(score):
        return "–"
    return tables.bold(f"{score:.2f}", form) if cell["best"] else f"{score:.2f}"


def sentences(found: Across) -> list[str]:
    """What the mean rank is, and which methods can't be told apart."""
    r = found.ranking
    if not r.ranks:
        return ["There is no mean rank: no two methods have numbers on the same tasks and seeds."]
    some = len(r.tasks) < len(found.groups)
    many = f"{len(r.tasks)} task{'s' if len(r.tasks) > 1 else ''}" + (f" ({', '.join(r.tasks)})" if some else "")
    lines = [f"Mean rank: over {many} and {r.seeds} seeds, ± half of its 95 % interval over seeds."]
    if r.groups:
        lines.append(f"Not told apart by paired tests (5 %, Holm over all pairs): {'; '.join(apart(r))}.")
    if r.left:
        lines.append(f"Not ranked, for want of a number on some of these tasks: {', '.join(r.left)}.")
    return lines


def apart(ranking: Ranking) -> list[str]:
    """Runs of methods that can't be told apart, each in words."""
    names = [r.method for r in ranking.ranks]
    return [f"{names[i]} to {names[j]}" if j > i + 1 else f"{names[i]}, {names[j]}" for i, j in ranking.groups]
