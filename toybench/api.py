"""The verbs as functions, for notebooks: plain dataclasses and data frames."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toybench.engine import runner, runtime
from toybench.engine.states import status
from toybench.evidence import display, reading
from toybench.evidence.reading import claims, records
from toybench.evidence.records import Record
from toybench.evidence.verdicts import Judgements

if TYPE_CHECKING:
    import pandas as pd

    from toybench.reporting.notebook import Plot
    from toybench.reporting.site import Summary as Written

__all__ = ["claims", "plot", "records", "report", "run", "status", "table"]


def run(selectors: str | Sequence[str] = (), **options: Any) -> runner.Summary:
    """Run what is missing; options as in `toybench.engine.runner.run`."""
    runtime.configure()
    return runner.run([selectors] if isinstance(selectors, str) else selectors, **options)


def table(selector: str | None = None, *, results: Path | str | None = None, costs: bool = True) -> "pd.DataFrame":
    """One row per task, method and metric; see `toybench.evidence.tables.frame`."""
    from toybench.evidence import tables

    return tables.select(reading.records(selector, results=results)[0], costs)


def plot(kind: str, selector: str, **options: Any) -> "Plot":
    """A picture that shows itself in a notebook; `kind` is curves, pareto, forest or scores.

    Options are results, metric, cost and methods; see `toybench.reporting.plots.plot`.
    """
    from toybench.reporting import notebook, plots

    return notebook.Plot(plots.plot(kind, selector, **options))


def report(out: Path | str = "runs/report", *, results: Path | str | None = None, pictures: bool = True) -> "Written":
    """Write the static site of a results folder; what was written."""
    from toybench.reporting import site

    runtime.configure()
    return site.write(Path(out), reading.folder(results), pictures=pictures)


def _record(record: Record) -> str:
    from toybench.reporting import notebook

    return notebook.record(record)


def _judgements(found: Judgements) -> str:
    from toybench.reporting import notebook

    return notebook.judgements(found)


display.register(Record, _record)
display.register(Judgements, _judgements)
