"""Flow fitted to an energy by the ordinary reparameterised gradient of the reverse Kullback-Leibler divergence.

**Source**: the baseline of Vaitl, Winkler, Richter and Kessel, "Fast and Unified Path Gradient Estimators for
Normalizing Flows", 2024, https://arxiv.org/abs/2403.15881, in the authors' code `RepQP` in `unified_path/loss.py`.

    L = mean_n [log q(T(z_n)) - log p(T(z_n))],    log q(T(z)) = log q_0(z) - log |det dT/dz|

**Differs from the paper**: 1. layers with one network for scales and shifts, scales between exp(-2) and exp(2), in
place of the authors' RealNVP. 2. Gradients are clipped at norm 5, in all methods of the study.

**Shapes**: n points of the base, d coordinates.
"""

import jax

from toybench.blocks.affine_flow import Couplings
from toybench.methods.normalizing_flows._flow import NormalFlow, needs_energy, reverse_divergence
from toybench.tasks.normalizing_flows import Batch, Spec


class ReverseKL(NormalFlow):
    """The total derivative, score term included."""

    paper = "vaitl2024fast"

    def fits(self, spec: Spec) -> str | None:
        return needs_energy(spec)

    def estimate(self, state: object, flow: Couplings, noise: jax.Array) -> Couplings:
        return jax.grad(reverse_divergence)(flow, noise)

    def gradient(self, params: Couplings, batch: Batch, key: jax.Array) -> Couplings:
        return self.estimate(None, params, jax.random.normal(key, (self.spec.batch, self.spec.dims)))
