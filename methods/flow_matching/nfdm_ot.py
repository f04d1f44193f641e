"""Neural flow diffusion with straight ways: curved generative ways cost.

**Source**: Bartosh, Vetrov and Naesseth, "Neural Flow Diffusion Models: Learnable Forward Process for Improved
Diffusion Modelling", 2024, https://arxiv.org/abs/2404.12940: abstract, and the authors' notebook for the rest.

    the bound of `nfdm` + curvature E |d/du f(z_u, u)|^2,   d/du f = (df/dz) f + df/du,   f the generative flow

**Differs from the paper**: 1. the penalty's form is ours: the squared change of the velocity along a way. 2. otherwise
as `nfdm` here.

**Shapes**: b points of a batch, n points, s steps.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.methods.flow_matching._neural_flow import NeuralFlow, noising_network, uniform_times


class NFDMOT(NeuralFlow):
    """A noising process that is also pulled towards straight generative ways."""

    curvature: float = 0.008  # weight of the penalty, 0 or more

    paper = "bartosh2024neural"
    space = {"lr": (0.008, 0.016, 0.032), "curvature": (0.002, 0.008, 0.032)}

    def shift(self, params: Any, x: jax.Array, u: jax.Array) -> jax.Array:
        return noising_network().apply(params["noising"], x, u)

    def loss(self, params: Any, points: jax.Array, key: jax.Array) -> jax.Array:
        u, noise = uniform_times(key, len(points))
        process = self.noising(params, points, u)
        bend = self.acceleration(params, process.mean + process.scale * noise, u)
        return self.bound_terms(params, points, noise, u).mean() + self.curvature * (bend**2).sum(-1).mean()

    def acceleration(self, params: Any, z: jax.Array, u: jax.Array) -> jax.Array:
        """Change of the generative velocity along its own way [n, 2]."""
        speed = self.flow(params, z, u)
        _, bend = jax.jvp(lambda z, u: self.flow(params, z, u), (z, u), (speed, jnp.ones_like(u)))
        return bend
