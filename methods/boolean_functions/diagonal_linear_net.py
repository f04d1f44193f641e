"""A linear model whose weights are products of several factors each: a deep diagonal linear network with a bias.

**Source**: Abbe et al., "Learning to Reason with Neural Networks: Generalization, Unseen Data and Boolean Measures",
2022, https://arxiv.org/abs/2205.13647 (abstract and summaries of its theorems on linear models could be read); Abbe et
al., "Generalization on the Unseen, Logic Reasoning and Degree Curriculum", 2023, https://arxiv.org/abs/2301.13105.

    f(x) = b + sum_k p_k x_k,    p_k = prod_l w_lk,    theta <- theta - lr grad mean_n (f(x_n) - y_n)^2

b and the weight of a bit that is always 1 share the same residual. With one factor both grow alike; with more, p_k
starts slowly and the bias takes nearly all of it.

**Differs from the paper**: 1. the first factors start at 0 and the others at `scale`, where the papers draw them
within a small interval: p_k starts at 0 and may take either sign. 2. the whole training set in every step.

**Shapes**: i training sets, n points, l factors, k bits.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method


class Factors(NamedTuple):
    """Factors [i, l, k] and biases [i]."""

    factors: jax.Array
    bias: jax.Array


class State(NamedTuple):
    """A model for each training set."""

    params: Factors


def outputs(params: Factors, x: jax.Array) -> jax.Array:
    """Outputs [i, n] at the points [i, n, k]."""
    return jnp.einsum("ink,ik->in", x, params.factors.prod(1)) + params.bias[:, None]


class DiagonalLinearNet(Method):
    """The rate sets the time scale alone; depth and scale decide where the flow ends."""

    depth: int = 2  # factors of a weight
    scale: float = 0.3  # of the factors but the first, at the start
    lr: float = 0.05  # an eighth of the largest that is stable for one factor

    paper = "abbe2022learning"
    deterministic = True

    def init(self, key: jax.Array) -> State:
        factors = jnp.full((self.spec.sets, self.depth, self.spec.dims), self.scale).at[:, 0].set(0.0)
        return State(params=Factors(factors=factors, bias=jnp.zeros(self.spec.sets)))

    def update(self, state: State, batch: tuple, key: jax.Array) -> State:
        def error(params: Factors) -> jax.Array:
            return ((outputs(params, self.given.x) - self.given.y) ** 2).mean(1).sum()

        gradients = jax.grad(error)(state.params)
        return State(params=jax.tree.map(lambda p, g: p - self.lr * g, state.params, gradients))

    def values(self, state: State, x: jax.Array) -> jax.Array:
        return outputs(state.params, jnp.broadcast_to(x[None], (self.spec.sets, *x.shape)))
