"""Ranks states by the mean step at which random walks from the goal meet them, computed without a network.

**Source**: Chervov, Khoruzhii and others, "A Machine Learning Approach That Beats Large Rubik's Cubes", 2025,
https://arxiv.org/abs/2502.13266 (authors' code, github.com/khoruzhii/cayleypy-cube, `generate_random_walks` of
pilgrim/trainer.py): what its regression would come to with all walks and all functions.

    f(s) = sum_k k P(state_k = s) / sum_k P(state_k = s),    k = 1..l

**Differs from the paper**: 1. powers of the walk's matrix over all 40,320 states take the network's place, which no
puzzle of a real size allows. 2. states that no walk meets have the score l.

**Shapes**: m states, t tiles.
"""

import jax

from toybench import Method
from toybench.methods.combinatorial_search import _tables as tables


class ExactWalkExpectation(Method):
    """What the network's error costs is read off against it."""

    length: int = 28  # moves of a walk, the diameter

    deterministic = True

    def rank(self, state: tuple, rows: jax.Array) -> jax.Array:
        return tables.look_up(tables.expected_step(self.spec.tiles, self.length), rows)
