"""What the study's methods share: an encoder of node features, its training, and the parts of distances.

Shapes: n nodes, f features, b pairs, l latent dimensions, k components, p pieces, q quasipartitions.
"""

import abc
import math
from itertools import pairwise
from typing import Any, ClassVar, NamedTuple

import flax.linen
import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks import nn, optim
from toybench.blocks.random import normals
from toybench.tasks.quasimetric import DISCOUNT, Pairs

DEEP_WIDTH = 64  # of the deep linear networks' three hidden layers, the least that the authors' code takes
DECAYS = (0.0, 0.1, 0.3, 1.0, 3.0)  # weight decays that every method is tuned over, with four learning rates
MANY_RATES = tuple(a * b for a in (0.001, 0.01) for b in (1.0, 1.25, 1.6, 2.0, 2.5, 3.2, 4.0, 5.0, 6.3, 8.0))
# ten a decade: as many configurations as four rates and five decays, for methods that are without decay


class State(NamedTuple):
    """Parameters {encoder, head} and AdamW's moments."""

    params: Any
    opt: Any


class Embedding(Method):
    """An encoder of nodes and a distance between latents: `between(head, u, v)` with parameters `head`."""

    lr: float = 0.003  # AdamW's learning rate, decayed to 0 by a cosine
    decay: float = 0.0  # AdamW's weight decay, per unit of learning rate; the authors' example has none
    latent: int = 32  # latent dimensions
    hidden: int = 64  # width of the encoder's two hidden layers

    guaranteed_quasimetric: ClassVar[bool] = False  # d >= 0, d(x, x) = 0 and the triangle inequality, by construction
    separate_goals: ClassVar[bool] = False  # a node has a second latent, of a network of its own, as a goal

    @abc.abstractmethod
    def head(self, key: jax.Array) -> Any:
        """Parameters of the distance; `()` where it has none."""

    @abc.abstractmethod
    def between(self, head: Any, u: jax.Array, v: jax.Array) -> jax.Array:
        """Distance from latents u to latents v, both [b, l]: [b]."""

    @property
    def encoder(self) -> "Encoder":
        return Encoder(widths=(self.hidden, self.hidden, self.latent), separate=self.separate_goals)

    @property
    def optimizer(self) -> optax.GradientTransformation:
        return optim.lenient(optax.adamw(optax.cosine_decay_schedule(self.lr, self.steps), weight_decay=self.decay))

    def init(self, key: jax.Array) -> State:
        for_encoder, for_head = jax.random.split(key)
        node = jnp.zeros((1, self.spec.features))
        params = {"encoder": nn.init(self.encoder, for_encoder, node), "head": self.head(for_head)}
        return State(params=params, opt=self.optimizer.init(params))

    def descend(self, state: State, gradients: Any) -> State:
        """The state after one step of AdamW."""
        params, opt = optim.descend(self.optimizer, gradients, state.opt, state.params)
        return State(params=params, opt=opt)

    def predict_distance(self, params: Any, x: jax.Array, y: jax.Array) -> jax.Array:
        """Distance from nodes x to nodes y, [b]."""
        source, goal = self.encoder.apply(params["encoder"], self.given)
        return self.between(params["head"], source[x], goal[y])

    def distance(self, state: State, x: jax.Array, y: jax.Array) -> jax.Array:
        return self.predict_distance(state.params, x, y)


class LatentDistance(Embedding):
    """An embedding that is trained on the squared error of the discounted distance."""

    def update(self, state: State, batch: Pairs, key: jax.Array) -> State:
        return self.descend(state, jax.grad(squared_error)(state.params, self, batch))


def squared_error(params: Any, method: Embedding, batch: Pairs) -> jax.Array:
    """Mean squared error of the discounted distance."""
    discounted = DISCOUNT ** method.predict_distance(params, batch.x, batch.y)
    return jnp.mean((discounted - batch.discounted) ** 2)


class Encoder(flax.linen.Module):
    """Latents as a source and as a goal, by one MLP or by two: [..., in] to ([..., out], [..., out])."""

    widths: tuple[int, ...]
    separate: bool

    @flax.linen.compact
    def __call__(self, x: jax.Array) -> tuple[jax.Array, jax.Array]:
        source = nn.MLP(self.widths)(x)
        goal = nn.MLP(self.widths)(x) if self.separate else source
        return source, goal


