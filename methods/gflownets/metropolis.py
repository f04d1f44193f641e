"""Metropolis: parallel chains of single changes, accepted by the ratio of rewards; nothing is learned.

**Source**: Metropolis, Rosenbluth, Rosenbluth, Teller and Teller, "Equation of state calculations by fast computing
machines", 1953, https://doi.org/10.1063/1.1699114.

    accept y instead of x with probability min(1, R(y) / R(x)),   y a symmetric move away from x

**Differs from the paper**: 1. one chain an object of the batch, each starting where a uniform policy ends. 2. its law
is the share of the chains' states after the first `burn` rounds; its samples are the chains' last states.

**Shapes**: t edges, b chains, s entries of a state, m cells, n samples.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks.random import uniforms
from toybench.methods.gflownets._flow import draw
from toybench.tasks.gflownets import SAMPLES, Spec, Strings, Trajectories, retrace, uniform_law


class State(NamedTuple):
    """Chains int32 [b, s] and their log rewards [b], the round, visits [m] and recent states [SAMPLES / b, b, s]."""

    chains: jax.Array
    log_reward: jax.Array
    round: jax.Array
    visits: jax.Array
    recent: jax.Array


class Metropolis(Method):
    """Parallel chains that accept a single change by the ratio of rewards."""

    burn: int = 20  # rounds that don't count for the law

    def fits(self, spec: Spec) -> str | None:
        return None if spec.complete else "a chain needs the reward of every object"

    def init(self, key: jax.Array) -> State:
        graph = self.spec.graph
        b = self.spec.batch
        u = jax.random.uniform(key, (graph.length, b))
        chains = walk_uniformly(graph, u)
        cells = 0 if isinstance(graph, Strings) else len(graph.every())
        return State(
            chains=chains,
            log_reward=jnp.full(b, -jnp.inf),  # the first move is accepted
            round=jnp.zeros((), jnp.int32),
            visits=jnp.zeros(cells),
            recent=jnp.broadcast_to(chains[None], (SAMPLES // b, *chains.shape)),
        )

    def propose(self, state: State, key: jax.Array) -> jax.Array:
        graph = self.spec.graph
        b = self.spec.batch
        drawn = uniforms(key, moves=(b, 2), paths=(graph.length, b))
        objects = jax.vmap(graph.neighbour)(state.chains, drawn["moves"])
        return retrace(graph, objects, drawn["paths"])

    def update(self, state: State, batch: Trajectories, key: jax.Array) -> State:
        graph = self.spec.graph
        rounds = len(state.recent)
        u = jax.random.uniform(key, state.log_reward.shape)
        accept = u < jnp.exp(batch.log_reward - state.log_reward)
        chains = jnp.where(accept[:, None], batch.states[-1], state.chains)
        visits = jnp.where(state.round == self.burn, 0.0, state.visits)
        if not isinstance(graph, Strings):
            visits = visits.at[jax.vmap(graph.cell)(chains)].add(1.0)
        return State(
            chains=chains,
            log_reward=jnp.where(accept, batch.log_reward, state.log_reward),
            round=state.round + 1,
            visits=visits,
            recent=state.recent.at[state.round % rounds].set(chains),
        )

    def law(self, state: State) -> jax.Array:
        total = state.visits.sum()
        return jnp.where(total > 0, state.visits / jnp.maximum(total, 1.0), uniform_law(self.spec.graph))

    def samples(self, state: State, key: jax.Array) -> jax.Array:
        return state.recent.reshape(SAMPLES, -1)


def walk_uniformly(graph: Any, u: jax.Array) -> jax.Array:
    """Objects int32 [b, s] at the ends of trajectories with uniform actions, by u [t, b]."""

    def step(state: jax.Array, u: jax.Array) -> tuple[jax.Array, None]:
        action = draw(jax.vmap(graph.allowed)(state).astype(jnp.float32), u)
        return jax.vmap(lambda s, a: jnp.where(graph.terminal(s), s, graph.step(s, a)))(state, action), None

    root = graph.root()
    return jax.lax.scan(step, jnp.broadcast_to(root, (u.shape[1], len(root))), u)[0]
