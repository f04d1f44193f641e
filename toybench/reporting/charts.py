"""Charts: rows of numbers to Altair, one function a kind. The same chart goes into the site, a notebook and a paper.

Colours are told apart with any colour vision and carry no meaning alone: lines also differ in dashes, verdicts in
shapes. A method's colour is its place among the task's methods, modulo the palette.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import altair as alt

from toybench.errors import UsageError
from toybench.files import write_atomically
from toybench.reporting.series import COSTS, DASHES, HUES, Row, looks

LIGHT = ("#0b66ad", "#c8500a", "#00825c", "#a23b86", "#8a6a00", "#3d4750")
STROKES = ([1, 0], [6, 3], [2, 2], [8, 3, 2, 3])
VERDICTS = {"supported": "#0b66ad", "refuted": "#c8500a", "inconclusive": "#8a6a00", "not_run": "#6b737b"}
SHAPES = {"supported": "circle", "refuted": "cross", "inconclusive": "diamond", "not_run": "square"}
_DIGIT = "round(datum.value / pow(10, floor(log(datum.value) / LN10 + 1e-9)))"
_ROUND = f"indexof([1, 2, 5], {_DIGIT}) < 0 ? '' : format(datum.value, datum.value < 1 ? '~g' : '~s')"
_PLAIN = "format(datum.value, '~g')"  # as `format` alone it would get the axis' precision: 2.5e+3
_READ = "contradicts the claim  ←  edge of the claim  →  as claimed (each row to its own scale)"
SPENT = {"updates": ("step", "updates"), "flops": ("flops", "training FLOPs")}  # what curves are drawn against
SUFFIXES = (".png", ".svg", ".pdf", ".json")
CONFIG: dict[str, Any] = {
    "view": {"stroke": None},
    "font": "Helvetica, Arial, sans-serif",
    "axis": {"gridColor": "#eceef0", "domain": False, "ticks": False, "labelPadding": 6, "titleFontWeight": "normal"},
    "axisX": {"grid": False},
    "range": {"category": list(LIGHT)},
    "mark": {"color": LIGHT[0]},
    "legend": {"symbolStrokeWidth": 2, "labelLimit": 260, "symbolOpacity": 1},
}


def curves(
    data: Any,
    y: str = "",
    log: bool = False,
    methods: Sequence[str] = (),
    log_steps: bool = False,
    by: str = "updates",
) -> Any:
    """Learning curves with bands; `methods` in the order of their looks give a legend, none leaves it out.

    Args:
      by: what is across: updates, or the FLOPs that they took.
    """
    chart = alt.Chart(_data(data))
    field, what = SPENT[by]
    drawn = chart.transform_filter("!datum.reference && datum.step > 0" if log_steps else "!datum.reference")
    if by == "flops":
        drawn = drawn.transform_filter("isValid(datum.price)").transform_calculate(flops="datum.step * datum.price")
    scale = _axis(log)
    axis = alt.Axis(format="~s") if by == "flops" else alt.Undefined
    x = alt.X(f"{field}:Q", title=what, scale=_axis(True) if log_steps else alt.Undefined, axis=axis)
    color, dash = _look(methods)
    quality = alt.Y("mean:Q", title=y or None, scale=scale, axis=alt.Axis(tickCount=6, labelExpr=_PLAIN))
    low = alt.Y("low:Q", title=y or None, scale=scale)
    band = drawn.mark_area(opacity=0.14).encode(x=x, y=low, y2="high:Q", color=color, detail="method:N")
    tooltip = [alt.Tooltip("method:N"), alt.Tooltip(f"{field}:Q"), *_interval()]
    line = drawn.mark_line(strokeWidth=2).encode(x=x, y=quality, color=color, strokeDash=dash, detail="method:N")
    point = drawn.mark_point(size=36, filled=True).encode(x=x, y=quality, color=color, tooltip=tooltip)
    return alt.layer(band, line, point, *_rules(chart, quality))


def _data(data: Any) -> Any:
    return alt.NamedData(name=data) if isinstance(data, str) else alt.Data(values=data)


def _axis(log: bool, **options: Any) -> alt.Scale:
    """The scale of a quality axis: as wide as the data."""
    return alt.Scale(type="log", nice=False, **options) if log else alt.Scale(zero=False, nice=False, **options)


def _look(methods: Sequence[str]) -> tuple[Any, Any]:
    """(colour, dash): by the method's name with a legend, or by its hue and dash without."""
    if not methods:
        color = alt.Color("hue:O", scale=alt.Scale(domain=list(range(HUES)), range="category"), legend=None)
        scale = alt.Scale(domain=list(range(DASHES)), range=[list(s) for s in STROKES])
        return color, alt.StrokeDash("dash:O", scale=scale, legend=None)
    style = looks(methods)
    color = alt.Color(
        "method:N", title=None, scale=alt.Scale(domain=list(methods), range=[LIGHT[h] for h, _ in style.values()])
    )
    strokes = [list(STROKES[d]) for _, d in style.values()]
    return color, alt.StrokeDash("method:N", title=None, scale=alt.Scale(domain=list(methods), range=strokes))