def from_logit(z: jax.Array) -> jax.Array:
    """The distance whose discounted value is sigmoid(z)."""
    return jax.nn.softplus(-z) / -math.log(DISCOUNT)


def length(x: jax.Array) -> jax.Array:
    """Euclidean norm over the last axis, with gradient 0 at 0."""
    square = jnp.sum(x**2, axis=-1)
    some = square > 0
    return jnp.where(some, jnp.sqrt(jnp.where(some, square, 1.0)), 0.0)


def greatest(x: jax.Array) -> jax.Array:
    """Maximum over the last axis. Its gradient goes to the first greatest entry, found once.

    XLA may compute the entries again for the gradient of `max`; rounded otherwise, none of them then is the maximum.
    """
    chosen = jax.nn.one_hot(x.argmax(-1), x.shape[-1], dtype=bool)
    return jnp.where(chosen, x, 0.0).sum(-1)


def maxmean(logit: jax.Array, components: jax.Array) -> jax.Array:
    """a * max + (1 - a) * mean over the last axis, a = sigmoid(logit)."""
    a = jax.nn.sigmoid(logit)
    return a * greatest(components) + (1 - a) * components.mean(-1)


def pair_network(hidden: int) -> nn.MLP:
    """A network on both latents at once, with two hidden layers and one output, a logit."""
    return nn.MLP((hidden, hidden, 1))


def pair_logit(hidden: int, head: Any, u: jax.Array, v: jax.Array) -> jax.Array:
    """Output of `pair_network` on [u; v], latents [b, l]: [b]."""
    return pair_network(hidden).apply(head, jnp.concatenate([u, v], axis=-1))[:, 0]


def nonnegative(w: jax.Array) -> jax.Array:
    """min(w^2, |w|), the smooth way of Deep Norm's authors to keep weights non-negative."""
    return jnp.where(jnp.abs(w) < 1, w**2, jnp.abs(w))


def concave(slopes: jax.Array, offsets: jax.Array, h: jax.Array) -> jax.Array:
    """Increasing concave function with value 0 at 0, one for each component: h >= 0 [b, k] to [b, k].

    The least of p lines, the first through the origin; `slopes` [p, k] and `offsets` [p - 1, k] are raw parameters.
    """
    rising = 2 * jax.nn.sigmoid(slopes)
    above = jnp.concatenate([jnp.zeros_like(slopes[:1]), jax.nn.softplus(offsets)])
    lines = rising.T[None] * h[:, :, None] + above.T[None]  # [b, k, p]
    return -greatest(-lines)


def mixture_weights(key: jax.Array, partitions: int) -> list[jax.Array]:
    """Factors of the raw weights of q quasipartitions.

    They discount to between 0.5 and 0.75 when every quasipartition is 1/2. The authors draw each weight's part of that
    range at random; here the parts are evenly spaced.
    """
    net = deep_linear(key, 1, partitions)
    before = collapse(net[:-1])[0]
    low = math.log(0.5 ** (-2 / partitions) - 1)
    high = math.log(0.75 ** (-2 / partitions) - 1)
    gap = -jnp.linspace(low, high, partitions) - before @ net[-1]
    return [*net[:-1], net[-1] + before[:, None] * gap[None, :] / (before @ before)]


def mix_partitions(weights: list[jax.Array], partitions: jax.Array) -> jax.Array:
    """The distance that is a weighted sum of expected quasipartitions [b, q]: [b]."""
    return partitions @ from_logit(collapse(weights)[0])


def deep_linear(key: jax.Array, inputs: int, outputs: int) -> list[jax.Array]:
    """Factors of a matrix [inputs, outputs] whose product keeps the scale of what it is applied to."""
    sizes = (inputs, DEEP_WIDTH, DEEP_WIDTH, DEEP_WIDTH, outputs)
    drawn = normals(key, **{str(i): shape for i, shape in enumerate(pairwise(sizes))})
    return [w / w.shape[0] ** 0.5 for w in drawn.values()]


def collapse(factors: list[jax.Array]) -> jax.Array:
    """The product of a deep linear network's factors."""
    product = factors[0]
    for factor in factors[1:]:
        product = product @ factor
    return product
