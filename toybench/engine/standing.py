"""A method's scorecard: its cells, which of them have to be run, and its records beside the accepted ones."""

from dataclasses import dataclass
from pathlib import Path

from toybench.engine import cells as planning
from toybench.engine import runner, states
from toybench.engine.cells import Cell
from toybench.errors import UsageError, nearest
from toybench.evidence import reading, scorecard
from toybench.evidence.records import BrokenRecord, Folder, Record
from toybench.evidence.scorecard import Scorecard
from toybench.fields import split_label
from toybench.plugins import registry

OWN = Path("runs/full")  # where `toybench run --budget full` writes


@dataclass(frozen=True)
class Sources:
    """Two folders that are read together: the user's own records are asked first, then the accepted ones."""

    own: Folder
    landed: Folder

    def state(self, cell: Cell) -> str:
        """The state of the record that a scorecard reads."""
        for folder in (self.own, self.landed):
            try:
                record = folder.read(cell.name)
            except BrokenRecord:
                continue
            if record is not None:
                return states.state(cell, record)
        return "missing"


def score(
    method: str,
    against: str = "",
    metric: str = "",
    results: Path | str | None = None,
    run: bool = False,
    jobs: int | None = None,
    watch: runner.Watch | None = None,
) -> Scorecard:
    """Where a method stands on every task that it answers.

    Args:
      method: `study/method`, or a name alone for every study that has one of this name; a variant is `mine[lr=0.1]`.
      against: a baseline, named in the same way.
      metric: that is compared; each task's first by default.
      results: the user's own records, which are asked before the accepted ones; by default those of `runs/full`.
      run: run what is missing or stale of the method and of the baseline, at the full budget, into that folder.
      jobs, watch: of that run, as in `toybench.engine.runner.run`.

    Raises:
      UsageError: an unknown name.
    """
    sources = Sources(own=Folder(Path(results or OWN)), landed=reading.folder())
    mine = cells(method)
    baseline = cells(against) if against else []
    todo = [c for c in [*mine, *baseline] if sources.state(c) not in states.FINAL]
    if run and todo:
        runner.run(
            sorted({c.study for c in todo}),
            methods=sorted({c.method for c in todo}),
            budget="full",
            out=sources.own.root,
            only={c.name for c in todo},
            jobs=jobs,
            watch=watch,
        )
    studies = dict.fromkeys(c.study for c in mine)
    return scorecard.build(
        [c.name for c in mine],
        own=[r for study in studies for r in _records(sources.own, study)],
        landed=[r for study in studies for r in _records(sources.landed, study)],
        baseline=baseline[0].method if baseline else "",
        stale={c.name for c in mine if sources.state(c) == "stale"},
        metric=metric,
    )


def cells(method: str) -> list[Cell]:
    """A method's cells at the full budget: on every task that it answers, in all studies that the name is of.

    Raises:
      UsageError: there is no such method, or it can't be loaded.
    """
    study, _, label = method.rpartition("/")
    stem = split_label(label)[0]
    having = [s for s in ([study] if study else registry.studies()) if f"{s}/{stem}" in registry.methods(s)]
    if not having:
        known = {m.split("/")[1] for m in registry.methods(study or None)}
        raise UsageError(f"there is no method '{method}'{nearest(stem, known)}; see `toybench list methods`.")
    for asked in ([], [label]):  # as the benchmark plans it, else on all tasks: an own variant has no plan
        plan = planning.plan(having, asked, "full")
        for name, reason in plan.broken.items():
            if name.split("/")[-1] == stem:
                raise UsageError(f"{name} can't be run: {reason}")
        if found := [c for c in plan.cells if not c.why_not and (asked or c.method == label)]:
            return found
    raise UsageError(
        f"{method} answers no task of {', '.join(having)}; see `toybench run {having[0]} --method {label}`."
    )


def _records(folder: Folder, study: str) -> list[Record]:
    return [r for r in folder.scan(study) if isinstance(r, Record)]
