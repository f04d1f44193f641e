"""A point walks around a disc to a goal, and shows twenty of its actions: how is it to be imitated?

Isolates how smooth a learned reward must be. The expert passes the disc on one side, always the same in one world. It
walks four times, and every fourth pair of state and action is shown, from a random first one on. A reward that tells
these few pairs from all others may be steep between them, and the critic has to learn from it. With `d_steps=5` the
discriminator takes five updates where a critic takes one, and tells them apart all the better. With `discount=0.9`
critics look half as far, so that they have less to extrapolate.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks import pointmass
from toybench.blocks.pointmass import Path
from toybench.blocks.random import normals, uniforms
from toybench.tasks.adversarial_imitation import (
    Imitator,
    Pairs,
    Spec,
    Transitions,
    World,
    interpolates,
    mean_return,
    steepness,
    transitions_of,
)

NOISE = 0.1  # standard deviation of what is added to the expert's actions in its demonstrations
TESTED = 64  # test episodes
UPDATES = 20  # of the critics, at every step

Control = Callable[[jax.Array, jax.Array], jax.Array]  # (x [n, 2], noise [n, 2]) -> u [n, 2]


class PointmassImitation(Task):
    """The moves of `blocks/pointmass.py`, with fixed episodes of 20 steps; a step is four of the learner's episodes."""

    d_steps: int = 1  # updates of a discriminator for every one of the critics
    discount: float = 0.95  # of the sums of rewards that critics forecast, in [0, 1); about one episode
    demonstrations: int = 4  # walks of the expert
    rate: int = 4  # one pair in so many is shown
    episodes: int = 4  # of the learner, at every step

    interface = Imitator
    kind = "interactive"
    steps = 100
    metrics = {
        "imitation_return": Metric("max", "mean return; 0 is that of standing still, 1 that of the expert"),
        "reward_lipschitz": Metric("info", "largest gradient of the learned reward between expert and learner"),
        "q_max": Metric("info", "largest value that the critic forecasts in the learner's test episodes"),
    }

    @property
    def shown(self) -> int:
        """Pairs that are shown of one walk."""
        return pointmass.LENGTH // self.rate

    @property
    def spec(self) -> Spec:
        return Spec(
            demonstrated=self.demonstrations * self.shown,
            played=self.episodes * pointmass.LENGTH,
            updates=UPDATES,
            d_steps=self.d_steps,
            discount=self.discount,
        )

    def sample(self, key: jax.Array) -> World:
        own, moves = jax.random.split(key)
        count = self.demonstrations
        drawn = uniforms(own, walks=(count, 2), starts=(TESTED, 2), first=(count,), side=())
        side = jnp.where(drawn["side"] < 0.5, 1.0, -1.0)
        noise = NOISE * normals(moves, noise=(pointmass.LENGTH, count, 2))["noise"]
        walks = play(expert(side), pointmass.starts(drawn["walks"]), noise)
        first = jnp.floor(self.rate * drawn["first"]).astype(jnp.int32)
        when = first[:, None] + self.rate * jnp.arange(self.shown)[None]
        walk = jnp.arange(count)[:, None]
        starts = pointmass.starts(drawn["starts"])
        calm = play(expert(side), starts, silence(TESTED))
        still = Path(x=jnp.repeat(starts[:, None], pointmass.LENGTH + 1, axis=1), u=jnp.zeros(0))
        return World(
            demonstrations=Pairs(x=walks.x[walk, when].reshape(-1, 2), u=walks.u[walk, when].reshape(-1, 2)),
            starts=starts,
            side=side,
            expert=mean_return(calm),
            still=mean_return(still),
        )

    def given(self, world: World) -> Pairs:
        return world.demonstrations

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Transitions]:
        drawn = normals(key, starts=(self.episodes, 2), noise=(pointmass.LENGTH, self.episodes, 2))
        starts = pointmass.starts(jax.scipy.stats.norm.cdf(drawn["starts"]))
        return world, transitions_of(play(learner.explore, starts, drawn["noise"]))

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        played = play(lambda x, _: learner.act(x), world.starts, silence(TESTED))
        pairs = transitions_of(played)
        own = Pairs(x=pairs.x, u=pairs.u)
        count = len(own.x)
        shown = jax.tree.map(lambda a: a[jnp.arange(count) % len(a)], world.demonstrations)
        weights = uniforms(key, x=(count, 1), u=(count, 1))
        between = interpolates(own, shown, **weights)
        return {
            "imitation_return": (mean_return(played) - world.still) / (world.expert - world.still),
            "reward_lipschitz": steepness(lambda p: learner.reward(p.x, p.u), between).max(),
            "q_max": learner.value(own.x, own.u).max(),
        }

    def floor(self, world: World) -> "Controller":
        """Stands still."""
        return Controller(control=lambda x, _: jnp.zeros_like(x))

    def oracle(self, world: World) -> "Controller":
        """The expert without its noise."""
        return Controller(control=expert(world.side))


class Controller(NamedTuple):
    """A reference: acts by a fixed rule, and has no reward of its own."""

    control: Control

    def act(self, x: jax.Array) -> jax.Array:
        return self.control(x, jnp.zeros_like(x))

    def reward(self, x: jax.Array, u: jax.Array) -> jax.Array:
        return jnp.zeros(len(x))

    def value(self, x: jax.Array, u: jax.Array) -> jax.Array:
        return jnp.zeros(len(x))


def expert(side: jax.Array) -> Control:
    """The block's waypoint expert on one side [] of the disc, noise added to its actions."""
    return lambda x, noise: pointmass.waypoint_expert(x, jnp.broadcast_to(side, len(x))) + noise


def silence(count: int) -> jax.Array:
    """No noise, for so many episodes: [t, e, 2]."""
    return jnp.zeros((pointmass.LENGTH, count, 2))


def play(control: Control, starts: jax.Array, noise: jax.Array) -> Path:
    """Episodes from starts [e, 2], with noise [t, e, 2]; actions are of length 1 at most when they are made."""

    def step(carry: tuple[()], x: jax.Array, noise: jax.Array) -> tuple[tuple[()], jax.Array]:
        return carry, pointmass.bounded(control(x, noise))

    return pointmass.rollout(step, (), starts, noise, pointmass.move)[1]
