"""What the study's classifiers share: width, starting weights, plain and fractal stacks, one step of training.

Shapes: b batch, d features, k classes, w width, l layers, c columns.
"""

import abc
from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks import optim
from toybench.blocks.random import normals
from toybench.tasks.trainability import (
    Activation,
    Examples,
    Layer,
    Network,
    activate,
    cross_entropy,
    dense,
    optimizer,
)

Shapes = Mapping[str, tuple[int, ...]]
RATES = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0)  # nine for every method: three a decade
GUIDED_RATES = (0.02, 0.06, 0.2)  # with three weights of guidance: nine too
TINY = 1e-12  # keeps the alignment of dead layers finite


class State(NamedTuple):
    """Parameters, what the optimiser leaves alone, its memory, and the number of updates."""

    params: Any
    fixed: Any
    opt: Any
    updates: jax.Array


class Trained(Method):
    """A network as wide as the budget allows: a subclass says its shapes, start, logits and loss."""

    lr: float = 0.02  # learning rate at the start; a tenth of it where the task descends with Adam

    space = {"lr": RATES}

    @abc.abstractmethod
    def shapes(self, width: int) -> Shapes:
        """Weights that a network of this width learns, by name: [..., in, out]; each output has a bias."""

    @abc.abstractmethod
    def frozen_shapes(self, width: int) -> Shapes:
        """Further weights to be drawn, which aren't learned."""

    @abc.abstractmethod
    def start(self, noise: dict[str, jax.Array]) -> tuple[Any, Any]:
        """(parameters, what is fixed), from standard normal arrays of these shapes."""

    @abc.abstractmethod
    def logits(self, params: Any, x: jax.Array) -> jax.Array:
        """Logits [b, k] of points [b, d]."""

    @abc.abstractmethod
    def gradient(self, state: State, batch: Examples, key: jax.Array) -> Any:
        """What is descended: the gradient of the method's loss by the parameters."""

    @property
    def descent(self) -> optax.GradientTransformation:
        return optimizer(self.spec.optimizer, self.lr, self.steps)

    @property
    def width(self) -> int:
        """The greatest even width within the budget."""
        width = 2
        while weights_and_biases(self.shapes(width + 2)) <= self.spec.parameters:
            width += 2
        return width

    def init(self, key: jax.Array) -> State:
        shapes = {**self.shapes(self.width), **self.frozen_shapes(self.width)}
        params, fixed = self.start(normals(key, **shapes))
        updates = jnp.zeros((), jnp.int32)
        return State(params=params, fixed=fixed, opt=self.descent.init(params), updates=updates)

    def update(self, state: State, batch: Examples, key: jax.Array) -> State:
        slope = self.gradient(state, batch, key)
        params, opt = optim.descend(self.descent, slope, state.opt, state.params)
        return State(params=params, fixed=state.fixed, opt=opt, updates=state.updates + 1)

    def predict(self, state: State, x: jax.Array) -> jax.Array:
        return self.logits(state.params, x)


class Supervised(Trained):
    """A network that descends the cross-entropy of its batch, and draws nothing but its weights."""

    @abc.abstractmethod
    def begin(self, noise: dict[str, jax.Array]) -> Any:
        """Parameters, from standard normal arrays of these shapes."""

    def frozen_shapes(self, width: int) -> Shapes:
        return {}

    def start(self, noise: dict[str, jax.Array]) -> tuple[Any, Any]:
        return self.begin(noise), ()

    def gradient(self, state: State, batch: Examples, key: jax.Array) -> Any:
        return jax.grad(lambda p: cross_entropy(self.logits(p, batch.x), batch.y))(state.params)


class Guided(Trained):
    """A plain network beside a guide that isn't trained any more; a subclass says which guide, and its loss."""

    def shapes(self, width: int) -> Shapes:
        return stack_shapes(self.spec, width)

    def logits(self, params: Network, x: jax.Array) -> jax.Array:
        return plain(self.spec.activation, params, x)[1]


def weights_and_biases(shapes: Shapes) -> int:
    """How many numbers weights of these shapes are, with their biases."""
    return sum(_product(shape) + _product((*shape[:-2], shape[-1])) for shape in shapes.values())


def _product(shape: tuple[int, ...]) -> int:
    product = 1
    for size in shape:
        product *= size
    return product


def stack_shapes(spec: Any, width: int) -> Shapes:
    """Weights of a first layer, `depth` square ones, and a last layer."""
    return {
        "first": (spec.features, width),
        "stack": (spec.depth, width, width),
        "last": (width, spec.classes),
    }


def scaled(noise: jax.Array, variance: float) -> Layer:
    """Weights of this variance, from standard normal ones; biases 0."""
    return Layer(w=noise * variance**0.5, b=jnp.zeros((*noise.shape[:-2], noise.shape[-1])))


def he(noise: jax.Array) -> Layer:
    """Weights of variance 2 / in, which keep the second moment of ReLU units; biases 0."""
    return scaled(noise, 2 / noise.shape[-2])


