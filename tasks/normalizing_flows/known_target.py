"""A product of mixtures of two Gaussians: 2 ** dims modes that overlap, with exact density and exact samples.

The toy of Vaitl et al. (2024), there as here in six dimensions.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Task
from toybench.tasks.normalizing_flows import Batch, Density, Spec
from toybench.tasks.normalizing_flows._product import ESS, FORWARD_KL, draws, exact, measure, standard_normal


class KnownTarget(Task):
    """The energy is known, and every batch is of new samples."""

    dims: int = 6  # coordinates
    batch: int = 64  # points a step
    test: int = 2000  # exact draws to judge by

    interface = Density
    steps = 2000
    checkpoints = 2
    metrics = {"ess": ESS, "forward_kl": FORWARD_KL}

    @property
    def spec(self) -> Spec:
        return Spec(dims=self.dims, batch=self.batch, known=True)

    def sample(self, key: jax.Array) -> jax.Array:
        """Exact draws to test on [n, d]."""
        return draws(key, self.test, self.dims)

    def draw(self, world: jax.Array, key: jax.Array, learner: Any) -> tuple[jax.Array, Batch]:
        """New exact samples."""
        return world, Batch(x=draws(key, self.batch, self.dims), row=jnp.zeros(self.batch, jnp.int32))

    def evaluate(self, world: jax.Array, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        return measure(world, key, learner)

    def floor(self, world: jax.Array) -> Any:
        """The flow's base: a standard normal density."""
        return standard_normal(self.dims)

    def oracle(self, world: jax.Array) -> Any:
        """The target itself."""
        return exact(self.dims)
