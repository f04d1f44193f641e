"""A source of tokens, and the network that predicts the next one: the world of the token tasks.

A hidden Markov chain of 32 states emits 64 tokens, whose frequencies follow Zipf's law up to a random factor. Windows
of 5 tokens start in the stationary law; the first four are the context. A context's exact law of the next token, by
the filter, is known: losses are cross-entropies with that law, not with one token drawn from it.

The network: four embeddings of 16 side by side, three ReLU layers of 64 and a head, as weights in a dictionary.

Shapes: b windows, s states, v tokens.
"""

import abc
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Task
from toybench.blocks.descent import Problem, Start, Weights
from toybench.blocks.random import normals
from toybench.tasks.optimizers import Optimizer

STATES = 32
TOKENS = 64
CONTEXT = 4  # tokens before the one to be predicted
EMBEDDING = 16  # numbers a token; four of them are as wide as a layer
WIDTH = 64
LAYERS = 3
TESTED = 4096  # contexts that are judged
TURNS = 3.0  # spread of a transition's logit: a state has one to a few successors
ACCENTS = 2.5  # spread of an emission's logit around Zipf's law; leaves 0.3 to 0.5 nats to be learnt from contexts
SQUARINGS = 12  # the chain after 4096 steps is stationary


@dataclass(frozen=True)
class NextToken(Problem):
    """Cross-entropy of the last token of a window [b, 5] under the network."""

    roles = ("embedding", "head", "vector", *LAYERS * ("linear", "vector"))

    def losses(self, weights: Weights, batch: jax.Array) -> jax.Array:
        logs = log_law(weights, batch[:, :CONTEXT])
        return -jnp.take_along_axis(logs, batch[:, CONTEXT:], axis=1)[:, 0]


class Source(NamedTuple):
    """The chain, as cumulative laws: of the first state [s], of the next [s, s], and of a token [s, v]."""

    first: jax.Array
    turn: jax.Array
    emit: jax.Array


class World(NamedTuple):
    """A source, the starting weights, test windows int32 [b, 5], the exact law of their last token [b, v], and the
    tokens' frequencies [v]."""

    source: Source
    start: Weights
    windows: jax.Array
    law: jax.Array
    unigram: jax.Array


class Exact(NamedTuple):
    """What the oracle answers in place of weights: log laws [b, v] of the test contexts."""

    logs: jax.Array


class TokenTask(Task):
    """Predict the next token of a hidden Markov source."""

    batch: int = 64  # windows a step

    interface = Optimizer

    @property
    @abc.abstractmethod
    def spec(self) -> NextToken:
        """The network's loss."""

    def sample(self, key: jax.Array) -> World:
        for_laws, for_windows = jax.random.split(key)
        drawn = normals(
            for_laws,
            turn=(STATES, STATES),
            emit=(STATES, TOKENS),
            embedding=(TOKENS, EMBEDDING),
            linear=(LAYERS, WIDTH, WIDTH),
            head=(WIDTH, TOKENS),
        )
        turn = jax.nn.softmax(TURNS * drawn["turn"])
        zipf = -jnp.log(jnp.arange(1, TOKENS + 1, dtype=jnp.float32))
        emit = jax.nn.softmax(zipf[None] + ACCENTS * drawn["emit"])
        first = stationary(turn)
        source = Source(first=jnp.cumsum(first), turn=jnp.cumsum(turn, -1), emit=jnp.cumsum(emit, -1))
        tested = windows(source, jax.random.uniform(for_windows, (TESTED, 2 * CONTEXT + 2)))
        return World(
            source=source,
            start=starting(drawn),
            windows=tested,
            law=filtered(first, turn, emit, tested[:, :CONTEXT]),
            unigram=first @ emit,
        )

    def given(self, world: World) -> Start:
        return Start(weights=world.start)

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, jax.Array]:
        """Fresh windows."""
        return world, windows(world.source, jax.random.uniform(key, (self.batch, 2 * CONTEXT + 2)))

    def floor(self, world: World) -> Any:
        """The tokens' frequencies, whatever the context: a network of zeros but for the head's biases."""
        weights = jax.tree.map(jnp.zeros_like, world.start)
        return self.told({**weights, "head_bias": jnp.log(world.unigram)})

    def chance(self, world: World) -> Any:
        """All tokens alike."""
        return self.told(jax.tree.map(jnp.zeros_like, world.start))

    def oracle(self, world: World) -> Any:
        """The exact filter over the four tokens of the context."""
        return SimpleNamespace(weights=lambda: Exact(logs=jnp.log(world.law)))

    def told(self, weights: Weights) -> Any:
        """A learner that answers these weights, for every state of a sweep."""
        n = len(self.spec.rates) + 1
        many = jax.tree.map(lambda leaf: jnp.broadcast_to(leaf, (n, *leaf.shape)), weights)
        return SimpleNamespace(weights=lambda: many if self.spec.swept else weights)


