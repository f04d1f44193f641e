"""A fixed network and batch: what is the law of a random estimate of the gradient?

Isolates the estimator from learning: no steps are taken, 4,096 estimates are drawn at the initial weights and compared
with the exact gradient. An unbiased estimate's mean is off by one standard error a coordinate, whatever their number;
one along a single random direction has a second moment that grows with the number of weights. A network of 16-16-4
units (340 weights), a batch of 64.
"""

import itertools
from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree

from toybench import Metric
from toybench.tasks.local_learning import Estimator, Layer, Weights, gradient
from toybench.tasks.local_learning._mixture import Mixture, World


class GradientEstimate(Mixture):
    """Bias, second moment and alignment of a randomised gradient."""

    depth: int = 1
    width: int = 16

    interface = Estimator
    steps = 0
    test_size = 64
    draws = 4096
    metrics = {
        "bias_z": Metric("min", "distance of the mean estimate from the gradient, in standard errors; 1 if unbiased"),
        "second_moment_ratio": Metric("info", "E|g|^2 / ((p + 2) |grad|^2), p weights; 1 for one normal direction"),
        "mean_cosine": Metric("max", "mean cosine of one estimate to the gradient"),
    }

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        exact, _ = ravel_pytree(gradient(self.spec, learner.forward_weights(), world.test))
        keys = jax.random.split(key, self.draws).reshape(16, -1)

        def flat(key: jax.Array) -> jax.Array:
            return ravel_pytree(learner.estimate(world.test, key))[0]

        def moments(keys: jax.Array) -> tuple[jax.Array, ...]:
            g = jax.vmap(flat)(keys)  # [draws / 16, p]
            size = jnp.linalg.norm(g, axis=1)
            cosines = (g @ exact) / (jnp.where(size > 0, size, 1.0) * jnp.linalg.norm(exact))
            return g.mean(0), ((g - exact[None, :]) ** 2).mean(0), (size**2).mean(), cosines.mean()

        mean, off, moment, aligned = jax.tree.map(lambda v: v.mean(0), jax.lax.map(moments, keys))
        spread = off - (mean - exact) ** 2
        random = spread > 1e-6 * off.max()  # the coordinates that are exact have no standard error
        z = (mean - exact) ** 2 / jnp.where(random, spread / self.draws, 1.0)
        return {
            "bias_z": (jnp.where(random, z, 0.0).sum() / random.sum().astype(z.dtype)) ** 0.5,
            "second_moment_ratio": moment / ((len(exact) + 2.0) * (exact**2).sum()),
            "mean_cosine": aligned,
        }

    def _network(self, world: World) -> Weights:
        """Weights for the references, which have no `init`: the centres' own numbers, cut to shape."""
        numbers = world.centres.reshape(-1)
        pairs = list(itertools.pairwise(self.spec.sizes))
        return tuple(Layer(w=jnp.resize(numbers, pair) / pair[0] ** 0.5, b=jnp.zeros(pair[1])) for pair in pairs)

    def floor(self, world: World) -> Any:
        """Noise without any part of the gradient."""
        weights = self._network(world)
        flat, unravel = ravel_pytree(weights)
        return SimpleNamespace(
            forward_weights=lambda: weights,
            estimate=lambda batch, key: unravel(jax.random.normal(key, flat.shape)),
        )

    def oracle(self, world: World) -> Any:
        """The exact gradient, and noise a tenth of its length."""
        weights = self._network(world)

        def estimate(batch: Any, key: jax.Array) -> Any:
            exact, unravel = ravel_pytree(gradient(self.spec, weights, batch))
            noise = jax.random.normal(key, exact.shape) * jnp.linalg.norm(exact) / len(exact) ** 0.5
            return unravel(exact + 0.1 * noise)

        return SimpleNamespace(forward_weights=lambda: weights, estimate=estimate)
