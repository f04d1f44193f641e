"""The transformer of this study: attention that may treat earlier tokens otherwise than the token itself, and training.

Shapes: b streams, t tokens, n features of a token, c outputs, d width, h heads, k width of a head.
"""

import abc
from collections.abc import Callable
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks import optim
from toybench.blocks.attention import Norm
from toybench.blocks.nn import init
from toybench.tasks.pre_caching import Text, cost

WIDTH = 32  # of a token inside the network; authors: 128
HEADS = 2  # as published
LAYERS = 2  # as published: a feature of the first can be read by the second
CLIP = 1.0  # largest norm of a gradient
BLOCKED = -1e9  # logit of a token that comes later
RATES = (0.001, 0.0025, 0.006, 0.015, 0.04, 0.1)  # learning rates that tuning tries, a factor of 2.5 apart

Past = Callable[[jax.Array], jax.Array]


def unchanged(states: jax.Array) -> jax.Array:
    """States as they are."""
    return states


class Attention(nn.Module):
    """Causal attention with a learned bias of each distance: [b, t, d] to [b, t, d].

    Attributes:
      past: what a token sees of earlier tokens' states, [b, t, d] to [b, t, d]. Its own state it sees as it is.
    """

    past: Past

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        batch, tokens, d = x.shape
        maps = nn.Dense(3 * d, use_bias=False)

        def split(states: jax.Array) -> list[jax.Array]:
            return jnp.split(maps(states).reshape(batch, tokens, HEADS, -1), 3, axis=-1)

        query, own_key, own_value = split(x)
        _, key, value = split(self.past(x))
        bias = nearness(self.param("bias", nn.initializers.zeros, (HEADS, tokens)))
        mixed = attend(query, own_key, own_value, key, value, bias)
        return nn.Dense(d, use_bias=False)(mixed.reshape(x.shape))


class Reading(nn.Module):
    """Tokens [b, t, n] to (outputs [b, t, c], states after the first block [b, t, d]).

    Attributes:
      past: what a token sees of earlier tokens' states.
      first: what becomes of all states after the first block.
    """

    out: int
    layers: int
    past: Past
    first: Past = unchanged

    @nn.compact
    def __call__(self, x: jax.Array) -> tuple[jax.Array, jax.Array]:
        state = self.first(self.block(nn.Dense(WIDTH)(x)))
        last = state
        for _ in range(self.layers - 1):
            last = self.block(last)
        return nn.Dense(self.out)(Norm()(last)), state

    def block(self, x: jax.Array) -> jax.Array:
        """Attention and MLP, each added: [b, t, d] to [b, t, d]."""
        x = x + Attention(self.past)(Norm()(x))
        return x + nn.Dense(WIDTH)(nn.gelu(nn.Dense(2 * WIDTH)(Norm()(x))))


def nearness(bias: jax.Array) -> jax.Array:
    """What is added to the logits, [h, t, t]: the bias [h, t] of how far back a token is; later tokens are blocked."""
    tokens = bias.shape[-1]
    back = jnp.arange(tokens)[:, None] - jnp.arange(tokens)[None, :]
    return jnp.where(back[None] >= 0, bias[:, jnp.maximum(back, 0)], BLOCKED)


def attend(
    query: jax.Array, own_key: jax.Array, own_value: jax.Array, key: jax.Array, value: jax.Array, bias: jax.Array
) -> jax.Array:
    """Attention [b, t, h, k] of a token to itself by its own key and value, and to earlier ones by theirs."""
    itself = jnp.eye(query.shape[1], dtype=bool)[None, None]
    own = jnp.moveaxis((query * own_key).sum(-1), 1, -1)[..., None]  # [b, h, t, 1]
    products = jnp.where(itself, own, jnp.einsum("bihk,bjhk->bhij", query, key))
    weights = jax.nn.softmax(products / query.shape[-1] ** 0.5 + bias[None], axis=-1)
    kept = jnp.moveaxis((weights * itself.astype(weights.dtype)).sum(-1), 1, -1)[..., None]  # [b, t, h, 1]
    return jnp.einsum("bhij,bjhk->bihk", weights, value) + kept * (own_value - value)


class State(NamedTuple):
    """Parameters, and those of the optimiser."""

    params: Any
    moments: Any


class Trained(Method):
    """Adam with a cosine to 0 on the cost of all tokens."""

    lr: float = 0.01  # peak learning rate, above 0; authors: 0.001 and 58,593 updates

    @abc.abstractmethod
    def network(self) -> nn.Module:
        """Tokens [b, t, n] to (outputs [b, t, c], states [b, t, d])."""

    @property
    def adam(self) -> optax.GradientTransformation:
        """The optimiser."""
        return optim.lenient(optax.chain(optax.clip_by_global_norm(CLIP), optim.adam(self.lr, self.steps)))

    def init(self, key: jax.Array) -> State:
        params = init(self.network(), key, jnp.zeros((1, self.spec.length, self.spec.features)))
        return State(params=params, moments=self.adam.init(params))

    def update(self, state: State, batch: Text, key: jax.Array) -> State:
        gradient = jax.grad(self.loss)(state.params, batch)
        params, moments = optim.descend(self.adam, gradient, state.moments, state.params)
        return State(params=params, moments=moments)

    def loss(self, params: Any, batch: Text) -> jax.Array:
        """Mean cost of a token, []."""
        answer, _ = self.network().apply(params, batch.x)
        return cost(self.spec, answer, batch.y).mean()

    def predict(self, state: State, x: jax.Array) -> jax.Array:
        return self.network().apply(state.params, x)[0]

    def hidden(self, state: State, x: jax.Array) -> jax.Array:
        return self.network().apply(state.params, x)[1]
