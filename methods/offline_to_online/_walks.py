"""What learners from walks share: a memory of walks, items of walks drawn by weight, training, and Q-learning's losses.

Shapes: w walks, t steps of a walk, k steps of a future, b items, n places, a actions.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import optax

from toybench.blocks import deep_q, optim, replay, rl
from toybench.blocks.nn import MLP
from toybench.blocks.replay import Replay
from toybench.tasks.offline_to_online import Played, Recorded

BATCH = 32
WIDTH = 48  # of hidden layers
DISCOUNT = 0.9  # of rewards; what is earned in ten steps counts for a third
TRACK = 0.02  # of the target network towards the learned one, at every step
LEAST = 0.05  # reward that the worst walk counts for, so that it is drawn at times, and all are where none earns any

Params = Any
Loss = Callable[[Params, "Items", dict[str, jax.Array]], jax.Array]  # of parameters, items and uniform numbers: []


class Walks(NamedTuple):
    """Places [w, t + 1, 2], actions [w, t], rewards [w, t]."""

    x: jax.Array
    a: jax.Array
    r: jax.Array


class Items(NamedTuple):
    """Steps of walks.

    Attributes:
      x, a, r, x1: place, action, reward and the place after, [b, 2], [b], [b], [b, 2].
      future: the next k places, the last one of a walk standing for those behind its end, [b, k, 2].
      togo: rewards from this step to the walk's end, [b].
    """

    x: jax.Array
    a: jax.Array
    r: jax.Array
    x1: jax.Array
    future: jax.Array
    togo: jax.Array


class State(NamedTuple):
    """Parameters, Adam's state, and own walks."""

    params: Params
    adam: optax.OptState
    own: Replay


def recorded_walks(recorded: Recorded, told: bool) -> Walks:
    """Records with their hidden rewards where a learner is told them, else with none."""
    return Walks(x=recorded.x, a=recorded.a, r=recorded.hidden if told else jnp.zeros_like(recorded.hidden))


def no_walks(spec: Any, rounds: int) -> Replay:
    """Room for all walks of the rounds."""
    blank = Walks(x=jnp.zeros((spec.length + 1, 2)), a=jnp.zeros(spec.length, jnp.int32), r=jnp.zeros(spec.length))
    return replay.empty(blank, rounds * spec.episodes)


def remembered(own: Replay, played: Played) -> Replay:
    """With the walks just played; those that don't count are forgotten again."""
    more = replay.add(own, Walks(x=played.x, a=played.a, r=played.r))
    return jax.tree.map(lambda new, old: jnp.where(played.online > 0, new, old), more, own)


def is_there(own: Replay) -> jax.Array:
    """1 for each place of the memory that holds a walk, [w]."""
    return (jnp.arange(len(own.items.a)) < own.size).astype(jnp.float32)


def standing(own: Replay) -> jax.Array:
    """What own walks earned, from just above 0 for the worst to 1 for the best; 0 for places without a walk: [w]."""
    there = is_there(own)
    earned = own.items.r.mean(-1)
    least = jnp.where(there > 0, earned, jnp.inf).min()
    most = jnp.where(there > 0, earned, -jnp.inf).max()
    above = (earned - least + LEAST) / (most - least + LEAST)
    return jnp.where(there > 0, above, 0.0)


def both(first: Walks, second: Walks) -> Walks:
    """Walks of two kinds, one after the other."""
    return jax.tree.map(lambda a, b: jnp.concatenate([a, b]), first, second)


def drawn_items(walks: Walks, weight: jax.Array, which: jax.Array, when: jax.Array, ahead: int) -> Items:
    """Steps of walks that are drawn by their weights [w], from uniform numbers [b] for the walk and for the step."""
    total = jnp.cumsum(weight)
    length = walks.a.shape[1]
    i = jnp.minimum(jnp.searchsorted(total, which * total[-1], side="right"), len(total) - 1)
    t = jnp.minimum((when * length).astype(jnp.int32), length - 1)
    later = jnp.minimum(t[:, None] + 1 + jnp.arange(ahead)[None], length)
    left = jnp.cumsum(walks.r[:, ::-1], axis=1)[:, ::-1]
    return Items(
        x=walks.x[i, t],
        a=walks.a[i, t],
        r=walks.r[i, t],
        x1=walks.x[i, t + 1],
        future=walks.x[i[:, None], later],
        togo=left[i, t],
    )


