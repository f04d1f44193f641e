"""Three small networks, one for each question, on what the question needs: two neighbouring states.

**Source**: the networks of `research/mtm/models/mlp_model.py` in the authors' code of Wu, Majumdar, Stone, Lin,
Mordatch, Abbeel and Rajeswaran, "Masked Trajectory Models for Prediction, Representation, and Control", 2023,
https://arxiv.org/abs/2305.02968 (github.com/facebookresearch/mtm).

    forward: f(x, u) is the next move;  inverse: h(x, move after);  policy: pi(x, return to go)

**Differs from the paper**: 1. one network sees the last two states, not all of the window. 2. it predicts the move, and
the place by adding it. 3. the authors' forward network is given the action after the state that it predicts
(`actions[:, T - 1]`), not the one that leads there; here it is the latter. 4. 48 units in two layers instead of 1024.

**Shapes**: n windows, l states of a window.
"""

from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks import optim
from toybench.blocks.nn import MLP, init
from toybench.methods.trajectory_models._masked import RATES, spread
from toybench.tasks.trajectory_models import History, Tokens

UNITS = 48  # of two hidden layers
NET = MLP(widths=(UNITS, UNITS, 2), activation=nn.gelu)


class Networks(nn.Module):
    """All three, so that one draw initialises them."""

    def setup(self) -> None:
        self.ahead = NET.clone()
        self.back = NET.clone()
        self.policy = NET.clone()

    def __call__(self, four: jax.Array, three: jax.Array) -> list[jax.Array]:
        return [self.ahead(four), self.back(four), self.policy(three)]


class State(NamedTuple):
    """Parameters by network, and the optimiser's state."""

    params: Any
    adam: optax.OptState


class MLPDynamics(Method):
    """Every pair of neighbouring states in a window is an example."""

    lr: float = 0.03  # largest learning rate; it decays to 0 by a cosine

    space = {"lr": RATES}

    def purpose(self, state: State) -> jax.Array:
        return jnp.ones(3)

    def init(self, key: jax.Array) -> State:
        params = init(Networks(), key, jnp.zeros(4), jnp.zeros(3))["params"]
        return State(params=params, adam=optim.adam(self.lr, self.steps).init(params))

    def update(self, state: State, batch: Tokens, key: jax.Array) -> State:
        place = batch.x[..., :2]
        moves = batch.x[:, 1:, 2:]
        acts = batch.u[:, :-1]
        stride = spread(self.given.std.x[2:], moves)
        unit = spread(self.given.std.u, batch.u)

        def loss(params: Any) -> jax.Array:
            ahead = (self.next_move(params, place[:, :-1], acts) - moves) / stride
            back = (self.action_between(params, place[:, :-1], moves) - acts) / unit[:, 1:]
            policy = (self.action_for(params, place, batch.g) - batch.u) / unit
            return (ahead**2).mean() + (back**2).mean() + (policy**2).mean()

        gradient = jax.grad(loss)(state.params)
        params, adam = optim.descend(optim.adam(self.lr, self.steps), gradient, state.adam, state.params)
        return State(params=params, adam=adam)

    def next_move(self, params: Any, place: jax.Array, u: jax.Array) -> jax.Array:
        """f(x, u): [..., 2]."""
        pair = jnp.concatenate([place, u], axis=-1)
        return spread(self.given.std.x[2:], place) * NET.apply({"params": params["ahead"]}, pair)

    def action_between(self, params: Any, place: jax.Array, move: jax.Array) -> jax.Array:
        """h(x, move): [..., 2]."""
        pair = jnp.concatenate([place, move / spread(self.given.std.x[2:], move)], axis=-1)
        return NET.apply({"params": params["back"]}, pair)

    def action_for(self, params: Any, place: jax.Array, g: jax.Array) -> jax.Array:
        """pi(x, return to go): [..., 2]."""
        wish = (g - spread(self.given.mean.g, g)) / spread(self.given.std.g, g)
        return NET.apply({"params": params["policy"]}, jnp.concatenate([place, wish], axis=-1))

    def forward(self, state: State, x: jax.Array, u: jax.Array) -> jax.Array:
        place = x[:, -1, :2]
        move = self.next_move(state.params, place, u)
        return jnp.concatenate([place + move, move], axis=-1)

    def inverse(self, state: State, x: jax.Array) -> jax.Array:
        return self.action_between(state.params, x[:, -2, :2], x[:, -1, 2:])

    def act(self, state: State, history: History) -> jax.Array:
        place = history.x[:, history.at, :2]
        return self.action_for(state.params, place, history.g[:, history.at])
