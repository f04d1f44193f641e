"""Markov chains on cells of the line, and their exact bridges by forward and backward sums.

Of a chain with matrix P from cell x at frame 0 to cell y at frame f - 1:

    p(s_t | x, y)  proportional to  P^t[x, s_t] P^(f-1-t)[s_t, y]
    p(s_t+1 | s_t, y)  proportional to  P[s_t, s_t+1] P^(f-2-t)[s_t+1, y]

Shapes: c cells, f frames, q pairs of ends, k paths a pair.
"""

import jax
import jax.numpy as jnp

TINY = 1e-30  # keeps a row without weight from being divided by 0


def centres(cells: int, reach: float) -> jax.Array:
    """Centres [c] of equal cells from -reach to reach."""
    width = 2 * reach / cells
    return -reach + width * (jnp.arange(cells, dtype=jnp.float32) + 0.5)


def cell_of(s: jax.Array, cells: int, reach: float) -> jax.Array:
    """Index of the cell that s lies in; those outside count to the outermost ones."""
    return jnp.clip(jnp.floor((s + reach) / (2 * reach) * cells), 0, cells - 1).astype(jnp.int32)


def diffusion_matrix(positions: jax.Array, drift: jax.Array, dt: float, substeps: int) -> jax.Array:
    """Transition matrix [c, c] over `substeps` of Euler's steps of ds = drift dt + sqrt(2) dW on equal cells."""
    mean = positions + dt * drift
    step = jax.nn.softmax(-((positions[None, :] - mean[:, None]) ** 2) / (4 * dt), -1)
    frame, _ = jax.lax.scan(lambda p, _: (p @ step, None), jnp.eye(positions.shape[0]), None, length=substeps)
    return frame


def powers(matrix: jax.Array, count: int) -> jax.Array:
    """P^0 to P^count, [count + 1, c, c]."""
    one = jnp.eye(matrix.shape[0])
    _, rest = jax.lax.scan(lambda p, _: (p @ matrix, p @ matrix), one, None, length=count)
    return jnp.concatenate([one[None], rest])


def stationary(matrix: jax.Array, doublings: int = 12) -> jax.Array:
    """The law [c] that the chain forgets its start for: a row of P^(2^doublings)."""
    power, _ = jax.lax.scan(lambda p, _: (p @ p / (p @ p).sum(-1, keepdims=True), None), matrix, None, doublings)
    return power.mean(0)


def bridge_marginals(matrix: jax.Array, first: jax.Array, last: jax.Array, frames: int) -> jax.Array:
    """Law [q, f - 2, c] of each frame between the cells first and last, both int32 [q]."""
    power = powers(matrix, frames - 1)
    forward = power[1:-1][:, first]  # [f - 2, q, c]
    backward = power[1:-1][::-1][:, :, last].swapaxes(1, 2)
    weight = (forward * backward).swapaxes(0, 1)
    return weight / jnp.maximum(weight.sum(-1, keepdims=True), TINY)


def sample_bridges(uniform: jax.Array, matrix: jax.Array, first: jax.Array, last: jax.Array) -> jax.Array:
    """Cells int32 [f - 2, n] of paths between the cells first and last, int32 [n], from uniform [f - 2, n]."""
    power = powers(matrix, uniform.shape[0])
    ahead = power[1:][::-1]  # from the next frame to the last: P^(f-2) to P^1

    def step(here: jax.Array, now: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        u, rest = now
        ladder = jnp.cumsum(matrix[here] * rest[:, last].T, -1)
        then = (ladder <= u[:, None] * ladder[:, -1:]).sum(-1)
        then = jnp.minimum(then, matrix.shape[0] - 1)
        return then, then

    _, cells = jax.lax.scan(step, first, (uniform, ahead))
    return cells
