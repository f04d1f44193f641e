"""Primitives in toybench's form give what JAX's own give, to the bit."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jax.extend.random import threefry2x32_p

from toybench.engine import lowering

lowering.install()
KNOWN = (  # key, counter, result: the known answers of the authors' library Random123 for threefry2x32, 20 rounds
    ((0, 0), (0, 0), (0x6B200159, 0x99BA4EFE)),
    ((0xFFFFFFFF, 0xFFFFFFFF), (0xFFFFFFFF, 0xFFFFFFFF), (0x1CB996FC, 0xBB002BE7)),
    ((0x13198A2E, 0x03707344), (0x243F6A88, 0x85A308D3), (0xC4923A9C, 0x483DF7A0)),
)


@pytest.mark.parametrize(("key", "counter", "result"), KNOWN)
def test_threefry_gives_the_known_answers(key: tuple, counter: tuple, result: tuple) -> None:
    words = [np.uint32(v) for v in (*key, *counter)]
    found = jax.jit(threefry2x32_p.bind)(*words)
    assert tuple(int(v) for v in found) == result


def test_bits_that_two_ask_for_are_computed_once() -> None:
    """Written out, they would be computed in the kernels of both; the branch that prevents it must not be resolved."""

    def twice(key: jax.Array) -> tuple[jax.Array, jax.Array]:
        z = jax.random.normal(key, (100,))
        return jnp.tanh(z).sum(), z.max()

    compiled = jax.jit(twice).lower(jax.random.key(0)).compile().as_text()
    assert compiled is not None
    assert compiled.count(" conditional(") == 1


@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 5)])
def test_batched_keys_give_what_single_ones_do(shape: tuple[int, ...]) -> None:
    keys = jax.random.split(jax.random.key(3), 4)
    together = jax.jit(jax.vmap(lambda k: jax.random.bits(k, shape)))(keys)
    assert (together == jnp.stack([jax.random.bits(k, shape) for k in keys])).all()


@pytest.mark.parametrize(("count", "rounds"), [(16, 1), (17, 2), (1024, 3)])
def test_a_long_axis_is_reduced_in_rounds(count: int, rounds: int) -> None:
    lowered = jax.jit(jnp.argmin).lower(np.zeros(count, np.float32)).as_text()
    assert lowered.count("stablehlo.reduce") == rounds


@settings(max_examples=40, deadline=None)
@given(
    shape=st.lists(st.sampled_from([1, 2, 3, 16, 17, 40, 130]), min_size=1, max_size=3),
    dtype=st.sampled_from(["float32", "int32", "uint8", "bool"]),
    special=st.sampled_from([0.0, -0.0, np.nan, np.inf, -np.inf]),
    data=st.data(),
)
def test_arg_extremes_are_numpys(shape: list[int], dtype: str, special: float, data: st.DataObject) -> None:
    """With ties, NaN, infinities and axes of any length and place."""
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    axis = data.draw(st.integers(0, len(shape) - 1))
    x = rng.integers(-2, 3, shape).astype(np.float32)
    if dtype == "float32":
        x[rng.random(shape) < 0.1] = special
    x = np.abs(x).astype(dtype) if dtype == "uint8" else x.astype(dtype)
    for ours, theirs in ((jnp.argmax, np.argmax), (jnp.argmin, np.argmin)):
        np.testing.assert_array_equal(jax.jit(ours, static_argnums=1)(x, axis), theirs(x, axis))
