"""The verbs as functions, for notebooks: plain dataclasses and data frames."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toybench import cells, registry, runner
from toybench.records import BrokenRecord, Folder, Record

if TYPE_CHECKING:
    import pandas as pd

    from toybench.report.notebook import Plot
    from toybench.report.site import Summary as Written
    from toybench.verdicts import Judgements


def run(selectors: str | Sequence[str] = (), **options: Any) -> runner.Summary:
    """Run what is missing; options as in `toybench.runner.run` (methods, seeds, budget, out, force, jobs, timeout)."""
    from toybench import runtime

    runtime.configure()
    return runner.run([selectors] if isinstance(selectors, str) else selectors, **options)


def folder(results: Path | str | None = None) -> Folder:
    """A results folder; by default the accepted records."""
    return Folder(Path(results) if results is not None else registry.HOME / "results")


def records(
    selector: str | None = None, *, results: Path | str | None = None
) -> tuple[list[Record], list[BrokenRecord]]:
    """Records of a study or of a task with all its variants, in the order of names; and files that aren't records."""
    study, _, task = (selector or "").partition("/")
    if study:
        registry.tasks(study)
    if task:
        registry.path("tasks", f"{study}/{task.split('[')[0]}")
    found = list(folder(results).scan(study or None))
    good = [r for r in found if isinstance(r, Record) and task in ("", r.task, r.task.split("[")[0])]
    return good, [r for r in found if isinstance(r, BrokenRecord)]


def table(selector: str | None = None, *, results: Path | str | None = None, costs: bool = True) -> "pd.DataFrame":
    """One row per task, method and metric; see `toybench.tables.frame`."""
    from toybench import tables

    return tables.select(records(selector, results=results)[0], costs)


def claims(study: str | None = None, *, results: Path | str | None = None) -> "Judgements":
    """Verdicts of the declared claims, or of one study's; always corrected for those of the whole suite."""
    from toybench import verdicts

    if study is not None:
        registry.tasks(study)  # raises with the nearest names
    declared = [(s, claim) for s in registry.studies() for claim in registry.benchmark(s).claims]
    judged = verdicts.judge(declared, folder(results))
    return verdicts.Judgements(j for j in judged if study in (None, j.study))


def plot(kind: str, selector: str, **options: Any) -> "Plot":
    """A picture that shows itself in a notebook; `kind` is curves, pareto, forest or scores.

    Options are results, metric, cost and methods; see `toybench.report.plots.plot`.
    """
    from toybench.report import notebook, plots

    return notebook.Plot(plots.plot(kind, selector, **options))


def report(out: Path | str = "runs/report", *, results: Path | str | None = None, pictures: bool = True) -> "Written":
    """Write the static site of a results folder; what was written."""
    from toybench import runtime
    from toybench.report import site

    runtime.configure()
    return site.write(Path(out), folder(results), pictures=pictures)


def status(study: str | None = None, *, results: Path | str | None = None) -> list[dict[str, Any]]:
    """One row per cell: its state, the reason for it, its seeds, and how its environment differs from this one.

    Records of cells that are no more are stale.
    """
    from toybench import runtime

    runtime.configure()
    plan = cells.plan([study] if study else [], budget="full")
    planned = {cell.name: cell for cell in plan.cells}
    blank = {"seeds": 0, "reason": "", "environment": ""}
    rows = {name: {"cell": name, "state": "missing", **blank} for name in planned}
    for item in folder(results).scan(study):
        cell, row = planned.get(item.cell), {"cell": item.cell, **blank}
        if isinstance(item, BrokenRecord):
            row |= {"state": "broken", "reason": str(item)}
        elif cell is None:
            row |= {"state": "stale", "seeds": len(item.seeds), "reason": "not a planned cell"}
        else:
            differs = runtime.differences(item.environment) if item.metrics else ""
            row |= {"state": runner.state(cell, item), "seeds": len(item.seeds), "reason": item.reason}
            row["environment"] = f"environment differs: {differs}" if differs else ""
        rows[item.cell] = row
    failed = {"state": "failed", "seeds": 0, "environment": ""}
    return [*rows.values(), *({"cell": _as_cell(n), "reason": r, **failed} for n, r in plan.broken.items())]


def _as_cell(name: str) -> str:
    study, _, stem = name.partition("/")
    return f"{study}/*/{stem or '*'}"
