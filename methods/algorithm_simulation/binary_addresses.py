"""A looped transformer that runs Dijkstra's algorithm, its nodes addressed by the signs of their number's bits.

**Source**: Giannou, Rajput, Sohn, Lee, Lee and Papailiopoulos, "Looped Transformers as Programmable Computers", 2023,
https://arxiv.org/abs/2301.13196, whose positions are written in signs (from memory; neither paper nor code was read);
the control whose width grows with the logarithm of the graph.

    a_i = 2 bits(i) - 1;   a_i . a_j = d - 2 (bits in which i and j differ)

**Differs from the paper**: 1. layers of `looped_transformer`, with the graph's head, instead of a computer's memory. 2.
the pointer is counted up exactly, which takes layers for its carries.

**Shapes**: n nodes, d bits.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.algorithm_simulation._layers import attend, dijkstra


def signs(nodes: int) -> jax.Array:
    """Addresses [n, d] of so many nodes."""
    bits = jnp.arange(max(1, (nodes - 1).bit_length()))
    return (2 * ((jnp.arange(nodes)[:, None] >> bits[None]) & 1) - 1).astype(jnp.float32)


class BinaryAddresses(Method):
    """Whole numbers tell nodes apart, and rounding leaves them as they are."""

    spacing: float = 2.0**-7  # between floats from 1 to 2, above 0; this is bfloat16's

    deterministic = True

    def distances(self, state: Any, lengths: jax.Array, nodes: jax.Array, source: jax.Array) -> jax.Array:
        here = jnp.arange(len(lengths)) < nodes
        addresses = signs(len(lengths))
        heads = attend(addresses, addresses, here, self.spacing)
        return dijkstra(heads, lengths, here, source, nodes, self.spacing)
