"""The command line. Heavy imports happen inside the verbs, so that help and listings are instant."""

import gc
import io
import json
import os
import shutil
import sys
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any

import click

from toybench.errors import ToybenchError, UsageError, nearest
from toybench.evidence.display import FORMATS
from toybench.plugins import completion, registry

_WRONG = ("broken", "failed", "timeout")  # states that ask for something to be done
_SCREEN = 20  # lines of what is wrong, where no study is named
_RESULTS = click.option(
    "--results", type=click.Path(path_type=Path), help="Folder to read records from.  [default: the accepted ones]"
)
_FORMAT = click.option("--format", "form", type=click.Choice(FORMATS), default="rich", show_default=True)
_METHOD = click.option(
    "--method",
    "methods",
    multiple=True,
    help="Only this method, or a variant: simvq[lr=0.003].",
    shell_complete=completion.methods,
)


class _Verbs(click.Group):
    """Prints an expected problem as one sentence; suggests the nearest verb."""

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        if args and self.get_command(ctx, args[0]) is None:
            raise UsageError(
                f"there is no command '{args[0]}'{nearest(args[0], self.commands)}; see `toybench --help`."
            )
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the verb. Where nobody reads on, as in `toybench claims | head`, it ends without a word."""
        try:
            os.getcwd()
        except OSError:
            raise UsageError("the working directory is gone; change to one that exists.") from None
        try:
            code = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # Python writes what is left when it ends
            return 0
        return code

    def main(self, *args: Any, **kwargs: Any) -> Any:
        gc.set_threshold(200_000)  # imports make many objects and no garbage
        if sys.stdout is None:  # it was closed
            sys.stdout = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8")
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="replace")  # a terminal may know fewer characters than we use
        try:
            code = super().main(*args, **{**kwargs, "standalone_mode": False})
        except click.exceptions.Abort:
            code = 130
        except click.ClickException as error:
            _complain(f"{error.format_message().rstrip('.')}; see --help.")
            code = 2
        except Exception as error:
            if "--debug" in sys.argv:
                raise
            code = _told(error)
        sys.exit(code if isinstance(code, int) else 0)


def _told(error: Exception) -> int:
    """The exit code of an error that the user has been told."""
    if isinstance(error, ToybenchError):
        _complain(str(error))
        return error.exit_code
    _complain(f"unexpected {type(error).__name__}: {error}; run again with `toybench --debug` and report it.")
    return 4


def _complain(message: str) -> None:
    click.echo("".join(c if c.isprintable() else " " for c in f"toybench: {message}"), err=True)


def _console(stderr: bool = False) -> Any:
    from toybench.screen import Terminal

    return Terminal(stderr=stderr)


@click.group(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--plugins",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Also use the tasks and methods in DIR.",
)
@click.option("--debug", is_flag=True, help="Show tracebacks.")
@click.version_option(package_name="toybench")
@click.pass_context
def main(ctx: click.Context, plugins: Sequence[Path], debug: bool) -> None:
    """Machine-learning papers as executable claims: tiny problems, honest baselines, paired seeds.

    What you make (scaffolds, tuned values, accepted records) goes into the first DIR of --plugins, else into
    toybench-plugins/ where you stand, which is used without being named; in a clone of toybench, into the clone.
    """
    for folder in plugins:
        registry.add_root(folder, new=ctx.invoked_subcommand == "new")


@main.command("list")
@click.argument("what", type=click.Choice(["studies", "tasks", "methods", "claims", "papers"]), default="studies")
@click.argument("study", required=False, shell_complete=completion.studies)
def list_(what: str, study: str | None) -> None:
    """Names of what there is: of a STUDY one a line, else a line a study."""
    if study is not None:
        for name in _names(what, study):
            click.echo(name)
        return
    from toybench.evidence.studies import by_field

    found = _listing(what)
    width = max(map(len, found), default=0)
    columns = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    for field, studies in by_field(found).items():
        click.secho(field, bold=True)
        for name in studies:
            click.echo(_cut(f"  {name:{width}}  {found[name]}", columns))


def _names(what: str, study: str) -> list[str]:
    """Names of what a study has."""
    if what == "papers":
        from toybench.evidence import papers

        return papers.keys(study)
    if what == "claims":
        registry.tasks(study)
        return [f"{study}  {claim.paper}: {claim.says}" for claim in registry.benchmark(study).claims]
    if what == "studies":
        registry.tasks(study)
        return [study]
    return registry.tasks(study) if what == "tasks" else registry.methods(study)


def _listing(what: str) -> dict[str, str]:
    """What every study has, in a line: how many, and their names."""
    if what == "studies":
        return {study: _sizes(study) for study in registry.studies()}
    found: dict[str, list[str]] = {}
    if what == "papers":
        from toybench.evidence import papers

        for paper in papers.index().values():
            found.setdefault(paper.study, []).append(paper.key)
    elif what == "claims":
        every, broken = registry.declared()
        for study, claim in every:
            found.setdefault(study, []).append(claim.paper)
        for reason in broken.values():
            _complain(reason)
    else:
        for name in registry.tasks() if what == "tasks" else registry.methods():
            study, _, stem = name.partition("/")
            found.setdefault(study, []).append(stem)
    return {study: f"{len(names):4d}  {', '.join(dict.fromkeys(names))}" for study, names in found.items()}


def _sizes(study: str) -> str:
    """How much a study has: `6 tasks  14 methods  4 claims`."""
    try:
        claims = len(registry.benchmark(study).claims)
    except ToybenchError:
        claims = 0
    counts = {"tasks": len(registry.tasks(study)), "methods": len(registry.methods(study)), "claims": claims}
    return "  ".join(f"{n:3d} {what}" for what, n in counts.items())


def _cut(line: str, columns: int | None) -> str:
    """A line that fits the terminal; whole where there is none."""
    return line if columns is None or len(line) <= columns else f"{line[: columns - 1]}…"


@main.command()
@click.argument("selectors", nargs=-1, metavar="[STUDY | STUDY/TASK]...", shell_complete=completion.tasks)
@_METHOD
@click.option("--seeds", type=int, help="Reporting seeds.  [default: the budget's: 2, 4 or 16]")
@click.option(
    "--budget", default="quick", show_default=True, help="smoke, quick or full: 2 %, 25 % or all of the steps."
)
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the records.  [default: runs/BUDGET]")
@click.option("--force", is_flag=True, help="Run again what is recorded already; a broken record is kept as *.broken.")
@click.option("--jobs", type=click.IntRange(min=0), help="Worker processes; 0: in this one.  [default: one a core]")
@click.option("--timeout", type=click.FloatRange(min=0, min_open=True), help="Seconds that a cell may take.")
@click.option(
    "--executor",
    type=click.Choice(["local", "dask"]),
    default="local",
    show_default=True,
    help="dask: a local cluster.",
)
@click.option("--scheduler", metavar="ADDRESS", help="Run on the Dask cluster at ADDRESS: tcp://...")
@click.option("--cells", metavar="PATTERN", multiple=True, help="Only cells named so: 'bandits/*/ucb*'.")
@click.option("--for-claims", is_flag=True, help="Only the cells that the claims need.")
@click.option("--fail-fast", is_flag=True, help="Stop at the first cell that fails or runs out of time.")
@click.option(
    "--until-resolved",
    "most",
    type=int,
    metavar="N",
    help="From 16 seeds on, double those of inconclusive claims, up to N.",
)
def run(selectors: Sequence[str], methods: Sequence[str], most: int | None, **options: Any) -> int:
    """Run what isn't recorded yet, then show the tables."""
    from toybench.engine import runner, runtime
    from toybench.screen import Progressing

    runtime.configure()
    console = _console()
    if most is not None:
        with Progressing(console) as watch:
            looks = list(runner.resolve(selectors, most=most, methods=methods, watch=watch, **options))
        return _resolved(console, looks, {selector.split("/")[0] for selector in selectors})
    with Progressing(console) as watch:
        done = runner.run(selectors, methods=methods, watch=watch, **options)
    _report(console, done)
    return done.exit_code


