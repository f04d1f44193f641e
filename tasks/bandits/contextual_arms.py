"""Contexts whose rewards are linear up to noise that varies by round, or up to an error that doesn't go away.

Isolates two things that one ridge regression for all rounds gets wrong. With `p_low` a share of the rounds is nearly
free of noise, which is revealed after the round: pooled with the noisy ones, quiet rounds are wasted. With `zeta` every
context's expected reward departs from linearity by plus or minus zeta, for good: more rounds then make an estimate more
certain, not more right. With `gap` no offered context is worse than the best one by less than that. 100 unit contexts
in 8 dimensions, 20 of them offered a round, 1,500 rounds, 16 instances.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.tasks.bandits import Known, LinearPlayer, keyed_normal
from toybench.tasks.bandits._arms import at
from toybench.tasks.bandits._linear import LinearRound, LinearSpec

TINY = 1e-3  # added to both losses of the ratio, so that two losses of 0 have ratio 1
QUIET = 0.05  # standard deviation of the noise in a quiet round


class World(NamedTuple):
    """Contexts [n, p, d], their expected rewards [n, p], losses since the start, in the middle and in the last third,
    [n], and the round."""

    pool: jax.Array
    value: jax.Array
    regret: jax.Array
    middle: jax.Array
    late: jax.Array
    step: jax.Array


class ContextualArms(Task):
    """Reward x . theta + eta(x) + noise, |theta| = 1."""

    p_low: float = 0.9  # probability that a round is quiet
    noise: float = 1.0  # standard deviation of the noise in the other rounds
    zeta: float = 0.0  # size of eta, whose sign is random for each context
    gap: float = 0.0  # contexts within this of the best one offered are withdrawn

    pool: int = 100  # contexts of an instance
    offered: int = 20  # contexts a round
    dim: int = 8
    instances: int = 16
    steps: int = 1500  # type: ignore[misc]  # rounds

    interface = LinearPlayer
    kind = "interactive"
    checkpoints = 10
    metrics = {
        "cumulative_regret": Metric("min", "expected reward lost so far, mean over instances"),
        "late_slope": Metric("min", "expected reward lost a round in the last third"),
        "slope_ratio": Metric("info", "loss of the last third over that of the middle one; 1 is a constant rate"),
        "used": Metric("info", "rounds that went into the regression, mean over instances"),
    }

    @property
    def spec(self) -> LinearSpec:
        return LinearSpec(self.instances, self.dim, noise=float(self.noise), quietest=QUIET, zeta=float(self.zeta))

    def sample(self, key: jax.Array) -> World:
        n, p, d = self.instances, self.pool, self.dim
        z = jax.random.normal(key, (n, p + 1, d + 1))
        unit = z[..., :d] / jnp.linalg.norm(z[..., :d], axis=-1, keepdims=True)
        pool = unit[:, :p]
        theta = unit[:, p]
        value = jnp.einsum("npd,nd->np", pool, theta) + self.zeta * jnp.sign(z[:, :p, d])
        zero = jnp.zeros(n)
        return World(pool=pool, value=value, regret=zero, middle=zero, late=zero, step=jnp.zeros((), jnp.int32))

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, LinearRound]:
        pick, level, noise, own = jax.random.split(key, 4)
        index = jax.lax.top_k(jax.random.uniform(pick, world.value.shape), self.offered)[1]
        value = jnp.take_along_axis(world.value, index, axis=1)
        offer = jnp.take_along_axis(world.pool, index[..., None], axis=1)
        best = value.max(-1, keepdims=True)
        mask = (value == best) | (value <= best - self.gap)
        sigma = jnp.where(jax.random.uniform(level, best.shape)[:, 0] < self.p_low, QUIET, self.noise)
        arm = learner.choose(offer, mask, own)
        reward = at(value, arm)
        lost = best[:, 0] - reward
        late = (3 * world.step >= 2 * self.steps).astype(jnp.float32)
        middle = (3 * world.step >= self.steps).astype(jnp.float32) - late
        world = world._replace(
            regret=world.regret + lost,
            middle=world.middle + middle * lost,
            late=world.late + late * lost,
            step=world.step + 1,
        )
        x = jnp.take_along_axis(offer, arm[:, None, None], axis=1)[:, 0]
        response = reward + sigma * keyed_normal(noise, at(index, arm))
        return world, LinearRound(x=x, response=response, sigma=sigma)

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        if isinstance(learner, Known):
            return learner.metrics
        rounds = jnp.maximum(world.step - (2 * self.steps + 2) // 3, 1).astype(jnp.float32)
        return {
            "cumulative_regret": world.regret.mean(),
            "late_slope": world.late.mean() / rounds,
            "slope_ratio": (world.late.mean() + TINY) / (world.middle.mean() + TINY),
            "used": learner.used().mean(),
        }

    def floor(self, world: World) -> Known:
        """A uniformly random offered context: its expected loss, over 200 offers."""
        value = world.value
        u = jax.random.uniform(jax.random.key(0), (200, *value.shape))
        index = jax.lax.top_k(u, self.offered)[1]
        offered = jnp.take_along_axis(value[None], index, axis=2)
        best = offered.max(-1, keepdims=True)
        mask = ((offered == best) | (offered <= best - self.gap)).astype(jnp.float32)
        lost = (((best - offered) * mask).sum(-1) / mask.sum(-1)).mean()
        one = jnp.ones(())
        none = jnp.zeros(())
        return Known(
            {"cumulative_regret": self.steps * lost, "late_slope": lost, "slope_ratio": one, "used": none},
        )

    def oracle(self, world: World) -> Known:
        """The best context at every step."""
        return Known({name: jnp.zeros(()) for name in self.metrics})
