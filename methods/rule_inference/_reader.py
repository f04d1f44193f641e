"""A transformer of two blocks that reads rules and candidates, with or without a second attention.

A rule is one token and sees all rules. A candidate is another one, sees the rules and itself, and is seen by none.

Shapes: b items, t tokens, r rules, c candidates, d width, h heads, n literals.
"""

from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import optax

from toybench.blocks import optim
from toybench.blocks.attention import Norm, context_mask
from toybench.blocks.nn import init as initialise
from toybench.tasks.rule_inference import Items, RuleSpec, contrapositive

WIDTH = 16
HEADS = 4
LAYERS = 2  # two rules can be joined in the first, and found in the second
LEAK = 0.02  # slope of the scores' rectifier below 0, as in the authors' code
GRID = {"lr": (3e-3, 1e-2, 3e-2, 1e-1), "decay": (0.01, 0.03, 0.1)}  # for all learners


class State(NamedTuple):
    """The network's parameters and the optimiser's moments."""

    params: Any
    moments: Any


class Attention(nn.Module):
    """Several heads; `bias` [b, t, t] is added to the logits of each."""

    @nn.compact
    def __call__(self, x: jax.Array, mask: jax.Array, bias: jax.Array) -> jax.Array:
        heads = nn.Dense(3 * WIDTH, use_bias=False)(x).reshape(*x.shape[:-1], HEADS, -1)
        q, k, v = jnp.split(heads, 3, axis=-1)
        logits = jnp.einsum("bthc,bshc->bhts", q, k) / (WIDTH // HEADS) ** 0.5 + bias[:, None]
        weights = jax.nn.softmax(jnp.where(mask[None, None], logits, -1e9), axis=-1)
        return nn.Dense(WIDTH, use_bias=False)(jnp.einsum("bhts,bshc->bthc", weights, v).reshape(x.shape))


class Paths(nn.Module):
    """The bias [b, t, t] along paths: theta_1 A + theta_2 A^2, for scores A of tokens that share a symbol."""

    @nn.compact
    def __call__(self, x: jax.Array, shared: jax.Array) -> jax.Array:
        score = nn.Dense(1)(x)[..., 0]  # linear, so that the score of a mean of two tokens is the mean of their scores
        graph = shared * nn.leaky_relu((score[:, :, None] + score[:, None]) / 2, LEAK)
        scale = self.param("scale", nn.initializers.ones, (2,))
        return scale[0] * graph + scale[1] * (graph @ graph)


class Second(nn.Module):
    """Another attention, along paths or not; pooled, a token gets the mean over those that it sees."""

    paths: bool
    pooled: bool

    @nn.compact
    def __call__(self, x: jax.Array, mask: jax.Array, shared: jax.Array) -> jax.Array:
        bias = Paths(name="paths")(x, shared) if self.paths else jnp.zeros((1, 1, 1))
        mixed = Attention(name="attention")(x, mask, bias)
        if not self.pooled:
            return mixed
        seen = mask.astype(jnp.float32)
        seen = seen / seen.sum(1, keepdims=True)
        return nn.Dense(WIDTH, name="atoms")(jnp.einsum("ts,bsd->btd", seen, mixed))


class Reader(nn.Module):
    """Scores [b, c] of candidates [b, c, 2] given rules [b, r, 2]; `second` is none, plain or paths."""

    literals: int
    second: str
    pooled: bool

    @nn.compact
    def __call__(self, rules: jax.Array, candidates: jax.Array) -> jax.Array:
        pairs = jnp.concatenate([rules, candidates], axis=1)
        count = rules.shape[1]
        asked = jnp.arange(pairs.shape[1]) >= count
        written = jax.nn.one_hot(pairs, self.literals).reshape(*pairs.shape[:2], -1)
        kind = jnp.broadcast_to(asked.astype(jnp.float32)[None, :, None], (*pairs.shape[:2], 1))
        x = nn.Dense(WIDTH)(jnp.concatenate([written, kind], axis=-1))
        mask = context_mask(count, candidates.shape[1])
        shared = sharing(pairs, asked)
        for _ in range(LAYERS):
            y = Norm()(x)
            mixed = Attention()(y, mask, jnp.zeros((1, 1, 1)))
            if self.second != "none":
                second = Second(paths=self.second == "paths", pooled=self.pooled)
                mixed = (mixed + second(y, mask, shared)) / 2
            x = x + mixed
            x = x + nn.Dense(WIDTH)(nn.gelu(nn.Dense(2 * WIDTH)(Norm()(x))))
        return nn.Dense(1)(Norm()(x))[:, count:, 0]


def sharing(pairs: jax.Array, asked: jax.Array) -> jax.Array:
    """float [b, t, t]: 1 where a token [b, t, 2] shares a symbol with another one that is no candidate, bool [t]."""
    symbols = pairs // 2
    same = (symbols[:, :, None, :, None] == symbols[:, None, :, None, :]).any((-1, -2))
    others = ~jnp.eye(len(asked), dtype=bool) & ~asked[None, :]  # so that no path leads over a candidate
    return (same & others[None]).astype(jnp.float32)


def extended(items: Items, flips: jax.Array, rate: jax.Array | float) -> Items:
    """Items whose rules and candidates are replaced by their contrapositives at a rate; uniform numbers [b, r + c]."""
    flipped = (flips < rate)[..., None]
    count = items.rules.shape[1]
    return items._replace(
        rules=jnp.where(flipped[:, :count], contrapositive(items.rules), items.rules),
        candidates=jnp.where(flipped[:, count:], contrapositive(items.candidates), items.candidates),
    )


def doubled(pairs: jax.Array) -> jax.Array:
    """Rules or candidates [b, 2 r, 2]: as they are, and their contrapositives."""
    return jnp.concatenate([pairs, contrapositive(pairs)], axis=1)


def renamed(items: Items, order: jax.Array, signs: jax.Array) -> Items:
    """Items with other symbols, by the order of numbers [b, s], of which some stand for their negations [b, s]."""
    names = 2 * jnp.argsort(order, axis=1)
    negated = (signs < 1 / 2).astype(jnp.int32)

    def rename(literals: jax.Array, names: jax.Array, negated: jax.Array) -> jax.Array:
        return names[literals // 2] + (literals % 2 ^ negated[literals // 2])

    every = jax.vmap(rename)
    return items._replace(rules=every(items.rules, names, negated), candidates=every(items.candidates, names, negated))


def reader(spec: RuleSpec, second: str = "none", pooled: bool = True) -> Reader:
    return Reader(literals=2 * spec.symbols, second=second, pooled=pooled)


def adamw(lr: Any, decay: Any, steps: int) -> optax.GradientTransformation:
    """AdamW whose rate decays to 0 by a cosine."""
    return optim.lenient(optax.adamw(optax.cosine_decay_schedule(lr, max(steps, 1)), weight_decay=decay))


def begin(network: Reader, key: jax.Array, spec: RuleSpec, lr: Any, decay: Any, steps: int) -> State:
    """Random parameters, and moments 0."""
    rules = jnp.zeros((1, spec.rules, 2), jnp.int32)
    params = initialise(network, key, rules, jnp.zeros((1, spec.candidates, 2), jnp.int32))
    return State(params=params, moments=adamw(lr, decay, steps).init(params))


def fit(network: Reader, state: State, batch: Items, lr: Any, decay: Any, steps: int, copies: int = 1) -> State:
    """One step on the mean -log p of the answers; candidates may stand in several copies, whose scores are averaged."""

    def loss(params: Any) -> jax.Array:
        scores = averaged(network.apply(params, batch.rules, batch.candidates), copies)
        return optax.softmax_cross_entropy_with_integer_labels(scores, batch.answer).mean()

    params, moments = optim.descend(adamw(lr, decay, steps), jax.grad(loss)(state.params), state.moments, state.params)
    return State(params=params, moments=moments)


def averaged(scores: jax.Array, copies: int) -> jax.Array:
    """Mean scores [b, c] over the copies of the candidates, [b, copies * c]."""
    return scores.reshape(len(scores), copies, -1).mean(1)
