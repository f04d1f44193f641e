"""Q-learning from own walks, and from records whose rewards a network supplies.

Shapes: b items, n places, a actions.
"""

from typing import Any, NamedTuple

import flax.linen as nn
import jax
import optax

from toybench.blocks import deep_q, optim, rl
from toybench.blocks.nn import MLP
from toybench.methods.offline_to_online import _walks as parts
from toybench.methods.offline_to_online._walks import Items, Walks

DISCOUNT = 0.9  # of rewards; what is earned in ten steps counts for a third
TRACK = 0.02  # of the target network towards the learned one, at every step


class Networks(nn.Module):
    """Values of actions, and the reward that a step to a place earns."""

    actions: int

    def setup(self) -> None:
        self.values = MLP((parts.WIDTH, parts.WIDTH, self.actions))
        self.pay = MLP((parts.WIDTH, parts.WIDTH, 1))

    def __call__(self, x: jax.Array) -> tuple[jax.Array, jax.Array]:
        return self.values(x), self.pay(x)[:, 0]


class Learned(NamedTuple):
    """Parameters, a slow copy of them, and Adam's state."""

    params: Any
    target: Any
    adam: optax.OptState


def value_loss(network: Networks, params: Any, target: Any, items: Items, r: jax.Array) -> jax.Array:
    """Loss of the temporal differences with rewards [b]: []."""
    ahead, _ = network.apply(params, items.x1)
    slow, _ = network.apply(target, items.x1)
    wanted = jax.lax.stop_gradient(r + DISCOUNT * deep_q.double_q(ahead, slow))
    now, _ = network.apply(params, items.x)
    return deep_q.huber(wanted - deep_q.at(now, items.a)).mean()


def pay_loss(network: Networks, params: Any, items: Items) -> jax.Array:
    """Squared error of the rewards at the places after steps: []."""
    _, pay = network.apply(params, items.x1)
    return ((pay - items.r) ** 2).mean()


def expected_pay(network: Networks, params: Any, items: Items) -> jax.Array:
    """What the network expects at the places after steps, without a gradient: [b]."""
    return jax.lax.stop_gradient(network.apply(params, items.x1)[1])


def own_items(walks: Walks, weight: jax.Array, row: dict[str, jax.Array]) -> Items:
    """Steps of the walks that there are."""
    return parts.drawn_items(walks, weight, row["which"], row["when"], 1)


def descend(loss: Any, lr: Any, learned: Learned, uniform: dict[str, jax.Array]) -> Learned:
    """One step of Adam down `loss(params, target, row)` for each row of the uniform numbers; the target follows."""
    transform = optim.adam(lr)

    def step(now: Learned, row: dict[str, jax.Array]) -> tuple[Learned, None]:
        gradient = jax.grad(loss)(now.params, now.target, row)
        params, adam = optim.descend(transform, gradient, now.adam, now.params)
        return Learned(params=params, target=rl.track(now.target, params, TRACK), adam=adam), None

    return jax.lax.scan(step, learned, uniform)[0]
