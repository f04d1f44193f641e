"""Half the gradient of maximum likelihood, half the ordinary one of the reverse divergence: samples and energy.

**Source**: a control, none: what a practitioner would do who has both.

    L = 1/2 (-mean_n log q(x_n)) + 1/2 mean_n [log q(T(z_n)) - log p(T(z_n))]

**Differs from the paper**: nothing; it is a control.

**Shapes**: n points, d coordinates.
"""

import jax

from toybench.blocks.affine_flow import Couplings
from toybench.methods.normalizing_flows._flow import (
    NormalFlow,
    needs_energy,
    negative_log_likelihood,
    reverse_divergence,
)
from toybench.tasks.normalizing_flows import Batch, Spec


class CombinedKL(NormalFlow):
    """Costs about twice as much a step as either half."""

    def fits(self, spec: Spec) -> str | None:
        return needs_energy(spec)

    def gradient(self, params: Couplings, batch: Batch, key: jax.Array) -> Couplings:
        noise = jax.random.normal(key, batch.x.shape)

        def loss(flow: Couplings) -> jax.Array:
            return (negative_log_likelihood(flow, batch.x) + reverse_divergence(flow, noise)) / 2

        return jax.grad(loss)(params)
