"""Ensembles of networks of finite width, trained by gradient descent on the unit vectors.

**Source**: Back de Luca, Giapitzakis, Fountoulakis: Exact Learning of Permutations for Nonzero Binary Inputs with
Logarithmic Training Size and Quadratic Ensemble Complexity, 2025, https://arxiv.org/abs/2502.16763, abstract, and the
authors' code, opallab/permlearn, `experiment.py`.

    f(x) = V relu(W x) / sqrt(width), all weights N(0, 1)        loss = sum over unit vectors of |f(x) - y|^2 / 2
    gradient descent on all members, each by itself; a bit is one where their mean lies above 0

**Differs from the paper**: 1. 512 units instead of 2,000 a bit. 2. 200 steps at a rate of 0.5 on the summed loss; the
slowest direction decays by 0.58 a step. 3. no biases. 4. 64 members
at most; a larger ensemble is one of 64. 5. networks in the scaling of tangent
kernels; how the code scales its own, in a file that couldn't be read, is not known.

**Shapes**: k bits, n inputs, m ensembles, h members, w units.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks.random import normals
from toybench.tasks.permutation_learning import Shown, inputs

STEPS = 200  # of gradient descent
MOST = 64  # members that seconds suffice for


class Members(NamedTuple):
    """Weights of all members: first layer [h, k, w] and second [h, w, k]."""

    first: jax.Array
    second: jax.Array


class FiniteWidthEnsemble(Method):
    """Trained networks, averaged."""

    lr: float = 0.5  # step size, above 0; below 1.3 for 4 bits

    width: int = 512  # units of a network

    paper = "backdeluca2025exact"

    def init(self, key: jax.Array) -> Members:
        members = min(self.spec.sizes[-1], MOST)
        drawn = normals(key, first=(members, self.spec.bits, self.width), second=(members, self.width, self.spec.bits))
        return Members(first=drawn["first"], second=drawn["second"])

    def update(self, state: Members, batch: Shown, key: jax.Array) -> Members:
        def loss(members: Members) -> jax.Array:
            return 0.5 * ((answers(members, batch.x) - batch.y[None]) ** 2).sum()

        def step(_: int, members: Members) -> Members:
            return jax.tree.map(lambda w, g: w - self.lr * g, members, jax.grad(loss)(members))

        return jax.lax.fori_loop(0, STEPS, step, state)

    def outputs(self, state: Members) -> jax.Array:
        every = answers(state, jnp.asarray(inputs(self.spec.bits), jnp.float32))
        sizes = jnp.minimum(jnp.asarray(self.spec.sizes), len(every))
        return jnp.cumsum(every, axis=0)[sizes - 1] / sizes.astype(every.dtype)[:, None, None]

    def threshold(self, state: Members) -> float:
        return 0.0


def answers(members: Members, x: jax.Array) -> jax.Array:
    """Outputs [h, n, k] of all members at inputs [n, k]."""
    hidden = jax.nn.relu(jnp.einsum("nk,hkw->hnw", x, members.first))
    return jnp.einsum("hnw,hwk->hnk", hidden, members.second) / members.second.shape[1] ** 0.5