def _interval() -> list[alt.Tooltip]:
    return [
        alt.Tooltip(f"{k}:Q", title=t, format=".4~g")
        for k, t in (("mean", "mean"), ("low", "95 % low"), ("high", "high"))
    ]


def _rules(chart: alt.Chart, quality: Any) -> list[alt.Chart]:
    """Floor, chance and oracle as labelled lines across."""
    reference = chart.transform_filter("datum.reference")
    style: dict[str, Any] = {"color": "#7b848c"}
    rule = reference.mark_rule(strokeDash=[1, 3], **style).encode(
        y=quality, tooltip=[alt.Tooltip("method:N"), *_interval()[:1]]
    )
    text = reference.mark_text(align="right", dy=-6, fontSize=10, **style)
    return [rule, text.encode(y=quality, x=alt.value("width"), text="method:N")]


def pareto(data: Any, y: str = "", cost: str = "", log: bool = False, methods: Sequence[str] = ()) -> Any:
    """Quality against cost: a point a method with its interval, and the Pareto front as a stepped line."""
    chart = alt.Chart(_data(data))
    x = alt.X(
        "x:Q",
        title=COSTS.get(cost),
        scale=alt.Scale(type="log", padding=14, nice=False),
        axis=alt.Axis(labelExpr=_ROUND, labelOverlap=True),
    )
    scale = _axis(log, padding=8)
    quality = alt.Y("mean:Q", title=y or None, scale=scale, axis=alt.Axis(tickCount=6, labelExpr=_PLAIN))
    color, _ = _look(methods)
    front = chart.transform_filter("datum.front").mark_line(strokeWidth=1.5, color="#7b848c", interpolate="step-after")
    spread = chart.mark_rule(strokeWidth=1.5, opacity=0.6)
    tooltip = [alt.Tooltip("method:N"), *_interval(), alt.Tooltip("cost:Q", title="cost", format=".3~s")]
    point = chart.mark_point(filled=True, size=90, opacity=1)
    label = chart.transform_filter("datum.label").mark_text(align="left", dx=8, dy=-7, fontSize=11, color="#7b848c")
    return alt.layer(
        front.encode(x=x, y=quality, order="x:Q"),
        spread.encode(x=x, y=alt.Y("low:Q", title=y or None, scale=scale), y2="high:Q", color=color),
        point.encode(x=x, y=quality, color=color, tooltip=tooltip),
        label.encode(x=x, y=quality, text="method:N"),
    )


def costed(rows: Sequence[Row], cost: str) -> list[Row]:
    """Pareto rows for one cost: `x` is where they lie; what costs nothing lies left of the cheapest."""
    least = min((r[cost] for r in rows if r[cost] > 0), default=1.0)
    drawn = [{**r, "cost": r[cost], "x": r[cost] or least / 4, "front": r[f"front_{cost}"]} for r in rows]
    span = max((r["mean"] for r in rows), default=0.0) - min((r["mean"] for r in rows), default=0.0)
    last: Row | None = None
    for r in sorted(drawn, key=lambda r: r["x"]):
        if r["front"] and (last is None or r["x"] > 2 * last["x"] or abs(r["mean"] - last["mean"]) > span / 8):
            r["label"] = True
            last = r
    return drawn


def forest(rows: Sequence[Row]) -> Any:
    """Effects with intervals: the line is the edge of what is claimed, the shade right of it the claim."""
    base = alt.Chart(alt.Data(values=list(rows)))
    axis = alt.Axis(labelLimit=620, labelFontSize=11)
    y = alt.Y("condition:N", sort=None, title=None, axis=axis)
    x = alt.Scale(domain=[-1, 1])
    color = alt.Color(
        "verdict:N",
        scale=alt.Scale(domain=list(VERDICTS), range=list(VERDICTS.values())),
        title=None,
        legend=alt.Legend(orient="top"),
    )
    shape = alt.Shape("verdict:N", scale=alt.Scale(domain=list(SHAPES), range=list(SHAPES.values())), title=None)
    claimed = base.mark_bar(height=14, color="#0b66ad", opacity=0.1)
    plain = alt.X("zero:Q", scale=x, title=_READ, axis=alt.Axis(labels=False, grid=False))
    return alt.layer(
        claimed.encode(y=y, x=plain, x2="far:Q"),
        base.mark_tick(height=14, color="#3d4750", thickness=1.5).encode(y=y, x=plain),
        base.mark_rule(strokeWidth=2).encode(y=y, x="low:Q", x2="high:Q", color=color),
        base.mark_point(filled=True, size=70, opacity=1).encode(y=y, x="value:Q", color=color, shape=shape),
        base.mark_text(align="left", fontSize=11, color="#3d4750", dx=8).encode(
            y=y, x=alt.value("width"), text="text:N"
        ),
    ).properties(width=300, height=alt.Step(22))


