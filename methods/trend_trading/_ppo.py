"""What the agents of this study share: proximal policy optimisation of normal orders; their networks are their own.

**Source**: Schulman et al., "Proximal Policy Optimization Algorithms", 2017, https://arxiv.org/abs/1707.06347 (from
memory).

    loss = -mean min(rho A, clip(rho, 1 - eps, 1 + eps) A) + w (V - R)^2

Shapes: n episodes, T days, w days of the window, k assets, f numbers of a body.
"""

import abc
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks.nn import init
from toybench.blocks.optim import adam, descend
from toybench.blocks.rl import advantages, gaussian_log_density, ppo_loss
from toybench.tasks.trend_trading import Episodes, Sight

PASSES = 3  # gradient steps for each batch of episodes, the whole of it at once
CLIP = 0.2
DISCOUNT = 0.97  # looks 30 days ahead, as long as half of a drift lasts
DECAY = 0.9  # of the generalised advantages
WEIGHT = 0.5  # of the squared error of the values in the loss
DAY = 0.02  # growth that counts as a reward of 1: the deviation of a day's return
SPREAD = -0.7  # first log deviation of the orders: half of the most shares
CALM = 0.1  # size of the last layer's first weights, so that orders begin near 0
TINY = 1e-6  # keeps advantages finite where all are equal


class ActorCritic(nn.Module):
    """Mean orders [..., k] and the value [...] of what is seen, by two bodies of one kind."""

    body: type[nn.Module]
    assets: int

    @nn.compact
    def __call__(self, window: jax.Array, held: jax.Array) -> tuple[jax.Array, jax.Array]:
        orders = nn.Dense(self.assets)(self.body()(window, held))
        return CALM * orders, nn.Dense(1)(self.body()(window, held))[..., 0]


class State(NamedTuple):
    """Parameters (of the network, and log deviations of the orders) and the optimiser's state."""

    params: Any
    opt: Any


class Agent(Method):
    """Draws orders while learning, and asks for their means in episodes that count."""

    lr: float = 3e-3  # of Adam, decaying to 0

    paper = "montazeri2024cnndrl"
    space = {"lr": (3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1)}

    @abc.abstractmethod
    def body(self) -> type[nn.Module]:
        """The hidden layers: from what is seen to numbers [..., f]."""

    def network(self) -> ActorCritic:
        return ActorCritic(body=self.body(), assets=self.spec.assets)

    def optimizer(self) -> Any:
        return adam(self.lr, self.steps * PASSES)

    def init(self, key: jax.Array) -> State:
        k = self.spec.assets
        network = init(self.network(), key, jnp.zeros((1, self.spec.window, k)), jnp.zeros((1, k)))
        params = {"network": network, "log_sd": jnp.full(k, SPREAD)}
        return State(params=params, opt=self.optimizer().init(params))

    def explore(self, state: State, sight: Sight, key: jax.Array) -> jax.Array:
        mean = self.trade(state, sight)
        return mean + jnp.exp(state.params["log_sd"])[None, :] * jax.random.normal(key, mean.shape)

    def trade(self, state: State, sight: Sight) -> jax.Array:
        return self.network().apply(state.params["network"], sight.window, sight.held)[0]

    def judged(self, params: Any, batch: Episodes) -> tuple[jax.Array, jax.Array]:
        """Log densities of the orders [T, n] and values [T + 1, n]."""
        mean, values = self.network().apply(params["network"], batch.sight.window, batch.sight.held)
        return gaussian_log_density(batch.orders, mean[:-1], params["log_sd"][None, None, :]), values

    def update(self, state: State, batch: Episodes, key: jax.Array) -> State:
        before, values = self.judged(state.params, batch)
        rewards = batch.growth / DAY
        ahead = advantages(rewards, values, jnp.ones_like(rewards), DISCOUNT, DECAY)
        returns = ahead + values[:-1]
        gain = (ahead - ahead.mean()) / (ahead.std() + TINY)

        def loss(params: Any) -> jax.Array:
            logs, estimate = self.judged(params, batch)
            return ppo_loss(logs - before, gain, CLIP) + WEIGHT * ((estimate[:-1] - returns) ** 2).mean()

        def step(_: int, now: State) -> State:
            params, opt = descend(self.optimizer(), jax.grad(loss)(now.params), now.opt, now.params)
            return State(params=params, opt=opt)

        return jax.lax.fori_loop(0, PASSES, step, state)
