"""Gauss-Seidel iteration: one state after the other, which for a triangular system is the ordinary forward pass.

**Source**: Song, Meng, Liao and Ermon, "Accelerating Feedforward Computation via Parallel Nonlinear Equation
Solving", 2020, https://arxiv.org/abs/2002.03629 (section 3, nonlinear Gauss-Seidel iteration).

    s_t^{k+1} = f_t(s_0^{k+1}, ..., s_{t-1}^{k+1})        for t = 0, 1, ...: solved after one round

**Differs from the paper**: nothing.

**Shapes**: t states, n numbers a state.
"""

import jax

from toybench.methods.local_learning._solver import Iterate, Solver, sweep


class GaussSeidel(Solver):
    """A round is the computation itself: as deep as there are states."""

    def price(self) -> tuple[int, int]:
        return self.spec.states, self.spec.states

    def update(self, state: Iterate, batch: tuple, key: jax.Array) -> Iterate:
        return Iterate(sweep(self.given, state.s, self.spec.states))