def scores(methods: Sequence[str], found: dict[str, dict[str, float]]) -> Any:
    """Normalised scores as a labelled heat map: methods down, tasks across."""
    rows = [{"method": m, "task": t, "score": round(s, 4)} for t, row in found.items() for m, s in row.items()]
    base = alt.Chart(alt.Data(values=rows)).encode(
        x=alt.X("task:N", sort=list(found), title=None, axis=alt.Axis(labelAngle=-35, labelLimit=260)),
        y=alt.Y("method:N", sort=list(methods), title=None, axis=alt.Axis(labelLimit=260, grid=False)),
    )
    shade = alt.Color("score:Q", scale=alt.Scale(domain=[0, 1], clamp=True, scheme="blues"), title="0 floor, 1 oracle")
    ink = alt.condition("datum.score > 0.6", alt.value("white"), alt.value("#1b1d1f"))
    return alt.layer(
        base.mark_rect().encode(color=shade),
        base.mark_text(fontSize=10).encode(text=alt.Text("score:Q", format=".2f"), color=ink),
    ).properties(width=alt.Step(52), height=alt.Step(20))


def ranks(rows: Sequence[Row], groups: Sequence[Row], title: str) -> Any:
    """Mean ranks with intervals, best first; a bar on the right joins methods of which no two can be told apart."""
    base = alt.Chart(alt.Data(values=list(rows)))
    bars = alt.Chart(alt.Data(values=list(groups)))
    scale = alt.Scale(domain=[r["method"] for r in rows])
    y = alt.Y("method:N", sort=None, title=None, scale=scale, axis=alt.Axis(labelLimit=300, grid=False))
    whole = alt.Scale(domain=[1, max(2, len(rows))], zero=False, nice=False, padding=6)
    x = alt.X("mean:Q", title="mean rank, 95 %", scale=whole, axis=alt.Axis(tickMinStep=1, format="d"))
    dots = alt.layer(
        base.mark_rule(strokeWidth=1.5, opacity=0.6).encode(y=y, x=alt.X("low:Q", scale=whole), x2="high:Q"),
        base.mark_point(filled=True, size=70, opacity=1).encode(y=y, x=x, tooltip=["method:N", *_interval()]),
    ).properties(width=340, height=alt.Step(20), title=alt.Title(title, anchor="start", fontSize=12))
    beside = alt.Scale(domain=[0, max(5, len(groups) - 1)], nice=False)
    joined = bars.mark_rule(strokeWidth=4, color="#3d4750", strokeCap="round").encode(
        y=alt.Y("first:N", sort=None, scale=scale, title=None, axis=None),
        y2="last:N",
        x=alt.X("place:Q", scale=beside, title="not told apart", axis=alt.Axis(labels=False, grid=False)),
    )
    return alt.hconcat(dots, joined.properties(width=84, height=alt.Step(20)), spacing=16)


def stacked(drawn: Sequence[Any]) -> Any:
    """Charts below each other, each with its own axes."""
    every = alt.vconcat(*drawn, spacing=30).resolve_scale(x="independent", y="independent")
    return every if len(drawn) > 1 else drawn[0]


def spec(chart: Any, **properties: Any) -> dict[str, Any]:
    """The chart as Vega-Lite, with the house's configuration."""
    body = chart.to_dict(validate=False)
    body.pop("$schema", None)
    body["config"] = CONFIG
    return {**body, **properties}


def save(chart: Any, path: Path, scale: float = 2.0) -> None:
    """Write a chart as PNG, SVG, PDF or Vega-Lite JSON, by the name's suffix; needs no browser.

    Raises:
      UsageError: another suffix, or a folder that can't be written.
    """
    if path.suffix not in SUFFIXES:
        raise UsageError(f"{path} has no suffix that says a format; use {', '.join(SUFFIXES)}.")
    body = spec(chart)
    content = json.dumps(body).encode() if path.suffix == ".json" else draw(body, path.suffix[1:], scale)
    write_atomically(path, content)


def draw(body: dict[str, Any], form: str, scale: float = 1.0) -> bytes:
    """A Vega-Lite specification as the bytes of a `png`, `svg` or `pdf`."""
    import vl_convert

    if form == "png":
        return vl_convert.vegalite_to_png(body, scale=scale)
    text = vl_convert.vegalite_to_svg(body) if form == "svg" else vl_convert.vegalite_to_pdf(body)
    return text.encode() if isinstance(text, str) else text
