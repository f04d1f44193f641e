"""Deep Q-learning with a target network and double estimates, exploring by random actions.

**Source**: Mnih et al., "Human-level control through deep reinforcement learning", 2015,
https://doi.org/10.1038/nature14236, algorithm 1; van Hasselt, Guez and Silver, "Deep Reinforcement Learning with Double
Q-learning", 2016, https://arxiv.org/abs/1509.06461, equation 4. Both from memory.

    loss = mean_b huber(r + discount (1 - done) Q'(s1, argmax_a Q(s1, a)) - Q(s, a))

**Differs from the paper**: 1. a small network on few numbers; Adam. 2. The target network follows by 2 % at every
update, in place of copies. 3. Random actions fall from all to `end` over the first quarter of the trial.

**Shapes**: b items, n observations, d numbers of an observation, a actions.
"""

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks import deep_q, nn
from toybench.tasks import value_learning as study
from toybench.tasks.value_learning import Played


class DQN(Method):
    """Values of all actions from one network."""

    lr: float = 0.001  # learning rate, above 0
    end: float = 0.03  # share of random actions after the first quarter, 0 to 1; 0.1 in the paper

    space = {"lr": study.RATES, "end": (0.01, 0.03, 0.1)}

    @property
    def network(self) -> nn.MLP:
        return nn.MLP((study.WIDTH, study.WIDTH, self.spec.actions))

    def init(self, key: jax.Array) -> deep_q.Core:
        params = nn.init(self.network, key, jnp.zeros((1, self.spec.dims)))
        room = study.capacity(self.spec, self.steps)
        return deep_q.start(params, study.no_transition(self.spec), room, self.lr)

    def act(self, state: deep_q.Core, obs: jax.Array, key: jax.Array) -> jax.Array:
        chance = study.random_share(state.batches, self.steps, self.end)
        return deep_q.explore(self.greedy(state, obs), self.spec.actions, chance, key)

    def greedy(self, state: deep_q.Core, obs: jax.Array) -> jax.Array:
        return self.network.apply(state.params, obs).argmax(-1)

    def update(self, state: deep_q.Core, batch: Played, key: jax.Array) -> deep_q.Core:
        uniform = jax.random.uniform(key, (self.spec.updates, study.MINIBATCH))
        return deep_q.learn(state, study.one_by_one(batch), self.loss, self.lr, study.TRACK, uniform)

    def loss(self, params: dict, target: dict, items: Played) -> jax.Array:
        """The temporal difference's, over a minibatch."""
        ahead = deep_q.double_q(self.network.apply(params, items.obs1), self.network.apply(target, items.obs1))
        wanted = items.reward + self.spec.discount * (1 - items.done) * ahead
        q = deep_q.at(self.network.apply(params, items.obs), items.action)
        return deep_q.huber(jax.lax.stop_gradient(wanted) - q).mean()
