"""Bring damaged points back to the data: noisy ones, and ones that have lost a coordinate. Training shows only data."""

from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp

from toybench import Metric
from toybench.tasks.flow_matching import Planar, Projector, World, energy

NOISE = 0.3  # standard deviation of what is added: three times that of a mode
TINY = 1e-6  # keeps the idempotence error of a learner that moves nothing at 0


class PlanarProjection(Planar):
    """Projection of points of two kinds that training has not shown."""

    interface = Projector
    steps = 2000
    metrics = {
        "projection_ed": Metric(
            direction="min",
            about="energy distance of projected points to the data, over that of damaged ones; mean of both kinds",
        ),
        "noisy_ed": Metric(direction="min", about="squared energy distance of projected noisy points, x 1000"),
        "masked_ed": Metric(direction="min", about="the same for points whose second coordinate was set to 0, x 1000"),
        "recovery_error": Metric(direction="min", about="rms distance of projected noisy points to the clean ones"),
        "idempotence_error": Metric(
            direction="min", about="mean square of a second projection's move, relative to the first one's"
        ),
    }

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        noisy = world.fresh + NOISE * world.noise
        masked = world.fresh * jnp.array([[1.0, 0.0]])
        both = jnp.concatenate([noisy, masked])
        once = learner.project(both, key)
        again = learner.project(once, key)
        restored = once[: len(noisy)]
        noisy_ed = energy(world, restored)
        masked_ed = energy(world, once[len(noisy) :])
        moved = ((once - both) ** 2).sum(-1).mean()
        return {
            "projection_ed": 0.5 * noisy_ed / energy(world, noisy) + 0.5 * masked_ed / energy(world, masked),
            "noisy_ed": noisy_ed,
            "masked_ed": masked_ed,
            "recovery_error": jnp.sqrt(((restored - world.fresh) ** 2).sum(-1).mean()),
            "idempotence_error": ((again - once) ** 2).sum(-1).mean() / jnp.maximum(moved, TINY),
        }

    def floor(self, world: World) -> Any:
        """Leaves every point where it is."""
        return SimpleNamespace(project=lambda x, key: x)

    def oracle(self, world: World) -> Any:
        """The clean points themselves, where they are known by their place; anything that is asked again stays."""
        clean = jnp.concatenate([world.fresh, world.fresh])
        return SimpleNamespace(project=lambda x, key: clean)
