"""Random feature propagation: the whole trajectory of a normalised power iteration from random features.

**Source**: Eliasof, Frasca, Bevilacqua, Treister, Chechik and Maron, "Graph Positional Encoding via Random Feature
Propagation", 2023, https://arxiv.org/abs/2303.02918: the abstract, figure 1's caption and a public digest of the method
section. The paper itself and its authors' code were not found.

    X_0 ~ N(0, 1) [n, r]    X_k = normalise(S X_{k-1}), k = 1..K    encoding = [X_0, X_1, ..., X_K]

with S = D^-1/2 (A + I) D^-1/2; `norm` gives each column norm 1, `qr` makes the columns orthonormal.

**Differs from the paper**: 1. a fixed propagation operator, not the learned one. 2. Four starts are read by readers
of their own whose scores are averaged, not by an equivariant network. 3. Columns of X_k have a mean square of 1, as X_0
has.

**Shapes**: s starts, n nodes, r columns, K steps.
"""

import jax
import jax.numpy as jnp

from toybench.blocks.graphs import symmetric_normalised
from toybench.methods.node_embeddings._encodings import STARTS, Encoding

TINY = 1e-12  # the least norm that a column is divided by


class Rfp(Encoding):
    """From noise to the leading eigenvectors, and all between."""

    paper = "eliasof2023graph"

    columns: int = 8  # random features a start
    length: int = 16  # steps of the iteration, K
    normalise: str = "norm"  # `norm` or `qr`; the paper has both

    space = {"columns": (1, 2, 4, 8, 16), "normalise": ("norm", "qr")}

    def encode(self, key: jax.Array) -> jax.Array:
        reads = symmetric_normalised(self.given.edges)
        start = jax.random.normal(key, (STARTS, self.spec.nodes, self.columns))

        def step(x: jax.Array, _: None) -> tuple[jax.Array, jax.Array]:
            x = self.normalised(reads[None] @ x) * self.spec.nodes**0.5
            return x, x

        _, later = jax.lax.scan(step, start, None, length=self.length)
        return jnp.concatenate([start, *later], axis=-1)

    def normalised(self, x: jax.Array) -> jax.Array:
        """Columns [s, n, r] of norm 1, or an orthonormal basis of what they span."""
        if self.normalise == "qr":
            return jnp.linalg.qr(x)[0]
        return x / jnp.maximum(jnp.linalg.norm(x, axis=1, keepdims=True), TINY)
