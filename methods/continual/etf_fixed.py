"""A fixed simplex frame as the classifier: features are trained towards rows that were given out before any class came.

**Source**: Yang, Yuan, Li, Lin, Torr and Tao, "Neural Collapse Inspired Feature-Classifier Alignment for Few-Shot Class
Incremental Learning", 2023, https://arxiv.org/abs/2302.03004 (equations 4 and 7).

    W = E Q for all classes to come, Q random orthonormal;    loss 1/2 (<w_y, g(z)> - 1)^2 on shots and stored means

**Differs from the paper**: 1. the trained projection is linear. 2. features are centred at the mean of the
base classes.

**Shapes**: b batch, f features, c classes.
"""

import jax
import jax.numpy as jnp

from toybench.methods.continual._simplex import Projection, State, nearest_frame
from toybench.tasks.continual import PhaseStep


class ETFFixed(Projection):
    """The number of classes must be known beforehand."""

    space = {"lr": (0.001, 0.003, 0.01)}

    def begin(self, state: State, batch: PhaseStep, z: jax.Array, new: jax.Array) -> State:
        rows = nearest_frame(jnp.ones(self.spec.classes, bool), state.extra)  # of random vectors: a random frame
        return state._replace(params={**state.params, "rows": rows})
