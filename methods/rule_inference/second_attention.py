"""Items in equivalent forms, and a second attention that knows nothing of paths.

**Source**: none; the control of `path_reasoner` with as many weights but for those of the paths.

    y = (attention(x) + pooled second attention(x)) / 2

**Differs from the paper**: 1. a control, not in the paper.

**Shapes**: b items, r rules, c candidates, t tokens.
"""

import jax

from toybench import Method
from toybench.methods.rule_inference import _reader as reading
from toybench.tasks.rule_inference import Items


class SecondAttention(Method):
    """What a second attention is worth by itself."""

    rate: float = 0.5  # at which a pair is replaced, 0 to 1; one half, as data have either form at random
    pooled: bool = True  # every token gets the mean over those that it sees, as in the authors' code
    lr: float = 0.01  # of AdamW at the start, above 0
    decay: float = 0.03  # of weights, a multiple of the rate, 0 or more

    space = reading.GRID

    @property
    def reader(self) -> reading.Reader:
        return reading.reader(self.spec, second="plain", pooled=self.pooled)

    def init(self, key: jax.Array) -> reading.State:
        return reading.begin(self.reader, key, self.spec, self.lr, self.decay, self.steps)

    def update(self, state: reading.State, batch: Items, key: jax.Array) -> reading.State:
        flips = jax.random.uniform(key, (len(batch.answer), self.spec.rules + self.spec.candidates))
        batch = reading.extended(batch, flips, self.rate)
        return reading.fit(self.reader, state, batch, self.lr, self.decay, self.steps)

    def scores(self, state: reading.State, rules: jax.Array, candidates: jax.Array) -> jax.Array:
        scores: jax.Array = self.reader.apply(state.params, rules, candidates)
        return scores
