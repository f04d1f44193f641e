"""Steps from one level of a path to the next.

Shapes: n points, d coordinates.
"""

import jax

from toybench.blocks.diffusion import Level
from toybench.errors import UsageError
from toybench.tasks.probability_paths import Parts, velocity

SOLVERS = ("euler", "ddim")


def advance(solver: str, x: jax.Array, known: Parts, here: Level, there: Level, step: jax.Array) -> jax.Array:
    """Points [n, d] at the next level: along the field for a time (`euler`), or with their parts kept (`ddim`)."""
    if solver == "euler":
        return x + step * velocity(here, known)
    if solver == "ddim":
        return there.alpha * known.clean + there.sigma * known.noise
    raise UsageError(f"solver is {solver!r}; use one of {', '.join(SOLVERS)}.")
