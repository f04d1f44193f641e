"""What the untrained stacks share: square weights, normalisation over the batch, and one layer after another.

Shapes: b points, n units, l layers; b = n.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks.random import normals

Step = Callable[[jax.Array, jax.Array], jax.Array]


class Untrained(Method):
    """Random weights [l, n, n]; a subclass draws them and says what a layer does."""

    def layers(self, state: jax.Array) -> jax.Array:
        return state


def squares(spec: object, key: jax.Array) -> jax.Array:
    """Standard normal matrices [l, n, n]."""
    return normals(key, w=(spec.depth, spec.width, spec.width))["w"]  # type: ignore[attr-defined]


def gaussian(noise: jax.Array) -> jax.Array:
    """Weights of variance 1 / n."""
    return noise / noise.shape[-1] ** 0.5


def orthogonal(noise: jax.Array) -> jax.Array:
    """Orthogonal matrices, uniformly distributed, from normal ones."""
    q, r = jnp.linalg.qr(noise)
    return q * jnp.sign(jnp.diagonal(r, axis1=-2, axis2=-1))[..., None, :]


def batch_norm(h: jax.Array) -> jax.Array:
    """h [b, n] with every unit over its root mean square over the batch: no mean is taken away. Zeros stay zeros."""
    square = (h**2).mean(0, keepdims=True)
    return h / jnp.sqrt(jnp.where(square > 0, square, 1.0))


def run(step: Step, layers: jax.Array, x: jax.Array) -> jax.Array:
    """x [b, n] after every layer; `step` is given activations times weights, and the layer's number from 1."""
    number = jnp.arange(1, len(layers) + 1).astype(x.dtype)
    out, _ = jax.lax.scan(lambda h, part: (step(h @ part[0], part[1]), None), x, (layers, number))
    return out
