"""Jacobi across blocks, Gauss-Seidel inside: blocks run at the same time, each state by state.

**Source**: Song, Meng, Liao and Ermon, "Accelerating Feedforward Computation via Parallel Nonlinear Equation
Solving", 2020, https://arxiv.org/abs/2002.03629 (section 3, Jacobi-Gauss-Seidel iteration).

    s_t^{k+1} = f_t(s of earlier blocks, s^{k+1} of its own block before t)        for t in the order of its block

**Differs from the paper**: 1. a block reads what the other blocks have at that moment, as they run in step, not what
they had at the beginning of the round; for a recurrence, which reads one state only, that is the same.

**Shapes**: t states, n numbers a state.
"""

import jax

from toybench.methods.local_learning._solver import Iterate, Solver, sweep


class JacobiGaussSeidel(Solver):
    """A round is `block` evaluations deep, and brings at least `block` states to their exact values."""

    paper = "song2020accelerating"

    block: int = 4  # states a block; one row of an image in the paper

    def price(self) -> tuple[int, int]:
        return self.block, self.spec.states

    def update(self, state: Iterate, batch: tuple, key: jax.Array) -> Iterate:
        return Iterate(sweep(self.given, state.s, self.block))
