"""Distance of mean embeddings by a graph network with random weights.

**Source**: a graph isomorphism network (Xu et al., "How Powerful are Graph Neural Networks?", 2019, equation 4.1, from
memory) without training. The rival is ours; which ones Cao et al., 2023, compare with was not read.

    h <- tanh(((h + A h) / (mean degree)) W),  twice from log degrees and ones;  score = - | mean h - mean h' |

**Differs from the paper**: 1. One layer a step; sums over neighbours are divided by the mean degree of all corpora.
2. `mixture=best` weighs the two sources of a corpus as suits the downstream graphs best.

**Shapes**: m corpora, s = 2 sources, g graphs, n nodes, w numbers of an embedding, a mixtures.
"""

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks.random import normals
from toybench.tasks.transferability import mixtures

WIDTH = 128  # numbers of an embedding; so many that the draw of weights hardly matters


class EmbeddingDistance(Method):
    """A random network."""

    gain: float = 2.0  # of the random weights over one by the root of their inputs, above 0
    mixture: str = "mean"  # of the two sources, or the `best`, or the better of the `sources`

    space = {"gain": (1.0, 2.0, 4.0)}

    def init(self, key: jax.Array) -> dict[str, jax.Array]:
        return normals(key, first=(2, WIDTH), second=(WIDTH, WIDTH))

    def feasibility(self, state: dict[str, jax.Array], corpora: jax.Array, downstream: jax.Array) -> jax.Array:
        usual = corpora.sum(-1).mean()
        embedded = jax.vmap(lambda edges: self.embedded(state, edges, usual))
        sources = jax.vmap(jax.vmap(lambda graphs: embedded(graphs).mean((0, 1))))(corpora)
        apart = mixtures(sources, self.mixture) - embedded(downstream).mean((0, 1))[None, None]
        return -jnp.linalg.norm(apart, axis=2).min(1)

    def embedded(self, state: dict[str, jax.Array], edges: jax.Array, usual: jax.Array) -> jax.Array:
        """Embeddings [n, w] of the nodes of a graph [n, n]; `usual` is the mean degree."""
        degree = edges.sum(1)
        h = jnp.stack([jnp.log1p(degree) - jnp.log1p(usual), jnp.ones_like(degree)], axis=1)
        for weights in (state["first"], state["second"]):
            h = jnp.tanh(self.gain * ((h + edges @ h) / usual) @ weights / len(weights) ** 0.5)
        return h
