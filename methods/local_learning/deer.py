"""Newton's method on a whole recurrence: linearise every step, solve the linear recurrence by a parallel scan.

**Source**: Lim, Zhu, Selfridge and Kasim, "Parallelizing non-linear sequential models over the sequence length",
2023, https://arxiv.org/abs/2309.12252 (DEER, section 3).

    s_t^{k+1} = f_t(s_{t-1}^k) + J_t (s_{t-1}^{k+1} - s_{t-1}^k),        J_t = f_t'(s_{t-1}^k)

**Differs from the paper**: 1. an iterate that overflows is reset to zeros, as in Gonzalez et al., "Towards Scalable and
Stable Parallelization of Nonlinear RNNs", 2024, https://arxiv.org/abs/2407.19115. 2. a round is priced as one
evaluation and log2 t steps of the scan, although each of these multiplies n x n matrices.

**Shapes**: t states, n numbers a state.
"""

import jax
import jax.numpy as jnp

from toybench.methods.local_learning._solver import Iterate, Solver


class DEER(Solver):
    """Converges quadratically near the solution."""

    def fits(self, spec: object) -> str | None:
        chain = getattr(spec, "system", None) == "rnn"
        return None if chain else "Newton's linear recurrence needs states that depend on the one before only"

    def price(self) -> tuple[int, int]:
        steps = (self.spec.states - 1).bit_length()
        return 1 + steps, self.spec.states * (1 + steps)

    def update(self, state: Iterate, batch: tuple, key: jax.Array) -> Iterate:
        before = jnp.concatenate([jnp.zeros_like(state.s[:1]), state.s[:-1]])
        slopes = jax.vmap(jax.jacfwd(self.given.step))(before, self.given.drive)  # [t, n, n]
        offsets = self.given(state.s) - jnp.einsum("tij,tj->ti", slopes, before)
        s = jax.lax.associative_scan(_compose, (slopes, offsets))[1]
        return Iterate(jnp.where(jnp.isfinite(s), s, 0.0))


def _compose(first: tuple, then: tuple) -> tuple:
    """The affine map `then` after `first`: (matrix [..., n, n], vector [..., n])."""
    a, u = first
    b, v = then
    return b @ a, jnp.einsum("...ij,...j->...i", b, u) + v
