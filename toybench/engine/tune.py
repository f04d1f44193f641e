"""Tuning: the declared small search space of every method, on tuning seeds, with one budget for all."""

import itertools
import json
import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from toybench.engine import cells
from toybench.engine.cells import Cell
from toybench.engine.pool import run_cells
from toybench.evidence.records import Record, loss
from toybench.files import write_atomically
from toybench.plugins import registry


@dataclass(frozen=True)
class Trial:
    """One configuration of one method on one task, and its mean primary metric (None where a seed diverged)."""

    cell: Cell
    fields: dict[str, Any]
    score: float | None = None
    updates: int = 0
    seconds: float = 0.0
    reason: str = ""


def grid(space: Mapping[str, Sequence[Any]], trials: int, name: str) -> list[dict[str, Any]]:
    """All combinations, or `trials` of them drawn without replacement by the method's name."""
    every = [dict(zip(space, values, strict=True)) for values in itertools.product(*space.values())]
    return every if len(every) <= trials else random.Random(name).sample(every, trials)


def plan(selectors: Sequence[str], methods: Sequence[str] = ()) -> tuple[list[Trial], dict[str, str]]:
    """Every configuration to try, and plug-ins that can't be loaded.

    A study's declared variants are tuned like its plain tasks; any other variant takes the plain task's values.
    """
    planned = cells.plan(selectors, methods, "full")
    trials: list[Trial] = []
    for cell in planned.cells:
        name = cell.method
        if "[" in name or name in registry.REFERENCES or cell.why_not:
            continue
        cls, budget = registry.load("methods", f"{cell.study}/{name}"), registry.benchmark(cell.study).tuning
        seeds = tuple(range(cells.TUNING, cells.TUNING + budget.seeds))
        for fields in grid(cls.space, budget.trials, f"{cell.study}/{name}") if cls.space else ():
            trials.append(Trial(Cell(cell.study, cell.task, name, "full", seeds, fields), fields))
    return trials, planned.broken


def run(trials: Sequence[Trial], jobs: int, watch: Any = None) -> Iterator[Trial]:
    """Trials with their scores, as they finish."""
    keyed = {_key(t.cell): t for t in trials}
    if watch:
        watch.begin(len(trials), 0)
    for cell, record in run_cells([t.cell for t in trials], jobs, None, watch.start if watch else lambda c: None):
        if watch:
            watch.finish(cell, record)
        yield _scored(keyed[_key(cell)], record)


def _key(cell: Cell) -> tuple[str, str]:
    return cell.name, json.dumps(cell.tuned, sort_keys=True)


def _scored(trial: Trial, record: Record) -> Trial:
    measured = next(iter(record.metrics.values()), None)
    found = measured.values if measured else []
    good = [v for v in found if v is not None]
    score = math.fsum(good) / len(good) if good and len(good) == len(found) else None
    updates = record.steps * len(record.seeds)
    return Trial(trial.cell, trial.fields, score, updates, round(record.cost.seconds, 2), record.reason)


def choose(trials: Sequence[Trial]) -> dict[str, Any] | None:
    """The entry for the tuned file: the best configuration by the primary metric, and all that were tried."""
    cell = trials[0].cell
    task, method, _, _ = cell.build()
    trials = sorted(
        trials, key=lambda t: [method.space[k].index(v) for k, v in t.fields.items()]
    )  # ties go to the first
    name, metric = next(iter(task.metrics.items()))
    scored = [t for t in trials if t.score is not None]
    if not scored:
        return None
    best = min(scored, key=lambda t: loss(t.score, metric.direction))  # type: ignore[arg-type]
    return {
        "fields": best.fields,
        "metric": name,
        "seeds": list(cell.seeds),
        "updates": sum(t.updates for t in trials),
        "seconds": round(sum(t.seconds for t in trials), 1),
        "trials": [{**t.fields, "score": t.score and float(f"{t.score:.6g}")} for t in trials],
    }


def save(study: str, entries: dict[str, dict[str, Any]]) -> None:
    """Merge entries `{'task/method': entry}` into the study's committed file."""
    file = cells.tuned_file(study, _root(study))
    known = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    lines = [f'  "{k}": {json.dumps(v)}' for k, v in sorted({**known, **entries}.items())]
    write_atomically(file, ("{\n" + ",\n".join(lines) + "\n}\n").encode())
    cells.forget_tuned()


def _root(study: str) -> Any:
    return next((r for r in registry.roots() if (r / "tasks" / study).is_dir()), registry.HOME)