def _resolved(console: Any, looks: Sequence[Any], named: Collection[str]) -> int:
    """The verdicts after the last look, what went wrong, and what each look ran."""
    from toybench.evidence import reading

    root = looks[-1].folder.root
    judged = [j for j in reading.claims(results=root) if j.verdict != "not_run"]
    _show_claims(console, [j for j in judged if j.study in named] if named else judged, bool(named))
    for done in looks:
        _complaints(console, done)
    each = ", ".join(f"{len(done.records)} cells" for done in looks)
    console.print(f"{len(looks)} looks: {each} run. Records: {root}", highlight=False, markup=False)
    return max(done.exit_code for done in looks)


def _report(console: Any, done: Any) -> None:
    """What a run measured, what went wrong, and what to type next."""
    if not done.interrupted:
        _show_run(console, done)
    _complaints(console, done)
    new = len(done.records)
    total = len(done.names)
    if done.interrupted:
        rest = total - new - len(done.kept)
        console.print(f"Stopped. {new} cells are recorded, {rest} are left: type the same command again to go on.")
    elif done.left:
        console.print(f"Stopped at the first failure. {new} cells are recorded, {done.left} are left.")
    elif not total:
        console.print("Nothing to run: no method answers what these tasks ask, or no claim is about them.")
    else:
        kept = f", {len(done.kept)} were recorded already" if done.kept else ""
        console.print(f"{new} cells run{kept}. Records: {done.folder.root}", highlight=False, markup=False)
    if done.skipped and done.named:
        console.print(f"{len(done.skipped)} cells can't run: `toybench status STUDY --format json` says why.")


