"""What the methods of the permuted stream share: a ReLU network and one gradient step per batch.

Shapes: b examples, d inputs, h hidden units, c classes.
"""

import math
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.tasks.continual import Shown

Layer = dict[str, jax.Array]  # w [in, out], b [out]


class State(NamedTuple):
    """Layers {w, b} and what a method carries besides."""

    params: list[Layer]
    memory: Any


class OnlineNetwork(Method):
    """An MLP d-h-h-c, one step a batch. A subclass gives `learn`, and `remember` where it carries something."""

    lr: float = 0.1  # step size of plain SGD
    width: int = 32  # hidden units in each of two layers

    @property
    def sizes(self) -> tuple[int, ...]:
        return (self.spec.inputs, self.width, self.width, self.spec.classes)

    def fresh(self, key: jax.Array) -> list[Layer]:
        """Kaiming's uniform law, U(+-sqrt(6 / fan_in)) before a ReLU and U(+-sqrt(3 / fan_in)) before the output, from
        one draw; biases 0."""
        pairs = list(zip(self.sizes[:-1], self.sizes[1:], strict=True))
        flat, at, layers = jax.random.uniform(key, (sum(i * o for i, o in pairs),), minval=-1.0), 0, []
        for place, (i, o) in enumerate(pairs):
            w = flat[at : at + i * o].reshape(i, o) * bound(i, place == len(pairs) - 1)
            layers.append({"w": w, "b": jnp.zeros(o)})
            at += i * o
        return layers

    def remember(self, params: list[Layer]) -> Any:
        """What is carried besides the parameters; nothing by default."""
        return ()

    def learn(self, state: State, grads: list[Layer], hidden: tuple, batch: Shown, key: jax.Array) -> State:
        """The state after one step along `grads`; `hidden` are the activations [b, h] that belong to it."""
        raise TypeError(f"{self.name} doesn't learn; give it a method `learn`.")

    def activate(self, z: jax.Array) -> jax.Array:
        """Hidden units of their inputs [b, h]."""
        return jax.nn.relu(z)

    def forward(self, params: list[Layer], x: jax.Array) -> tuple[jax.Array, tuple[jax.Array, ...]]:
        """Logits [b, c] and the activations of the hidden layers."""
        hidden = []
        for layer in params[:-1]:
            x = self.activate(x @ layer["w"] + layer["b"][None])
            hidden.append(x)
        return x @ params[-1]["w"] + params[-1]["b"][None], tuple(hidden)

    def loss(self, params: list[Layer], batch: Shown) -> tuple[jax.Array, tuple[jax.Array, ...]]:
        """Mean cross-entropy, and the activations of the hidden layers."""
        logits, hidden = self.forward(params, batch.x)
        chosen = jnp.take_along_axis(jax.nn.log_softmax(logits), batch.y[:, None], axis=-1)
        return -chosen.mean(), hidden

    def init(self, key: jax.Array) -> State:
        params = self.fresh(key)
        return State(params=params, memory=self.remember(params))

    def update(self, state: State, batch: Shown, key: jax.Array) -> State:
        grads, hidden = jax.grad(self.loss, has_aux=True)(state.params, batch)
        return self.learn(state, grads, hidden, batch, key)

    def classify(self, state: State, x: jax.Array) -> jax.Array:
        return self.forward(state.params, x)[0]

    def units(self, state: State, x: jax.Array) -> tuple[jax.Array, ...]:
        return self.forward(state.params, x)[1]


def bound(fan_in: int, last: bool = False) -> float:
    """Half-width of the uniform law of initial weights."""
    return math.sqrt((3 if last else 6) / fan_in)


def descend(params: Any, grads: Any, lr: Any) -> Any:
    """params - lr grads, leaf by leaf."""
    return jax.tree.map(lambda w, g: w - lr * g, params, grads)


def normal_like(key: jax.Array, tree: Any) -> Any:
    """Standard normal noise of the tree's shapes, cut from one draw."""
    leaves, structure = jax.tree.flatten(tree)
    flat, at, cut = jax.random.normal(key, (sum(x.size for x in leaves),)), 0, []
    for x in leaves:
        cut.append(flat[at : at + x.size].reshape(x.shape))
        at += x.size
    return jax.tree.unflatten(structure, cut)
