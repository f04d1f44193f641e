"""What learned rejectors share: a convex loss of a linear score, minimised by Newton's method.

Shapes: b points, f features.
"""

import abc
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.tasks.conformal._selection import Judged

ITERATIONS = 30  # Newton steps; the losses here need fewer than 15
HALVINGS = 12  # step sizes tried: 1, 1/2, ..., 1/2048
DAMPING = 1e-6  # added to the Hessian's diagonal, for directions without curvature


class State(NamedTuple):
    """Weights of the features [f], and the score above which a point is accepted []."""

    params: jax.Array
    threshold: jax.Array


class LinearRejector(Method, abc.ABC):
    """Score = features . weights; a subclass gives the loss of a score, convex in it, and the threshold."""

    l2: float = 0.0001  # weight of the squared norm of the weights, the constant's apart

    deterministic = True
    space = {"l2": (0.0, 1e-6, 1e-5, 3e-5, 1e-4, 3e-4, 0.001, 0.003, 0.01, 0.02, 0.03, 0.1)}

    @abc.abstractmethod
    def losses(self, score: jax.Array, correct: jax.Array) -> jax.Array:
        """Loss of scores [b] where the predictor was right (1) or wrong (-1): [b]."""

    @abc.abstractmethod
    def bar(self, score: jax.Array, correct: jax.Array) -> jax.Array:
        """The score above which to accept, [], from the scores [b] of the labelled points."""

    def init(self, key: jax.Array) -> State:
        width = self.spec.features(jnp.zeros((1, 2))).shape[1]
        return State(params=jnp.zeros(width), threshold=jnp.zeros(()))

    def update(self, state: State, batch: Judged, key: jax.Array) -> State:
        phi = self.spec.features(batch.x)

        def objective(w: jax.Array) -> jax.Array:
            return jnp.mean(self.losses(phi @ w, batch.correct)) + self.l2 * jnp.sum(w[1:] ** 2)

        w = minimise(objective, state.params)
        return State(params=w, threshold=self.bar(phi @ w, batch.correct))

    def accept_score(self, state: State, x: jax.Array, confidence: jax.Array) -> jax.Array:
        return self.spec.features(x) @ state.params - state.threshold


def minimise(objective: Any, start: jax.Array) -> jax.Array:
    """Newton's method on a convex function of [f], each step the best of its halvings (none, if none helps)."""
    sizes = jnp.concatenate([jnp.zeros(1), 0.5 ** jnp.arange(float(HALVINGS))])

    def step(_: int, w: jax.Array) -> jax.Array:
        hessian = jax.hessian(objective)(w) + DAMPING * jnp.eye(len(w))
        direction = jnp.linalg.solve(hessian, jax.grad(objective)(w))
        tried = w[None] - sizes[:, None] * direction[None]
        value = jax.vmap(objective)(tried)
        return tried[jnp.argmin(jnp.where(jnp.isnan(value), jnp.inf, value))]

    return jax.lax.fori_loop(0, ITERATIONS, step, start)


def cheapest(score: jax.Array, correct: jax.Array, cost: jax.Array) -> jax.Array:
    """The threshold [] with the least rejection loss on labelled points: scores and correctness [b]."""
    order = jnp.argsort(-score)
    ranked = score[order]
    wrong = (correct[order] < 0).astype(score.dtype)
    accepted = jnp.arange(len(score) + 1.0)
    loss = jnp.concatenate([jnp.zeros(1), jnp.cumsum(wrong)]) + cost * (len(score) - accepted)
    edge = jnp.concatenate([ranked[:1] + 1, (ranked[:-1] + ranked[1:]) / 2, ranked[-1:] - 1])
    return edge[jnp.argmin(loss)]
