"""`toybench check`: what continuous integration runs. Plug-ins conform, accepted records still come out, verdicts hold.

1. Tasks and methods pass the conformance suite, under strict JAX: each one whose code isn't what its accepted records
   were made with, and the others in turn, in four weeks or as three minutes a day allow. A study that is named is
   checked whole.
2. Accepted records whose digest no longer matches the code are run again, and the others in turn, as plug-ins: first
   four seeds, and where these aren't equal to the bit, all of the record's seeds. `compare` judges the difference.
3. The claims are judged again with the new records in place of the accepted ones, and what they name is looked up.

A violation, a worse score or state, a claim that can't be evaluated and one that lost ground gate: each beyond seed
noise. Seconds never do.
"""

import contextlib
import math
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Literal

from toybench.engine import cells as planning
from toybench.engine import tune
from toybench.engine.cells import Cell
from toybench.engine.pool import run_cells
from toybench.errors import PluginError
from toybench.evidence import compare, drift, verdicts
from toybench.evidence.compare import Change
from toybench.evidence.drift import Drift
from toybench.evidence.records import BrokenRecord, Folder, Record
from toybench.evidence.verdicts import Judgement
from toybench.fields import split_label
from toybench.guard import declared
from toybench.guard.turns import turn
from toybench.plugins import isolation, registry

FIRST = 4  # seeds that are to tell whether a record still comes out to the bit
DAYS = 28  # within which what hasn't changed is checked again, as far as the seconds for it go
CONFORMING = 10.0  # seconds that a plug-in's checks take, about the mean over the landed ones
Part = Literal["conformance", "records", "claims"]
PARTS: tuple[Part, ...] = ("conformance", "records", "claims")


@dataclass(frozen=True)
class Case:
    """One thing checked: a plug-in, a record or a claim.

    Attributes:
      note: for a case without problems, what a reader may want to know.
    """

    part: Part
    name: str
    problems: tuple[str, ...] = ()
    note: str = ""
    seconds: float = 0.0


@dataclass
class Report:
    """What was checked.

    Attributes:
      changes: of the records run again. missing: planned cells without an accepted record.
      waiting: plug-ins that are what they were when their records were accepted, and whose turn it isn't.
      postponed: changed plug-ins and stale records for which the seconds weren't enough.
      edges: `{study: method.field}` of tuned values at the edge of their grid that no reason was given for.
    """

    cases: list[Case] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    missing: int = 0
    waiting: int = 0
    postponed: int = 0
    edges: dict[str, list[str]] = field(default_factory=dict)

    @property
    def failed(self) -> list[Case]:
        """What a gate stops at."""
        return [c for c in self.cases if c.problems]

    @property
    def exit_code(self) -> int:
        """0 fine, 1 something got worse, 3 nothing was checked."""
        return 1 if self.failed else 0 if self.cases else 3


def run(
    parts: Sequence[Part] = PARTS,
    *,
    selector: str | None = None,
    results: Folder,
    sample: float = 180.0,
    changed: float = 1200.0,
    day: int = 0,
    jobs: int = 1,
    tell: Callable[[Case], None] = lambda case: None,
) -> Report:
    """Check the plug-ins, the accepted records in `results`, and the claims.

    Args:
      selector: only this study, or one task or method of it: `study/name`, which then has every conformance check.
      sample: seconds that running records again may take which aren't stale, by what they took when they were made,
        and as many for plug-ins whose code hasn't changed.
      changed: seconds for plug-ins whose code has changed, and as many for records whose code has. What they aren't
        enough for has its turn another day. A selected study has all of its plug-ins and records looked at.
      day: whose turn it is among plug-ins and records that can't all be looked at.
      jobs: worker processes.
      tell: called with every case as it is known.

    Raises:
      UsageError: an unknown study, task or method.
    """
    study, _, stem = (selector or "").partition("/")
    if stem and selector not in registry.tasks(study):
        registry.path("methods", f"{study}/{stem}")
    changed = math.inf if study else changed
    report = Report()
    fresh: dict[str, Record] = {}
    steps: dict[Part, Callable[[], Iterator[Case]]] = {
        "conformance": lambda: _conformance(report, study, stem, results, sample, changed, day, jobs),
        "records": lambda: _records(report, fresh, study, stem, results, sample, changed, day, jobs),
        "claims": lambda: claims(study, results, fresh),
    }
    for part in parts:
        for case in steps[part]():
            report.cases.append(case)
            tell(case)
    report.edges = _edges([study] if study else registry.studies(), stem)
    return report


def _edges(studies: Sequence[str], stem: str) -> dict[str, list[str]]:
    """What tuning chose at the edge of its grid, without a reason."""
    found: dict[str, list[str]] = {}
    for study in studies:
        with contextlib.suppress(PluginError):  # a study's page that can't be loaded fails where its claims are judged
            for edge in tune.at_edge(study):
                task, method = edge.cell.split("/")
                if stem in ("", split_label(task)[0], method):
                    found.setdefault(study, []).append(f"{method}.{edge.field}")
    return found


