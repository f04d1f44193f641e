"""Arms without features: the world, what is shown, and the two regrets.

Shapes: n instances, k arms.
"""

import abc
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Task
from toybench.tasks.bandits import ArmPlayer, Known, keyed_normal


@dataclass(frozen=True)
class ArmSpec:
    """What a method may know: sizes, the family of the rewards, and the prior of the problem.

    Attributes:
      goal: `regret` where every pull counts, `recommend` where only the last answer does.
      rewards: `gaussian` or `bernoulli`.
      prior: (m, k, a, b): precision tau ~ Gamma(a, rate b), mean ~ N(m, 1 / (k tau)); moments of it where the
        rewards are not Gaussian.
    """

    instances: int
    arms: int
    goal: str
    rewards: str
    prior: tuple[float, float, float, float]


class Noise(NamedTuple):
    """Public constants: the largest standard deviation of an arm's reward, [n], and those of all arms, [n, k].

    The second is for methods that say in their name or field that they are told the variances.
    """

    bound: jax.Array
    each: jax.Array


class Pull(NamedTuple):
    """A batch: the arm pulled, int32 [n], and its reward, float [n]."""

    arm: jax.Array
    reward: jax.Array


class World(NamedTuple):
    """Expected rewards and their standard deviations, [n, k], and the pseudo-regret so far, [n]."""

    mean: jax.Array
    sigma: jax.Array
    regret: jax.Array


class ArmTask(Task, abc.ABC):
    """Base of the tasks with arms: a subclass gives the spec, the arms and the metrics."""

    interface = ArmPlayer
    kind = "interactive"

    @property
    @abc.abstractmethod
    def spec(self) -> ArmSpec:
        """What a method may know."""

    @abc.abstractmethod
    def arms_of(self, key: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Expected rewards and their standard deviations, both [n, k]."""

    @abc.abstractmethod
    def judge(self, regret: jax.Array, lacks: jax.Array) -> dict[str, jax.Array]:
        """Metrics from the regret and from what the recommended arm lacks, both [n]."""

    def sample(self, key: jax.Array) -> World:
        mean, sigma = self.arms_of(key)
        return World(mean=mean, sigma=sigma, regret=jnp.zeros(len(mean)))

    def given(self, world: World) -> Noise:
        return Noise(bound=world.sigma.max(-1), each=world.sigma)

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Pull]:
        noise, own = jax.random.split(key)
        arm = learner.pull(own)
        z = keyed_normal(noise, arm)
        mean = at(world.mean, arm)
        sigma = at(world.sigma, arm)
        if self.spec.rewards == "bernoulli":
            reward = (jax.scipy.stats.norm.cdf(z) < mean).astype(jnp.float32)
        else:
            reward = mean + sigma * z
        return world._replace(regret=world.regret + world.mean.max(-1) - mean), Pull(arm=arm, reward=reward)

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        if isinstance(learner, Known):
            return learner.metrics
        return self.judge(world.regret, world.mean.max(-1) - at(world.mean, learner.recommend()))

    def floor(self, world: World) -> Known:
        """A uniformly random arm at every step."""
        lacks = world.mean.max(-1) - world.mean.mean(-1)
        return Known(self.judge(self.steps * lacks, lacks))

    def oracle(self, world: World) -> Known:
        """The best arm at every step."""
        none = jnp.zeros(len(world.mean))
        return Known(self.judge(none, none))


def at(table: jax.Array, arm: jax.Array) -> jax.Array:
    """Entries of a table [n, k] at one arm an instance, int32 [n]: [n]."""
    return jnp.take_along_axis(table, arm[:, None], axis=1)[:, 0]
