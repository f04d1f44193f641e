"""What learners against changing losses share: estimates of linear action values, their uncertainty, two regularisers.

Shapes: n instances, H steps, S states, A actions, d features.
"""

import abc
from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks import mdp
from toybench.tasks.tabular_exploration import Episode, LinearSpec, Simulator

RIDGE = 1e-3  # added to covariances of features; the paper's gamma, of the order of 1 / episodes
NEWTON = 10  # steps to the normaliser of a log-barrier policy; exact to float32 after 7


class State(NamedTuple):
    """Sum of the estimated action values, less bonuses, and the policy of the next episode, both [n, H, S, A]."""

    total: jax.Array
    policy: jax.Array


class PolicyOptimizer(Method, abc.ABC):
    """Follows the regularised leader in every state: estimates the values of an episode, then answers with a policy."""

    @abc.abstractmethod
    def estimate(self, simulator: Simulator, policy: jax.Array, batch: Episode) -> jax.Array:
        """What an episode of a policy adds to the sums of one instance, [H, S, A]."""

    @abc.abstractmethod
    def respond(self, total: jax.Array) -> jax.Array:
        """The policy for sums, both [n, H, S, A]."""

    def fits(self, spec: object) -> str | None:
        return None if isinstance(spec, LinearSpec) else "it estimates action values that are linear in given features"

    def init(self, key: jax.Array) -> State:
        spec = self.spec
        total = jnp.zeros((spec.instances, spec.horizon, spec.states, spec.actions))
        return State(total=total, policy=self.respond(total))

    def update(self, state: State, batch: Episode, key: jax.Array) -> State:
        total = state.total + jax.vmap(self.estimate)(self.given, state.policy, batch)
        return State(total=total, policy=self.respond(total))

    def policy(self, state: State) -> jax.Array:
        return state.policy


class Estimate(NamedTuple):
    """What one episode tells about the values of one instance.

    Attributes:
      pull: phi(x, a)' Sigma_h^-1 phi(s_h, a_h) of every state and action, [H, S, A].
      q: pull times the losses from step h on: the unbiased estimate but for the ridge, [H, S, A].
      width: phi(x, a)' Sigma_h^-1 phi(x, a), [H, S, A].
      visits: chance of each state and action under the policy, [H, S, A].
      whitened: Sigma_h^-1 phi(x, a), [H, S, A, d].
    """

    pull: jax.Array
    q: jax.Array
    width: jax.Array
    visits: jax.Array
    whitened: jax.Array


def estimated(simulator: Simulator, policy: jax.Array, batch: Episode) -> Estimate:
    """Linear estimates from one episode of a policy [H, S, A], with exact covariances Sigma [H, d, d]."""
    phi = simulator.features
    visits = mdp.visits(simulator.transitions, policy, simulator.start)
    covariance = jnp.einsum("hsa,sad,sae->hde", visits, phi, phi) + RIDGE * jnp.eye(phi.shape[-1])[None]
    whitened = jnp.einsum("hde,sae->hsad", inverse(covariance), phi)
    pull = jnp.einsum("hsad,hd->hsa", whitened, phi[batch.s, batch.a])
    to_go = jnp.cumsum(batch.r[::-1])[::-1]
    width = jnp.einsum("hsad,sad->hsa", whitened, phi)
    return Estimate(pull=pull, q=pull * to_go[:, None, None], width=width, visits=visits, whitened=whitened)


def dilated_bonus(simulator: Simulator, policy: jax.Array, width: jax.Array, scale: jax.Array) -> jax.Array:
    """B [H, S, A] of Luo et al. (2021): b_h(x, a) + (1 + 1 / H) E B_{h+1}(x', a'), with a' of the policy.

    b_h(x, a) = scale (width_h(x, a) + E_{a' of the policy} width_h(x, a')).
    """
    longer = 1 + 1 / policy.shape[0]
    own = scale * (width + mdp.expected(width, policy)[..., None])

    def back(value: jax.Array, step: tuple[jax.Array, jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        bonus = mdp.q_values(step[0], step[1], value, longer)
        return mdp.expected(bonus, step[2]), bonus

    end = jnp.zeros(policy.shape[1])
    return jax.lax.scan(back, end, (simulator.transitions, own, policy), reverse=True)[1]


def inverse(matrices: jax.Array) -> jax.Array:
    """Inverses of positive definite matrices [..., d, d], by Gauss and Jordan, which is fast for many small ones."""
    size = matrices.shape[-1]
    eye = jnp.broadcast_to(jnp.eye(size, dtype=matrices.dtype), matrices.shape)
    both = jnp.concatenate([matrices, eye], axis=-1)
    for i in range(size):
        row = both[..., i, :] / both[..., i, i, None]
        both = both - both[..., :, i, None] * row[..., None, :]
        both = both.at[..., i, :].set(row)
    return both[..., size:]


def log_barrier(total: jax.Array, rate: jax.Array) -> jax.Array:
    """argmin over p of <p, total> + sum_a log(1 / p_a) / rate, along the last axis.

    p_a = 1 / (rate (total_a - min total) + y), where y in [1, A] makes the sum 1; Newton's steps from 1 rise to it.
    """
    above = rate * (total - total.min(-1, keepdims=True))

    def step(_: int, y: jax.Array) -> jax.Array:
        p = 1 / (above + y)
        return y + (p.sum(-1, keepdims=True) - 1) / (p**2).sum(-1, keepdims=True)

    y = jax.lax.fori_loop(0, NEWTON, step, jnp.ones(total.shape[:-1] + (1,)))
    p = 1 / (above + y)
    return p / p.sum(-1, keepdims=True)


def hedge(total: jax.Array, rate: jax.Array) -> jax.Array:
    """Exponential weights along the last axis."""
    return jax.nn.softmax(-rate * total, axis=-1)
