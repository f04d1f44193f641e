"""What the causal methods share: regressions of every node on its believed parents, and optimism about the reward.

Shapes: n instances, v nodes, a = 2^v interventions; regressors are the intercept and the v nodes: r = v + 1.
"""

import abc
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.tasks.bandits.causal_interventions import CausalSpec, Outcome, switches

RIDGE = 1.0  # penalty of every regression, in units of the noise's variance

LATE = 1e6  # score that puts the reward behind every other node
TAKEN = 1e9  # score that takes no node twice
LEAST_SQUARES = 1e-3  # of residuals, so that scores stay finite


class State(NamedTuple):
    """Moments of the regressors by node and mechanism [n, v, 2, r, r], and of them with the node [n, v, 2, r]; inverse
    designs for the believed parents [n, v, 2, r, r]; moments of (1, switched) by node and mechanism [n, v, 2, r, r],
    and of them with the node [n, v, 2, r]; believed edges, bool [n, v, v]; the round."""

    square: jax.Array
    cross: jax.Array
    inverse: jax.Array
    design: jax.Array
    effect: jax.Array
    edges: jax.Array
    step: jax.Array


class CausalUCB(Method, abc.ABC):
    """Linear structural equations with the graph `first_edges`, which `learn_edges` replaces after `exploring` rounds.

    While exploring, interventions are random. Then the value of one is the reward's mean under the fitted equations,
    and its width adds up what each equation may be wrong by at the predicted means of its parents, times the total
    effect of that node on the reward: c sum_i |dY / dX_i| |(1, m_parents(i))|_{V_i^-1}.
    """

    c: float = 1.0  # factor of the width, standard deviations of the noise

    deterministic = True

    @property
    @abc.abstractmethod
    def exploring(self) -> int:
        """Rounds that are spent on the graph."""

    @abc.abstractmethod
    def first_edges(self) -> jax.Array:
        """Edges that the model starts with: bool [n, v, v]."""

    @abc.abstractmethod
    def learn_edges(self, state: State) -> jax.Array:
        """Edges after the last exploring round: bool [n, v, v]."""

    def init(self, key: jax.Array) -> State:
        n, v = self.spec.instances, self.spec.nodes
        edges = self.first_edges()
        r = v + 1
        eye = jnp.broadcast_to(jnp.eye(r) / RIDGE, (n, v, 2, r, r))
        return State(
            square=jnp.zeros((n, v, 2, r, r)),
            cross=jnp.zeros((n, v, 2, r)),
            inverse=eye,
            design=jnp.zeros((n, v, 2, r, r)),
            effect=jnp.zeros((n, v, 2, r)),
            edges=edges,
            step=jnp.zeros((), jnp.int32),
        )

    def update(self, state: State, batch: Outcome, key: jax.Array) -> State:
        one = jnp.ones((len(batch.values), 1))
        x = jnp.concatenate([one, batch.values], axis=1)
        s = jnp.concatenate([one, batch.switched], axis=1)
        mechanism = jnp.stack([1 - batch.switched, batch.switched], axis=-1)  # [n, v, 2]
        z = mechanism[..., None] * (regressors(state.edges) * x[:, None])[:, :, None]  # 0 in the other mechanism
        gain = (state.inverse * z[..., None, :]).sum(-1)
        shrink = 1 / (1 + (gain * z).sum(-1))[..., None, None]
        state = state._replace(
            square=state.square + squares(mechanism, x),
            cross=state.cross + mechanism[..., None] * (x[:, None] * batch.values[:, :, None])[:, :, None],
            inverse=state.inverse - shrink * gain[..., :, None] * gain[..., None, :],
            design=state.design + squares(mechanism, s),
            effect=state.effect + mechanism[..., None] * (s[:, None] * batch.values[:, :, None])[:, :, None],
            step=state.step + 1,
        )
        if not self.exploring:
            return state
        return jax.lax.cond(state.step == self.exploring, self.conclude, lambda s: s, state)

    def conclude(self, state: State) -> State:
        """The state with the learned edges, and the regressions on them of all rounds so far."""
        edges = self.learn_edges(state)
        return state._replace(edges=edges, inverse=inverse_designs(state, edges))

    def intervene(self, state: State, key: jax.Array) -> jax.Array:
        v = self.spec.nodes
        bits = switches(v)
        weights = coefficients(state, state.edges, state.inverse)
        w = jnp.where(bits[None, :, :, None] > 0, weights[:, None, :, 1], weights[:, None, :, 0])  # [n, a, v, r]
        mean = w[..., 0]
        reward = jnp.broadcast_to(jnp.eye(v)[-1], mean.shape)
        total = reward  # grows to the reward's row of (I - W)^-1
        for _ in range(v - 1):
            mean = w[..., 0] + (w[..., 1:] * mean[..., None, :]).sum(-1)
            total = reward + (w[..., 1:] * total[..., :, None]).sum(-2)
        point = jnp.concatenate([jnp.ones((*mean.shape[:2], 1)), mean], axis=-1)
        z = regressors(state.edges)[:, None] * point[:, :, None]  # [n, a, v, r]
        wide = jnp.einsum("nair,nimrs,nais->naim", z, state.inverse, z)
        wide = jnp.sqrt(jnp.maximum(jnp.where(bits[None] > 0, wide[..., 1], wide[..., 0]), 0.0))
        upper = mean[..., -1] + self.c * (jnp.abs(total) * wide).sum(-1)
        best = jnp.argmax(upper, axis=-1).astype(jnp.int32)
        random = jax.random.randint(key, best.shape, 0, len(bits))
        return jnp.where(state.step < self.exploring, random, best)

    def edges(self, state: State) -> jax.Array:
        return state.edges

    def structure_rounds(self, state: State) -> jax.Array:
        return jnp.full(self.spec.instances, jnp.minimum(state.step, self.exploring).astype(jnp.float32))


