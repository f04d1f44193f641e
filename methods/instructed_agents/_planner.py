"""Rewards of cells that are learned and planned with.

Shapes: n maps or rows, S cells, A moves, F attributes, H steps.
"""

from typing import Any, NamedTuple

import flax.linen as linen
import jax
import jax.numpy as jnp
import optax

from toybench.blocks import nn, optim
from toybench.tasks.instructed_agents import ATTRIBUTES, Scenes, Spec, moves_of


class State(NamedTuple):
    """Parameters, and the optimiser's state."""

    params: Any
    adam: optax.OptState


class Reward(linen.Module):
    """Rewards [n, S] of cells: the sum of a product of embeddings of the object there and of the instruction."""

    width: int

    @linen.compact
    def __call__(self, objects: jax.Array, wanted: jax.Array) -> jax.Array:
        thing = linen.Dense(self.width)(objects)
        wish = linen.Dense(self.width)(wanted)
        return linen.Dense(1)(thing * wish[:, None, :])[..., 0]


def start_reward(key: jax.Array, width: int, cells: int) -> Any:
    """Parameters of a reward before the first step."""
    return nn.init(Reward(width), key, jnp.zeros((1, cells, ATTRIBUTES)), jnp.zeros((1, ATTRIBUTES)))


def soft_plan(reward: jax.Array, following: jax.Array, horizon: int) -> jax.Array:
    """Logits [n, H, S, A] of the soft-optimal policy at temperature 1, for rewards [n, S] of entered cells."""
    there = jnp.arange(len(reward))[:, None, None]

    def back(value: jax.Array, _: None) -> tuple[jax.Array, jax.Array]:
        q = (reward + value)[there, following]
        return jax.nn.logsumexp(q, axis=-1), q

    q = jax.lax.scan(back, jnp.zeros_like(reward), None, length=horizon)[1]
    return q[::-1].swapaxes(0, 1)


def plan_to(reward: jax.Array, scenes: Scenes, spec: Spec, sharpness: float) -> jax.Array:
    """Moves int32 [n, H, S] of a plan for `sharpness` times the rewards [n, S]."""
    following = moves_of(scenes.free, spec)
    return soft_plan(sharpness * reward, following, spec.horizon).argmax(-1).astype(jnp.int32)


def planned(plan: jax.Array, here: jax.Array, step: jax.Array) -> jax.Array:
    """What a plan [n, H, S] says for cells int32 [n] at a step int32 []."""
    return plan[jnp.arange(len(here)), step, here]


def descend(method: Any, state: State, gradient: Any) -> State:
    """The state after a step of Adam, whose rate decays to 0 by a cosine."""
    params, adam = optim.descend(optim.adam(method.lr, method.steps), gradient, state.adam, state.params)
    return State(params=params, adam=adam)
