"""Dark experience replay++: the memory holds the logits of its time beside the labels.

**Source**: Buzzega, Boschini, Porrello, Abati and Calderara, "Dark Experience for General Continual Learning: a Strong,
Simple Baseline", 2020, https://arxiv.org/abs/2004.07211 (DER++).

    loss = CE(new) + alpha |z(x) - z_stored|^2 / c' + beta CE(remembered)

**Differs from the paper**: 1. the memory is filled at the end of a session instead of by reservoir sampling, so logits
are those of a finished session. 2. only logits of the c' classes that had been seen when they were stored count.

**Shapes**: b examples, c classes, m remembered examples a class.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.methods.continual._incremental import IncrementalLearner, Minibatch, Params, State
from toybench.tasks.continual import Session


class DERPP(IncrementalLearner):
    """`extra` is the stored logits [c, m, c]."""

    alpha: float = 0.3  # of the logits; 0.1 to 1 in the paper
    beta: float = 1.0  # of the remembered labels; 0.5 to 1 in the paper

    space = {"lr": (0.001, 0.003, 0.01), "alpha": (0.1, 0.3)}

    def extra(self, params: Params) -> jax.Array:
        return jnp.zeros((self.spec.classes, self.kept, self.spec.classes))

    def replayed(self, old: jax.Array) -> jax.Array:
        """The mean over remembered examples counts beta times as much as the mean over new ones."""
        return jnp.where(old > 0, self.beta / (1 + self.beta), 0.0)

    def loss(self, params: Params, batch: Minibatch, state: State, old: jax.Array) -> jax.Array:
        logits, share, fresh = self.logits(params, batch.x), self.replayed(old), self.spec.fresh
        stored = state.extra.reshape(-1, self.spec.classes)[batch.place]
        known = (batch.place // self.kept // fresh + 1) * fresh  # classes seen when the logits were stored
        counts = jnp.arange(self.spec.classes)[None] < known[:, None]
        gap = jnp.where(counts, (logits[-len(stored) :] - stored) ** 2, 0.0).sum(-1) / known.astype(jnp.float32)
        entropy = self.entropy(logits, batch, old) / (1 - share)
        return entropy + jnp.where(old > 0, self.alpha * gap.mean(), 0.0)

    def carry(self, state: State, params: Params, session: Session, chosen: jax.Array, key: jax.Array) -> Any:
        zero = jnp.zeros((), jnp.int32)
        logits = self.logits(params, session.x)[chosen]
        return jax.lax.dynamic_update_slice(state.extra, logits, (session.number * self.spec.fresh, zero, zero))
