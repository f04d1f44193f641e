"""Nearest class mean: classes are prototypes on the frozen backbone.

**Source**: Mensink, Verbeek, Perronnin and Csurka, "Distance-Based Image Classification: Generalizing to New Classes
at Near-Zero Cost", 2013, https://doi.org/10.1109/TPAMI.2013.83; on pretrained backbones by cosine as SimpleCIL in
Zhou et al., "Revisiting Class-Incremental Learning with Pre-Trained Models", 2023, https://arxiv.org/abs/2303.07338.

    mu_c = mean of phi(x) over class c,    score_c(x) = cos(phi(x), mu_c)

**Differs from the paper**: nothing.

**Shapes**: b batch, f features, c classes.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.continual._heads import class_sums, unit
from toybench.tasks.continual import PhaseStep, features


class State(NamedTuple):
    """Sums [c, f] of the features of each class."""

    sums: jax.Array


class NCM(Method):
    """Sums know no order, so neither does this learner."""

    deterministic = True

    def init(self, key: jax.Array) -> State:
        return State(sums=jnp.zeros((self.spec.classes, self.spec.features)))

    def update(self, state: State, batch: PhaseStep, key: jax.Array) -> State:
        def add() -> jax.Array:
            return state.sums + class_sums(batch.data, features(self.given, batch.data.x), self.spec.classes)[0]

        return State(sums=jax.lax.cond(batch.position == 0, add, lambda: state.sums))

    def class_scores(self, state: State, x: jax.Array) -> jax.Array:
        return unit(features(self.given, x)) @ unit(state.sums).T
