"""What rules on points share: the network and its update, bases of three kinds of rules, and what two rules compute.

Shapes: b batch, d features, c classes; layer l maps n_{l-1} to n_l units, l = 1...L.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks import optim
from toybench.blocks.random import normals
from toybench.tasks.local_learning import (
    Examples,
    Layer,
    Spec,
    Weights,
    forward,
    optimizer,
    output_error,
    pointwise_loss,
    slope,
    squash,
)


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
        arrays = normals(key, **{f"w{i}": pair for i, pair in enumerate(pairs)}, **self.shapes)
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


class WithHeads(Network):
    """A network with a linear classifier, learned, on every hidden layer but the last."""

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        return {f"head{i}": (n, self.spec.classes) for i, n in enumerate(self.spec.hidden[:-1])}

    def place(self, arrays: dict[str, jax.Array], weights: Weights) -> tuple[Any, Any]:
        return [Layer(w=h / len(h) ** 0.5, b=jnp.zeros(self.spec.classes)) for h in arrays.values()], ()


class ErrorToInput(Network):
    """One hidden layer, and fixed weights F that bring the output error to the input."""

    scale: float = 0.3  # F is uniform within scale * sqrt(6 / d); the paper's networks use 0.05

    space = {"lr": (0.001, 0.003, 0.01, 0.03, 0.1)}

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        return {"f": (self.spec.classes, self.spec.features)}

    def place(self, arrays: dict[str, jax.Array], weights: Weights) -> tuple[Any, Any]:
        uniform = jax.lax.erf(arrays["f"] / 2**0.5)  # of a normal number: uniform in (-1, 1)
        return {}, (self.scale * (6 / self.spec.features) ** 0.5 * uniform, weights[0].w)

    def feedback(self, state: State) -> tuple[jax.Array, jax.Array]:
        """(F [c, d], the first layer's initial weights [d, h])."""
        return state.fixed

    def fits(self, spec: Spec) -> str | None:
        return None if len(spec.hidden) == 1 else f"it is written for one hidden layer, here are {len(spec.hidden)}."


class Estimating(Network):
    """A rule whose direction is a random estimate of the gradient."""

    lr: float = 0.003  # learning rate of the spec's optimiser; a tenth of other rules', for the estimate's noise

    space = {"lr": (0.0001, 0.0003, 0.001, 0.003, 0.01)}

    def estimate(self, state: State, batch: Examples, key: jax.Array) -> Weights:
        """One estimate of the gradient, with the key's randomness."""
        raise TypeError(f"{self.name} estimates no gradient; give it a method `estimate`.")

    def direction(self, state: State, batch: Examples, key: jax.Array) -> Weights:
        return self.estimate(state, batch, key)


def drawn_like_weights(arrays: Mapping[str, jax.Array]) -> list[jax.Array]:
    """Backward matrices [n_l, n_{l-1}] of variance 1/n_{l-1}, as W_l^T has at the start, in their order."""
    return [b / b.shape[1] ** 0.5 for b in arrays.values()]


def normal_like(key: jax.Array, tree: Any) -> Any:
    """Independent standard normal numbers in the structure of `tree` (arrays, or their shapes), from one draw."""
    leaves, structure = jax.tree.flatten(tree)
    drawn = normals(key, **{str(i): leaf.shape for i, leaf in enumerate(leaves)}) if leaves else {}
    return jax.tree.unflatten(structure, list(drawn.values()))


def local_errors(spec: Spec, hs: list[jax.Array], heads: list[Layer], y: jax.Array) -> tuple[list, list]:
    """Errors of all hidden layers but the last under linear classifiers of their own, and the classifiers' changes.

    ([d_1, ..., d_{L-2}], [dH_1, ..., dH_{L-2}]), d_l = (e_l H_l^T) f'(a_l); the last hidden layer has the readout.
    """
    deltas: list[jax.Array] = []
    changes: list[Layer] = []
    for h, head in zip(hs[1:-1], heads, strict=True):
        error = output_error(spec.loss, h @ head.w + head.b[None, :], y)
        deltas.append((error @ head.w.T) * slope(spec.activation, h))
        changes.append(Layer(w=h.T @ error / len(y), b=error.mean(0)))
    return deltas, changes


def perturbed_losses(spec: Spec, weights: Weights, batch: Examples, shifts: list[jax.Array]) -> jax.Array:
    """Every point's loss [b] when `shifts` [b, n_l] are added to the hidden pre-activations."""
    h = batch.x
    for layer, shift in zip(weights[:-1], shifts, strict=True):
        h = squash(spec.activation, h @ layer.w + layer.b[None, :] + shift)
    return pointwise_loss(spec.loss, h @ weights[-1].w + weights[-1].b[None, :], batch.y)


def settled(
    spec: Spec, weights: Weights, batch: Examples, rate: Any, rounds: int
) -> tuple[list[jax.Array], list[jax.Array]]:
    """What enters every layer and the prediction errors p_l - a_l, after the activities a_l have lowered the energy.

    The energy is sum_l 1/2 |a_l - p_l|^2 with p_l = f(a_{l-1}) W_l + b_l and the output a_L clamped to the label.
    Hidden activities start at the predictions, and descend it for so many rounds.
    """
    kind = spec.activation
    label = jax.nn.one_hot(batch.y, spec.classes)

    def misses(free: list[jax.Array]) -> tuple[list[jax.Array], list[jax.Array]]:
        hs = [batch.x, *(squash(kind, a) for a in free)]
        targets = [*free, label]
        return hs, [h @ w.w + w.b[None, :] - a for h, w, a in zip(hs, weights, targets, strict=True)]

    def step(_: jax.Array, free: list[jax.Array]) -> list[jax.Array]:
        hs, off = misses(free)
        pull = [(o @ w.w.T) * slope(kind, h) for o, w, h in zip(off[1:], weights[1:], hs[1:], strict=True)]
        return [a - rate * (p - o) for a, p, o in zip(free, pull, off[:-1], strict=True)]

    free: list[jax.Array] = []
    h = batch.x
    for layer in weights[:-1]:
        free.append(h @ layer.w + layer.b[None, :])
        h = squash(kind, free[-1])
    return misses(jax.lax.fori_loop(0, rounds, step, free))


def wave_scores(h: jax.Array, classes: int) -> jax.Array:
    """Activities h [b, n] of length 1, projected on the waves of the classes: [b, c]."""
    z = h / (jnp.linalg.norm(h, axis=1, keepdims=True) + 1e-6)
    return z @ waves(classes, h.shape[1]).T


def waves(classes: int, units: int) -> jax.Array:
    """P [c, n]: cosines of frequencies 1 ... c over the layer; orthogonal, each of squared length n / 2."""
    frequency = 1.0 + jnp.arange(float(classes))
    place = (0.5 + jnp.arange(float(units))) / units
    return jnp.cos(jnp.pi * frequency[:, None] * place[None, :])
