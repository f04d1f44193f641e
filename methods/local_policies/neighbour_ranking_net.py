"""Forwards by a network that was trained to tell the worth of every neighbour on a few paths of one graph.

**Source**: Chen, Lin and Arora, "Learning from A Single Graph is All You Need for Near-Shortest Path Routing in
Wireless Networks", 2023, https://arxiv.org/abs/2308.09829: abstract and introduction; what a state, the features and
the acceptance test are by published summaries of its sequel, https://arxiv.org/abs/2509.06640.

    Q_vu = -(|v u| + d_sp(u, D)),    min_theta mean (Q_vu - MLP(f(v), f(u); theta))^2,    forward to argmax_u MLP

**Differs from the paper**: 1. the seed graph is any one, not chosen by the authors' criterion. 2. one hidden layer of
32, Adam on all labelled neighbours at once, 500 steps. 3. no penalty on paths out of the ellipse.
4. `features=distance` is the authors' first network, without stretch.

**Shapes**: p packets, k neighbours, v labelled nodes, f features.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks import nn, optim
from toybench.errors import UsageError
from toybench.tasks.local_policies import FAR, View

USED = {"distance": 1, "both": 2}  # how many of distance and stretch
HIDDEN = 32  # units


class State(NamedTuple):
    """Network, and its optimiser."""

    params: Any
    moments: Any


class NeighbourRankingNet(Method):
    """Two layers, the features of a node beside those of its neighbour."""

    lr: float = 0.01  # Adam's rate
    features: str = "both"  # both, or distance: without stretch

    paper = "chen2023learning"
    space = {"lr": (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1)}

    def init(self, key: jax.Array) -> State:
        if self.features not in USED:
            raise UsageError(f"features is {self.features!r}; use one of {', '.join(USED)}.")
        params = nn.init(self.network(), key, jnp.zeros((1, 2 * USED[self.features])))
        return State(params=params, moments=optim.adam(self.lr).init(params))

    def network(self) -> nn.MLP:
        """Worth [.., 1] of inputs [.., 2 f]."""
        return nn.MLP((HIDDEN, 1))

    def worth(self, params: Any, view: View) -> jax.Array:
        """What the network says of every neighbour, [p, k]."""
        used = USED[self.features]
        neighbours = view.neighbours[..., :used]
        node = jnp.broadcast_to(view.node[:, None, :used], neighbours.shape)
        return self.network().apply(params, jnp.concatenate([node, neighbours], axis=-1))[..., 0]

    def update(self, state: State, batch: Any, key: jax.Array) -> State:
        present = self.given.view.present.astype(self.given.worth.dtype)

        def error(params: Any) -> jax.Array:
            missed = self.worth(params, self.given.view) - self.given.worth
            return (present * missed**2).sum() / present.sum()

        gradients = jax.grad(error)(state.params)
        params, moments = optim.descend(optim.adam(self.lr), gradients, state.moments, state.params)
        return State(params=params, moments=moments)

    def forward(self, state: State, view: View, key: jax.Array) -> jax.Array:
        return jnp.where(view.present, self.worth(state.params, view), -FAR).argmax(-1)