def _show_run(console: Any, done: Any) -> None:
    """Tables of the studies that were named; else a line a study."""
    from toybench import screen
    from toybench.evidence import studies

    if done.named:
        shown = done.measured
        screen.tables(console, shown)
        if shown:
            screen.legend(console, len(shown[-1].seeds))
    elif done.states:
        screen.lines(console, studies.of_cells(done.states), "cells", screen.STATES)
        screen.hint(console, f"Tables of a study: toybench table STUDY --results {done.folder.root}")


def _complaints(console: Any, done: Any) -> None:
    """Plug-ins, files and cells that went wrong."""
    from toybench.screen import escape

    for name, reason in {**done.broken, **done.unreadable}.items():
        console.print(f"[red]✗[/] {escape(name)}: {escape(reason)}", highlight=False, soft_wrap=True)
    for record in done.failed:
        console.print(f"[red]✗[/] {escape(record.cell)} {record.state}: {escape(record.reason)}", highlight=False)
    for remark in done.remarks:
        console.print(f"[yellow]![/] {escape(remark)}", highlight=False, soft_wrap=True)


@main.command()
@click.argument("selectors", nargs=-1, required=True, metavar="STUDY[/TASK]...", shell_complete=completion.tasks)
@_METHOD
@click.option("--force", is_flag=True, help="Try again what is recorded in runs/tuning already.")
@click.option("--jobs", type=click.IntRange(min=0), help="Worker processes; 0: in this one.  [default: one a core]")
def tune(selectors: Sequence[str], methods: Sequence[str], force: bool, jobs: int | None) -> int:
    """Choose hyperparameters on tuning seeds.

    What was tried is recorded in runs/tuning: type the same command again to go on. What was chosen is written to
    benchmarks/tuned/STUDY.json beside your plug-ins, and used from then on.
    """
    from toybench import screen
    from toybench.engine import runtime
    from toybench.engine import tune as tuning

    runtime.configure()
    console = _console()
    with screen.Progressing(console) as watch:
        done = tuning.run(selectors, methods, force=force, jobs=jobs, watch=watch)
    screen.tuned(console, done)
    return done.exit_code


@main.command()
@click.argument("study", required=False, shell_complete=completion.studies)
@_RESULTS
@_FORMAT
def status(study: str | None, results: Path | None, form: str) -> int:
    """Which cells are ok, diverged, failed, timed out, stale or missing."""
    from toybench.engine.states import status as states_of

    states = states_of(study, results=results)
    if form == "rich":
        _show_states(states, study)
    else:
        _emit(states, form)
    return 4 if any(row["state"] in _WRONG for row in states) else 0


