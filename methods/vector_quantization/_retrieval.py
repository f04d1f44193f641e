"""What the retrieval methods share: the encoder, normalised-softmax training, and product codes.

Shapes: b batch, q queries, n items, f inputs, l features, d symbols, k values a symbol, c classes.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks import nn, optim
from toybench.methods.vector_quantization._running_codebook import Codebook, codes, nearest, settle, start
from toybench.tasks.vector_quantization._retrieval import LabelledItems


class State(NamedTuple):
    """Parameters, Adam's moments, and what a quantiser keeps beside them (nothing by default)."""

    params: Any
    opt: Any
    book: Any


class Encoder(Method):
    """An MLP on the inputs, trained by Adam on `loss`. A subclass gives `outputs`, `loss` and its answers."""

    lr: float = 0.003  # Adam's learning rate, decayed to 0 by a cosine
    hidden: int = 64  # width of the two hidden layers

    @property
    def outputs(self) -> int:
        """Width of the encoder's last layer."""
        raise TypeError(f"{self.name} doesn't say how wide its output is; give it a property `outputs`.")

    @property
    def network(self) -> nn.MLP:
        return nn.MLP((self.hidden, self.hidden, self.outputs))

    @property
    def optimizer(self) -> optax.GradientTransformation:
        return optim.adam(self.lr, self.steps)

    def head(self, key: jax.Array) -> Any:
        """Parameters beside the encoder's; nothing by default."""
        return ()

    def codebook(self, key: jax.Array) -> Any:
        """What is learned without gradients; nothing by default."""
        return ()

    def init(self, key: jax.Array) -> State:
        a, b = jax.random.split(key)
        params = {"encoder": nn.init(self.network, a, jnp.zeros((1, self.spec.inputs))), "head": self.head(b)}
        return State(params=params, opt=self.optimizer.init(params), book=self.codebook(b))

    def encode(self, params: Any, x: jax.Array) -> jax.Array:
        """The encoder's output [b, outputs]."""
        return self.network.apply(params["encoder"], x)

    def loss(self, params: Any, book: Any, batch: LabelledItems) -> jax.Array:
        raise TypeError(f"{self.name} has no loss; give it a method `loss`.")

    def settle(self, book: Any, features: jax.Array, key: jax.Array) -> Any:
        """The codebook after a batch with encoder outputs [b, outputs]."""
        return book

    def update(self, state: State, batch: LabelledItems, key: jax.Array) -> State:
        grads = jax.grad(self.loss)(state.params, state.book, batch)
        params, opt = optim.descend(self.optimizer, grads, state.opt, state.params)
        book = self.settle(state.book, self.encode(params, batch.x), key) if jax.tree.leaves(state.book) else ()
        return State(params=params, opt=opt, book=book)


class NormalisedSoftmax(Encoder):
    """Features classified by their cosine with one learned vector a class."""

    temperature: float = 0.1  # of the softmax over cosines; Zhai and Wu use 0.05
    space = {"lr": (0.001, 0.003, 0.01), "temperature": (0.1, 0.3)}

    def head(self, key: jax.Array) -> jax.Array:
        """Class vectors [l, c]."""
        return jax.random.normal(key, (self.outputs, self.spec.classes))

    def represent(self, features: jax.Array, book: Any) -> jax.Array:
        """What is classified, [b, l]; the features themselves by default."""
        return features

    def loss(self, params: Any, book: Any, batch: LabelledItems) -> jax.Array:
        z = unit(self.represent(self.encode(params, batch.x), book))
        logits = z @ unit(params["head"].T).T / self.temperature
        return optax.softmax_cross_entropy_with_integer_labels(logits, batch.y).mean()


class ProductCodes(NormalisedSoftmax):
    """Features cut into d parts of `part` dimensions, each kept as its nearest of k centroids (online k-means)."""

    part: int = 4  # features a symbol
    decay: float = 0.95  # of the centroids' running counts and sums
    restart: float = 0.1  # a centroid used less than this share of the mean use moves to a random feature of the batch

    def codebook(self, key: jax.Array) -> Codebook:
        shape = (self.spec.length, self.spec.arity, self.part)
        return start(jax.random.normal(key, shape) / float(self.outputs) ** 0.5)

    @property
    def outputs(self) -> int:
        return self.spec.length * self.part

    def parts(self, features: jax.Array) -> jax.Array:
        """Unit-length features cut into parts: [b, l] to [b, d, part]."""
        return unit(features).reshape(len(features), self.spec.length, self.part)

    def settle(self, book: Codebook, features: jax.Array, key: jax.Array) -> Codebook:
        return settle(book, self.parts(features), key, self.decay, self.restart)

    def store(self, state: State, x: jax.Array) -> jax.Array:
        return nearest(self.parts(self.encode(state.params, x)), codes(state.book))

    def score(self, state: State, x: jax.Array, stored: jax.Array) -> jax.Array:
        """Asymmetric: the query stays a feature, its distance to every centroid is looked up."""
        z = self.parts(self.encode(state.params, x))
        table = ((z[:, :, None, :] - codes(state.book)[None]) ** 2).sum(-1)  # [q, d, k]
        return -look_up(table, stored)


def look_up(table: jax.Array, stored: jax.Array) -> jax.Array:
    """Sum over symbols of each query's table entry [q, d, k] for codes int32 [n, d]: [q, n]."""
    return jnp.stack([table[:, i, :][:, stored[:, i]] for i in range(stored.shape[1])]).sum(0)


def unit(x: jax.Array) -> jax.Array:
    """Rows of x [b, l] at length 1."""
    return x * jax.lax.rsqrt((x**2).sum(-1, keepdims=True) + 1e-12)
