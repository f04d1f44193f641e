"""A transformer over rules and candidates, trained on the items as they are.

**Source**: the baseline of Xu, Lin, Zhao, Han and Liu, "PathReasoner: Modeling Reasoning Path with Equivalent Extension
for Logical Question Answering", 2024, https://arxiv.org/abs/2405.19109, without its two additions.

    score = w . blocks(embed(candidate), embed(rules))

**Differs from the paper**: 1. two small blocks on literals, without a language model before them.

**Shapes**: b items, r rules, c candidates, t tokens.
"""

import jax

from toybench import Method
from toybench.methods.rule_inference import _reader as reading
from toybench.tasks.rule_inference import Items


class RuleTransformer(Method):
    """The items as they are."""

    lr: float = 0.01  # of AdamW at the start, above 0
    decay: float = 0.03  # of weights, a multiple of the rate, 0 or more

    space = reading.GRID

    @property
    def reader(self) -> reading.Reader:
        return reading.reader(self.spec)

    def init(self, key: jax.Array) -> reading.State:
        return reading.begin(self.reader, key, self.spec, self.lr, self.decay, self.steps)

    def update(self, state: reading.State, batch: Items, key: jax.Array) -> reading.State:
        return reading.fit(self.reader, state, batch, self.lr, self.decay, self.steps)

    def scores(self, state: reading.State, rules: jax.Array, candidates: jax.Array) -> jax.Array:
        scores: jax.Array = self.reader.apply(state.params, rules, candidates)
        return scores
