"""How results show themselves in a notebook: tables, and the same pictures as the site's, as SVG without scripts."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from toybench.evidence import scorecard as scoring
from toybench.evidence import tables
from toybench.evidence.records import Record
from toybench.evidence.scorecard import Scorecard
from toybench.evidence.verdicts import Judgement
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


def judgements(found: Sequence[Judgement]) -> Markup:
    """The verdict board and the forest plot of its effects."""
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
