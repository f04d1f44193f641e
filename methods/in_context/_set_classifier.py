"""A set transformer pre-trained on small data sets from a prior, and what a neighbourhood of a query is.

Shapes: b data sets, n context points, q queries.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks import nn, optim
from toybench.blocks.attention import Transformer
from toybench.tasks.in_context._binary import BinarySets


class State(NamedTuple):
    """Parameters of the transformer and Adam's moments."""

    params: Any
    opt: Any


class SetClassifier(Method):
    """Trained on the log loss of its queries' labels; context points form a set, queries see only them."""

    lr: float = 0.003  # Adam's learning rate, decayed to 0 by a cosine
    width: int = 32  # token width
    layers: int = 2  # attention blocks

    space = {"lr": (0.003, 0.01)}

    @property
    def network(self) -> Transformer:
        return Transformer(width=self.width, layers=self.layers, heads=4, out=1)

    @property
    def optimizer(self) -> Any:
        return optim.adam(self.lr, self.steps)

    def init(self, key: jax.Array) -> State:
        params = nn.init(self.network, key, jnp.zeros((1, 2, 3)), jnp.ones((2, 2), bool))
        return State(params=params, opt=self.optimizer.init(params))

    def logit(self, params: Any, x: jax.Array, y: jax.Array, query: jax.Array, seen: Any = None) -> jax.Array:
        """Logit of y = 1 at the queries, [b, q]; only the first `seen` [b] context points count (default all)."""
        n, t = x.shape[1], x.shape[1] + query.shape[1]
        place = jnp.concatenate([x, query], axis=1) * 3**0.5  # variance 1 for uniform inputs
        label = jnp.concatenate([2.0 * y - 1.0, jnp.zeros_like(query)], axis=1)
        told = jnp.broadcast_to((jnp.arange(t) < n).astype(x.dtype)[None], place.shape)
        mask = (jnp.arange(t) < n)[None] | jnp.eye(t, dtype=bool)
        if seen is not None:
            mask = (jnp.arange(t)[None] < seen[:, None])[:, None, :] | jnp.eye(t, dtype=bool)[None]
        return self.network.apply(params, jnp.stack([place, label, told], axis=-1), mask)[:, n:, 0]

    def loss(self, params: Any, batch: BinarySets) -> jax.Array:
        z = self.logit(params, batch.x, batch.y, batch.query, batch.seen)
        return jnp.mean(jax.nn.softplus(z) - batch.target * z)

    def update(self, state: State, batch: BinarySets, key: jax.Array) -> State:
        grads = jax.grad(self.loss)(state.params, batch)
        params, opt = optim.descend(self.optimizer, grads, state.opt, state.params)
        return State(params=params, opt=opt)


def neighbourhood(n: int, power: int) -> int:
    """How many of n points are neighbours: n^(power / 100), rounded."""
    return max(1, round(n ** (power / 100)))


def neighbours(x: jax.Array, y: jax.Array, query: jax.Array, k: int) -> tuple[jax.Array, jax.Array]:
    """The k context points nearest to each query: x and y [b, q, k]."""
    _, place = jax.lax.top_k(-jnp.abs(x[:, None, :] - query[:, :, None]), k)
    wide = (*query.shape, x.shape[1])
    near_x, near_y = (jnp.take_along_axis(jnp.broadcast_to(v[:, None, :], wide), place, axis=2) for v in (x, y))
    return near_x, near_y
