"""What networks trained on goodness share: a label slot at the input, normalised layers, and a score of labels.

Shapes: b batch, d features, c classes, h hidden units, l layers.
"""

from itertools import pairwise
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks import optim
from toybench.blocks.random import normals
from toybench.tasks.local_learning import Examples, Layer, Weights, normalised, optimizer


class State(NamedTuple):
    """The layers, and the optimiser's moments."""

    params: Weights
    opt: Any


class Goodness(Method):
    """A subclass gives `loss`. A label is tried by writing it beside the input and asking every layer how good that is.

    h_0 = [x, s onehot(y)],  h_l = relu((h_{l-1} / rms(h_{l-1})) W_l + b_l),  g_l = mean of the squares of h_l
    """

    lr: float = 0.03  # learning rate of the spec's optimiser
    threshold: float = 6.0  # theta: goodness above it says that the label is right
    label_scale: float = 3.0  # s, next to inputs of unit variance; the paper's labels share a sparse image's scale

    space = {"lr": (0.03, 0.1), "threshold": (6.0, 15.0, 40.0)}

    @property
    def optimizer(self) -> optax.GradientTransformation:
        return optimizer(self.spec, self.lr, self.steps)

    def init(self, key: jax.Array) -> State:
        sizes = (self.spec.features + self.spec.classes, *self.spec.hidden)
        arrays = normals(key, **{str(i): pair for i, pair in enumerate(pairwise(sizes))})
        params = tuple(Layer(w=w * (2.0 / len(w)) ** 0.5, b=jnp.zeros(w.shape[1])) for w in arrays.values())
        return State(params=params, opt=self.optimizer.init(params))

    def layers(self, params: Any, x: jax.Array, y: jax.Array, local: bool) -> list[jax.Array]:
        """Activities [b, h] of all layers for points [b, d] beside labels [b]; `local`: no gradient crosses layers."""
        h = jnp.concatenate([x, self.label_scale * jax.nn.one_hot(y, self.spec.classes)], axis=1)
        found: list[jax.Array] = []
        for layer in params:
            below = normalised(jax.lax.stop_gradient(h) if local else h)
            h = jax.nn.relu(below @ layer.w + layer.b[None, :])
            found.append(h)
        return found

    def goodness(self, params: Any, x: jax.Array, y: jax.Array, local: bool = True) -> jax.Array:
        """g_l of all layers, [l, b]."""
        return jnp.stack([(h**2).mean(1) for h in self.layers(params, x, y, local)])

    def loss(self, params: Any, batch: Examples, wrong: jax.Array) -> jax.Array:
        """Of a batch and as many wrong labels [b]."""
        raise TypeError(f"{self.name} has no loss; give it a method `loss`.")

    def update(self, state: State, batch: Examples, key: jax.Array) -> State:
        shift = jax.random.randint(key, batch.y.shape, 1, self.spec.classes)
        grads = jax.grad(self.loss)(state.params, batch, (batch.y + shift) % self.spec.classes)
        params, opt = optim.descend(self.optimizer, grads, state.opt, state.params)
        return State(params=params, opt=opt)

    def predict(self, state: State, x: jax.Array) -> jax.Array:
        """Goodness of every label, summed over layers, [b, c]."""
        labels = jnp.arange(self.spec.classes)
        every = jax.vmap(lambda c: self.goodness(state.params, x, jnp.full(len(x), c)).sum(0))
        return every(labels).T

    def activities(self, state: State, x: jax.Array, y: jax.Array) -> tuple[jax.Array, ...]:
        """What the hidden layers do on points shown with their labels, each [b, h]."""
        return tuple(self.layers(state.params, x, y, local=True))


def right_and_wrong(right: jax.Array, wrong: jax.Array, threshold: Any) -> jax.Array:
    """softplus(theta - g) for right labels + softplus(g - theta) for wrong ones, [b] or [l, b] to a scalar.

    The mean over the batch, summed over layers.
    """
    return (jax.nn.softplus(threshold - right) + jax.nn.softplus(wrong - threshold)).mean(-1).sum()
