"""Deep set of weights: every weight by itself, then their sum.

**Source**: Zaheer, Kottur, Ravanbakhsh, Poczos, Salakhutdinov and Smola, "Deep Sets", 2017,
https://arxiv.org/abs/1703.06114, theorem 2, from memory; `DSSeqReadout` in `metanet/models.py` of
https://github.com/cptq/asymmetric-networks, by an author of graph metanetworks.

    rho(sum_i phi(w_i, tensor of i, layer of i), residual)

**Differs from the paper**: 1. a weight comes with the tensor and the layer that it belongs to. 2. The sum is divided
by the number of places. 3. Residual links, which are no weights, are told beside the sum. 4. No LayerNorm.

**Shapes**: b networks, s places of weights, c channels.
"""

import flax.linen as nn
import jax
import jax.numpy as jnp

from toybench.blocks.nn import MLP
from toybench.methods.weight_spaces._regression import LR, Head, OnTensors, belongs, listed
from toybench.tasks.weight_spaces import Nets, Spec


class DeepsetsWeights(OnTensors):
    """Sees which weights there are, not which units they join."""

    width: int = 16  # channels of a weight

    space = {"lr": LR, "width": (8, 16, 32)}

    def module(self) -> nn.Module:
        return DeepSet(spec=self.spec, width=self.width)


class DeepSet(nn.Module):
    """Nets to [b]."""

    spec: Spec
    width: int

    @nn.compact
    def __call__(self, nets: Nets) -> jax.Array:
        values = listed(self.spec, nets.weights)
        mask = listed(self.spec, nets.mask)
        tags = nn.Dense(self.width)(jnp.asarray(belongs(self.spec, nets.weights)))
        each = nn.relu(nn.Dense(self.width)(values[:, :, None]) + tags[None])
        each = MLP((self.width, self.width))(each) * mask[:, :, None]
        return Head()(jnp.concatenate([each.mean(1), nets.residual], axis=1))
