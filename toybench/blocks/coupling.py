"""Couplings of two samples. Shapes: n and m points."""

import jax
import jax.numpy as jnp


def sinkhorn(cost: jax.Array, eps: float | jax.Array, iterations: int) -> jax.Array:
    """Entropic plan [n, m] between two uniform samples, 1 in all: the minimum of <plan, cost> - eps entropy(plan).

    Alternating scalings in logarithms (Cuturi, 2013); `eps` is in units of the cost. The columns' sums are exact, the
    rows' as near as the iterations bring them.
    """
    rows, columns = cost.shape
    scaled = -cost / eps

    def sweep(second: jax.Array, _: None) -> tuple[jax.Array, None]:
        first = -jnp.log(rows) - jax.nn.logsumexp(scaled + second[None, :], axis=1)
        return -jnp.log(columns) - jax.nn.logsumexp(scaled + first[:, None], axis=0), None

    second, _ = jax.lax.scan(sweep, jnp.zeros(columns), None, length=iterations)
    first = -jnp.log(rows) - jax.nn.logsumexp(scaled + second[None, :], axis=1)
    second = -jnp.log(columns) - jax.nn.logsumexp(scaled + first[:, None], axis=0)
    return jnp.exp(scaled + first[:, None] + second[None, :])


def pair_swaps(cost: jax.Array, sweeps: int) -> jax.Array:
    """A permutation p [n] whose total cost sum_i cost[i, p[i]] no swap of two partners lowers, or nearly so.

    One sweep meets every pair of an even number n once, in n - 1 rounds of n / 2 disjoint pairs (a round-robin
    tournament), and swaps partners where that costs less. Starts at the identity; near the optimal assignment of random
    points after about three sweeps, and exact for 2 points. Vectorises, as the Hungarian method doesn't.
    """
    count = cost.shape[0]
    if cost.shape[1] != count or count % 2:
        raise ValueError(f"pair_swaps needs a square cost of an even size; it got {cost.shape}.")

    def round_(partner: jax.Array, turn: jax.Array) -> tuple[jax.Array, None]:
        one, other = _pairs(count, turn)
        ours = partner[one]
        theirs = partner[other]
        gain = cost[one, ours] + cost[other, theirs] - cost[one, theirs] - cost[other, ours]
        swap = gain > 0
        partner = partner.at[one].set(jnp.where(swap, theirs, ours))
        return partner.at[other].set(jnp.where(swap, ours, theirs)), None

    turns = jnp.tile(jnp.arange(count - 1), sweeps)
    partner, _ = jax.lax.scan(round_, jnp.arange(count), turns)
    return partner


def _pairs(count: int, turn: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Who meets whom, [n / 2] each, in one round of an even number's tournament: the last stays, others go round."""
    circle = jnp.arange(count // 2)
    one = (turn + circle) % (count - 1)
    other = (turn - circle) % (count - 1)
    return one, jnp.where(circle == 0, count - 1, other)