def _show_states(rows: Sequence[dict[str, Any]], study: str | None) -> None:
    """The matrix of a study, or a line a study; then what is wrong, of all studies no more than a screen of it."""
    from toybench import screen
    from toybench.evidence import studies

    console = _console()
    states = {row["cell"]: row["state"] for row in rows}
    if study is not None:
        screen.matrix(console, states)
    else:
        screen.lines(console, studies.of_cells(states), "cells", screen.STATES)
        screen.hint(console, "Cells of a study: toybench status STUDY")
    screen.environments(console, [row["environment"] for row in rows])
    wrong = [row for row in rows if row["state"] in _WRONG]
    shown = wrong if study is not None else wrong[:_SCREEN]
    for row in shown:
        _complain(f"{row['cell']} {row['state']}: {row['reason']}")
    if len(shown) < len(wrong):
        _complain(f"{len(wrong) - len(shown)} more cells went wrong; name a study to see all of its cells.")


@main.command()
@click.argument("selector", required=False, metavar="[STUDY[/TASK]]", shell_complete=completion.tasks)
@_RESULTS
@_FORMAT
@_METHOD
@click.option("--cost", is_flag=True, help="Also parameters, FLOPs, memory and seconds.")
@click.option("--metric", "metrics", multiple=True, help="Only this metric.")
@click.option("--across", type=click.Choice(["tasks"]), help="One table: methods down, tasks across, and mean ranks.")
@click.option("--scores", is_flag=True, help="Across tasks: 0 at each task's floor, 1 at its oracle.")
@click.option("--match", type=click.Choice(["flops"]), help="Each method when it had spent what the cheapest spends.")
def table(
    selector: str | None, results: Path | None, form: str, cost: bool, metrics: Sequence[str], **options: Any
) -> int:
    """Mean and 95 % interval of every metric; bold where the best is better than the next (paired)."""
    from toybench.evidence import matching, reading, tables

    records, broken = reading.records(selector, results=results)
    for error in broken:
        _complain(str(error))
    if not records:
        if not broken:
            _complain(reading.nothing(selector, results=results))
        return 4 if broken else 3
    if options["scores"] and not options["across"]:
        raise UsageError("--scores shows tasks side by side; add --across tasks.")
    records = tables.only(records, options["methods"])
    matched = matching.match(records) if options["match"] else None
    records = matched.records if matched else records
    notes = matching.notes(matched) if matched else {}
    if options["across"]:
        _across(records, form, metrics, options["scores"])
    elif form == "rich":
        from toybench import screen

        console = _console()
        screen.tables(console, records, cost, metrics, notes)
        screen.legend(console, max(len(r.seeds) for r in records))
    else:
        click.echo(tables.render(records, form, cost, metrics, notes))
    for sentence in matching.sentences(matched) if matched else ():
        click.echo(sentence, err=form != "rich")
    return 4 if broken else 0


def _across(records: Sequence[Any], form: str, metrics: Sequence[str], scores: bool) -> None:
    """One table across the tasks of a study."""
    from toybench.evidence import across

    if len(metrics) > 1:
        raise UsageError("a table across tasks shows one metric; give --metric once.")
    found = across.build(records, metrics[0] if metrics else "", scores)
    if form == "rich":
        from toybench import screen_tables

        screen_tables.show_across(_console(), found)
    else:
        click.echo(across.render(found, form))


