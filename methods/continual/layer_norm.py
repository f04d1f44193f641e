"""Gradient descent on a network with layer normalisation before each ReLU.

**Source**: Lyle, Zheng, Nikishin, Avila Pires, Pascanu and Dabney, "Understanding Plasticity in Neural Networks", 2023,
https://arxiv.org/abs/2303.01486, where layer normalisation is among the simple changes that keep plasticity best; Ba,
Kiros and Hinton, 2016.

    h = relu((z - mean z) / sqrt(var z + 1e-5))

**Differs from the paper**: 1. without a learned scale; the layer's bias, before the normalisation, is kept so that all
methods have the same parameters. 2. plain gradient descent.

**Shapes**: b examples, h hidden units.
"""

import jax

from toybench.methods.continual.sgd import SGD


class LayerNorm(SGD):
    """A change of the network alone."""

    def activate(self, z: jax.Array) -> jax.Array:
        centred = z - z.mean(-1, keepdims=True)
        return jax.nn.relu(centred * jax.lax.rsqrt((centred**2).mean(-1, keepdims=True) + 1e-5))
