"""Runs: what is missing from a folder is computed and recorded there, cell by cell."""

import contextlib
import os
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import filelock

from toybench.claim import cells_of
from toybench.engine import cells as planning
from toybench.engine import choosing, execute
from toybench.engine.cells import Cell
from toybench.engine.pool import run_cells
from toybench.engine.states import FINAL
from toybench.errors import UsageError
from toybench.evidence import display, reading
from toybench.evidence.records import BrokenRecord, Folder, Record


class Watch(Protocol):
    """What a run tells while it goes on."""

    def begin(self, total: int, kept: int) -> None: ...
    def start(self, cell: Cell) -> None: ...
    def finish(self, cell: Cell, record: Record) -> None: ...
    def note(self, sentence: str) -> None: ...


@dataclass
class Summary:
    """What a run did.

    Attributes:
      folder: where the records are.
      names: every cell that was asked for.
      named: whether studies were named, so that their tables are shown, else a line a study.
      records: those computed now, by cell. kept: the state of those that were there already, by cell.
      skipped: cells that can't be, and why; they leave no record.
      broken: plug-ins that can't be used, `{name: reason}`. unreadable: files that aren't records.
      notes: sentences on plug-ins that do something else than their author may have meant.
    """

    folder: Folder
    names: list[str] = field(default_factory=list)
    named: bool = True
    records: dict[str, Record] = field(default_factory=dict)
    kept: dict[str, str] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    interrupted: bool = False

    @property
    def failed(self) -> list[Record]:
        """Records of cells that failed or ran out of time, in this run."""
        return [r for r in self.records.values() if r.state in ("failed", "timeout")]

    @property
    def left(self) -> int:
        """How many cells that were asked for have been neither run nor found: the run was stopped before."""
        return len(set(self.names) - {*self.records, *self.kept, *self.unreadable})

    @property
    def states(self) -> dict[str, str]:
        """The state of every cell that has a record now, or that has something else in its place."""
        new = {name: record.state for name, record in self.records.items()}
        return {**self.kept, **new, **dict.fromkeys(self.unreadable, "broken")}

    @property
    def remarks(self) -> list[str]:
        """The notes, and what cells did to their process that cost them nothing."""
        return self.notes + [f"{r.cell}: {r.reason}" for r in self.records.values() if r.state == "ok" and r.reason]

    @property
    def measured(self) -> list[Record]:
        """Records with numbers of the cells that were asked for, computed now or before."""
        found = (self.records.get(n) or (self.folder.read(n) if n in self.kept else None) for n in self.names)
        return [r for r in found if r and r.metrics]

    def _repr_html_(self) -> str | None:
        return display.html(self)

    @property
    def exit_code(self) -> int:
        """0 fine, 3 nothing was measured, 4 some cells failed, 130 interrupted."""
        if self.interrupted:
            return 130
        if self.failed or self.broken or self.unreadable:
            return 4
        measured = self.kept or any(r.state in ("ok", "diverged") for r in self.records.values())
        return 0 if measured else 3


def default_jobs() -> int:
    """One worker a core this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run(
    selectors: Sequence[str] = (),
    *,
    methods: Sequence[str] = (),
    seeds: int | None = None,
    budget: str = "quick",
    out: Path | str | None = None,
    force: bool = False,
    jobs: int | None = None,
    timeout: float | None = None,
    executor: str = "local",
    scheduler: str | None = None,
    watch: Watch | None = None,
    only: Collection[str] | None = None,
    cells: Sequence[str] = (),
    for_claims: bool = False,
    fail_fast: bool = False,
) -> Summary:
    """Run what is missing and record it. The same as `toybench run`; see its help for the arguments.

    Args:
      only: names of the cells to run, of those that are asked for.
      cells: patterns that their names have to match, as in `toybench.engine.choosing.matching`.
      for_claims: run the cells that claims are about, and no others.
      fail_fast: stop at the first cell that fails or runs out of time.

    Raises:
      UsageError: the request can't be; nothing was written.
      ToybenchError: the run can't go on; what is finished is recorded.
    """
    plan = planning.plan(selectors, methods, budget, seeds)
    if only is not None:
        plan = replace(plan, cells=[c for c in plan.cells if c.name in only])
    plan = replace(plan, cells=choosing.matching(choosing.claimed(plan.cells) if for_claims else plan.cells, cells))
    return run_planned(
        plan,
        out=out if out is not None else Path("runs") / budget,
        force=force,
        jobs=jobs,
        timeout=timeout,
        executor=executor,
        scheduler=scheduler,
        watch=watch,
        fail_fast=fail_fast,
        named=bool(selectors or cells),
    )


def run_planned(
    plan: planning.Plan,
    *,
    out: Path | str,
    force: bool = False,
    jobs: int | None = None,
    timeout: float | None = None,
    executor: str = "local",
    scheduler: str | None = None,
    watch: Watch | None = None,
    fail_fast: bool = False,
    named: bool = True,
) -> Summary:
    """Run those cells of a plan that have no record in the folder `out`; the arguments are `run`'s."""
    jobs = default_jobs() if jobs is None else jobs
    if timeout is not None and not jobs:
        raise UsageError("a cell in this process can't be ended; use --timeout with --jobs 1 or more.")
    folder = Folder(Path(out))
    _check_writable(folder.root)
    runnable = [c for c in plan.cells if not c.why_not]
    summary = Summary(
        folder=folder,
        names=[c.name for c in runnable],
        named=named,
        skipped={c.name: c.why_not for c in plan.cells if c.why_not},
        broken=dict(plan.broken),
        notes=list(plan.notes),
    )

    def execution(todo: Sequence[Cell]) -> execute.Results:
        if executor == "dask" or scheduler:
            from toybench.engine import cluster

            return cluster.run(todo, jobs, timeout, scheduler, watch.note if watch else lambda sentence: None)
        return run_cells(todo, jobs, timeout, watch.start if watch else lambda cell: None)

    try:
        with _alone(folder, watch):
            if not (fail_fast and plan.broken):
                _record(runnable, force, execution, summary, watch, fail_fast)
    except KeyboardInterrupt:
        summary.interrupted = True
    return summary


