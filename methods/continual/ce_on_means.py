"""A cosine classifier by cross-entropy on the session's shots and stored class means.

**Source**: none; the control that has all of the fixed-frame methods but the frame.

    rows start at the class means;    CE(16 cos(w, g(z))) on shots and stored means, over all classes seen

**Differs from the paper**: nothing.

**Shapes**: b batch, f features, c classes.
"""

import jax
import jax.numpy as jnp

from toybench.methods.continual._simplex import Projection, State
from toybench.tasks.continual import PhaseStep


class CEOnMeans(Projection):
    """Same projection, same memory of means, same steps."""

    deterministic = True
    cosine_softmax = True
    space = {"lr": (0.001, 0.003, 0.01)}

    def extra(self, key: jax.Array) -> tuple:
        return ()

    def begin(self, state: State, batch: PhaseStep, z: jax.Array, new: jax.Array) -> State:
        rows = jnp.where(new[:, None], self.project(state, state.params, state.means), state.params["rows"])
        return state._replace(params={**state.params, "rows": rows})
