"""Replay with logit adjustment: rare classes get a margin in the loss by as much as they are rare.

**Source**: Menon et al., "Long-tail Learning via Logit Adjustment", 2020, https://arxiv.org/abs/2007.07314, on replay.

    loss = CE(logits + tau log prior),   prior_c: share of class c in a minibatch

**Differs from the paper**: 1. the imbalance is that between new classes and remembered ones.

**Shapes**: b examples, c classes, m remembered examples a class.
"""

import jax
import jax.numpy as jnp

from toybench.methods.continual._incremental import IncrementalLearner, Minibatch, Params, State


class ERLogitAdjust(IncrementalLearner):
    """The union of new and remembered examples is sampled."""

    tau: float = 1.0  # strength; 1 is the paper's

    space = {"lr": (0.001, 0.003, 0.01), "tau": (1.0, 1.5)}

    def loss(self, params: Params, batch: Minibatch, state: State, old: jax.Array) -> jax.Array:
        share, count = self.replayed(old), jnp.maximum(old.astype(jnp.float32), 1.0)
        is_old = jnp.arange(self.spec.classes) < old
        prior = jnp.where(is_old, jnp.maximum(share, 1e-6) / count, (1 - share) / self.spec.fresh)
        return self.entropy(self.logits(params, batch.x) + self.tau * jnp.log(prior)[None], batch, old)
