"""What methods with an encoder share: networks, and the loss that fits distances of codes to those of a graph.

Shapes: b rows of a batch, n points, d coordinates, z coordinates of a code.
"""

from typing import Any

import jax

from toybench.blocks.nn import MLP
from toybench.tasks.transport_maps import Cloud, lengths

WIDTH = 64  # of every network
RATES = (0.003, 0.01, 0.03, 0.1)  # of an autoencoder


def network(outputs: int) -> MLP:
    """Two hidden layers."""
    return MLP((WIDTH, WIDTH, outputs))


def distance_loss(codes: jax.Array, graph: jax.Array, scale: jax.Array) -> jax.Array:
    """Mean squared error [] of distances between codes [b, z], against the graph's [b, b] in units of `scale`."""
    found = lengths(codes[:, None, :] - codes[None, :, :])
    return ((found - graph / scale) ** 2).mean()


def of_rows(cloud: Cloud, rows: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Points [b, d] of these rows and the graph's distances [b, b] between them."""
    return cloud.points[rows], cloud.graph[rows][:, rows]


def scaled(cloud: Cloud) -> jax.Array:
    """The unit [] of the graph's distances: their standard deviation, as in the code of Sun et al."""
    return cloud.graph.std()


def straight(start: Any, end: Any, s: jax.Array) -> jax.Array:
    """Points [t, p, d] of straight lines from start to end [p, d] at shares s [t]."""
    share = s[:, None, None]
    return (1 - share) * start[None, :, :] + share * end[None, :, :]
