"""The verbs as functions, for notebooks: plain dataclasses and data frames."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from toybench.engine import runner, runtime, standing
from toybench.engine.states import States, status
from toybench.evidence import display, reading
from toybench.evidence import papers as catalogue
from toybench.evidence.papers import Catalogue
from toybench.evidence.reading import claims, records
from toybench.evidence.records import Record
from toybench.evidence.scorecard import Scorecard
from toybench.evidence.verdicts import Judgements
from toybench.plugins import registry

if TYPE_CHECKING:
    import pandas as pd

    from toybench.reporting.notebook import Plot
    from toybench.reporting.site import Summary as Written

__all__ = ["add_plugins", "claims", "papers", "plot", "records", "report", "run", "scorecard", "status", "table"]


def add_plugins(folder: Path | str) -> None:
    """Use the tasks and methods in a folder that is laid out as toybench's own; what is made goes there, too."""
    registry.add_root(folder)


def run(
    selectors: str | Sequence[str] = (),
    *,
    methods: str | Sequence[str] = (),
    seeds: int | None = None,
    budget: str = "quick",
    out: Path | str | None = None,
    force: bool = False,
    jobs: int | None = None,
    timeout: float | None = None,
    cells: str | Sequence[str] = (),
    for_claims: bool = False,
    fail_fast: bool = False,
    executor: Literal["local", "dask"] = "local",
    scheduler: str | None = None,
) -> runner.Summary:
    """Run what is missing, and record it.

    Args:
      selectors: studies, tasks or variants: `"quasimetric"`, `"quasimetric/hierarchy"`; all studies by default.
      methods: only these methods or variants of methods.
      seeds: reporting seeds; 2, 4 or 16 by default, as the budget says.
      budget: `smoke`, `quick` or `full`: 2 %, 25 % or all of the steps.
      out: folder for the records; `runs/BUDGET` by default.
      force: run again what is recorded already.
      jobs: worker processes, 0 for none; one a core by default.
      timeout: seconds that a cell may take.
      cells: patterns of the names of cells.
      for_claims: run the cells that claims are about, and no others.
      fail_fast: stop at the first cell that fails or runs out of time.
      executor, scheduler: a Dask cluster, a local one or that at an address.
    """
    runtime.configure()
    return runner.run(
        _names(selectors),
        methods=_names(methods),
        seeds=seeds,
        budget=budget,
        out=out,
        force=force,
        jobs=jobs,
        timeout=timeout,
        cells=_names(cells),
        for_claims=for_claims,
        fail_fast=fail_fast,
        executor=executor,
        scheduler=scheduler,
    )


def _names(names: str | Sequence[str]) -> Sequence[str]:
    """A single name is one name, not its letters."""
    return [names] if isinstance(names, str) else names


def table(
    selector: str | None = None,
    *,
    results: Path | str | None = None,
    costs: bool = True,
    across: Literal["tasks"] | None = None,
    metric: str = "",
    methods: str | Sequence[str] = (),
    match: Literal["flops"] | None = None,
) -> "pd.DataFrame":
    """One row per task, method and metric; see `toybench.evidence.tables.frame`.

    Args:
      costs: whether parameters, FLOPs, memory and seconds have columns.
      across: one metric of every task, with the method's mean rank over the tasks; see `toybench.evidence.across`.
      metric: that is shown; all of them by default, or each task's first across tasks.
      methods: that are shown, with the references; all by default.
      match: every method at the checkpoint where it had spent what the cheapest spends in all.
    """
    from toybench.evidence import across as crossing
    from toybench.evidence import matching, tables

    found = tables.only(reading.measured(selector, results=results), _names(methods))
    found = matching.match(found).records if match else found
    if across:
        return crossing.frame(crossing.build(found, metric))
    return tables.select(found, costs, [metric] if metric else [])


def scorecard(
    method: str,
    *,
    against: str = "",
    metric: str = "",
    results: Path | str | None = None,
    run: bool = False,
    jobs: int | None = None,
    watch: runner.Watch | None = None,
) -> Scorecard:
    """Where a method stands on every task that it answers; see `toybench.engine.standing.score`."""
    runtime.configure()
    return standing.score(method, against, metric, results, run, jobs, watch)


def plot(kind: str, selector: str, **options: Any) -> "Plot":
    """A picture that shows itself in a notebook; `kind` is curves, pareto, forest, scores or ranks.

    Options are results, metric, cost and methods; see `toybench.reporting.plots.plot`.
    """
    from toybench.reporting import notebook, plots

    return notebook.Plot(plots.plot(kind, selector, **options))


def report(out: Path | str = "runs/report", *, results: Path | str | None = None, pictures: bool = True) -> "Written":
    """Write the static site of a results folder; what was written."""
    from toybench.reporting import site

    runtime.configure()
    return site.write(Path(out), reading.folder(results), pictures=pictures)


def papers(study: str | None = None, *, results: Path | str | None = None) -> Catalogue:
    """The paper index, of a study or all, with what the records say: one row a paper."""
    return catalogue.rows(study, results=results)


def _view(name: str) -> Callable[[Any], str]:
    """A function that shows a value as `toybench.reporting.notebook` does, which is imported when it is needed."""

    def show(value: Any) -> str:
        from toybench.reporting import notebook

        return str(getattr(notebook, name)(value))

    return show


display.register(Record, _view("record"))
display.register(Judgements, _view("judgements"))
display.register(Scorecard, _view("scorecard"))
display.register(runner.Summary, _view("run"))
display.register(States, _view("states"))
display.register(Catalogue, _view("catalogue"))
