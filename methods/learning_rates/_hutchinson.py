"""The Hessian's diagonal, followed from batch to batch by random signs.

Shapes: those of the task's weights; k probes.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from toybench.blocks import curvature

Weights = Any

PROBES = 10  # whose mean the diagonal starts at


def follow_diagonal(
    loss: Callable[[Weights], jax.Array],
    weights: Weights,
    before: Weights,
    beta: jax.Array | float,
    done: jax.Array,
    key: jax.Array,
) -> Weights:
    """beta D + (1 - beta) z * (H z), D being `before`, or in the first update the mean of PROBES such probes."""
    probe_key, first_key = jax.random.split(key)

    def first() -> Weights:
        keys = jax.random.split(first_key, PROBES)
        found = jax.lax.map(lambda k: curvature.diagonal(loss, weights, k), keys)
        return jax.tree.map(lambda leaf: leaf.mean(0), found)

    known = jax.lax.cond(done == 0, first, lambda: before)
    probe = curvature.diagonal(loss, weights, probe_key)
    return jax.tree.map(lambda d, z: beta * d + (1 - beta) * z, known, probe)


def truncated(diagonal: Weights, floor: jax.Array | float) -> Weights:
    """max(|D|, floor)."""
    return jax.tree.map(lambda d: jnp.maximum(jnp.abs(d), floor), diagonal)
