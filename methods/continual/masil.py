"""MASIL: class means explained by concepts, and a classifier that is the simplex frame nearest to them.

**Source**: Khandelwal, "MASIL: Towards Maximum Separable Class Representation for Few Shot Class Incremental
Learning", 2023, https://arxiv.org/abs/2304.05362 (concept factorisation; simplex classifier; fine-tuning).

    base session:    M ~ S B, non-negative: means M [c, f], codes S [c, k], concepts B [k, f]
    novel session:   s = argmin_{s >= 0} |z - s B|^2 of each shot z; a class's mean is its mean code times B
    W = E Q, E the simplex frame, Q orthonormal with the least |E Q - projected means|
    then fine-tune the projection on shots and stored (raw) means:  1/2 (<w_y, g(z)> - 1)^2

**Differs from the paper**: 1. fine-tuning trains a linear projection of the frozen features. 2. features are centred at
the mean of the base classes before the projection. 3. the frame is solved anew in each session, for the classes so far.

**Shapes**: b batch, n examples, f features, c classes, k concepts.
"""

import jax
import jax.numpy as jnp

from toybench.methods.continual._simplex import Projection, State, nearest_frame
from toybench.tasks.continual import PhaseStep

SOLVES = 200  # multiplicative steps of the factorisation, and of the codes


def codes_of(z: jax.Array, basis: jax.Array, start: jax.Array) -> jax.Array:
    """Non-negative codes [n, k] that fit z [n, f] with concepts [k, f], by multiplicative steps."""
    pull, push = z @ basis.T, basis @ basis.T
    return jax.lax.fori_loop(0, SOLVES, lambda _, s: s * pull / (s @ push + 1e-9), start)


def factorise(means: jax.Array, basis: jax.Array) -> jax.Array:
    """Concepts [k, f] of non-negative vectors [c, f], by Lee and Seung's steps from `basis`."""

    def step(_: int, both: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        s, b = both
        s = s * (means @ b.T) / (s @ (b @ b.T) + 1e-9)
        return s, b * (s.T @ means) / (s.T @ s @ b + 1e-9)

    start = jnp.ones((len(means), len(basis)))
    return jax.lax.fori_loop(0, SOLVES, step, (start, basis))[1]


class MASIL(Projection):
    """Stores concepts and class means, no example."""

    concepts: int = 8  # k; fewer than base classes

    paper = "khandelwal2023masil"
    space = {"lr": (0.001, 0.003, 0.01)}

    def extra(self, key: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Concepts [k, f], and the class means [c, f] that they explain."""
        basis = jax.random.uniform(key, (self.concepts, self.spec.features), minval=0.5, maxval=1.5)
        return basis, jnp.zeros((self.spec.classes, self.spec.features))

    def begin(self, state: State, batch: PhaseStep, z: jax.Array, new: jax.Array) -> State:
        basis, explained = state.extra
        start = basis * (state.means.sum() / new.sum().astype(jnp.float32) / basis.sum())
        basis = jax.lax.cond(batch.phase == 0, lambda: factorise(state.means, start), lambda: basis)
        codes = codes_of(z, basis, jnp.ones((len(z), self.concepts))) * batch.data.weight[:, None]
        member = jax.nn.one_hot(batch.data.y, self.spec.classes) * batch.data.weight[:, None]
        mean = member.T @ codes @ basis / jnp.maximum(member.sum(0), 1.0)[:, None]
        explained = jnp.where(new[:, None], mean, explained)
        rows = nearest_frame(batch.seen, self.project(state, state.params, explained))
        return state._replace(params={**state.params, "rows": rows}, extra=(basis, explained))
