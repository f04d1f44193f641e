"""What learners of a transition table share: counts of transitions, and draws from their posteriors.

Shapes: n instances, H steps, S states, A actions.
"""

import abc
from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks import mdp
from toybench.tasks.tabular_exploration import Episode, FactoredSpec, Graph, first_variable

PROPOSALS = 3  # of the gamma sampler: all three are rejected about once in 10,000 draws


class State(NamedTuple):
    """Transitions seen [n, S, A, S], and the policy of the next episode [n, H, S, A]."""

    counts: jax.Array
    policy: jax.Array


class Planner(Method, abc.ABC):
    """Counts every transition, and plans anew before every episode, for each instance alone."""

    @abc.abstractmethod
    def plan(self, counts: jax.Array, graph: Graph, key: jax.Array) -> jax.Array:
        """The policy [H, S, A] of the next episode after these transitions [S, A, S]."""

    def fits(self, spec: object) -> str | None:
        return None if isinstance(spec, FactoredSpec) else "it plans with a transition table and a known reward"

    def init(self, key: jax.Array) -> State:
        spec = self.spec
        counts = jnp.zeros((spec.instances, spec.states, spec.actions, spec.states))
        return self.planned(counts, key)

    def update(self, state: State, batch: Episode, key: jax.Array) -> State:
        count = jax.vmap(lambda s, a, s1: mdp.transition_counts(s, a, s1, self.spec.states, self.spec.actions))
        return self.planned(state.counts + count(batch.s, batch.a, batch.s1), key)

    def planned(self, counts: jax.Array, key: jax.Array) -> State:
        """The state with these counts, and with a policy for them."""
        keys = jax.random.split(key, self.spec.instances)
        return State(counts=counts, policy=jax.vmap(self.plan)(counts, self.given, keys))

    def policy(self, state: State) -> jax.Array:
        return state.policy


def best_policy(spec: FactoredSpec, transitions: jax.Array) -> jax.Array:
    """The best policy [H, S, A] for transitions [S, A, S] and the known reward."""
    steps = jnp.broadcast_to(transitions[None], (spec.horizon, *transitions.shape))
    return mdp.greedy(mdp.backward_induction(steps, first_variable(spec))[1])


def log_gamma_draws(key: jax.Array, shape: jax.Array) -> jax.Array:
    """Logarithms of Gamma(shape, 1) draws, elementwise, after Marsaglia and Tsang.

    A draw of shape a is one of shape a + 1 times u^(1/a). Three proposals are made and the first accepted one is taken:
    each is accepted with probability 0.95 or more, and there is no loop.
    """
    drawn = jax.random.normal(key, (2 * PROPOSALS + 1, *shape.shape))
    uniform = jax.scipy.stats.norm.cdf(drawn[PROPOSALS:])
    z = drawn[:PROPOSALS]
    third = shape + 2 / 3
    v = (1 + z / jnp.sqrt(9 * third)[None]) ** 3
    log_v = jnp.log(jnp.maximum(v, 1e-30))
    fine = (v > 0) & (jnp.log(uniform[1:]) < 0.5 * z**2 + third[None] * (1 - v + log_v))
    first = jnp.argmax(fine, axis=0)
    return jnp.log(third) + jnp.take_along_axis(log_v, first[None], axis=0)[0] + jnp.log(uniform[0]) / shape


def dirichlet(key: jax.Array, counts: jax.Array) -> jax.Array:
    """Draws from Dirichlet(counts) along the last axis."""
    return jax.nn.softmax(log_gamma_draws(key, counts), axis=-1)


def every_parent(spec: FactoredSpec) -> jax.Array:
    """The belief [n, V, P] of a model in which a variable depends on all others."""
    return jnp.ones((spec.instances, spec.variables, spec.candidates))
