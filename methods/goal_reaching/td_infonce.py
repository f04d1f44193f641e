"""Temporal-difference InfoNCE for a fixed policy: a contrast with the next state, and one with what follows it.

**Source**: Zheng, Salakhutdinov and Eysenbach, "Contrastive Difference Predictive Coding", 2024,
https://arxiv.org/abs/2310.20141; the authors' code, `critic_loss` in `td_infonce/learning.py`.

    w_ij = softmax_j f^(s1_i, a1_i, g_j)
    min_f  (1 - discount) CE(i; f(s_i, a_i, s1_j)) + discount CE(w_i; f(s_i, a_i, g_j))

CE is a cross-entropy of a softmax over j; the g_j are the batch's next states, moved on by one row. At the optimum
exp f times the marginal of the next states is the discounted law of the states to come, up to a factor a row.

**Differs from the paper**: 1. f is a table instead of an inner product of networks. 2. The next action is the data's,
as the policy of the data is the one that is asked about. 3. The paper's twin critics are one table.

**Shapes**: b pieces, S states, A actions.
"""

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.goal_reaching._tables import (
    RATES,
    Moves,
    Table,
    begin,
    contrast,
    cross_entropy,
    descend,
    law_of,
    share_of,
    two_moves,
)
from toybench.tasks.goal_reaching import Pieces


class TDInfoNCE(Method):
    """A table of logits, and its slow copy, by which the second contrast is labelled."""

    lr: float = 0.03  # learning rate of Adam, above 0
    rate: float = 0.03  # of the slow copy a step, 0 to 1; 0.005 in the authors' code, of many more steps

    paper = "zheng2023contrastive"
    deterministic = True
    space = {"lr": RATES, "rate": (0.001, 0.003, 0.01, 0.03, 0.1)}

    def init(self, key: jax.Array) -> Table:
        return begin(self.spec, self.lr, self.steps)

    def loss(self, params: jax.Array, target: jax.Array, moves: Moves) -> jax.Array:
        """Both contrasts."""
        discount = self.spec.discount
        others = jnp.roll(moves.s1, -1)
        near = cross_entropy(contrast(params, moves.s, moves.a, moves.s1), jnp.eye(len(moves.s)))
        labels = jax.nn.softmax(contrast(target, moves.s1, moves.a1, others))
        far = cross_entropy(contrast(params, moves.s, moves.a, others), labels)
        return (1 - discount) * near + discount * far

    def update(self, state: Table, batch: Pieces, key: jax.Array) -> Table:
        gradient = jax.grad(self.loss)(state.params, state.target, two_moves(batch, key))
        return descend(state, gradient, self.lr, self.steps, self.rate)

    def occupancy(self, state: Table) -> jax.Array:
        arrived = self.given.s[:, 1:-1]  # the first of two moves never leads to a piece's end
        return law_of(state.params, share_of(arrived, jnp.ones(arrived.shape), self.spec))
