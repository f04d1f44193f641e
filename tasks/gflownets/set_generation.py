"""Draw sets of `size` out of `elements` with probability proportional to exp(-energy), an energy a member.

Isolates credit: the energy is a sum over steps, so every step could be judged at once, but a reward that comes with
the complete set judges all of them together. The law of a policy is exact, by pushing mass through all subsets.
Default: 1001 sets of 10 out of 14, 600 rounds of 16 sets. With `prefixes`, only the first steps of a trajectory are
shown, their number drawn from 1 to `size`, and the reward only with all of them.
"""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.tasks.gflownets import ExactSampler, Sets, Spec, Trajectories, follow, live, total_variation, uniform_law

EVERY = 50  # rounds between the laws that the mean is of
EARLY = 100  # the round that counts as early
LEAST = 1e-4  # total variation below which a logarithm doesn't fall


class World(NamedTuple):
    """Energies [elements] and the target law [2^elements]; the round, and what was measured on the way."""

    energies: jax.Array
    target: jax.Array
    round: jax.Array
    logs: jax.Array  # sum of the measured logarithms of the total variation
    early: jax.Array  # total variation at round EARLY


class SetGeneration(Task):
    """Elements' energies are uniform in (-scale, scale)."""

    scale: float = 3.0  # greatest energy of an element

    elements: int = 14  # elements to choose from; the paper: 30 to 100
    size: int = 10  # elements of a set; the paper: 20 to 80
    prefixes: bool = False  # whether trajectories are cut at random
    batch: int = 16  # sets bought a round, as in the paper

    interface = ExactSampler
    kind = "interactive"
    steps = 600
    checkpoints = 6
    metrics = {
        "mean_log_tv": Metric("min", f"natural logarithm of tv, mean over every {EVERY}th round so far"),
        "tv": Metric("min", "total variation between the policy's exact law and the target"),
        "early_tv": Metric("min", f"tv after {EARLY} rounds"),
    }

    @property
    def graph(self) -> Sets:
        """What objects are built on."""
        return Sets(elements=self.elements, size=self.size)

    @property
    def spec(self) -> Spec:
        return Spec(graph=self.graph, batch=self.batch, complete=not self.prefixes)

    def sample(self, key: jax.Array) -> World:
        """Random energies, and the exact law."""
        energies = self.scale * jax.random.uniform(key, (self.elements,), minval=-1.0)
        members = self.graph.every()
        energy = (members.astype(jnp.float32) * energies[None, :]).sum(-1)
        target = jax.nn.softmax(jnp.where(members.sum(-1) == self.size, -energy, -jnp.inf))
        return World(
            energies=energies,
            target=target,
            round=jnp.zeros((), jnp.int32),
            logs=jnp.zeros(()),
            early=jnp.ones(()),
        )

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Trajectories]:
        """The learner's trajectories with their energies; every EVERY rounds its law is measured first."""
        propose, cut = jax.random.split(key)
        world = self.measure(world, learner)
        graph = self.graph
        actions = learner.propose(propose)
        states = follow(graph, actions)
        energy = states.astype(jnp.float32) @ world.energies
        seen = live(graph, states)
        if self.prefixes:
            shown = jax.random.randint(cut, (self.batch,), 1, self.size + 1)
            seen = seen & (jnp.arange(self.size)[:, None] < shown[None, :])
        log_reward = jnp.where(seen[-1], -energy[-1], 0.0)
        batch = Trajectories(
            states=states,
            actions=actions,
            seen=seen,
            log_reward=log_reward,
            energy=energy,
        )
        return world, batch

    def measure(self, world: World, learner: Any) -> World:
        """The world, one round on."""
        due = (world.round > 0) & (world.round % EVERY == 0)
        tv = jax.lax.cond(due, lambda: total_variation(learner.law(), world.target), lambda: jnp.ones(()))
        return world._replace(
            round=world.round + 1,
            logs=world.logs + safe_log(tv),
            early=jnp.where(world.round == EARLY, tv, world.early),
        )

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        tv = total_variation(learner.law(), world.target)
        past = jnp.maximum(world.round - 1, 0) // EVERY  # measurements so far: before the last round bought
        return {
            "tv": tv,
            "early_tv": jnp.where(world.round > EARLY, world.early, tv),
            "mean_log_tv": (world.logs + safe_log(tv)) / (past + 1).astype(jnp.float32),
        }

    def floor(self, world: World) -> Any:
        """Every set alike, which is also what a uniform policy draws."""
        return SimpleNamespace(law=lambda: uniform_law(self.graph))

    def oracle(self, world: World) -> Any:
        """The target itself."""
        return SimpleNamespace(law=lambda: world.target)


def safe_log(tv: jax.Array) -> jax.Array:
    """Logarithm of a total variation, of LEAST where it is smaller."""
    return jnp.log(jnp.maximum(tv, LEAST))
