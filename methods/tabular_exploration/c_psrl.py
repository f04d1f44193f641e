"""Posterior sampling over graphs, then over tables: draws the parents of every variable, the tables, and plans.

**Source**: Mutti, De Santi, Restelli, Marx and Ramponi, "Exploiting Causal Graph Priors with Posterior Sampling for
Reinforcement Learning", 2023, https://arxiv.org/abs/2310.07518 (C-PSRL). The abstract and the reviewers' accounts of
algorithm 1 were read: a hyper-posterior over the factorisations that contain the known edges, at most Z parents each.

    Z_v ~ p(Z | data) in proportion to  prod_rows B(prior + n_row) / B(prior),  over the sets that hold what is known
    P(x_v = 1 | row of Z_v) ~ Beta(prior + n(row, 1), prior + n(row, 0));  policy = argmax_pi V_1^pi(P)

**Differs from the paper**: 1. sets have exactly the true size, and are equally probable before. 2. the reward is
known, and so is its parent. 3. the prior count is tuned.

**Shapes**: n instances, H steps, S states, A actions, V state variables, P candidates, q parents, m sets, r = 2^q
rows.
"""

from itertools import combinations

import jax
import jax.numpy as jnp
import numpy as np

from toybench.methods.tabular_exploration._counts import Planner, State, best_policy, dirichlet
from toybench.tasks.tabular_exploration import Graph, bits, factored_transitions, joint_values


class CPsrl(Planner):
    """Two levels of Bayes: parent sets, and tables given them."""

    prior: float = 0.5  # count of either value in a row before anything is seen, above 0; 1/2 made the worlds

    known: int = 0  # parents of each variable that it is told of, 0 to q; the paper's prior graph

    paper = "mutti2023exploiting"
    space = {"prior": (0.003, 0.01, 0.03, 0.1, 0.2, 0.3, 0.5, 1.0, 3.0)}

    def plan(self, counts: jax.Array, graph: Graph, key: jax.Array) -> jax.Array:
        first, second = jax.random.split(key)
        seen = self.rows_seen(counts)
        scores = self.log_weights(seen, graph)
        chosen = jax.random.categorical(first, scores)  # [V]
        own = seen[jnp.arange(len(chosen)), chosen]
        tables = dirichlet(second, own + self.prior)[..., 1]  # [V, r]
        member = jnp.asarray(self.row_of(), counts.dtype)[chosen]  # [V, S, A, r]
        return best_policy(self.spec, factored_transitions(jnp.einsum("vsar,vr->vsa", member, tables)))

    def sets(self) -> np.ndarray:
        """All parent sets, int [m, q]."""
        return np.asarray(list(combinations(range(self.spec.candidates), self.spec.degree)))

    def row_of(self) -> np.ndarray:
        """Which row of a set's table a state and action belong to, one-hot [m, S, A, r]."""
        spec = self.spec
        values = joint_values(spec)[:, :, self.sets()]  # [S, A, m, q]
        row = (values * 2 ** np.arange(spec.degree)[::-1]).sum(-1)
        return np.moveaxis(np.eye(2**spec.degree)[row], 2, 0)

    def rows_seen(self, counts: jax.Array) -> jax.Array:
        """How often each value of each variable followed each row of each set: [V, m, r, 2]."""
        values = jnp.asarray(bits(self.spec.variables), counts.dtype)
        both = jnp.stack([1 - values, values])
        seen = jnp.einsum("sat,wtv->vsaw", counts, both)
        return jnp.einsum("vsaw,msar->vmrw", seen, jnp.asarray(self.row_of(), counts.dtype))

    def log_weights(self, seen: jax.Array, graph: Graph) -> jax.Array:
        """Log-probability of the data [V, m] under each set of parents, -inf where a known parent lacks."""
        lgamma = jax.scipy.special.gammaln
        each = lgamma(seen + self.prior) - lgamma(self.prior)
        total = lgamma(seen.sum(-1) + 2 * self.prior) - lgamma(2 * self.prior)
        told = graph.parents[:, None, : self.known, None]  # [V, 1, known, 1]
        holds = (jnp.asarray(self.sets())[None, :, None, :] == told).any(-1).all(-1)
        return jnp.where(holds, (each.sum(-1) - total).sum(-1), -jnp.inf)

    def parents(self, state: State) -> jax.Array:
        """Posterior chance that each candidate is among the parents."""

        def belief(counts: jax.Array, graph: Graph) -> jax.Array:
            weights = jax.nn.softmax(self.log_weights(self.rows_seen(counts), graph), axis=-1)
            members = jax.nn.one_hot(self.sets(), self.spec.candidates).sum(1)
            return weights @ members

        return jax.vmap(belief)(state.counts, self.given)
