"""A Gaussian process fitted by maximum likelihood.

**Source**: control; Rasmussen and Williams, "Gaussian Processes for Machine Learning", 2006,
https://gaussianprocess.org/gpml/, equations 2.23, 2.24 and 2.30.

    x(s) = sum_k (m_k + d_k n_k) sqrt(2) sin(pi k s) + 0.01 n,    max log N(x; mean, covariance) over m and d
    completed by the exact conditional law

**Differs from the paper**: 1. a mean and a diagonal covariance in sine modes, as the functions have, instead of a
kernel: the control is at its best. 2. fitted by Adam on the batches that the trained methods see.

**Shapes**: b functions, m times, k modes.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks import optim
from toybench.methods.process_generation._training import State
from toybench.tasks.process_generation import Seen

MODES = 24  # sine modes
NOISE = 1e-4  # variance of the white part, which keeps the covariance regular


class FittedGP(Method):
    """A normal law of sine coefficients."""

    lr: float = 0.02  # Adam's first learning rate, above 0

    space = {"lr": (0.005, 0.01, 0.02, 0.04, 0.08, 0.16)}
    deterministic = True  # init ignores its key on purpose

    def init(self, key: jax.Array) -> State:
        params = {"mean": jnp.zeros(MODES), "log_deviation": -jnp.log(jnp.arange(1.0, MODES + 1))}
        return State(params=params, opt=optim.adam(self.lr, self.steps).init(params))

    def law(self, params: Any, times: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Mean [m] and covariance [m, m] at the times [m]."""
        k = jnp.arange(1.0, MODES + 1)
        modes = 2**0.5 * jnp.sin(jnp.pi * k[None, :] * times[:, None])
        scaled = modes * jnp.exp(params["log_deviation"])[None, :]
        return modes @ params["mean"], scaled @ scaled.T + NOISE * jnp.eye(times.shape[0])

    def loss(self, params: Any, batch: Seen) -> jax.Array:
        """Mean negative log-likelihood a value, but for a constant."""

        def one(values: jax.Array, times: jax.Array) -> jax.Array:
            mean, covariance = self.law(params, times)
            root = jnp.linalg.cholesky(covariance)
            white = jax.scipy.linalg.solve_triangular(root, values - mean, lower=True)
            return 0.5 * (white**2).mean() + jnp.log(jnp.diagonal(root)).mean()

        return jax.vmap(one)(batch.values, batch.times).mean()

    def update(self, state: State, batch: Seen, key: jax.Array) -> State:
        gradients = jax.grad(self.loss)(state.params, batch)
        params, opt = optim.descend(optim.adam(self.lr, self.steps), gradients, state.opt, state.params)
        return State(params=params, opt=opt)

    def generate(self, state: State, key: jax.Array, count: int, times: jax.Array) -> jax.Array:
        mean, covariance = self.law(state.params, times)
        return mean[None, :] + jax.random.normal(key, (count, times.shape[0])) @ jnp.linalg.cholesky(covariance).T

    def impute(self, state: State, key: jax.Array, values: jax.Array, times: jax.Array, known: jax.Array) -> jax.Array:
        mean, covariance = self.law(state.params, times)
        both = known[:, None] & known[None, :]
        seen = jnp.where(both, covariance, jnp.eye(times.shape[0]))  # unknown values stand alone, with a residual of 0
        across = jnp.where(known[None, :], covariance, 0.0)
        gain = jnp.linalg.solve(seen, across.T).T
        residual = jnp.where(known[None, :], values - mean[None, :], 0.0)
        rest = covariance - gain @ across.T + NOISE * jnp.eye(times.shape[0])
        noise = jax.random.normal(key, values.shape) @ jnp.linalg.cholesky(rest).T
        return jnp.where(known[None, :], values, mean[None, :] + residual @ gain.T + noise)
