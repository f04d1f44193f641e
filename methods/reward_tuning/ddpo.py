"""Denoising diffusion policy optimisation: a clipped policy gradient over the denoising steps.

**Source**: Black, Janner, Du, Kostrikov and Levine, "Training Diffusion Models with Reinforcement Learning", 2023,
https://arxiv.org/abs/2305.13301, section 4.3 (DDPO with importance sampling).

    ratio_t = p(x_then | x_now; theta) / p(x_then | x_now; theta_old)        A = (r - mean r) / std r
    loss = mean max(-A ratio_t, -A clip(ratio_t, 1 - clip, 1 + clip))

**Differs from the paper**: 1. the reward has a price for the divergence from the pretrained density. 2. two updates on
every batch of samples. 3. a clip of 0.2, as the policy moves fast here, instead of 1e-4. 4. the last step has no noise,
hence no ratio. 5. Adam's rate falls to 0.

**Shapes**: b particles, l levels.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench.methods.reward_tuning._diffusion import RATES, State, Tuner, sample_gain, times
from toybench.tasks.reward_tuning import Density, Noise, denoise, noise_level

TINY = 1e-8  # keeps the advantage finite where all rewards are alike


class Chains(NamedTuple):
    """Noised samples before and after the noisy steps [l - 1, b, 2], the final samples [b, 2], fractions [l - 1, 2]."""

    before: jax.Array
    after: jax.Array
    last: jax.Array
    fractions: jax.Array


def transition(params: Density, spread: float, x: jax.Array, pair: jax.Array) -> tuple[jax.Array, jax.Array]:
    """(mean [b, 2], standard deviation []) of the ancestral step from fraction pair[0] to pair[1]."""
    alpha, sigma = noise_level(pair[0])
    next_alpha, next_sigma = noise_level(pair[1])
    clean = denoise(params, spread, x, alpha, sigma)
    fresh = next_sigma / sigma * jnp.sqrt(jnp.maximum(1 - (alpha / next_alpha) ** 2, 0.0))
    kept = jnp.sqrt(jnp.maximum(next_sigma**2 - fresh**2, 0.0))
    return next_alpha * clean + kept * (x - alpha * clean) / sigma, fresh


def sample_chains(params: Density, spread: float, batch: Noise) -> Chains:
    """Ancestral samples and the way to them."""
    grid = times(len(batch.levels))
    pairs = jnp.stack([grid[:-1], grid[1:]], axis=-1)

    def step(x: jax.Array, each: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
        pair, noise = each
        mean, fresh = transition(params, spread, x, pair)
        after = mean + fresh * noise
        return after, (x, after)

    last, way = jax.lax.scan(step, batch.start, (pairs, batch.levels))
    return Chains(before=way[0][:-1], after=way[1][:-1], last=last, fractions=pairs[:-1])


def log_policy(params: Density, spread: float, chains: Chains) -> jax.Array:
    """Log-probabilities of the steps [l - 1, b], but for what doesn't depend on the parameters."""

    def one(before: jax.Array, after: jax.Array, pair: jax.Array) -> jax.Array:
        mean, fresh = transition(params, spread, before, pair)
        return -((after - mean) ** 2).sum(-1) / (2 * fresh**2)

    return jax.vmap(one)(chains.before, chains.after, chains.fractions)


class DDPO(Tuner):
    """Policy gradient; the reward is asked for its values only."""

    clip: float = 0.2  # largest change of a ratio that still pays, above 0
    epochs: int = 2  # updates on every batch of samples

    space = {"lr": RATES}

    def surrogate(self, params: Density, old: Density, chains: Chains) -> jax.Array:
        """The loss of `params` on chains that were sampled by `old`."""
        gain = sample_gain(self.given, self.spec.spread, old, chains.last)
        advantage = (gain - gain.mean()) / (gain.std() + TINY)
        before = log_policy(old, self.spec.spread, chains)
        ratio = jnp.exp(log_policy(params, self.spec.spread, chains) - before)
        clipped = jnp.clip(ratio, 1 - self.clip, 1 + self.clip)
        return jnp.maximum(-advantage[None] * ratio, -advantage[None] * clipped).mean()

    def update(self, state: State, batch: Noise, key: jax.Array) -> State:
        old = state.params
        chains = sample_chains(old, self.spec.spread, batch)

        def epoch(now: State, _: None) -> tuple[State, None]:
            return self.descend(now, jax.grad(self.surrogate)(now.params, old, chains)), None

        return jax.lax.scan(epoch, state, None, length=self.epochs)[0]
