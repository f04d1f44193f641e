"""Deep Q-learning's parts: gradient steps on a replay memory with a target network, double estimates, exploring.

Shapes: b items of a minibatch, n observations, a actions.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from toybench.blocks import optim, replay, rl
from toybench.blocks.random import uniforms

Loss = Callable[[Any, Any, Any], jax.Array]  # of parameters, target parameters and items: a number


class Core(NamedTuple):
    """Parameters, their slow copy, Adam's state, the memory, and batches so far."""

    params: Any
    target: Any
    adam: optax.OptState
    memory: replay.Replay
    batches: jax.Array


def start(params: Any, item: Any, capacity: int, lr: float | jax.Array) -> Core:
    """Before the first batch, with room for `capacity` items like `item`."""
    memory = replay.empty(item, capacity)
    return Core(params=params, target=params, adam=optim.adam(lr).init(params), memory=memory, batches=jnp.int32(0))


def learn(
    core: Core,
    items: Any,
    loss: Loss,
    lr: float | jax.Array,
    rate: float,
    uniform: jax.Array,
    after: Callable[[Any], Any] = lambda params: params,
) -> Core:
    """Remember the items [n, ...]; then a step of Adam for each row of uniform numbers [updates, b].

    `rate`: of the target network towards the parameters, at each step. `after` mends parameters after each step.
    """
    memory = replay.add(core.memory, items)
    transform = optim.adam(lr)

    def step(now: tuple[Any, Any, Any], row: jax.Array) -> tuple[tuple[Any, Any, Any], None]:
        params, target, adam = now
        gradient = jax.grad(loss)(params, target, replay.sample(memory, row))
        params, adam = optim.descend(transform, gradient, adam, params)
        params = after(params)
        return (params, rl.track(target, params, rate), adam), None

    (params, target, adam), _ = jax.lax.scan(step, (core.params, core.target, core.adam), uniform)
    return Core(params=params, target=target, adam=adam, memory=memory, batches=core.batches + 1)


def at(table: jax.Array, action: jax.Array) -> jax.Array:
    """Entries of [b, a, ...] at one action an item, int32 [b]."""
    return jax.vmap(lambda row, i: row[i])(table, action)


def huber(error: jax.Array) -> jax.Array:
    """Half the square up to 1, linear beyond."""
    size = jnp.abs(error)
    return jnp.where(size <= 1, 0.5 * error**2, size - 0.5)


def double_q(online: jax.Array, target: jax.Array) -> jax.Array:
    """Values [b] of the online network's best actions in the target network; both [b, a] (van Hasselt et al., 2016)."""
    return at(target, online.argmax(-1))


def explore(best: jax.Array, actions: int, chance: float | jax.Array, key: jax.Array) -> jax.Array:
    """The best actions int32 [n], and with this chance a uniformly random one."""
    u = uniforms(key, whether=best.shape, which=best.shape)
    return jnp.where(u["whether"] < chance, (u["which"] * actions).astype(best.dtype), best)
