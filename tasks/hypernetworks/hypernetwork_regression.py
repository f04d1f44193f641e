"""Waves whose frequency and phase are the hyperparameters: y = sin((1 + 4 gamma_1) x + 2 pi gamma_2).

Isolates how a hypernetwork's start and its dependence on the size of gamma shape its training. Gamma is uniform in the
unit square, x uniform in [-2, 2]; every batch is fresh, 32 gamma with 16 points each, so that there is no
overfitting. The main network has 321 weights. Adam, or gradient descent with momentum 0.9, at a constant rate.

The slope of log |weights(s gamma)| in log s over s from 1/16 to 1 is the exponent with which the generated weights
follow the size of gamma: 1 for leaky relu layers without biases, 0 where the size is lost.
"""

from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks.random import uniforms
from toybench.tasks.hypernetworks import KNOBS, History, Hypernetwork, Points, Spec

GAMMAS = 32  # hyperparameter vectors of a batch
POINTS = 16  # for each
REACH = 2.0  # inputs lie between -REACH and REACH
FASTER = 4.0  # the frequency is up to so much above 1
EARLY = (200, 300)  # updates whose mean loss is called early
SCALES = tuple(2.0**-k for k in range(5))  # of gamma, for the exponent
LEAST = 1e-6  # a smaller loss counts as this, so that the oracle has a logarithm


class HypernetworkRegression(Task):
    """One family of waves; all instances are alike but for their test points."""

    optimizer: str = "adam"  # `adam`, or `sgd` with momentum 0.9
    tested: int = 256  # hyperparameter vectors of the test set

    interface = Hypernetwork
    steps = 1200
    checkpoints = 2
    metrics = {
        "log10_loss": Metric("min", "log10 of the mean squared error on fresh points"),
        "log10_early_loss": Metric("min", "log10 of the mean loss of updates 200 to 300"),
        "gradient_spread": Metric("min", "standard deviation of the gradient's norm over training, over its mean"),
        "scale_exponent": Metric("info", "slope of log |weights(s gamma)| in log s before the first step"),
    }

    @property
    def spec(self) -> Spec:
        return Spec(optimizer=self.optimizer, early=EARLY)

    def sample(self, key: jax.Array) -> Points:
        """The test points."""
        return points(key, self.tested)

    def draw(self, world: Points, key: jax.Array, learner: Any) -> tuple[Points, Points]:
        return world, points(key, GAMMAS)

    def evaluate(self, world: Points, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        history = learner.history()
        miss = learner.respond(world.gamma, world.x) - world.y
        return {
            "log10_loss": log10((miss**2).mean()),
            "log10_early_loss": log10(history.early_loss),
            "gradient_spread": history.norm_std / jnp.maximum(history.norm_mean, LEAST),
            "scale_exponent": self.exponent(world.gamma, learner.first_weights),
        }

    def exponent(self, gamma: jax.Array, weights: Any) -> jax.Array:
        """Least-squares slope of log |weights(s gamma)| in log s, mean over gamma."""
        scales = jnp.log(jnp.asarray(SCALES))
        norms = jnp.stack([jnp.log(jnp.linalg.norm(weights(s * gamma), axis=-1) + LEAST) for s in SCALES])
        apart = scales - scales.mean()
        return (apart[:, None] * norms).sum(0).mean() / (apart**2).sum()

    def floor(self, world: Points) -> Any:
        """Answers 0, the mean."""
        return reference(jnp.zeros_like)

    def oracle(self, world: Points) -> Any:
        """The wave itself."""
        return reference(lambda x: wave(world.gamma, x))


def points(key: jax.Array, count: int) -> Points:
    """Fresh points of so many waves."""
    drawn = uniforms(key, gamma=(count, KNOBS), x=(count, POINTS))
    x = REACH * (2 * drawn["x"] - 1)
    return Points(gamma=drawn["gamma"], x=x, y=wave(drawn["gamma"], x))


def wave(gamma: jax.Array, x: jax.Array) -> jax.Array:
    """sin((1 + 4 gamma_1) x + 2 pi gamma_2), [b, m]."""
    return jnp.sin((1 + FASTER * gamma[:, :1]) * x + 2 * jnp.pi * gamma[:, 1:])


def log10(loss: jax.Array) -> jax.Array:
    """Logarithm of a loss, finite at 0."""
    return jnp.log10(jnp.maximum(loss, LEAST))


def reference(respond: Any) -> Any:
    """A learner without training, whose outputs depend on x alone."""

    def first_weights(gamma: jax.Array) -> jax.Array:
        return jnp.ones((gamma.shape[0], 1))

    nothing = jnp.zeros(())
    trained = History(early_loss=jnp.asarray(0.5), norm_mean=nothing, norm_std=nothing)
    return SimpleNamespace(respond=lambda gamma, x: respond(x), first_weights=first_weights, history=lambda: trained)
