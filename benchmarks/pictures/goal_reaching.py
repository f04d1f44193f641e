"""What the mazes look like, and where a policy leads on the slippery grid."""

from typing import Any

import altair as alt
import numpy as np

from toybench.reporting import drawing


def stitching_maze(task: Any, draw: Any) -> Any:
    """Left: the passages of a maze. Right: all pairs of cells by how far apart they are, and whether a piece joins
    them."""

    def drawn(key: Any) -> Any:
        world = task.sample(key)
        return world.following, world.distance, world.seen

    following, distance, seen = (np.asarray(x) for x in draw(drawn))
    cells = np.arange(len(distance))
    row, column = np.divmod(cells, task.side)
    ways = np.full(distance.shape, np.inf)
    for cell in cells:
        ways[cell, following[cell][following[cell] != cell]] = 1.0
    place = np.stack([column, -row], 1).astype(float)
    apart = distance[~np.eye(len(cells), dtype=bool)]
    known = np.where(seen, "joined by a piece", "not joined")[~np.eye(len(cells), dtype=bool)]
    bars = (
        drawing.base(drawing.rows(apart=apart, pair=known))
        .mark_bar()
        .encode(
            x=alt.X("apart:O", title="moves apart"),
            y=alt.Y("count():Q", title="pairs of cells"),
            color=alt.Color("pair:N", title=None, legend=alt.Legend(orient="bottom")),
        )
    )
    return alt.hconcat(drawing.network(place, ways), bars.properties(width=280, height=300), spacing=30)


def occupancy_prediction(task: Any, draw: Any) -> Any:
    """The discounted law of the states to come from the middle of the grid, after each of the five actions."""
    truth = np.asarray(draw(lambda key: task.sample(key).truth))
    pictures = truth[len(truth) // 2].reshape(-1, task.side, task.side)
    return drawing.tiles(pictures, ["up", "down", "left", "right", "stay"])