def _conformance(
    report: Report, study: str, stem: str, results: Folder, sample: float, changed: float, day: int, jobs: int
) -> Iterator[Case]:
    """Plug-ins in spawned workers; one that kills its worker fails by name."""
    every = [("tasks", n) for n in registry.tasks(study or None)] + [
        ("methods", n) for n in registry.methods(study or None)
    ]
    if study:
        plugins = [p for p in every if not stem or p[1] == f"{study}/{stem}"]
    else:
        known = _settled(results)
        settled = [plugin for plugin in every if plugin in known]
        moved = [plugin for plugin in every if plugin not in known]
        due = turn({"/".join(plugin): CONFORMING for plugin in settled}, day, DAYS, sample * jobs)
        due |= turn({"/".join(plugin): CONFORMING for plugin in moved}, day, 1.0, changed * jobs)
        plugins = [plugin for plugin in every if "/".join(plugin) in due]
        report.postponed += sum("/".join(plugin) not in due for plugin in moved)
        report.waiting = sum("/".join(plugin) not in due for plugin in settled)
    again = []
    for plugin, found in _checked(plugins, jobs):
        if found is None:
            again.append(plugin)
        else:
            yield _conforming(plugin, found)
    for plugin in again:  # a worker died, at this one or at another: each has one to itself now
        [(_, found)] = _checked([plugin], 1)
        yield _conforming(plugin, found or (("the worker process died.",), "", 0.0))


def _conforming(plugin: "_Plugin", found: tuple) -> Case:
    problems, note, seconds = found
    return Case(part="conformance", name="/".join(plugin), problems=problems, note=note, seconds=seconds)


def _settled(results: Folder) -> set["_Plugin"]:
    """Plug-ins whose code, helpers included, is what an accepted record was made with."""
    found: set[_Plugin] = set()
    for cell in planning.plan(budget="full").cells:
        try:
            record = results.read(cell.name)
        except BrokenRecord:
            continue
        if record and record.digest == replace(cell, budget=record.budget).digest:
            names = (("tasks", cell.task), ("methods", cell.method))
            found |= {(kind, f"{cell.study}/{split_label(label)[0]}") for kind, label in names}
    return found


_Plugin = tuple[str, str]  # kind, name


def _checked(plugins: list[_Plugin], jobs: int) -> Iterator[tuple[_Plugin, tuple | None]]:
    """Plug-ins with (problems, note, seconds), checked in spawned workers; with None where a worker died."""
    context = get_context("spawn")
    with ProcessPoolExecutor(jobs, context, initializer=_prepare, initargs=(jobs, registry.extra_roots())) as pool:
        waiting = {pool.submit(_conforms, *plugin): plugin for plugin in plugins}
        for done in as_completed(waiting):
            try:
                yield waiting[done], done.result()
            except BrokenProcessPool:
                yield waiting[done], None


def _prepare(workers: int, plugins: list[str]) -> None:
    """A worker's set-up."""
    os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0")  # compiles much and runs little
    from toybench.engine import runtime

    runtime.configure(workers)
    for root in plugins:
        registry.add_root(root)


def _conforms(kind: str, name: str) -> tuple[tuple[str, ...], str, float]:
    """(problems, note, seconds) of a plug-in."""
    from toybench.engine import trial
    from toybench.guard import checks, conformance

    start = time.perf_counter()
    with isolation.restored(silently=isolation.BY_LIBRARIES) as changed:
        try:
            found = conformance.check_task(name) if kind == "tasks" else conformance.check_method(name)
        except PluginError as error:
            found = [checks.Checked("import", "failed", str(error))]
    trial.forget()  # a worker sees many plug-ins, and their programs fill its memory
    if changed:
        found.append(checks.Checked("leaves_its_process_alone", "failed", f"{name} {', '.join(changed)}."))
    return tuple(checks.failures(found)), checks.summary(found), time.perf_counter() - start


