"""A small grid with a goal that ends it, known through preferences between segments of three random moves.

Isolates what a function of state and action means that was fitted to preferences by its sum over segments. A 5 x 5 grid
and four moves, all certain; a move costs 1, one onto a trap 3, and the one to the goal earns 10 and ends. 3,000 pairs.
Labels prefer the larger sum of optimal advantages (`labels=regret`) or of rewards (`labels=partial_return`), surely
(`noise=0`) or with the sigmoid of the difference as its chance (`noise=1`).

With `segments=padded` a segment that ends early goes on in the end's state for nothing; with `segments=unpadded` it is
replaced by one that goes on for three moves. Returns are of 100 moves from each state alike: 0 is the uniform policy's,
1 the best one's.
"""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from toybench import Metric, Task
from toybench.blocks import gridworld, mdp
from toybench.blocks.random import uniforms
from toybench.errors import UsageError
from toybench.tasks.preference_learning import Actor, Preferences, Segments, Spec

LENGTH = 3  # moves of a segment, as in the paper
TRIES = 6  # segments drawn for one that goes on: one in ten ends early, all six once in a million; a world has 6,000
MOVES = 4  # up, down, left, right
TRAPS = 3  # cells
STEP_COST = 1.0  # of a move
TRAP_COST = 3.0  # of a move onto a trap
PRIZE = 10.0  # of the move to the goal
HORIZON = 100  # moves that a return counts
SWEEPS = 64  # of value iteration, more than the longest way
SAME = 1e-3  # difference of two sums below which neither segment is preferred: rounding


class World(NamedTuple):
    """A grid and its preferences.

    Attributes:
      rewards: [S, A], 0 at the end.
      ends: 1 at the end, [S].
      best: an optimal policy [S, A].
      pairs: the segments.
      given: what learners see.
    """

    rewards: jax.Array
    ends: jax.Array
    best: jax.Array
    pairs: Segments
    given: Preferences


def visit_differences(pairs: Segments, states: int) -> jax.Array:
    """How often each state and action is in the first segment of a pair, less in the second: [n, S, A]."""
    rows = jnp.arange(len(pairs.s))[:, None, None]
    signed = pairs.going * jnp.asarray([1.0, -1.0])[None, :, None]
    return jnp.zeros((len(pairs.s), states, MOVES)).at[rows, pairs.s, pairs.a].add(signed)


