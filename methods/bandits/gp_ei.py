"""A Gaussian process with a stationary kernel whose length, height and level are learned from the family.

**Source**: Jones, Schonlau and Welch, "Efficient Global Optimization of Expensive Black-Box Functions", 1998,
https://doi.org/10.1023/A:1008306431147 (expected improvement); a baseline of Maraval et al., 2023.

    k(x, x') = s^2 exp(-(x - x')^2 / (2 l^2)),   y ~ N(m, k + noise);   look = argmax E max(y - best, 0)

**Differs from the paper**: 1. m, s and l are fitted by Adam to the likelihood of the training curves, all grid points
at once, which is more than the single curve that it is usually fitted to.

**Shapes**: b curves, k grid points.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from toybench.blocks import optim
from toybench.methods.bandits._gaussian_curves import GaussianCurves
from toybench.tasks.bandits.related_curves import NOISE, Episode


class State(NamedTuple):
    """(m, log s, log l) and Adam's moments."""

    params: Any
    opt: Any


class GPEI(GaussianCurves):
    """Knows how rough a curve of the family is, not where its peak tends to be."""

    lr: float = 0.03  # Adam's learning rate

    deterministic = True
    space = {"lr": (0.001, 0.003, 0.01, 0.03, 0.1, 0.3)}

    @property
    def optimizer(self) -> optax.GradientTransformation:
        return optim.adam(self.lr)

    def init(self, key: jax.Array) -> State:
        params = jnp.array([0.0, -0.7, -2.0])
        return State(params=params, opt=self.optimizer.init(params))

    def prior(self, params: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Mean and covariance of a curve."""
        x = jnp.linspace(0, 1, self.spec.points)
        apart = (x[:, None] - x[None, :]) / jnp.exp(params[2])
        return jnp.full(x.shape, params[0]), jnp.exp(2 * params[1]) * jnp.exp(-0.5 * apart**2)

    def loss(self, params: jax.Array, values: jax.Array) -> jax.Array:
        """Mean negative log likelihood of the curves, without constants."""
        mean, covariance = self.prior(params)
        root = jnp.linalg.cholesky(covariance + NOISE**2 * jnp.eye(len(mean)))
        white = jax.scipy.linalg.solve_triangular(root, (values - mean[None]).T, lower=True)
        return 0.5 * (white**2).sum(0).mean() + jnp.log(jnp.diagonal(root)).sum()

    def update(self, state: State, batch: Episode, key: jax.Array) -> State:
        grads = jax.grad(self.loss)(state.params, batch.values)
        params, opt = optim.descend(self.optimizer, grads, state.opt, state.params)
        return State(params=params, opt=opt)

    def moments(self, state: State) -> tuple[jax.Array, jax.Array]:
        return self.prior(state.params)
