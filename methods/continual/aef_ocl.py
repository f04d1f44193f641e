"""AEF-OCL: recursive ridge regression, balanced by pseudo-features before it predicts.

**Source**: Zhuang et al., "Online Analytic Exemplar-Free Continual Learning with Large Models for Imbalanced
Autonomous Driving Task", 2024, https://arxiv.org/abs/2405.17779 (section III-C, pseudo-features generator).

    mean_c, sd_c = running mean and deviation of the backbone's features of class c, n_c its count
    z ~ N(mean_c, diag sd_c^2),    max_k n_k - n_c of them for each class c met so far
    predict with a copy of (R, W) that has learnt the pseudo-features too; the recursion goes on without them

**Differs from the paper**: 1. float32 instead of float64. 2. the copy is made when a phase has been
learnt. 3. at most `spare` pseudo-features are drawn for a class, weighted so that they count as the number wanted.

**Shapes**: n examples, f features, e expanded features, c classes.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench.methods.continual._heads import class_sums
from toybench.methods.continual._ridge import Recursion, Ridge, recurse_over
from toybench.tasks.continual import PhaseStep, expansion, features


class State(NamedTuple):
    """The recursion, weights [e, c] of its balanced copy, and sums of features, of their squares [c, f] and counts."""

    real: Recursion
    balanced: jax.Array
    sums: jax.Array
    squares: jax.Array
    counts: jax.Array


class AEFOCL(Ridge):
    """With equal counts there are no pseudo-features, and it is the plain recursion."""

    noise: float = 1.0  # deviation of pseudo-features over that of features; the authors' code has 1

    spare: int = 100  # pseudo-features drawn for a class at most; the paper's number is not bounded

    paper = "zhuang2024online"

    def init(self, key: jax.Array) -> State:
        e, f, c = self.spec.expanded, self.spec.features, self.spec.classes
        real = Recursion(jnp.eye(e) / self.gamma, jnp.zeros((e, c)))
        return State(real, real.weights, jnp.zeros((c, f)), jnp.zeros((c, f)), jnp.zeros(c))

    def learn(self, state: State, x: jax.Array, y: jax.Array, batch: PhaseStep, key: jax.Array) -> State:
        z, classes = features(self.given, batch.data.x), self.spec.classes
        new_sums, new_counts = class_sums(batch.data, z, classes)
        sums, counts = state.sums + new_sums, state.counts + new_counts
        squares = state.squares + class_sums(batch.data, z**2, classes)[0]
        real = recurse_over(state.real, x, y)
        fake, label = self.pseudo(sums, squares, counts, key)
        return State(real, recurse_over(real, fake, label).weights, sums, squares, counts)

    def pseudo(self, sums: jax.Array, squares: jax.Array, counts: jax.Array, key: jax.Array) -> tuple:
        """Expanded pseudo-features [c * spare, e] and their labels, times the root of what each counts for."""
        n = jnp.maximum(counts, 1.0)[:, None]
        mean = sums / n
        sd = jnp.sqrt(jnp.maximum(squares / n - mean**2, 0.0) * n / jnp.maximum(n - 1, 1.0))
        xi = jax.random.normal(key, (len(counts), self.spare, mean.shape[-1]))
        z = mean[:, None, :] + self.noise * sd[:, None, :] * xi
        wanted = jnp.where(counts > 0, counts.max() - counts, 0.0)[:, None]
        drawn = jnp.arange(self.spare, dtype=wanted.dtype)[None, :] < wanted
        root = jnp.sqrt(jnp.where(drawn, jnp.maximum(wanted / self.spare, 1.0), 0.0)).reshape(-1, 1)
        label = jnp.repeat(jnp.eye(len(counts)), self.spare, axis=0)
        return expansion(self.given, z).reshape(len(label), -1) * root, label * root

    def solution(self, state: State) -> jax.Array:
        return state.real.weights

    def class_scores(self, state: State, x: jax.Array) -> jax.Array:
        return expansion(self.given, features(self.given, x)) @ state.balanced
