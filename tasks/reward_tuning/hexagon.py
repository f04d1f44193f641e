"""Six wells on a hexagon, sampled by Langevin dynamics and rewarded on one side: which wells gain weight?"""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from toybench import Metric, Task
from toybench.blocks.random import normals
from toybench.tasks.reward_tuning import EnergySpec, Steps, TunedEnergy, Wells, half_reward, kept_modes

RADIUS = 4.0  # distance of the wells from the origin
START = (1.5, 0.0, 1.5, 0.0, 1.5, 0.0)  # log-weights before tuning, the authors'
SPREAD = 0.2  # of the log-weights from world to world
PARTICLES = 100
EDGE = 9.0  # the lattice covers [-EDGE, EDGE]^2, five spreads beyond the wells
CELLS = 90  # an axis; an even number, so that the reward's jump lies between cells
SWEEPS = 100  # multiplicative updates on the way to the best weights; they settle in about 30
FAINT = 1e-30  # keeps the log of a density finite
CERTAIN = 30.0  # logit of the oracle's only well where divergence is free


class World(NamedTuple):
    """What is given, and on the lattice: mass of every well in every cell [k, m], reward of every cell [m]."""

    given: Wells
    mass: jax.Array
    reward: jax.Array


def gain(world: World, logits: jax.Array) -> jax.Array:
    """J of these weights."""
    mixed = jax.nn.softmax(logits) @ world.mass
    before = jax.nn.softmax(world.given.logits) @ world.mass
    paid = jnp.log((mixed + FAINT) / (before + FAINT))
    return mixed @ (world.reward - world.given.temperature * paid)


def best_logits(world: World) -> jax.Array:
    """Weights of the highest gain: all on the best well where divergence is free, else by multiplicative updates.

    J is concave in the weights, and mirror ascent at a rate of 1 / temperature climbs it without overshooting.
    """
    payment = world.mass @ world.reward
    free = jnp.where(payment == payment.max(), CERTAIN, 0.0)
    temperature = jnp.where(world.given.temperature > 0, world.given.temperature, 1.0)
    before = jax.nn.softmax(world.given.logits) @ world.mass

    def climb(_: int, logits: jax.Array) -> jax.Array:
        paid = jnp.log((jax.nn.softmax(logits) @ world.mass + FAINT) / (before + FAINT))
        return jax.nn.log_softmax(logits + payment / temperature - world.mass @ paid)

    tilted = jax.lax.fori_loop(0, SWEEPS, climb, world.given.logits)
    return jnp.where(world.given.temperature > 0, tilted, free)


class Hexagon(Task):
    """The toy of Marion and others: the reward's best well has little weight at first. A step moves all particles."""

    lam: float = 0.0  # price of a nat of divergence, 0 or more; 0 is the paper's own
    steps: int = 5000  # type: ignore[misc]  # of Langevin dynamics, 1 or more

    metrics = {
        "suboptimality": Metric("min", "share of the attainable gain J* - J_0 that is missing"),
        "reward": Metric("info", "mean reward of the density that the energy stands for"),
        "modes_kept": Metric("info", "exponential of the entropy of the weights, 1 to 6"),
    }
    interface = TunedEnergy
    checkpoints = 3

    @property
    def spec(self) -> EnergySpec:
        return EnergySpec(modes=len(START), particles=PARTICLES)

    def sample(self, key: jax.Array) -> World:
        angles = np.arange(len(START)) * np.pi / 3
        centres = jnp.asarray(RADIUS * np.stack([np.cos(angles), np.sin(angles)], -1), jnp.float32)
        line = (np.arange(CELLS) + 0.5) / CELLS * 2 * EDGE - EDGE
        cells = jnp.asarray(np.stack(np.meshgrid(line, line), -1).reshape(-1, 2), jnp.float32)
        mass = jax.nn.softmax(-((cells[None] - centres[:, None]) ** 2).sum(-1) / 2, axis=-1)
        start = jnp.asarray(START) + SPREAD * normals(key, logits=(len(START),))["logits"]
        given = Wells(centres=centres, logits=start, temperature=jnp.asarray(self.lam, jnp.float32))
        return World(given=given, mass=mass, reward=half_reward(cells))

    def given(self, world: World) -> Wells:
        return world.given

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Steps]:
        drawn = normals(key, step=(PARTICLES, 2), fresh=(PARTICLES, 2))
        return world, Steps(step=drawn["step"], fresh=drawn["fresh"])

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        logits = learner.logits()
        best = gain(world, best_logits(world))
        first = gain(world, world.given.logits)
        return {
            "suboptimality": (best - gain(world, logits)) / (best - first),
            "reward": jax.nn.softmax(logits) @ world.mass @ world.reward,
            "modes_kept": kept_modes(logits),
        }

    def floor(self, world: World) -> Any:
        """The weights before tuning."""
        return SimpleNamespace(logits=lambda: world.given.logits)

    def oracle(self, world: World) -> Any:
        """The weights of the highest gain."""
        return SimpleNamespace(logits=lambda: best_logits(world))
