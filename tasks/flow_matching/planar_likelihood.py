"""Say how likely unseen points are: the density where a learner has one, an upper bound of its bits where not."""

import math
from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp

from toybench import Metric
from toybench.blocks import mixture
from toybench.tasks.flow_matching import Likelihood, Planar, World

ASKED = 504  # test points: every second one


class PlanarLikelihood(Planar):
    """Negative log-density of unseen points."""

    steps: int = 4000  # type: ignore[misc]  # updates; densities take longer to learn than samples

    interface = Likelihood
    metrics = {
        "bits": Metric(direction="min", about="negative log-density of an unseen point, or a bound of it, in bits"),
        "excess": Metric(direction="min", about="those bits above the ones of the true density on the same points"),
        "bound": Metric(direction="info", about="1 where the bits are an upper bound, 0 where they are exact"),
    }

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        x = world.points[:: len(world.points) // ASKED]
        bits = learner.nats(x, key).mean() / math.log(2)
        least = -mixture.log_density(world.density, x).mean() / math.log(2)
        return {"bits": bits, "excess": bits - least, "bound": learner.is_bound()}

    def floor(self, world: World) -> Any:
        """The standard normal density."""
        return SimpleNamespace(nats=standard_normal_nats, is_bound=lambda: jnp.zeros(()))

    def oracle(self, world: World) -> Any:
        """The density itself."""
        return SimpleNamespace(
            nats=lambda x, key: -mixture.log_density(world.density, x), is_bound=lambda: jnp.zeros(())
        )


def standard_normal_nats(x: jax.Array, key: jax.Array) -> jax.Array:
    """Negative log-density [n] of points [n, 2] under the standard normal law."""
    return 0.5 * (x**2).sum(-1) + math.log(2 * math.pi)
