"""Folklore 2-WL, exact: colours of ordered pairs of nodes, refined by what both see of every third node.

**Source**: Cai, Fürer and Immerman, "An optimal lower bound on the number of variables for graph identification", 1992
(from memory), where it is the 2-dimensional method; as strong as what others call 3-WL, which strongly regular graphs
with the same parameters pass. The bound that Michel et al. (2023) say their simple paths reach beyond.

    colour_ij <- hash(colour_ij, {(colour_ik, colour_kj) : all k}),  n rounds

**Differs from the paper**: 1. a hash of 32 bits stands for the names of colours, and the sum of hashes for a multiset:
two may meet by chance. 2. n rounds, where refinement could go on for more; the graphs here settle after 4.

**Shapes**: b graphs, n nodes.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.tasks.graph_classification import Graphs, untyped

HALF = 2**16  # a colour is told as two numbers below this, which float32 holds exactly
SIDES = (3, 5)  # odd multipliers that tell the two pairs of a triangle apart
SHIFTS = (16, 13, 16)  # of MurmurHash3's finalizer, and its multipliers
MULTIPLIERS = (0x85EBCA6B, 0xC2B2AE35)
START = 0x9E3779B9  # added first, as the finalizer leaves 0 at 0


def scattered(x: jax.Array) -> jax.Array:
    """A bijection of 32-bit numbers that scatters them."""
    x = x + jnp.uint32(START)
    for shift, multiplier in zip(SHIFTS, MULTIPLIERS, strict=False):
        x = (x ^ (x >> shift)) * jnp.uint32(multiplier)
    return x ^ (x >> SHIFTS[-1])


def refined(edges: jax.Array, mask: jax.Array) -> jax.Array:
    """Colours uint32 [n, n] of the ordered pairs of one graph."""
    count = len(mask)
    there = mask[:, None] * mask[None, :]
    kind = edges + 2 * jnp.eye(count) + 4 * (1 - there)  # an edge, no edge, one node, or none

    def step(colour: jax.Array, _: None) -> tuple[jax.Array, None]:
        left = scattered(colour * jnp.uint32(SIDES[0]))
        right = scattered(colour * jnp.uint32(SIDES[1]))
        seen = scattered(left[:, None, :] + right.T[None, :, :]).sum(-1, dtype=jnp.uint32)
        return scattered(scattered(colour) + seen), None

    colour, _ = jax.lax.scan(step, scattered(kind.astype(jnp.uint32)), None, length=count)
    return colour


class Folklore2WL(Method):
    """The sorted colours of all pairs."""

    deterministic = True

    def read_out(self, state: Any, graphs: Graphs) -> jax.Array:
        found = jax.vmap(refined)(untyped(graphs), graphs.mask)
        ordered = jnp.sort(found.reshape(len(found), -1), axis=1)
        return jnp.concatenate([ordered // HALF, ordered % HALF], axis=1).astype(jnp.float32)
