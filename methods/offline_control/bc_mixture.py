"""Behaviour cloning by a mixture of Gaussians, a draw of which is the action.

**Source**: the control that keeps several answers apart without codes or values; Bishop, "Mixture Density Networks",
1994 (from memory).

    min  -mean log sum_m w_m(x) N(u; mu_m(x), diag sigma_m(x)^2)

**Differs from the paper**: 1. two hidden layers of 64 units, 2000 updates. 2. Means are squashed by tanh.

**Shapes**: b transitions, k numbers of an action, m components, n episodes.
"""

import jax

from toybench.methods.offline_control._critics import (
    MANY_RATES,
    Params,
    Trained,
    fresh,
    mixture,
    mixture_draw,
    mixture_log_density,
)
from toybench.tasks.offline_control import Transitions


class BCMixture(Trained):
    """The law of the recorded actions at every place."""

    parts: int = 3  # components

    space = {"lr": MANY_RATES}

    def networks(self, key: jax.Array) -> Params:
        return {"policy": fresh(key, 0, self.parts * (1 + 2 * self.spec.actions))}

    def loss(self, params: Params, target: Params, batch: Transitions, key: jax.Array) -> jax.Array:
        law = mixture(params["policy"], self.spec.actions, self.parts, batch.x)
        return -mixture_log_density(law, batch.u).mean()

    def action(self, params: Params, x: jax.Array, key: jax.Array) -> jax.Array:
        return mixture_draw(mixture(params["policy"], self.spec.actions, self.parts, x), key)
