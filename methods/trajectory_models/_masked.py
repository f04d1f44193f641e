"""What masked models of windows share: a network from what is shown to everything, and the three questions.

Shapes: n windows, l states of a window, k numbers of a token, h heads; leading axes where "..." stands.
"""

import abc
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks import optim
from toybench.blocks.nn import init
from toybench.tasks.trajectory_models import History, Known, Tokens

WIDTH = 24  # of a token that was read
HEADS = 3  # of the attention
UNITS = 64  # of the hidden layer behind it
NUMBERS = (4, 2, 1)  # of a state, an action and a return to go
KINDS = len(NUMBERS)
TINY = 1e-6  # added to a sum of weights, which is 0 where nothing is shown
RATES = (0.001, 0.003, 0.01, 0.03, 0.1)  # of every method

Key = jax.Array


class State(NamedTuple):
    """Parameters and the optimiser's state."""

    params: Any
    adam: optax.OptState


class MaskedNetwork(nn.Module):
    """Standardised tokens [n, l, k] and what of them is shown, bool [n, l], to predictions of all tokens.

    Every token has a query by its kind and place, which attends to what is shown; hidden tokens are dropped.
    """

    @nn.compact
    def __call__(self, tokens: Tokens, shown: Tokens) -> Tokens:
        count, length = shown.x.shape
        places = KINDS * length
        at = jnp.arange(places)
        read = jnp.concatenate([nn.Dense(WIDTH)(part) for part in tokens], axis=1)
        read = read + nn.Embed(places, WIDTH)(at)[None]
        logits = nn.Embed(places, HEADS * places)(at) * (HEADS * places) ** 0.5
        logits = logits.reshape(places, HEADS, places).swapaxes(0, 1)
        weights = visible_softmax(logits, jnp.concatenate(shown, axis=1))
        heads = read.reshape(count, places, HEADS, -1)
        found = jnp.einsum("nhoi,nihc->nohc", weights, heads).reshape(count, places, WIDTH)
        hidden = nn.relu(nn.Dense(UNITS)(found) + nn.Embed(places, UNITS)(at)[None])
        kinds = jnp.split(hidden, KINDS, axis=1)
        return Tokens(*(nn.Dense(k)(kind) for k, kind in zip(NUMBERS, kinds, strict=True)))


def visible_softmax(logits: jax.Array, shown: jax.Array) -> jax.Array:
    """Softmax of logits [h, o, i] over those tokens i that are shown, bool [n, i]: [n, h, o, i]; 0 for the others."""
    size = jnp.exp(logits - jax.lax.stop_gradient(logits.max(-1, keepdims=True)))[None]
    size = size * shown[:, None, None].astype(size.dtype)
    return size / (size.sum(-1, keepdims=True) + TINY)


def standardise(known: Known, tokens: Tokens) -> Tokens:
    """Tokens of mean 0 and variance 1 over the recorded episodes."""
    return jax.tree.map(lambda a, mean, std: (a - spread(mean, a)) / spread(std, a), tokens, known.mean, known.std)


def restore(known: Known, tokens: Tokens) -> Tokens:
    """The inverse of `standardise`."""
    return jax.tree.map(lambda a, mean, std: a * spread(std, a) + spread(mean, a), tokens, known.mean, known.std)


def spread(numbers: jax.Array, like: jax.Array) -> jax.Array:
    """Numbers [k] with as many axes as `like` [..., k] has."""
    return jnp.broadcast_to(numbers, like.shape)


def predict(known: Known, params: Any, tokens: Tokens, shown: Tokens) -> Tokens:
    """All tokens, as far as they follow from those that are shown."""
    return restore(known, MaskedNetwork().apply(params, standardise(known, tokens), shown))


def reconstruction_loss(known: Known, params: Any, tokens: Tokens, shown: Tokens) -> jax.Array:
    """Mean squared error of standardised tokens, shown or not, summed over the three kinds: []."""
    wanted = standardise(known, tokens)
    found = MaskedNetwork().apply(params, wanted, shown)
    return sum(((a - b) ** 2).mean() for a, b in zip(found, wanted, strict=True))


def forward_mask(length: int) -> Tokens:
    """All states but the last, and the action before it: bool [l]."""
    at = jnp.arange(length)
    return Tokens(x=at < length - 1, u=at == length - 2, g=at < 0)


def inverse_mask(length: int) -> Tokens:
    """All states: bool [l]."""
    at = jnp.arange(length)
    return Tokens(x=at >= 0, u=at < 0, g=at < 0)


def policy_mask(length: int, now: jax.Array) -> Tokens:
    """States up to the places `now`, int32 [n], actions before, and all returns to go: bool [n, l]."""
    at = jnp.arange(length)[None]
    now = now[:, None]
    return Tokens(x=at <= now, u=at < now, g=at >= 0 * now)


def for_all(mask: Tokens, count: int) -> Tokens:
    """The same mask [l] for so many windows: [n, l]."""
    return jax.tree.map(lambda a: jnp.broadcast_to(a, (count, len(a))), mask)


class MaskedModel(Method):
    """Reconstructs windows of which a part is shown; a method says which part, and is asked by showing another."""

    lr: float = 0.03  # largest learning rate; it decays to 0 by a cosine; 0.0001 in the authors' configuration

    space = {"lr": RATES}

    @abc.abstractmethod
    def shown(self, key: Key, count: int) -> Tokens:
        """What is shown of so many windows in training: bool [n, l] each."""

    @abc.abstractmethod
    def purpose(self, state: State) -> jax.Array:
        """Which of the three questions it is trained for: [3]."""

    def init(self, key: jax.Array) -> State:
        length = self.spec.window
        blank: Any = Tokens(*(jnp.zeros((1, length, k)) for k in NUMBERS))
        shown: Any = for_all(inverse_mask(length), 1)
        params = init(MaskedNetwork(), key, blank, shown)
        return State(params=params, adam=optim.adam(self.lr, self.steps).init(params))

    def update(self, state: State, batch: Tokens, key: jax.Array) -> State:
        shown = self.shown(key, len(batch.x))
        gradient = jax.grad(lambda params: reconstruction_loss(self.given, params, batch, shown))(state.params)
        params, adam = optim.descend(optim.adam(self.lr, self.steps), gradient, state.adam, state.params)
        return State(params=params, adam=adam)

    def forward(self, state: State, x: jax.Array, u: jax.Array) -> jax.Array:
        length = self.spec.window
        later = jnp.pad(x, ((0, 0), (0, 1), (0, 0)))
        acted = jnp.zeros_like(later[..., :2]).at[:, -2].set(u)
        tokens = Tokens(x=later, u=acted, g=jnp.zeros_like(later[..., :1]))
        return predict(self.given, state.params, tokens, for_all(forward_mask(length), len(x))).x[:, -1]

    def inverse(self, state: State, x: jax.Array) -> jax.Array:
        tokens = Tokens(x=x, u=jnp.zeros_like(x[..., :2]), g=jnp.zeros_like(x[..., :1]))
        return predict(self.given, state.params, tokens, for_all(inverse_mask(self.spec.window), len(x))).u[:, -2]

    def act(self, state: State, history: History) -> jax.Array:
        tokens = Tokens(x=history.x, u=history.u, g=history.g)
        shown = policy_mask(self.spec.window, jnp.full(len(history.x), history.at))
        return predict(self.given, state.params, tokens, shown).u[:, history.at]
