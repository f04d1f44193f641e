"""Five arms with random reward laws: how much does it pay that little varies in a tail?

Isolates the bonus of an optimistic bandit for the CVaR. Each arm has a law on 11 levels from 0 to 1, drawn from a
Dirichlet distribution with parameter 0.5. What counts is the mean of the worst `alpha` share of an arm's rewards, so
that a bonus is divided by alpha, and one that knows that only an alpha share varies is narrower by its root. 24
instances, 2,500 pulls.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks.mdp import lower_tail_mean, pick
from toybench.blocks.random import uniforms
from toybench.tasks.risk_sensitive_rl import ArmPlayer, ArmSpec, Known, Pull

LATE = 3  # the last third of the pulls is looked at apart


class World(NamedTuple):
    """Laws of the arms [n, k, l], their CVaRs [n, k], the regret so far and that of the last third [n], pulls []."""

    law: jax.Array
    cvar: jax.Array
    regret: jax.Array
    late: jax.Array
    pulls: jax.Array


class RiskyArms(Task):
    """Pulls; the regret is a sum of differences of CVaRs."""

    alpha: float = 0.05  # share of the worst cases that counts, in (0, 1]

    arms: int = 5
    levels: int = 11
    instances: int = 24
    steps: int = 2500  # type: ignore[misc]  # pulls

    interface = ArmPlayer
    kind = "interactive"
    metrics = {
        "cvar_regret": Metric("min", "sum over pulls of the CVaR that the arm lacks, mean over instances"),
        "late_regret": Metric("min", "the part of it in the last third of the pulls"),
    }

    @property
    def spec(self) -> ArmSpec:
        return ArmSpec(instances=self.instances, arms=self.arms, levels=self.levels, alpha=self.alpha)

    def sample(self, key: jax.Array) -> World:
        """A Dirichlet(1/2) law is the law of squared normals over their sum."""
        squares = jax.random.normal(key, (self.instances, self.arms, self.levels)) ** 2
        law = squares / squares.sum(-1, keepdims=True)
        cvar = lower_tail_mean(jnp.broadcast_to(levels(self.levels), law.shape), law, self.alpha)
        none = jnp.zeros(self.instances)
        return World(law=law, cvar=cvar, regret=none, late=none, pulls=jnp.zeros(()))

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Pull]:
        noise, own = jax.random.split(key)
        arm = learner.pull(own)
        law = jnp.take_along_axis(world.law, arm[:, None, None], axis=1)[:, 0]
        level = pick(uniforms(noise, u=(self.instances,))["u"], law)
        lacks = world.cvar.max(-1) - jnp.take_along_axis(world.cvar, arm[:, None], axis=1)[:, 0]
        counts = world.pulls >= self.steps - self.steps // LATE
        world = world._replace(
            regret=world.regret + lacks, late=world.late + jnp.where(counts, lacks, 0.0), pulls=world.pulls + 1
        )
        return world, Pull(arm=arm, level=level)

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        if isinstance(learner, Known):
            return learner.metrics
        return {"cvar_regret": world.regret.mean(), "late_regret": world.late.mean()}

    def floor(self, world: World) -> Known:
        """A uniformly random arm at every pull."""
        lacks = (world.cvar.max(-1) - world.cvar.mean(-1)).mean()
        return Known({"cvar_regret": self.steps * lacks, "late_regret": self.steps // LATE * lacks})

    def oracle(self, world: World) -> Known:
        """The best arm at every pull."""
        return Known({"cvar_regret": jnp.zeros(()), "late_regret": jnp.zeros(())})


def levels(count: int) -> jax.Array:
    """The rewards, from 0 to 1: [l]."""
    return jnp.linspace(0.0, 1.0, count)
