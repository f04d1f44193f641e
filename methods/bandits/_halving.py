"""Sequential halving of brackets of arms, one pull a step, by tables that are made before the first step.

A bracket is a segment of `order`, which lists arms; those that survived a round stand first in it. No pull depends on a
reward but through the order of a segment, so that the steps of all brackets are known beforehand.

Shapes: n instances, s places (all brackets together), t steps, m brackets.
"""

import abc
import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from toybench import Method
from toybench.tasks.bandits._arms import Pull

GOES_ON = 0  # after a step nothing happens
RANKS = 1  # a round ends
CROWNS = 2  # the last round ends


class Step(NamedTuple):
    """The bracket and the place that are pulled, -1 for a pull that doesn't count; the segment [start, start + alive)
    that is compared when the round ends; and what happens after the step."""

    bracket: int
    place: int
    start: int
    alive: int
    after: int


class State(NamedTuple):
    """Arms by place, int32 [n, s]; sums of rewards and pulls of the round by place, [n, s]; the arm that each bracket
    recommends, int32 [n, m], and its mean reward in the last round, [n, m], -inf before; the step, int32 [n]."""

    order: jax.Array
    total: jax.Array
    pulls: jax.Array
    winner: jax.Array
    quality: jax.Array
    step: jax.Array


def turns(steps: int, arms: int) -> tuple[list[int], list[int]]:
    """(sizes of the brackets that `steps` pulls open, whose turn each pull is).

    Bracket b, counted from 1, holds 2^b arms and is opened at step b 2^b; a pull goes to the one with the fewest pulls.
    """
    sizes: list[int] = [min(2, arms)]
    pulls: list[int] = [0]
    whose: list[int] = []
    for t in range(1, steps + 1):
        b = len(sizes) + 1
        if t >= b * 2**b:
            sizes.append(min(2**b, arms))
            pulls.append(0)
        whose.append(pulls.index(min(pulls)))
        pulls[whose[-1]] += 1
    return sizes, whose


def halve(bracket: int, start: int, size: int, budget: int) -> list[Step]:
    """Steps of sequential halving of one bracket, at most `budget` of them.

    ceil(log2 size) rounds of floor(budget / (alive * rounds)) pulls for each arm still alive, of which the better half,
    rounded up, goes on. Where that is no pull it is one, as long as the budget lasts.
    """
    steps: list[Step] = []
    alive = size
    rounds = max(1, math.ceil(math.log2(size)))
    for _ in range(rounds):
        each = min(max(1, budget // (alive * rounds)), (budget - len(steps)) // alive)
        if each == 0:
            break
        places = [start + i for i in range(alive) for _ in range(each)]
        steps += [Step(bracket=bracket, place=p, start=start, alive=alive, after=GOES_ON) for p in places]
        steps[-1] = steps[-1]._replace(after=RANKS)
        alive = -(-alive // 2)
    return [*steps[:-1], steps[-1]._replace(after=CROWNS)] if steps else []


class Halving(Method, abc.ABC):
    """Plays a list of steps that is made from the numbers of arms and pulls alone."""

    def fits(self, spec) -> str | None:
        return None if spec.goal == "recommend" else "it explores only, and the task asks for little regret"

    @abc.abstractmethod
    def plan(self) -> tuple[list[int], list[Step]]:
        """Sizes of the brackets, each at most the number of arms, and the steps over their places."""

    def table(self) -> np.ndarray:
        """The plan, a row a step, filled up with pulls that don't count: int32 [t, 5]."""
        idle = Step(bracket=0, place=-1, start=0, alive=0, after=GOES_ON)
        steps = self.plan()[1]
        return np.array([*steps, *[idle] * (max(self.steps, 1) - len(steps))], np.int32)

    def init(self, key: jax.Array) -> State:
        """Every bracket is a random subset of the arms."""
        sizes = self.plan()[0]
        n = self.spec.instances
        u = jax.random.uniform(key, (len(sizes), n, self.spec.arms))
        chosen = jnp.argsort(u, axis=-1)
        order = jnp.concatenate([chosen[i, :, :size] for i, size in enumerate(sizes)], axis=-1)
        zero = jnp.zeros(order.shape)
        return State(
            order=order,
            total=zero,
            pulls=zero,
            winner=jnp.stack([chosen[i, :, 0] for i in range(len(sizes))], axis=-1),
            quality=jnp.full((n, len(sizes)), -jnp.inf),
            step=jnp.zeros(n, jnp.int32),
        )

    def pull(self, state: State, key: jax.Array) -> jax.Array:
        place = jnp.asarray(self.table()[:, 1])[state.step]
        arm = jnp.take_along_axis(state.order, jnp.maximum(place, 0)[:, None], axis=1)[:, 0]
        return jnp.where(place < 0, self.recommend(state), arm)

    def update(self, state: State, batch: Pull, key: jax.Array) -> State:
        row = jnp.asarray(self.table())[state.step[0]]
        now = Step(bracket=row[0], place=row[1], start=row[2], alive=row[3], after=row[4])  # type: ignore[arg-type]
        hot = (jnp.arange(state.total.shape[1]) == now.place).astype(jnp.float32)[None]
        state = state._replace(
            total=state.total + hot * batch.reward[:, None],
            pulls=state.pulls + hot,
            step=state.step + 1,
        )
        ends = [lambda s: s, lambda s: rank(s, now), lambda s: crown(rank(s, now), now, mean_of(s))]
        return jax.lax.switch(now.after, ends, state)

    def recommend(self, state: State) -> jax.Array:
        """The winner with the largest mean, of the brackets that have finished."""
        best = jnp.argmax(state.quality, axis=-1)
        return jnp.take_along_axis(state.winner, best[:, None], axis=1)[:, 0]


def mean_of(state: State) -> jax.Array:
    """Mean rewards of the round by place, [n, s], 0 where there is none."""
    return state.total / jnp.maximum(state.pulls, 1)


def inside(state: State, now: Step) -> jax.Array:
    """Places that are compared: bool [1, s]."""
    i = jnp.arange(state.order.shape[1])
    return ((i >= now.start) & (i < now.start + now.alive))[None]


def rank(state: State, now: Step) -> State:
    """The segment sorted by the mean rewards of the round, the best first, and its sums cleared."""
    here = inside(state, now)
    i = jnp.arange(state.order.shape[1])
    # places before and after the segment keep theirs: it is sorted by part first, then by mean, stably
    part = (i >= now.start).astype(jnp.int32) + (i >= now.start + now.alive).astype(jnp.int32)
    part = jnp.broadcast_to(part[None], state.order.shape)
    by = jnp.lexsort((jnp.where(here, -mean_of(state), 0.0), part), axis=-1)
    return state._replace(
        order=jnp.take_along_axis(state.order, by, axis=1),
        total=jnp.where(here, 0.0, state.total),
        pulls=jnp.where(here, 0.0, state.pulls),
    )


def crown(state: State, now: Step, mean: jax.Array) -> State:
    """The first arm of the ranked segment becomes the bracket's winner, with the best mean [n, s] of the segment."""
    arm = jax.lax.dynamic_slice_in_dim(state.order, now.start, 1, axis=1)
    best = jnp.where(inside(state, now), mean, -jnp.inf).max(-1, keepdims=True)
    own = (jnp.arange(state.winner.shape[1]) == now.bracket)[None]
    return state._replace(winner=jnp.where(own, arm, state.winner), quality=jnp.where(own, best, state.quality))
