"""Every intervention is an arm of its own, and the graph is ignored.

**Source**: Auer, Cesa-Bianchi and Fischer, "Finite-time Analysis of the Multiarmed Bandit Problem", 2002,
https://doi.org/10.1023/A:1013689704352 (UCB1), as a baseline of causal bandits.

    index_a = xbar_a + c sigma sqrt(2 log t / n_a)

**Differs from the paper**: 1. sigma is a typical standard deviation of the reward. 2. c is tuned.

**Shapes**: n instances, v nodes, a interventions.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.tasks.bandits.causal_interventions import Outcome


class State(NamedTuple):
    """Pulls and sums of rewards, [n, a]."""

    pulls: jax.Array
    total: jax.Array


class GraphFreeUCB(Method):
    """UCB1 on 2^v arms."""

    c: float = 0.3  # factor of the width

    deterministic = True
    space = {"c": (0.001, 0.01, 0.03, 0.1, 0.3, 1.0)}

    def init(self, key: jax.Array) -> State:
        zero = jnp.zeros((self.spec.instances, self.spec.arms))
        return State(pulls=zero, total=zero)

    def update(self, state: State, batch: Outcome, key: jax.Array) -> State:
        arm = (batch.switched * 2.0 ** jnp.arange(self.spec.nodes, dtype=jnp.float32)[None]).sum(-1)
        hot = jax.nn.one_hot(arm.astype(jnp.int32), self.spec.arms)
        return State(pulls=state.pulls + hot, total=state.total + hot * batch.values[:, -1:])

    def intervene(self, state: State, key: jax.Array) -> jax.Array:
        t = jnp.maximum(state.pulls.sum(-1, keepdims=True), 1)
        n = jnp.maximum(state.pulls, 1)
        upper = state.total / n + self.c * self.spec.scale * jnp.sqrt(2 * jnp.log(t) / n)
        return jnp.argmax(jnp.where(state.pulls > 0, upper, jnp.inf), axis=-1).astype(jnp.int32)

    def edges(self, state: State) -> jax.Array:
        v = self.spec.nodes
        return jnp.zeros((self.spec.instances, v, v), bool)

    def structure_rounds(self, state: State) -> jax.Array:
        return jnp.zeros(self.spec.instances)
