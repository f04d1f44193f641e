"""Wirings of graphs of a few families, as arcs over their nodes in order."""

from typing import Any

import altair as alt
import numpy as np

from toybench.reporting import drawing

FAMILIES = 4  # of which two graphs each are drawn


def architecture_families(task: Any, draw: Any) -> Any:
    """Two graphs of each of four families: an arc leads from a node to one that reads it, in topological order."""
    edges = np.asarray(draw(lambda key: task.sample(key).database.graphs.edges))
    order = [i + task.families * copy for i in range(FAMILIES) for copy in range(2)]
    names = tuple(f"family {i + 1}, graph {copy + 1}" for i in range(FAMILIES) for copy in range(2))
    which, reader, read = np.nonzero(edges[order])
    turn = np.linspace(0, np.pi, 9)  # points of an arc, enough to look round
    middle = (reader + read)[:, None] / 2
    radius = (reader - read)[:, None] / 2
    data = drawing.rows(
        graph=np.repeat(np.array(names)[which], len(turn)),
        arc=np.repeat(np.arange(len(which)), len(turn)),
        x=(middle - radius * np.cos(turn)).ravel(),
        y=(radius * np.sin(turn)).ravel(),
    )
    lines = drawing.base(data).mark_line(opacity=0.6, strokeWidth=1)
    chart = lines.encode(x=alt.X(**drawing.bare("x")), y=alt.Y(**drawing.bare("y")), detail="arc:N")
    return drawing.panels(chart, "graph", names, columns=4, side=150)