class SegmentPreferences(Task):
    """One grid, one set of pairs."""

    labels: str = "regret"  # regret or partial_return: whose difference decides
    segments: str = "padded"  # padded or unpadded: whether pairs have moves after the end
    noise: int = 0  # 0: the larger sum is preferred; 1: with the chance of a sigmoid
    pairs: int = 3000  # of segments
    side: int = 5  # cells

    interface = Actor
    steps = 1000
    checkpoints = 2
    metrics = {
        "normalized_return": Metric(
            "max", "return of 100 moves, mean over starts; 0 as the uniform policy's, 1 at best"
        ),
        "unfinished_share": Metric("min", "chance not to have ended after 100 moves, mean over starts"),
    }

    @property
    def spec(self) -> Spec:
        if self.labels not in ("regret", "partial_return"):
            raise UsageError(f"{self.name} has no labels '{self.labels}'; use regret or partial_return.")
        if self.segments not in ("padded", "unpadded"):
            raise UsageError(f"{self.name} has no segments '{self.segments}'; use padded or unpadded.")
        return Spec(states=self.side**2, actions=MOVES, discount=0.999)

    def sample(self, key: jax.Array) -> World:
        cells = self.side**2
        drawn = uniforms(
            key,
            places=(cells,),
            starts=(TRIES, self.pairs, 2),
            acts=(LENGTH, TRIES, self.pairs, 2),
            prefer=(self.pairs,),
        )
        order = jnp.argsort(drawn["places"])
        ends = jax.nn.one_hot(order[0], cells)
        trap = jax.nn.one_hot(order[1 : 1 + TRAPS], cells).sum(0)
        following = jnp.asarray(gridworld.open_grid(np.ones((self.side, self.side), bool))[:, :MOVES])
        going = 1 - ends
        entered = -STEP_COST + (STEP_COST - TRAP_COST) * trap + (STEP_COST + PRIZE) * ends
        rewards = going[:, None] * entered[following]
        transitions = going[:, None, None] * jax.nn.one_hot(following, cells)
        values = mdp.value_iteration(transitions, rewards, self.spec.discount, SWEEPS)
        q = mdp.q_values(transitions, rewards, values, self.spec.discount)
        pairs = self.choose(self.wander(drawn, order, following, ends))
        worth = (q - values[:, None]) if self.labels == "regret" else rewards
        sums = (pairs.going * worth[pairs.s, pairs.a]).sum(-1)
        label = self.prefer(sums[:, 0] - sums[:, 1], drawn["prefer"])
        given = Preferences(visits=visit_differences(pairs, cells), label=label, transitions=transitions)
        return World(rewards=rewards, ends=ends, best=mdp.greedy(q), pairs=pairs, given=given)

    def wander(self, drawn: dict[str, jax.Array], order: jax.Array, following: jax.Array, ends: jax.Array) -> Segments:
        """Segments [tries, n, 2, L] of uniform moves from uniform cells but the goal's."""
        others = order.shape[0] - 1
        first = order[1 + jnp.minimum((drawn["starts"] * others).astype(jnp.int32), others - 1)]
        acts = jnp.minimum((drawn["acts"] * MOVES).astype(jnp.int32), MOVES - 1)

        def step(s: jax.Array, a: jax.Array) -> tuple[jax.Array, Segments]:
            alive = 1 - ends[s]
            return jnp.where(alive > 0, following[s, a], s), Segments(s=s, a=a, going=alive)

        _, moves = jax.lax.scan(step, first.astype(jnp.int32), acts)
        return jax.tree.map(lambda x: jnp.moveaxis(x, 0, -1), moves)

    def choose(self, tries: Segments) -> Segments:
        """The first try, or the first that goes on to its last move."""
        if self.segments == "padded":
            return jax.tree.map(lambda x: x[0], tries)
        whole = (tries.going.min(-1) > 0).argmax(0)
        return jax.tree.map(lambda x: jnp.take_along_axis(x, whole[None, :, :, None], axis=0)[0], tries)

    def prefer(self, difference: jax.Array, uniform: jax.Array) -> jax.Array:
        """Labels [n] for differences [n] of the sums."""
        if self.noise:
            return (uniform < jax.nn.sigmoid(difference)).astype(jnp.float32)
        return jnp.where(jnp.abs(difference) < SAME, 0.5, (difference > 0).astype(jnp.float32))

    def given(self, world: World) -> Preferences:
        """Visits, labels and the moves of the world."""
        return world.given

    def outcome(self, world: World, policy: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Mean over the starts of the return, and of the chance not to have ended."""
        chain = mdp.chain(world.given.transitions, policy)
        going = 1 - world.ends
        earned = mdp.expected(world.rewards, policy)

        def back(_: int, now: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
            value, alive = now
            return earned + chain @ value, chain @ alive

        value, alive = jax.lax.fori_loop(0, HORIZON, back, (jnp.zeros_like(earned), going))
        return (value * going).sum() / going.sum(), (alive * going).sum() / going.sum()

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        found, unfinished = self.outcome(world, learner.policy())
        plain, _ = self.outcome(world, jnp.full(world.best.shape, 1 / MOVES))
        best, _ = self.outcome(world, world.best)
        return {"normalized_return": (found - plain) / (best - plain), "unfinished_share": unfinished}

    def floor(self, world: World) -> Any:
        """All moves alike."""
        return SimpleNamespace(policy=lambda: jnp.full(world.best.shape, 1 / MOVES))

    def oracle(self, world: World) -> Any:
        """An optimal policy."""
        return SimpleNamespace(policy=lambda: world.best)
