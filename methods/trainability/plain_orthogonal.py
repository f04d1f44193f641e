"""A plain stack of layers that starts with orthonormal weights.

**Source**: baseline; Saxe, McClelland and Ganguli, "Exact Solutions to the Nonlinear Dynamics of Learning in Deep
Linear Neural Networks", 2013, https://arxiv.org/abs/1312.6120; the first half of the start of Mishkin and Matas, 2015,
https://arxiv.org/abs/1511.06422.

    h <- activate(h w + b)        w orthonormal, b = 0

**Differs from the paper**: 1. nonlinear layers. 2. no gain for the activation, as in the paper of 2015.

**Shapes**: b batch, d features, k classes.
"""

import jax
import jax.numpy as jnp

from toybench.methods.trainability._deep import Shapes, Supervised, orthonormal, plain, stack_shapes
from toybench.tasks.trainability import Layer, Network


class PlainOrthogonal(Supervised):
    """Orthonormal weights, uniformly distributed."""

    def shapes(self, width: int) -> Shapes:
        return stack_shapes(self.spec, width)

    def begin(self, noise: dict[str, jax.Array]) -> Network:
        biases = {name: jnp.zeros((*part.shape[:-2], part.shape[-1])) for name, part in noise.items()}
        return Network(**{name: Layer(w=orthonormal(part), b=biases[name]) for name, part in noise.items()})

    def logits(self, params: Network, x: jax.Array) -> jax.Array:
        return plain(self.spec.activation, params, x)[1]
