"""The Riemann distribution: a histogram over fixed bars, with half-normal tails.

Shapes: k bars, the two tails included; k - 1 borders.
"""

import math
from statistics import NormalDist

import jax
import jax.numpy as jnp
import numpy as np

from toybench.tasks.in_context._regression import FunctionSpec, hyperparameters


def borders(spec: FunctionSpec, bars: int) -> tuple[np.ndarray, float]:
    """Borders [k-1] between bars of equal mass under the prior predictive, and the scale of the tails.

    Half of a tail's prior mass lies within the half-normal's median of the outermost border.
    """
    _, scale, weight = hyperparameters(spec, scales=15)
    grid = np.linspace(-60.0, 60.0, 20001)
    normal = np.vectorize(math.erf)
    deviation = np.sqrt(scale.astype(np.float64) ** 2 + float(spec.noise) ** 2)
    mass = sum(w * 0.5 * (1 + normal(grid / (s * 2**0.5))) for w, s in zip(weight, deviation, strict=True))
    at = np.interp(np.append(np.arange(1, bars) / bars, 1 - 0.5 / bars), mass, grid)
    return at[:-1].astype(np.float32), float((at[-1] - at[-2]) / NormalDist().inv_cdf(0.75))


def log_density(logits: jax.Array, y: jax.Array, edges: np.ndarray, tail: float) -> jax.Array:
    """Log density [...] at y [...] of the Riemann distribution with `logits` [..., k].

    A bar is uniform; below the first border and above the last a half-normal of scale `tail` takes over.
    """
    e = jnp.asarray(edges)
    bar = jnp.searchsorted(e, y)  # 0 and k - 1 are the tails
    mass = jnp.take_along_axis(jax.nn.log_softmax(logits), bar[..., None], axis=-1)[..., 0]
    inside = -jnp.log(e[1:] - e[:-1])[jnp.clip(bar - 1, 0, len(edges) - 2)]
    beyond = jnp.maximum(jnp.maximum(e[0] - y, y - e[-1]), 0.0) / tail
    half_normal = 0.5 * math.log(2 / math.pi) - math.log(tail) - 0.5 * beyond**2
    return mass + jnp.where((bar == 0) | (bar == len(edges)), half_normal, inside)
