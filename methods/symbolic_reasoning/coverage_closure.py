"""What follows by exchanging linked fragments, without a network.

**Source**: Chang, Park, Cho, Yang, Ko and Hwang, "The Coverage Principle: A Framework for Understanding Compositional
Generalization", 2025, https://arxiv.org/abs/2505.20278 (authors' code, github.com/kaistAI/coverage-principle:
determine_coverage.py: fragments with enough shared evidence and no contradiction are united, and a triple is covered if
a seen one of its class has its context and its answer).

    answer = the commonest one of seen triples with x3 and a fragment of the class of (x1, x2);  none: the commonest

**Differs from the paper**: 1. there it says which triples are covered, given their answers; here it answers, too.
2. fragments are the first two symbols alone; in this task any other exchange would be chance.

**Shapes**: b triples, N seen ones, n symbols, F fragments.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.tasks.symbolic_reasoning import EVIDENCE, Triples, classes, covered, fragments, links

LITTLE = 1e-4  # of a vote: for the commonest answer, where no other one is at hand


class State(NamedTuple):
    """Class of each fragment int32 [F], votes [F, n, n] of each class and context, and all votes [n]."""

    member: jax.Array
    votes: jax.Array
    all_votes: jax.Array


class CoverageClosure(Method):
    """Its own marks differ from the task's where it asks for other evidence."""

    evidence: int = EVIDENCE  # contexts in which linked fragments agree, 1 or more; 1 in the authors' script

    paper = "chang2025coverage"
    deterministic = True

    def init(self, key: jax.Array) -> State | tuple:
        if not isinstance(self.given, Triples):
            return ()
        symbols = self.spec.symbols
        member = classes(links(self.given, jnp.ones(len(self.given.x)), symbols, self.evidence))
        own = member[fragments(self.given.x, symbols)]
        votes = jnp.zeros((symbols * symbols, symbols, symbols))
        return State(
            member=member,
            votes=votes.at[own, self.given.x[:, 2], self.given.target].add(1.0),
            all_votes=jax.nn.one_hot(self.given.target, symbols).sum(0),
        )

    def answer(self, state: State, x: jax.Array) -> jax.Array:
        own = state.member[fragments(x, self.spec.symbols)]
        return state.votes[own, x[:, 2]] + LITTLE * state.all_votes[None, :]

    def follows(self, state: tuple, triples: Triples, seen: jax.Array) -> jax.Array:
        return covered(triples, seen, self.spec.symbols, self.evidence)
