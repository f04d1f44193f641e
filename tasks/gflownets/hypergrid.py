"""Draw cells of a cube whose reward is high near the corners and almost nothing between them.

Isolates exploration with trajectories of different lengths: every cell can be stopped at, and a sampler that found
the corner at the origin has no reason to leave it. The law of a policy is exact. Default: 8 x 8 x 8 cells with 8
modes, of which random heights make the instances differ; 800 rounds of 16 cells.
"""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.protocol import Learner
from toybench.tasks.gflownets import (
    ExactSampler,
    Grid,
    Spec,
    Trajectories,
    expected_finds,
    follow,
    live,
    total_variation,
    uniform_law,
)

MODE = 2.0  # reward of a corner's mode at height 1, as in Bengio et al. 2021
AROUND = 0.5  # reward of the cells around a mode, as there


class World(NamedTuple):
    """Log rewards [m] and modes bool [m] of the cells; which cells were bought, bool [m]."""

    log_reward: jax.Array
    modes: jax.Array
    bought: jax.Array


class Hypergrid(Task):
    """R = base + AROUND near a corner + MODE * h in the corner's mode, h uniform in (0.5, 1.5) for each corner."""

    base: float = 0.01  # reward between the corners; Bengio et al. 2021: 0.1 to 0.001

    side: int = 8  # cells along an axis
    axes: int = 3  # axes of the cube
    batch: int = 16  # cells bought a round

    interface = ExactSampler
    kind = "interactive"
    steps = 800
    checkpoints = 4
    metrics = {
        "tv": Metric("min", "total variation between the policy's exact law and the target"),
        "modes_found": Metric("max", "modes among all cells bought"),
    }

    @property
    def graph(self) -> Grid:
        """What objects are built on."""
        return Grid(side=self.side, axes=self.axes)

    @property
    def spec(self) -> Spec:
        return Spec(graph=self.graph, batch=self.batch)

    def sample(self, key: jax.Array) -> World:
        """The corners' heights and all rewards."""
        place = self.graph.every()[:, :-1]
        off = jnp.abs(place.astype(jnp.float32) / (self.side - 1) - 0.5)
        near = (off > 0.25).all(-1)
        modes = ((off > 0.3) & (off < 0.4)).all(-1)
        corner = jnp.where(place > self.side // 2, 2 ** jnp.arange(self.axes)[None, :], 0).sum(-1)
        height = jax.random.uniform(key, (2**self.axes,), minval=0.5, maxval=1.5)[corner]
        reward = self.base + AROUND * near.astype(jnp.float32) + MODE * height * modes.astype(jnp.float32)
        return World(log_reward=jnp.log(reward), modes=modes, bought=jnp.zeros(len(place), bool))

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Trajectories]:
        graph = self.graph
        actions = learner.propose(key)
        states = follow(graph, actions)
        cells = jax.vmap(jax.vmap(graph.cell))(states)
        energy = -world.log_reward[cells]
        world = world._replace(bought=world.bought.at[cells[-1]].set(True))
        batch = Trajectories(
            states=states,
            actions=actions,
            seen=live(graph, states),
            log_reward=-energy[-1],
            energy=energy,
        )
        return world, batch

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        return {
            "tv": total_variation(learner.law(), jax.nn.softmax(world.log_reward)),
            "modes_found": (world.bought & world.modes).sum() if isinstance(learner, Learner) else learner.finds(),
        }

    def reference(self, world: World, law: jax.Array) -> Any:
        """A learner that knows a law, and finds what as many independent draws as there are purchases would."""
        p = jnp.where(world.modes, law, 0.0)
        return SimpleNamespace(law=lambda: law, finds=lambda: expected_finds(p, self.steps * self.batch))

    def floor(self, world: World) -> Any:
        """A uniform policy."""
        return self.reference(world, uniform_law(self.graph))

    def oracle(self, world: World) -> Any:
        """The target itself."""
        return self.reference(world, jax.nn.softmax(world.log_reward))
