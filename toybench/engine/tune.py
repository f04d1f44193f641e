"""Tuning: the declared small search space of every method, on tuning seeds, with one budget for all.

Every configuration is a cell that leaves a record in a folder of its own, so tuning goes on where it was stopped.
"""

import itertools
import json
import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from toybench.engine import cells, runner
from toybench.engine.cells import Cell
from toybench.errors import UsageError
from toybench.evidence.records import Record, loss
from toybench.fields import join_label, make
from toybench.files import write_atomically
from toybench.plugins import registry

RECORDS = Path("runs/tuning")


@dataclass(frozen=True)
class Search:
    """One method on one task: the fields of each configuration, and beside them the cell that tries it."""

    study: str
    task: str
    method: str
    fields: tuple[dict[str, Any], ...]
    cells: tuple[Cell, ...]

    @property
    def name(self) -> str:
        """`study/task/method`: the cell that the choice is for."""
        return f"{self.study}/{self.task}/{self.method}"


@dataclass
class Tuned:
    """What tuning came to.

    Attributes:
      run: of the configurations.
      chosen: the entry of every cell whose configurations are all recorded, by its name.
      lost: cells of which no configuration finished, and why.
      files: what was written.
      edges: sentences about chosen values at the edge of their grid.
    """

    run: runner.Summary
    chosen: dict[str, dict[str, Any]] = field(default_factory=dict)
    lost: dict[str, str] = field(default_factory=dict)
    files: list[Path] = field(default_factory=list)
    edges: list[str] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """0 fine, 3 there was nothing to choose, 4 something is lost, 130 interrupted."""
        if self.run.interrupted:
            return 130
        if self.lost or self.run.broken or self.run.unreadable:
            return 4
        return 0 if self.chosen else 3


def grid(space: Mapping[str, Sequence[Any]], trials: int) -> list[dict[str, Any]]:
    """All combinations, or `trials` of them drawn without replacement.

    Methods whose grids have one shape try the same places of it: a hole in one's grid is a hole in its rival's.
    """
    every = [dict(zip(space, values, strict=True)) for values in itertools.product(*space.values())]
    shape = "x".join(str(len(values)) for values in space.values())
    return every if len(every) <= trials else random.Random(shape).sample(every, trials)


def plan(selectors: Sequence[str], methods: Sequence[str] = ()) -> tuple[list[Search], dict[str, str]]:
    """Every search there is, and plug-ins that can't be loaded or tuned: `{name: reason}`.

    A study's declared variants are tuned like its plain tasks; any other variant takes the plain task's values.
    """
    planned = cells.plan(selectors, methods, "full")
    searches: list[Search] = []
    broken = dict(planned.broken)
    for cell in planned.cells:
        name = f"{cell.study}/{cell.method}"
        if "[" in cell.method or cell.method in registry.REFERENCES or cell.why_not or name in broken:
            continue
        try:
            searches += _search(cell)
        except UsageError as error:
            broken[name] = str(error)
    return searches, broken


def _search(cell: Cell) -> list[Search]:
    """The search for a cell's hyperparameters; none where its method declares no space."""
    name = f"{cell.study}/{cell.method}"
    method = registry.load("methods", name)
    budget = registry.benchmark(cell.study).tuning
    if not method.space:
        return []
    _check(method)
    fields = grid(method.space, budget.trials)
    seeds = tuple(range(cells.TUNING, cells.TUNING + budget.seeds))
    labels = [join_label(cell.method, method, one, defaults=True) for one in fields]
    tried = [Cell(study=cell.study, task=cell.task, method=label, budget="full", seeds=seeds) for label in labels]
    return [Search(study=cell.study, task=cell.task, method=cell.method, fields=tuple(fields), cells=tuple(tried))]


def _check(method: Any) -> None:
    """The space names fields, and gives values that they take.

    Raises:
      UsageError: it doesn't.
    """
    space = method.space
    wrong = [k for k, values in space.items() if not isinstance(values, tuple | list) or not values]
    if wrong:
        raise UsageError(
            f"{method.name}: space['{wrong[0]}'] is {space[wrong[0]]!r}; give a tuple of values, such as (0.01, 0.1)."
        )
    for name, values in space.items():
        for value in values:
            make(method, {name: value}, f"the space of {method.name}")


