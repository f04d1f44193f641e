"""SimbaV2: features and weights of norm 1, learned scalers, a categorical value, and rewards scaled by the returns.

**Source**: Lee, Lee, Seno, Kim, Stone and Choo, "Hyperspherical Normalization for Scalable Deep Reinforcement
Learning", 2025, https://arxiv.org/abs/2502.15280, the authors' code: `simbaV2_layer.py`, `simbaV2_network.py` and
`simbaV2_update.py` in `scale_rl/agents/simbaV2`, `scale_rl/agents/wrappers/normalization.py`,
`configs/agent/simbaV2.yaml`.

    h = norm(s * (W norm([x, 3]))),   h <- norm(h + alpha * (norm(W2 relu(s * (W1 h))) - h)),   |W's columns| = 1
    logits = W4 (s * (W3 h)) + b on 31 bins of [-5, 5],   r / max(deviation of G, max |G| / 5)

**Differs from the paper**: 1. deep Q-learning in place of soft actor-critic: five torques, one critic. 2. Width 32, an
expansion of 2 and one block, in place of 512, 4 and 2; 31 bins in place of 101. 3. Weights start as normal directions,
not orthogonal ones. 4. The learning rate is tuned and constant; the target follows by 2 % a step, not 0.5 %.
5. Observations are bounded as they are and not standardised.

**Shapes**: b items, n observations, d numbers of an observation, a actions, m bins, w width.
"""

from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp

from toybench.blocks import rl
from toybench.methods.value_learning._scaled import LIMIT, ScaledLearner

WIDTH = 32
EXPANSION = 2
BINS = 31
SHIFT = 3.0  # the coordinate that is added to observations, so that their norm survives; the authors'
TINY = 1e-8  # least norm, and what is added after a nonlinearity so that no vector is 0; the authors'


def unit(x: jax.Array, axis: int = -1) -> jax.Array:
    """Vectors along an axis, divided by their norms."""
    squares = (x**2).sum(axis, keepdims=True)
    return x / jnp.sqrt(jnp.maximum(squares, TINY**2))


class Scaler(nn.Module):
    """Multiplies each of w features by a number that starts at `first` and changes by `first * speed` a unit."""

    first: float
    speed: float

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        scale = self.param("scale", nn.initializers.ones, (x.shape[-1],))
        return self.first * (1 + self.speed * (scale - 1))[None] * x


def dense(width: int) -> nn.Dense:
    """A layer without biases, whose columns have norm 1."""
    return nn.Dense(width, use_bias=False)


class Hypersphere(nn.Module):
    """Observations [n, d] to logits [n, a, m]."""

    actions: int

    @nn.compact
    def __call__(self, obs: jax.Array) -> jax.Array:
        first = (2 / WIDTH) ** 0.5
        inside = (2 / (WIDTH * EXPANSION)) ** 0.5
        shifted = jnp.concatenate([obs, jnp.full((len(obs), 1), SHIFT)], -1)
        h = unit(Scaler(first, 1 / first)(dense(WIDTH)(unit(shifted))))
        wide = nn.relu(Scaler(inside, 1 / inside)(dense(WIDTH * EXPANSION)(h))) + TINY
        h = unit(h + Scaler(0.5, WIDTH**0.5)(unit(dense(WIDTH)(wide)) - h))
        out = dense(self.actions * BINS)(Scaler(1.0, 1.0)(dense(WIDTH)(h)))
        bias = self.param("bias", nn.initializers.zeros, (self.actions * BINS,))
        return (out + bias[None]).reshape(-1, self.actions, BINS)


class SimbaV2(ScaledLearner):
    """Values as laws over bins, from a network on the sphere."""

    paper = "lee2025hyperspherical"

    @property
    def network(self) -> nn.Module:
        return Hypersphere(actions=self.spec.actions)

    @property
    def bins(self) -> jax.Array:
        return jnp.linspace(-LIMIT, LIMIT, BINS)

    def q_values(self, outputs: jax.Array) -> jax.Array:
        return jax.nn.softmax(outputs, -1) @ self.bins

    def error(self, outputs: jax.Array, reward: jax.Array, going: jax.Array, ahead: jax.Array) -> jax.Array:
        places = reward[:, None] + going[:, None] * self.bins[None]
        wanted = rl.categorical_projection(self.bins, places, jax.nn.softmax(ahead, -1))
        return -(wanted * jax.nn.log_softmax(outputs, -1)).sum(-1)

    def mend(self, params: Any) -> Any:
        """Columns of all weights to norm 1."""
        return jax.tree_util.tree_map_with_path(
            lambda path, x: unit(x, axis=0) if path[-1].key == "kernel" else x, params
        )