@main.command()
@click.argument("method", metavar="[STUDY/]METHOD", shell_complete=completion.methods)
@click.option(
    "--against",
    default="",
    metavar="[STUDY/]METHOD",
    help="Also compare with this baseline.",
    shell_complete=completion.methods,
)
@click.option("--metric", default="", help="[default: each task's first]")
@click.option(
    "--results",
    type=click.Path(path_type=Path),
    help="Folder with your own records, read beside the accepted ones.  [default: runs/full]",
)
@_FORMAT
@click.option("--run", "running", is_flag=True, help="First run what is missing, at the full budget, into that folder.")
@click.option("--jobs", type=click.IntRange(min=0), help="Worker processes; 0: in this one.  [default: one a core]")
def scorecard(method: str, form: str, running: bool, jobs: int | None, **options: Any) -> int:
    """Where a method stands on every task that it answers: its place, and how far ahead of whom."""
    from toybench import api
    from toybench.evidence import scorecard as scoring
    from toybench.screen import Progressing

    if running:
        with Progressing(_console(stderr=True)) as watch:
            card = api.scorecard(method, run=True, jobs=jobs, watch=watch, **options)
    else:
        card = api.scorecard(method, **options)
    if form == "rich":
        from toybench import screen_tables

        screen_tables.show_scorecard(_console(), card)
    else:
        click.echo(scoring.render(card, form))
    left = [p for p in card.places if p.state in ("missing", "stale", "failed", "timeout")]
    if left:
        what = "failed, as their rows say" if running else "are missing, stale or failed; add --run to run them"
        _complain(f"{len(left)} of {len(card.places)} cells {what}.")
    return 4 if left and running else 0 if card.measured else 3


@main.command()
@click.argument("study", required=False, shell_complete=completion.studies)
@_RESULTS
@_FORMAT
def claims(study: str | None, results: Path | None, form: str) -> int:
    """The verdict board: what the records say about each paper's claims."""
    from toybench.evidence import reading, verdicts

    judgements = reading.claims(study, results=results)
    if form == "rich":
        _show_claims(_console(), judgements, named=study is not None)
    else:
        _emit(verdicts.rows(judgements), form)
    for reason in judgements.broken.values():
        _complain(reason)
    return 4 if judgements.broken else 0 if any(j.verdict != "not_run" for j in judgements) else 3


def _show_claims(console: Any, judgements: Sequence[Any], named: bool) -> None:
    """The verdict board of the studies that were named; else a line a study."""
    from toybench import screen
    from toybench.evidence import studies

    if named:
        screen.board(console, judgements)
    else:
        screen.lines(console, studies.of_claims(judgements), "claims", screen.CLAIMS)
        screen.tally(console, judgements)
        screen.hint(console, "Claims of a study, with their effects: toybench claims STUDY")


@main.command()
@click.argument("before", type=click.Path(path_type=Path), metavar="A")
@click.argument("after", type=click.Path(path_type=Path), metavar="B")
@_FORMAT
@click.option("--all", "everything", is_flag=True, help="Also what is equal or the same within seed noise.")
def compare(before: Path, after: Path, form: str, everything: bool) -> int:
    """Two results folders, cell by cell and metric by metric; exit code 1 where B is worse than A."""
    from toybench.evidence import compare as comparing
    from toybench.evidence.records import Folder

    found = comparing.folders(Folder(before), Folder(after))
    shown = [c for c in found.changes if everything or c.kind not in ("equal", "same")]
    if form == "rich":
        from toybench import screen

        screen.changes(_console(), found, shown)
    else:
        _emit(comparing.rows(shown), form)
    for error in found.unreadable:
        _complain(error)
    return 1 if found.worse else 4 if found.unreadable else 0 if found.changes else 3


