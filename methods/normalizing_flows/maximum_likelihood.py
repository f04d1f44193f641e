"""Flow over a standard normal base, fitted to samples by maximum likelihood.

**Source**: the baseline of Vaitl, Winkler, Richter and Kessel, "Fast and Unified Path Gradient Estimators for
Normalizing Flows", 2024, https://arxiv.org/abs/2403.15881, in the authors' code `MaximumLikelihood` in
`unified_path/loss.py`; and of Laszkiewicz, Lederer and Fischer, "Marginal Tail-Adaptive Normalizing Flows", 2022,
https://arxiv.org/abs/2206.10311, in the authors' code the base "vanilla" in `utils/flows.py`.

    L = -mean_n log q(x_n)

**Differs from the paper**: 1. coupling layers with one network for scales and shifts, scales between exp(-2) and
exp(2), in place of the authors' RealNVP and masked autoregressive flow. 2. Gradients are clipped at norm 5.

**Shapes**: n points, d coordinates.
"""

import jax

from toybench.blocks.affine_flow import Couplings
from toybench.methods.normalizing_flows._flow import NormalFlow, negative_log_likelihood
from toybench.tasks.normalizing_flows import Batch


class MaximumLikelihood(NormalFlow):
    """Sees samples alone."""

    def gradient(self, params: Couplings, batch: Batch, key: jax.Array) -> Couplings:
        return jax.grad(negative_log_likelihood)(params, batch.x)
