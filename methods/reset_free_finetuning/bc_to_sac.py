"""Imitation of recorded walks by their aims, then a soft actor and critic that go on from it.

**Source**: Haarnoja, Zhou, Abbeel and Levine, "Soft Actor-Critic", 2018, https://arxiv.org/abs/1801.01290, equations 5
to 10, with the sums over actions of Christodoulou, "Soft Actor-Critic for Discrete Action Settings", 2019,
https://arxiv.org/abs/1910.07207. Both from memory.

    first half: loss = -log pi(a | s, aim), of records
    then: loss = (r + discount sum_b pi(b | s1) Q'(s1, b) - Q(s, a))^2
                 + sum_b pi(b | s) (temperature log pi(b | s) - Q(s, b))

**Differs from the paper**: 1. one critic; its target has no entropy, as in the code of Cal-QL. 2. the temperature is
fixed and tuned. 3. half of each batch is recorded. 4. the judge is that of `robofume`. 5. the critic begins with the
own walks.

**Shapes**: b items, n places, a actions.
"""

from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks import deep_q
from toybench.methods.reset_free_finetuning import _tuning as parts
from toybench.methods.reset_free_finetuning._tuning import Items, State, Values
from toybench.tasks.reset_free_finetuning import Played


class ActorCritic(nn.Module):
    """Logits of a policy, and values, [b, a] each."""

    actions: int
    aims: int

    def setup(self) -> None:
        self.actor = Values(actions=self.actions, aims=self.aims)
        self.critic = Values(actions=self.actions, aims=self.aims)

    def __call__(self, x: jax.Array, aim: jax.Array) -> tuple[jax.Array, jax.Array]:
        return self.actor(x, aim), self.critic(x, aim)


class BCToSAC(Method):
    """Has a policy from the records, and no values."""

    lr: float = 0.003  # learning rate, above 0; 0.0003 in the paper
    temperature: float = 0.1  # weight of the entropy, above 0
    features: str = "pretrained"  # of pictures, as in `robofume`
    finetunes: bool = True  # without: it stays as the records left it

    space = {"lr": (0.001, 0.003, 0.01, 0.03, 0.1), "temperature": (0.01, 0.03, 0.1, 0.3)}

    @property
    def network(self) -> ActorCritic:
        return ActorCritic(actions=self.spec.actions, aims=self.spec.aims)

    def init(self, key: jax.Array) -> State:
        return parts.begin(self.network, self.spec, self.steps, key)

    def update(self, state: State, batch: Played, key: jax.Array) -> State:
        learned = parts.learn(self, self.loss, state, batch, key)
        return learned if self.finetunes else parts.chosen(batch.online > 0, state, learned)

    def loss(self, params: Any, target: Any, items: Items, weight: jax.Array, online: jax.Array) -> jax.Array:
        """Imitation before own walks, the soft actor's and critic's with them: []."""
        logits, q = self.network.apply(params, items.x, items.aim)
        log_pi = jax.nn.log_softmax(logits)
        imitation = -deep_q.at(log_pi, items.a)
        ahead, _ = self.network.apply(params, items.x1, items.aim)
        _, slow = self.network.apply(target, items.x1, items.aim)
        wanted = jax.lax.stop_gradient(items.r + parts.DISCOUNT * (jax.nn.softmax(ahead) * slow).sum(-1))
        critic = (wanted - deep_q.at(q, items.a)) ** 2
        actor = (jnp.exp(log_pi) * (self.temperature * log_pi - jax.lax.stop_gradient(q))).sum(-1)
        return parts.mean((1 - online) * imitation + online * (critic + actor), weight)

    def act(self, state: State, x: jax.Array, aim: jax.Array, key: jax.Array) -> jax.Array:
        logits, _ = self.network.apply(state.params, x, aim)
        return jax.random.categorical(key, logits)

    def best(self, state: State, x: jax.Array, aim: jax.Array) -> jax.Array:
        return self.network.apply(state.params, x, aim)[0].argmax(-1)
