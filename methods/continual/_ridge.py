"""Ridge regression on the expanded features, one pass over each phase.

Shapes: n examples, f features, e expanded features, c classes.
"""

from typing import Any, ClassVar, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.tasks.continual import PhaseStep, expansion, features

CHUNK = 50  # examples a step of the recursion


class Recursion(NamedTuple):
    """Inverse R [e, e] of the regularised Gram matrix, and weights [e, c]."""

    inverse: jax.Array
    weights: jax.Array


def recurse(state: Recursion, x: jax.Array, y: jax.Array) -> Recursion:
    """The recursion after examples x [n, e] with targets y [n, c]; a row of zeros in both is no example.

    K = R X' (I + X R X')^-1,    R <- R - K X R,    W <- W + K (Y - X W)

    K is R X' of the R after the step; in this form rounding adds up least.
    """
    across = state.inverse @ x.T
    gain = jnp.linalg.solve(jnp.eye(len(x)) + x @ across, across.T).T
    inverse = state.inverse - gain @ across.T
    return Recursion(0.5 * (inverse + inverse.T), state.weights + gain @ (y - x @ state.weights))


def recurse_over(state: Recursion, x: jax.Array, y: jax.Array) -> Recursion:
    """The recursion over examples [n, e] and [n, c] in chunks."""
    pad = -len(x) % CHUNK
    x, y = (jnp.pad(leaf, ((0, pad), (0, 0))).reshape(-1, CHUNK, leaf.shape[-1]) for leaf in (x, y))
    return jax.lax.scan(lambda s, xy: (recurse(s, *xy), None), state, (x, y))[0]


class Ridge(Method):
    """Base of the closed-form classifiers: a subclass learns a whole phase at its first step."""

    gamma: float = 1.0  # penalty on squared weights; the papers' values lie between 0.001 and 1,000

    space: ClassVar = {"gamma": (0.1, 1.0, 10.0)}
    deterministic = True

    def learn(self, state: Any, x: jax.Array, y: jax.Array, batch: PhaseStep, key: jax.Array) -> Any:
        """The state after a phase's expanded features [n, e] with one-hot labels [n, c]; padding is zeros."""
        raise TypeError(f"{self.name} has no way to learn a phase; give it a method `learn`.")

    def solution(self, state: Any) -> jax.Array:
        """Weights [e, c]."""
        raise TypeError(f"{self.name} has no weights; give it a method `solution`.")

    def ridge(self, state: Any) -> jax.Array:
        return jnp.asarray(self.gamma)

    def update(self, state: Any, batch: PhaseStep, key: jax.Array) -> Any:
        def learn() -> Any:
            weight = batch.data.weight[:, None]
            x = expansion(self.given, features(self.given, batch.data.x)) * weight
            return self.learn(state, x, jax.nn.one_hot(batch.data.y, self.spec.classes) * weight, batch, key)

        return jax.lax.cond(batch.position == 0, learn, lambda: state)

    def class_scores(self, state: Any, x: jax.Array) -> jax.Array:
        return expansion(self.given, features(self.given, x)) @ self.solution(state)
