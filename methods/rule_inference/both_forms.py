"""A transformer that sees every rule and every candidate beside its contrapositive.

**Source**: none; a control.

    rules, their contrapositives, candidates, theirs -> blocks,   score = the mean of both forms

**Differs from the paper**: 1. a control, not in the paper.

**Shapes**: b items, r rules, c candidates, t tokens.
"""

import jax

from toybench import Method
from toybench.methods.rule_inference import _reader as reading
from toybench.tasks.rule_inference import Items


class BothForms(Method):
    """Nothing is to be learned about contraposition."""

    lr: float = 0.01  # of AdamW at the start, above 0
    decay: float = 0.03  # of weights, a multiple of the rate, 0 or more

    space = reading.GRID

    @property
    def reader(self) -> reading.Reader:
        return reading.reader(self.spec)

    def init(self, key: jax.Array) -> reading.State:
        return reading.begin(self.reader, key, self.spec, self.lr, self.decay, self.steps)

    def update(self, state: reading.State, batch: Items, key: jax.Array) -> reading.State:
        both = batch._replace(rules=reading.doubled(batch.rules), candidates=reading.doubled(batch.candidates))
        return reading.fit(self.reader, state, both, self.lr, self.decay, self.steps, copies=2)

    def scores(self, state: reading.State, rules: jax.Array, candidates: jax.Array) -> jax.Array:
        every = self.reader.apply(state.params, reading.doubled(rules), reading.doubled(candidates))
        return reading.averaged(every, copies=2)
