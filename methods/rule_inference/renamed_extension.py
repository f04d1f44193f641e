"""A transformer that is shown items in equivalent forms and with other symbols.

**Source**: none; a control, made of `equivalent_extension` and `symbol_renaming`.

    a -> b   to   not b -> not a,   and then   s -> p(s), or its negation

**Differs from the paper**: 1. a control, not in the paper.

**Shapes**: b items, r rules, c candidates, t tokens.
"""

import jax

from toybench import Method
from toybench.blocks.random import uniforms
from toybench.methods.rule_inference import _reader as reading
from toybench.tasks.rule_inference import Items


class RenamedExtension(Method):
    """Both augmentations."""

    rate: float = 0.5  # at which a pair is replaced, 0 to 1; one half, as data have either form at random
    lr: float = 0.01  # of AdamW at the start, above 0
    decay: float = 0.03  # of weights, a multiple of the rate, 0 or more

    space = reading.GRID

    @property
    def reader(self) -> reading.Reader:
        return reading.reader(self.spec)

    def init(self, key: jax.Array) -> reading.State:
        return reading.begin(self.reader, key, self.spec, self.lr, self.decay, self.steps)

    def update(self, state: reading.State, batch: Items, key: jax.Array) -> reading.State:
        size = len(batch.answer)
        shape = (size, self.spec.symbols)
        drawn = uniforms(key, flips=(size, self.spec.rules + self.spec.candidates), order=shape, signs=shape)
        batch = reading.extended(batch, drawn["flips"], self.rate)
        batch = reading.renamed(batch, drawn["order"], drawn["signs"])
        return reading.fit(self.reader, state, batch, self.lr, self.decay, self.steps)

    def scores(self, state: reading.State, rules: jax.Array, candidates: jax.Array) -> jax.Array:
        scores: jax.Array = self.reader.apply(state.params, rules, candidates)
        return scores