def _record(
    cells: Sequence[Cell],
    force: bool,
    execution: Callable[[Sequence[Cell]], execute.Results],
    summary: Summary,
    watch: Watch | None,
    fail_fast: bool,
) -> None:
    """Execute what is missing; every record is written as it arrives."""
    todo, before = _todo(cells, summary.folder, force, summary)
    if watch:
        watch.begin(len(todo), len(summary.kept))
    with contextlib.closing(execution(todo)) as results:  # whatever happens, workers end here
        for cell, record in results:
            if cell.name in before and record.state in ("ok", "diverged"):
                record = execute.extend(before[cell.name], record)
            summary.folder.write(record)
            summary.records[cell.name] = record
            if watch:
                watch.finish(cell, record)
            if fail_fast and record.state in ("failed", "timeout"):
                return


@contextlib.contextmanager
def _alone(folder: Folder, watch: Watch | None) -> Iterator[None]:
    """One run at a time in a folder: a run uses every core, so a second one gains nothing by not waiting.

    The system lets go of the lock of a run that was killed.
    """
    lock = filelock.FileLock(folder.root / ".lock", mode=0o666)  # whoever may write there can take it
    try:
        folder.root.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout:
            if watch:
                watch.note(f"Another run is writing to {folder.root}; waiting for it to end.")
            lock.acquire()
    except OSError as error:
        raise UsageError(
            f"{folder.root} can't be locked ({error.strerror}); choose another folder with --out."
        ) from None
    try:
        folder.sweep()
        yield
    finally:
        lock.release()


def resolve(selectors: Sequence[str] = (), *, most: int, seeds: int | None = None, **options: Any) -> Iterator[Summary]:
    """Run, then double the seeds of the cells whose claims are inconclusive, until none is or `most` seeds are reached.

    A claim that can't have a verdict, whatever its numbers, gets no more seeds.

    Valid although it looks again and again: every look spends half of the error that is left
    (`toybench.evidence.verdicts`).
    Looks with fewer than 16 seeds would be free there, so the first one has at least as many.

    Args:
      seeds: of the first look; 16 or the budget's by default.
      options: of `run`.

    Yields:
      A summary per look.
    """
    from toybench.evidence.verdicts import FIRST_LOOK  # with SciPy, which a run without new looks needn't wait for

    if most < FIRST_LOOK:
        raise UsageError(f"--until-resolved takes at least {FIRST_LOOK} seeds, got {most}; the first look has as many.")
    count = max(seeds or 0, FIRST_LOOK)
    only: set[str] | None = None
    while only is None or only:
        summary = run(selectors, seeds=count, only=only, **options)
        yield summary
        open_claims = [j for j in reading.claims(results=summary.folder.root) if j.wants_seeds]
        only = {name for j in open_claims for c in j.claim.conditions for name in cells_of(j.study, c)}
        if summary.interrupted or summary.left or count >= most:
            return
        count = min(2 * count, most)


def _todo(cells: Sequence[Cell], folder: Folder, force: bool, summary: Summary) -> tuple[list[Cell], dict[str, Record]]:
    """Cells to compute, and the records that more seeds extend. Files that aren't records are left alone."""
    todo = []
    before = {}
    for cell in cells:
        try:
            record = folder.read(cell.name)
        except BrokenRecord as error:
            if force:
                path = folder.file(cell.name)
                path.rename(path.with_suffix(".json.broken"))
                todo.append(cell)
            else:
                summary.unreadable[cell.name] = str(error)
            continue
        if record is None or force or record.digest != cell.digest or record.state not in FINAL:
            todo.append(cell)
        elif set(cell.seeds) <= set(record.seeds):
            summary.kept[cell.name] = record.state
        else:
            before[cell.name] = record
            todo.append(replace(cell, seeds=tuple(s for s in cell.seeds if s not in set(record.seeds))))
    return todo, before


def _check_writable(root: Path) -> None:
    there = root
    while not there.exists():
        there = there.parent
    if not there.is_dir() or not os.access(there, os.W_OK):
        raise UsageError(f"{root} can't be written; choose another folder with --out.")


def accept(names: Sequence[str], source: Folder, target: Folder) -> list[str]:
    """Promote records to accepted ones: those named (`study`, `study/task` or a cell), or all of the folder.

    Only results are promoted: a failed record, or one that isn't a record, is refused before anything is written.

    Raises:
      UsageError: a name matches nothing, or a record can't be accepted.
    """
    found = list(source.scan())
    chosen: list[Record] = []
    for name in names or [""]:
        prefix = name.rstrip("/")
        matching = [
            r
            for r in found
            if isinstance(r, Record) and (not prefix or r.cell == prefix or r.cell.startswith(prefix + "/"))
        ]
        if not matching:
            what = f"no record matches '{name}'" if name else "there are no records"
            raise UsageError(f"{what} in {source.root}; run it first, or name another folder with --from.")
        chosen += matching
    for item in found:
        if isinstance(item, BrokenRecord) and not names:
            raise UsageError(str(item))
    for record in chosen:
        if record.state not in FINAL:
            raise UsageError(
                f"{record.cell} {record.state} ({record.reason}); only results can be accepted, run it again."
            )
    for record in chosen:
        target.write(record)
    return [r.cell for r in chosen]
