"""What a person sees in a terminal of scorecards and of tables across tasks."""

import re
import textwrap
from collections.abc import Iterator, Sequence

import pandas as pd
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from toybench.evidence import across, scorecard, tables
from toybench.evidence.across import Across
from toybench.evidence.scorecard import Difference, Place, Scorecard
from toybench.screen import escape

_LINE = 100  # characters that are read with ease
_COLOUR = {"better": "green", "worse": "red", "undecided": "dim"}


def show_scorecard(console: Console, card: Scorecard) -> None:
    """Every task with the method's place and value, how far it is ahead of whom, and where it diverged."""
    width = min(console.width, _LINE)
    for study in card.studies:
        here = [p for p in card.places if p.study == study]
        margin = max(len(scorecard.ordinal(p)) for p in here) + 2
        lines = [f"[bold]{escape(f'{study}/{card.method}')}[/]"]
        for p in here:
            lines.append(f"{scorecard.ordinal(p):<{margin}}[bold]{escape(p.task)}[/]")
            for text, colour in _remarks(p):
                wrapped = textwrap.wrap(text, width - margin, subsequent_indent="  ", break_on_hyphens=False)
                lines += [f"{' ' * margin}[{colour}]{escape(line)}[/]" for line in wrapped]
        console.print("\n".join(lines) + "\n", highlight=False, soft_wrap=True)
    console.print(escape(" ".join(scorecard.sentences(card))), highlight=False)
    if card.measured:
        console.print(f"[dim]{escape(_LEGEND)}[/]", highlight=False)


_LEGEND = (
    "By: mean paired difference with its 95 % interval, positive in favour. ▲ ▼: significant at 5 % after correction "
    "for all tasks and for choosing the best other. Score: 0 at the floor, 1 at the oracle. Seconds: of all seeds."
)


def _remarks(p: Place) -> Iterator[tuple[str, str]]:
    """(sentence, colour) below a task."""
    if p.value.mean is not None:
        score = "" if p.score is None else f", score {scorecard.scored(p)}"
        yield f"{p.metric} {tables.ARROWS[p.direction]} {tables.spread(p.value)}{score}{_cost(p)}", "default"
    same = p.best and p.baseline and p.best.other == p.baseline.other
    if p.best:
        yield _compared(p.best, "best other and baseline" if same else "best other"), _COLOUR[p.best.outcome]
    if p.baseline and not same:
        yield _compared(p.baseline, "baseline"), _COLOUR[p.baseline.outcome]
    if text := scorecard.note(p):
        yield text, "yellow"


def _cost(p: Place) -> str:
    """What its training took: parameters, and seconds of all seeds together."""
    if p.record is None:
        return ""
    many = p.record.cost.parameters
    return f"; {many:,} parameter{'' if many == 1 else 's'}, {p.record.cost.run_seconds:.3g} s"


_HOW = {"better": "▲ ahead of {} by", "worse": "▼ behind {} by", "undecided": "≈ {}, undecided:"}


def _compared(d: Difference, whom: str) -> str:
    """`▼ behind pqe_lh (best other) by 0.004 [0.002, 0.008], at 1.2 × its FLOPs`"""
    how = _HOW[d.outcome].format(f"{d.other} ({whom})")
    cost = f", at {scorecard.times(d.flops)} its FLOPs" if d.flops is not None else ""
    if d.effect is None:
        return f"{how.removesuffix(' by').removesuffix(':')}: {d.reason}{cost}"
    sign = -1 if d.outcome == "worse" else 1
    value = tables.number(sign * d.effect.value, 2)
    ends = [tables.number(sign * v, 2) for v in (d.effect.low, d.effect.high)]
    more = f"; {d.reason}" if d.reason else ""
    return f"{how} {value} [{', '.join(ends[::sign])}]{cost}{more}"


def show_across(console: Console, found: Sequence[Across]) -> None:
    """Methods down, tasks across: as many tasks side by side as the terminal has room for, the others below them."""
    for one in found:
        console.print(f"[bold]{escape(across.title(one))}[/]\n", highlight=False)
        data = across.wide(one, "rich")
        for names in _panels(data, console.width):
            console.print(_panel(data, names))
            console.print()
        console.print(f"[dim]{escape(' '.join(across.sentences(one)))}[/]\n", highlight=False)


_LABEL = 34
_HEADING = 14  # characters on a line of a method's label, and of a task's at least


def _panel(data: pd.DataFrame, names: Sequence[str]) -> Table:
    """Some columns of a table, with the methods that have a number in them."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("method", overflow="fold", max_width=_LABEL)
    for name in names:
        table.add_column(Text("\n".join(_folded(data, name))), justify="right", no_wrap=True)
    for row in data.to_dict(orient="records"):
        if any(row[name] for name in names[1:]) or len(names) == 1:
            dim = "dim" if row["method"].startswith("(") else None
            table.add_row(escape(row["method"]), *(row[name] for name in names), style=dim)
    return table


def _folded(data: pd.DataFrame, name: str) -> list[str]:
    """A heading in lines that break behind the signs of a label, as wide as its numbers or a little wider."""
    spaced = re.sub(r"(?<=[_,\[])", "\u200b ", name)
    lines = textwrap.wrap(spaced, max(_HEADING, _numbers(data, name)), break_long_words=False)
    return [line.replace("\u200b ", "").replace("\u200b", "") for line in lines]


def _numbers(data: pd.DataFrame, name: str) -> int:
    """Characters that the numbers of a column take."""
    return max(len(v.replace("[bold]", "").replace("[/bold]", "")) for v in data[name])


def _panels(data: pd.DataFrame, width: int) -> list[list[str]]:
    """Columns in groups that fit into the width, the first one in each."""
    sizes = {n: 2 + max(_numbers(data, n), *map(len, _folded(data, n))) for n in data.columns[1:]}
    first, *rest = sizes
    start = min(_LABEL, max(map(len, data["method"]))) + 2 + sizes[first]
    panels = [[first]]
    used = start
    for name in rest:
        if used + sizes[name] > width and len(panels[-1]) > 1:
            panels = [*panels, [first]]
            used = start
        panels[-1].append(name)
        used += sizes[name]
    return panels
