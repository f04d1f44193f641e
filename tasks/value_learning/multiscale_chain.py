"""A chain with a large reward at one end and a small one at the other: in which space are values to be learned?

Isolates the space of value estimates. Values fall by powers of the discount along the 40 cells, so the gap between the
two actions spans many scales, and a tile five cells wide blurs it. The right end pays 1, the left end about 0.05, each
on a channel of its own; a move goes the wrong way with probability `slip`. Transitions are shown from uniformly drawn
cells and actions: nobody explores. 16 chains side by side, which differ in what the left end pays.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks import mdp
from toybench.blocks.random import uniforms
from toybench.tasks.value_learning import ChainSpec, Shown, Valuer

REWARDS = (0.05, 1.0)  # of the left and of the right end
RATIO = 2.0  # the left end pays up to so many times more or less, by chain
SWEEPS = 400  # of value iteration: 0.96^400 is 1e-7


class World(NamedTuple):
    """Chains with their end as a last state, and the values of the actions.

    Attributes:
      moves: chances of the next state, [s + 1, 2, s + 1].
      pays: what the two ends of each chain pay, [c, 2].
      optimal: [c, s, 2].
    """

    moves: jax.Array
    pays: jax.Array
    optimal: jax.Array


class Table(NamedTuple):
    """Values that are known, [c, s, 2]."""

    table: jax.Array

    def values(self) -> jax.Array:
        return self.table


class MultiscaleChain(Task):
    """Van Seijen's chain with two ends that pay."""

    gamma: float = 0.96  # discount; Fatemi and Tavakoli's
    slip: float = 0.25  # chance of a move the wrong way; van Seijen's

    tiles: int = 5  # width of a tile; 1: a table
    cells: int = 40  # cells of a chain
    chains: int = 16  # chains of a trial
    block: int = 40  # updates of a batch

    interface = Valuer
    steps = 500
    checkpoints = 5
    metrics = {
        "optimal_action_share": Metric("max", "share of cells in which the action of greater value is the best one"),
        "q_error": Metric("zero", "greatest error of a value in a chain, mean over chains"),
        "return_from_middle": Metric("max", "exact return of the greedy policy from the middle, share of the optimum"),
    }

    @property
    def spec(self) -> ChainSpec:
        return ChainSpec(chains=self.chains, cells=self.cells, tiles=self.tiles, rewards=REWARDS)

    def given(self, world: World) -> jax.Array:
        """The discount, []."""
        return jnp.asarray(self.gamma, jnp.float32)

    def sample(self, key: jax.Array) -> World:
        moves = chain_law(self.cells, self.slip)
        left = REWARDS[0] * RATIO ** (2 * jax.random.uniform(key, (self.chains,)) - 1)
        pays = jnp.stack([left, jnp.full(self.chains, REWARDS[1])], -1)
        rewards = end_rewards(pays, self.cells, self.slip)
        values = mdp.value_iteration(moves, rewards, self.gamma, SWEEPS)
        optimal = mdp.q_values(moves, rewards, values, self.gamma)[:, : self.cells]
        return World(moves=moves, pays=pays, optimal=optimal)

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Shown]:
        size = (self.block, self.chains)
        u = uniforms(key, cell=size, action=size, slips=size)
        cell = jnp.minimum((u["cell"] * self.cells).astype(jnp.int32), self.cells - 1)
        action = (u["action"] < 0.5).astype(jnp.int32)
        right = (action == 1) != (u["slips"] < self.slip)
        cell1 = cell + jnp.where(right, 1, -1)
        ends = jnp.stack([cell1 < 0, cell1 >= self.cells], -1)
        return world, Shown(
            cell=cell,
            cell1=jnp.clip(cell1, 0, self.cells - 1),
            action=action,
            reward=jnp.where(ends, world.pays[None], 0.0),
            done=ends.any(-1).astype(jnp.float32),
        )

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        values = learner.values()
        same = values.argmax(-1) == world.optimal.argmax(-1)
        middle = self.cells // 2
        best = world.optimal[:, middle].max(-1)
        return {
            "optimal_action_share": same.mean(),
            "q_error": jnp.abs(values - world.optimal).max((1, 2)).mean(),
            "return_from_middle": (self.returns(world, values)[:, middle] / best).mean(),
        }

    def returns(self, world: World, values: jax.Array) -> jax.Array:
        """Exact returns [c, s + 1] of the greedy policies of values [c, s, 2]."""
        policy = jnp.pad(mdp.greedy(values), ((0, 0), (0, 1), (0, 0)))
        steps = mdp.chain(world.moves, policy)
        earned = mdp.expected(end_rewards(world.pays, self.cells, self.slip), policy)
        visited = mdp.geometric(steps, self.gamma)
        return jnp.einsum("cst,ct->cs", visited, earned, precision=mdp.HIGHEST)

    def floor(self, world: World) -> Table:
        """No action is worth anything."""
        return Table(jnp.zeros_like(world.optimal))

    def oracle(self, world: World) -> Table:
        """The values by value iteration."""
        return Table(world.optimal)


def chain_law(cells: int, slip: float | jax.Array) -> jax.Array:
    """Chances [s + 1, 2, s + 1] of the next state, the last of which is the end and leads nowhere."""
    down = jnp.eye(cells + 1, k=-1).at[0].set(jax.nn.one_hot(cells, cells + 1)).at[cells].set(0.0)
    up = jnp.eye(cells + 1, k=1).at[cells].set(0.0)
    return jnp.stack([(1 - slip) * down + slip * up, slip * down + (1 - slip) * up], axis=1)


def end_rewards(pays: jax.Array, cells: int, slip: float | jax.Array) -> jax.Array:
    """Expected rewards [c, s + 1, 2] where the ends pay [c, 2]."""
    towards = jnp.stack([jnp.stack([1 - slip, slip]), jnp.stack([slip, 1 - slip])])  # end, action
    rewards = jnp.zeros((len(pays), cells + 1, 2))
    rewards = rewards.at[:, 0].set(pays[:, :1] * towards[:1])
    return rewards.at[:, cells - 1].set(pays[:, 1:] * towards[1:])
