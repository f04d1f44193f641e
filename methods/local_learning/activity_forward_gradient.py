"""Forward gradient on activities: every point's loss derivative along random shifts of its hidden pre-activations.

**Source**: Ren, Kornblith, Liao and Hinton, "Scaling Forward Gradient With Local Losses", 2022,
https://arxiv.org/abs/2210.03310 (section 3, activity perturbation).

    d_l = v_l sum_k (dL / d a_k . v_k),   v_k ~ N(0, I) for every point and hidden layer k

**Differs from the paper**: 1. the global loss alone: no local losses, no group structure. 2. the readout has its exact
gradient, which is local.

**Shapes**: b batch; v_l, a_l [b, n_l] shifts and pre-activations, d_l [b, n_l] errors.
"""

import jax
import jax.numpy as jnp

from toybench.methods.local_learning._rule import Estimating, State, normal_like, perturbed_losses
from toybench.tasks.local_learning import Examples, Weights, assemble


class ActivityForwardGradient(Estimating):
    """Unbiased, with as many random numbers a point as there are units, not weights."""

    def estimate(self, state: State, batch: Examples, key: jax.Array) -> Weights:
        hs, error = self.errors(state, batch)
        v = normal_like(key, hs[1:])
        still = jax.tree.map(jnp.zeros_like, v)
        _, along = jax.jvp(lambda s: perturbed_losses(self.spec, state.params["weights"], batch, s), (still,), (v,))
        return assemble(hs, [*(along[:, None] * x for x in v), error])
