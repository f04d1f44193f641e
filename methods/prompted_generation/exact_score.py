"""Reference: the exact denoiser of the scenes of a place and a style, which are normal.

**Source**: ours. Given place and style a scene is an affine map of the identity, plus grain.

    x | place, style ~ N(mean, slope slope' + grain^2);  E[x | x_t] = mean + gain(t) (x_t - alpha mean)

**Differs from the paper**: there is none.

**Shapes**: n scenes, i numbers of an identity.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks.diffusion import level
from toybench.tasks.prompted_generation import DIMS, GRAIN, IDENTITY, PATH, compose, follow_path


def law(place: jax.Array, style: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Means [n, 16] of the scenes of places and styles, and slopes [n, i, 16] by the identity's numbers."""
    still = jnp.zeros((len(place), DIMS))

    def scene(identity: jax.Array) -> jax.Array:
        return compose(jnp.tile(identity[None], (len(place), 1)), place, style, still)

    mean = scene(jnp.zeros(IDENTITY))
    return mean, jnp.stack([scene(row) for row in jnp.eye(IDENTITY)], 1) - mean[:, None]


class ExactScore(Method):
    """DDIM with the exact denoiser."""

    deterministic = True

    def paint(self, state: Any, start: jax.Array, place: jax.Array, style: jax.Array) -> jax.Array:
        mean, slope = law(place, style)
        covariance = jnp.einsum("nid,nie->nde", slope, slope) + GRAIN**2 * jnp.eye(DIMS)[None]

        def predict(x: jax.Array, t: jax.Array) -> jax.Array:
            at = level(PATH, t)
            noised = at.alpha**2 * covariance + at.sigma**2 * jnp.eye(DIMS)[None]
            gap = jnp.linalg.solve(noised, (x - at.alpha * mean)[..., None])
            return mean + at.alpha * (covariance @ gap)[..., 0]

        return follow_path(predict, start)
