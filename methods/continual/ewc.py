"""Elastic weight consolidation: weights that mattered to earlier sessions are tied to their values then.

**Source**: Kirkpatrick et al., "Overcoming catastrophic forgetting in neural networks", 2016,
https://arxiv.org/abs/1612.00796, eq. 3.

    loss = CE + strength / 2 sum_(sessions s) sum_i F_si (w_i - w_si)^2,   F_s: diagonal Fisher information at w_s

**Differs from the paper**: 1. the sum over sessions is kept in its sufficient statistics, sum F and sum F w. 2. one
head for all classes, where the paper's tasks share their labels.

**Shapes**: n examples of a session, c classes.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench.methods.continual._incremental import IncrementalLearner, Minibatch, Params, State
from toybench.tasks.continual import Session


class Anchors(NamedTuple):
    """Sums over sessions of F and of F w, shaped like the parameters."""

    fisher: Params
    pull: Params


class EWC(IncrementalLearner):
    """No memory of examples."""

    strength: float = 100.0  # of the penalty, per example; problem-dependent in the paper

    replays = False
    space = {"lr": (0.001, 0.003, 0.01), "strength": (10.0, 100.0)}

    def extra(self, params: Params) -> Anchors:
        zero = jax.tree.map(jnp.zeros_like, params)
        return Anchors(fisher=zero, pull=zero)

    def loss(self, params: Params, batch: Minibatch, state: State, old: jax.Array) -> jax.Array:
        return self.entropy(self.logits(params, batch.x), batch, old) + self.strength * penalty(params, state.extra)

    def carry(self, state: State, params: Params, session: Session, chosen: jax.Array, key: jax.Array) -> Any:
        fisher = self.information(params, session, key)
        add = jax.tree.map(jnp.add, state.extra.fisher, fisher)
        pull = jax.tree.map(lambda p, f, w: p + f * w, state.extra.pull, fisher, params)
        return Anchors(fisher=add, pull=pull)

    def information(self, params: Params, session: Session, key: jax.Array) -> Params:
        """Diagonal Fisher information, mean over the session: squared gradients of log p(y), y drawn from p."""
        count = (session.number + 1) * self.spec.fresh
        answers = jax.random.categorical(key, self.seen(self.logits(params, session.x), count))

        def score(params: Params, x: jax.Array, y: jax.Array) -> jax.Array:
            return jax.nn.log_softmax(self.seen(self.logits(params, x[None]), count))[0, y]

        grads = jax.vmap(jax.grad(score), (None, 0, 0))(params, session.x, answers)
        return jax.tree.map(lambda g: (g**2).mean(0), grads)


def penalty(params: Params, anchors: Anchors) -> jax.Array:
    """1/2 sum F (w - w_s)^2 but for a constant: its gradient is sum F w - sum F w_s."""
    terms = jax.tree.map(lambda w, f, p: (f * w**2 / 2 - p * w).sum(), params, anchors.fisher, anchors.pull)
    return jnp.stack(jax.tree.leaves(terms)).sum()
