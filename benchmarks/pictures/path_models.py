"""Drawings of path_models' tasks."""

from typing import Any

import altair as alt
import numpy as np

from toybench.reporting import drawing


def fixed_dag(task: Any, draw: Any) -> alt.Chart:
    """Edges, and new pairs of both kinds, by the places of their nodes in the graph's order."""
    world = draw(task.sample)
    return pairs(world.graph, {"observed pair": world.observed, "transitive pair": world.transitive})


def reachability(task: Any, draw: Any) -> alt.Chart:
    """Edges, and new pairs with a path and without one, by the places of their nodes in the graph's order."""
    world = draw(task.sample)
    return pairs(world.graph, {"with a path": world.linked, "without a path": world.apart})


def pairs(graph: Any, groups: dict[str, Any]) -> alt.Chart:
    """Edges of a graph and groups of pairs, source against goal."""
    place = np.argsort(np.argsort(np.asarray(graph.rank), kind="stable"))
    shown = {"edge": np.argwhere(np.asarray(graph.edges))}
    for name, group in groups.items():
        shown[name] = np.asarray(group.prompt)[np.asarray(group.weight) > 0]
    ends = np.concatenate(list(shown.values()))
    data = drawing.rows(
        source=place[ends[:, 0]],
        goal=place[ends[:, 1]],
        of=np.repeat(list(shown), [len(rows) for rows in shown.values()]),
    )
    return drawing.base(data).mark_point(filled=True).encode(x="source:Q", y="goal:Q", color="of:N")
