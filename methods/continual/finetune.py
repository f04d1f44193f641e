"""Fine-tuning: each session is learned as if there had been no other.

**Source**: the lower reference of class-incremental learning, for instance Rebuffi, Kolesnikov, Sperl and Lampert,
"iCaRL: Incremental Classifier and Representation Learning", 2016, https://arxiv.org/abs/1611.07725.

    loss = CE over all classes seen, on the new examples

**Differs from the paper**: nothing.

**Shapes**: b examples, c classes, m remembered examples a class.
"""

import jax

from toybench.methods.continual._incremental import IncrementalLearner, Minibatch, Params, State


class Finetune(IncrementalLearner):
    """No memory is used."""

    replays = False

    def loss(self, params: Params, batch: Minibatch, state: State, old: jax.Array) -> jax.Array:
        return self.entropy(self.logits(params, batch.x), batch, old)
