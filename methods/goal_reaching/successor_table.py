"""Successor representation by temporal differences: squared errors to the bootstrapped law of the states to come.

**Source**: Dayan, "Improving Generalization for Temporal Difference Learning: The Successor Representation", 1993
(from memory), for state-actions; the baseline of Zheng, Salakhutdinov and Eysenbach, 2024,
https://arxiv.org/abs/2310.20141.

    M(s, a, .) <- (1 - discount) 1[s1 = .] + discount M^(s1, a1, .)

**Differs from the paper**: 1. Adam on squared errors with a slow copy, the optimiser of the contrastive tables. 2. The
table starts at the uniform law.

**Shapes**: b pieces, S states, A actions.
"""

import jax

from toybench import Method
from toybench.methods.goal_reaching._tables import RATES, Moves, Table, begin, descend, two_moves
from toybench.tasks.goal_reaching import Pieces


class SuccessorTable(Method):
    """A table of chances, and its slow copy."""

    lr: float = 0.01  # learning rate of Adam, above 0
    rate: float = 0.03  # of the slow copy a step, 0 to 1

    deterministic = True
    space = {"lr": RATES, "rate": (0.001, 0.003, 0.01, 0.03, 0.1)}

    def init(self, key: jax.Array) -> Table:
        blank = begin(self.spec, self.lr, self.steps)
        uniform = blank.params + 1 / self.spec.states
        return blank._replace(params=uniform, target=uniform)

    def loss(self, params: jax.Array, target: jax.Array, moves: Moves) -> jax.Array:
        """Mean over the batch of squared errors, summed over states."""
        discount = self.spec.discount
        goal = (1 - discount) * jax.nn.one_hot(moves.s1, self.spec.states) + discount * target[moves.s1, moves.a1]
        return ((params[moves.s, moves.a] - goal) ** 2).sum(-1).mean()

    def update(self, state: Table, batch: Pieces, key: jax.Array) -> Table:
        gradient = jax.grad(self.loss)(state.params, state.target, two_moves(batch, key))
        return descend(state, gradient, self.lr, self.steps, self.rate)

    def occupancy(self, state: Table) -> jax.Array:
        return state.params
