"""Small pieces that pictures of tasks are made of. Colours come from the reader's theme."""

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import numpy as np

SIDE = 150  # pixels of one panel


def rows(**columns: Any) -> list[dict[str, Any]]:
    """Arrays of one length as rows; floats keep three decimals."""
    arrays = {k: np.asarray(v) for k, v in columns.items()}
    plain = {k: (a.astype(float).round(3) if a.dtype.kind == "f" else a).tolist() for k, a in arrays.items()}
    return [dict(zip(plain, values, strict=True)) for values in zip(*plain.values(), strict=True)]


def base(data: Sequence[Mapping[str, Any]]) -> alt.Chart:
    """A chart of rows."""
    return alt.Chart(alt.Data(values=list(data)))


def bare(name: str) -> dict[str, Any]:
    """A channel without ticks or title, for coordinates that mean nothing by themselves."""
    return {"field": name, "type": "quantitative", "axis": None, "scale": alt.Scale(zero=False)}


def panels(chart: Any, by: str, names: Sequence[Any], columns: int = 4, side: int = SIDE) -> Any:
    """Small multiples, one a value of `by`, in the order of `names`."""
    facet = alt.Facet(f"{by}:N", sort=list(names), header=alt.Header(title=None, labelPadding=4))
    return chart.properties(width=side, height=side).facet(facet=facet, columns=columns)


def tiles(pictures: Any, names: Sequence[str], columns: int = 6, side: int = 80) -> Any:
    """Images [n, height, width] as small multiples; darker is more."""
    n, height, width = np.shape(pictures)
    i, y, x = np.indices((n, height, width)).reshape(3, -1)
    data = rows(picture=np.array(names)[i], x=x, y=y, value=np.asarray(pictures, float).ravel())
    chart = (
        base(data)
        .mark_rect()
        .encode(
            x=alt.X("x:O", axis=None),
            y=alt.Y("y:O", axis=None),
            opacity=alt.Opacity("value:Q", legend=None, scale=alt.Scale(range=[0.04, 1])),
        )
    )
    return panels(chart, "picture", names, columns, side)


def flat(*clouds: Any) -> list[np.ndarray]:
    """Points [n, d] of several clouds on the two main directions of the first."""
    first = np.asarray(clouds[0], float)
    middle = first.mean(0)
    directions = np.linalg.svd(first - middle, full_matrices=False)[2][:2]
    return [(np.asarray(c, float) - middle) @ directions.T for c in clouds]


def network(place: np.ndarray, weights: np.ndarray, side: int = 300) -> Any:
    """A directed graph: positions [n, 2], weights [n, n] (inf: no edge). One-way edges have an arrow head."""
    start, end = np.nonzero(np.isfinite(weights) & ~np.eye(len(weights), dtype=bool))
    one_way = ~np.isfinite(weights[end, start])
    keep = one_way | (start < end)
    start = start[keep]
    end = end[keep]
    one_way = one_way[keep]
    x, y = place[start].T
    x2, y2 = place[end].T
    edges = rows(x=x, y=y, x2=x2, y2=y2, kind=np.where(one_way, "one way", "both ways"))
    head = place[start] + 0.62 * (place[end] - place[start])
    angle = np.degrees(np.arctan2(x2 - x, y2 - y))
    heads = rows(x=head[one_way, 0], y=head[one_way, 1], angle=angle[one_way])
    px = alt.X(**bare("x"))
    py = alt.Y(**bare("y"))
    color = alt.Color(
        "kind:N",
        title=None,
        scale=alt.Scale(domain=["both ways", "one way"], range="category"),
        legend=alt.Legend(orient="bottom"),
    )
    lines = base(edges).mark_rule(opacity=0.75).encode(x=px, y=py, x2="x2:Q", y2="y2:Q", color=color)
    tips = base(heads).mark_point(shape="triangle", filled=True, size=46, opacity=0.95, color="#c8500a")
    nodes = base(rows(x=place[:, 0], y=place[:, 1])).mark_circle(size=34, opacity=1, color="#7b848c")
    return alt.layer(
        lines, tips.encode(x=px, y=py, angle=alt.Angle("angle:Q", scale=None)), nodes.encode(x=px, y=py)
    ).properties(width=side, height=side)
