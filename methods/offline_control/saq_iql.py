"""Implicit Q-learning over quantised actions, for which the policy is a softmax of values and prior.

**Source**: Luo, Dong, Wu, Kumar, Geng and Levine, "Action-Quantized Offline Reinforcement Learning for Robotic Skill
Learning", 2023, https://arxiv.org/abs/2310.11731, in the authors' code `vqn/vqiql.py` (`update_v`, `update_q`,
`VQSamplerPolicy.act`) and `scripts/vqiql_adroit.sh`.

    V: expectile of Q'(x)[c];  Q(x)[c]: r + discount V(x1);  c ~ softmax(beta Q(x) + max(log prior(c | x), -8))

**Differs from the paper**: 1. coder, prior and values are trained side by side; the coder's rate is 0 in the second
half; the coder's own prior is used, not a second one. 2. 16 codes of 8 numbers, two hidden layers of 64 units,
2000 updates, targets follow at 0.02, no weight decay. 3. Values are means of rewards: beta is 20 times their 1/T.

**Shapes**: b transitions, n episodes, K codes.
"""

import jax
import jax.numpy as jnp

from toybench.blocks.rl import expectile
from toybench.methods.offline_control._codes import Params, Quantised, backed_up, fresh, of_code, output
from toybench.tasks.offline_control import Transitions


class SaqIQL(Quantised):
    """Values of codes; a code is drawn."""

    level: float = 0.9  # of the expectile, 0.5 to 1; the authors' 0.7 to 0.9
    beta: float = 20.0  # inverse temperature, per mean reward; the authors' 1/T of 0.5 to 2 is 10 to 40 here

    paper = "luo2023actionquantized"
    space = {"lr": (0.001, 0.003, 0.01), "level": (0.7, 0.9, 0.97), "beta": (5.0, 20.0, 80.0)}

    def networks(self, key: jax.Array) -> Params:
        one, two = jax.random.split(key)
        return {"critic": fresh(one, self.codes), "value": fresh(two, 1)}

    def loss(self, params: Params, target: Params, batch: Transitions, code: jax.Array) -> jax.Array:
        q = of_code(output(target["critic"], self.codes, batch.x), code)
        v = output(params["value"], 1, batch.x)[:, 0]
        wanted = backed_up(batch, output(params["value"], 1, batch.x1)[:, 0])
        error = (of_code(output(params["critic"], self.codes, batch.x), code) - wanted) ** 2
        return expectile(q - v, self.level).mean() + error.mean()

    def choose(self, params: Params, log_prior: jax.Array, x: jax.Array, key: jax.Array) -> jax.Array:
        logits = self.beta * output(params["critic"], self.codes, x) + log_prior
        return jax.random.categorical(key, logits).astype(jnp.int32)
