"""A transformer that reads a prompt's edges as a set, and then the places of a path from left to right.

A token is the sum of two rows of one table: an edge of its two nodes, the token before the path of start and goal, a
place of the path of a node (or of none) and of the place's number. An edge that leads one way has other rows for its
two ends. The prompt's tokens see one another; a place sees the prompt, itself and the places before it.

Shapes: b prompts, e edges, p places of a path, t = e + 1 + p tokens, l blocks, w width, v names.
"""

import itertools
from collections.abc import Callable
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np

from toybench.blocks import optim
from toybench.blocks.attention import Block, Norm
from toybench.blocks.decode import decode, masked_mean, token_nll
from toybench.blocks.nn import init as initialise
from toybench.tasks.prompt_planning import Batch, Prompt, PromptSpec

WIDTH = 32  # of a token; the papers have 240 to 512
LAYERS = 2  # blocks, the least for two look-ups; the papers have 6 and more
HEADS = 4


class State(NamedTuple):
    """The network's parameters and Adam's moments."""

    params: Any
    moments: Any


class Rows(NamedTuple):
    """Where in the table the rows of each kind begin, and how many there are in all."""

    tail: int
    head: int
    start: int
    goal: int
    node: int
    place: int
    none: int
    total: int


def rows(spec: PromptSpec) -> Rows:
    """Rows for an edge's two ends and a path's nodes are the same where edges lead both ways: a cell has one vector."""
    v = spec.names + 1  # with the filler
    kinds = (v, v, v, v, v) if spec.directed else (v, 0, v, v, 0)
    ends = [0, *itertools.accumulate(kinds)]
    shared = not spec.directed
    return Rows(
        tail=0,
        head=0 if shared else ends[1],
        start=ends[2],
        goal=ends[3],
        node=0 if shared else ends[4],
        place=ends[5],
        none=ends[5] + spec.path,
        total=ends[5] + spec.path + 1,
    )


class Reader(nn.Module):
    """Tokens int32 [b, t, 2], mask bool [t, t] to logits [b, t, v + 1], and what tokens hold by block [b, t, l, w]."""

    table: int
    names: int

    @nn.compact
    def __call__(self, tokens: jax.Array, mask: jax.Array) -> tuple[jax.Array, jax.Array]:
        counts = jax.nn.one_hot(tokens, self.table).sum(-2)
        x = counts @ self.param("embedding", nn.initializers.zeros, (self.table, WIDTH))
        held = []
        for _ in range(LAYERS):
            x = Block(HEADS)(x, mask)
            held.append(x)
        return nn.Dense(self.names + 1)(Norm()(x)), jnp.stack(held, axis=2)


def network(spec: PromptSpec) -> Reader:
    """The network for prompts of these sizes."""
    return Reader(table=rows(spec).total, names=spec.names)


def prompt_tokens(spec: PromptSpec, prompt: Prompt) -> jax.Array:
    """Tokens int32 [b, e + 1, 2] of the edges and of start and goal."""
    of = rows(spec)
    edges = prompt.edges + jnp.array([of.tail, of.head], jnp.int32)[None, None]
    ends = prompt.ends + jnp.array([of.start, of.goal], jnp.int32)[None]
    return jnp.concatenate([edges, ends[:, None]], axis=1)


def place_tokens(spec: PromptSpec, path: jax.Array) -> jax.Array:
    """Tokens int32 [b, p, 2] of a path's nodes [b, p] at their places."""
    of = rows(spec)
    place = of.place + jnp.arange(spec.path, dtype=jnp.int32)
    return jnp.stack([path + of.node, jnp.broadcast_to(place[None], path.shape)], axis=2)


def dummy_tokens(spec: PromptSpec, count: int) -> jax.Array:
    """Tokens int32 [count, p, 2] that say their places alone."""
    of = rows(spec)
    place = of.place + jnp.arange(spec.path, dtype=jnp.int32)
    one = jnp.stack([jnp.full(spec.path, of.none, jnp.int32), place], axis=1)
    return jnp.broadcast_to(one[None], (count, spec.path, 2))


def mask(spec: PromptSpec, slots_see_one_another: bool = False) -> jax.Array:
    """bool [t, t]: the prompt sees itself, places see the prompt and earlier places (or all places)."""
    shown = spec.edges + 1
    t = np.arange(shown + spec.path)
    before = t[None] <= t[:, None]
    behind = (t[:, None] >= shown) & slots_see_one_another
    return jnp.asarray(before | (t[None] < shown) | behind)


def start(spec: PromptSpec, key: jax.Array, lr: Any, steps: int) -> State:
    """Random parameters, and Adam's moments 0."""
    tokens = jnp.zeros((1, spec.edges + 1 + spec.path, 2), jnp.int32)
    params = initialise(network(spec), key, tokens, mask(spec))
    return State(params=params, moments=optim.adam(lr, steps).init(params))


def descend(state: State, loss: Callable[[Any], jax.Array], lr: Any, steps: int) -> State:
    """One step of Adam, whose rate decays to 0 by a cosine."""
    gradients = jax.grad(loss)(state.params)
    params, moments = optim.descend(optim.adam(lr, steps), gradients, state.moments, state.params)
    return State(params=params, moments=moments)


def forced_logits(spec: PromptSpec, params: Any, prompt: Prompt, path: jax.Array) -> jax.Array:
    """Logits [b, p, v + 1] of each node of a path int32 [b, p], the true ones standing before it."""
    tokens = jnp.concatenate([prompt_tokens(spec, prompt), place_tokens(spec, path)], axis=1)
    logits, _ = network(spec).apply(params, tokens, mask(spec))
    return logits[:, spec.edges : -1]


def forced_loss(spec: PromptSpec, params: Any, batch: Batch) -> jax.Array:
    """Mean -log p of the paths' nodes up to the goal; what fills a path behind it counts once, as its end."""
    nll = token_nll(forced_logits(spec, params, batch.prompt, batch.path), batch.path)
    real = batch.path < spec.names
    first = jnp.pad(real[:, :-1], ((0, 0), (1, 0)), constant_values=True)
    return masked_mean(nll, first)


def written(spec: PromptSpec, params: Any, prompt: Prompt) -> jax.Array:
    """Paths int32 [b, p], each node read again for the next; behind an end there are only ends."""

    def score(text: jax.Array) -> jax.Array:
        logits = forced_logits(spec, params, prompt, text[:, 1:])
        return jnp.pad(logits, ((0, 0), (0, 1), (0, 0)))  # nothing follows the last place

    text = jnp.zeros((len(prompt.ends), 1 + spec.path), jnp.int32)
    return decode(score, text, start=1, stop=spec.names)[:, 1:]


def before_path(spec: PromptSpec, params: Any, prompt: Prompt) -> jax.Array:
    """What the token before the path holds after each block, [b, l, w]."""
    shown = mask(spec)[: spec.edges + 1, : spec.edges + 1]
    _, held = network(spec).apply(params, prompt_tokens(spec, prompt), shown)
    return held[:, -1]


def node_vectors(spec: PromptSpec, params: Any) -> jax.Array:
    """The vectors of a path's nodes, [v, w]."""
    first = rows(spec).node
    return params["params"]["embedding"][first : first + spec.names]
