"""How far the puzzle's states are from the goal, and how many edges graphs of some size can have."""

from typing import Any

import altair as alt
import numpy as np

from toybench.reporting import drawing
from toybench.tasks.combinatorial_search import extremal_graphs as graphs
from toybench.tasks.combinatorial_search import permutation_puzzle as puzzle


def permutation_puzzle(task: Any, draw: Any) -> Any:
    """Bars: how many of all states are so many moves from the goal, and how many of the starts, as shares."""
    starts = np.asarray(draw(lambda key: task.sample(key).starts))
    distance = puzzle.distances(task.tiles)
    most = int(distance.max()) + 1
    shares = [np.bincount(d, minlength=most) / len(d) for d in (distance, distance[starts])]
    data = drawing.rows(
        moves=np.tile(np.arange(most), 2),
        share=np.concatenate(shares),
        of=["all states"] * most + ["starts"] * most,
    )
    return (
        drawing.base(data)
        .mark_bar()
        .encode(
            x=alt.X("moves:O", title="fewest moves to the goal"),
            xOffset=alt.XOffset("of:N"),
            y=alt.Y("share:Q"),
            color=alt.Color("of:N", title=None),
        )
        .properties(width=420, height=220)
    )


def extremal_graphs(task: Any, draw: Any) -> Any:
    """Lines: most edges without triangles and 4-cycles by the number of nodes. The point: the floor's random graph."""
    sizes = np.arange(1, len(graphs.MOST) + 1)
    blind = float(draw(lambda key: task.sample(key).blind.sum() / 2))
    best = drawing.base(drawing.rows(nodes=sizes, edges=np.array(graphs.MOST))).mark_line()
    floor = drawing.base(drawing.rows(nodes=np.array([task.nodes]), edges=np.array([blind]))).mark_circle(size=80)
    encoded = [layer.encode(x=alt.X("nodes:Q"), y=alt.Y("edges:Q")) for layer in (best, floor)]
    return alt.layer(*encoded).properties(width=360, height=240)
