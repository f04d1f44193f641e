"""One layer of linear self-attention, trained on prompts: no softmax, merged weight matrices.

**Source**: Mahankali, Hashimoto and Ma, "One Step of Gradient Descent is Provably the Optimal In-Context Learner with
One Layer of Linear Self-Attention", 2023, https://arxiv.org/abs/2307.03576.

    v_i = [x_i; y_i],  v_q = [x_q; 0],   prediction = h' (sum_i v_i v_i') M v_q
    loss = (prediction - y_q)^2          at the optimum: h selects the labels, M = eta I on the inputs, so that
                                         prediction = eta sum_i y_i x_i.x_q

**Differs from the paper**: 1. trained by Adam on fresh prompts, where the paper looks at the global minimum of the
loss; 2. the sum carries a factor 1/n, n the training length, so that the entries of M are of order 1.

**Shapes**: b prompts, n context pairs, d inputs.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks import optim
from toybench.methods.in_context._weights import residual_variance
from toybench.tasks.in_context._regression import Moments, Prompts


class State(NamedTuple):
    """Parameters h [d+1] and M [d+1, d+1], and Adam's moments."""

    params: dict[str, jax.Array]
    opt: Any


class LinearSelfAttention(Method):
    """The prediction is linear in the query, with weights that the context sets."""

    lr: float = 0.01  # Adam's learning rate, decayed to 0 by a cosine

    paper = "mahankali2023one"
    space = {"lr": (0.003, 0.01, 0.03)}

    def init(self, key: jax.Array) -> State:
        t = self.spec.dim + 1
        noise = jax.random.normal(key, (t + 1, t)) * (0.1 / t**0.5)
        params = {"h": noise[0].at[-1].add(0.5), "M": noise[1:] + 0.5 * jnp.eye(t)}
        return State(params=params, opt=self.optimizer.init(params))

    @property
    def optimizer(self) -> Any:
        return optim.adam(self.lr, self.steps)

    def weights(self, params: dict[str, jax.Array], x: jax.Array, y: jax.Array) -> jax.Array:
        """Weights [b, d] that the layer applies to the query: M' (sum_i v_i v_i') h, without the label's row."""
        v = jnp.concatenate([x, y[..., None]], axis=-1)
        read = jnp.einsum("bnt,bns,s->bt", v, v, params["h"]) / self.spec.context
        return read @ params["M"][:, :-1]

    def loss(self, params: dict[str, jax.Array], batch: Prompts) -> jax.Array:
        w = self.weights(params, batch.x[:, :-1], batch.y[:, :-1])
        return jnp.mean(((w * batch.x[:, -1]).sum(-1) - batch.y[:, -1]) ** 2)

    def update(self, state: State, batch: Prompts, key: jax.Array) -> State:
        grads = jax.grad(self.loss)(state.params, batch)
        params, opt = optim.descend(self.optimizer, grads, state.opt, state.params)
        return State(params=params, opt=opt)

    def regress(self, state: State, x: jax.Array, y: jax.Array, query: jax.Array) -> Moments:
        w = self.weights(state.params, x, y)
        return Moments(mean=(w * query).sum(-1), variance=residual_variance(x, y, w))
