"""Genetic algorithm on a linear stand-in for the total time.

**Source**: none, a control: ridge regression on roads and pairs of roads, in place of the graph network of Madadi and
Correia, 2023, https://arxiv.org/abs/2303.06024.

    time(bits) = a + sum_i b_i bits_i + sum_ij c_ij bits_i bits_j,    ridge on b and c; c is 0 without pairs

**Differs from the paper**: 1. the control is ours; it is fitted once to the plans that are given and searched as the
graph network is.

**Shapes**: g networks, d designs, c candidates, f features, n solved plans.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from toybench import Method
from toybench.methods.network_design._search import Told, ask, learn, nothing_told, search_stand_in
from toybench.tasks.network_design import Answers, designs


class State(NamedTuple):
    """What was told, and predicted times [g, d], `LATER` more where the genetic algorithm was not."""

    told: Told
    score: jax.Array


class RidgeSurrogateGa(Method):
    """One or two terms of the expansion in roads."""

    ridge: float = 0.1  # penalty on the squared coefficients of standardised times, above 0
    pairs: bool = True  # whether pairs of roads have coefficients of their own

    space = {"ridge": (0.01, 0.03, 0.1, 0.3, 1.0, 3.0)}

    def init(self, key: jax.Array) -> State:
        bits = jnp.asarray(designs(self.spec.candidates, self.spec.chosen))
        features = roads_and_pairs if self.pairs else roads
        score = jax.vmap(lambda solved: predict(features(bits), features(solved.bits), solved.time, self.ridge))(
            self.given.solved
        )
        return State(told=nothing_told(self.spec), score=search_stand_in(self.spec, key, score))

    def update(self, state: State, batch: Answers, key: jax.Array) -> State:
        return state._replace(told=learn(state.told, batch))

    def propose(self, state: State, key: jax.Array) -> jax.Array:
        return ask(state.score, state.told, self.spec.asked)


def roads(bits: jax.Array) -> jax.Array:
    """Bits of plans, as they are."""
    return bits


def roads_and_pairs(bits: jax.Array) -> jax.Array:
    """Bits and products of two bits of plans [n, c]: [n, f]."""
    first, second = np.triu_indices(bits.shape[1], 1)
    return jnp.concatenate([bits, bits[:, first] * bits[:, second]], axis=1)


def predict(features: jax.Array, shown: jax.Array, time: jax.Array, ridge: jax.Array | float) -> jax.Array:
    """Standardised times [d] of designs with features [d, f], by plans with features [n, f] and times [n]."""
    mean = shown.mean(0, keepdims=True)
    target = (time - time.mean()) / time.std()
    centred = shown - mean
    gram = centred.T @ centred + ridge * jnp.eye(shown.shape[1])
    return (features - mean) @ jnp.linalg.solve(gram, centred.T @ target)
