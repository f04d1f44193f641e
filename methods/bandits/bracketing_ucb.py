"""Optimism in ever larger random subsets side by side: the rival of bracketing sequential halving.

**Source**: Katz-Samuels and Jamieson, "The True Sample Complexity of Identifying Good Arms", 2020,
https://arxiv.org/abs/1906.06594 (bracketing UCB), the method that Zhao et al., 2022, compare theirs with.

    brackets and whose turn it is: as for `bracketing_sequential_halving`
    in a bracket: argmax of xbar_a + c sqrt(2 log t / n_a)           t: pulls of the bracket so far
    recommended: of all arms of all brackets the largest xbar_a - c sqrt(2 log t / n_a)

**Differs from the paper**: 1. the width is UCB1's for noise 1, with a tuned factor c; the authors' has an iterated
logarithm and a confidence. 2. an arm that is in two brackets is two arms.

**Shapes**: n instances, s places (all brackets together).
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from toybench import Method
from toybench.methods.bandits._halving import turns
from toybench.tasks.bandits._arms import Pull


class State(NamedTuple):
    """Arms by place, int32 [n, s]; their pulls and sums of rewards, [n, s]; the step, int32 []."""

    order: jax.Array
    pulls: jax.Array
    total: jax.Array
    step: jax.Array


class BracketingUCB(Method):
    """Pulls the most promising arm of the bracket whose turn it is."""

    c: float = 1.0  # factor of the width

    space = {"c": (0.03, 0.1, 0.2, 0.3, 0.5, 1.0)}

    def fits(self, spec) -> str | None:
        return None if spec.goal == "recommend" else "it explores for one answer, and the task asks for little regret"

    def brackets(self) -> tuple[np.ndarray, np.ndarray]:
        """(bracket of each place [s], bracket of each step [t])."""
        sizes, whose = turns(max(self.steps, 1), self.spec.arms)
        return np.repeat(np.arange(len(sizes)), sizes), np.array(whose)

    def init(self, key: jax.Array) -> State:
        """Every bracket is a random subset of the arms."""
        sizes = np.bincount(self.brackets()[0])
        n = self.spec.instances
        chosen = jnp.argsort(jax.random.uniform(key, (len(sizes), n, self.spec.arms)), axis=-1)
        order = jnp.concatenate([chosen[i, :, :size] for i, size in enumerate(sizes)], axis=-1)
        zero = jnp.zeros(order.shape)
        return State(order=order, pulls=zero, total=zero, step=jnp.zeros((), jnp.int32))

    def width(self, state: State) -> jax.Array:
        """Half the confidence interval of a place: [n, s], inf where it was not pulled."""
        place, _ = self.brackets()
        mine = jnp.asarray(place[:, None] == place[None, :], jnp.float32)
        t = jnp.maximum(state.pulls @ mine, 1)
        return jnp.where(state.pulls > 0, self.c * jnp.sqrt(2 * jnp.log(t) / jnp.maximum(state.pulls, 1)), jnp.inf)

    def place(self, state: State) -> jax.Array:
        """The place to pull now: int32 [n]."""
        place, turn = self.brackets()
        mine = jnp.asarray(place)[None] == jnp.asarray(turn)[state.step]
        upper = state.total / jnp.maximum(state.pulls, 1) + self.width(state)
        return jnp.argmax(jnp.where(mine, upper, -jnp.inf), axis=-1)

    def pull(self, state: State, key: jax.Array) -> jax.Array:
        return jnp.take_along_axis(state.order, self.place(state)[:, None], axis=1)[:, 0]

    def update(self, state: State, batch: Pull, key: jax.Array) -> State:
        hot = jax.nn.one_hot(self.place(state), state.order.shape[1])
        return state._replace(
            pulls=state.pulls + hot,
            total=state.total + hot * batch.reward[:, None],
            step=state.step + 1,
        )

    def recommend(self, state: State) -> jax.Array:
        lower = state.total / jnp.maximum(state.pulls, 1) - self.width(state)
        return jnp.take_along_axis(state.order, jnp.argmax(lower, axis=-1)[:, None], axis=1)[:, 0]
