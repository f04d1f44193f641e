"""What a network, a maze and a grid with agents look like."""

from typing import Any

import altair as alt
import numpy as np

from toybench.reporting import drawing


def geometric_routing(task: Any, draw: Any) -> Any:
    """Networks of 60 nodes with 5 and with 12 neighbours on average."""

    def drawn(key: Any) -> Any:
        made = task.sample(key).test
        dense = 2 * task.graphs  # the first graph of the third group
        return made.points[:: max(dense, 1)][:2], made.neighbours[::dense][:2], made.present[::dense][:2]

    points, neighbours, present = (np.asarray(x) for x in draw(drawn))
    charts = []
    for place, near, there in zip(points, neighbours, present, strict=True):
        known = np.flatnonzero(there.any(1))
        ways = np.full((len(place), len(place)), np.inf)
        rows, slots = np.nonzero(there)
        ways[rows, near[rows, slots]] = 1.0
        charts.append(drawing.network(place[known], ways[np.ix_(known, known)]))
    return alt.hconcat(*charts, spacing=30)


def home_run(task: Any, draw: Any) -> Any:
    """Left: a maze. Right: the steps that a walk of 80 steps took."""

    def drawn(key: Any) -> Any:
        test = task.sample(key).test
        return test.truth[0], test.memory.walked[0]

    side = task.side
    cells = np.arange(side * side)
    row, column = np.divmod(cells, side)
    place = np.stack([column, -row], 1).astype(float)
    charts = []
    for steps in (np.asarray(x) for x in draw(drawn)):
        ways = np.full((len(cells), len(cells)), np.inf)
        for (down, right), there in zip(((-1, 0), (1, 0), (0, -1), (0, 1)), steps.reshape(4, -1), strict=True):
            here = cells[there]
            ways[here, here + down * side + right] = 1.0
        charts.append(drawing.network(place, ways))
    return alt.hconcat(*charts, spacing=30)


def grid_mapf(task: Any, draw: Any) -> Any:
    """Three instances: obstacles dark, the agents' starts and goals as letters, small and capital."""

    def drawn(key: Any) -> Any:
        made = task.sample(key).test
        return made.free[:3], made.start[:3], made.goal[:3]

    free, start, goal = (np.asarray(x) for x in draw(drawn))
    charts = []
    for cells, begins, ends in zip(free, start, goal, strict=True):
        y, x = np.divmod(np.arange(len(cells)), task.side)
        squares = drawing.base(drawing.rows(x=x, y=y, free=cells)).mark_rect(stroke="#ddd")
        squares = squares.encode(
            x=alt.X("x:O", axis=None),
            y=alt.Y("y:O", axis=None),
            color=alt.Color("free:N", legend=None, scale=alt.Scale(domain=[True, False], range=["white", "#555"])),
        )
        letters = []
        for agent, (a, b) in enumerate(zip(begins, ends, strict=True)):
            for cell, name in ((a, chr(97 + agent)), (b, chr(65 + agent))):
                letters.append({"x": int(cell % task.side), "y": int(cell // task.side), "name": name})
        text = drawing.base(letters).mark_text(fontWeight="bold")
        text = text.encode(x=alt.X("x:O", axis=None), y=alt.Y("y:O", axis=None), text="name:N")
        charts.append((squares + text).properties(width=180, height=180))
    return alt.hconcat(*charts, spacing=30)
