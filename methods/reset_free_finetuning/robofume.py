"""Calibrated offline values for many aims, fine-tuned on own walks that a pretrained judge of pictures pays.

**Source**: Yang, Mark, Vu, Sharma, Bohg and Finn, "Robot Fine-Tuning Made Easy: Pre-Training Rewards and Policies for
Autonomous Real-World Reinforcement Learning", 2023, https://arxiv.org/abs/2310.15145; its abstract and the project's
page alone, whose code had not appeared. The critic is that of Nakamoto et al., "Cal-QL", 2023,
https://arxiv.org/abs/2303.05479, authors' code: `_train_step` of `conservative_sac.py`, and `conservative_sac_main.py`.

    loss = (r + discount Q'(s1, argmax Q(s1)) - Q(s, a))^2 + alpha (log sum_b exp max(Q(s, b), G) - Q(s, a))
    G: discounted rewards of the step's own walk from here on
    r of records: their successes;  r of own walks: 1 where the judge sees a success in the picture

**Differs from the paper**: 1. the judge's features learn what captions say of a picture, in place of those of a
vision-language model; a logistic regression on their distance from the labelled successes' sees success. 2. nine
actions, so that all of them are bounded below and no actor is needed; the authors bound the policy's actions alone. 3.
one value network with a slow copy. 4. as in the critic's code the penalty stays while fine-tuning; half of each batch
is recorded. 5. a share of actions is random while it learns.

**Shapes**: b items, n places, a actions.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks import deep_q
from toybench.methods.reset_free_finetuning import _tuning as parts
from toybench.methods.reset_free_finetuning._tuning import Items, State, Values
from toybench.tasks.reset_free_finetuning import Played


def bounded_penalty(q: jax.Array, a: jax.Array, togo: jax.Array) -> jax.Array:
    """How far values [b, a], raised to returns [b] where they are below, are above those of actions [b]: [b]."""
    raised = jnp.maximum(q, togo[:, None])
    return jax.nn.logsumexp(raised, axis=-1) - deep_q.at(q, a)


class RoboFuME(Method):
    """Learns values and a judge from records, and goes on with both."""

    lr: float = 0.01  # learning rate, above 0; 0.0003 in the critic's code
    alpha: float = 0.03  # weight of the penalty, 0 or more; 5 in the critic's code
    random: float = 0.1  # share of random actions while it learns, 0 to 1
    features: str = "pretrained"  # of pictures; `raw`: learned from successes alone; `true`: no judge but the truth
    finetunes: bool = True  # without: it stays as the records left it

    space = {"lr": (0.001, 0.003, 0.01, 0.03, 0.1), "alpha": (0.003, 0.01, 0.03, 0.1)}
    paper = "yang2023robot"

    @property
    def network(self) -> Values:
        return Values(actions=self.spec.actions, aims=self.spec.aims)

    def init(self, key: jax.Array) -> State:
        return parts.begin(self.network, self.spec, self.steps, key)

    def update(self, state: State, batch: Played, key: jax.Array) -> State:
        learned = parts.learn(self, self.loss, state, batch, key)
        return learned if self.finetunes else parts.chosen(batch.online > 0, state, learned)

    def loss(self, params: Any, target: Any, items: Items, weight: jax.Array, online: jax.Array) -> jax.Array:
        """The equation's, of a batch: []."""
        error, q = parts.surprise(self.network, params, target, items)
        return parts.mean(error + self.alpha * bounded_penalty(q, items.a, items.togo), weight)

    def act(self, state: State, x: jax.Array, aim: jax.Array, key: jax.Array) -> jax.Array:
        return deep_q.explore(self.best(state, x, aim), self.spec.actions, self.random, key)

    def best(self, state: State, x: jax.Array, aim: jax.Array) -> jax.Array:
        return self.network.apply(state.params, x, aim).argmax(-1)
