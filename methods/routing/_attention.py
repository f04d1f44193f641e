"""The attention model that all learned constructors of this study share, and what it does with tours.

An encoder of attention blocks reads the cities once. A decoder asks with the first and the last city of the tour so
far: it attends to the cities that are left (a glimpse), and the glimpse points at the next one.

Shapes: b instances, s tours of an instance, n cities, q = s n questions of an instance, d width.
"""

from typing import Any, NamedTuple

import flax.linen as linen
import jax
import jax.numpy as jnp
import optax

from toybench.blocks import nn, optim
from toybench.blocks.attention import Block, Norm

WIDTH = 32
LAYERS = 2
HEADS = 4
BOUND = 10.0  # logits lie between -10 and 10, Bello et al. (2017)
NEVER = -1e9  # the logit of a city that has been visited
FORCED = 1e6  # noise that no logit outweighs


class State(NamedTuple):
    """Parameters, the optimiser's state, and the tours built so far, float []."""

    params: Any
    adam: optax.OptState
    built: jax.Array


class Memory(NamedTuple):
    """An encoded instance: cities [b, n, d], their mean's part of the question [b, d], and what questions meet."""

    nodes: jax.Array
    graph: jax.Array
    keys: jax.Array
    values: jax.Array
    targets: jax.Array


class Choices(NamedTuple):
    """Of every step of given tours [b, s, n]: log-probability, entropy, and the value of the step's beginning."""

    log_prob: jax.Array
    entropy: jax.Array
    value: jax.Array


