"""Feynman-Kac correctors: the same diffusion with weights for what the sum of scores gets wrong, and resampling.

**Source**: Skreta, Akhound-Sadegh, Ohanesian, Bondesan, Aspuru-Guzik, Doucet, Brekelmans, Tong and Neklyudov,
"Feynman-Kac Correctors in Diffusion: Annealing, Guidance, and Product of Experts", 2025,
https://arxiv.org/abs/2503.02819, and the authors' code for guidance, `applications/images/edm2/generate_images.py`,
`edm_sampler_new`; annealing and products are derived from the Fokker-Planck equation in the same way.

    S = sum_i b_i s_i
    x <- x + beta (x / 2 + S) du + sqrt(beta du) noise      log w <- log w + beta / 2 (|S|^2 - sum_i b_i |s_i|^2) du

A power b gives b (b - 1) / 2 |s|^2, a product s_1 . s_2, guidance w (w - 1) / 2 |s_1 - s_2|^2, all times beta.

**Differs from the paper**: 1. exact scores of mixtures. 2. weights are kept until the effective sample size is below
half of the particles; the code resamples at every step, with increments centred and cut at 1. 3. no resampling below
u = 0.02: the last weights go to the task.

**Shapes**: n particles, d dimensions, s steps.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks import smc
from toybench.blocks.random import uniforms
from toybench.methods.posterior_sampling._reverse import Moment, moments, move, noises, scores
from toybench.tasks.posterior_sampling import Particles, Target

ENOUGH = 0.5  # effective share of the particles above which weights are kept
LATE = 0.02  # u below which particles are not resampled: too little noise is left to part copies


class Cloud(NamedTuple):
    """Particles [n, d], their log-weights [n], and the least effective sample size so far, []."""

    x: jax.Array
    log_weights: jax.Array
    least: jax.Array


class FKC(Method):
    """Weights, and resampling where they have become uneven."""

    resample: bool = True  # False leaves the weights to the end

    paper = "skreta2025feynmankac"
    deterministic = True

    def compose(self, state: Any, target: Target, key: jax.Array, count: int) -> Particles:
        def step(cloud: Cloud, now: tuple[Moment, jax.Array, jax.Array]) -> tuple[Cloud, None]:
            moment, noise, uniform = now
            one, two = scores(target, cloud.x, moment)
            total = target.powers[0] * one + target.powers[1] * two
            parts = target.powers[0] * (one**2).sum(-1) + target.powers[1] * (two**2).sum(-1)
            gain = 0.5 * moment.beta * moment.length * ((total**2).sum(-1) - parts)
            x = move(cloud.x, total, noise, moment)
            log_weights = cloud.log_weights + gain
            size = smc.effective_size(log_weights)
            least = jnp.minimum(cloud.least, size)
            uneven = self.resample & (size < ENOUGH * count) & (moment.u > LATE)
            chosen = jnp.where(uneven, smc.systematic(log_weights, uniform, count), jnp.arange(count))
            kept = jnp.where(uneven, jnp.zeros(count), log_weights)
            return Cloud(x=x[chosen], log_weights=kept, least=least), None

        a, b = jax.random.split(key)
        start, draws = noises(a, self.spec.steps, count, self.spec.dims)
        shifts = uniforms(b, shift=(self.spec.steps,))["shift"]
        cloud = Cloud(
            x=start / jnp.sqrt(target.powers.sum()), log_weights=jnp.zeros(count), least=jnp.asarray(float(count))
        )
        end, _ = jax.lax.scan(step, cloud, (moments(self.spec.steps), draws, shifts))
        return Particles(points=end.x, log_weights=end.log_weights, ess=end.least)
