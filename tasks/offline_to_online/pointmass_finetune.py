"""A point is to find one of nine places; recorded walks went to five of them, and seldom to that one.

Isolates what can be learned before there is a reward. A walk of 20 steps begins in the middle, and every step earns
the more the nearer it ends to the target: 0 in the middle, 1 at the target. Records show walks to five places, the
target in one of twenty, with random actions in between. Who has learned where walks lead may find out which of these
places pays best, instead of what to do at every place. With `paid=near` a step earns 1 near the target and 0 elsewhere,
so that most walks earn nothing.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks import pointmass
from toybench.blocks.random import uniforms
from toybench.tasks.offline_to_online import Played, Recorded, Spec, Walker

GOALS = 9
CIRCLE = 0.8  # distance of all goals from the middle
NEAR = 0.15  # distance from the target within which a step earns 1, where nothing else is paid
AROUND = 0.1  # half of the width of the square in which walks begin
RANDOM = 0.2  # share of random actions in recorded walks
HEADINGS = 8
LAST = 5  # rounds that count as the end


class World(NamedTuple):
    """The target [2], the records, updates so far [], and by round what was earned and what could have been, [k].

    Both are means over steps and episodes; rounds that are not played yet have 0.
    """

    target: jax.Array
    recorded: Recorded
    updates: jax.Array
    earned: jax.Array
    possible: jax.Array


class Known(NamedTuple):
    """A reference whose metrics follow from its rule."""

    metrics: dict[str, jax.Array]


class PointmassFinetune(Task):
    """Every step is a round of walks; rounds of the second half count."""

    paid: str = "closeness"  # closeness to the target, or to be near it
    walks: int = 200  # recorded
    visited: int = 5  # goals of recorded walks, the target among them
    rare: float = 0.05  # share of recorded walks that go to the target, 0 to 1
    episodes: int = 4  # walks of the learner in a round
    updates: int = 50  # gradient steps of a learner in a round
    steps: int = 40  # type: ignore[misc]  # rounds

    interface = Walker
    kind = "interactive"
    metrics = {
        "auc_return": Metric("max", "reward of all rounds that count, in that of going straight to the target"),
        "final_return": Metric("max", "reward of the last five rounds, in that of going straight to the target"),
        "first_return": Metric("info", "reward of the first round, in that of going straight to the target"),
    }

    @property
    def spec(self) -> Spec:
        return Spec(actions=1 + HEADINGS, length=pointmass.LENGTH, episodes=self.episodes, updates=self.updates)

    @property
    def offline(self) -> int:
        """Rounds before the first that counts."""
        return self.steps // 2

    def sample(self, key: jax.Array) -> World:
        length = pointmass.LENGTH
        drawn = uniforms(
            key,
            order=(GOALS,),
            goal=(self.walks,),
            starts=(self.walks, 2),
            whether=(length, self.walks),
            which=(length, self.walks),
        )
        goals = places()[jnp.argsort(drawn["order"])]
        others = 1 + ((drawn["goal"] - self.rare) / (1 - self.rare) * (self.visited - 1)).astype(jnp.int32)
        aim = goals[jnp.where(drawn["goal"] < self.rare, 0, others)]
        erring = jnp.where(drawn["whether"] < RANDOM, (drawn["which"] * (1 + HEADINGS)).astype(jnp.int32), -1)

        def act(x: jax.Array, wrong: jax.Array) -> jax.Array:
            return jnp.where(wrong < 0, straight(x, aim), wrong)

        x, a = walk(act, middle(drawn["starts"]), erring)
        rounds = jnp.zeros(self.steps - self.offline)
        return World(
            target=goals[0],
            recorded=Recorded(x=x, a=a, hidden=self.rewards(x, goals[0])),
            updates=jnp.int32(0),
            earned=rounds,
            possible=rounds,
        )

    def given(self, world: World) -> Recorded:
        return world.recorded

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Played]:
        own, acts = jax.random.split(key)
        starts = middle(jax.random.uniform(own, (self.episodes, 2)))

        def step(now: tuple, key: jax.Array) -> tuple[tuple, tuple]:
            x, earned = now
            a = learner.act(x, earned, key)
            there = move(x, a)
            return (there, earned + self.reward(there, world.target)), (there, a)

        begin = (starts, jnp.zeros(self.episodes))
        later, a = jax.lax.scan(step, begin, jax.random.split(acts, pointmass.LENGTH))[1]
        x = jnp.concatenate([starts[None], later]).swapaxes(0, 1)
        a = a.swapaxes(0, 1)
        r = self.rewards(x, world.target)
        best, _ = walk(lambda x, _: straight(x, world.target[None]), starts, jnp.zeros(pointmass.LENGTH))
        place = world.updates - self.offline
        counted = jnp.where(place >= 0, place, len(world.earned))  # a place beyond the end is left out
        world = world._replace(
            updates=world.updates + 1,
            earned=world.earned.at[counted].set(r.mean(), mode="drop"),
            possible=world.possible.at[counted].set(self.rewards(best, world.target).mean(), mode="drop"),
        )
        return world, Played(x=x, a=a, r=r, online=(place >= 0).astype(r.dtype))

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        if isinstance(learner, Known):
            return learner.metrics
        return {
            "auc_return": share(world.earned, world.possible),
            "final_return": share(world.earned[-LAST:], world.possible[-LAST:]),
            "first_return": share(world.earned[:1], world.possible[:1]),
        }

    def reward(self, x: jax.Array, target: jax.Array) -> jax.Array:
        """What a step to places [..., 2] earns: [...]."""
        near = closeness(x, target)
        return near if self.paid == "closeness" else (near > 1 - NEAR / CIRCLE).astype(x.dtype)

    def rewards(self, x: jax.Array, target: jax.Array) -> jax.Array:
        """What the steps of walks [n, t + 1, 2] earn: [n, t]."""
        return self.reward(x[:, 1:], target)

    def floor(self, world: World) -> Known:
        """Stays in the middle."""
        return Known(dict.fromkeys(self.metrics, jnp.zeros(())))

    def oracle(self, world: World) -> Known:
        """Goes straight to the target."""
        return Known(dict.fromkeys(self.metrics, jnp.ones(())))


def share(earned: jax.Array, possible: jax.Array) -> jax.Array:
    """What was earned over what was possible in some rounds; 0 before the first: []."""
    whole = possible.sum()
    return earned.sum() / jnp.where(whole > 0, whole, 1.0)


def places() -> jax.Array:
    """All goals, evenly on the circle: [GOALS, 2]."""
    angle = 2 * jnp.pi * jnp.linspace(0.0, 1.0, GOALS, endpoint=False)
    return CIRCLE * jnp.stack([jnp.cos(angle), jnp.sin(angle)], axis=-1)


def directions() -> jax.Array:
    """Controls by action: to stay, and to go in one of the headings: [1 + HEADINGS, 2]."""
    angle = 2 * jnp.pi * jnp.linspace(0.0, 1.0, HEADINGS, endpoint=False)
    return jnp.concatenate([jnp.zeros((1, 2)), jnp.stack([jnp.cos(angle), jnp.sin(angle)], axis=-1)])


def middle(uniform: jax.Array) -> jax.Array:
    """Starts around the middle, from uniform numbers [n, 2]."""
    return AROUND * (2 * uniform - 1)


def move(x: jax.Array, a: jax.Array) -> jax.Array:
    """The places [n, 2] after actions int32 [n]; there is no disc."""
    return pointmass.move(x, directions()[a], 0.0)


def straight(x: jax.Array, aim: jax.Array) -> jax.Array:
    """The actions int32 [n] after which places [n, 2] are nearest to `aim`, [n, 2] or [1, 2]."""
    after = jnp.clip(x[:, None] + pointmass.STEP * directions()[None], -1.0, 1.0)
    return ((after - aim[:, None]) ** 2).sum(-1).argmin(-1)


def closeness(x: jax.Array, target: jax.Array) -> jax.Array:
    """1 at the target [2], 0 in the middle, and less than 0 farther from it: [...] of places [..., 2]."""
    return 1 - jnp.linalg.norm(x - jnp.broadcast_to(target, x.shape), axis=-1) / CIRCLE


def walk(act: Any, starts: jax.Array, inputs: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Places [n, t + 1, 2] and actions [n, t] of walks by `act(x, input)`, with one input of [t, ...] a step."""

    def step(x: jax.Array, now: jax.Array) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
        a = act(x, now)
        there = move(x, a)
        return there, (there, a)

    later, a = jax.lax.scan(step, starts, inputs)[1]
    return jnp.concatenate([starts[None], later]).swapaxes(0, 1), a.swapaxes(0, 1)