class AttentionModel(linen.Module):
    """Kool, van Hoof and Welling's model (2019) with pre-norm blocks, and Wan, Li and Wang's critic of the glimpse."""

    def setup(self) -> None:
        self.embed = linen.Dense(WIDTH)
        self.blocks = [Block(HEADS) for _ in range(LAYERS)]
        self.norm = Norm()
        self.project = linen.Dense(3 * WIDTH, use_bias=False)
        self.ask_graph = linen.Dense(WIDTH, use_bias=False)
        self.ask_step = linen.Dense(WIDTH, use_bias=False)
        self.mix = linen.Dense(WIDTH, use_bias=False)
        self.critic = nn.MLP((WIDTH, 1))

    def encode(self, xy: jax.Array) -> Memory:
        """Memory of instances [b, n, 2]."""
        h = self.embed(2 * xy - 1)
        everyone = jnp.ones((xy.shape[-2], xy.shape[-2]), bool)
        for block in self.blocks:
            h = block(h, everyone)
        h = self.norm(h)
        keys, values, targets = jnp.split(self.project(h), 3, axis=-1)
        return Memory(nodes=h, graph=self.ask_graph(h.mean(-2)), keys=keys, values=values, targets=targets)

    def decode(self, memory: Memory, first: jax.Array, last: jax.Array, left: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Logits [b, q, n] of the next city and values [b, q], for cities first, last [b, q] and left bool [b, q, n].

        Where all cities are left, the tour is empty, and `first` and `last` are not read.
        """
        ends = jnp.concatenate([gather(memory.nodes, first), gather(memory.nodes, last)], axis=-1)
        begun = ~left.all(-1, keepdims=True)
        ask = memory.graph[:, None, :] + self.ask_step(jnp.where(begun, ends, 0.0))
        split = (*ask.shape[:-1], HEADS, WIDTH // HEADS)
        keys = memory.keys.reshape(*memory.keys.shape[:-1], *split[-2:])
        values = memory.values.reshape(keys.shape)
        scores = jnp.einsum("bqhc,bnhc->bqhn", ask.reshape(split), keys) / (WIDTH // HEADS) ** 0.5
        weights = jax.nn.softmax(jnp.where(left[:, :, None, :], scores, NEVER), axis=-1)
        glimpse = self.mix(jnp.einsum("bqhn,bnhc->bqhc", weights, values).reshape(ask.shape))
        logits = BOUND * jnp.tanh(jnp.einsum("bqd,bnd->bqn", glimpse, memory.targets) / WIDTH**0.5)
        return jnp.where(left, logits, NEVER), self.critic(glimpse)[..., 0]

    def __call__(self, xy: jax.Array, tours: jax.Array) -> Choices:
        """What the model thinks of every step of tours [b, s, n]."""
        batch, many, count = tours.shape
        member = jax.nn.one_hot(tours, count)
        left = (jnp.cumsum(member, axis=2) - member) < 0.5
        last = jnp.roll(tours, 1, axis=2).reshape(batch, -1)
        first = jnp.broadcast_to(tours[:, :, :1], tours.shape).reshape(batch, -1)
        logits, value = self.decode(self.encode(xy), first, last, left.reshape(batch, -1, count))
        log_probs = jax.nn.log_softmax(logits.reshape(batch, many, count, count), axis=-1)
        return Choices(
            log_prob=(log_probs * member).sum(-1),
            entropy=-(jnp.exp(log_probs) * log_probs).sum(-1),
            value=value.reshape(tours.shape),
        )


def gather(nodes: jax.Array, cities: jax.Array) -> jax.Array:
    """Rows [b, q, d] of nodes [b, n, d] for cities [b, q]."""
    return jnp.take_along_axis(nodes, cities[..., None], axis=1)


MODEL = AttentionModel()


def start_model(key: jax.Array, cities: int) -> Any:
    """Random parameters."""
    return nn.init(MODEL, key, jnp.zeros((1, cities, 2)), jnp.zeros((1, 1, cities), jnp.int32))


def build_tours(params: Any, xy: jax.Array, noise: jax.Array) -> jax.Array:
    """Tours int32 [b, s, n] that take the city of largest logit plus noise [n, b, s, n] at every step.

    Gumbel noise samples from the policy; noise 0 is greedy.
    """
    memory = MODEL.apply(params, xy, method="encode")
    count = noise.shape[0]

    def go(carry: tuple, noise: jax.Array) -> tuple[tuple, jax.Array]:
        first, last, left = carry
        logits, _ = MODEL.apply(params, memory, first, last, left, method="decode")
        city = jnp.argmax(logits + noise, axis=-1).astype(jnp.int32)
        first = jnp.where(left.all(-1), city, first)
        return (first, city, left & (jnp.arange(count)[None, None] != city[..., None])), city

    nobody = jnp.zeros(noise.shape[1:3], jnp.int32)
    _, cities = jax.lax.scan(go, (nobody, nobody, jnp.ones(noise.shape[1:], bool)), noise)
    return jnp.moveaxis(cities, 0, 2)


def gumbel(uniform: jax.Array) -> jax.Array:
    """Gumbel noise from uniform numbers in [0, 1)."""
    return -jnp.log(-jnp.log(jnp.clip(uniform, jnp.finfo(uniform.dtype).tiny, None)))


def greedy_tours(params: Any, xy: jax.Array) -> jax.Array:
    """The likeliest city at every step, int32 [b, n]."""
    batch, count, _ = xy.shape
    return build_tours(params, xy, jnp.zeros((count, batch, 1, count)))[:, 0]


def weighted_likelihood(
    params: Any, xy: jax.Array, tours: jax.Array, weights: jax.Array, chosen_from: int = 0
) -> jax.Array:
    """Mean over tours [b, s, n] of their weight [b, s] times the log-probability of all cities from that place on.

    Where the weights are what a tour is longer than expected, its gradient is that of the mean length (REINFORCE).
    """
    log_prob = MODEL.apply(params, xy, tours).log_prob
    return (weights * log_prob[:, :, chosen_from:].sum(2)).mean()


def clipped_adam(lr: Any, steps: int, norm: float) -> optax.GradientTransformation:
    """Adam with cosine decay to 0 over `steps`, on gradients of bounded norm."""
    return optax.chain(optim.lenient(optax.clip_by_global_norm(norm)), optim.adam(lr, steps))
