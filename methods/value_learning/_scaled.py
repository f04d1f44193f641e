"""What the players share that divide rewards by the scale of returns: the running moments, and a plain learner.

Shapes: T steps, e worlds, b items, n observations, d their numbers, a actions.
"""

import abc
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks import deep_q
from toybench.blocks import nn as networks
from toybench.tasks import value_learning as study
from toybench.tasks.value_learning import Played, PlayerSpec

LIMIT = 5.0  # the greatest return that is seen, after scaling; SimbaV2's


class Returns(NamedTuple):
    """Discounted rewards so far, [e], and what is known of them: count, mean, sum of squares about it, greatest."""

    now: jax.Array
    count: jax.Array  # type: ignore[assignment]
    mean: jax.Array
    squares: jax.Array
    greatest: jax.Array


def no_returns(spec: PlayerSpec) -> Returns:
    """Before the first reward."""
    zero = jnp.zeros(())
    return Returns(now=jnp.zeros(spec.worlds), count=zero, mean=zero, squares=zero, greatest=zero)


def watch_returns(seen: Returns, batch: Played, discount: float) -> Returns:
    """With the rewards of a batch; Chan's formula for the moments."""

    def step(seen: Returns, played: tuple[jax.Array, jax.Array]) -> tuple[Returns, None]:
        now = discount * (1 - played[1]) * seen.now + played[0]
        count = seen.count + len(now)
        off = now.mean() - seen.mean
        between = off**2 * (seen.count * len(now) / count)
        return Returns(
            now=now,
            count=count,
            mean=seen.mean + off * (len(now) / count),
            squares=seen.squares + ((now - now.mean()) ** 2).sum() + between,
            greatest=jnp.maximum(seen.greatest, jnp.abs(now).max()),
        ), None

    return jax.lax.scan(step, seen, (batch.reward, batch.last))[0]


def return_scale(seen: Returns) -> jax.Array:
    """What rewards are divided by: the returns' standard deviation, or more, so that no return exceeds LIMIT."""
    deviation = jnp.sqrt(seen.squares / jnp.maximum(seen.count, 1.0))
    scale = jnp.maximum(deviation, seen.greatest / LIMIT)
    return jnp.where(scale > 0, scale, 1.0)


class State(NamedTuple):
    """Core, and the moments of the returns."""

    core: deep_q.Core
    returns: Returns

    @property
    def params(self) -> Any:
        return self.core.params


class ScaledLearner(Method, abc.ABC):
    """Deep Q-learning on rewards that are divided by the scale of returns; a method says with which network."""

    lr: float = 0.001  # learning rate, above 0
    end: float = 0.03  # share of random actions after the first quarter, 0 to 1

    space = {"lr": study.RATES, "end": (0.01, 0.03, 0.1)}

    @property
    @abc.abstractmethod
    def network(self) -> nn.Module:
        """Observations [n, d] to outputs [n, a, ...]."""

    @abc.abstractmethod
    def q_values(self, outputs: jax.Array) -> jax.Array:
        """Values [n, a] of outputs."""

    @abc.abstractmethod
    def error(self, outputs: jax.Array, reward: jax.Array, going: jax.Array, ahead: jax.Array) -> jax.Array:
        """Loss [b] of outputs [b, ...] for the actions taken; `going` [b] is the weight of the outputs ahead."""

    @abc.abstractmethod
    def mend(self, params: Any) -> Any:
        """Parameters as they have to be, at the start and after every step."""

    def init(self, key: jax.Array) -> State:
        params = self.mend(networks.init(self.network, key, jnp.zeros((1, self.spec.dims))))
        room = study.capacity(self.spec, self.steps)
        core = deep_q.start(params, study.no_transition(self.spec), room, self.lr)
        return State(core=core, returns=no_returns(self.spec))

    def act(self, state: State, obs: jax.Array, key: jax.Array) -> jax.Array:
        chance = study.random_share(state.core.batches, self.steps, self.end)
        return deep_q.explore(self.greedy(state, obs), self.spec.actions, chance, key)

    def greedy(self, state: State, obs: jax.Array) -> jax.Array:
        return self.q_values(self.network.apply(state.core.params, obs)).argmax(-1)

    def update(self, state: State, batch: Played, key: jax.Array) -> State:
        returns = watch_returns(state.returns, batch, self.spec.discount)
        scale = return_scale(returns)

        def loss(params: Any, target: Any, items: Played) -> jax.Array:
            best = self.q_values(self.network.apply(params, items.obs1)).argmax(-1)
            ahead = deep_q.at(self.network.apply(target, items.obs1), best)
            outputs = deep_q.at(self.network.apply(params, items.obs), items.action)
            going = self.spec.discount * (1 - items.done)
            return self.error(outputs, items.reward / scale, going, ahead).mean()

        uniform = jax.random.uniform(key, (self.spec.updates, study.MINIBATCH))
        items = study.one_by_one(batch)
        core = deep_q.learn(state.core, items, loss, self.lr, study.TRACK, uniform, after=self.mend)
        return State(core=core, returns=returns)