def run(
    selectors: Sequence[str],
    methods: Sequence[str] = (),
    *,
    out: Path | str = RECORDS,
    force: bool = False,
    jobs: int | None = None,
    watch: runner.Watch | None = None,
) -> Tuned:
    """Try what isn't recorded yet, choose where every configuration of a cell is, and save what was chosen.

    Raises:
      UsageError: the request can't be; nothing was written.
    """
    searches, broken = plan(selectors, methods)
    every = [cell for search in searches for cell in search.cells]
    done = Tuned(runner.run_planned(cells.Plan(every, broken), out=out, force=force, jobs=jobs, watch=watch))
    entries: dict[str, dict[str, dict[str, Any]]] = {}
    for search in searches:
        records = [_recorded(done.run, cell) for cell in search.cells]
        known = [r for r in records if r is not None]
        if len(known) < len(records):
            continue
        entry = choose(search, known)
        if entry is None:
            done.lost[search.name] = next(r.reason for r in known if r.reason)
            continue
        done.chosen[search.name] = entry
        entries.setdefault(search.study, {})[f"{search.task}/{search.method}"] = entry
    for study, chosen in entries.items():
        done.files.append(save(study, chosen))
        done.edges += sentences([edge for edge in at_edge(study) if edge.cell in chosen])
    return done


def _recorded(done: runner.Summary, cell: Cell) -> Record | None:
    """The record of a configuration, of this run or of one before."""
    return done.records.get(cell.name) or (done.folder.read(cell.name) if cell.name in done.kept else None)


def choose(search: Search, records: Sequence[Record]) -> dict[str, Any] | None:
    """The entry for the tuned file: the best configuration by the primary metric, and all that were tried."""
    task = search.cells[0].build()[0]
    space = registry.load("methods", f"{search.study}/{search.method}").space
    name, metric = next(iter(task.metrics.items()))
    tried = [(f, _score(c, r)) for f, c, r in zip(search.fields, search.cells, records, strict=True)]
    tried.sort(key=lambda one: [space[k].index(v) for k, v in one[0].items()])  # ties go to the first
    scored = [(fields, score) for fields, score in tried if score is not None]
    if not scored:
        return None
    best, _ = min(scored, key=lambda one: loss(one[1], metric.direction))
    seeds = search.cells[0].seeds
    return {
        "fields": best,
        "metric": name,
        "seeds": list(seeds),
        "updates": sum(r.steps for r in records) * len(seeds),
        "seconds": round(sum(r.cost.seconds for r in records), 1),
        "trials": [{**fields, "score": score and float(f"{score:.6g}")} for fields, score in tried],
    }


def _score(cell: Cell, record: Record) -> float | None:
    """Mean primary metric over the cell's seeds; None where one diverged, or nothing was measured."""
    measured = next(iter(record.metrics.values()), None)
    by_seed = dict(zip(record.seeds, measured.values, strict=True)) if measured else {}
    values = [v for s in cell.seeds if (v := by_seed.get(s)) is not None]
    return math.fsum(values) / len(values) if len(values) == len(cell.seeds) else None


def save(study: str, entries: dict[str, dict[str, Any]]) -> Path:
    """Merge entries `{'task/method': entry}` into the study's file beside the user's plug-ins; where that is."""
    file = cells.tuned_file(study, registry.own())
    known = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    lines = [f'  "{k}": {json.dumps(v)}' for k, v in sorted({**known, **entries}.items())]
    write_atomically(file, ("{\n" + ",\n".join(lines) + "\n}\n").encode())
    cells.forget_tuned()
    return file


@dataclass(frozen=True)
class Edge:
    """A chosen value that is the least or the greatest of those tried: a wider grid might hold a better one."""

    study: str
    cell: str  # task/method
    field: str
    value: float
    tried: tuple[float, ...]


def sentences(edges: Sequence[Edge]) -> list[str]:
    """One for every value of a method's field, with the tasks that it was chosen for."""
    tasks: dict[str, list[str]] = {}
    for edge in edges:
        task, method = edge.cell.split("/")
        values = ", ".join(f"{v:g}" for v in edge.tried)
        what = f"{edge.study}/{method}: {edge.field}={edge.value:g} is at the edge of its grid ({values})"
        tasks.setdefault(what, []).append(task)
    return [f"{what} on {', '.join(found)}." for what, found in tasks.items()]


def at_edge(study: str) -> list[Edge]:
    """Chosen values at the edge of their grid, but those that the benchmark's `edges` gives a reason for."""
    reasons = registry.benchmark(study).edges
    found = []
    for cell, entry in cells.tuned_entries(study).items():
        method = cell.split("/")[1]
        for name, value in entry["fields"].items():
            tried = sorted({t[name] for t in entry["trials"] if _is_number(t[name])})
            excused = name in reasons or f"{method}.{name}" in reasons
            if len(tried) > 1 and value in (tried[0], tried[-1]) and not excused:
                found.append(Edge(study=study, cell=cell, field=name, value=value, tried=tuple(tried)))
    return found


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
