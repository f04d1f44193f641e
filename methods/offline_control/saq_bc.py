"""Cloning of quantised actions: the likeliest code of a VQ-VAE that knows the place.

**Source**: Luo, Dong, Wu, Kumar, Geng and Levine, "Action-Quantized Offline Reinforcement Learning for Robotic Skill
Learning", 2023, https://arxiv.org/abs/2310.11731, in the authors' code `vqn/vqn.py` (`ActionVQVAE`, `bc_loss`,
`VQSamplerPolicy`) and `scripts/vqbc_gym.sh`.

    min  -mean log softmax(f(x))[code of (x, u)];  act by the decoded code of largest f

**Differs from the paper**: 1. coder and policy are trained side by side; the coder's rate is 0 in the second half.
2. 4 to 32 codes of 8 numbers, two hidden layers of 64 units, 2000 updates, no weight decay.

**Shapes**: b transitions, n episodes, K codes.
"""

import jax
import jax.numpy as jnp

from toybench.methods.offline_control._codes import RATES, Params, Quantised, cross_entropy, fresh, output
from toybench.tasks.offline_control import Transitions


class SaqBC(Quantised):
    """A classifier over codes."""

    paper = "luo2023actionquantized"
    space = {"lr": RATES, "codes": (4, 8, 16, 32)}

    def networks(self, key: jax.Array) -> Params:
        return {"policy": fresh(key, self.codes)}

    def loss(self, params: Params, target: Params, batch: Transitions, code: jax.Array) -> jax.Array:
        return cross_entropy(output(params["policy"], self.codes, batch.x), code)

    def choose(self, params: Params, log_prior: jax.Array, x: jax.Array, key: jax.Array) -> jax.Array:
        return output(params["policy"], self.codes, x).argmax(-1).astype(jnp.int32)
