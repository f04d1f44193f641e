"""COLEP: correct class probabilities by exact reasoning over class-attribute rules, then conformalise and certify.

**Source**: Kang, Gürel, Li and Li, "COLEP: Certifiably Robust Learning-Reasoning Conformal Prediction via Probabilistic
Circuits", 2024, https://arxiv.org/abs/2403.11348 (circuit with factor weights; bounds from end points of
the inputs), and the authors' knowledge_probabilistic_circuit/knwoledge_pc.py, repository kangmintong/COLEP.

A circuit a class: the class's variable y_j, the attributes, and the rules y_j => a (or y_j => not a), each of weight w:

    P(y_j, v) ~ p_j^{y_j} (1 - p_j)^{1 - y_j} prod_a q_a^{v_a} (1 - q_a)^{1 - v_a} exp(w * number of rules that hold)
    logit P(y_j = 1) = logit p_j + sum_a log( q'_a + (1 - q'_a) e^{-w} ),      q'_a = q_a, or 1 - q_a for y_j => not a
    s_j = log softmax_j of these logits

It grows with every logit that speaks for class j and falls with the others', so that intervals of logits give bounds.

**Differs from the paper**: 1. a circuit for every class with all its attributes, instead of one a group of attributes,
averaged and mixed with p_j. 2. normalised over classes, without which rules can only lower an attacked class. 3. one
threshold on the true class's score, instead of a binary set a class and a union bound. 4. attributes have no sets of
their own. 5. exact bounds of linear logits instead of Gaussian smoothing. 6. also rules y_j => not a; the authors' code
has y_j => a alone.

**Shapes**: b points, c classes, a attributes.
"""

import jax
import jax.numpy as jnp

from toybench.methods.conformal._classes import ScoredClasses, State, reason
from toybench.tasks.conformal._classes import Readings


class ColepStar(ScoredClasses):
    """With weight 0 it is the class model alone, normalised."""

    weight: float = 2.0  # w of every rule, at least 0; the authors have 1 or 10, or train one a rule

    paper = "kang2024colep"
    space = {"weight": (0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 4.0, 7.0, 10.0, 30.0)}

    def score(self, state: State, readings: Readings) -> jax.Array:
        logits = reason(self.weight, self.given.codes, readings.classes, readings.attributes, readings.attributes)
        return jax.nn.log_softmax(logits, axis=1)

    def bounds(self, state: State, low: Readings, high: Readings) -> tuple[jax.Array, jax.Array]:
        codes = self.given.codes
        least = reason(self.weight, codes, low.classes, low.attributes, high.attributes)
        most = reason(self.weight, codes, high.classes, high.attributes, low.attributes)
        return normalised(least, most), normalised(most, least)


def normalised(own: jax.Array, others: jax.Array) -> jax.Array:
    """log e^own_j / (e^own_j + sum_{k != j} e^others_k): both [b, c]."""
    itself = jnp.eye(own.shape[1], dtype=bool)[None]
    rest = jnp.where(itself, -jnp.inf, others[:, None, :])
    return own - jnp.logaddexp(own, jax.nn.logsumexp(rest, axis=-1))
