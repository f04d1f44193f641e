"""Cities and short tours through them."""

from typing import Any

import altair as alt
import numpy as np

from toybench.reporting import drawing


def euclidean_tsp(task: Any, draw: Any) -> Any:
    """The first instance of the test, and its shortest tour."""
    xy, tour = draw(lambda key: task.sample(key)[:2])
    return _tour(np.asarray(xy)[0], np.asarray(tour)[0])


def guided_search(task: Any, draw: Any) -> Any:
    """The first instance of the test, and its reference tour."""
    xy, tour = draw(lambda key: task.sample(key)[:2])
    return _tour(np.asarray(xy)[0], np.asarray(tour)[0])


def _tour(xy: np.ndarray, tour: np.ndarray) -> Any:
    """A closed line through places [n, 2] in the order of a tour [n]."""
    closed = xy[np.append(tour, tour[0])]
    data = drawing.rows(x=closed[:, 0], y=closed[:, 1], place=np.arange(len(closed)))
    return (
        drawing.base(data)
        .mark_line(point=True)
        .encode(x=alt.X("x:Q"), y=alt.Y("y:Q"), order=alt.Order("place:Q"))
        .properties(width=280, height=280)
    )
