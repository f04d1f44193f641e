"""Sequential halving of brackets of arms, one pull a step, by tables that are made before the first step.

A bracket is a segment of `order`, which lists arms; those that survived stand first in it. Brackets are halved one
after another, which is the same as side by side, since they share no reward.

Shapes: n instances, s places (all brackets together), t steps.
"""

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from toybench import Method
from toybench.tasks.bandits._arms import Pull


class Plan(NamedTuple):
    """What happens at each step, all int32 [t]: the place pulled, the segment [start, start + alive) compared when
    `close` is 1 (2: the final comparison of the brackets' first places), and 0 pulls where place is -1."""

    place: np.ndarray
    start: np.ndarray
    alive: np.ndarray
    close: np.ndarray


class State(NamedTuple):
    """Arms by place, int32 [n, s]; sums of this round's rewards and pulls by place, [n, s]; the step, int32 [n];
    the place recommended, int32 [n]."""

    order: jax.Array
    total: jax.Array
    pulls: jax.Array
    step: jax.Array
    best: jax.Array


def halve(start: int, size: int, budget: int) -> list[tuple[int, int, int, int]]:
    """Steps (place, start, alive, close) of sequential halving of one bracket, at most `budget` of them.

    ceil(log2 size) rounds of floor(budget / (alive * rounds)) pulls for each arm still alive, of which the better half,
    rounded up, goes on. Where that is no pull it is one, as long as the budget lasts.
    """
    steps: list[tuple[int, int, int, int]] = []
    alive, rounds = size, max(1, math.ceil(math.log2(size)))
    for _ in range(rounds):
        each = min(max(1, budget // (alive * rounds)), (budget - len(steps)) // alive)
        if each == 0:
            break
        pulled = [(start + i, start, alive, 0) for i in range(alive) for _ in range(each)]
        steps += [*pulled[:-1], (*pulled[-1][:3], 1)]
        alive = -(-alive // 2)
    return steps


def final(starts: list[int], budget: int) -> list[tuple[int, int, int, int]]:
    """Steps of the comparison of the brackets' winners by equal shares of the budget."""
    pulled = [(s, 0, len(starts), 0) for s in starts for _ in range(budget // len(starts))]
    return [*pulled[:-1], (*pulled[-1][:3], 2)] if pulled else []


class Halving(Method):
    """A subclass gives `brackets`: their sizes, and the steps."""

    def fits(self, spec) -> str | None:
        return None if spec.goal == "recommend" else "it explores only, and the task asks for little regret"

    def brackets(self) -> tuple[list[int], list[tuple[int, int, int, int]]]:
        """Sizes of the brackets, each at most the number of arms, and the steps over their places."""
        raise TypeError(f"{self.name} has no brackets; give it a method `brackets`.")

    def plan(self) -> tuple[list[int], Plan]:
        """Sizes of the brackets and the steps as tables, filled up with steps whose pull doesn't count."""
        sizes, steps = self.brackets()
        spare = [(-1, 0, 0, 0)] * (self.steps - len(steps))
        return sizes, Plan(*np.array([*steps, *spare] or [(-1, 0, 0, 0)], np.int32).T)

    def init(self, key: jax.Array) -> State:
        """Every bracket is a random subset of the arms."""
        sizes, n = self.plan()[0], self.spec.instances
        u = jax.random.uniform(key, (len(sizes), n, self.spec.arms))
        chosen = jnp.argsort(u, axis=-1)
        order = jnp.concatenate([chosen[i, :, :size] for i, size in enumerate(sizes)], axis=-1)
        zero, none = jnp.zeros(order.shape), jnp.zeros(n, jnp.int32)
        return State(order=order, total=zero, pulls=zero, step=none, best=none)

    def pull(self, state: State, key: jax.Array) -> jax.Array:
        place = jnp.asarray(self.plan()[1].place)[state.step]
        return jnp.take_along_axis(state.order, jnp.where(place < 0, state.best, place)[:, None], axis=1)[:, 0]

    def update(self, state: State, batch: Pull, key: jax.Array) -> State:
        sizes, plan = self.plan()
        place, start, alive, close = (jnp.asarray(x)[state.step[0]] for x in plan)
        hot = (jnp.arange(state.total.shape[1]) == place).astype(jnp.float32)[None]
        total, pulls = state.total + hot * batch.reward[:, None], state.pulls + hot
        state = state._replace(total=total, pulls=pulls, step=state.step + 1)
        starts = jnp.asarray(np.cumsum([0, *sizes[:-1]]), jnp.int32)
        return jax.lax.switch(close, [lambda s: s, lambda s: rank(s, start, alive), lambda s: crown(s, starts)], state)

    def recommend(self, state: State) -> jax.Array:
        return jnp.take_along_axis(state.order, state.best[:, None], axis=1)[:, 0]


def rank(state: State, start: jax.Array, alive: jax.Array) -> State:
    """The places from `start` on, `alive` of them, sorted by the round's mean reward; the round's sums are cleared."""
    i = jnp.arange(state.order.shape[1])
    inside = ((i >= start) & (i < start + alive))[None]
    mean = state.total / jnp.maximum(state.pulls, 1)
    # places outside keep theirs: sort keys are (before, inside, after), then the mean, stably
    part = ((i >= start).astype(jnp.int32) + (i >= start + alive).astype(jnp.int32))[None]
    part = jnp.broadcast_to(part, mean.shape)
    by = jnp.lexsort((jnp.where(inside, -mean, 0.0), part), axis=-1)
    zero = jnp.zeros_like(state.total)
    best = jnp.full_like(state.best, start)
    return state._replace(order=jnp.take_along_axis(state.order, by, axis=1), total=zero, pulls=zero, best=best)


def crown(state: State, starts: jax.Array) -> State:
    """The winner among the brackets' first places by the mean rewards of the final comparison."""
    mean = (state.total / jnp.maximum(state.pulls, 1))[:, starts]
    return state._replace(best=starts[jnp.argmax(mean, axis=-1)])
