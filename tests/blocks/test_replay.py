"""The ring of a replay memory against a list."""

import jax
import jax.numpy as jnp
import numpy as np

from toybench.blocks import replay


def test_keeps_the_newest() -> None:
    memory = replay.empty({"x": jnp.zeros(2), "n": jnp.int32(0)}, 5)
    kept: list[int] = []
    for first in range(0, 12, 3):
        items = {"x": jnp.full((3, 2), float(first)), "n": first + jnp.arange(3, dtype=jnp.int32)}
        memory = replay.add(memory, items)
        kept = [*kept, first, first + 1, first + 2][-5:]
        stored = np.asarray(memory.items["n"])[: int(memory.size)]
        assert sorted(stored.tolist()) == kept
    assert int(memory.size) == 5


def test_draws_only_what_is_there() -> None:
    memory = replay.add(replay.empty(jnp.int32(0), 100), jnp.arange(1, 5, dtype=jnp.int32))
    drawn = replay.sample(memory, jax.random.uniform(jax.random.key(0), (400,)))
    assert set(np.asarray(drawn).tolist()) == {1, 2, 3, 4}
    assert int(replay.sample(memory, jnp.float32(0.9999999)[None])[0]) == 4
    nothing = replay.sample(replay.empty(jnp.float32(7.0), 3), jnp.array([0.5]))
    assert float(nothing[0]) == 0.0
