"""A transformer that reads a point bit by bit, and answers from an extra token.

**Source**: Abbe, Bengio, Lotfi and Rizk, "Generalization on the Unseen, Logic Reasoning and Degree Curriculum", 2023,
https://arxiv.org/abs/2301.13105 (authors' code, github.com/aryol/GOTU: token_transformer.py, script.sh).

    e_t = token embedding + position embedding,    u = norm(e)
    a = e_0 + W_o concat_heads sum_t softmax_t(q(u_0) . k(u_t) / sqrt(c)) v(u_t)
    f(x) = w . norm(a + W_2 gelu(W_1 norm(a)))

**Differs from the paper**: 1. one block of width 16 and two heads instead of twelve of width 256 and six heads.
2. Adam with a tuned rate instead of 1e-5, for 3,000 steps. 3. batches of 64 instead of 256.

**Shapes**: b batch, n points, d bits, t tokens, i training sets, w width, h heads of c = w / h channels.
"""

from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks import optim
from toybench.blocks.attention import Norm
from toybench.blocks.nn import init as initialise

KINDS = 3  # of tokens: the answer's, a bit of 1, a bit of -1


class State(NamedTuple):
    """One network and optimiser for each training set: every array has a first axis i."""

    params: Any
    moments: Any


class Network(nn.Module):
    """Points [n, d] to outputs [n]; only the answer's token is followed through the block, as no other is read."""

    width: int
    heads: int

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        kind = jnp.pad(jnp.where(x > 0, 1, 2), ((0, 0), (1, 0)))
        tokens = jax.nn.one_hot(kind, KINDS)
        places = jnp.broadcast_to(jnp.eye(kind.shape[1])[None], (*kind.shape, kind.shape[1]))
        # one matrix on both is a token embedding plus a position embedding
        embedded = nn.Dense(self.width, use_bias=False)(jnp.concatenate([tokens, places], axis=2))
        seen = Norm()(embedded)
        query = split(nn.Dense(self.width, use_bias=False)(seen[:, 0]), self.heads)
        keys = split(nn.Dense(self.width, use_bias=False)(seen), self.heads)
        read = split(nn.Dense(self.width, use_bias=False)(seen), self.heads)
        logits = jnp.einsum("nhc,nthc->nht", query, keys) / (self.width // self.heads) ** 0.5
        mixed = jnp.einsum("nht,nthc->nhc", jax.nn.softmax(logits, axis=2), read)
        answer = embedded[:, 0] + nn.Dense(self.width)(mixed.reshape(len(x), self.width))
        hidden = nn.gelu(nn.Dense(self.width)(Norm()(answer)))
        answer = answer + nn.Dense(self.width)(hidden)
        return nn.Dense(1)(Norm()(answer))[:, 0]


def split(tokens: jax.Array, heads: int) -> jax.Array:
    """Tokens [..., w] as heads: [..., heads, w / heads]."""
    return tokens.reshape(*tokens.shape[:-1], heads, -1)


class BooleanTransformer(Method):
    """Every token sees every other."""

    lr: float = 0.001  # Adam's rate
    width: int = 16  # of a token
    heads: int = 2  # of attention
    batch: int = 64  # points a step

    paper = "abbe2023generalization"
    space = {"lr": (0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05)}

    @property
    def network(self) -> Network:
        return Network(width=self.width, heads=self.heads)

    def init(self, key: jax.Array) -> State:
        keys = jax.random.split(key, self.spec.sets)
        example = jnp.ones((1, self.spec.dims))
        params = jax.vmap(lambda k: initialise(self.network, k, example))(keys)
        return State(params=params, moments=jax.vmap(optim.adam(0.0).init)(params))

    def update(self, state: State, batch: tuple, key: jax.Array) -> State:
        rows = jax.random.randint(key, (self.batch,), 0, self.spec.points)

        def error(params: Any, x: jax.Array, y: jax.Array) -> jax.Array:
            return ((self.network.apply(params, x) - y) ** 2).mean()

        gradients = jax.vmap(jax.grad(error))(state.params, self.given.x[:, rows], self.given.y[:, rows])
        step = jax.vmap(lambda g, m, p: optim.descend(optim.adam(self.lr), g, m, p))
        params, moments = step(gradients, state.moments, state.params)
        return State(params=params, moments=moments)

    def values(self, state: State, x: jax.Array) -> jax.Array:
        return jax.vmap(self.network.apply, (0, None))(state.params, x)
