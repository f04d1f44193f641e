"""Prior-data fitted network: a set transformer trained on data sets drawn from a prior, to output a predictive density.

**Source**: Mueller, Hollmann, Pineda Arango, Grabocka and Hutter, "Transformers Can Do Bayesian Inference", 2021,
https://arxiv.org/abs/2112.10510.

    loss = E_{data set from the prior} [ -log q(y | x, context) ]       least for the posterior predictive
    q = Riemann distribution: bars of equal prior mass, half-normal tails

**Differs from the paper**: 1. width 32, 2 layers and 1600 steps instead of 512, 6 and a hundred thousand and more;
2. 32 bars instead of 100 to 1000, at exact prior quantiles; 3. no linear warm-up of the learning rate.

**Shapes**: b functions, n context points at most, q queries, k bars.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks import nn, optim
from toybench.blocks.attention import Transformer
from toybench.methods.in_context import _riemann
from toybench.tasks.in_context._regression import Functions


class State(NamedTuple):
    """Parameters of the transformer and Adam's moments."""

    params: Any
    opt: Any


class PFN(Method):
    """No positional encoding: the context is a set. Queries see the context and not each other."""

    lr: float = 0.005  # Adam's learning rate, decayed to 0 by a cosine; the paper's range 1e-5 to 1e-3
    bars: int = 32  # k, the tails included
    width: int = 32  # token width; the paper uses 512
    layers: int = 2  # attention blocks; the paper uses 6

    paper = "muller2021transformers"
    space = {"lr": (0.002, 0.005, 0.01)}

    @property
    def network(self) -> Transformer:
        return Transformer(width=self.width, layers=self.layers, heads=4, out=self.bars)

    @property
    def optimizer(self) -> Any:
        return optim.adam(self.lr, self.steps)

    def init(self, key: jax.Array) -> State:
        params = nn.init(self.network, key, jnp.zeros((1, 2, 3)), jnp.ones((2, 2), bool))
        return State(params=params, opt=self.optimizer.init(params))

    def logits(self, params: Any, x: jax.Array, y: jax.Array, seen: jax.Array, query: jax.Array) -> jax.Array:
        """Logits of the bars at the queries, [b, q, k]."""
        n, t = x.shape[1], x.shape[1] + query.shape[1]
        place = (jnp.concatenate([x, query], axis=1) - 0.5) * 12**0.5  # standardised: uniform on [0, 1] before
        value = jnp.concatenate([y, jnp.zeros_like(query)], axis=1)
        told = jnp.broadcast_to((jnp.arange(t) < n).astype(x.dtype)[None], place.shape)
        mask = (jnp.arange(t)[None] < jnp.minimum(seen, n)[:, None])[:, None, :] | jnp.eye(t, dtype=bool)[None]
        return self.network.apply(params, jnp.stack([place, value, told], axis=-1), mask)[:, n:]

    def loss(self, params: Any, batch: Functions) -> jax.Array:
        return -jnp.mean(self.density(params, *batch))

    def density(self, params: Any, x: Any, y: Any, seen: Any, query: Any, target: jax.Array) -> jax.Array:
        edges, tail = _riemann.borders(self.spec, self.bars)
        return _riemann.log_density(self.logits(params, x, y, seen, query), target, edges, tail)

    def update(self, state: State, batch: Functions, key: jax.Array) -> State:
        grads = jax.grad(self.loss)(state.params, batch)
        params, opt = optim.descend(self.optimizer, grads, state.opt, state.params)
        return State(params=params, opt=opt)

    def log_density(
        self, state: State, x: jax.Array, y: jax.Array, seen: jax.Array, query: jax.Array, target: jax.Array
    ) -> jax.Array:
        return self.density(state.params, x, y, seen, query, target)
