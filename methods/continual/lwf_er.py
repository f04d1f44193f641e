"""Replay and distillation: answers about old classes are held near those of the network before the session.

**Source**: Li and Hoiem, "Learning without Forgetting", 2016, https://arxiv.org/abs/1606.09282, on replay, as in
Rebuffi et al., 2016, and many since.

    loss = CE + weight * (-sum_{old c} softmax_c(z_old / 2) log softmax_c(z / 2))

**Differs from the paper**: 1. with a memory; the original has none. 2. one head for all classes.

**Shapes**: b examples, c classes, m remembered examples a class.
"""

import jax

from toybench.methods.continual._incremental import IncrementalLearner, Minibatch, Params, State


class LwFER(IncrementalLearner):
    """Distillation at temperature 2 on new and remembered examples."""

    weight: float = 1.0  # of the distillation; 1 in the original
    balance: float = 1.0  # 0: the union of new and remembered examples is sampled, 1: half of each

    space = {"lr": (0.001, 0.003, 0.01), "weight": (1.0, 3.0)}

    def loss(self, params: Params, batch: Minibatch, state: State, old: jax.Array) -> jax.Array:
        logits = self.logits(params, batch.x)
        softened = self.distil(logits, self.logits(state.params, batch.x), old)
        return self.entropy(logits, batch, old) + self.weight * (batch.weight * softened).sum()
