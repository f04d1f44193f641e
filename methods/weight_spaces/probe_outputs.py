"""Network on the answers that a network gives to fixed random inputs.

**Source**: the control that runs what the others read; as the functionalist encoders with fixed probes in Herrmann,
Faccio and Schmidhuber, "Learning Useful Representations of Recurrent Neural Network Weight Matrices", 2024,
https://arxiv.org/abs/2403.11998, abstract and introduction read.

    head(f(x_1), ..., f(x_p)),  x_i ~ N(0, I)

**Differs from the paper**: 1. probes aren't learnt, and a recurrent network shows its last answer alone.

**Shapes**: b networks, p probes, f numbers of an input.
"""

import jax
import numpy as np

from toybench.methods.weight_spaces._regression import LR, OnFeatures
from toybench.tasks.weight_spaces import Nets, respond

SEED = 0  # of the probes: they are a part of the method


class ProbeOutputs(OnFeatures):
    """Sees the function, not the weights; doesn't know which inputs a network will be judged on."""

    probes: int = 32  # fixed inputs, 1 or more

    space = {"lr": LR, "probes": (8, 32, 128)}

    def features(self, nets: Nets) -> jax.Array:
        drawn = np.random.default_rng(SEED).normal(size=(self.probes, self.spec.inputs))
        return respond(self.spec, nets, jax.numpy.asarray(drawn.astype(np.float32)))
