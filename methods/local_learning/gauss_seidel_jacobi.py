"""Gauss-Seidel across blocks, Jacobi inside: a window of states is solved in parallel, then moves on.

**Source**: Song, Meng, Liao and Ermon, "Accelerating Feedforward Computation via Parallel Nonlinear Equation
Solving", 2020, https://arxiv.org/abs/2002.03629 (section 3, Gauss-Seidel-Jacobi iteration).

    s_t <- f_t(s_0, ..., s_{t-1})        for the states start <= t < start + window at the same time
    start moves behind the leading states of the window that this left as they were

**Differs from the paper**: 1. the window slides past the states that have settled, as the authors' sampler does,
where the paper's algorithm solves fixed blocks.

**Shapes**: t states, n numbers a state.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench.methods.local_learning._solver import Solver


class Window(NamedTuple):
    """s [t, n], and the first state that isn't settled, int32."""

    s: jax.Array
    start: jax.Array


class GaussSeidelJacobi(Solver):
    """Needs `window` processors only; a round is one evaluation deep."""

    paper = "song2020accelerating"

    settled: float = 1e-5  # largest change of a settled state; the authors' sampler: 1e-5, or 1e-3 of the value

    window: int = 32  # states evaluated at the same time

    def init(self, key: jax.Array) -> Window:
        return Window(s=super().init(key).s, start=jnp.zeros((), jnp.int32))

    def price(self) -> tuple[int, int]:
        return 1, self.window

    def update(self, state: Window, batch: tuple, key: jax.Array) -> Window:
        after = self.given(state.s)
        place = jnp.arange(self.spec.states)
        inside = (place >= state.start) & (place < state.start + self.window)
        moved = inside & (jnp.abs(after - state.s).max(-1) > self.settled)
        end = jnp.minimum(state.start + self.window, self.spec.states)
        # the states before the window are settled, so its first one now is too
        start = jnp.maximum(jnp.min(jnp.where(moved, place, end)), jnp.minimum(state.start + 1, end))
        return Window(s=jnp.where(inside[:, None], after, state.s), start=start.astype(jnp.int32))
