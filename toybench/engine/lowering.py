"""Two primitives of JAX, written for XLA's CPU compiler so that it makes few and fast kernels of them.

The results are the same to the bit as those of JAX's own forms (tests/test_lowering.py), in a half to a tenth of the
time (`python benchmarks/speed/primitives.py`).
"""

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.extend.random import threefry2x32_p
from jax.interpreters import mlir

GROUP = 8  # XLA writes out a reduction of so few elements, and then works on several rows at once


def threefry(key1: jax.Array, key2: jax.Array, x1: jax.Array, x2: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Threefry-2x32 of 20 rounds (Salmon et al., 2011), written out: one kernel.

    For CPU, JAX writes a loop of five turns with a dozen kernels in each. Written out without more, XLA would compute
    the bits again for each of their users; it doesn't look into a branch whose condition it can't decide.
    """
    shape = jnp.broadcast_shapes(key1.shape, x1.shape)
    always = lax.population_count(key1).max(initial=0) <= 32
    return lax.cond(always, _rounds, lambda *_: (jnp.zeros(shape, jnp.uint32),) * 2, key1, key2, x1, x2)


def _rounds(key1: jax.Array, key2: jax.Array, x1: jax.Array, x2: jax.Array) -> tuple[jax.Array, jax.Array]:
    keys = (key1, key2, key1 ^ key2 ^ jnp.uint32(0x1BD11BDA))
    a = x1 + keys[0]
    b = x2 + keys[1]
    for turn in range(5):
        for shift in ((13, 15, 26, 6), (17, 29, 16, 24))[turn % 2]:
            a = a + b
            b = a ^ (b << shift | b >> (32 - shift))
        a = a + keys[(turn + 1) % 3]
        b = b + keys[(turn + 2) % 3] + jnp.uint32(turn + 1)
    return a, b


def arg_extreme(x: jax.Array, *, axes: tuple[int, ...], index_dtype: Any, largest: bool) -> jax.Array:
    """Index of the first largest or smallest element along an axis, NaN before all: in rounds of eight at a time.

    JAX writes one reduction over pairs of value and index, which XLA does element after element.
    """
    (axis,) = axes
    pairs = x, lax.broadcasted_iota(index_dtype, x.shape, axis)
    worst = _worst(x.dtype, largest), np.array(np.iinfo(index_dtype).max, index_dtype)

    def better(a: Any, b: Any) -> Any:
        ahead = a[0] > b[0] if largest else a[0] < b[0]
        tie = (a[0] == b[0]) | (a[0] != a[0]) & (b[0] != b[0])
        take = ahead | (a[0] != a[0]) & (b[0] == b[0]) | tie & (a[1] < b[1])
        return lax.select(take, a[0], b[0]), lax.select(take, a[1], b[1])

    while (count := pairs[0].shape[axis]) > 2 * GROUP:
        rest = -count % GROUP
        shape = (*x.shape[:axis], GROUP, (count + rest) // GROUP, *x.shape[axis + 1 :])
        whole = (lax.concatenate([v, lax.slice_in_dim(v, 0, rest, axis=axis)], axis).reshape(shape) for v in pairs)
        pairs = lax.reduce(tuple(whole), worst, better, (axis,))
    return lax.reduce(pairs, worst, better, (axis,))[1]


def _worst(dtype: Any, largest: bool) -> np.ndarray:
    """What any element is at least as good as."""
    if jnp.issubdtype(dtype, jnp.bool_):
        return np.array(not largest)
    known = np.iinfo(dtype) if jnp.issubdtype(dtype, jnp.integer) else None
    least = known.min if known else -np.inf
    most = known.max if known else np.inf
    return np.array(least if largest else most, dtype)


def install() -> None:
    """Put them in force for the process, on CPU."""
    for primitive, rule, several in (
        (threefry2x32_p, threefry, True),
        (lax.argmax_p, functools.partial(arg_extreme, largest=True), False),
        (lax.argmin_p, functools.partial(arg_extreme, largest=False), False),
    ):
        mlir.register_lowering(primitive, mlir.lower_fun(rule, multiple_results=several), platform="cpu")
