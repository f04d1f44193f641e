"""A slippery grid, wandered by one fixed policy: how well is the discounted law of states to come learned from little?

Isolates what bootstrapping adds to contrastive prediction. A 5 x 5 grid without walls; with chance 0.2 a uniformly
random action is done instead; the policy's rows are Dirichlet(1); discount 0.9. The data are pieces of 20 moves from
uniform starts, so that a piece ends early in the future that is asked for. The true law is a geometric sum of the
chain, exact.

A prediction's negative entries count as 0, and its rows are scaled to a sum of 1. Only pairs of state and action that
are in the data are judged.
"""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from toybench import Metric, Task
from toybench.blocks import gridworld, mdp
from toybench.blocks.random import uniforms
from toybench.tasks.goal_reaching import Forecaster, Pieces, Spec, some_pieces, whole_numbers

TINY = 1e-12  # added to a row's sum, which is 0 where a prediction is nowhere positive
LENGTH = 20  # moves of a piece


class World(NamedTuple):
    """The process, its data and what they say of it.

    Attributes:
      truth: discounted law of the states to come [S, A, S].
      pieces: the data.
      seen: 1 where a state and action are in the data, [S, A].
    """

    truth: jax.Array
    pieces: Pieces
    seen: jax.Array


def total_variation(prediction: jax.Array, truth: jax.Array) -> jax.Array:
    """Total variation distance [...] of rows [..., S], those of the prediction made a law first."""
    positive = jnp.maximum(prediction, 0.0)
    law = positive / (positive.sum(-1, keepdims=True) + TINY)
    return 0.5 * jnp.abs(law - truth).sum(-1)


class OccupancyPrediction(Task):
    """One policy, some pieces of its trajectories."""

    transitions: int = 1000  # moves in the data, a multiple of 20
    slip: float = 0.2  # chance of a uniformly random action
    side: int = 5  # cells
    batch: int = 64  # pieces a step

    interface = Forecaster
    steps = 2000
    checkpoints = 4
    metrics = {"occupancy_tv": Metric("min", "total variation distance to the true law, mean over seen state-actions")}

    @property
    def spec(self) -> Spec:
        return Spec(
            side=self.side,
            actions=gridworld.ACTIONS,
            pieces=self.transitions // LENGTH,
            length=LENGTH,
            discount=0.9,
            batch=self.batch,
        )

    def sample(self, key: jax.Array) -> World:
        spec = self.spec
        drawn = uniforms(key, policy=(spec.states, spec.actions), start=(spec.pieces,), moves=(LENGTH, spec.pieces, 2))
        weight = -jnp.log1p(-drawn["policy"])  # exponential: their shares are Dirichlet(1)
        policy = weight / weight.sum(-1, keepdims=True)
        following = gridworld.open_grid(np.ones((self.side, self.side), bool))
        transitions = gridworld.with_slip(jnp.asarray(following), self.slip)

        def step(s: jax.Array, u: jax.Array) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
            a = mdp.pick(u[:, 0], policy[s])
            return mdp.pick(u[:, 1], transitions[s, a]), (s, a)

        last, moves = jax.lax.scan(step, whole_numbers(drawn["start"], spec.states), drawn["moves"])
        states, actions = moves
        pieces = Pieces(s=jnp.concatenate([states, last[None]]).T, a=actions.T)
        counts = jnp.zeros((spec.states, spec.actions)).at[pieces.s[:, :-1], pieces.a].add(1.0)
        truth = mdp.occupancy(transitions, policy, spec.discount)
        return World(truth=truth, pieces=pieces, seen=(counts > 0).astype(jnp.float32))

    def given(self, world: World) -> Pieces:
        """All pieces."""
        return world.pieces

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Pieces]:
        return world, some_pieces(world.pieces, key, self.batch)

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        apart = total_variation(learner.occupancy(), world.truth)
        return {"occupancy_tv": (apart * world.seen).sum() / world.seen.sum()}

    def floor(self, world: World) -> Any:
        """The law of the states to come, whatever the state and action."""
        mean = jnp.broadcast_to(world.truth.mean((0, 1), keepdims=True), world.truth.shape)
        return SimpleNamespace(occupancy=lambda: mean)

    def oracle(self, world: World) -> Any:
        """The true law."""
        return SimpleNamespace(occupancy=lambda: world.truth)
