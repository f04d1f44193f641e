"""Maximum mean discrepancy of degrees: of the nodes of a corpus against those of the downstream graphs.

**Source**: Gretton et al., "A Kernel Two-Sample Test", 2012, equation 5, from memory; a control.

    score = - | mean feature of the corpus - mean feature of downstream nodes |^2,  Gaussian kernel of degree / n

**Differs from the paper**: 1. `mixture=best` weighs the two sources of a corpus as suits the downstream graphs best.

**Shapes**: m corpora, s = 2 sources, g graphs, n nodes, a mixtures.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.tasks.transferability import mixtures


class DegreeMMD(Method):
    """Degrees alone."""

    bandwidth: float = 0.1  # of the kernel, as a share of n, above 0
    mixture: str = "mean"  # of the two sources, or the `best`, or the better of the `sources`

    deterministic = True
    space = {"bandwidth": (0.03, 0.1, 0.3)}

    def feasibility(self, state: Any, corpora: jax.Array, downstream: jax.Array) -> jax.Array:
        nodes = self.spec.nodes
        values = jnp.arange(nodes, dtype=jnp.float32) / nodes
        kernel = jnp.exp(-((values[:, None] - values[None, :]) ** 2) / (2 * self.bandwidth**2))
        mixed = mixtures(self.shares(corpora), self.mixture)
        apart = mixed - self.shares(downstream)[None, None]
        return -jnp.einsum("mai,ij,maj->ma", apart, kernel, apart).min(1)

    def shares(self, graphs: jax.Array) -> jax.Array:
        """Share [..., n] of nodes of each degree, 0 to n - 1, over graphs [..., g, n, n]."""
        degrees = jnp.round(graphs.sum(-1)).astype(jnp.int32)
        return jax.nn.one_hot(degrees, self.spec.nodes).mean((-3, -2))
