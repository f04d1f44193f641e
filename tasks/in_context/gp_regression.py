"""Functions from a Gaussian process in the prompt: a few noisy points, and the distribution at other inputs.

Isolates whether a network that is trained on draws from a prior comes to compute the posterior predictive. With fixed
hyperparameters the exact answer is a formula; under a hyper-prior it is an average over hyperparameters, and picking
the most likely ones instead is overconfident when there are few points.

Sizes: 0 to 10 context points on [0, 1], 6 queries a function, 16 fresh functions a step, 396 test functions.
"""

from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.tasks.in_context._regression import (
    FunctionRegression,
    Functions,
    FunctionSpec,
    function_log_posterior,
    hyperparameters,
    log_normal,
    rbf,
)

FEW = 5  # context points at most in the few-shot metric


class GPRegression(Task):
    """Functions have an RBF kernel; how many context points are seen is uniform from 0 to `context`."""

    context: int = 10  # context points at most
    queries: int = 6  # queries a function
    noise: float = 0.2  # standard deviation of the observation noise, known; the output scale's median is 1
    length: float = 0.3  # RBF length scale, or its median under the hyper-prior
    hyperprior: str = "fixed"  # fixed; lognormal: length and output scale have log-standard deviations 0.8 and 0.6
    batch: int = 16  # functions a step
    tests: int = 396  # test functions, a multiple of context + 1

    interface = FunctionRegression
    steps = 1600
    checkpoints = 3
    metrics = {
        "nll": Metric("min", "negative log density of held-out noisy responses, nats"),
        "nll_gap_to_exact": Metric("min", "nll minus that of the exact posterior predictive, nats"),
        "nll_few_shot": Metric("min", f"nll after 1 to {FEW} context points, nats"),
        "gap_few_shot": Metric("min", f"nll_gap_to_exact after 1 to {FEW} context points, nats"),
        "gap_many_shot": Metric("min", f"nll_gap_to_exact after more than {FEW} context points, nats"),
    }

    @property
    def spec(self) -> FunctionSpec:
        if self.hyperprior not in ("fixed", "lognormal"):
            raise ValueError(f"gp_regression: hyperprior is '{self.hyperprior}'; write fixed or lognormal.")
        wide = self.hyperprior == "lognormal"
        return FunctionSpec(
            context=self.context,
            queries=self.queries,
            noise=self.noise,
            length=self.length,
            length_spread=0.8 if wide else 0.0,
            scale_spread=0.6 if wide else 0.0,
        )

    def functions(self, key: jax.Array, count: int) -> tuple[jax.Array, jax.Array, jax.Array]:
        """Inputs and noisy responses [count, context + queries], and numbers of context points [count]."""
        spec, t = self.spec, self.context + self.queries
        flat = jax.random.normal(key, (count, 2 * t + 3))
        x = jax.scipy.special.ndtr(flat[:, :t])
        length = spec.length * jnp.exp(spec.length_spread * flat[:, -1])[:, None, None]
        scale = jnp.exp(spec.scale_spread * flat[:, -2])[:, None, None]
        kernel = scale**2 * rbf(x, x, length) + self.noise**2 * jnp.eye(t)[None]
        y = jnp.einsum("bij,bj->bi", jnp.linalg.cholesky(kernel), flat[:, t : 2 * t])
        seen = (jax.scipy.special.ndtr(flat[:, -3]) * (self.context + 1)).astype(jnp.int32)
        return x, y, jnp.minimum(seen, self.context)

    def split(self, x: jax.Array, y: jax.Array, seen: jax.Array) -> Functions:
        n = self.context
        return Functions(x=x[:, :n], y=y[:, :n], seen=seen, query=x[:, n:], target=y[:, n:])

    def sample(self, key: jax.Array) -> Functions:
        """Test functions, every number of context points equally often."""
        x, y, _ = self.functions(key, self.tests)
        return self.split(x, y, jnp.arange(self.tests) % (self.context + 1))

    def draw(self, world: Functions, key: jax.Array, learner: Any) -> tuple[Functions, Functions]:
        return world, self.split(*self.functions(key, self.batch))

    def evaluate(self, world: Functions, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        exact = function_log_posterior(self.spec, *world).mean(-1)
        told = learner.log_density(*world).mean(-1)  # [b]
        few, many = (world.seen >= 1) & (world.seen <= FEW), world.seen > FEW

        def mean(v: jax.Array, where: jax.Array) -> jax.Array:
            return jnp.where(where, v, 0.0).sum() / where.sum().astype(v.dtype)

        return {
            "nll": -told.mean(),
            "nll_gap_to_exact": (exact - told).mean(),
            "nll_few_shot": -mean(told, few),
            "gap_few_shot": mean(exact - told, few),
            "gap_many_shot": mean(exact - told, many),
        }

    def floor(self, world: Functions) -> Any:
        """The prior predictive, whatever the context."""
        _, scale, weight = hyperparameters(self.spec)
        variance = jnp.asarray(scale)[:, None, None] ** 2 + self.noise**2

        def log_density(x: Any, y: Any, seen: Any, query: Any, target: jax.Array) -> jax.Array:
            each = jnp.log(jnp.asarray(weight))[:, None, None] + log_normal(target[None], jnp.zeros(()), variance)
            return jax.nn.logsumexp(each, axis=0)

        return SimpleNamespace(log_density=log_density)

    def oracle(self, world: Functions) -> Any:
        """The exact posterior predictive."""
        return SimpleNamespace(log_density=lambda *asked: function_log_posterior(self.spec, *asked))
