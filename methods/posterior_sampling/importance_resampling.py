"""Importance sampling from the first density: the control that knows the densities themselves.

**Source**: textbook; the strongest cheap control for the correctors of Skreta et al. (2025).

    x ~ p_1,    log w = (b_1 - 1) log p_1(x) + b_2 log p_2(x)

**Differs from the paper**: 1. it needs the densities themselves, which a diffusion model gives only by solving an
equation for each sample.

**Shapes**: n particles, d dimensions.
"""

from typing import Any

import jax

from toybench import Method
from toybench.blocks import mixture, smc
from toybench.tasks.posterior_sampling import Particles, Target


class ImportanceResampling(Method):
    """Exact draws of one density, weighted."""

    deterministic = True

    def compose(self, state: Any, target: Target, key: jax.Array, count: int) -> Particles:
        points, _ = mixture.sample(target.parts[0], key, count)
        logs = [mixture.log_density(part, points) for part in target.parts]
        log_weights = (target.powers[0] - 1) * logs[0] + target.powers[1] * logs[1]
        return Particles(points=points, log_weights=log_weights, ess=smc.effective_size(log_weights))
