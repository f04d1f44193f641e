"""The reverse diffusion along the sum of scaled scores, without weights.

**Source**: baseline of Skreta et al., "Feynman-Kac Correctors in Diffusion: Annealing, Guidance, and Product of
Experts", 2025, https://arxiv.org/abs/2503.02819, section 3 (the heuristic that correctors mend); for guidance it is
classifier-free guidance (Ho and Salimans, 2022).

    x <- x + beta (x / 2 + sum_i b_i s_i(x)) du + sqrt(beta du) noise       from N(0, I / sum_i b_i)

**Differs from the paper**: 1. exact scores of mixtures.

**Shapes**: n particles, d dimensions, s steps.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.posterior_sampling._reverse import Moment, moments, move, noises, scores
from toybench.tasks.posterior_sampling import Particles, Target


class ScoreScaling(Method):
    """Equal weights."""

    deterministic = True

    def compose(self, state: Any, target: Target, key: jax.Array, count: int) -> Particles:
        def step(x: jax.Array, now: tuple[Moment, jax.Array]) -> tuple[jax.Array, None]:
            moment, noise = now
            one, two = scores(target, x, moment)
            return move(x, target.powers[0] * one + target.powers[1] * two, noise, moment), None

        start, draws = noises(key, self.spec.steps, count, self.spec.dims)
        x, _ = jax.lax.scan(step, start / jnp.sqrt(target.powers.sum()), (moments(self.spec.steps), draws))
        return Particles(points=x, log_weights=jnp.zeros(count), ess=jnp.asarray(float(count)))
