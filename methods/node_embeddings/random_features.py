"""Random features alone: every node has numbers of its own, drawn once.

**Source**: a baseline of Eliasof et al., 2023, https://arxiv.org/abs/2303.02918; Sato, Yamada and Kashima, "Random
Features Strengthen Graph Neural Networks", 2021, https://arxiv.org/abs/2002.03155 (both abstracts).

    X ~ N(0, 1) [n, r]

**Differs from the paper**: 1. drawn once, not at every step, as the graph is one.

**Shapes**: s starts, n nodes, r columns.
"""

import jax

from toybench.methods.node_embeddings._encodings import STARTS, Encoding


class RandomFeatures(Encoding):
    """Nothing of the graph but through the reader."""

    columns: int = 32  # random features a start

    space = {"columns": (1, 2, 4, 8, 16, 32, 64)}

    def encode(self, key: jax.Array) -> jax.Array:
        return jax.random.normal(key, (STARTS, self.spec.nodes, self.columns))
