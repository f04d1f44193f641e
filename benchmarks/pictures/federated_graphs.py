"""Drawings of federated_graphs' task."""

from typing import Any

import numpy as np

from toybench.reporting import drawing


def subgraph_clients(task: Any, draw: Any) -> Any:
    """Edges of every client's graph, nodes in the order of their classes: a row of clients for each type."""
    edges = np.asarray(draw(lambda key: task.sample(key).clients.edges))
    names = [f"client {i + 1}" for i in range(len(edges))]
    return drawing.tiles(edges, names, columns=task.each, side=120)
