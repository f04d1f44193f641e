"""Non-negative factors of the tensor of affinities (windows, animals, pairs), then communities in each factor.

**Source**: Dyballa, Lang, Haslund-Gourley, Yemini and Zucker, "Learning dynamic representations of the functional
connectome in neurobiological networks", 2024, https://arxiv.org/abs/2402.14102: its abstract, introduction, and figure
3's caption; method sections were not found. Multiplicative steps: Lee and Seung, "Algorithms for Non-negative Matrix
Factorization", 2000, theorem 1, on each side of the tensor in turn (from memory).

    a_ij(t, animal) ~ sum over r of course_r(t) share_r(animal) pattern_r(ij)
    course <- course * (A_(1) K) / (course K^T K),  K = share times pattern by columns; the others alike

Two communities of each pattern are its groups; its course is their activity.

**Differs from the paper**: 1. Affinities compare levels in windows; theirs compare rates of change, and were not
read. 2. Two communities a pattern by modularity; there, a nested weighted block model. 3. The number of factors is
tuned, as every rival's is.

**Shapes**: t windows, a animals, n units, p pairs, r factors.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from toybench import Method
from toybench.blocks.random import uniforms
from toybench.methods.temporal_graphs._communities import SMALL, two_groups


class Factors(NamedTuple):
    """Courses [t, r], shares [a, r] and patterns [p, r]."""

    courses: jax.Array
    shares: jax.Array
    patterns: jax.Array


def refined(data: jax.Array, factors: Factors) -> Factors:
    """One multiplicative step of each side, for data [t, a, p]; the squared error doesn't rise."""
    sides = list(factors)
    letters = "tap"
    for i in range(3):
        j = (i + 1) % 3
        k = (i + 2) % 3
        terms = f"tap,{letters[j]}r,{letters[k]}r->{letters[i]}r"
        wanted = jnp.einsum(terms, data, sides[j], sides[k])
        gram = (sides[j].T @ sides[j]) * (sides[k].T @ sides[k])
        sides[i] = sides[i] * wanted / (sides[i] @ gram + SMALL)
    return Factors(courses=sides[0], shares=sides[1], patterns=sides[2])


class NTFCommunities(Method):
    """Factors first, groups in each of them after."""

    factors: int = 2  # of the tensor, 1 or more
    rounds: int = 200  # multiplicative steps

    paper = "dyballa2024learning"
    space = {"factors": (1, 2, 3, 4, 5, 6)}

    def pairs(self) -> jax.Array:
        """The tensor [t, a, p] of pairs i < j."""
        i, j = np.triu_indices(self.spec.units, 1)
        return self.given[:, :, i, j]

    def init(self, key: jax.Array) -> Factors:
        data = self.pairs()
        t, a, p = data.shape
        drawn = uniforms(key, courses=(t, self.factors), shares=(a, self.factors), patterns=(p, self.factors))
        start = Factors(courses=drawn["courses"], shares=drawn["shares"], patterns=drawn["patterns"])
        return jax.lax.fori_loop(0, self.rounds, lambda _, now: refined(data, now), start)

    def groups(self, state: Factors) -> tuple[jax.Array, jax.Array]:
        i, j = np.triu_indices(self.spec.units, 1)
        graphs = jnp.zeros((self.factors, self.spec.units, self.spec.units)).at[:, i, j].set(state.patterns.T)
        members = two_groups(graphs + jnp.swapaxes(graphs, 1, 2))  # [r, n, 2]
        scale = jnp.sqrt((state.shares**2).sum(0) * (state.patterns**2).sum(0))
        activity = jnp.repeat(state.courses * scale[None, :], 2, axis=1)
        return jnp.moveaxis(members, 0, 1).reshape(self.spec.units, -1), activity
