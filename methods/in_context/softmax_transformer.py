"""A small decoder that is trained on prompts to output the mean and the variance of the next response.

**Source**: Akyurek, Schuurmans, Andreas, Ma and Zhou, "What learning algorithm is in-context learning? Investigations
with linear models", 2022, https://arxiv.org/abs/2211.15661 (the autoregressive training); Liu, Cai, Chen and Li,
"Towards Better Understanding of In-Context Learning Ability from In-Context Uncertainty Quantification", 2024,
https://arxiv.org/abs/2405.15115 (mean and variance).

    loss = sum_t [ (y_t - mu_t)^2 / (2 s_t) + 1/2 log s_t ],   mu_t, s_t computed from x_1, y_1, ..., y_{t-1}, x_t

**Differs from the paper**: 1. a pair is one token, and every query a further token that sees the pairs before it, so
that no layer is spent on joining x_i with y_i; 2. no positional encoding, since pairs are exchangeable; 3. width 32 and
2 layers instead of 256 and more, and 12 and more; 4. the log-variance is kept within +-5 by a tanh.

**Shapes**: b prompts, n context pairs, d inputs.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks import nn, optim
from toybench.blocks.attention import Transformer
from toybench.tasks.in_context._regression import Moments, Prompts


class State(NamedTuple):
    """Parameters of the transformer and Adam's moments."""

    params: Any
    opt: Any


class SoftmaxTransformer(Method):
    """Learns the algorithm it runs on a prompt from prompts alone."""

    lr: float = 0.005  # Adam's learning rate, decayed to 0 by a cosine
    layers: int = 2  # the first paper sees gradient steps in shallow models and least squares in deep ones
    width: int = 32  # token width; the papers use 256 and more

    paper = "akyurek2022learning"
    space = {"lr": (0.002, 0.005, 0.01)}

    @property
    def network(self) -> Transformer:
        return Transformer(width=self.width, layers=self.layers, heads=4, out=2)

    @property
    def optimizer(self) -> Any:
        return optim.adam(self.lr, self.steps)

    def init(self, key: jax.Array) -> State:
        params = nn.init(self.network, key, jnp.zeros((1, 2, self.spec.dim + 2)), jnp.ones((2, 2), bool))
        return State(params=params, opt=self.optimizer.init(params))

    def outputs(self, params: Any, x: jax.Array, y: jax.Array, queries: jax.Array, after: jax.Array) -> Moments:
        """Moments [b, q] at queries [b, q, d], where query j is told the first `after[j]` of the n pairs."""
        n, q = x.shape[1], queries.shape[1]
        shown = jnp.concatenate([x, y[..., None], jnp.ones_like(y)[..., None]], axis=-1)
        asked = jnp.concatenate([queries, jnp.zeros((len(x), q, 2))], axis=-1)
        last = jnp.concatenate([jnp.arange(n) + 1, after])  # token i sees the first last[i] pairs, and itself
        mask = (jnp.arange(n + q)[None] < jnp.minimum(last, n)[:, None]) | jnp.eye(n + q, dtype=bool)
        out = self.network.apply(params, jnp.concatenate([shown, asked], axis=1), mask)[:, n:]
        return Moments(mean=out[..., 0], variance=jnp.exp(5.0 * jnp.tanh(out[..., 1] / 5.0)))

    def loss(self, params: Any, batch: Prompts) -> jax.Array:
        """Every pair of the prompt is a query once, after those before it."""
        t = batch.x.shape[1]
        m = self.outputs(params, batch.x[:, :-1], batch.y[:, :-1], batch.x, jnp.arange(t))
        return 0.5 * jnp.mean(jnp.log(m.variance) + (batch.y - m.mean) ** 2 / m.variance)

    def update(self, state: State, batch: Prompts, key: jax.Array) -> State:
        grads = jax.grad(self.loss)(state.params, batch)
        params, opt = optim.descend(self.optimizer, grads, state.opt, state.params)
        return State(params=params, opt=opt)

    def regress(self, state: State, x: jax.Array, y: jax.Array, query: jax.Array) -> Moments:
        m = self.outputs(state.params, x, y, query[:, None], jnp.array([x.shape[1]]))
        return Moments(mean=m.mean[:, 0], variance=m.variance[:, 0])
