"""Keys derived by name, on the host: every method meets the same problem and stream at the same seed."""

import hashlib

import jax
import jax.numpy as jnp
import numpy as np


def _digest(names: tuple) -> bytes:
    return hashlib.sha256("/".join(map(str, names)).encode()).digest()


def key(*names: str | int) -> jax.Array:
    """A typed key, shape [], that depends on the names alone."""
    return jax.random.wrap_key_data(jnp.asarray(np.frombuffer(_digest(names)[:8], np.uint32)))


def step_keys(count: int, *names: str | int) -> np.ndarray:
    """Key data for `count` steps, uint32 [count, 2]: no random number is compiled to make them."""
    bits = np.random.Philox(key=int.from_bytes(_digest(names)[:16], "little")).random_raw(max(count, 1))
    return bits.view(np.uint32).reshape(-1, 2)[:count]