@main.command()
@click.argument(
    "selector",
    required=False,
    metavar="[STUDY | STUDY/TASK | STUDY/METHOD]",
    shell_complete=completion.members,
)
@_RESULTS
@click.option(
    "--only", "parts", multiple=True, type=click.Choice(("conformance", "records", "claims")), help="Only this part."
)
@click.option(
    "--sample",
    default=180.0,
    show_default=True,
    type=click.FloatRange(min=0),
    help="At most so many seconds for plug-ins whose code hasn't changed, and as many for such records.",
)
@click.option(
    "--changed",
    default=1200.0,
    show_default=True,
    type=click.FloatRange(min=0),
    help="At most so many seconds for plug-ins whose code has changed, and as many for such records.",
)
@click.option("--day", type=int, help="The day whose turn it is.  [default: today]")
@click.option("--jobs", type=click.IntRange(min=1), help="Worker processes.  [default: one a core]")
@click.option("--summary", type=click.Path(path_type=Path), help="Write a Markdown summary to this file.")
@click.option("--junit", type=click.Path(path_type=Path), help="Write JUnit XML to this file.")
def check(
    selector: str | None, results: Path | None, parts: Sequence[Any], day: int | None, jobs: int | None, **options: Any
) -> int:
    """What CI runs: plug-ins conform, accepted records still come out, claims hold; exit code 1 where not."""
    import datetime

    from toybench.engine import runner, runtime
    from toybench.evidence import reading
    from toybench.guard import check as checking

    runtime.configure()
    report = checking.run(
        parts or checking.PARTS,
        selector=selector,
        results=reading.folder(results),
        sample=options["sample"],
        changed=options["changed"],
        day=datetime.date.today().toordinal() if day is None else day,
        jobs=runner.default_jobs() if jobs is None else jobs,
        tell=_tell,
    )
    checking.write(report, options["summary"], options["junit"])
    click.echo("\n" + checking.markdown(report))
    return report.exit_code


def _tell(case: Any) -> None:
    """One line per case as it is known; problems indented below it."""
    note = f": {case.note}" if case.note else ""
    seconds = f" ({case.seconds:.1f} s)" if case.seconds else ""
    click.echo(f"{'✗' if case.problems else '✓'} {case.name}{note}{seconds}")
    for problem in case.problems:
        click.echo(f"    {problem}")


@main.command()
@click.argument("cells", nargs=-1, metavar="[STUDY | STUDY/TASK | CELL]...", shell_complete=completion.tasks)
@click.option("--from", "source", type=click.Path(path_type=Path), default=Path("runs/full"), show_default=True)
@click.option("--to", "target", type=click.Path(path_type=Path), help="[default: the accepted records]")
def accept(cells: Sequence[str], source: Path, target: Path | None) -> None:
    """Make new records the accepted ones, which are committed and compared with."""
    from toybench.engine import runner
    from toybench.evidence import reading
    from toybench.evidence.records import Folder

    accepted = runner.accept(cells, Folder(source), reading.folder(target))
    click.echo(f"Accepted {len(accepted)} records into {reading.folder(target).root}: commit them.")


@main.command()
@click.argument("study", required=False, shell_complete=completion.studies)
@_RESULTS
@click.option("--format", "form", type=click.Choice((*FORMATS, "bibtex")), default="rich", show_default=True)
def papers(study: str | None, results: Path | None, form: str) -> None:
    """The paper index with verdicts: what of the catalogue is reproduced.

    With --results, --format bibtex cites only what the records in that folder used.
    """
    from toybench.evidence import papers as index
    from toybench.evidence import reading

    if form == "bibtex" and results is not None:
        click.echo(index.bibtex(index.used(reading.records(study, results=results)[0])))
        return
    rows = index.rows(study, results=results)
    if form == "bibtex":
        click.echo(index.bibtex([str(r["key"]) for r in rows]))
    elif form != "rich":
        _emit(rows, form)
    else:
        _show_papers(rows, study)


def _show_papers(rows: Sequence[dict[str, Any]], study: str | None) -> None:
    """The papers of a study, or a line a study."""
    from toybench import screen
    from toybench.evidence import studies

    console = _console()
    if study is None:
        screen.lines(console, studies.of_papers(rows), "papers", screen.PAPERS)
        screen.hint(console, "Papers of a study: toybench papers STUDY")
        return
    shown = [[screen.escape(str(row[key])) for key in ("key", "title", "state")] for row in rows]
    console.print(screen.simple(["paper", "title", "state"], shown))
    screen.count(console, [str(row["state"]) for row in rows], screen.PAPERS)


