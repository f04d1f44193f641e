"""Cloned policies: what they see, and what some are told of the likeness of view and instruction.

Shapes: n maps or rows, m demonstrations, A moves, H steps, e numbers of an embedding, k numbers that a policy is told.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks import gridworld, nn, optim
from toybench.tasks.instructed_agents import (
    Batch,
    Given,
    Scenes,
    Spec,
    meaning,
    own_view,
    rows,
    seen_there,
    whole_view,
)

WIDTH = 64  # hidden units in each of the two layers of every policy
RECENT = 3  # likenesses of so many steps before, which with the return to go are the authors' last four returns
TINY = 1e-6  # of a squared length: an empty view is like nothing, and has a gradient


class State(NamedTuple):
    """Parameters, the optimiser's state, and what policies are told at every step of the demonstrations, [m, H, k]."""

    params: Any
    adam: optax.OptState
    told: jax.Array


def actor() -> nn.MLP:
    """A policy's network, to the logits of the moves."""
    return nn.MLP(widths=(WIDTH, WIDTH, gridworld.ACTIONS))


def read(scenes: Scenes, here: jax.Array, spec: Spec, *, moved: bool = False) -> jax.Array:
    """What a policy sees [n, f]: what is in sight; else the map as it is, or moved with its own cell in the middle."""
    if spec.sight:
        return own_view(scenes, here, spec, spec.sight)
    if moved:
        return own_view(scenes, here, spec, max(spec.rows, spec.columns) - 1)
    return whole_view(scenes, here)


def start(method: Any, seen: jax.Array, told: jax.Array, key: jax.Array) -> State:
    """Before the first step, for what is seen [n, f] and told [m, H, k]."""
    params = nn.init(actor(), key, jnp.pad(seen[:1], ((0, 0), (0, told.shape[-1]))))
    return State(params=params, adam=optim.adam(method.lr, method.steps).init(params), told=told)


def start_told(method: Method, told: jax.Array, key: jax.Array) -> State:
    """The same, where a policy sees what is in sight."""
    scenes = method.given.demonstrations.scenes
    return start(method, read(scenes, scenes.start, method.spec), told, key)


def clone(method: Any, state: Any, inputs: jax.Array, a: jax.Array) -> Any:
    """The state after a step of Adam on -log p of the moves int32 [n]; its rate decays to 0 by a cosine."""

    def loss(params: Any) -> jax.Array:
        logs = jax.nn.log_softmax(actor().apply(params, inputs), -1)
        return -jnp.take_along_axis(logs, a[:, None], -1).mean()

    gradient = jax.grad(loss)(state.params)
    params, adam = optim.descend(optim.adam(method.lr, method.steps), gradient, state.adam, state.params)
    return state._replace(params=params, adam=adam)


def clone_told(method: Method, state: Any, batch: Batch) -> Any:
    """The same for a policy that is told something."""
    scenes, here, a = rows(method.given.demonstrations, batch)
    told = state.told[batch.scene, batch.step]
    return clone(method, state, jnp.concatenate([read(scenes, here, method.spec), told], axis=-1), a)


def likeliest(method: Method, state: Any, scenes: Scenes, here: jax.Array, told: jax.Array) -> jax.Array:
    """The likeliest moves int32 [n] in cells int32 [n], told [n, k]."""
    inputs = jnp.concatenate([read(scenes, here, method.spec), told], axis=-1)
    return actor().apply(state.params, inputs).argmax(-1).astype(jnp.int32)


def likeness(view: jax.Array, wish: jax.Array) -> jax.Array:
    """Cosines [...] of encoded views and instructions [..., e]."""
    squares = (view**2).sum(-1) * (wish**2).sum(-1)
    return (view * wish).sum(-1) / jnp.sqrt(squares + TINY)


def encoded(given: Given, spec: Spec) -> tuple[jax.Array, jax.Array]:
    """Encoded views [m, H, e] of the demonstrations, and instructions [m, 1, e]."""
    shown = given.demonstrations

    def look(here: jax.Array) -> jax.Array:
        return seen_there(given.encoder, shown.scenes, here, spec)

    views = jax.vmap(look, in_axes=1, out_axes=1)(shown.s[:, :-1])
    return views, meaning(given.encoder, shown.scenes.wanted)[:, None]


def to_go(now: jax.Array) -> jax.Array:
    """Returns still to come [m, H] for likenesses [m, H], as shares of the steps of an episode."""
    return jnp.cumsum(now[:, ::-1], axis=1)[:, ::-1] / now.shape[1]


def recent_returns(now: jax.Array) -> jax.Array:
    """Return still to come and the likenesses of the steps before, [m, H, 1 + RECENT]; 0 before the first step."""
    past = [jnp.pad(now, ((0, 0), (lag, 0)))[:, : now.shape[1]] for lag in range(1, 1 + RECENT)]
    return jnp.stack([to_go(now), *past], axis=-1)


def hoped(told: jax.Array, share: Any, count: int) -> jax.Array:
    """What an episode begins with [n, 1 + RECENT]: a share of the largest return of a demonstration, and zeros."""
    first = jnp.full((count, 1), share * told[:, 0, 0].max())
    return jnp.pad(first, ((0, 0), (0, RECENT)))


def spent(mind: jax.Array, now: jax.Array, horizon: int) -> jax.Array:
    """What is still to come, and likenesses of the steps before [n, 1 + RECENT], after a step of likeness [n]."""
    left = mind[:, :1] - now[:, None] / horizon
    return jnp.concatenate([left, now[:, None], mind[:, 1:-1]], axis=-1)
