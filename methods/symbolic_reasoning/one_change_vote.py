"""The commonest answer of seen triples that differ in one symbol: nearest neighbours in Hamming's distance.

**Source**: none, the cheap control for what likeness alone is worth.

    answer = argmax over t of the number of seen triples with answer t and one other symbol

**Differs from the paper**: 1. it is our control.

**Shapes**: b triples, N seen ones, n symbols.
"""

import jax
import jax.numpy as jnp

from toybench import Method

LITTLE = 1e-4  # of a vote: for the commonest answer, where no neighbour was seen
ITSELF = 1e3  # votes of a triple that was seen


class OneChangeVote(Method):
    """It has no idea of what the symbols do."""

    deterministic = True

    def answer(self, state: tuple, x: jax.Array) -> jax.Array:
        apart = (x[:, None, :] != self.given.x[None, :, :]).sum(2)
        near = (apart == 1).astype(jnp.float32) + ITSELF * (apart == 0).astype(jnp.float32)
        return (near + LITTLE) @ jax.nn.one_hot(self.given.target, self.spec.symbols)
