"""Guided diffusion of places and actions together; the plan's own action is taken.

**Source**: the ablation of inverse dynamics in Ajay, Du, Gupta, Tenenbaum, Jaakkola and Agrawal, "Is Conditional
Generative Modeling all you need for Decision-Making?", 2022, https://arxiv.org/abs/2211.15657, in the authors' code
`diffuser/models/diffusion.py` (`GaussianDiffusion` with conditions on returns).

    p = p(none) + weight (p(y) - p(none));  x_t, a_t .. x_t+H, a_t+H by denoising;  a = a_t

**Differs from the paper**: 1. the network predicts the plan p without its noise, as the authors' code can; guidance
is the same in both forms. 2. Two layers of 128 units over the whole plan, 16 denoising steps, 2000 updates of 64, no
moving average of weights. 3. Plans reach 12 steps ahead, begin at the first 13 steps of an episode and are remade
every 4. 4. Errors of the first action weigh no more than others; the authors' weigh 10 times as much.

**Shapes**: b plans in a batch, n episodes, H + 1 places of a plan, k numbers of an action.
"""

import jax
import jax.numpy as jnp

from toybench.methods.offline_control._plans import Params, Planner


class DiffuserJoint(Planner):
    """Plans of places and actions."""

    space = {"lr": (0.003, 0.01, 0.03), "weight": (0.6, 1.2, 2.4, 4.8), "target": (0.9, 1.0)}

    def plans(self, x: jax.Array, u: jax.Array) -> jax.Array:
        return jnp.concatenate([x, jnp.pad(u, ((0, 0), (0, 1), (0, 0)))], axis=-1)

    def follow(self, params: Params, x: jax.Array, now: jax.Array, then: jax.Array) -> jax.Array:
        return now[:, 2:]
