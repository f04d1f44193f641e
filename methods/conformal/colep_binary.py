"""COLEP with a binary conformal set a class, as its authors have it: a class stays unless its own set says no.

**Source**: Kang, Gürel, Li and Li, "COLEP: Certifiably Robust Learning-Reasoning Conformal Prediction via Probabilistic
Circuits", 2024, https://arxiv.org/abs/2403.11348, and the authors' conformal_knowledge_pc_certified_robustness.py,
repository kangmintong/COLEP (union bound, binary sets, bounds after reasoning).

    pi_j = sigmoid(logit p_j + sum_a log(q'_a + (1 - q'_a) e^{-w})),      q'_a = q_a, or 1 - q_a for y_j => not a
    s_i = 1 - pi_j(x_i) where y_i = j, else pi_j(x_i),      over all n calibration points
    t_j = the ceil((n + 1)(1 - beta))-th smallest s_i,      beta = alpha / (classes + attributes)
    j is in the set iff  1 - pi_j <= t_j,  or neither label is and pi_j >= 1/2:      pi_j >= min(1 - t_j, 1/2)

Under attack the bound of pi_j that is nearest to 1/2 decides, which is its upper bound wherever it matters.

**Differs from the paper**: 1. a circuit for every class with all its attributes, instead of one a group of attributes,
averaged and mixed with p_j. 2. the score is one minus the probability, which the authors' code has for its baseline,
instead of the randomised cumulative one. 3. attributes count in the union bound, but have no sets that remove classes.
4. exact bounds of linear logits instead of Gaussian smoothing. 5. also rules y_j => not a; the authors' code has
y_j => a alone.

**Shapes**: b points, c classes, a attributes.
"""

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.conformal._classes import State, lower_quantile, no_threshold, reason
from toybench.tasks.conformal._classes import Labelled, Readings


class ColepBinary(Method):
    """With weight 0 it is the class models alone; covers more than it promises, for its union bound."""

    weight: float = 1.0  # w of every rule, at least 0; the authors have 1 or 10, or train one a rule

    deterministic = True
    paper = "kang2024colep"
    space = {"weight": (0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 4.0, 7.0, 10.0, 30.0)}

    def init(self, key: jax.Array) -> State:
        return no_threshold(self.spec.classes)

    def score(self, state: State, readings: Readings) -> jax.Array:
        return reason(self.weight, self.given.codes, readings.classes, readings.attributes, readings.attributes)

    def bounds(self, state: State, low: Readings, high: Readings) -> tuple[jax.Array, jax.Array]:
        codes = self.given.codes
        least = reason(self.weight, codes, low.classes, low.attributes, high.attributes)
        most = reason(self.weight, codes, high.classes, high.attributes, low.attributes)
        return least, most

    def update(self, state: State, batch: Labelled, key: jax.Array) -> State:
        logit = self.score(state, batch.readings)
        mine = jax.nn.one_hot(batch.label, self.spec.classes, dtype=bool)
        conforms = jnp.where(mine, logit, -logit)  # the logit of the label that is true for class j
        beta = self.given.alpha / (self.spec.classes + self.spec.attributes)
        cut = jax.vmap(lower_quantile, (1, None, None))(conforms, len(logit), beta)
        return State(cut=jnp.minimum(cut, 0.0))  # the logit of min(1 - t_j, 1/2)

    def threshold(self, state: State) -> jax.Array:
        return state.cut
