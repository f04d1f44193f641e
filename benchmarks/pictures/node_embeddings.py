"""Drawings of node_embeddings' tasks: edges between nodes, in the order of their classes."""

from typing import Any

import numpy as np

from toybench.reporting import drawing


def featureless_nodes(task: Any, draw: Any) -> Any:
    """Edges of one graph. Communities are blocks, and the few hubs of each come first."""
    return ordered(draw(task.sample))


def motif_groups(task: Any, draw: Any) -> Any:
    """Edges of one graph. Groups are blocks, wired by copies of one motif."""
    return ordered(draw(task.sample))


def path_orbits(task: Any, draw: Any) -> Any:
    """Edges of the random graph."""
    return drawing.tiles(np.asarray(draw(task.sample))[None], ["edges"], columns=1, side=240)


def ordered(world: Any) -> Any:
    """Edges, nodes sorted by class."""
    order = np.argsort(np.asarray(world.labels), kind="stable")
    edges = np.asarray(world.edges)[order][:, order]
    return drawing.tiles(edges[None], ["edges"], columns=1, side=360)
