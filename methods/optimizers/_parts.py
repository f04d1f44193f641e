"""What the rules of this study share: grids of rates, roles of weights, Adam's averages and the cautious mask.

Weights, gradients and directions are pytrees of float arrays of one structure.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench.blocks.descent import Problem, Role, Weights
from toybench.errors import UsageError

EACH = 4  # rates a decade
EPS = 1e-8  # beside the root, as Adam's authors have it
LEAST = 1e-3  # share of kept coordinates that the rest are divided by at least


def rates(least: float, count: int = 12) -> tuple[float, ...]:
    """So many learning rates from `least` upwards, four a decade, with two digits."""
    return tuple(float(f"{least * 10 ** (i / EACH):.2g}") for i in range(count))


def roles(problem: Problem, weights: Weights) -> list[Role]:
    """The role of every leaf; where the problem names none, matrices are linear maps and the rest are vectors."""
    leaves = jax.tree.leaves(weights)
    return list(problem.roles) or ["linear" if leaf.ndim == 2 else "vector" for leaf in leaves]


def labelled(problem: Problem, weights: Weights) -> Weights:
    """The weights' pytree with their roles in place of the arrays."""
    return jax.tree.unflatten(jax.tree.structure(weights), roles(problem, weights))


class Moments(NamedTuple):
    """Running means of the gradient and of its square, and how many gradients, float []."""

    mean: Weights
    square: Weights
    seen: jax.Array


def blank(weights: Weights) -> Moments:
    """No gradient seen."""
    zero = jax.tree.map(jnp.zeros_like, weights)
    return Moments(mean=zero, square=zero, seen=jnp.zeros(()))


def remember(slots: Moments, gradient: Weights, b1: float, b2: float) -> Moments:
    """The averages with one gradient more."""
    return Moments(
        mean=jax.tree.map(lambda m, g: b1 * m + (1 - b1) * g, slots.mean, gradient),
        square=jax.tree.map(lambda v, g: b2 * v + (1 - b2) * g**2, slots.square, gradient),
        seen=slots.seen + 1,
    )


def adam(slots: Moments, b1: float, b2: float) -> Weights:
    """Adam's direction, both means corrected for their start; 0 before the first gradient."""
    weight = jnp.maximum(1 - b1**slots.seen, EPS)
    spread = jnp.maximum(1 - b2**slots.seen, EPS)
    return jax.tree.map(lambda m, v: m / weight / (jnp.sqrt(v / spread) + EPS), slots.mean, slots.square)


def masked(direction: Weights, gradient: Weights, mask: str, key: jax.Array) -> Weights:
    """The cautious step: each leaf u becomes u m / max(mean(m), 1e-3), where m = [u g > 0].

    `mask` is sign; or random, a control: as large a share of the coordinates, chosen blindly.

    Raises:
      UsageError: it is another one.
    """
    agreeing = jax.tree.map(lambda u, g: (u * g > 0).astype(u.dtype), direction, gradient)
    if mask == "sign":
        return jax.tree.map(kept, direction, agreeing)
    if mask != "random":
        raise UsageError(f"there is no mask '{mask}'; use sign or random.")
    leaves, tree = jax.tree.flatten(agreeing)
    blind = [u < leaf.mean() for u, leaf in zip(blindly(key, leaves), leaves, strict=True)]
    chosen = [b.astype(leaf.dtype) for b, leaf in zip(blind, leaves, strict=True)]
    return jax.tree.map(kept, direction, jax.tree.unflatten(tree, chosen))


def kept(step: jax.Array, mask: jax.Array) -> jax.Array:
    """A step where the mask is 1, the longer the fewer these are."""
    return step * mask / jnp.maximum(mask.mean(), LEAST)


def blindly(key: jax.Array, leaves: list[jax.Array]) -> list[jax.Array]:
    """Uniform numbers of the leaves' shapes, from one draw."""
    drawn = jax.random.uniform(key, (sum(leaf.size for leaf in leaves),))
    ends = [sum(leaf.size for leaf in leaves[: i + 1]) for i in range(len(leaves))]
    return [drawn[end - leaf.size : end].reshape(leaf.shape) for end, leaf in zip(ends, leaves, strict=True)]
