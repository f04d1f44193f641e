"""Monte-Carlo InfoNCE for a fixed policy: a contrast of a state of the same piece's future with those of others.

**Source**: the baseline of Zheng, Salakhutdinov and Eysenbach, "Contrastive Difference Predictive Coding", 2024,
https://arxiv.org/abs/2310.20141; positives as in the authors' code, `future_goal_relabeling` in
`td_infonce/builder.py`; the loss is that of Eysenbach et al., "Contrastive Learning as Goal-Conditioned Reinforcement
Learning", 2022, https://arxiv.org/abs/2206.07568 (from memory).

    g_i = s_{t+k} with chance in proportion to discount^k, up to the end of the piece
    min_f  CE(i; f(s_i, a_i, g_j))

**Differs from the paper**: 1. f is a table instead of an inner product of networks.

**Shapes**: b pieces, S states, A actions.
"""

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks.random import uniforms
from toybench.methods.goal_reaching._tables import (
    RATES,
    Table,
    begin,
    contrast,
    cross_entropy,
    descend,
    law_of,
    share_of,
)
from toybench.tasks.goal_reaching import Pieces, Spec, whole_numbers


def gaps(spec: Spec) -> jax.Array:
    """Chances [L, L + 1] of the place of the positive in the piece, for every place of the move."""
    gap = jnp.arange(spec.length + 1)[None, :] - jnp.arange(spec.length)[:, None]
    weight = jnp.where(gap > 0, spec.discount ** gap.astype(jnp.float32), 0.0)
    return weight / weight.sum(-1, keepdims=True)


class MCInfoNCE(Method):
    """A table of logits."""

    lr: float = 0.03  # learning rate of Adam, above 0

    deterministic = True
    space = {"lr": RATES}

    def init(self, key: jax.Array) -> Table:
        return begin(self.spec, self.lr, self.steps)

    def update(self, state: Table, batch: Pieces, key: jax.Array) -> Table:
        rows = jnp.arange(len(batch.s))
        drawn = uniforms(key, t=rows.shape, ahead=rows.shape)
        t = whole_numbers(drawn["t"], self.spec.length)
        ends = jnp.cumsum(gaps(self.spec), axis=1)[t]
        place = jnp.minimum((ends <= drawn["ahead"][:, None]).sum(1), self.spec.length)
        future = batch.s[rows, place]

        def loss(params: jax.Array) -> jax.Array:
            logits = contrast(params, batch.s[rows, t], batch.a[rows, t], future)
            return cross_entropy(logits, jnp.eye(len(rows)))

        return descend(state, jax.grad(loss)(state.params), self.lr, self.steps, 1.0)

    def occupancy(self, state: Table) -> jax.Array:
        weight = jnp.broadcast_to(gaps(self.spec).sum(0), self.given.s.shape)
        return law_of(state.params, share_of(self.given.s, weight, self.spec))
