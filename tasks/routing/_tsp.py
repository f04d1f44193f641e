"""Exact and local search for short tours: Held and Karp's table, 2-opt and Or-opt.

Shapes: n cities, k moves, r starts, c candidates of a city.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from toybench.tasks.routing import distances

FAR = 1e9  # longer than any tour of the unit square
SEGMENT = 3  # cities that Or-opt moves at most, as Or (1976) does
LEAST = 1e-6  # a gain below it is rounding


def shortest_tour(xy: jax.Array) -> jax.Array:
    """A tour int32 [n] of least length through places [n, 2], by dynamic programming over subsets.

    table[S, j] is the shortest way from city 0 through all of S to j in S (Held and Karp, 1962).
    """
    others = len(xy) - 1
    way = distances(xy)
    between = way[1:, 1:]
    bits = jnp.asarray(2 ** np.arange(others), jnp.int32)

    def fill(table: jax.Array, subset: jax.Array) -> tuple[jax.Array, None]:
        inside = (subset & bits) > 0
        before = subset - jnp.where(inside, bits, 0)
        best = (table[before] + between.T).min(1)  # before last: over all cities that the smaller subset holds
        best = jnp.where(before == 0, way[0, 1:], best)
        return table.at[subset].set(jnp.where(inside, best, FAR)), None

    subsets = jnp.arange(1, 2**others, dtype=jnp.int32)
    table, _ = jax.lax.scan(fill, jnp.full((2**others, others), FAR), subsets)

    def back(carry: tuple[jax.Array, jax.Array], _: None) -> tuple[tuple[jax.Array, jax.Array], jax.Array]:
        subset, onward = carry
        here = jnp.argmin(table[subset] + onward).astype(jnp.int32)
        return (subset - bits[here], between[here]), here + 1

    full = jnp.asarray(2**others - 1, jnp.int32)
    _, reverse = jax.lax.scan(back, (full, way[0, 1:]), None, length=others)
    return jnp.concatenate([jnp.zeros(1, jnp.int32), reverse])


class Moves(NamedTuple):
    """Every change that one move makes to a tour, as places of the old tour.

    Attributes:
      order: the new tour's cities, int [k, n].
      added, removed: pairs of places, int [k, 3, 2]; a pair of equal places stands for none.
    """

    order: np.ndarray
    added: np.ndarray
    removed: np.ndarray


def moves(count: int) -> Moves:
    """2-opt moves, which reverse a part, and Or-opt moves, which put up to three neighbours elsewhere."""
    whole = list(range(count))
    orders = {tuple(whole[:i] + whole[i:j][::-1] + whole[j:]) for i in range(1, count) for j in range(i + 2, count + 1)}
    for start in whole:
        turned = whole[start:] + whole[:start]
        for size in range(1, SEGMENT + 1):
            segment = turned[:size]
            rest = turned[size:]
            for gap in range(1, len(rest)):
                orders.add(tuple(rest[:gap] + segment + rest[gap:]))
                orders.add(tuple(rest[:gap] + segment[::-1] + rest[gap:]))
    old = ring(tuple(whole))
    rows = sorted(row for row in orders if ring(row) != old)
    return Moves(
        order=np.asarray(rows, np.int32),
        added=np.stack([padded(ring(row) - old) for row in rows]),
        removed=np.stack([padded(old - ring(row)) for row in rows]),
    )


def ring(row: tuple[int, ...]) -> set[tuple[int, int]]:
    """The pairs of neighbours of a closed tour, the smaller one first."""
    return {(min(a, b), max(a, b)) for a, b in zip(row, row[1:] + row[:1], strict=True)}


def padded(pairs: set[tuple[int, int]]) -> np.ndarray:
    """Up to three pairs in rows, int [3, 2]."""
    table = np.zeros((SEGMENT, 2), np.int32)
    table[: len(pairs)] = sorted(pairs)
    return table


def descend(way: jax.Array, tour: jax.Array, rounds: int) -> jax.Array:
    """The tour after `rounds` times the 2-opt or Or-opt move that gains most, while one gains."""
    table = moves(len(tour))

    def step(tour: jax.Array, _: None) -> tuple[jax.Array, None]:
        placed = way[tour][:, tour]
        removed = placed[table.removed[..., 0], table.removed[..., 1]].sum(1)
        gains = removed - placed[table.added[..., 0], table.added[..., 1]].sum(1)
        best = jnp.argmax(gains)
        return jnp.where(gains[best] > LEAST, tour[jnp.asarray(table.order)[best]], tour), None

    return jax.lax.scan(step, tour, None, length=rounds)[0]


def nearest_first(way: jax.Array, start: jax.Array) -> jax.Array:
    """The tour int32 [n] from city `start` that always goes to the nearest city not yet seen."""

    def go(carry: tuple[jax.Array, jax.Array], _: None) -> tuple[tuple[jax.Array, jax.Array], jax.Array]:
        here, seen = carry
        seen = seen.at[here].set(True)
        return (jnp.argmin(jnp.where(seen, FAR, way[here])).astype(jnp.int32), seen), here

    count = len(way)
    _, tour = jax.lax.scan(go, (start.astype(jnp.int32), jnp.zeros(count, bool)), None, length=count)
    return tour


def best_local(xy: jax.Array, starts: jax.Array, rounds: int) -> jax.Array:
    """The shortest tour [n] that 2-opt and Or-opt find from several starts [r, n]."""
    way = distances(xy)
    found = jax.vmap(lambda tour: descend(way, tour, rounds))(starts)
    return found[jnp.argmin(jax.vmap(lambda tour: way[tour, jnp.roll(tour, 1)].sum())(found))]


def guided_search(way: jax.Array, tour: jax.Array, candidates: jax.Array, sweeps: int) -> jax.Array:
    """The tour [n] after 2-opt moves that join a city to one of its candidates int [n, c].

    A step looks at the 2 c moves of one city, which replace the way to it or from it, and makes the best one if it
    gains. A sweep is n steps.
    """
    count = len(tour)

    def step(tour: jax.Array, city: jax.Array) -> tuple[jax.Array, None]:
        place = jnp.argsort(tour)
        here = place[city]
        there = place[candidates[city]]
        onward = (jnp.stack([here, here - 1]) % count)[:, None]  # the edge that goes: from the city, or to it
        other = jnp.stack([there, there - 1]) % count
        low = jnp.minimum(onward, other)
        high = jnp.maximum(onward, other)
        a = tour[low]
        b = tour[(low + 1) % count]
        c = tour[high]
        d = tour[(high + 1) % count]
        gains = (way[a, b] + way[c, d] - way[a, c] - way[b, d]).ravel()
        best = jnp.argmax(gains)
        spots = jnp.arange(count)
        first = low.ravel()[best]
        last = high.ravel()[best]
        turned = tour[jnp.where((spots > first) & (spots <= last), first + 1 + last - spots, spots)]
        return jnp.where(gains[best] > LEAST, turned, tour), None

    order = jnp.tile(jnp.arange(count), sweeps)
    return jax.lax.scan(step, tour, order)[0]
