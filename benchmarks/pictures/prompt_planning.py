"""One star with the path that it asks for, and one maze."""

import itertools
from typing import Any

import altair as alt
import numpy as np

from toybench.reporting import drawing


def star_graph(task: Any, draw: Any) -> Any:
    """One graph: its centre is the start, and the path leads along one arm to the goal. Names are drawn for every graph
    anew."""
    world = draw(lambda key: task.graphs(key, 1))
    edges = np.asarray(world.prompt.edges[0])
    start = int(world.prompt.ends[0, 0])
    path = np.asarray(world.path[0]).tolist()
    after = dict(edges[edges[:, 0] != start].tolist())
    firsts = edges[edges[:, 0] == start, 1].tolist()
    places = {start: (0.0, 0.0)}
    for arm, first in enumerate(firsts):
        node = first
        for step in range(1, task.reach + 1):
            places[node] = (float(step), float(arm) - (len(firsts) - 1) / 2)
            node = after.get(node, node)
    names = list(places)
    spots = np.array([places[name] for name in names])
    asked = np.array(["asked for" if name in (start, *path) else "shown" for name in names])
    ends = np.array([[*places[a], *places[b]] for a, b in edges.tolist()])
    led = np.array(["asked for" if b in path else "shown" for _, b in edges.tolist()])
    lines = drawing.rows(x=ends[:, 0], y=ends[:, 1], x2=ends[:, 2], y2=ends[:, 3], path=led)
    x = alt.X("x:Q", axis=None)
    y = alt.Y("y:Q", axis=None)
    edge = drawing.base(lines).mark_rule().encode(x=x, y=y, x2="x2:Q", y2="y2:Q", color="path:N")
    nodes = drawing.base(drawing.rows(x=spots[:, 0], y=spots[:, 1], name=np.array(names), path=asked))
    text = nodes.mark_text(fontSize=16, dy=-12).encode(x=x, y=y, text="name:N", color="path:N")
    return (edge + nodes.mark_point().encode(x=x, y=y, color="path:N") + text).properties(width=320, height=120)


def lattice_maze(task: Any, draw: Any) -> Any:
    """One maze, a spanning tree of the lattice, and the path from its start to its goal."""
    batch = draw(lambda key: task.sample(key).judged)
    edges = np.asarray(batch.prompt.edges[0])
    path = [int(batch.prompt.ends[0, 0]), *(n for n in np.asarray(batch.path[0]).tolist() if n < task.spec.names)]
    steps = {frozenset(pair) for pair in itertools.pairwise(path)}
    down, right = np.divmod(edges, 3)
    led = np.array(["asked for" if frozenset(edge) in steps else "shown" for edge in edges.tolist()])
    lines = drawing.rows(x=right[:, 0], y=-down[:, 0], x2=right[:, 1], y2=-down[:, 1], path=led)
    x = alt.X("x:Q", axis=None)
    y = alt.Y("y:Q", axis=None)
    edge = drawing.base(lines).mark_rule(strokeWidth=3).encode(x=x, y=y, x2="x2:Q", y2="y2:Q", color="path:N")
    rows, columns = np.divmod(np.arange(task.spec.names), 3)
    which = np.array(["asked for" if cell in path else "shown" for cell in range(task.spec.names)])
    cells = drawing.base(drawing.rows(x=columns, y=-rows, cell=np.arange(task.spec.names), path=which))
    text = cells.mark_text(fontSize=16, dy=-12).encode(x=x, y=y, text="cell:N", color="path:N")
    return (edge + cells.mark_point().encode(x=x, y=y, color="path:N") + text).properties(width=200, height=200)
