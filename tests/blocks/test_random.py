"""Arrays of one draw: their shapes, that none shares a number with another, and what they are distributed as."""

import jax
import numpy as np
import pytest
from scipy import stats

from toybench.blocks import random

SHAPES = {"matrix": (40, 50), "scalar": (), "vector": (3000,), "nothing": (0, 4)}


@pytest.mark.parametrize("draw", [random.normals, random.uniforms])
def test_every_array_has_its_shape_and_numbers_of_its_own(draw):
    found = draw(jax.random.key(0), **SHAPES)
    assert {name: array.shape for name, array in found.items()} == SHAPES
    every = np.concatenate([np.ravel(array) for array in found.values()])
    assert len(np.unique(every)) > 0.999 * len(every)  # floats of 24 bits collide now and then


def test_they_are_distributed_as_they_say():
    cells = [(random.normals, stats.norm), (random.uniforms, stats.uniform)]
    for draw, law in cells:
        for array in (draw(jax.random.key(1), **SHAPES)[name] for name in ("matrix", "vector")):
            assert stats.kstest(np.ravel(array), law.cdf).pvalue > 1e-3


def test_they_are_one_draw():
    jaxpr = jax.make_jaxpr(lambda key: random.normals(key, **SHAPES))(jax.random.key(0))
    assert str(jaxpr).count("random_bits") == 1
