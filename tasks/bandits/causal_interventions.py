"""Switch mechanisms of a causal graph that nobody drew, so that the last node is large on average.

Isolates what has to be known of a graph. Six nodes follow linear structural equations; an intervention replaces the
equations of any set of nodes by others, so there are 64 of them, and to see one tells about many. The graph, its order
and both mechanisms are unknown; the reward is the last node. A missing parent makes a model wrong for good; a
superfluous one costs a little variance. An edge is present with probability 0.4, weights are +-U(0.3, 1) in both
mechanisms, noises have standard deviation 1 and mean 1, or 2 where switched. 600 rounds, 6 instances. Noise does not
depend on the intervention: all methods meet the same exogenous variables at the same round.
With `shift=0` a switch changes weights alone.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.tasks.bandits import Intervener, Known
from toybench.tasks.bandits._arms import at

WEIGHTS = (0.3, 1.0)  # between which the sizes of the weights are uniform
REWARD_SCALE = 2.0  # a typical standard deviation of the reward


@dataclass(frozen=True)
class CausalSpec:
    """What a method may know: node `nodes` - 1 is the reward; `scale` is a typical standard deviation of it."""

    instances: int
    nodes: int
    scale: float

    @property
    def arms(self) -> int:
        return 2**self.nodes


class Outcome(NamedTuple):
    """A batch: which nodes were switched, float [n, nodes] of 0 and 1; the values of all nodes, float [n, nodes]."""

    switched: jax.Array
    values: jax.Array


class World(NamedTuple):
    """Weights by mechanism [n, 2, nodes, nodes] (row: child), expected rewards [n, arms], regret [n]."""

    weights: jax.Array
    value: jax.Array
    regret: jax.Array


def switches(nodes: int) -> jax.Array:
    """Which nodes an intervention switches: float [2^nodes, nodes]; node i is bit i."""
    return ((jnp.arange(2**nodes)[:, None] >> jnp.arange(nodes)[None, :]) & 1).astype(jnp.float32)


def total_effects(weights: jax.Array) -> jax.Array:
    """(I - W)^-1 of acyclic weights [..., nodes, nodes] by I + W + W^2 + ..., which ends."""
    eye = jnp.broadcast_to(jnp.eye(weights.shape[-1]), weights.shape)
    total = eye
    for _ in range(weights.shape[-1] - 1):
        total = eye + weights @ total
    return total


class CausalInterventions(Task):
    """Soft interventions on a linear structural equation model."""

    density: float = 0.4  # probability of an edge
    shift: float = 1.0  # of the noise's mean where a node is switched

    nodes: int = 6
    instances: int = 6
    steps: int = 600  # type: ignore[misc]  # rounds

    interface = Intervener
    kind = "interactive"
    checkpoints = 10
    metrics = {
        "cumulative_regret": Metric("min", "expected reward lost so far, mean over instances"),
        "structure_samples": Metric("min", "rounds spent on learning the graph"),
        "false_negatives": Metric("min", "share of the edges that lead to the reward that the model lacks"),
        "false_positives": Metric("info", "share of the pairs without an edge for which the model has one"),
    }

    @property
    def spec(self) -> CausalSpec:
        return CausalSpec(instances=self.instances, nodes=self.nodes, scale=REWARD_SCALE)

    def sample(self, key: jax.Array) -> World:
        n, k = self.instances, self.nodes
        u = jax.random.uniform(key, (n, 4 * k * k + k))
        present = u[:, : k * k].reshape(n, k, k) < self.density
        sizes = u[:, k * k : 3 * k * k].reshape(n, 2, k, k)
        # a hidden order of all nodes but the reward, which is last
        rank = jnp.argsort(jnp.argsort(u[:, -k:].at[:, -1].set(2.0)))
        before = rank[:, None, :] < rank[:, :, None]
        forced = (jnp.arange(k) == k - 1)[None, :, None] & (rank[:, None, :] == k - 2)  # the reward has a parent
        edges = (before & (present | forced)).astype(jnp.float32)[:, None]
        least, most = WEIGHTS
        signed = (sizes * 2 - 1) * (most - least)
        weights = edges * (signed + least * jnp.where(signed < 0, -1.0, 1.0))
        s = switches(k)
        mixed = jnp.where(s[None, :, :, None] > 0, weights[:, None, 1], weights[:, None, 0])
        mean = jnp.einsum("nai,ai->na", total_effects(mixed)[:, :, -1], 1 + self.shift * s)
        return World(weights=weights, value=mean, regret=jnp.zeros(n))

    def given(self, world: World) -> jax.Array:
        """True edges, bool [n, nodes, nodes]: only for the method that says that it knows the graph."""
        return world.weights[:, 0] != 0

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Outcome]:
        noise, own = jax.random.split(key)
        arm = learner.intervene(own)
        s = switches(self.nodes)[arm]
        mixed = jnp.where(s[:, :, None] > 0, world.weights[:, 1], world.weights[:, 0])
        exogenous = 1 + self.shift * s + jax.random.normal(noise, s.shape)
        values = jnp.einsum("nij,nj->ni", total_effects(mixed), exogenous)
        lost = world.value.max(-1) - at(world.value, arm)
        return world._replace(regret=world.regret + lost), Outcome(switched=s, values=values)

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        if isinstance(learner, Known):
            return learner.metrics
        edges = learner.edges()
        true = world.weights[:, 0] != 0
        leads = total_effects(true.astype(jnp.float32))[:, -1] > 0  # nodes with a path to the reward, and itself
        needed = true & leads[:, :, None]
        absent = ~true & ~jnp.eye(self.nodes, dtype=bool)[None]
        return {
            "cumulative_regret": world.regret.mean(),
            "structure_samples": learner.structure_rounds().mean(),
            "false_negatives": (needed & ~edges).sum() / needed.sum(),
            "false_positives": (absent & edges).sum() / absent.sum(),
        }

    def floor(self, world: World) -> Known:
        """A uniformly random intervention every round, and no model."""
        zero = jnp.zeros(())
        lost = self.steps * (world.value.max(-1) - world.value.mean(-1)).mean()
        return Known(dict(zip(self.metrics, (lost, zero, zero + 1, zero), strict=True)))

    def oracle(self, world: World) -> Known:
        """The best intervention every round."""
        return Known({name: jnp.zeros(()) for name in self.metrics})
