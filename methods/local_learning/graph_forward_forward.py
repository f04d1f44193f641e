"""Forward-forward in a graph network: a label is written beside each node's features, and tried.

**Source**: baseline of Park, Wang, Simoulin, Yang, Yang, Rossi, Trivedi and Ahmed, "Forward Learning of Graph Neural
Networks", 2024, https://arxiv.org/abs/2403.11004 (section 4, FF-LA, label appending), after Hinton, 2022,
https://arxiv.org/abs/2212.13345.

    L_l = softplus(theta - g_l) with right labels + softplus(g_l - theta) with wrong ones, over labelled nodes
    h_0 = [x, s label], uniform for other nodes; prediction = argmax_k sum_l g_l with label k on all unlabelled nodes

**Differs from the paper**: 1. see `forwardgnn_sf` on order, scale and stopping. 2. one wrong label a node and step,
drawn anew, in place of a fixed list of all of them.

**Shapes**: n nodes, c classes; h_l [n, n_l], g_l [n] mean of its squares.
"""

from typing import Any

import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks import optim
from toybench.blocks.random import normals
from toybench.methods.local_learning._graph import State, as_layers, gathered, layer_shapes, propagation
from toybench.tasks.local_learning import HIDDEN, normalised


class GraphForwardForward(Method):
    """Neighbours' labels are seen too, but those that are tried at once are all the same."""

    lr: float = 0.1  # Adam's learning rate, decayed to 0 by a cosine
    threshold: float = 2.0  # theta; the authors' default is 2 for inputs of length 1
    label_scale: float = 3.0  # s, next to features of unit variance

    space = {"lr": (0.03, 0.1), "threshold": (0.5, 2.0, 6.0)}

    @property
    def optimizer(self) -> optax.GradientTransformation:
        return optim.adam(self.lr, self.steps)

    def init(self, key: jax.Array) -> State:
        shapes = layer_shapes(self.spec, self.spec.features + self.spec.classes)
        params = as_layers(list(normals(key, **{str(i): pair for i, pair in enumerate(shapes)}).values()), "relu")
        reads = propagation(self.spec.conv, self.given.edges)
        return State(params=params, fixed=reads, opt=self.optimizer.init(params))

    def goodness(self, params: Any, reads: jax.Array, labels: jax.Array) -> jax.Array:
        """g_l of all layers for label features [n, c]: [l, n]; no gradient crosses layers."""
        h = jnp.concatenate([self.given.x, self.label_scale * labels], axis=1)
        found: list[jax.Array] = []
        for layer in params:
            seen = gathered(self.spec.conv, reads, normalised(jax.lax.stop_gradient(h)))
            h = jax.nn.relu(seen @ layer.w + layer.b[None, :])
            found.append((h**2).mean(1))
        return jnp.stack(found)

    def shown(self, known: jax.Array, elsewhere: jax.Array) -> jax.Array:
        """Label features [n, c]: one-hot `known` [n] for labelled nodes, the row `elsewhere` [c] for others."""
        return jnp.where(
            (self.given.y != HIDDEN)[:, None], jax.nn.one_hot(known, self.spec.classes), elsewhere[None, :]
        )

    def update(self, state: State, batch: tuple, key: jax.Array) -> State:
        c = self.spec.classes
        known = (self.given.y != HIDDEN).astype(jnp.float32)
        wrong = (self.given.y + jax.random.randint(key, self.given.y.shape, 1, c)) % c
        uniform = jnp.full(c, 1 / c)

        def loss(params: Any) -> jax.Array:
            right = self.goodness(params, state.fixed, self.shown(self.given.y, uniform))
            other = self.goodness(params, state.fixed, self.shown(wrong, uniform))
            each = jax.nn.softplus(self.threshold - right) + jax.nn.softplus(other - self.threshold)
            return (each * known[None, :]).sum() / known.sum()

        params, opt = optim.descend(self.optimizer, jax.grad(loss)(state.params), state.opt, state.params)
        return State(params=params, fixed=state.fixed, opt=opt)

    def node_scores(self, state: State) -> jax.Array:
        """For labelled nodes these are the scores with their own label shown."""

        def score(label: jax.Array) -> jax.Array:
            return self.goodness(state.params, state.fixed, self.shown(self.given.y, label)).sum(0)

        return jax.vmap(score)(jnp.eye(self.spec.classes)).T
