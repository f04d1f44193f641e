"""Network fitted to the probabilities of the weighted vote: it generalises over points, not over votes.

**Source**: none, a control: the usual second stage of weak supervision.

    L = -mean_n sum_c p_vote(c | n) log softmax(net(x_n))_c

**Differs from the paper**: nothing; it is a control.

**Shapes**: n points, d features, c classes.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks import nn, optim
from toybench.tasks.weak_labels import CLASSES, Batch, weighted_scores

NET = nn.MLP(widths=(32, 32, CLASSES), activation=jax.nn.silu)


class State(NamedTuple):
    """Parameters of the network, and the optimiser's state."""

    params: Any
    adam: optax.OptState


class WeightedClassifier(Method):
    """Looks at points alone, once it is trained."""

    lr: float = 0.003  # learning rate, decays to 0 by a cosine
    decay: float = 0.01  # weight decay, 0 or more, in units of the loss

    space = {"lr": (0.0003, 0.001, 0.003), "decay": (0.001, 0.01, 0.1)}

    def init(self, key: jax.Array) -> State:
        params = nn.init(NET, key, jnp.zeros((1, self.spec.dims)))
        return State(params=params, adam=optim.adam(self.lr, self.steps).init(params))

    def loss(self, params: Any, batch: Batch) -> jax.Array:
        wanted = weighted_scores(batch.votes, self.given.errors)
        fit = -jnp.mean(jnp.sum(wanted * jax.nn.log_softmax(NET.apply(params, batch.x), axis=-1), axis=1))
        return fit + self.decay * sum(jnp.sum(leaf**2) for leaf in jax.tree.leaves(params)) / 2

    def update(self, state: State, batch: Batch, key: jax.Array) -> State:
        gradient = jax.grad(self.loss)(state.params, batch)
        params, adam = optim.descend(optim.adam(self.lr, self.steps), gradient, state.adam, state.params)
        return State(params=params, adam=adam)

    def labels(self, state: State, x: jax.Array, votes: jax.Array, key: jax.Array) -> jax.Array:
        return jax.nn.softmax(NET.apply(state.params, x), axis=-1)
