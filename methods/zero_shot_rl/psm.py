"""Proto successor measures: an affine basis of the measures of all policies, and a linear program for a reward in it.

**Source**: Agarwal, Sikchi, Stone and Zhang, "Proto Successor Measure: Representing the Space of All Possible Solutions
of Reinforcement Learning", 2024, https://arxiv.org/abs/2411.19418, in its abstract, and by a port of the authors' code:
`agents/affine_psm.py` and its specification in the repository amsks/PSMFlows (head, loss, codebook, constraints).

    M^pi(s, a, t) = sum_i Phi_i(s, a, t) w_i + b(s, a, t),   for policies of a codebook
    max_w mean_{s, a} sum_t M(s, a, t) r(t)  so that  M >= 0 everywhere;   pi(s) = argmax_a sum_t M(s, a, t) r(t)

**Differs from the paper**: 1. the basis is fitted to exact measures in the counted model: b is their mean, Phi their
principal directions, where the authors learn all three by temporal differences. 2. The codebook is drawn by a fair die,
in place of a hash of seed and state; `mixed` has the best policies for random goals in its half, which the paper's has
not. 3. The Lagrangian is solved by primal-dual steps with one multiplier for every entry, where they train a network.
4. Every pair that was seen counts alike in the objective. As in the port, and
unlike the paper's theorem, measures are of states and not of pairs. A pair that was never seen has a measure of 0.

**Shapes**: S states, A actions, n policies, d directions.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks import mdp
from toybench.methods.zero_shot_rl._model import best_actions, codebook, count_model

STEPS = 600  # of the linear program, primal and dual: its gain is then within 2 % of the exact one
STABLE = 0.9  # product of the two step sizes, below 1 as the directions are orthonormal
REACH = 0.03  # primal step as a share of the spread: solutions of pilots were far nearer to the mean than policies
TINY = 1e-12  # keeps a square root above 0


class Basis(NamedTuple):
    """Orthonormal directions [S A S, d], the mean measure [S A S], and the root mean square distance from it, []."""

    directions: jax.Array
    mean: jax.Array
    spread: jax.Array


def affine_basis(measures: jax.Array, dims: int) -> Basis:
    """The affine set of `dims` dimensions nearest to measures [n, S A S]."""
    mean = measures.mean(0)
    centred = measures - mean[None, :]
    squares, weights = jnp.linalg.eigh(centred @ centred.T)
    scale = jnp.sqrt(jnp.maximum(squares[-dims:], TINY))
    return Basis(
        directions=centred.T @ (weights[:, -dims:] / scale[None, :]),
        mean=mean,
        spread=jnp.sqrt((centred**2).sum(1).mean() + TINY),
    )


def best_measure(basis: Basis, gain: jax.Array) -> jax.Array:
    """The measure [S A S] of the basis that is nowhere negative and has the most of gain [S A S].

    Chambolle and Pock's steps (2011) on max_w min_{l >= 0} gain'(Phi w) + l'(Phi w + b).
    """
    ascent = gain @ basis.directions
    ascent = ascent / jnp.sqrt((ascent**2).sum() + TINY)
    primal = STABLE * REACH * basis.spread
    dual = 1 / (REACH * basis.spread)

    def step(_: int, now: tuple[jax.Array, jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array, jax.Array]:
        w, ahead, price = now
        price = jnp.maximum(price - dual * (basis.directions @ ahead + basis.mean), 0.0)
        moved = w + primal * (ascent + price @ basis.directions)
        return moved, 2 * moved - w, price

    start = jnp.zeros(basis.directions.shape[1])
    w, _, _ = jax.lax.fori_loop(0, STEPS, step, (start, start, jnp.zeros(basis.mean.shape)))
    return basis.directions @ w + basis.mean


class PSM(Method):
    """A basis of the codebook's measures."""

    codebook: str = "random"  # the paper's, or mixed: half of it the best policies for random goals
    policies: int = 256  # of the codebook; the authors' is indexed by strings of bits
    dims: int = 16  # directions; the authors' is 50

    paper = "agarwal2024proto"

    def init(self, key: jax.Array) -> Basis:
        model = count_model(self.spec, self.given)
        policies = codebook(key, self.spec, model, self.policies, mixed=self.codebook == "mixed")
        measures = mdp.occupancy(model.transitions, policies, self.spec.discount)
        return affine_basis(measures.reshape(self.policies, -1), self.dims)

    def policy_for(self, state: Basis, reward: jax.Array) -> jax.Array:
        seen = count_model(self.spec, self.given).seen
        gain = seen[:, :, None] * reward[None, None, :] / seen.sum()
        measure = best_measure(state, gain.reshape(-1)).reshape(gain.shape)
        return best_actions(measure @ reward)
