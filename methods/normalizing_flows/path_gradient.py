"""Path gradient of the reverse Kullback-Leibler divergence, its force carried along with the samples.

**Source**: Vaitl, Winkler, Richter and Kessel, "Fast and Unified Path Gradient Estimators for Normalizing Flows", 2024,
https://arxiv.org/abs/2403.15881, algorithm 1 as in the authors' code, `FastPath` in `unified_path/loss.py`.

    gradient = mean_n [(d/dx log q - d/dx log p)(x_n) dx_n/dtheta],    x_n = T(z_n)

The score term, of mean 0, is left out; d/dx log q comes from a recursion through the layers, without an inverse pass.

**Differs from the paper**: 1. layers with one network for scales and shifts, scales between exp(-2) and exp(2), in
place of the authors' RealNVP. 2. Gradients are clipped at norm 5, in all methods of the study.

**Shapes**: n points of the base, d coordinates.
"""

import jax

from toybench.blocks.affine_flow import Couplings, carry_force, digit_masks
from toybench.methods.normalizing_flows._flow import NormalFlow, needs_energy, push
from toybench.tasks.normalizing_flows import LAYERS, Batch, Spec, known_force


class PathGradient(NormalFlow):
    """The total derivative without its score term."""

    paper = "vaitl2024fast"

    def fits(self, spec: Spec) -> str | None:
        return needs_energy(spec)

    def estimate(self, state: object, flow: Couplings, noise: jax.Array) -> Couplings:
        x, force = carry_force(flow, digit_masks(LAYERS, noise.shape[1]), noise, -noise)
        _, along = jax.vjp(lambda params: push(params, noise)[0], flow)
        (gradient,) = along((force - known_force(x)) / len(noise))
        return gradient

    def gradient(self, params: Couplings, batch: Batch, key: jax.Array) -> Couplings:
        return self.estimate(None, params, jax.random.normal(key, (self.spec.batch, self.spec.dims)))