def excess(world: World, weights: Weights | Exact) -> jax.Array:
    """How much of what the contexts tell is missed: 0 for the exact filter, 1 for the tokens' frequencies."""
    logs = weights.logs if isinstance(weights, Exact) else log_law(weights, world.windows[:, :CONTEXT])
    missed = divergence(world.law, logs)
    return missed / divergence(world.law, jnp.log(world.unigram)[None])


def divergence(law: jax.Array, logs: jax.Array) -> jax.Array:
    """Mean Kullback-Leibler divergence of laws [b, v] from log laws [b, v], in nats."""
    return (law * (jnp.log(law) - logs)).sum(-1).mean()


def log_law(weights: Weights, context: jax.Array) -> jax.Array:
    """Log probabilities [b, v] of the token after contexts int32 [b, 4]."""
    hidden = weights["embedding"][context].reshape(len(context), WIDTH)
    for i in range(LAYERS):
        hidden = jax.nn.relu(hidden @ weights[f"linear{i}"] + weights[f"linear{i}_bias"][None])
    return jax.nn.log_softmax(hidden @ weights["head"] + weights["head_bias"][None])


def starting(drawn: dict[str, jax.Array]) -> dict[str, jax.Array]:
    """Weights of variance 2 / fan-in before a ReLU, 1 / fan-in in the head, 1 in the embedding; biases 0."""
    layers = {f"linear{i}": drawn["linear"][i] * (2 / WIDTH) ** 0.5 for i in range(LAYERS)}
    biases = {f"linear{i}_bias": jnp.zeros(WIDTH) for i in range(LAYERS)}
    ends = {"embedding": drawn["embedding"], "head": drawn["head"] / WIDTH**0.5, "head_bias": jnp.zeros(TOKENS)}
    return {**layers, **biases, **ends}


def stationary(turn: jax.Array) -> jax.Array:
    """The stationary law [s] of a chain [s, s], by squaring."""
    far = jax.lax.fori_loop(0, SQUARINGS, lambda _, power: normalised(power @ power), turn)
    return far[0]


def windows(source: Source, u: jax.Array) -> jax.Array:
    """Windows int32 [b, 5] by inverse laws, from uniform numbers [b, 10]: two for each token."""

    def emitted(state: jax.Array, u: jax.Array) -> tuple[jax.Array, jax.Array]:
        token = pick(source.emit[state], u[0])
        return pick(source.turn[state], u[1]), token

    first = pick(source.first[None], u[:, 0])
    spare = jnp.zeros((len(u), 1))  # the turn after the last token is not needed
    pairs = jnp.concatenate([u[:, 1:], spare], axis=1).reshape(len(u), CONTEXT + 1, 2)
    return jax.lax.scan(emitted, first, jnp.moveaxis(pairs, 0, -1))[1].T


def pick(cumulative: jax.Array, u: jax.Array) -> jax.Array:
    """The places int32 [b] in cumulative laws [b, n] where uniform numbers [b] fall."""
    return jnp.minimum((u[:, None] > cumulative).sum(-1), cumulative.shape[-1] - 1)


def filtered(first: jax.Array, turn: jax.Array, emit: jax.Array, context: jax.Array) -> jax.Array:
    """The law [b, v] of the token after contexts int32 [b, 4], given laws [s], [s, s] and [s, v]."""
    belief = jnp.broadcast_to(first, (len(context), len(first)))
    for i in range(CONTEXT):
        belief = normalised(belief * emit.T[context[:, i]]) @ turn
    return belief @ emit


def normalised(x: jax.Array) -> jax.Array:
    """Rows that sum to 1."""
    return x / x.sum(-1, keepdims=True)
