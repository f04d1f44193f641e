"""Drawings of graph_filters' task."""

from typing import Any

import altair as alt
import numpy as np

from toybench.reporting import drawing


def filter_regression(task: Any, draw: Any) -> alt.Chart:
    """What the signal and the target hold of each frequency: squares along the eigenvectors, most at low ones."""
    pair = draw(task.sample)
    values, vectors = np.linalg.eigh(np.asarray(pair.propagation, float))
    parts = {"signal": pair.x, "target": pair.y}
    data = drawing.rows(
        frequency=np.tile(1 - values, 2),
        square=np.concatenate([(vectors.T @ np.asarray(part, float)) ** 2 for part in parts.values()]),
        of=np.repeat(list(parts), len(values)),
    )
    return drawing.base(data).mark_circle().encode(x="frequency:Q", y="square:Q", color="of:N")
