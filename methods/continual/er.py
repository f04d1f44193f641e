"""Experience replay: remembered examples are learned again beside the new ones.

**Source**: Chaudhry et al., "On Tiny Episodic Memories in Continual Learning", 2019, https://arxiv.org/abs/1902.10486.

    loss = (1 - s) CE(new) + s CE(remembered)

**Differs from the paper**: 1. s is anything between the share of the memory among all examples at hand (balance 0) and
one half (balance 1), tuned. 2. several epochs a session, and a memory filled at its end.

**Shapes**: b examples, c classes, m remembered examples a class.
"""

import jax

from toybench.methods.continual._incremental import IncrementalLearner, Minibatch, Params, State


class ER(IncrementalLearner):
    """Cross-entropy alone."""

    balance: float = 1.0  # 0: the union of new and remembered examples is sampled, 1: half of each

    space = {"lr": (0.001, 0.003, 0.01), "balance": (0.0, 1.0)}

    def loss(self, params: Params, batch: Minibatch, state: State, old: jax.Array) -> jax.Array:
        return self.entropy(self.logits(params, batch.x), batch, old)
