"""What a person sees in a terminal: tables, the status matrix, and the progress of a run."""

import math
import re
import textwrap
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from rich import box, markup
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from toybench.engine.cells import Cell
from toybench.evidence.records import Record
from toybench.evidence.studies import THEOREM, by_field, kind_of

if TYPE_CHECKING:  # what these import takes longer than what is shown of them
    from toybench.engine.tune import Tuned
    from toybench.evidence.compare import Change, Comparison
    from toybench.evidence.studies import Line
    from toybench.evidence.verdicts import Judgement

STATES = {
    "ok": "[green]●[/]",
    "diverged": "[yellow]◐[/]",
    "failed": "[red]✗[/]",
    "timeout": "[red]⧖[/]",
    "skipped": "[dim]·[/]",
    "stale": "[magenta]○[/]",
    "missing": "[dim]–[/]",
    "broken": "[red]?[/]",
}


class Terminal(Console):
    """A console that doesn't end the process where nobody reads on: the caller decides."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def escape(text: str) -> str:
    """Text of a record or a plug-in as itself: no markup, and no control characters that a terminal would obey."""
    return markup.escape(re.sub(r"[\x00-\x1f\x7f-\x9f]", "?", text))


def simple(headings: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[int] = ()) -> Table:
    """A plain table; `right` names the columns that are flushed right. Cells are rich markup."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for i, name in enumerate(headings):
        table.add_column(name, justify="right" if i in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table


def tables(
    console: Console,
    records: Sequence[Record],
    costs: bool = False,
    metrics: Sequence[str] = (),
    notes: Mapping[str, str] | None = None,
) -> None:
    """The table of every task; metrics that the terminal is too narrow for are named below it.

    Args:
      notes: what is said behind a method's name, by cell.
    """
    from toybench.evidence import tables as model

    for title, data in model.wide(records, model.select(records, costs, metrics), costs, "rich", notes):
        used = max(map(len, data["method"]))
        shown: list[str] = []
        for name in data.columns[1:]:
            used += 2 + max(_width(v) for v in [*data[name], *_words(name)])
            if shown and used > console.width:
                break
            shown.append(name)
        console.print(f"[bold]{escape(title)}[/]", highlight=False, soft_wrap=True)
        table = Table(box=box.SIMPLE_HEAD, show_edge=False)
        table.padding = (0, 1, 0, 0)
        table.add_column("method", no_wrap=True)
        for name in shown:
            table.add_column(escape(" ".join(_words(name))), justify="right")
        for row in data.to_dict(orient="records"):
            dim = "dim" if row["method"].startswith("(") else None
            table.add_row(escape(row["method"]), *(row[c] for c in shown), style=dim)
        console.print(table)
        hidden = [c.split()[0] for c in data.columns[1:] if c not in shown]
        if hidden:
            console.print(
                f"[dim]too wide to show: {escape(', '.join(hidden))} (choose with --metric)[/]", highlight=False
            )
        console.print()


def _words(heading: str) -> list[str]:
    """A metric's name in words that a narrow column can wrap, its arrow with the last."""
    name, _, arrow = heading.partition(" ")
    words = name.split("_")
    return [*words[:-1], f"{words[-1]}\N{NO-BREAK SPACE}{arrow}" if arrow else words[-1]]


def _width(text: str) -> int:
    return len(text.replace("[bold]", "").replace("[/bold]", ""))


def legend(console: Console, seeds: int) -> None:
    """How to read the tables."""
    console.print(
        f"[dim]Mean over {seeds} seeds ± the longer half of its 95 % interval. ↓ less is better, ↑ more, →0 nearer to "
        "zero. Bold: better than the next beyond doubt at 5 %, paired, from 6 seeds on. "
        "(floor), (chance), (oracle): references that may look into the problem.[/]",
        highlight=False,
    )


def matrix(console: Console, states: dict[str, str]) -> None:
    """Of a study: methods down, tasks across by number in groups of five, a mark for each state; and a count."""
    studies: dict[str, dict[tuple[str, str], str]] = {}
    for name, state in states.items():
        study, task, method = name.split("/")
        studies.setdefault(study, {})[task, method] = state
    for study, found in studies.items():
        tasks = list(dict.fromkeys(t for t, _ in found))
        methods = list(dict.fromkeys(m for _, m in found))
        width = min(40, max(map(len, [study, *methods])))
        groups = [tasks[i : i + 5] for i in range(0, len(tasks), 5)]
        numbers = "".join(str(5 * i + 1).ljust(6) for i in range(len(groups)))
        lines = [f"[bold]{escape(study.ljust(width))}[/]  [dim]{numbers}[/]"]
        for m in methods:
            marks = ("".join(STATES.get(found.get((t, m), ""), " ") for t in group) for group in groups)
            lines.append(f"{escape(m.ljust(width))}  {' '.join(marks)}")
        lines += [f"[dim]{i:2d}[/] {escape(task)}" for i, task in enumerate(tasks, 1)]
        console.print("\n".join(lines), highlight=False, soft_wrap=True)
        console.print()
    count(console, list(states.values()), STATES)


def lines(console: Console, found: "Sequence[Line]", noun: str, marks: Mapping[str, str]) -> None:
    """A line a study below its field: how many there are, how many of each kind, forecasts, and a mark for each."""
    known = {line.study: line for line in found}
    kinds = [kind for kind in marks if any(line.counts.get(kind) for line in found)]
    width = max(map(len, known), default=0)
    forecast = any(line.forecasts[1] for line in found)
    heads = "".join(f"    {marks[kind]}" for kind in kinds) + "  as expected" * forecast
    text = [f"{'':{width + 2}} [dim]{noun:>7}[/]{heads}"]
    for field, studies in by_field(known).items():
        text.append(f"[bold]{escape(field)}[/]")
        text += [_line(known[study], width, kinds, marks, forecast) for study in studies]
    console.print("\n".join(text) + "\n", highlight=False, soft_wrap=True)
    count(console, [kind for line in found for kind, n in line.counts.items() for _ in range(n)], marks)


def _line(line: "Line", width: int, kinds: Sequence[str], marks: Mapping[str, str], forecast: bool) -> str:
    counts = "".join(f"{line.counts.get(kind) or '':>5}" for kind in kinds)
    right, made = line.forecasts
    expected = f"{f'{right} of {made}' if made else '':>13}" if forecast else ""
    each = "".join(marks[kind] * line.marks.count(kind) for kind in kinds)
    return f"  {escape(line.study.ljust(width))} {line.total:>7}{counts}{expected}  {each}".rstrip()


def count(console: Console, found: Sequence[str], marks: Mapping[str, str]) -> None:
    """How many there are of each kind."""
    counts = Counter(found)
    said = (f"{mark} {counts[kind]} {kind.replace('_', ' ')}" for kind, mark in marks.items() if counts[kind])
    console.print("  ".join(said), highlight=False, soft_wrap=True)


def hint(console: Console, sentence: str) -> None:
    """What to type next."""
    console.print(f"[dim]{escape(sentence)}[/]", highlight=False, soft_wrap=True)


def environments(console: Console, differing: Sequence[str]) -> None:
    """How many records come from another environment, and from which."""
    for sentence, count in Counter(s for s in differing if s).items():
        console.print(f"[yellow]≠[/] {count} records: {escape(sentence)}", highlight=False, soft_wrap=True)


_VERDICT = {
    "supported": ("green", "✓ supported"),
    "refuted": ("red", "✗ refuted"),
    "inconclusive": ("yellow", "? inconclusive"),
    "not_run": ("dim", "– not run"),
}
VERDICTS = {verdict: f"[{colour}]{text[0]}[/]" for verdict, (colour, text) in _VERDICT.items()}
CLAIMS = {**VERDICTS, THEOREM: "[blue]∎[/]"}
PAPERS = {
    **VERDICTS,
    "mixed": "[yellow]±[/]",
    "not yet reproduced": "[dim]·[/]",
    "no reproducible claim": "[dim]∅[/]",
}
_LINE = 100  # characters that are read with ease


def board(console: Console, judgements: "Sequence[Judgement]") -> None:
    """The verdict board: a line of numbers for every claim, below it the claim, and why where it isn't supported."""
    line = min(console.width, _LINE)
    for study in dict.fromkeys(j.study for j in judgements):
        here = [j for j in judgements if j.study == study]
        rows = [("verdict", "effect", "claimed", "seeds", "p"), *map(_numbers, here)]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        aligned = ["  ".join(f"{v:{a}{w}}" for v, a, w in zip(row, "<><>>", widths, strict=True)) for row in rows]
        text = [f"[bold]{study}[/]", aligned[0], "─" * len(aligned[0])]
        for j, numbers in zip(here, aligned[1:], strict=True):
            colour, verdict = _VERDICT[j.verdict]
            text += [escape(numbers).replace(verdict, f"[{colour}]{verdict}[/]"), *_sentences(j, line)]
        console.print("\n".join(text) + "\n", highlight=False, soft_wrap=True)
    count(console, [kind_of(j) for j in judgements], CLAIMS)
    console.print(
        "[dim]Effect: of the condition that decides, with its 95 % interval. p: two-sided, corrected for looks and "
        "over the claims of the paper; a verdict needs 0.05. All conditions: --format json.[/]",
        highlight=False,
    )
    tally(console, judgements)


def tally(console: Console, judgements: "Sequence[Judgement]") -> None:
    """How many verdicts are expected to be wrong, and how many forecasts were right."""
    from toybench.evidence import verdicts

    t = verdicts.tally(judgements)
    said = [f"{t.decided} verdicts, of which at most {t.wrong:.1f} are expected to be wrong."]
    said += [f"{t.right} of {t.forecasts} forecasts were right."] if t.forecasts else []
    console.print(f"[dim]{' '.join(said)}[/]", highlight=False)


_KIND = {
    "worse": "[red]▼ worse[/]",
    "better": "[green]▲ better[/]",
    "changed": "[yellow]◆ changed[/]",
    "unclear": "[yellow]? unclear[/]",
    "same": "[dim]≈ same[/]",
    "equal": "[dim]= equal[/]",
}


def changes(console: Console, found: "Comparison", shown: "Sequence[Change]") -> None:
    """What differs between two folders, worst first; cells on one side only; and a count."""
    order = list(_KIND)
    worst = sorted(shown, key=lambda c: order.index(c.kind))
    for cell in dict.fromkeys(c.cell for c in worst):
        console.print(f"[bold]{escape(cell)}[/]", highlight=False, soft_wrap=True)
        for c in worst:
            if c.cell == cell:
                console.print(_change(c), highlight=False, soft_wrap=True)
    for side, names in (("first", found.only_before), ("second", found.only_after)):
        if names:
            console.print(f"only in the {side} folder: {escape(', '.join(names))}", highlight=False)
    spent = ", ".join(f"{what} {a:.0f} s before, {b:.0f} s after" for what, (a, b) in found.seconds.items())
    if spent:
        console.print(f"[dim]{spent} (never judged)[/]", highlight=False)
    counts = found.count()
    console.print("  ".join(f"{_KIND[k]} {n}" for k, n in counts.items()) or "no cell is in both", highlight=False)


def _change(c: "Change") -> str:
    """What became of one metric, cost or state: a line below its cell."""
    text = f"  {_KIND[c.kind]} {escape(c.what)}: {_value(c.before)} before, {_value(c.after)} now"
    if d := c.difference:
        text += f", {d.value:+.3g} \\[{d.low:.3g}, {d.high:.3g}] over {c.seeds} seeds"
    return text


def _value(value: float | str | None) -> str:
    return "–" if value is None else escape(value) if isinstance(value, str) else f"{value:.4g}"


def _numbers(j: "Judgement") -> tuple[str, ...]:
    """A claim's row: verdict, effect, what is claimed of it, seeds, p."""
    f = j.decisive
    effect = claimed = "–"
    if e := f.effect:
        effect = f"{e.value:.3g} [{e.low:.3g}, {e.high:.3g}]"
        ends = (f"> {f.low:.3g}" * math.isfinite(f.low), f"< {f.high:.3g}" * math.isfinite(f.high))
        claimed = f"in [{f.low:.3g}, {f.high:.3g}]" if all(ends) else "".join(ends)
    return _VERDICT[j.verdict][1], effect, claimed, str(j.seeds or "–"), _p(j.p)


def _sentences(j: "Judgement", width: int) -> list[str]:
    """Paper and claim, the condition that decides, and what a reader has to know of them: indented, in lines."""
    paper = j.claim.paper
    why = (j.reason, j.claim.note)
    head = f"{paper}, theorem: {j.claim.says}" if j.claim.kind == "theorem" else f"{paper}: {j.claim.says}"
    lines = []
    for text, style in ((head, ""), (j.decisive.says, "dim"), (_terms(j), "dim"), *((w, "italic") for w in why)):
        for line in textwrap.wrap(text, width, initial_indent="    ", subsequent_indent="    "):
            part = escape(line)
            lines.append(f"[{style}]{part}[/]" if style else part.replace(paper, f"[bold]{paper}[/]"))
    return lines


def _terms(j: "Judgement") -> str:
    """What the p-value is corrected for, and what was expected of the claim."""
    terms = [] if j.p is None else [f"corrected over {j.claims} claims of this paper, look {j.look}"]
    terms += [f"expected: {j.claim.expected}"] if j.claim.expected else []
    return "; ".join(terms)


def _p(p: float | None) -> str:
    return "–" if p is None else "<0.0001" if p < 1e-4 else f"{p:.2g}"


def tuned(console: Console, done: "Tuned") -> None:
    """What tuning chose, what is at the edge of its grid, what went wrong, what was written, and what is left."""
    for name, entry in sorted(done.chosen.items()):
        chosen = ", ".join(f"[bold]{k}={escape(str(v))}[/]" for k, v in entry["fields"].items())
        spent = f"{len(entry['trials'])} tried in {entry['seconds']:.0f} s"
        console.print(f"{escape(name)}: {chosen} [dim]({spent})[/]", highlight=False, soft_wrap=True)
    for sentence in done.edges:
        console.print(f"[yellow]![/] {escape(sentence)}", highlight=False, soft_wrap=True)
    if done.edges:
        console.print(
            "Widen these grids until the best value lies inside, or give the reason in the study's "
            "`Benchmark(edges={'method.field': 'reason'})`.",
            highlight=False,
        )
    for name, reason in {**done.run.broken, **done.run.unreadable, **done.lost}.items():
        console.print(f"[red]✗[/] {escape(name)}: {escape(reason)}", highlight=False, soft_wrap=True)
    for file in done.files:
        console.print(f"Wrote {escape(str(file))}", highlight=False, soft_wrap=True)
    known = len(done.run.records) + len(done.run.kept)
    if done.run.interrupted:
        console.print(
            f"Stopped. {known} of {len(done.run.names)} configurations are recorded in "
            f"{escape(str(done.run.folder.root))}: type the same command again to go on.",
            highlight=False,
        )
    elif not done.run.names and not done.run.broken:
        console.print("Nothing to tune: no method here declares a `space`.")


class TimeLeft(ProgressColumn):
    """The time left by the pace of the whole run; none while a tenth isn't done, as the first cells compile for all."""

    def render(self, task: Task) -> Text:
        """As hours, minutes and seconds."""
        done = task.completed
        elapsed = task.elapsed
        if not task.total or elapsed is None or done < task.total / 10:
            return Text("", style="progress.remaining")
        left = elapsed * (task.total - done) / done
        return Text(f"{timedelta(seconds=round(left))} left", style="progress.remaining")


class Progressing:
    """A progress bar with the running cells and the time left; plain lines where there is no terminal."""

    def __init__(self, console: Console):
        self.console = console
        self.live = console.is_terminal
        self.running: dict[Cell, float] = {}
        columns = (BarColumn(30), MofNCompleteColumn(), TimeElapsedColumn(), TimeLeft())
        self.progress = Progress(*columns, TextColumn("{task.description}"), console=console)
        self.bar: Any = None
        self.total = self.done = 0

    def __enter__(self) -> "Progressing":
        return self

    def __exit__(self, *_: object) -> None:
        if self.bar is not None:
            self.progress.update(self.bar, description="")
            self.progress.stop()

    def begin(self, total: int, kept: int) -> None:
        """Say how much there is to do."""
        self.total = total
        if kept:
            self.console.print(f"[dim]{kept} cells are recorded already.[/]", highlight=False)
        self.done = 0
        if self.live and total:
            self.progress.start()
            self.bar = self.bar if self.bar is not None else self.progress.add_task("")
            self.progress.reset(self.bar, total=total)

    def start(self, cell: Cell) -> None:
        """A cell begins."""
        self.running[cell] = time.monotonic()
        self._describe()

    def finish(self, cell: Cell, record: Record) -> None:
        """A cell ended; failures are said at once."""
        begun = self.running.pop(cell, None)  # None: nobody saw it, as it ran elsewhere
        seconds = record.cost.seconds if begun is None else time.monotonic() - begun
        self.done += 1
        note = f": {escape(record.reason)}" if record.reason else ""
        if not self.live:
            line = f"{self.done}/{self.total} {escape(cell.name)} {record.state}{note} ({seconds:.1f} s)"
            self.console.print(line, highlight=False, soft_wrap=True)
        elif record.state in ("failed", "timeout", "diverged"):
            self.console.print(f"{STATES[record.state]} {escape(cell.name)}{note}", highlight=False)
        if self.bar is not None:
            self.progress.update(self.bar, completed=self.done)
        self._describe()

    def note(self, sentence: str) -> None:
        """Something that the user should know of."""
        self.console.print(escape(sentence), highlight=False, soft_wrap=True)

    def _describe(self) -> None:
        if self.bar is not None:
            self.progress.update(self.bar, description=escape(", ".join(c.name for c in self.running)))
