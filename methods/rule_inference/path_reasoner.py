"""A second attention along rules that share a symbol, and items in equivalent forms.

**Source**: Xu, Lin, Zhao, Han and Liu, "PathReasoner: Modeling Reasoning Path with Equivalent Extension for Logical
Question Answering", 2024, https://arxiv.org/abs/2405.19109; the abstract, and the authors' code,
github.com/xufangzhi/PathReasoner at 360e4aa: `pathreasoner.py` (`PathAttention`, `EncoderLayer`), and those parts of
`equaivalent_path_extension.ipynb` that write new items. The paper's sections and its ablations weren't read.

    y_i = (attention(x)_i + W mean over j of attention(x; bias theta_1 A + theta_2 A^2)_j) / 2
    A_ij = leaky(w (x_i + x_j) / 2)   for rules i and j that share a symbol

**Differs from the paper**: 1. two small blocks on literals, without a language model and without dropout; the authors
stack three on one. 2. a rule is one token; theirs are its two variables and what joins them. So A joins rules that
share a symbol, and its square leads from rule to rule. Theirs is meant to join places of one variable; as released,
places are ranks among a variable's places, so that the first tokens are joined. Another graph, as 0.2 A + 0.8 A^2,
joins the tokens within an atom. 3. both weights of paths are learned; between atoms the code has the square alone. 4.
rules don't see the candidate, nor do paths lead over it; it sees the rules and itself. The authors read each option in
a passage of its own, in which all see all, with random positions. 5. the mean is over the tokens that are seen,
projected. Theirs is over atoms, each a projection of its variables and of what joins them. Without it each token keeps
its own (`pooled=false`). 6. the score is read from the candidate's token; theirs from means over the text, the tokens
and the atoms. 7. extension as in `equivalent_extension`.

**Shapes**: b items, r rules, c candidates, t tokens.
"""

import jax

from toybench import Method
from toybench.methods.rule_inference import _reader as reading
from toybench.tasks.rule_inference import Items


class PathReasoner(Method):
    """Both additions."""

    rate: float = 0.5  # at which a pair is replaced, 0 to 1; one half, as data have either form at random
    pooled: bool = True  # every token gets the mean over those that it sees, as in the authors' code
    lr: float = 0.01  # of AdamW at the start, above 0
    decay: float = 0.03  # of weights, a multiple of the rate, 0 or more

    paper = "xu2024pathreasoner"
    space = reading.GRID

    @property
    def reader(self) -> reading.Reader:
        return reading.reader(self.spec, second="paths", pooled=self.pooled)

    def init(self, key: jax.Array) -> reading.State:
        return reading.begin(self.reader, key, self.spec, self.lr, self.decay, self.steps)

    def update(self, state: reading.State, batch: Items, key: jax.Array) -> reading.State:
        flips = jax.random.uniform(key, (len(batch.answer), self.spec.rules + self.spec.candidates))
        batch = reading.extended(batch, flips, self.rate)
        return reading.fit(self.reader, state, batch, self.lr, self.decay, self.steps)

    def scores(self, state: reading.State, rules: jax.Array, candidates: jax.Array) -> jax.Array:
        scores: jax.Array = self.reader.apply(state.params, rules, candidates)
        return scores