def _records(
    report: Report,
    fresh: dict[str, Record],
    study: str,
    stem: str,
    results: Folder,
    sample: float,
    changed: float,
    day: int,
    jobs: int,
) -> Iterator[Case]:
    """Stale records and those of the others whose turn it is, run again; new records go into `fresh`."""
    plan = planning.plan([study] if study else [], budget="full")
    yield from (Case(part="records", name=name, problems=(reason,)) for name, reason in plan.broken.items())
    known: dict[str, tuple[Cell, Record]] = {}
    for cell in plan.cells:
        if stem and stem not in (split_label(cell.task)[0], split_label(cell.method)[0]):
            continue
        try:
            record = results.read(cell.name)
        except BrokenRecord as error:
            yield Case(part="records", name=cell.name, problems=(str(error),))
            continue
        if record is None:
            report.missing += not cell.why_not
        else:
            known[cell.name] = replace(cell, budget=record.budget, seeds=tuple(record.seeds)), record
    todo, stale = _choose(known, sample * jobs, changed * jobs, day)
    report.postponed += len(stale.difference(todo))
    pairs: list[tuple[Record, Record]] = []
    for name, new in _again([known[n][0] for n in todo], known, day, jobs):
        pairs.append((known[name][1], new))
        fresh[name] = new
    report.changes = compare.records(pairs)
    for name in todo:
        yield _case(name, name in stale, [c for c in report.changes if c.cell == name], fresh[name])


def _choose(
    known: dict[str, tuple[Cell, Record]], seconds: float, changed: float, day: int
) -> tuple[list[str], set[str]]:
    """(cells to run again in the order of the plan, all that are stale), within seconds for others and for these."""
    stale = {name: _seconds(record) for name, (cell, record) in known.items() if record.digest != cell.digest}
    others = {name: _seconds(r) for name, (_, r) in known.items() if name not in stale and r.state != "skipped"}
    chosen = turn(stale, day, 1.0, changed) | turn(others, day, DAYS, seconds)
    return [name for name in known if name in chosen], set(stale)


def _seconds(record: Record) -> float:
    """What the first seeds of a record will take, by what all of them took."""
    cost = record.cost
    share = min(1.0, FIRST / max(1, len(record.seeds)))
    return (
        cost.trace_seconds
        + cost.compile_seconds
        + share * (cost.sample_seconds + cost.run_seconds + cost.evaluate_seconds)
    )


def _telling(record: Record, day: int) -> tuple[int, ...]:
    """A few seeds of a record, for a first look: the two at the ends of its first metric, and others in turn.

    What changes a few seeds alone is most likely to change those at the ends.
    """
    seeds = sorted(record.seeds)
    if len(seeds) <= FIRST:
        return tuple(seeds)
    values = next((m.values for m in record.metrics.values()), [None] * len(seeds))
    known = {s: v for s, v in zip(record.seeds, values, strict=True) if v is not None}
    ends = {min(known, key=known.__getitem__), max(known, key=known.__getitem__)} if known else set()
    others = [s for s in seeds if s not in ends]
    rounds = day + day // DAYS  # others also where the record has its turn every DAYS days
    first = rounds * (FIRST - len(ends)) % len(others)
    return tuple(sorted([*ends, *(others + others)[first : first + FIRST - len(ends)]]))


def _again(
    cells: list[Cell], known: dict[str, tuple[Cell, Record]], day: int, jobs: int
) -> Iterator[tuple[str, Record]]:
    """New records: of a few seeds where these are equal to the bit, else of all."""
    longer = []
    short = [replace(c, seeds=_telling(known[c.name][1], day)) for c in cells]
    for cell, new in run_cells(short, jobs, None, lambda cell: None):
        whole, old = known[cell.name]
        equal = all(c.kind == "equal" for c in compare.records([(old, new)]))
        if equal or new.state in ("failed", "timeout") or len(old.seeds) <= FIRST:
            yield cell.name, new
        else:
            longer.append(whole)
    for cell, new in run_cells(longer, jobs, None, lambda cell: None):
        yield cell.name, new


def _case(name: str, stale: bool, changes: list[Change], new: Record) -> Case:
    problems = tuple(_sentence(c) for c in changes if c.kind == "worse")
    what = "its code changed" if stale else "sampled"
    moved = [c.what for c in changes if c.kind in ("better", "changed", "unclear")]
    if problems:
        return Case(part="records", name=name, problems=problems, note=what)
    if all(c.kind == "equal" for c in changes):
        note = f"{what}; equal to the bit on {len(new.seeds)} seeds"
    else:
        note = f"{what}; " + (f"changed: {', '.join(moved)}" if moved else "the same within seed noise")
    if stale:
        note += "; run it and accept it to make the record current"
    return Case(part="records", name=name, note=note)


def _sentence(c: Change) -> str:
    if c.difference is None:
        return f"{c.what} got worse: {c.before} before, {c.after} now."
    d = c.difference
    return (
        f"{c.what} got worse: {c.before:.4g} before, {c.after:.4g} now, "
        f"difference {d.value:.3g} [{d.low:.3g}, {d.high:.3g}] over {c.seeds} seeds."
    )