def squares(mechanism: jax.Array, x: jax.Array) -> jax.Array:
    """x x' [n, r, r] for the mechanism that every node has in this round: [n, v, 2, r, r]."""
    return mechanism[..., None, None] * (x[:, :, None] * x[:, None, :])[:, None, None]


def regressors(edges: jax.Array) -> jax.Array:
    """Which regressors a node's equation has: float [n, v, r]; the intercept always."""
    return jnp.pad(edges.astype(jnp.float32), ((0, 0), (0, 0), (1, 0)), constant_values=1.0)


def inverse_designs(state: State, edges: jax.Array) -> jax.Array:
    """Inverse designs [n, v, 2, r, r] of the regressions on the parents that `edges` allows."""
    open_ = regressors(edges)[:, :, None]
    masked = state.square * open_[..., :, None] * open_[..., None, :]
    return jnp.linalg.inv(masked + jnp.broadcast_to(RIDGE * jnp.eye(masked.shape[-1]), masked.shape))


def coefficients(state: State, edges: jax.Array, inverse: jax.Array) -> jax.Array:
    """Ridge coefficients by node and mechanism: [n, v, 2, r]."""
    open_ = regressors(edges)[:, :, None]
    return open_ * (inverse * (open_ * state.cross)[..., None, :]).sum(-1)


def no_edges(spec: CausalSpec) -> jax.Array:
    """A graph without edges: bool [n, v, v]."""
    return jnp.zeros((spec.instances, spec.nodes, spec.nodes), bool)


def ancestors(state: State, threshold: Any) -> jax.Array:
    """Believed ancestors, free of rings: bool [n, child, ancestor].

    Random interventions tell whom a switch moves: a node's descendants, and nobody else. An order is built from its
    first node on: next is the node that switches of those left move least. Ancestors of a node are those before it
    whose switch moves it by more than the threshold, in standard errors. The reward is last.
    """
    score = effect_scores(state)
    n, v = score.shape[:2]
    last = (jnp.arange(v) == v - 1).astype(jnp.float32)[None]
    left = jnp.ones((n, v))
    before = jnp.zeros((n, v, v), bool)
    for _ in range(v):
        moved = (score**2 * left[:, None, :]).sum(-1) + LATE * last + TAKEN * (1 - left)
        first = jax.nn.one_hot(jnp.argmin(moved, axis=-1), v)
        before = before | ((first[:, :, None] > 0) & (left[:, None, :] == 0))
        left = left - first
    return before & (score > threshold)


def effect_scores(state: State) -> jax.Array:
    """How much switching j moves the mean of i, in standard errors: [n, i, j], 0 for i = j.

    Under either mechanism of i, since an average over both may cancel: the root of the sum of both squared scores,
    each from a regression of i on all switches. Without an effect its square has a chi-squared law of 2 degrees.
    """
    v = state.effect.shape[1]
    inverse = jnp.linalg.inv(state.design + jnp.broadcast_to(RIDGE * jnp.eye(v + 1), state.design.shape))
    beta = (inverse * state.effect[..., None, :]).sum(-1)
    own = jnp.moveaxis(jnp.diagonal(state.square[..., 1:, 1:], axis1=-2, axis2=-1), 2, 1)  # [n, 2, v, v]: of each node
    square = jnp.moveaxis(jnp.diagonal(own, axis1=-2, axis2=-1), 1, 2)  # [n, v, 2]: of the node itself
    freedom = jnp.maximum(state.design[..., 0, 0] - v, 1.0)
    variance = jnp.maximum(square - (beta * state.effect).sum(-1), LEAST_SQUARES) / freedom
    score = beta**2 / (variance[..., None] * jnp.diagonal(inverse, axis1=-2, axis2=-1))
    return jnp.sqrt(score[..., 1:].sum(2)) * (1 - jnp.eye(v))[None]