def descend(
    loss: Loss,
    draw: Callable[[dict[str, jax.Array]], Items],
    lr: Any,
    state: State,
    uniform: dict[str, jax.Array],
) -> State:
    """One step of Adam for each row of the uniform numbers, [updates, ...] each."""
    transform = optim.adam(lr)

    def step(now: tuple[Params, Any], row: dict[str, jax.Array]) -> tuple[tuple[Params, Any], None]:
        params, adam = now
        gradient = jax.grad(loss)(params, draw(row), row)
        return optim.descend(transform, gradient, adam, params), None

    params, adam = jax.lax.scan(step, (state.params, state.adam), uniform)[0]
    return state._replace(params=params, adam=adam)


def sampled(logits: jax.Array, uniform: jax.Array) -> jax.Array:
    """Actions int32 [n] by their chances, softmax of logits [n, a], from uniform numbers [n]."""
    total = jnp.cumsum(jax.nn.softmax(logits, axis=-1), axis=-1)
    return jnp.minimum((total < uniform[:, None]).sum(-1), logits.shape[-1] - 1)


def log_chance(logits: jax.Array, a: jax.Array) -> jax.Array:
    """Log chances [b] of actions [b] under logits [b, a]."""
    return jnp.take_along_axis(jax.nn.log_softmax(logits, axis=-1), a[:, None], axis=-1)[:, 0]


class Values(nn.Module):
    """Values of actions, and the reward that a step to a place earns."""

    actions: int

    def setup(self) -> None:
        self.values = MLP((WIDTH, WIDTH, self.actions))
        self.pay = MLP((WIDTH, WIDTH, 1))

    def __call__(self, x: jax.Array) -> tuple[jax.Array, jax.Array]:
        return self.values(x), self.pay(x)[:, 0]


class Learned(NamedTuple):
    """Parameters, a slow copy of them, and Adam's state."""

    params: Any
    target: Any
    adam: optax.OptState


def value_loss(network: Values, params: Any, target: Any, items: Items, r: jax.Array) -> jax.Array:
    """Loss of the temporal differences with rewards [b]: []."""
    ahead, _ = network.apply(params, items.x1)
    slow, _ = network.apply(target, items.x1)
    wanted = jax.lax.stop_gradient(r + DISCOUNT * deep_q.double_q(ahead, slow))
    now, _ = network.apply(params, items.x)
    return deep_q.huber(wanted - deep_q.at(now, items.a)).mean()


def pay_loss(network: Values, params: Any, items: Items) -> jax.Array:
    """Squared error of the rewards at the places after steps: []."""
    _, pay = network.apply(params, items.x1)
    return ((pay - items.r) ** 2).mean()


def expected_pay(network: Values, params: Any, items: Items) -> jax.Array:
    """What the network expects at the places after steps, without a gradient: [b]."""
    return jax.lax.stop_gradient(network.apply(params, items.x1)[1])


def descend_values(loss: Any, lr: Any, learned: Learned, uniform: dict[str, jax.Array]) -> Learned:
    """One step of Adam down `loss(params, target, row)` for each row of the uniform numbers; the target follows."""
    transform = optim.adam(lr)

    def step(now: Learned, row: dict[str, jax.Array]) -> tuple[Learned, None]:
        gradient = jax.grad(loss)(now.params, now.target, row)
        params, adam = optim.descend(transform, gradient, now.adam, now.params)
        return Learned(params=params, target=rl.track(now.target, params, TRACK), adam=adam), None

    return jax.lax.scan(step, learned, uniform)[0]