def claims(study: str, results: Folder, fresh: dict[str, Record]) -> Iterator[Case]:
    """Verdicts of the accepted records, and with the new ones in their place.

    A problem is a claim that can't be evaluated, and one that lost ground beyond chance.
    """
    every, broken = registry.declared()
    shown = [(s, why) for s, why in broken.items() if study in ("", s)]
    yield from (Case(part="claims", name=f"benchmarks/{s}", problems=(why,)) for s, why in shown)
    accepted = {r.cell: r for r in results.scan() if isinstance(r, Record)}
    moved = {n: r for n, r in fresh.items() if len(r.seeds) >= len(accepted[n].seeds)}
    before = verdicts.judge(every, accepted)
    after = verdicts.judge(every, accepted | moved) if moved else before
    changed = {(d.after.study, d.after.number): d for d in drift.drifts(before, after)}
    planned: dict[str, set[str]] = {}
    for new in after:
        if study in ("", new.study):
            if new.study not in planned:
                planned[new.study] = {cell.name for cell in planning.plan([new.study], budget="full").cells}
            unfit = declared.problems(new.study, new.claim, planned[new.study])
            yield _claim(new, unfit, changed.get((new.study, new.number)))


def _claim(new: Judgement, unfit: Sequence[str], change: Drift | None) -> Case:
    name = f"{new.study}/{new.claim.paper} #{new.number}"
    unfit = [*unfit, *(f.reason for f in new.assessments if f.unfit)]
    if unfit:
        return Case(part="claims", name=name, problems=tuple(dict.fromkeys(unfit)))
    if change is None:
        return Case(part="claims", name=name, note=new.verdict)
    what = f"was {change.before.verdict}, is {new.verdict}: {new.decisive.says}; {new.reason}".rstrip("; ")
    if change.worse:
        return Case(part="claims", name=name, problems=(what,))
    lost = change.before.verdict == "supported" or new.verdict == "refuted"
    noise = f" (no more than the seeds' noise, p = {change.p:.2g})" if lost else ""
    return Case(part="claims", name=name, note=f"{what}{noise}")


def markdown(report: Report) -> str:
    """A summary for people: what failed first, then a line per part."""
    lines = [f"# toybench check: {'failed' if report.failed else 'passed'}", ""]
    for case in report.failed:
        lines += [f"- **{case.name}** ({case.part})", *(f"  - {p}" for p in case.problems)]
    lines += [""] if report.failed else []
    for part in PARTS:
        here = [c for c in report.cases if c.part == part]
        if here:
            lines.append(f"- {part}: {len(here)} checked, {sum(bool(c.problems) for c in here)} failed")
    lines += _left(report)
    noted = [c for c in report.cases if c.part == "records" and not c.problems]
    lines += ["", "## Records run again", "", *(f"- {c.name}: {c.note}" for c in noted)] if noted else []
    moved = [c for c in report.cases if c.part == "claims" and "was" in c.note.split(" ")[:1]]
    lines += ["", "## Claims that changed", "", *(f"- {c.name}: {c.note}" for c in moved)] if moved else []
    return "\n".join(lines) + "\n"


def _left(report: Report) -> list[str]:
    """A line each for what wasn't looked at, and for tuned values at an edge."""
    lines = []
    if report.waiting:
        lines.append(f"- {report.waiting} plug-ins that haven't changed wait for their turn")
    if report.postponed:
        lines.append(
            f"- {report.postponed} plug-ins and records whose code has changed have their turn another day, as they "
            "are too many for `--changed` seconds; `toybench check STUDY` leaves none of a study out"
        )
    if report.missing:
        lines.append(f"- {report.missing} planned cells have no accepted record")
    if report.edges:
        count = sum(map(len, report.edges.values()))
        lines.append(
            f"- {count} tuned values lie at the edge of their grid, without a reason in `Benchmark(edges=...)`:"
        )
        for study, names in report.edges.items():
            told = (f"{name} ({names.count(name)})" for name in dict.fromkeys(names))
            lines.append(f"  - {study}: {', '.join(told)}")
    return lines


def junit(report: Report) -> bytes:
    """JUnit XML: a suite per part, a case per thing checked."""
    from xml.etree import ElementTree

    root = ElementTree.Element("testsuites", name="toybench check")
    for part in PARTS:
        here = [c for c in report.cases if c.part == part]
        failures = str(sum(bool(c.problems) for c in here))
        suite = ElementTree.SubElement(root, "testsuite", name=part, tests=str(len(here)), failures=failures)
        for case in here:
            element = ElementTree.SubElement(
                suite, "testcase", classname=f"toybench.{part}", name=case.name, time=f"{case.seconds:.3f}"
            )
            if case.problems:
                ElementTree.SubElement(element, "failure", message=case.problems[0]).text = "\n".join(case.problems)
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)


def write(report: Report, summary: Path | None, xml: Path | None) -> None:
    """Write the Markdown summary and the JUnit file that were asked for."""
    from toybench.files import write_atomically

    if summary:
        write_atomically(summary, markdown(report).encode())
    if xml:
        write_atomically(xml, junit(report))
