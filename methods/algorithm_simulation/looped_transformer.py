"""A looped transformer of constant width that runs Dijkstra's algorithm, its nodes addressed by angles.

**Source**: Back de Luca and Fountoulakis, "Simulation of Graph Algorithms with Looped Transformers", 2024,
https://arxiv.org/abs/2402.01107; abstract, and the authors' code, github.com/opallab/graphalgosimulation: `ltfs/common`
and `ltfs/dijkstra`.

    a_i = (sin, cos)(2 pi (i + 1) / (n + 1));   pointer <- nearest a_i to R(2 pi / (n + 1)) pointer

A round: the pointer goes around and the least open distance that it reads is kept. The graph's head fetches the row of
lengths of its node, distances are relaxed by it, and the node is marked.

**Differs from the paper**: 1. attention is hard and shared by equal logits, where the code has a softmax at temperature
1e-7. 2. addresses, logits, values and sums are rounded to `spacing`; the code has float64. 3. the n nodes and the
graph's row lie evenly on the circle, the widest step there is, where the code has steps of 0.01 at any n. 4. the turns
of one round of the pointer are computed at once, as they don't change what is read. 5. comparisons and choices are
exact functions, where the paper has ReLU layers that compute them for whole numbers. 6. heads that clear fields are
left out, and so is the test that ends the loop: it runs n rounds.

**Shapes**: n nodes.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.algorithm_simulation._layers import attend, dijkstra, rounded

FLOAT32 = 2.0**-23  # spacing of single precision


def angles(nodes: jax.Array, most: int, spacing: jax.Array | float) -> jax.Array:
    """Addresses [n, 2], rounded."""
    angle = 2 * jnp.pi * ((1 + jnp.arange(most)) / (1 + nodes))
    return rounded(jnp.stack([jnp.sin(angle), jnp.cos(angle)], 1), spacing)


def walk(addresses: jax.Array, here: jax.Array, nodes: jax.Array, spacing: jax.Array | float) -> jax.Array:
    """What the pointer holds at each step of its way around, [n, 2]: a turn, then the nearest address."""
    step = 2 * jnp.pi * (1 / (1 + nodes))
    sine = rounded(jnp.sin(step), spacing)
    cosine = rounded(jnp.cos(step), spacing)
    turn = jnp.stack([jnp.stack([cosine, sine]), jnp.stack([-sine, cosine])])

    def onward(pointer: jax.Array, _: None) -> tuple[jax.Array, jax.Array]:
        logits = jnp.where(here, rounded(addresses @ rounded(turn @ pointer, spacing), spacing), -jnp.inf)
        nearest = (logits == logits.max()).astype(jnp.float32)
        pointer = rounded(nearest @ addresses / nearest.sum(), spacing)
        return pointer, pointer

    _, pointers = jax.lax.scan(onward, jnp.array([0.0, 1.0]), length=len(addresses))
    return pointers


class LoopedTransformer(Method):
    """Two numbers tell nodes apart, and fewer of them the coarser numbers are."""

    spacing: float = FLOAT32  # between floats from 1 to 2, above 0; 2^-52 in the authors' code, 2^-7 for bfloat16
    rounds: int = 0  # of the loop; 0 for as many as there are nodes, as in the paper

    paper = "backdeluca2024simulation"
    deterministic = True

    def distances(self, state: Any, lengths: jax.Array, nodes: jax.Array, source: jax.Array) -> jax.Array:
        here = jnp.arange(len(lengths)) < nodes
        addresses = angles(nodes, len(lengths), self.spacing)
        heads = attend(addresses, walk(addresses, here, nodes, self.spacing), here, self.spacing)
        rounds = jnp.int32(self.rounds) if self.rounds else nodes
        return dijkstra(heads, lengths, here, source, rounds, self.spacing)
