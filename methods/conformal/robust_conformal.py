"""Split conformal prediction with the class model's probability, and bounds of it under attack.

**Source**: Gendler, Weng, Daniel and Romano, "Adversarially Robust Conformal Prediction", ICLR 2022; the baseline of
Kang, Gürel, Li and Li, "COLEP", 2024, https://arxiv.org/abs/2403.11348.

    s_j(x) = p_j(x),      plain set {j : s_j(x) >= t},      robust set {j : max_{|d| <= eps} s_j(x + d) >= t}

t is the floor(alpha (n + 1))-th smallest score of a true class; at eps = 0 both sets are those of split conformal.

**Differs from the paper**: 1. bounds are exact for linear logits, instead of Gaussian smoothing. 2. the score is the
probability, not the cumulative one of adaptive sets.

**Shapes**: b points, c classes.
"""

import jax

from toybench.methods.conformal._classes import ScoredClasses, State
from toybench.tasks.conformal._classes import Readings


class RobustConformal(ScoredClasses):
    """Looks at each class's own logit alone."""

    def score(self, state: State, readings: Readings) -> jax.Array:
        return jax.nn.log_sigmoid(readings.classes)

    def bounds(self, state: State, low: Readings, high: Readings) -> tuple[jax.Array, jax.Array]:
        return jax.nn.log_sigmoid(low.classes), jax.nn.log_sigmoid(high.classes)
