"""What the graphs look like, and how far the way back is from the way there."""

from typing import Any

import altair as alt
import numpy as np

from toybench.reporting import drawing

NOWHERE = 24  # where a distance is drawn that doesn't exist


def random_digraph(task: Any, draw: Any) -> Any:
    """Left: the graph, laid out so that near nodes lie near each other. Right: every pair of nodes, by the distance
    there and back."""
    weights, distance = draw(lambda key: task.sample(key)[:2])
    near = np.minimum(distance, distance.T)
    return _both(_scaled(near), weights, distance)


def one_way_grid(task: Any, draw: Any) -> Any:
    """Left: the grid; half of the passages are one-way doors. Right: every pair of nodes, by the distance there and
    back; the outermost marks are ways that don't exist."""
    weights, distance = draw(lambda key: task.sample(key)[:2])
    row, column = np.divmod(np.arange(task.count), task.side)
    return _both(np.stack([column, -row], 1).astype(float), weights, distance)


def hierarchy(task: Any, draw: Any) -> Any:
    """Left: the tree; nodes without a way up are reached one way. Right: every pair of nodes, by the distance there
    and back; the outermost marks are ways that don't exist."""
    weights, distance = draw(lambda key: task.sample(key)[:2])
    node = np.arange(task.count)
    level = np.floor(np.log2(node + 1))
    across = (node + 1 - 2**level + 0.5) / 2**level
    return _both(np.stack([across, -level], 1), weights, distance)


def _scaled(distance: np.ndarray) -> np.ndarray:
    """Classical scaling of symmetric distances [n, n] to the plane."""
    n = len(distance)
    centre = np.eye(n) - 1 / n
    values, vectors = np.linalg.eigh(-0.5 * centre @ distance**2 @ centre)
    return vectors[:, -2:] * np.sqrt(np.maximum(values[-2:], 0))


def _both(place: np.ndarray, weights: np.ndarray, distance: np.ndarray) -> Any:
    finite = np.where(np.isfinite(distance), distance, NOWHERE)
    pairs = np.stack([finite.ravel(), finite.T.ravel()], 1)[~np.eye(len(finite), dtype=bool).ravel()]
    found, many = np.unique(pairs, axis=0, return_counts=True)
    chart = drawing.base(drawing.rows(there=found[:, 0], back=found[:, 1], pairs=many)).mark_circle(opacity=0.8)
    ways = chart.encode(
        x=alt.X("there:Q", title="distance there"),
        y=alt.Y("back:Q", title="distance back"),
        size=alt.Size("pairs:Q", title="pairs", legend=alt.Legend(orient="bottom")),
        tooltip=["there:Q", "back:Q", "pairs:Q"],
    )
    return alt.hconcat(
        drawing.network(place, weights), ways.properties(width=260, height=300), spacing=30
    ).resolve_scale(color="independent", size="independent")
