"""What the transformers of this study share: attention, the standard encoder, the decoder, and training by Adam.

Blocks are pre-norm, as in Turner's tutorial: x + attention(norm(x)), then x + FFN(norm(x)). Vectors of symbols and of
places have variance 1 at first: with smaller ones a pilot learned three times slower.

Shapes: b texts, s places of a source, t places of a target, v symbols, d width, h heads, q queries, k keys, l layers.
"""

import abc
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks.attention import Norm, causal_mask
from toybench.blocks.decode import decode, token_nll
from toybench.blocks.nn import MLP, init
from toybench.blocks.optim import descend, lenient
from toybench.tasks.transduction import Pairs

WIDTH = 32
HEADS = 2
LAYERS = 3  # of the encoder; the decoder has one
HIDDEN = 64  # of an FFN
NEVER = -1e9  # logit of a key that isn't read


class Thinning(NamedTuple):
    """Keys that the encoder's layers read, bool [l, s], and factors of weights after the softmax, [l, b, h, s, s]."""

    keys: jax.Array
    factor: jax.Array


def dense(places: int) -> Thinning:
    """Every query reads every key."""
    return Thinning(keys=jnp.ones((LAYERS, places), bool), factor=jnp.ones((LAYERS, 1, 1, 1, 1)))


