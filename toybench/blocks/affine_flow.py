"""Affine coupling flows: a stack of layers with inverse, log-determinant and groups that don't leak into each other.

A layer moves some coordinates by a scale and a shift that a small network reads off the others:

    y_i = x_i exp(s_i) + t_i  where i moves,  y_i = x_i elsewhere        s, t = network(x where it stays, condition)

All layers have one shape and are run by a scan, so that the number of layers costs nothing to compile.

Shapes: l layers, n points, d coordinates, c entries of a condition, h width.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench.blocks.random import normals

BOUND = 2.0  # of log-scales: each layer stretches by exp(2) at most, so that it keeps the weight of tails


class Couplings(NamedTuple):
    """Parameters of all layers: a network [d + c, h, h, 2 d] each, its kernels and biases stacked over layers."""

    first: jax.Array  # [l, d + c, h]
    first_bias: jax.Array  # [l, h]
    second: jax.Array  # [l, h, h]
    second_bias: jax.Array  # [l, h]
    last: jax.Array  # [l, h, 2 d]
    last_bias: jax.Array  # [l, 2 d]


def couplings(key: jax.Array, layers: int, dims: int, width: int, condition: int = 0) -> Couplings:
    """Random layers, kernels N(0, 1 / fan-in) and biases 0.

    A last kernel of 0, the identity, would be a saddle for symmetric targets that noisy gradients do not leave.
    """
    inputs = dims + condition
    noise = normals(key, first=(layers, inputs, width), second=(layers, width, width), last=(layers, width, 2 * dims))
    return Couplings(
        first=noise["first"] / inputs**0.5,
        first_bias=jnp.zeros((layers, width)),
        second=noise["second"] / width**0.5,
        second_bias=jnp.zeros((layers, width)),
        last=noise["last"] / width**0.5,
        last_bias=jnp.zeros((layers, 2 * dims)),
    )


def digit_masks(layers: int, dims: int) -> jax.Array:
    """Which coordinates move, bool [l, d]: those with a binary digit 0, then 1, of one digit after another.

    Any two coordinates differ in a digit, so that after a round of all digits each has seen each.
    """
    digits = max((dims - 1).bit_length(), 1)
    layer = jnp.arange(layers)[:, None]
    return (jnp.arange(dims)[None, :] >> (layer // 2 % digits)) % 2 == layer % 2


def couple(
    layer: Couplings,
    moves: jax.Array,
    x: jax.Array,
    inverse: bool = False,
    groups: jax.Array | None = None,
    condition: jax.Array | None = None,
) -> tuple[jax.Array, jax.Array]:
    """(points [n, d], logarithms of the Jacobian's diagonal [n, d]) after one layer, or after undoing it.

    Its Jacobian is triangular, so that the log-determinant is the sum of the latter. `groups`, int [d]: a coordinate
    depends on those of its own and lower groups alone. Half of the hidden units then serve group 0.
    """
    dims = x.shape[1]
    seen = jnp.where(moves[None, :], 0.0, x)
    inputs = seen if condition is None else jnp.concatenate([seen, condition], axis=1)
    first = layer.first
    second = layer.second
    last = layer.last
    if groups is not None:
        width = second.shape[0]
        unit = (jnp.arange(width) >= width // 2).astype(groups.dtype)
        entries = jnp.concatenate([groups, jnp.zeros(inputs.shape[1] - dims, groups.dtype)])
        first = jnp.where(entries[:, None] <= unit[None, :], first, 0.0)
        second = jnp.where(unit[:, None] <= unit[None, :], second, 0.0)
        last = jnp.where(unit[:, None] <= jnp.tile(groups, 2)[None, :], last, 0.0)
    hidden = jax.nn.silu(inputs @ first + layer.first_bias[None, :])
    hidden = jax.nn.silu(hidden @ second + layer.second_bias[None, :])
    out = hidden @ last + layer.last_bias[None, :]
    scale = jnp.where(moves[None, :], BOUND * jnp.tanh(out[:, :dims] / BOUND), 0.0)
    shift = jnp.where(moves[None, :], out[:, dims:], 0.0)
    if inverse:
        return (x - shift) * jnp.exp(-scale), -scale
    return x * jnp.exp(scale) + shift, scale


def transform(
    flow: Couplings,
    moves: jax.Array,
    x: jax.Array,
    inverse: bool = False,
    groups: jax.Array | None = None,
    condition: jax.Array | None = None,
) -> tuple[jax.Array, jax.Array]:
    """(points [n, d], log |det| [n]) after all layers in their order, or after undoing them in reverse."""

    def step(carry: tuple[jax.Array, jax.Array], each: tuple[Couplings, jax.Array]) -> tuple:
        points, volume = carry
        points, diagonal = couple(each[0], each[1], points, inverse, groups, condition)
        return (points, volume + diagonal.sum(1)), None

    (points, volume), _ = jax.lax.scan(step, (x, jnp.zeros(len(x))), (flow, moves), reverse=inverse)
    return points, volume


def carry_force(
    flow: Couplings, moves: jax.Array, x: jax.Array, force: jax.Array, inverse: bool = False
) -> tuple[jax.Array, jax.Array]:
    """(points y [n, d], gradient [n, d] at y of the logarithm of the density that points have after the flow).

    `force` is that gradient at x before the flow. A layer with Jacobian J turns g into J^-T (g - grad log |det J|)
    (Vaitl et al. 2024, algorithm 1): where a coordinate moves the diagonal alone counts, and elsewhere one
    vector-Jacobian product gives both terms, so that nothing is inverted.
    """

    def step(carry: tuple[jax.Array, jax.Array], each: tuple[Couplings, jax.Array]) -> tuple:
        points, gradient = carry
        layer, moved = each
        (after, diagonal), pull = jax.vjp(lambda p: couple(layer, moved, p, inverse), points)
        above = jnp.where(moved[None, :], gradient * jnp.exp(-diagonal), 0.0)
        (pulled,) = pull((above, jnp.ones_like(diagonal)))
        return (after, jnp.where(moved[None, :], above, gradient - pulled)), None

    (points, gradient), _ = jax.lax.scan(step, (x, force), (flow, moves), reverse=inverse)
    return points, gradient
