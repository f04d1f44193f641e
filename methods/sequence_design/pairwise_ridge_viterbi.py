"""Ridge regression on letters and neighbours of letters, and the sequence that it likes best, exactly.

**Source**: Hoerl and Kennard, "Ridge Regression", 1970, https://doi.org/10.1080/00401706.1970.10488634 (from memory),
and dynamic programming: the strongest cheap control, as three quarters of the variance have its form.

    w = (Phi' Phi + penalty I)^-1 Phi' y;    design = argmax_x w . phi(x)

**Differs from the paper**: nothing.

**Shapes**: n sequences, l letters, a kinds of letters.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.tasks.sequence_design import likeliest, one_hot


class State(NamedTuple):
    """The sequence that it designs, int32 [l]."""

    sequence: jax.Array


class PairwiseRidgeViterbi(Method):
    """It asks the scorer nothing, and designs one sequence."""

    penalty: float = 3.0  # of the squared weights

    deterministic = True
    space = {"penalty": (0.01, 0.03, 0.1, 0.2, 0.3, 0.6, 1.0, 2.0, 3.0, 6.0, 10.0, 20.0, 30.0, 60.0, 100.0)}

    def init(self, key: jax.Array) -> State:
        letters = self.spec.letters
        size = self.spec.length
        x = self.given.sequences
        both = x[:, :-1] * letters + x[:, 1:]
        features = jnp.concatenate([one_hot(x, letters), one_hot(both, letters**2)], axis=1)
        centred = self.given.values - self.given.values.mean()
        gram = features.T @ features + self.penalty * jnp.eye(features.shape[1])
        weights = jax.scipy.linalg.solve(gram, features.T @ centred, assume_a="pos")
        sites = weights[: size * letters].reshape(size, letters)
        pairs = weights[size * letters :].reshape(size - 1, letters, letters)
        return State(sequence=likeliest(sites, pairs, jnp.zeros((size - 2, letters, letters, letters))))

    def design(self, state: State, start: jax.Array, key: jax.Array) -> jax.Array:
        return jnp.broadcast_to(state.sequence[None], start.shape)
