"""Genetic algorithm on a linear stand-in for the total time, fitted to all that was solved.

**Source**: none, a control: ridge regression on roads and pairs of roads, in place of the graph network of Madadi and
Correia, 2023, https://arxiv.org/abs/2303.06024.

    time(bits) = a + sum_i b_i bits_i + sum_ij c_ij bits_i bits_j,    ridge on b and c

**Differs from the paper**: 1. the control is ours; rounds and genetic algorithm are those of the graph network.

**Shapes**: g networks, d designs, c candidates, f features, m of a round.
"""

import jax
import jax.numpy as jnp
import numpy as np

from toybench import Method
from toybench.methods.network_design._search import Told, ask_by_stand_in, learn, nothing_told
from toybench.tasks.network_design import Answers, Solved, designs


class RidgeSurrogateGa(Method):
    """Two terms of the expansion in roads."""

    ridge: float = 0.1  # penalty on the squared coefficients of standardised times, above 0

    space = {"ridge": (0.01, 0.03, 0.1, 0.3, 1.0, 3.0)}
    deterministic = True

    def init(self, key: jax.Array) -> Told:
        return nothing_told(self.spec)

    def update(self, state: Told, batch: Answers, key: jax.Array) -> Told:
        return learn(state, batch)

    def propose(self, state: Told, key: jax.Array) -> jax.Array:
        bits = jnp.asarray(designs(self.spec.candidates, self.spec.chosen))

        def predict(time: jax.Array, solved: Solved) -> jax.Array:
            features = roads_and_pairs(jnp.concatenate([bits, solved.bits]))
            return fit(features, jnp.concatenate([time, solved.time]), self.ridge)[: len(bits)]

        score = jax.vmap(predict)(state.time, self.given.solved)
        return ask_by_stand_in(self.spec, key, score, state)


def roads_and_pairs(bits: jax.Array) -> jax.Array:
    """Bits and products of two bits of plans [d, c]: [d, f]."""
    first, second = np.triu_indices(bits.shape[1], 1)
    return jnp.concatenate([bits, bits[:, first] * bits[:, second]], axis=1)


def fit(features: jax.Array, time: jax.Array, ridge: jax.Array | float) -> jax.Array:
    """Predicted standardised times [d] of plans with features [d, f], by the times [d] that are finite."""
    known = jnp.isfinite(time).astype(features.dtype)
    count = jnp.maximum(known.sum(), 1.0)
    mean = jnp.where(known > 0, time, 0.0).sum() / count
    offset = jnp.where(known > 0, time - mean, 0.0)
    scale = jnp.sqrt((offset**2).sum() / count) + jnp.finfo(time.dtype).tiny
    centred = features - ((known[:, None] * features).sum(0) / count)[None]
    shown = known[:, None] * centred
    gram = shown.T @ shown + ridge * jnp.eye(features.shape[1])
    return centred @ jnp.linalg.solve(gram, shown.T @ (offset / scale))
