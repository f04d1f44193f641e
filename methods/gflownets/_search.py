"""Local search: partly undo the objects bought last and rebuild them, for any objective.

Shapes: t edges, b objects, s entries of a state.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench.methods.gflownets._flow import FlowNetwork, State
from toybench.tasks.gflownets import Spec, Trajectories, follow, retrace


class Walk(NamedTuple):
    """Current objects int32 [b, s], their log rewards [b], a path to each by P_B int32 [t, b], and the round."""

    objects: jax.Array
    log_reward: jax.Array
    path: jax.Array
    round: jax.Array


class LocalSearch(FlowNetwork):
    """Every (rebuilds + 1)th round buys fresh objects; the rounds between undo and rebuild the end of the current ones.

    Mix it in before an objective.
    """

    rebuilds: int = 7  # I, rounds of rebuilding after a fresh one; the paper: 7
    undone: int = 6  # K, edges that are undone and rebuilt; the paper: about half of the trajectory
    accept: str = "greedy"  # which rebuilt objects replace the current ones: greedy, metropolis or barker

    def fits(self, spec: Spec) -> str | None:
        graph = spec.graph
        if not spec.complete or not has_fixed_length(graph):
            return "local search needs complete trajectories of one length"
        return super().fits(spec)

    @property
    def kept(self) -> int:
        """Edges of a path that stay."""
        return max(self.spec.graph.length - self.undone, 0)

    def init(self, key: jax.Array) -> State:
        graph, b = self.spec.graph, self.spec.batch
        walk = Walk(
            objects=jnp.zeros((b, len(graph.root())), jnp.int32),
            log_reward=jnp.zeros(b),
            path=jnp.zeros((graph.length, b), jnp.int32),
            round=jnp.zeros((), jnp.int32),
        )
        return super().init(key)._replace(walk=walk)

    def propose(self, state: State, key: jax.Array) -> jax.Array:
        """Exploration is for fresh objects only, as in the authors' code."""
        fresh = state.walk.round % (self.rebuilds + 1) == 0
        u = jax.random.uniform(key, state.walk.path.shape)
        keep = jnp.where(fresh, 0, self.kept)
        return self.rollout(state.params, u, jnp.where(fresh, self.epsilon, 0.0), state.walk.path, keep)

    def update(self, state: State, batch: Trajectories, key: jax.Array) -> State:
        search, learn = jax.random.split(key)
        walk = self.move(state, batch, search)
        return super().update(state, batch, learn)._replace(walk=walk)

    def move(self, state: State, batch: Trajectories, key: jax.Array) -> Walk:
        """The walk after the rebuilt objects were accepted or not, with a new path to each object."""
        walk, graph = state.walk, self.spec.graph
        u = jax.random.uniform(key, (graph.length + 1, len(walk.log_reward)))
        ratio = batch.log_reward - walk.log_reward
        if self.accept != "greedy":
            ratio = ratio + self.ways(state.params, walk.path) - self.ways(state.params, batch.actions)
        moved = (walk.round % (self.rebuilds + 1) == 0) | (u[0] < acceptance(self.accept, ratio))
        objects = jnp.where(moved[:, None], batch.states[-1], walk.objects)
        return Walk(
            objects=objects,
            log_reward=jnp.where(moved, batch.log_reward, walk.log_reward),
            path=retrace(graph, objects, u[1:]),
            round=walk.round + 1,
        )

    def ways(self, params: Any, actions: jax.Array) -> jax.Array:
        """log P_F - log P_B [b] of the undone part of paths [t, b]."""
        graph, (t, b) = self.spec.graph, actions.shape
        states = follow(graph, actions)
        log_pf, _ = self.heads(params, states[:-1].reshape(t * b, -1))
        forward = jnp.take_along_axis(log_pf, actions.reshape(-1, 1), axis=1).reshape(t, b)
        backward = -jnp.log(jax.vmap(jax.vmap(graph.parents))(states[1:]).astype(jnp.float32))
        return (forward - backward)[self.kept :].sum(0)


def acceptance(rule: str, log_ratio: jax.Array) -> jax.Array:
    """Probability of accepting a rebuilt object.

    Args:
      log_ratio: log of R(y) P_B(s | y) P_F(x | s) / (R(x) P_B(s | x) P_F(y | s)); for `greedy` of R(y) / R(x).
    """
    if rule == "greedy":
        return (log_ratio > 0).astype(log_ratio.dtype)
    if rule == "metropolis":
        return jnp.exp(jnp.minimum(log_ratio, 0.0))
    if rule == "barker":
        return jax.nn.sigmoid(log_ratio)
    raise ValueError(f"accept takes greedy, metropolis or barker, got {rule!r}.")


def has_fixed_length(graph: Any) -> bool:
    """Whether every path from the root to a complete object has the same number of edges."""
    return not hasattr(graph, "axes")
