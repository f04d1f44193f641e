"""Personalised path recourse: plans for the goal, likeness to the original path and likelihood under the policy.

**Source**: Hong and Wang, "Personalized Path Recourse", 2023, https://arxiv.org/abs/2312.08724. Only the abstract and
the first paragraphs of the introduction (versions 2 and 3) could be read: rewards consider the goal, the similarity to
the original path, and personalisation under the agent's policy function. How the authors weigh and train is not known.

    maximise  prize [s_H = goal] - similarity edits(path, original) + personal sum_t log pi_t(a_t | s_t)

The edits are counted by the planner: beside the cell it knows how many cells of the original are dealt with. A move's
cell is inserted, or it replaces the next cell of the original, for nothing where they are equal; others are deleted.

**Differs from the paper**: 1. exact soft dynamic programming instead of a trained agent. 2. the form of the rewards and
their weights are ours; the prize follows from the weights, so that no detour is too dear. 3. similarity is the
Levenshtein distance of the cells. With `temperature` near 0 the planned path is the best one; above it the edits are at
most those that were planned.

**Shapes**: S cells, A moves, H moves of a path, J = H + 1 numbers of dealt cells.
"""

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.tasks.recourse import Case, walk

UNLIKELY = 8.0  # nats of a move: the prize of the goal is worth a path of such moves, and all of its edits


class PersonalRecourse(Method):
    """The three rewards at weights of the user's choice."""

    similarity: float = 1.0  # price of an edit, 0 or more
    personal: float = 1.0  # price of a nat of log-likelihood, 0 or more
    temperature: float = 0.1  # of the plan, above 0; low values choose among the best paths

    paper = "hong2023personalized"

    def path(self, state: tuple, case: Case, key: jax.Array) -> jax.Array:
        price, planned = self.plan(case)

        def step(now: tuple[jax.Array, jax.Array], plan: tuple) -> tuple[tuple[jax.Array, jax.Array], jax.Array]:
            here, done = now
            value, choices, own = plan
            move = jax.random.categorical(own, choices[here, :, done]).astype(jnp.int32)
            there = self.given[here, move]
            return (there, (value[there] - price[there, done]).argmax().astype(jnp.int32)), move

        keys = jax.random.split(key, self.spec.length)
        return jax.lax.scan(step, (case.start, jnp.int32(0)), (*planned, keys))[1]

    def plan(self, case: Case) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
        """Prices [S, J, J] of edits; values [H, S, J] after each move, and logits [H, S, A, J] of the moves."""
        _, original = walk(self.given, case.start, case.original)
        price = prices(original, self.spec.cells, self.similarity)
        undealt = jnp.arange(self.spec.length + 1, dtype=jnp.float32)[::-1]
        prize = self.spec.length * (1 + self.similarity + UNLIKELY * self.personal)
        reached = jnp.where(jnp.arange(self.spec.cells) == case.goal, prize, 0.0)

        def back(value: jax.Array, policy: jax.Array) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
            edited = (value[:, None, :] - price).max(-1)
            q = (self.personal * jnp.log(policy)[:, :, None] + edited[self.given]) / self.temperature
            return self.temperature * jax.nn.logsumexp(q, axis=1), (value, q)

        end = reached[:, None] - self.similarity * undealt[None, :]
        _, planned = jax.lax.scan(back, end, case.policy, reverse=True)
        return price, planned


def prices(original: jax.Array, cells: int, edit: float | jax.Array) -> jax.Array:
    """Least price [S, J, J] of edits that take the number of dealt cells from one to another while a cell is entered.

    From j to j: the entered cell is inserted. To k > j: it replaces the (k - 1)-th cell of the original, counted from
    0, and those between are deleted. No way leads back: infinity.
    """
    dealt = jnp.arange(len(original) + 1)
    differs = (original[None, :] != jnp.arange(cells)[:, None]).astype(jnp.float32)
    replaced = jnp.pad(differs, ((0, 0), (1, 0)))[:, None, :]
    more = (dealt[None, :] - dealt[:, None]).astype(jnp.float32)[None]
    forward = jnp.where(more > 0, more - 1 + replaced, 1.0)
    return jnp.where(more < 0, jnp.inf, edit * forward)
