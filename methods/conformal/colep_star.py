"""COLEP: correct class probabilities by exact reasoning over class-attribute rules, then conformalise and certify.

**Source**: Kang, Gürel, Li and Li, "COLEP: Certifiably Robust Learning-Reasoning Conformal Prediction via Probabilistic
Circuits", 2024, https://arxiv.org/abs/2403.11348 (circuit with factor weights; bounds from end points of the inputs).

A circuit a class: the class's variable y_j, the attributes, and the rules y_j => a (or y_j => not a), each of weight w:

    P(y_j, v) ~ p_j^{y_j} (1 - p_j)^{1 - y_j} prod_a q_a^{v_a} (1 - q_a)^{1 - v_a} exp(w * number of rules that hold)
    logit P(y_j = 1) = logit p_j + sum_a log( q'_a + (1 - q'_a) e^{-w} ),      q'_a = q_a, or 1 - q_a for y_j => not a
    s_j = log softmax_j of these logits

It grows with every logit that speaks for class j and falls with the others', so that intervals of logits give bounds.

**Differs from the paper**: 1. a circuit for every class with all its attributes, instead of one a group of attributes,
averaged and mixed with p_j. 2. normalised over classes, without which rules can only lower an attacked class. 3. one
threshold on the true class's score, instead of a binary set a class and a union bound. 4. attributes have no sets of
their own. 5. exact bounds of linear logits instead of Gaussian smoothing.

**Shapes**: b points, c classes, a attributes.
"""

import jax
import jax.numpy as jnp

from toybench.methods.conformal._classes import ScoredClasses, State, normalised
from toybench.tasks.conformal._classes import Readings


class ColepStar(ScoredClasses):
    """With weight 0 it is the class model alone, normalised."""

    weight: float = 2.0  # w of every rule, at least 0; the authors' code trains or sets one a rule

    paper = "kang2024colep"
    space = {"weight": (1.0, 2.0, 3.0)}

    def reason(self, classes: jax.Array, toward: jax.Array, against: jax.Array) -> jax.Array:
        """Logits [b, c] after reasoning; attribute logits [b, a] for classes that have them, or lack them."""
        has = self.given.codes.astype(jnp.float32).T  # [a, c]
        doubt = 1 - jnp.exp(-self.weight)
        holds, fails = (jnp.log1p(-doubt * jax.nn.sigmoid(z)) for z in (-toward, against))  # log(q' + (1 - q') e^-w)
        return classes + holds @ has + fails @ (1 - has)

    def score(self, state: State, readings: Readings) -> jax.Array:
        logits = self.reason(readings.classes, readings.attributes, readings.attributes)
        return jax.nn.log_softmax(logits, axis=1)

    def bounds(self, state: State, low: Readings, high: Readings) -> tuple[jax.Array, jax.Array]:
        least = self.reason(low.classes, low.attributes, high.attributes)
        most = self.reason(high.classes, high.attributes, low.attributes)
        return normalised(least, most), normalised(most, least)
