"""A transformer that is shown items with other symbols: an augmentation without a law of logic.

**Source**: none; a control.

    s -> p(s), or its negation,   for a random p, anew in every batch

**Differs from the paper**: 1. a control, not in the paper.

**Shapes**: b items, r rules, c candidates, t tokens.
"""

import jax

from toybench import Method
from toybench.blocks.random import uniforms
from toybench.methods.rule_inference import _reader as reading
from toybench.tasks.rule_inference import Items


class SymbolRenaming(Method):
    """Six symbols may be named in 720 ways, and negated in 64."""

    lr: float = 0.01  # of AdamW at the start, above 0
    decay: float = 0.03  # of weights, a multiple of the rate, 0 or more

    space = reading.GRID

    @property
    def reader(self) -> reading.Reader:
        return reading.reader(self.spec)

    def init(self, key: jax.Array) -> reading.State:
        return reading.begin(self.reader, key, self.spec, self.lr, self.decay, self.steps)

    def update(self, state: reading.State, batch: Items, key: jax.Array) -> reading.State:
        shape = (len(batch.answer), self.spec.symbols)
        drawn = uniforms(key, order=shape, signs=shape)
        batch = reading.renamed(batch, drawn["order"], drawn["signs"])
        return reading.fit(self.reader, state, batch, self.lr, self.decay, self.steps)

    def scores(self, state: reading.State, rules: jax.Array, candidates: jax.Array) -> jax.Array:
        scores: jax.Array = self.reader.apply(state.params, rules, candidates)
        return scores
