"""Small problems with known gradients, and rules run on them step by step."""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from toybench.blocks.descent import Descent, Problem, Start, State


@dataclass(frozen=True)
class Given(Problem):
    """<g, w>, where the batch is g: the gradient is the batch."""

    roles = ("vector", "linear")

    def losses(self, weights: dict, batch: dict) -> jax.Array:
        return sum((batch[k] * w).sum() for k, w in weights.items())[None]


@dataclass(frozen=True)
class Pull(Problem):
    """Half the squared distance to the batch, coordinates weighted 1, 2, 3, ... in each row."""

    roles = ("vector", "linear")

    def losses(self, weights: dict, batch: dict) -> jax.Array:
        return sum((0.5 * stiffness(w) * (w - batch[k]) ** 2).sum() for k, w in weights.items())[None]


def stiffness(leaf: Any) -> Any:
    """1, 2, 3, ... along the last axis."""
    return jnp.broadcast_to(jnp.arange(1.0, leaf.shape[-1] + 1), leaf.shape)


RANDOM = np.random.default_rng(5)
ROWS = 3
COLUMNS = 5


def leaves(scale: float = 1.0, rows: int = ROWS, columns: int = COLUMNS) -> dict[str, np.ndarray]:
    """A bias and a map."""
    drawn = {"bias": RANDOM.normal(size=columns), "map": RANDOM.normal(size=(rows, columns))}
    return {k: (scale * v).astype(np.float32) for k, v in drawn.items()}


START = leaves()
BATCHES = [leaves() for _ in range(6)]


def rule(cls: type[Descent], problem: Problem | None = None, start: dict | None = None, **fields: Any) -> Descent:
    """A method bound to a small problem, at a constant rate unless told otherwise."""
    told = {"lr": 0.1, "schedule": "constant", "warmup": 0.0, **fields}
    weights = jax.tree.map(jnp.asarray, start or START)
    return cls(spec=problem or Given(), given=Start(weights=weights), steps=len(BATCHES), **told)


def states(bound: Descent, batches: list[dict], seed: int = 0) -> list[State]:
    """The states after each batch."""
    found = []
    with jax.disable_jit():  # compiling takes longer than a few steps
        state = bound.init(jax.random.key(seed))
        for i, batch in enumerate(batches):
            state = bound.update(state, jax.tree.map(jnp.asarray, batch), jax.random.key(i))
            found.append(state)
    return found


def path(bound: Descent, batches: list[dict], leaf: str = "map") -> np.ndarray:
    """One leaf of the judged weights after each batch."""
    return np.stack([np.asarray(bound.weights(state)[leaf]) for state in states(bound, batches)])


def directions(bound: Descent, batches: list[dict], leaf: str = "map") -> np.ndarray:
    """What is subtracted at each step, over the rate, one leaf; decay has to be 0."""
    points = np.stack([np.asarray(bound.given.weights[leaf]), *path(bound, batches, leaf)])
    return (points[:-1] - points[1:]) / float(bound.lr)
