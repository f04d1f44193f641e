"""Duels between contexts: the world, what is shown, and the two regrets.

Utilities are x . theta with |theta| = 2, the outcome is Bernoulli(F(difference of utilities)). 10 contexts in 5
dimensions, 500 rounds, 16 instances; the first 50 duels are uniformly random pairs for everybody. `contexts=fixed`
keeps the first offer, so that nothing is explored but by choice.

Shapes: n instances, k contexts, d dimensions.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.tasks.bandits import Duelist, Known
from toybench.tasks.bandits._arms import at

WEAK = Metric("min", "utility that the better one of the pair lacks, summed, mean over instances")
AVERAGE = Metric("min", "utility that the pair lacks on average, summed, mean over instances")


@dataclass(frozen=True)
class DuelSpec:
    """What a method may know; `link` is F, logistic or probit."""

    instances: int
    arms: int
    dim: int
    link: str


class Duel(NamedTuple):
    """A batch: first context minus second one, float [n, d], and whether the first one won, float [n]."""

    difference: jax.Array
    won: jax.Array


class World(NamedTuple):
    """Parameters [n, d], contexts where they are fixed [n, k, d], sums of both regrets [n], the round."""

    theta: jax.Array
    fixed: jax.Array
    weak: jax.Array
    average: jax.Array
    step: jax.Array


class DuelTask(Task):
    """A linear stochastic transitivity model. A subclass names the regret that methods are tuned for first."""

    norm: float = 2.0  # of theta

    contexts: str = "fresh"  # fresh each round, or fixed
    link: str = "logistic"  # or probit: distribution function of a difference of noisy utilities
    arms: int = 10
    dim: int = 5
    warm: int = 50  # rounds of random pairs
    instances: int = 16
    steps: int = 500  # type: ignore[misc]  # rounds

    interface = Duelist
    kind = "interactive"
    checkpoints = 10

    @property
    def spec(self) -> DuelSpec:
        return DuelSpec(instances=self.instances, arms=self.arms, dim=self.dim, link=self.link)

    def sample(self, key: jax.Array) -> World:
        z = jax.random.normal(key, (self.instances, self.arms + 1, self.dim))
        theta = self.norm * z[:, 0] / jnp.linalg.norm(z[:, 0], axis=-1, keepdims=True)
        zero = jnp.zeros(self.instances)
        fixed = z[:, 1:] / self.dim**0.5
        return World(theta=theta, fixed=fixed, weak=zero, average=zero, step=jnp.zeros((), jnp.int32))

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Duel]:
        fresh, chance, result, own = jax.random.split(key, 4)
        offer = world.fixed
        if self.contexts == "fresh":
            offer = jax.random.normal(fresh, offer.shape) / self.dim**0.5
        utility = jnp.einsum("nkd,nd->nk", offer, world.theta)
        random = jax.lax.top_k(jax.random.uniform(chance, utility.shape), 2)[1]
        pair = jnp.where(world.step < self.warm, random, learner.duel(offer, own))
        x = jnp.take_along_axis(offer, pair[:, 0, None, None], axis=1)[:, 0]
        y = jnp.take_along_axis(offer, pair[:, 1, None, None], axis=1)[:, 0]
        first = at(utility, pair[:, 0])
        second = at(utility, pair[:, 1])
        best = utility.max(-1)
        shape = jax.scipy.stats.norm.cdf if self.link == "probit" else jax.nn.sigmoid
        won = (jax.random.uniform(result, first.shape) < shape(first - second)).astype(jnp.float32)
        world = world._replace(
            weak=world.weak + best - jnp.maximum(first, second),
            average=world.average + best - (first + second) / 2,
            step=world.step + 1,
        )
        return world, Duel(difference=x - y, won=won)

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        if isinstance(learner, Known):
            return learner.metrics
        return {"weak_regret": world.weak.mean(), "average_regret": world.average.mean()}

    def floor(self, world: World) -> Known:
        """A uniformly random context against itself."""
        offers = world.fixed[None]
        if self.contexts == "fresh":
            offers = jax.random.normal(jax.random.key(0), (200, *world.fixed.shape)) / self.dim**0.5
        utility = jnp.einsum("snkd,nd->snk", offers, world.theta)
        lost = self.steps * (utility.max(-1) - utility.mean(-1)).mean()
        return Known({"weak_regret": lost, "average_regret": lost})

    def oracle(self, world: World) -> Known:
        """The best context against itself, every round."""
        return Known({name: jnp.zeros(()) for name in self.metrics})
