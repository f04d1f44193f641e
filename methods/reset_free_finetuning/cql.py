"""Conservative values for many aims without a bound, fine-tuned on own walks that a pretrained judge pays.

**Source**: Kumar, Zhou, Tucker and Levine, "Conservative Q-Learning for Offline Reinforcement Learning", 2020,
https://arxiv.org/abs/2006.04779, equation 4 from memory; `enable_calql=False` in `_train_step` of `conservative_sac.py`
by the authors of Cal-QL.

    loss = (r + discount Q'(s1, argmax Q(s1)) - Q(s, a))^2 + alpha (log sum_b exp Q(s, b) - Q(s, a))

**Differs from the paper**: 1. nine actions, so that no actor is needed. 2. one value network with a slow copy. 3. the
judge, the rewards and the halves of a batch are those of `robofume`.

**Shapes**: b items, n places, a actions.
"""

from typing import Any

import jax

from toybench import Method
from toybench.blocks import deep_q
from toybench.methods.reset_free_finetuning import _tuning as parts
from toybench.methods.reset_free_finetuning._tuning import Items, State, Values
from toybench.tasks.reset_free_finetuning import Played


class CQL(Method):
    """As `robofume`, but that values may sink below what was earned."""

    lr: float = 0.01  # learning rate, above 0; 0.0003 in the critic's code
    alpha: float = 0.03  # weight of the penalty, 0 or more; 5 in the critic's code
    random: float = 0.1  # share of random actions while it learns, 0 to 1
    features: str = "pretrained"  # of pictures, as in `robofume`

    space = {"lr": (0.001, 0.003, 0.01, 0.03, 0.1), "alpha": (0.003, 0.01, 0.03, 0.1)}

    @property
    def network(self) -> Values:
        return Values(actions=self.spec.actions, aims=self.spec.aims)

    def init(self, key: jax.Array) -> State:
        return parts.begin(self.network, self.spec, self.steps, key)

    def update(self, state: State, batch: Played, key: jax.Array) -> State:
        return parts.learn(self, self.loss, state, batch, key)

    def loss(self, params: Any, target: Any, items: Items, weight: jax.Array, online: jax.Array) -> jax.Array:
        """The equation's, of a batch: []."""
        error, q = parts.surprise(self.network, params, target, items)
        penalty = jax.nn.logsumexp(q, axis=-1) - deep_q.at(q, items.a)
        return parts.mean(error + self.alpha * penalty, weight)

    def act(self, state: State, x: jax.Array, aim: jax.Array, key: jax.Array) -> jax.Array:
        return deep_q.explore(self.best(state, x, aim), self.spec.actions, self.random, key)

    def best(self, state: State, x: jax.Array, aim: jax.Array) -> jax.Array:
        return self.network.apply(state.params, x, aim).argmax(-1)
