"""A diffusion model of a mixture, rewarded along one direction: the best density is again a mixture of its family."""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks.random import normals
from toybench.tasks.reward_tuning import (
    Density,
    Nodes,
    Noise,
    Pretrained,
    Spec,
    TunedDensity,
    divergence,
    expectation,
    kept_modes,
    linear_reward,
    mirrored_nodes,
)

MODES = 8
SPREAD = 0.25  # standard deviation of a mode, a quarter of that of the means
PARTICLES = 16
LEVELS = 20
NODES = 128  # around every mode, and as many mirror images


class World(NamedTuple):
    """What is given, the gain of the best density and that of the pretrained one, and nodes to judge others."""

    given: Pretrained
    best: jax.Array
    first: jax.Array
    nodes: Nodes


def tilt(given: Pretrained, spread: float) -> tuple[Density, jax.Array]:
    """The density of the highest gain, and this gain: pretrained * exp(reward / temperature), normalised."""
    push = given.direction / given.temperature
    density = Density(
        logits=given.density.logits + given.density.means @ push,
        means=given.density.means + spread**2 * push[None],
    )
    normaliser = jax.nn.logsumexp(density.logits) - jax.nn.logsumexp(given.density.logits) + spread**2 * push @ push / 2
    return density, given.temperature * normaliser


class RewardTilt(Task):
    """Eight modes at random places; every step pays for the rewards of 16 samples of 20 denoising steps each."""

    dim: int = 2  # dimensions, 1 or more
    lam: float = 0.05  # price of a nat of divergence, above 0
    frozen: bool = False  # whether the weights stay as they are; the best density of all is the measure in any case
    steps: int = 50  # type: ignore[misc]  # batches, 1 or more

    metrics = {
        "suboptimality": Metric("min", "share of the attainable gain J* - J_0 that is missing"),
        "reward": Metric("info", "mean reward of the tuned density"),
        "divergence": Metric("info", "KL of the tuned density from the pretrained one, in nats"),
        "modes_kept": Metric("info", "exponential of the entropy of the weights, 1 to 8"),
    }
    interface = TunedDensity
    checkpoints = 3

    @property
    def spec(self) -> Spec:
        return Spec(modes=MODES, spread=SPREAD, particles=PARTICLES, levels=LEVELS, frozen=self.frozen)

    def sample(self, key: jax.Array) -> World:
        drawn = normals(key, means=(MODES, self.dim), direction=(self.dim,), nodes=(NODES, self.dim))
        given = Pretrained(
            density=Density(logits=jnp.zeros(MODES), means=drawn["means"]),
            direction=drawn["direction"] / jnp.linalg.norm(drawn["direction"]),
            temperature=jnp.asarray(self.lam, jnp.float32),
        )
        first = (given.density.means @ given.direction).mean()
        nodes = mirrored_nodes(drawn["nodes"])
        return World(given=given, best=tilt(given, SPREAD)[1], first=first, nodes=nodes)

    def given(self, world: World) -> Pretrained:
        return world.given

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Noise]:
        drawn = normals(key, start=(PARTICLES, self.dim), levels=(LEVELS, PARTICLES, self.dim))
        return world, Noise(start=drawn["start"], levels=drawn["levels"])

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        density = learner.density()
        reward = expectation(density, SPREAD, lambda x: linear_reward(world.given, x), world.nodes)
        moved = divergence(density, world.given.density, SPREAD, world.nodes)
        gain = reward - world.given.temperature * moved
        return {
            "suboptimality": (world.best - gain) / (world.best - world.first),
            "reward": reward,
            "divergence": moved,
            "modes_kept": kept_modes(density.logits),
        }

    def floor(self, world: World) -> Any:
        """The pretrained density."""
        return SimpleNamespace(density=lambda: world.given.density)

    def oracle(self, world: World) -> Any:
        """The density of the highest gain; it moves weights and means."""
        return SimpleNamespace(density=lambda: tilt(world.given, SPREAD)[0])
