"""What the study's learners share: the network, its initialisation from one draw, the optimiser, the state.

Shapes: b batch, d features, c classes; layer l maps n_{l-1} to n_l units, l = 1...L.
"""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks import optim
from toybench.tasks.local_learning import Examples, Layer, Spec, forward, output_error

Weights = tuple[Layer, ...]


class State(NamedTuple):
    """Parameters {weights, learned}, what the optimiser leaves alone, and its moments."""

    params: Any
    fixed: Any
    opt: Any


class Trained(Method):
    """A network on the spec's sizes and its optimiser: a subclass gives `change`, and what it needs beside the weights.

    `shapes` names arrays drawn N(0, 1) with the weights; `place` sorts them into learned and fixed ones.
    """

    lr: float = 0.01  # learning rate of the spec's optimiser
    decay: float = 0.0  # weight decay per unit of learning rate, of all that is learned

    space = {"lr": (0.001, 0.003, 0.01, 0.03, 0.1)}

    @property
    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        """Random arrays that the rule needs beside the weights."""
        return {}

    def place(self, arrays: dict[str, jax.Array], weights: Weights) -> tuple[Any, Any]:
        """(learned, fixed), from standard normal `arrays`; everything is fixed by default."""
        return {}, arrays

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """(n_{l-1}, n_l) of every layer."""
        return list(zip(self.spec.sizes[:-1], self.spec.sizes[1:], strict=True))

    @property
    def optimizer(self) -> optax.GradientTransformation:
        return optimizer(self.spec, self.lr, self.steps, self.decay)

    def init(self, key: jax.Array) -> State:
        pairs = self.pairs
        arrays = normals(key, {f"w{i}": pair for i, pair in enumerate(pairs)} | dict(self.shapes))
        gain = 1.0 if self.spec.activation == "tanh" else 2.0
        weights = tuple(
            Layer(w=arrays.pop(f"w{i}") * ((gain if i + 1 < len(pairs) else 1.0) / n) ** 0.5, b=jnp.zeros(m))
            for i, (n, m) in enumerate(pairs)
        )
        learned, fixed = self.place(arrays, weights)
        params = {"weights": weights, "learned": learned}
        return State(params=params, fixed=fixed, opt=self.optimizer.init(params))

    def forward(self, state: State, x: jax.Array) -> tuple[list[jax.Array], jax.Array]:
        """What enters every layer, and the outputs."""
        return forward(self.spec.activation, state.params["weights"], x)

    def change(self, state: State, batch: Examples, key: jax.Array) -> Any:
        """What the optimiser takes for the gradient of `params`."""
        raise TypeError(f"{self.name} proposes no change; give it a method `change`.")

    def update(self, state: State, batch: Examples, key: jax.Array) -> State:
        change = self.change(state, batch, key)
        params, opt = optim.descend(self.optimizer, change, state.opt, state.params)
        return State(params=params, fixed=state.fixed, opt=opt)

    def predict(self, state: State, x: jax.Array) -> jax.Array:
        return self.forward(state, x)[1]


class Network(Trained):
    """The study's network under a rule: a subclass gives `direction`, or `change` where it learns more than weights."""

    def errors(self, state: State, batch: Examples) -> tuple[list[jax.Array], jax.Array]:
        """What enters every layer, and the output error [b, c]."""
        hs, z = self.forward(state, batch.x)
        return hs, output_error(self.spec.loss, z, batch.y)

    def direction(self, state: State, batch: Examples, key: jax.Array) -> Weights:
        """What takes the gradient's place."""
        return self.change(state, batch, key)["weights"]

    def change(self, state: State, batch: Examples, key: jax.Array) -> Any:
        """The direction, with those of what else is learned: the structure of `params`."""
        return {"weights": self.direction(state, batch, key), "learned": {}}

    def forward_weights(self, state: State) -> Weights:
        return state.params["weights"]

    def back_shapes(self) -> dict[str, tuple[int, ...]]:
        """Shapes of one backward matrix a layer but the first: b1, ... [n_l, n_{l-1}]."""
        return {f"b{i}": (m, n) for i, (n, m) in enumerate(self.pairs) if i}


def normals(key: jax.Array, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, jax.Array]:
    """Standard normal arrays by name, cut from one draw."""
    sizes = [math.prod(shape) for shape in shapes.values()]
    flat, start, found = jax.random.normal(key, (sum(sizes),)), 0, {}
    for (name, shape), size in zip(shapes.items(), sizes, strict=True):
        found[name], start = flat[start : start + size].reshape(shape), start + size
    return found


def optimizer(spec: Spec, lr: Any, steps: int, decay: Any = 0.0) -> optax.GradientTransformation:
    """The set-up's optimiser, with decoupled weight decay: adam, momentum (both fade out by a cosine) or plain sgd."""
    if spec.optimizer == "sgd":
        return optim.lenient(optax.chain(optax.add_decayed_weights(decay), optax.sgd(lr)))
    first = optax.scale_by_adam() if spec.optimizer == "adam" else optax.trace(0.9)
    rate = optax.cosine_decay_schedule(lr, steps) if steps else lr
    return optim.lenient(optax.chain(first, optax.add_decayed_weights(decay), optax.scale_by_learning_rate(rate)))


def drawn_like_weights(arrays: Mapping[str, jax.Array]) -> list[jax.Array]:
    """Backward matrices [n_l, n_{l-1}] of variance 1/n_{l-1}, as W_l^T has at the start, in their order."""
    return [b / b.shape[1] ** 0.5 for b in arrays.values()]


def normal_like(key: jax.Array, tree: Any) -> Any:
    """Independent standard normal numbers in the structure of `tree` (arrays, or their shapes), from one draw."""
    leaves, structure = jax.tree.flatten(tree)
    drawn = normals(key, {str(i): leaf.shape for i, leaf in enumerate(leaves)})
    return jax.tree.unflatten(structure, list(drawn.values()))
