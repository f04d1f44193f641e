"""Neural flow diffusion: the noising process is learned together with the model that goes back.

**Source**: Bartosh, Vetrov and Naesseth, "Neural Flow Diffusion Models: Learnable Forward Process for Improved
Diffusion Modelling", 2024, https://arxiv.org/abs/2404.12940, and the authors' notebook `nfdm_from_scratch.ipynb` in
their repository neural_diffusion.

    z = mu + sigma eps,   mu = (1-u) x + u(1-u) m(x, u),   log sigma = (1-u) log 0.01 + u(1-u) s(x, u),   u = 1 - t
    E |f(z, u, x) - f(z, u, x_hat(z, u))|^2 / (2 g(u)^2),   f = d/du (mu + sigma eps) - g^2/2 score

**Differs from the paper**: 1. the Gaussian process of the notebook, not an invertible network. 2. m and s share a
network of 32 and 32 SiLU units; the predictor is as large as every method's network here. 3. points are drawn along
the flow, without noise.

**Shapes**: b points of a batch, n points, s steps.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.methods.flow_matching._neural_flow import DIMS, NeuralFlow, noising_network, uniform_times


class NFDM(NeuralFlow):
    """A predictor and a noising process that descend one bound."""

    learned: bool = True  # false: m = s = 0, a diffusion whose log signal-to-noise ratio is nearly linear

    paper = "bartosh2024neural"
    space = {"lr": (0.002, 0.004, 0.008, 0.016, 0.032, 0.064)}

    def shift(self, params: Any, x: jax.Array, u: jax.Array) -> jax.Array:
        if not self.learned:
            return jnp.zeros((x.shape[0], 2 * DIMS))
        return noising_network().apply(params["noising"], x, u)

    def loss(self, params: Any, points: jax.Array, key: jax.Array) -> jax.Array:
        u, noise = uniform_times(key, len(points))
        return self.bound_terms(params, points, noise, u).mean()