@main.command()
@click.option("--out", type=click.Path(path_type=Path), default=Path("runs/report"), show_default=True, help="Folder.")
@_RESULTS
@click.option("--against", type=click.Path(path_type=Path), help="Also compare with the older records in DIR.")
@click.option("--baseline", default="", metavar="METHOD", help="Methods' scorecards also compare with this one.")
@click.option("--pictures/--no-pictures", default=True, help="Draw a sampled world of each task.  [default: draw]")
@click.option("--keep-pictures", is_flag=True, help="Also write the drawings to benchmarks/pictures, to be committed.")
def report(
    out: Path, results: Path | None, against: Path | None, baseline: str, pictures: bool, keep_pictures: bool
) -> int:
    """A static site of records and verdicts, to open from disk or to put online."""
    from toybench.engine import runtime
    from toybench.evidence import compare as comparing
    from toybench.evidence import reading
    from toybench.evidence.records import Folder
    from toybench.reporting import site

    runtime.configure()
    folder = reading.folder(results)
    compared = comparing.folders(Folder(against), folder) if against else None
    done = site.write(out, folder, compared, pictures, baseline)
    click.echo(
        f"wrote {done.pages} pages of {done.records} records, {done.size / 1e6:.1f} MB in {done.seconds:.0f} s: "
        f"open {done.folder / 'index.html'}"
    )
    if keep_pictures:
        from toybench.plugins import registry
        from toybench.reporting.pictures import keep

        click.echo(f"kept {', '.join(map(str, keep(registry.tasks())))}; commit them.")
    return 0 if done.records else 3


@main.command()
@click.argument("kind", type=click.Choice(["curves", "pareto", "forest", "scores", "ranks"]))
@click.argument("selector", metavar="STUDY[/TASK]", shell_complete=completion.tasks)
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="FILE.png, .svg, .pdf or .json (Vega-Lite)."
)
@_RESULTS
@_METHOD
@click.option("--metric", default="", help="[default: the task's first]")
@click.option("--cost", default="run_seconds", show_default=True, help="run_seconds, flops or parameters, for pareto.")
@click.option("--log-steps", is_flag=True, help="Updates of curves on a logarithmic axis, as regret is often drawn.")
@click.option("--by", type=click.Choice(["updates", "flops"]), default="updates", show_default=True, help="Of curves.")
def plot(kind: str, selector: str, out: Path, results: Path | None, **options: Any) -> None:
    """A picture for a paper: curves or pareto of a task, forest (claims), scores or ranks of a study."""
    from toybench.reporting import charts, plots

    charts.save(plots.plot(kind, selector, results=results, **options), out)
    click.echo(f"wrote {out}")


@main.command()
@click.argument("kind", type=click.Choice(["task", "method", "study", "paper"]))
@click.argument("name", metavar="STUDY/NAME (a study: NAME, a paper: STUDY/KEY)")
@click.option("--like", default="", metavar="NAME", help="Copy this task or method of the study.")
def new(kind: str, name: str, like: str) -> None:
    """A scaffold that runs and passes conformance: fill it in.

    A task or a method begins as a skeleton, or as a copy with --like. A paper, whose key is made of first author, year
    and first word of the title, gets a row in the index and a claim on the study's page.
    """
    if kind == "paper":
        from toybench.evidence import declare

        written = declare.paper(name, registry.own())
    else:
        from toybench.plugins import scaffold

        written = scaffold.create(kind, name, registry.own(), like)
    for path in written:
        click.echo(f"wrote {path}")
    if kind == "method":
        study = registry.path("tasks", registry.tasks(name.split("/")[0])[0]).parent
        click.echo(f"{study / '__init__.py'} says what it has to answer.")


def _emit(rows: list[dict[str, Any]], form: str) -> None:
    """Rows as text in a format other than rich."""
    if form == "json":
        click.echo(json.dumps(rows, indent=1))
        return
    import pandas as pd

    from toybench.evidence.tables import inert

    data = pd.DataFrame([{k: v for k, v in row.items() if not isinstance(v, list)} for row in rows])
    write: dict[str, Callable[[], str]] = {
        "markdown": lambda: data.map(lambda v: inert(v) if isinstance(v, str) else v).to_markdown(index=False),
        "latex": lambda: data.to_latex(index=False, escape=True),
        "csv": lambda: data.to_csv(index=False),
    }
    click.echo(write[form]())
