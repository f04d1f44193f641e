"""A looped transformer of constant width that runs Dijkstra's algorithm, its nodes addressed by angles.

**Source**: Back de Luca and Fountoulakis, "Simulation of Graph Algorithms with Looped Transformers", 2024,
https://arxiv.org/abs/2402.01107; abstract, and the authors' code, github.com/opallab/graphalgosimulation:
`ltfs/config.py`, `ltfs/common` and `ltfs/dijkstra`.

    a_i = (sin, cos)(phase + 2 pi (i + 1) / (n + 1));   pointer <- nearest a_i to R(2 pi / (n + 1)) pointer

A round: the pointer goes around and the least open distance that it reads is kept. The graph's head fetches the row of
lengths of its node, distances are relaxed by it, and the node is marked.

**Differs from the paper**: 1. attention is hard and shared by equal logits, where the code has a softmax at temperature
1e-7. 2. addresses, logits, values and sums are rounded to `spacing`; the code has float64. 3. the n nodes and the
graph's row lie evenly on the circle, the widest step there is, where the code has steps of 0.01 at any n; the phase is
random, as nothing should hang on it. 4. after a turn the pointer becomes the mean of the addresses of largest logit
(`snap=nearest`). The code's two rounding layers are `snap=flags`: each node says whether the pointer's logit isn't
below its own, and the pointer becomes the mean of those that do. With ties as hard they lose it in small graphs. 5. the
turns of one round of the pointer are computed at once, as they don't change what is read. 6. comparisons and choices
are exact functions, where the paper has ReLU layers that compute them for whole numbers. 7. heads that clear fields are
left out, and so is the test that ends the loop: it runs n rounds, also where lost marks would never end it. 8. visited
nodes and those without a path are equally far.

**Shapes**: n nodes.
"""

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.algorithm_simulation._layers import HALF, attend, dijkstra, rounded

FLOAT32 = 2.0**-23  # spacing of single precision


def angles(nodes: jax.Array, most: int, phase: jax.Array, spacing: jax.Array | float) -> jax.Array:
    """Addresses [1 + n, 2] of the graph's row and of the nodes, rounded."""
    angle = phase + 2 * jnp.pi * (jnp.arange(1 + most) / (1 + nodes))
    return rounded(jnp.stack([jnp.sin(angle), jnp.cos(angle)], 1), spacing)


def nearest(addresses: jax.Array, here: jax.Array, pointer: jax.Array, spacing: jax.Array | float) -> jax.Array:
    """The mean of the addresses whose logits are largest."""
    logits = jnp.where(here, rounded(addresses @ pointer, spacing), -jnp.inf)
    chosen = (logits == logits.max()).astype(jnp.float32)
    return chosen @ addresses / chosen.sum()


def flags(addresses: jax.Array, here: jax.Array, pointer: jax.Array, spacing: jax.Array | float) -> jax.Array:
    """The mean of the addresses of nodes that give the graph's row enough weight; its own flag counts against them."""
    heads = attend(addresses, pointer[None], here, spacing)
    flagged = (here & (heads.flag[0] > HALF)).astype(jnp.float32)
    own = (2 - heads.read[0].sum() > HALF).astype(jnp.float32)
    return 2 * (flagged @ addresses) / jnp.maximum(1.0, flagged.sum() + own)


def walk(
    addresses: jax.Array, here: jax.Array, nodes: jax.Array, start: jax.Array, snap: str, spacing: jax.Array | float
) -> jax.Array:
    """What the pointer holds at each step of its way around, [n, 2]: a turn, then the snap to addresses."""
    step = 2 * jnp.pi * (1 / (1 + nodes))
    sine = rounded(jnp.sin(step), spacing)
    cosine = rounded(jnp.cos(step), spacing)
    turn = jnp.stack([jnp.stack([cosine, sine]), jnp.stack([-sine, cosine])])

    def onward(pointer: jax.Array, _: None) -> tuple[jax.Array, jax.Array]:
        turned = rounded(turn @ pointer, spacing)
        snapped = (flags if snap == "flags" else nearest)(addresses, here, turned, spacing)
        pointer = rounded(snapped, spacing)
        return pointer, pointer

    _, pointers = jax.lax.scan(onward, start, length=len(addresses))
    return pointers


class LoopedTransformer(Method):
    """Two numbers tell nodes apart, and fewer of them the coarser numbers are."""

    spacing: float = FLOAT32  # between floats from 1 to 2, above 0; 2^-52 in the authors' code, 2^-7 for bfloat16
    rounds: int = 0  # of the loop; 0 for as many as there are nodes, as in the paper
    snap: str = "nearest"  # of the pointer after a turn: nearest, or flags as in the authors' code

    paper = "backdeluca2024simulation"

    def init(self, key: jax.Array) -> jax.Array:
        """The phase of the circle, []."""
        return 2 * jnp.pi * jax.random.uniform(key)

    def distances(self, state: jax.Array, lengths: jax.Array, nodes: jax.Array, source: jax.Array) -> jax.Array:
        here = jnp.arange(len(lengths)) < nodes
        every = angles(nodes, len(lengths), state, self.spacing)
        addresses = every[1:]
        pointers = walk(addresses, here, nodes, every[0], self.snap, self.spacing)
        heads = attend(addresses, pointers, here, self.spacing)
        rounds = jnp.int32(self.rounds) if self.rounds else nodes
        return dijkstra(heads, lengths, here, source, rounds, self.spacing)
