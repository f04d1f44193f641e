"""Markov state model: transitions counted on cells, bridges by forward and backward sums.

**Source**: the reference of Jing et al., "Generative Modeling of Molecular Dynamics Trajectories", NeurIPS 2024,
https://arxiv.org/abs/2409.17808; the authors' code, `scripts/analyze_peptide_tps.py` (`sample_tp` on the transition
matrix of shorter runs).

    P[i, j] = transitions from i to j / transitions from i
    p(s_t+1 | s_t, last)  proportional to  P[s_t, s_t+1] P^(f-2-t)[s_t+1, last]

**Differs from the paper**: 1. equal cells of a line instead of clusters. 2. counted on the windows that the trained
methods see. 3. 0.01 transitions to a cell itself and its neighbours are assumed, so that no row is empty. 4. a path is
uniform within its cells.

**Shapes**: b windows, f frames, c cells, q pairs of ends, k paths a pair.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks.random import uniforms
from toybench.tasks.process_generation import Windows
from toybench.tasks.process_generation._bridge import cell_of, centres, sample_bridges

ASSUMED = 0.01  # transitions between neighbours


class Counts(NamedTuple):
    """Transitions [c, c] seen so far, those assumed included."""

    params: jax.Array


class MarkovStateModel(Method):
    """Bridges of a chain whose matrix was counted."""

    states: int = 24  # cells

    space = {"states": (16, 24, 32, 48, 64, 96)}
    deterministic = True  # init ignores its key on purpose

    def init(self, key: jax.Array) -> Counts:
        place = jnp.arange(self.states)
        near = jnp.abs(place[:, None] - place[None, :]) <= 1
        return Counts(params=jnp.where(near, ASSUMED, 0.0))

    def update(self, state: Counts, batch: Windows, key: jax.Array) -> Counts:
        cells = cell_of(batch.frames, self.states, self.spec.reach)
        pairs = cells[:, :-1] * self.states + cells[:, 1:]
        weight = jnp.broadcast_to(batch.weight[:, None], pairs.shape)
        seen = jnp.zeros(self.states**2).at[pairs.reshape(-1)].add(weight.reshape(-1))
        return Counts(params=state.params + seen.reshape(self.states, self.states))

    def bridge(self, state: Counts, key: jax.Array, ends: jax.Array, count: int) -> jax.Array:
        matrix = state.params / state.params.sum(-1, keepdims=True)
        cells = jnp.repeat(cell_of(ends, self.states, self.spec.reach), count, 0)
        shape = (self.spec.frames - 2, cells.shape[0])
        u = uniforms(key, path=shape, within=shape)
        visited = sample_bridges(u["path"], matrix, cells[:, 0], cells[:, 1])
        wide = 2 * self.spec.reach / self.states
        positions = centres(self.states, self.spec.reach)[visited] + (u["within"] - 0.5) * wide
        return positions.T.reshape(-1, count, self.spec.frames - 2)
