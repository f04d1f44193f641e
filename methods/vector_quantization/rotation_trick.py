"""Rotation trick: the gradient passes the quantiser through the rotation and rescaling that map feature to code.

**Source**: Fifty, Junkins, Duan, Iyengar, Liu, Amid, Thrun and Ré, "Restructuring Vector Quantization with the Rotation
Trick", 2024, https://arxiv.org/abs/2410.06424.

    q~ = sg(|q|/|z| R) z,   R = I - 2 r r' + 2 q^ z^',   r = (q^ + z^) / |q^ + z^|        hats: unit length

**Differs from the paper**: 1. Codes are learned by gradient, as in the authors' experiments with VQGAN; see
rotation_trick_ema for those with VQ-VAE. 2. MLPs instead of convolutions; one code an example.

**Shapes**: b examples, d latent width, k codes.
"""

import jax
import jax.numpy as jnp

from toybench.methods.vector_quantization._autoencoder import NearestCode


class RotationTrick(NearestCode):
    """Forward the code, backward the angle between the gradient and the code is kept."""

    paper = "fifty2024restructuring"

    def through(self, z: jax.Array, q: jax.Array) -> jax.Array:
        return rotate(z, q)


def rotate(z: jax.Array, q: jax.Array) -> jax.Array:
    """q [b, d] as a linear function of z [b, d] whose matrix counts as a constant."""
    fixed = jax.lax.stop_gradient
    length, unit_z = apart(fixed(z))
    target, unit_q = apart(fixed(q))
    _, r = apart(unit_z + unit_q)
    turned = z - 2.0 * r * (r * z).sum(-1, keepdims=True) + 2.0 * unit_q * (unit_z * z).sum(-1, keepdims=True)
    return target / length * turned


def apart(x: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Length [b, 1] and direction [b, d] of x [b, d]."""
    length = jnp.sqrt((x**2).sum(-1, keepdims=True) + 1e-12)
    return length, x / length