def orthonormal(noise: jax.Array) -> jax.Array:
    """Matrices [..., in, out] with orthonormal rows or columns, whichever are fewer, uniformly distributed."""
    tall = noise.shape[-2] >= noise.shape[-1]
    q, r = jnp.linalg.qr(noise if tall else jnp.swapaxes(noise, -1, -2))
    q = q * jnp.sign(jnp.diagonal(r, axis1=-2, axis2=-1))[..., None, :]
    return q if tall else jnp.swapaxes(q, -1, -2)


def plain(kind: Activation, net: Network, x: jax.Array) -> tuple[jax.Array, jax.Array]:
    """(representations [l, b, w], logits [b, k]) of a stack without shortcuts: h <- activate(h w + b)."""

    def step(h: jax.Array, layer: Layer) -> tuple[jax.Array, jax.Array]:
        after = activate(kind, dense(layer, h))
        return after, after

    h, every = jax.lax.scan(step, activate(kind, dense(net.first, x)), net.stack)
    return every, dense(net.last, h)


def columns_ending(columns: int, row: int) -> list[int]:
    """Columns that end a layer in this row, 1 to 2^(c - 1): column i has 2^i layers in a block."""
    return [i for i in range(columns) if row % 2 ** (columns - 1 - i) == 0]


def fractal(kind: Activation, net: Network, active: jax.Array, x: jax.Array) -> jax.Array:
    """Logits [b, k] of fractal blocks: weights [blocks, 2^c - 1, w, w], inputs of joins `active` [blocks, rows, c].

    A join is the mean of its active inputs. Rows of one input join nothing.
    """
    rows, columns = active.shape[1:]

    def block(h: jax.Array, part: tuple[Layer, jax.Array]) -> tuple[jax.Array, None]:
        layers, mask = part
        after = [h]  # what leaves every row
        used = 0
        for row in range(1, rows + 1):
            ending = columns_ending(columns, row)
            starts = [after[row - 2 ** (columns - 1 - i)] for i in ending]
            outs = [activate(kind, dense(Layer(w=layers.w[used + j], b=layers.b[used + j]), s))
                    for j, s in enumerate(starts)]  # fmt: skip
            used += len(outs)
            weight = mask[row - 1, jnp.array(ending)]
            after.append(jnp.tensordot(weight, jnp.stack(outs), 1) / weight.sum())
        return after[-1], None

    h, _ = jax.lax.scan(block, activate(kind, dense(net.first, x)), (net.stack, active))
    return dense(net.last, h)


def fractal_shapes(spec: Any, columns: int, width: int) -> Shapes:
    """Weights of blocks whose longest paths add up to the depth."""
    blocks = spec.depth // 2 ** (columns - 1)
    return {
        "first": (spec.features, width),
        "stack": (blocks, 2**columns - 1, width, width),
        "last": (width, spec.classes),
    }


def every_path(spec: Any, columns: int) -> jax.Array:
    """Masks [blocks, rows, c] that drop nothing."""
    rows = 2 ** (columns - 1)
    return jnp.ones((spec.depth // rows, rows, columns))


def one_column(spec: Any, columns: int, column: jax.Array) -> jax.Array:
    """Masks [blocks, rows, c] that leave one column; joins that it passes by, which nothing of it uses, are left."""
    rows = 2 ** (columns - 1)
    ends = jnp.array([[i in columns_ending(columns, row) for i in range(columns)] for row in range(1, rows + 1)])
    chosen = jnp.arange(columns) == column
    there = (ends & chosen[None, :]).any(1)
    mask = jnp.where(there[:, None], chosen[None, :], True).astype(jnp.float32)
    return jnp.broadcast_to(mask, (spec.depth // rows, rows, columns))


def alignment(ours: jax.Array, theirs: jax.Array) -> jax.Array:
    """Linear centred kernel alignment of representations [b, u] and [b, v]: 1 where they agree up to a rotation."""
    a = ours - ours.mean(0, keepdims=True)
    b = theirs - theirs.mean(0, keepdims=True)
    return _inner(a, b) / jnp.sqrt(_inner(a, a) * _inner(b, b) + TINY)


def _inner(a: jax.Array, b: jax.Array) -> jax.Array:
    """Inner product of the Gram matrices of a [b, u] and b [b, v]."""
    return ((a.T @ b) ** 2).sum()


def guidance(theirs: jax.Array, ours: jax.Array) -> jax.Array:
    """Sum over layers of 1 - alignment, representations [l, b, w]."""
    return (1 - jax.vmap(alignment)(ours, jax.lax.stop_gradient(theirs))).sum()


def guided_gradient(method: Any, state: State, batch: Examples, theirs: jax.Array) -> Any:
    """Gradient of the cross-entropy plus `alpha` times the guidance, which ends after a share `until` of the steps."""

    def loss(params: Network, alpha: jax.Array) -> jax.Array:
        every, logits = plain(method.spec.activation, params, batch.x)
        return cross_entropy(logits, batch.y) + alpha * guidance(theirs, every)

    led = state.updates.astype(jnp.float32) < method.until * method.steps
    return jax.grad(loss)(state.params, jnp.where(led, method.alpha, 0.0))
