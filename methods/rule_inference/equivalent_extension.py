"""A transformer that is shown rules and candidates in equivalent forms.

**Source**: Xu, Lin, Zhao, Han and Liu, "PathReasoner: Modeling Reasoning Path with Equivalent Extension for Logical
Question Answering", 2024, https://arxiv.org/abs/2405.19109; the abstract, and of the authors' code,
github.com/xufangzhi/PathReasoner at 360e4aa, those parts of `equaivalent_path_extension.ipynb` that write new items of
rewritten and of derived rules. The paper's sections and its ablations weren't read.

    a -> b   is replaced by   not b -> not a,   at a rate, anew in every batch

**Differs from the paper**: 1. two small blocks on literals, without a language model. 2. contraposition alone; rules
that follow from two others aren't added. 3. anew in every batch, and candidates too; the authors rewrite passages
alone, once, to three new items at most, and keep those of which a model is sure.

**Shapes**: b items, r rules, c candidates, t tokens.
"""

import jax

from toybench import Method
from toybench.methods.rule_inference import _reader as reading
from toybench.tasks.rule_inference import Items


class EquivalentExtension(Method):
    """More forms of the same items."""

    rate: float = 0.5  # at which a pair is replaced, 0 to 1; one half, as data have either form at random
    lr: float = 0.01  # of AdamW at the start, above 0
    decay: float = 0.03  # of weights, a multiple of the rate, 0 or more

    paper = "xu2024pathreasoner"
    space = reading.GRID

    @property
    def reader(self) -> reading.Reader:
        return reading.reader(self.spec)

    def init(self, key: jax.Array) -> reading.State:
        return reading.begin(self.reader, key, self.spec, self.lr, self.decay, self.steps)

    def update(self, state: reading.State, batch: Items, key: jax.Array) -> reading.State:
        flips = jax.random.uniform(key, (len(batch.answer), self.spec.rules + self.spec.candidates))
        batch = reading.extended(batch, flips, self.rate)
        return reading.fit(self.reader, state, batch, self.lr, self.decay, self.steps)

    def scores(self, state: reading.State, rules: jax.Array, candidates: jax.Array) -> jax.Array:
        scores: jax.Array = self.reader.apply(state.params, rules, candidates)
        return scores