class Attend(nn.Module):
    """Multi-head attention of queries [b, q, d] over a memory [b, k, d], with a mask bool [q, k] and a factor."""

    @nn.compact
    def __call__(self, x: jax.Array, memory: jax.Array, mask: jax.Array, factor: jax.Array) -> jax.Array:
        q = nn.Dense(WIDTH, use_bias=False)(x).reshape(*x.shape[:2], HEADS, -1)
        k = nn.Dense(WIDTH, use_bias=False)(memory).reshape(*memory.shape[:2], HEADS, -1)
        v = nn.Dense(WIDTH, use_bias=False)(memory).reshape(*memory.shape[:2], HEADS, -1)
        logits = jnp.einsum("bqhc,bkhc->bhqk", q, k) / (WIDTH // HEADS) ** 0.5
        weights = factor * jax.nn.softmax(jnp.where(mask[None, None], logits, NEVER), axis=-1)
        mixed = jnp.einsum("bhqk,bkhc->bqhc", weights, v)
        return nn.Dense(WIDTH, use_bias=False)(mixed.reshape(x.shape))


def self_attention(x: jax.Array, keys: jax.Array, factor: jax.Array) -> jax.Array:
    """x + attention(norm(x)) of an encoder's layer, [b, s, d]; keys bool [s]; inside a module."""
    y = Norm()(x)
    return x + Attend()(y, y, jnp.broadcast_to(keys[None], (x.shape[1], x.shape[1])), factor)


def feed_forward(hidden: int) -> MLP:
    """Two dense layers on each place, [b, s, d] to [b, s, d]; inside a module."""
    return MLP(widths=(hidden, WIDTH), activation=nn.gelu)


def embed(tokens: jax.Array, count: int) -> jax.Array:
    """Vectors [b, s, d] of symbols int32 [b, s], of variance 1 at first; inside a module."""
    return count**0.5 * nn.Dense(WIDTH, use_bias=False)(jax.nn.one_hot(tokens, count))  # quicker than a lookup


def places(count: int) -> jax.Array:
    """Learned vectors of places, [1, count, d], of variance 1 at first; inside a module."""
    return WIDTH**0.5 * nn.Embed(count, WIDTH)(jnp.arange(count))[None]


class Encoder(nn.Module):
    """The standard one: sources int32 [b, s] to memories [b, s, d]. With hidden=0 its layers have no FFN."""

    symbols: int
    hidden: int = HIDDEN

    @nn.compact
    def __call__(self, source: jax.Array, thinning: Thinning) -> jax.Array:
        x = embed(source, self.symbols) + places(source.shape[1])
        for layer in range(LAYERS):
            x = self_attention(x, thinning.keys[layer], thinning.factor[layer])
            if self.hidden:
                x = x + feed_forward(self.hidden)(Norm()(x))
        return Norm()(x)


class Network(nn.Module):
    """An encoder, and a decoder of one layer that reads its memory and the target's prefix: logits [b, t, v]."""

    encoder: nn.Module
    symbols: int
    hidden: int = HIDDEN  # of the decoder's FFN; 0: it has none

    @nn.compact
    def __call__(self, source: jax.Array, target: jax.Array, thinning: Thinning) -> jax.Array:
        memory = self.encoder(source, thinning)
        begin = jnp.full((len(target), 1), self.symbols, target.dtype)
        prefix = jnp.concatenate([begin, target[:, :-1]], axis=1)
        t = prefix.shape[1]
        x = embed(prefix, self.symbols + 1) + places(t)
        y = Norm()(x)
        x = x + Attend()(y, y, causal_mask(t), jnp.ones((1, 1, 1, 1)))
        x = x + Attend()(Norm()(x), memory, jnp.ones((t, memory.shape[1]), bool), jnp.ones((1, 1, 1, 1)))
        if self.hidden:
            x = x + feed_forward(self.hidden)(Norm()(x))
        return nn.Dense(self.symbols)(Norm()(x))


class State(NamedTuple):
    """Parameters, the optimiser's state, updates so far, and the learner's own key."""

    params: Any
    opt: Any
    step: jax.Array
    key: jax.Array


class Trained(Method):
    """A transformer that learns by teacher forcing, with Adam and a rate that falls to 0 by a cosine."""

    lr: float = 3e-3  # of Adam
    decay: float = 0.0  # of weights, decoupled: share of a weight lost in a step, over the rate

    @abc.abstractmethod
    def network(self) -> Network:
        """From sources [b, s], targets [b, t] and a thinning to logits [b, t, v]."""

    @abc.abstractmethod
    def thinning(self, step: jax.Array, key: jax.Array, texts: int) -> Thinning:
        """Of a training step on a batch of `texts`."""

    @abc.abstractmethod
    def logits(self, state: State, source: jax.Array, target: jax.Array) -> jax.Array:
        """Logits [b, t, v] that count, each given the target's symbols before it."""

    def optimizer(self) -> optax.GradientTransformation:
        return lenient(optax.adamw(optax.cosine_decay_schedule(self.lr, self.steps), weight_decay=self.decay))

    def init(self, key: jax.Array) -> State:
        source = jnp.zeros((1, self.spec.source_length), jnp.int32)
        target = jnp.zeros((1, self.spec.target_length), jnp.int32)
        first, own = jax.random.split(key)
        params = init(self.network(), first, source, target, dense(self.spec.source_length))  # type: ignore[arg-type]
        return State(params=params, opt=self.optimizer().init(params), step=jnp.int32(0), key=own)

    def update(self, state: State, batch: Pairs, key: jax.Array) -> State:
        thin = self.thinning(state.step, key, len(batch.source))

        def loss(params: Any) -> jax.Array:
            return token_nll(self.network().apply(params, batch.source, batch.target, thin), batch.target).mean()

        params, opt = descend(self.optimizer(), jax.grad(loss)(state.params), state.opt, state.params)
        return State(params=params, opt=opt, step=state.step + 1, key=state.key)

    def log_prob(self, state: State, source: jax.Array, target: jax.Array) -> jax.Array:
        return -token_nll(self.logits(state, source, target), target)

    def decode(self, state: State, source: jax.Array) -> jax.Array:
        blank = jnp.zeros((len(source), self.spec.target_length + 1), jnp.int32)
        return decode(lambda text: self.logits(state, source, text[:, 1:]), blank, start=1)[:, 1:]


class Dense(Trained):
    """One whose attention is never thinned out: a method says what its network is."""

    def thinning(self, step: jax.Array, key: jax.Array, texts: int) -> Thinning:
        return dense(self.spec.source_length)

    def logits(self, state: State, source: jax.Array, target: jax.Array) -> jax.Array:
        return self.network().apply(state.params, source, target, dense(source.shape[1]))


def ensemble(network: Network, params: Any, source: jax.Array, target: jax.Array, thinnings: Thinning) -> jax.Array:
    """Log of the mean probability, [b, t, v], that networks with these thinnings [m, ...] give."""
    each = jax.lax.map(lambda thin: network.apply(params, source, target, thin), thinnings)
    return jax.nn.logsumexp(jax.nn.log_softmax(each), axis=0) - jnp.log(float(len(each)))
