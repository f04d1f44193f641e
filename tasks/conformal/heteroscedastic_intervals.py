"""Intervals for a response whose spread depends on the input.

Isolates what calibrating quantiles adds to calibrating residuals: both cover on average, but an interval of one length
covers too much where the noise is small and too little where it is large. y = sin(2 x) + (0.05 + 0.4 x^2) N(0, 1) at x
in (0, 2). 2,000 training, 500 calibration and 500 test pairs; volume is a length, on 400 candidates at 50 test inputs.
"""

from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp

from toybench import Metric
from toybench.tasks.conformal._regions import VOLUME, Pairs, RegionTask, World

LOW = -6.0  # ends of an interval that holds nearly every response
HIGH = 6.0
CELLS = 400  # candidates in it
BINS = 5  # groups of test inputs, by size, among which the worst coverage is taken


class HeteroscedasticIntervals(RegionTask):
    """One input, one response."""

    metrics = {
        **VOLUME,
        "worst_fifth_coverage": Metric("max", "least coverage among fifths of the test inputs, by size"),
    }

    def pairs(self, key: jax.Array, n: int) -> Pairs:
        normal = jax.random.normal(key, (n, 2))
        x = 2 * jax.scipy.special.ndtr(normal[:, :1])
        return Pairs(x=x, y=jnp.sin(2 * x) + spread(x) * normal[:, 1:])

    def candidates(self) -> tuple[jax.Array, float]:
        """The middles of 400 cells."""
        width = (HIGH - LOW) / CELLS
        return LOW + width * (jnp.arange(float(CELLS)) + 0.5)[:, None], width

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        covered = self.covered(world, learner)
        fifths = covered[jnp.argsort(world.test.x[:, 0])].reshape(BINS, -1).mean(1)
        volume = self.volume(world, learner)
        return {"volume": volume, "coverage": covered.mean(), "worst_fifth_coverage": fifths.min()}

    def oracle(self, world: World) -> Any:
        """The true central interval."""
        reach = jax.scipy.special.ndtri(1 - jnp.asarray(self.alpha) / 2)

        def region(x: jax.Array, y: jax.Array) -> jax.Array:
            x = x * world.scale.x[None] + world.mean.x[None]
            y = y[..., 0] * world.scale.y[0] + world.mean.y[0]
            return jnp.abs(y - jnp.sin(2 * x)) <= reach * spread(x)

        return SimpleNamespace(region=region)


def spread(x: jax.Array) -> jax.Array:
    """Standard deviation of the response at raw inputs."""
    return 0.05 + 0.4 * x**2
