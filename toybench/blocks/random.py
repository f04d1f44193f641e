"""Random arrays of several shapes from one draw.

On CPU one draw under `vmap` takes seconds to compile, whatever its size: a learner that draws once compiles faster
than one that draws for every array.
"""

import itertools
import math

import jax

Shape = tuple[int, ...]


def normals(key: jax.Array, **shapes: Shape) -> dict[str, jax.Array]:
    """Standard normal arrays of these shapes, by name."""
    sizes = map(math.prod, shapes.values())
    return _cut(jax.random.normal(key, (sum(sizes),)), shapes)


def uniforms(key: jax.Array, **shapes: Shape) -> dict[str, jax.Array]:
    """Arrays of these shapes, uniform in [0, 1), by name."""
    sizes = map(math.prod, shapes.values())
    return _cut(jax.random.uniform(key, (sum(sizes),)), shapes)


def _cut(flat: jax.Array, shapes: dict[str, Shape]) -> dict[str, jax.Array]:
    """Consecutive parts of a vector, each in its shape."""
    ends = list(itertools.accumulate(map(math.prod, shapes.values())))
    starts = [0, *ends[:-1]]
    return {
        name: flat[start:end].reshape(shape)
        for (name, shape), start, end in zip(shapes.items(), starts, ends, strict=True)
    }
