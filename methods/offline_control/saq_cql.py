"""Conservative Q-learning over quantised actions, with the exact soft maximum over codes.

**Source**: Luo, Dong, Wu, Kumar, Geng and Levine, "Action-Quantized Offline Reinforcement Learning for Robotic Skill
Learning", 2023, https://arxiv.org/abs/2310.11731, in the authors' code `vqn/vqn.py` (`_dqn_train_step`,
`VQSamplerPolicy`) and `scripts/vqcql_kitchen.sh`.

    Q: (y - Q(x)[c])^2 + alpha (T log sum_c' exp(Q(x)[c'] / T) - Q(x)[c]),  y = r + discount Q'(x1)[argmax Q(x1)]

**Differs from the paper**: 1. coder and values are trained side by side; the coder's rate is 0 in the second half. 2.
16 codes of 8 numbers, two hidden layers of 64 units, 2000 updates, no weight decay. 3. Targets follow at 0.02
instead of being copied every 200 updates. 4. Values are means of rewards: T is 1 - discount, alpha 1 - discount times
the authors'.

**Shapes**: b transitions, n episodes, K codes.
"""

import jax
import jax.numpy as jnp

from toybench.methods.offline_control._codes import RATES, Params, Quantised, backed_up, fresh, of_code, output
from toybench.tasks.offline_control import DISCOUNT, Transitions


class SaqCQL(Quantised):
    """Values of codes; the best one is taken."""

    alpha: float = 0.1  # weight of the pessimism, from 0; the authors' 10 to 30 is 0.5 to 1.5 here

    paper = "luo2023actionquantized"
    space = {"lr": RATES, "alpha": (0.01, 0.03, 0.1, 0.3, 1.0)}

    def networks(self, key: jax.Array) -> Params:
        return {"critic": fresh(key, self.codes)}

    def loss(self, params: Params, target: Params, batch: Transitions, code: jax.Array) -> jax.Array:
        best = output(params["critic"], self.codes, batch.x1).argmax(-1)
        wanted = backed_up(batch, of_code(output(target["critic"], self.codes, batch.x1), best))
        values = output(params["critic"], self.codes, batch.x)
        recorded = of_code(values, code)
        temperature = 1 - DISCOUNT
        pessimism = temperature * jax.nn.logsumexp(values / temperature, axis=1) - recorded
        return ((recorded - wanted) ** 2 + self.alpha * pessimism).mean()

    def choose(self, params: Params, log_prior: jax.Array, x: jax.Array, key: jax.Array) -> jax.Array:
        return output(params["critic"], self.codes, x).argmax(-1).astype(jnp.int32)
