"""Ranks states by a network's guess of the distance, learned by approximate value iteration.

**Source**: Agostinelli, McAleer, Shmakov and Baldi, "Solving the Rubik's cube with deep reinforcement learning and
search", 2019, https://doi.org/10.1038/s42256-019-0070-z (authors' code, github.com/forestagostinelli/DeepCubeA:
ctg_approx/avi.py, updaters/updater.py, search_methods/gbfs.py).

    target(s) = 0 at the goal, else 1 + min over moves a of J_old(a(s)),  J_old = 0 at the goal
    loss = mean (J(s) - target(s))^2;    J_old moves towards J

**Differs from the paper**: 1. the target network follows by a moving average at every update, instead of copies
whenever the loss is small; its speed is the best of 0.1, 0.3 and 1 on tuning seeds. 2. states come from walks like
those of `walk_distance_net`; targets cost it as many evaluations again. 3. two layers of 64 units; targets are not
below 0. 4. beam search in place of A*. 5. the network guesses the distance as a share of the walks' length.

**Shapes**: m states, t tiles, b batch.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.combinatorial_search import _walks as walks
from toybench.tasks.combinatorial_search import neighbours


class State(NamedTuple):
    """The walks' learner, and the target network."""

    learner: walks.State
    old: Any


class BellmanNet(Method):
    """The rival whose targets need no walks; its states come from them."""

    lr: float = 0.01  # Adam's first rate; the authors' is 0.001
    follow: float = 0.3  # share of the way that the target network goes at an update
    length: int = 28  # moves of a walk; the authors take 30 for a cube of 3

    space = {"lr": (0.003, 0.01, 0.03), "length": (14, 28, 56, 112)}

    def init(self, key: jax.Array) -> State:
        learner = walks.start(key, self.spec.tiles, self.length, self.steps)
        return State(learner=learner, old=learner.params)

    def update(self, state: State, batch: tuple, key: jax.Array) -> State:
        code = walks.batch_of(state.learner).codes
        target = self.target(state.old, code)

        def loss(params: Any) -> jax.Array:
            return ((walks.value_of(params, code, self.spec.tiles) - target) ** 2).mean()

        learner = walks.descend(state.learner, jax.grad(loss)(state.learner.params), self.lr, self.steps)
        old = jax.tree.map(lambda a, b: a + self.follow * (b - a), state.old, learner.params)
        return State(learner=learner, old=old)

    def target(self, params: Any, code: jax.Array) -> jax.Array:
        """One move more than the nearest neighbour of codes [b] is said to need, as a share of the walks' length."""
        onward = jnp.asarray(neighbours(self.spec.tiles))[code]
        guessed = self.distance(params, onward.reshape(-1)).reshape(onward.shape)
        return jnp.where(code == walks.GOAL, 0.0, 1 / self.length + guessed.min(1))

    def distance(self, params: Any, code: jax.Array) -> jax.Array:
        """Guesses for codes [m] as a share of the walks' length: 0 at the goal, and nowhere below it."""
        value = walks.value_of(params, code, self.spec.tiles)
        return jnp.where(code == walks.GOAL, 0.0, jnp.maximum(value, 0.0))

    def rank(self, state: State, rows: jax.Array) -> jax.Array:
        return walks.value(state.learner.params, rows)

    def parameters(self, state: State) -> Any:
        return state.learner.params
