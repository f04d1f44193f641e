"""A prior-data fitted network for tables: a set transformer trained to label the query rows of freshly drawn tables.

Shapes: n tables, c context rows, q query rows, f features.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks import attention, nn, optim
from toybench.tasks.in_context._tabular import Pretraining, Tables


class State(NamedTuple):
    """The transformer's parameters and Adam's moments."""

    params: Any
    opt: Any


class TablePFN(Method):
    """A subclass says by `prior` which tables of a batch it is trained on; their number is the same for all."""

    lr: float = 0.006  # Adam's learning rate, decayed to 0 by a cosine
    width: int = 32  # of a token; the paper's transformers have 512
    layers: int = 2  # the paper's have 12
    heads: int = 4  # a layer; the paper's have 4

    space = {"lr": (0.003, 0.006, 0.012)}

    def prior(self, batch: Pretraining) -> Tables:
        """The tables that the network is trained on."""
        raise TypeError(f"{self.name} has no prior; give it a method `prior`.")

    @property
    def net(self) -> attention.Transformer:
        return attention.Transformer(self.width, self.layers, self.heads, out=1)

    @property
    def optimizer(self) -> optax.GradientTransformation:
        return optim.adam(self.lr, self.steps)

    def init(self, key: jax.Array) -> State:
        tokens = jnp.zeros((1, 2, self.spec.features + 2))
        params = nn.init(self.net, key, tokens, jnp.ones((2, 2), bool))
        return State(params=params, opt=self.optimizer.init(params))

    def logits(self, params: Any, x: jax.Array, y: jax.Array, query: jax.Array) -> jax.Array:
        """Log-odds of class 1 for each query row: [n, q].

        A row is one token, its label +-1 beside it, with a mark for labelled rows. Rows have no positions. Context rows
        attend to one another, a query row to the context and itself.
        """
        known = jnp.stack([2 * y - 1, jnp.ones_like(y)], axis=-1)
        seen = jnp.concatenate([x, known], axis=-1)
        asked = jnp.concatenate([query, jnp.zeros((*query.shape[:2], 2))], axis=-1)
        mask = attention.context_mask(x.shape[1], query.shape[1])
        return self.net.apply(params, jnp.concatenate([seen, asked], axis=1), mask)[:, x.shape[1] :, 0]

    def loss(self, params: Any, tables: Tables) -> jax.Array:
        """Mean log loss of the query rows' labels."""
        c = self.spec.context
        z = self.logits(params, tables.x[:, :c], tables.y[:, :c], tables.x[:, c:])
        return optax.sigmoid_binary_cross_entropy(z, tables.y[:, c:]).mean()

    def update(self, state: State, batch: Pretraining, key: jax.Array) -> State:
        grads = jax.grad(self.loss)(state.params, self.prior(batch))
        params, opt = optim.descend(self.optimizer, grads, state.opt, state.params)
        return State(params=params, opt=opt)

    def classify(self, state: State, x: jax.Array, y: jax.Array, query: jax.Array) -> jax.Array:
        return jax.nn.sigmoid(self.logits(state.params, x, y, query))
