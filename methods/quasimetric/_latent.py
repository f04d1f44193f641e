"""What the study's methods share: an encoder of node features and a distance between latents.

Shapes: n nodes, f features, b pairs, l latent dimensions, k components.
"""

import math
from typing import Any, ClassVar, NamedTuple

import flax.linen
import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks import nn, optim
from toybench.tasks.quasimetric import DISCOUNT, Pairs


class State(NamedTuple):
    """Parameters {encoder, head} and AdamW's moments."""

    params: Any
    opt: Any


class LatentDistance(Method):
    """Encoder MLP, then `between(head, u, v)`; trained on the squared error of the discounted distance.

    A subclass gives `head` (its parameters, if any) and `between`.
    """

    lr: float = 0.003  # AdamW's learning rate, decayed to 0 by a cosine
    decay: float = 0.0  # AdamW's weight decay, per unit of learning rate
    latent: int = 32  # latent dimensions
    hidden: int = 64  # width of the encoder's two hidden layers

    guaranteed_quasimetric: ClassVar[bool] = (
        False  # non-negative, d(x,x)=0 and the triangle inequality, by construction
    )
    space = {"lr": (0.003, 0.01, 0.03), "decay": (0.0, 1.0)}

    def head(self, key: jax.Array) -> Any:
        """Parameters of the distance; nothing by default."""
        return ()

    def between(self, head: Any, u: jax.Array, v: jax.Array) -> jax.Array:
        """Distance from latents u to latents v, both [b, l]: [b]."""
        raise TypeError(f"{self.name} has no distance between latents; give it a method `between`.")

    @property
    def encoder(self) -> nn.MLP:
        return nn.MLP((self.hidden, self.hidden, self.latent))

    @property
    def optimizer(self) -> optax.GradientTransformation:
        return optim.lenient(optax.adamw(optax.cosine_decay_schedule(self.lr, self.steps), weight_decay=self.decay))

    def init(self, key: jax.Array) -> State:
        a, b = jax.random.split(key)
        params = {"encoder": nn.init(self.encoder, a, jnp.zeros((1, self.spec.features))), "head": self.head(b)}
        return State(params=params, opt=self.optimizer.init(params))

    def embed(self, params: Any) -> tuple[jax.Array, jax.Array]:
        """Latents of every node as a source and as a goal, both [n, l]."""
        z = self.encoder.apply(params["encoder"], self.given)
        return z, z

    def apart(self, params: Any, x: jax.Array, y: jax.Array) -> jax.Array:
        """Distance from nodes x to nodes y, [b]."""
        source, goal = self.embed(params)
        return self.between(params["head"], source[x], goal[y])

    def loss(self, params: Any, batch: Pairs) -> jax.Array:
        """Mean squared error of the discounted distance."""
        return jnp.mean((DISCOUNT ** self.apart(params, batch.x, batch.y) - batch.discounted) ** 2)

    def update(self, state: State, batch: Pairs, key: jax.Array) -> State:
        grads = jax.grad(self.loss)(state.params, batch)
        params, opt = optim.descend(self.optimizer, grads, state.opt, state.params)
        return State(params=params, opt=opt)

    def distance(self, state: State, x: jax.Array, y: jax.Array) -> jax.Array:
        return self.apart(state.params, x, y)


class TwoEncoders(LatentDistance):
    """A node has one latent as a source and another, by a network of its own, as a goal."""

    @property
    def encoder(self) -> "Twin":
        return Twin((self.hidden, self.hidden, self.latent))

    def embed(self, params: Any) -> tuple[jax.Array, jax.Array]:
        return self.encoder.apply(params["encoder"], self.given)


class Twin(flax.linen.Module):
    """Two MLPs of the same widths on the same input: ([..., in]) to ([..., out], [..., out])."""

    widths: tuple[int, ...]

    @flax.linen.compact
    def __call__(self, x: jax.Array) -> tuple[jax.Array, jax.Array]:
        return nn.MLP(self.widths)(x), nn.MLP(self.widths)(x)


def from_logit(z: jax.Array) -> jax.Array:
    """The distance whose discounted value is sigmoid(z)."""
    return jax.nn.softplus(-z) / -math.log(DISCOUNT)


def normals(key: jax.Array, **shapes: tuple[int, ...]) -> dict[str, jax.Array]:
    """Standard normal arrays by name, cut from one draw."""
    sizes = [math.prod(shape) for shape in shapes.values()]
    flat, ends = jax.random.normal(key, (sum(sizes),)), [sum(sizes[: i + 1]) for i in range(len(sizes))]
    return {
        name: flat[end - size : end].reshape(shape)
        for (name, shape), size, end in zip(shapes.items(), sizes, ends, strict=True)
    }


def maxmean(logit: jax.Array, components: jax.Array) -> jax.Array:
    """a * max + (1 - a) * mean over the last axis, a = sigmoid(logit)."""
    a = jax.nn.sigmoid(logit)
    return a * components.max(-1) + (1 - a) * components.mean(-1)


def length(x: jax.Array) -> jax.Array:
    """Euclidean norm over the last axis, with gradient 0 at 0."""
    square = jnp.sum(x**2, axis=-1)
    some = square > 0
    return jnp.where(some, jnp.sqrt(jnp.where(some, square, 1.0)), 0.0)
