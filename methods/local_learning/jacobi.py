"""Jacobi iteration: all states of a feed-forward computation are re-evaluated at once.

**Source**: Song, Meng, Liao and Ermon, "Accelerating Feedforward Computation via Parallel Nonlinear Equation
Solving", 2020, https://arxiv.org/abs/2002.03629 (section 3, nonlinear Jacobi iteration).

    s_t^{k+1} = f_t(s_0^k, ..., s_{t-1}^k)        for all t at the same time

After k rounds the first k states are exact.

**Differs from the paper**: 1. rounds are counted against the known solution, where the authors stop at a small change.

**Shapes**: t states, n numbers a state.
"""

import jax

from toybench.methods.local_learning._solver import Iterate, Solver


class Jacobi(Solver):
    """A round is as deep as one evaluation, and as much work as the whole computation."""

    paper = "song2020accelerating"

    def update(self, state: Iterate, batch: tuple, key: jax.Array) -> Iterate:
        return Iterate(self.given(state.s))
