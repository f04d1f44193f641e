"""Path gradient of the forward Kullback-Leibler divergence: maximum likelihood that takes the energy into account.

**Source**: Vaitl, Winkler, Richter and Kessel, "Fast and Unified Path Gradient Estimators for Normalizing Flows", 2024,
https://arxiv.org/abs/2403.15881, algorithm 1 as in the authors' code, `FastPath` with `reverse=False` in
`unified_path/loss.py`.

    gradient = mean_n [(d/dz log p_T - d/dz log q_0)(z_n) dz_n/dtheta],    z_n = T^-1(x_n)

p_T is the target pulled back to the base: the forward divergence in x is the reverse one of p_T from q_0 in z.

**Differs from the paper**: 1. layers with one network for scales and shifts, scales between exp(-2) and exp(2), in
place of the authors' RealNVP. 2. Gradients are clipped at norm 5, in all methods of the study.

**Shapes**: n points, d coordinates.
"""

import jax

from toybench.blocks.affine_flow import Couplings, carry_force, digit_masks
from toybench.methods.normalizing_flows._flow import NormalFlow, needs_energy, pull
from toybench.tasks.normalizing_flows import LAYERS, Batch, Spec, known_force


class PathLikelihood(NormalFlow):
    """Sees samples and the energy's gradient at them."""

    paper = "vaitl2024fast"

    def fits(self, spec: Spec) -> str | None:
        return needs_energy(spec)

    def gradient(self, params: Couplings, batch: Batch, key: jax.Array) -> Couplings:
        masks = digit_masks(LAYERS, batch.x.shape[1])
        z, force = carry_force(params, masks, batch.x, known_force(batch.x), inverse=True)
        _, along = jax.vjp(lambda flow: pull(flow, batch.x)[0], params)
        (gradient,) = along((force + z) / len(z))
        return gradient
