"""A network that answers with a mixture of normal laws.

**Source**: control; Bishop, "Mixture Density Networks", 1994 (from memory).

    min -log sum_k softmax(a)_k N(next state; m_k, s_k^2 I),  with a, m, log s from one network

**Differs from the paper**: 1. `next` is a draw from the mixture. 2. Deviations are kept above 0.01.

**Shapes**: b contexts, k parts.
"""

import math
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench.blocks import nn
from toybench.blocks.relaxed import gumbel
from toybench.methods.dynamics_models._trained import RATES, WIDTHS, State, Trained, blank, flat
from toybench.tasks.dynamics_models import Contexts, Moves, squared_error

LEAST = 0.01  # deviation, a fifth of the smaller noise: no part may close in on a point


class Mixture(NamedTuple):
    """Logarithms of the weights [b, k], means [b, k, 2], deviations [b, k]."""

    weights: jax.Array
    means: jax.Array
    deviations: jax.Array


class MixtureDensity(Trained):
    """Two parts."""

    parts: int = 2  # normal laws in the mixture, at least 1

    space = {"lr": RATES}

    @property
    def network(self) -> nn.MLP:
        return nn.MLP((*WIDTHS, self.parts * (self.spec.size + 2)), jax.nn.silu)

    def start(self, key: jax.Array) -> Any:
        return nn.init(self.network, key, blank(self.spec.states, self.spec.size))

    def law(self, params: Any, contexts: Contexts) -> Mixture:
        """The mixture for each context."""
        out = self.network.apply(params, flat(contexts)).reshape(-1, self.parts, self.spec.size + 2)
        return Mixture(
            weights=jax.nn.log_softmax(out[..., 0], axis=-1),
            means=out[..., 2:],
            deviations=LEAST + jax.nn.softplus(out[..., 1]),
        )

    def log_density(self, params: Any, contexts: Contexts, after: jax.Array) -> jax.Array:
        """Logarithm of the mixture's density, [b]."""
        law = self.law(params, contexts)
        squares = squared_error(after[:, None, :], law.means) / law.deviations**2
        parts = -squares / 2 - self.spec.size * jnp.log(law.deviations) - self.spec.size / 2 * math.log(2 * math.pi)
        return jax.nn.logsumexp(law.weights + parts, axis=-1)

    def loss(self, params: Any, moves: Moves, key: jax.Array) -> jax.Array:
        return -self.log_density(params, moves.contexts, moves.after).mean()

    def next(self, state: State, contexts: Contexts, key: jax.Array) -> jax.Array:
        law = self.law(state.params, contexts)
        for_part, for_noise = jax.random.split(key)
        part = (law.weights + gumbel(jax.random.uniform(for_part, law.weights.shape))).argmax(-1)[:, None]
        mean = jnp.take_along_axis(law.means, part[..., None], axis=1)[:, 0]
        deviation = jnp.take_along_axis(law.deviations, part, axis=1)
        return mean + deviation * jax.random.normal(for_noise, mean.shape)

    def plausibility(self, state: State, contexts: Contexts, after: jax.Array) -> jax.Array:
        return self.log_density(state.params, contexts, after)
