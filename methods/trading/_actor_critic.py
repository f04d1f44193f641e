"""What the actor-critics of this study share: a network with two heads, acting, and the rewards to learn from.

Shapes: n days, T steps, o numbers of an observation, a pairs.
"""

from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks.nn import MLP, init
from toybench.blocks.optim import adam
from toybench.tasks.trading import Days

HIDDEN = (32, 32)
DISCOUNT = 0.99
DECAY = 0.95  # of the generalised advantages
WEIGHT = 0.5  # of the squared error of the values in the loss
GOOD_TRIP = 2.0  # fees above which a closed trade counts as 1
CALM = 0.1  # size of the last layers' first weights, so that all pairs begin alike
TINY = 1e-6  # keeps advantages finite where all are equal


class ActorCritic(nn.Module):
    """Logits [..., a] of the pairs and the value [...], from observations [..., o], by two networks."""

    pairs: int

    @nn.compact
    def __call__(self, obs: jax.Array) -> tuple[jax.Array, jax.Array]:
        logits = MLP(widths=(*HIDDEN, self.pairs), activation=nn.tanh)(obs)
        return CALM * logits, MLP(widths=(*HIDDEN, 1), activation=nn.tanh)(obs)[..., 0]


class State(NamedTuple):
    """Network parameters and optimiser state."""

    params: Any
    opt: Any


class Quoting(Method):
    """Draws a pair while learning, and quotes the likeliest on days that count."""

    lr: float = 3e-3  # of Adam, decaying to 0
    entropy: float = 0.01  # weight of the entropy in the loss
    trips: bool = False  # whether closed trades are rewarded, and not the profit of each step by the mid price

    space = {"lr": (1e-3, 3e-3, 1e-2, 3e-2), "entropy": (0.001, 0.01, 0.1)}
    updates = 1  # gradient steps for each batch of days

    def network(self) -> ActorCritic:
        return ActorCritic(pairs=self.spec.pairs)

    def optimizer(self) -> Any:
        return adam(self.lr, self.steps * self.updates)

    def init(self, key: jax.Array) -> State:
        params = init(self.network(), key, jnp.zeros((1, self.spec.observed)))
        return State(params=params, opt=self.optimizer().init(params))

    def explore(self, state: State, obs: jax.Array, key: jax.Array) -> jax.Array:
        logits, _ = self.network().apply(state.params, obs)
        return jax.random.categorical(key, logits, axis=-1)

    def quote(self, state: State, obs: jax.Array) -> jax.Array:
        return self.network().apply(state.params, obs)[0].argmax(-1).astype(jnp.int32)

    def rewards(self, batch: Days) -> jax.Array:
        """What is learned from, [T, n]."""
        return trip(batch.realised, self.spec.fee) if self.trips else batch.profit

    def judged(self, params: Any, batch: Days) -> tuple[jax.Array, jax.Array, jax.Array]:
        """Log-probabilities of the quoted pairs [T, n], entropies [T, n] and values [T + 1, n]."""
        logits, values = self.network().apply(params, batch.obs)
        logs = jax.nn.log_softmax(logits[:-1], axis=-1)
        entropy = -(jnp.exp(logs) * logs).sum(-1)
        return jnp.take_along_axis(logs, batch.pair[..., None], axis=-1)[..., 0], entropy, values


def trip(realised: jax.Array, fee: float) -> jax.Array:
    """The reward of closed trades: 1 above two fees, -1 below minus one fee, else the profit itself."""
    return jnp.where(realised > GOOD_TRIP * fee, 1.0, jnp.where(realised < -fee, -1.0, realised))


def standardised(x: jax.Array) -> jax.Array:
    """With mean 0 and standard deviation 1 over all."""
    return (x - x.mean()) / (x.std() + TINY)
