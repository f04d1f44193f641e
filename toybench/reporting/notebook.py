"""How results show themselves in a notebook: tables, and the same pictures as the site's, as SVG without scripts."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from toybench.engine.runner import Summary
from toybench.engine.states import STATES
from toybench.evidence import papers, tables
from toybench.evidence import scorecard as scoring
from toybench.evidence.records import Record
from toybench.evidence.scorecard import Scorecard
from toybench.evidence.studies import Line, by_field, of_cells, of_claims, of_papers
from toybench.evidence.verdicts import VERDICTS, Judgement
from toybench.reporting import charts, series


@dataclass(frozen=True)
class Plot:
    """A picture that shows itself as SVG, without scripts or network; `chart` is Altair's, to go on with."""

    chart: Any

    def save(self, path: Path | str) -> None:
        """Write a PNG, SVG, PDF or Vega-Lite JSON, by the name's suffix."""
        charts.save(self.chart, Path(path))

    def _repr_svg_(self) -> str:
        return charts.draw(charts.spec(self.chart), "svg").decode()


_TABLE = """<table><thead><tr>{% for h in head %}<th style="text-align:left">{{ h }}</th>{% endfor %}</tr></thead>
<tbody>{% for row in rows %}<tr>{% for v in row %}<td style="text-align:left">{{ v }}</td>{% endfor %}</tr>{% endfor %}
</tbody></table>"""


def table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> Markup:
    """A table; every value is escaped."""
    return Markup(Environment(autoescape=True).from_string(_TABLE).render(head=head, rows=rows))


def picture(chart: Any) -> Markup:
    """A chart as inline SVG."""
    return Markup(charts.draw(charts.spec(chart), "svg").decode())


def lines(found: Sequence[Line], noun: str, kinds: Sequence[str]) -> Markup:
    """A line a study: how many there are, how many of each kind, and forecasts."""
    known = {line.study: line for line in found}
    shown = [kind for kind in kinds if any(line.counts.get(kind) for line in found)]
    forecast = any(line.forecasts[1] for line in found)
    head = ["field", "study", noun, *(kind.replace("_", " ") for kind in shown), *["as expected"] * forecast]
    rows = [
        [field, study, known[study].total, *_counts(known[study], shown, forecast)]
        for field, studies in by_field(known).items()
        for study in studies
    ]
    return table(head, rows)


def _counts(line: Line, kinds: Sequence[str], forecast: bool) -> list[Any]:
    right, made = line.forecasts
    return [*(line.counts.get(kind, "") for kind in kinds), *[f"{right} of {made}" if made else ""] * forecast]


def states(rows: Sequence[dict[str, Any]]) -> Markup:
    """The cells of a study; of several studies a line each."""
    found = of_cells({row["cell"]: row["state"] for row in rows})
    return lines(found, "cells", STATES) if len(found) > 1 else _rows(rows, ("cell", "state", "seeds", "reason"))


def catalogue(rows: Sequence[dict[str, Any]]) -> Markup:
    """The papers of a study; of several studies a line each."""
    found = of_papers(rows)
    return lines(found, "papers", papers.STATES) if len(found) > 1 else _rows(rows, ("key", "title", "state"))


def _rows(rows: Sequence[dict[str, Any]], shown: Sequence[str]) -> Markup:
    return table(shown, [[row[key] for key in shown] for row in rows])


def run(done: Summary) -> Markup:
    """The tables of the studies that were named, else a line a study; what went wrong; why there is nothing."""
    if done.named:
        found = done.measured
        shown = tables.wide(found, tables.select(found), False, "markdown") if found else ()
        parts = [Markup("<p>{}</p>{}").format(title, Markup(data.to_html(index=False))) for title, data in shown]
    else:
        parts = [lines(of_cells(done.states), "cells", STATES)] if done.states else []
    failed = {r.cell: f"{r.state}: {r.reason}" for r in done.failed}
    wrong = {**done.broken, **done.unreadable, **failed}
    parts += [Markup("<p>✗ <b>{}</b> {}</p>").format(name, reason) for name, reason in wrong.items()]
    parts += [Markup("<p>{} can't run: {}</p>").format(name, why) for name, why in done.skipped.items() if not parts]
    return Markup("").join(parts or [Markup("<p>Nothing was run: no method answers what these tasks ask.</p>")])


def judgements(found: Sequence[Judgement]) -> Markup:
    """The verdict board and the forest plot of its effects; of several studies a line each."""
    if not found:
        return Markup("<p>No claims are declared here.</p>")
    if len({j.study for j in found}) > 1:
        return lines(of_claims(found), "claims", VERDICTS)
    rows = [
        (j.verdict.replace("_", " "), j.study, j.claim.paper, j.claim.says, series.interval(j.decisive), j.seeds)
        for j in found
    ]
    board = table(("verdict", "study", "paper", "claim", "deciding effect", "seeds"), rows)
    effects = series.forest(found)
    return board + (picture(charts.forest(effects)) if effects else Markup(""))


def record(r: Record) -> Markup:
    """What one cell came to: its metrics with intervals, and its learning curve."""
    means = {name: tables.mean(m.values) for name, m in r.metrics.items()}
    rows = [
        (name, r.metrics[name].direction, tables.number(m.mean), f"{tables.number(m.low)} to {tables.number(m.high)}")
        for name, m in means.items()
    ]
    head = Markup("<p><b>{}</b> {} {}; {} seeds, {} steps</p>").format(r.cell, r.state, r.reason, len(r.seeds), r.steps)
    curve = series.curves([r], tables.primary([r]))
    drawn = charts.curves(curve, tables.primary([r]), series.is_log(curve), [r.method]) if curve else None
    return head + table(("metric", "better", "mean", "95 %"), rows) + (picture(drawn) if drawn else Markup(""))


def scorecard(card: Scorecard) -> Markup:
    """Where a method stands: a row a task, and the summary in words."""
    data = scoring.wide(card)
    head = Markup("<p><b>{}</b> {}</p>").format(scoring.headline(card), " ".join(scoring.sentences(card)))
    return head + table(list(data.columns), data.to_numpy().tolist()) + Markup("<p>{}</p>").format(scoring.LEGEND)
