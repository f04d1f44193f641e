"""Couplings against enumeration and limits."""

import itertools

import jax.numpy as jnp
import numpy as np
import pytest

from toybench.blocks import coupling

RNG = np.random.default_rng(0)


def cost_of(count: int) -> np.ndarray:
    """Squared distances between two random samples."""
    x, y = RNG.normal(size=(2, count, 2))
    return ((x[:, None] - y[None]) ** 2).sum(-1).astype(np.float32)


def least(cost: np.ndarray) -> float:
    """The least total cost of all permutations."""
    count = len(cost)
    return min(cost[np.arange(count), list(p)].sum() for p in itertools.permutations(range(count)))


def test_a_tournament_meets_every_pair_once() -> None:
    met = [
        frozenset((int(a), int(b)))
        for turn in range(7)
        for a, b in zip(*coupling._pairs(8, jnp.int32(turn)), strict=True)
    ]
    assert set(met) == {frozenset(pair) for pair in itertools.combinations(range(8), 2)}
    assert len(met) == 28


def test_swaps_come_near_the_best_assignment() -> None:
    costs = [cost_of(6) for _ in range(12)]
    found = [np.asarray(coupling.pair_swaps(jnp.asarray(cost), 3)) for cost in costs]
    assert all(sorted(partner) == list(range(6)) for partner in found)
    total = sum(cost[np.arange(6), partner].sum() for cost, partner in zip(costs, found, strict=True))
    best = sum(least(cost) for cost in costs)
    start = sum(np.trace(cost) for cost in costs)
    assert total - best < 0.1 * (start - best)


def test_swaps_leave_no_pair_that_is_better_off() -> None:
    cost = cost_of(8)
    partner = np.asarray(coupling.pair_swaps(jnp.asarray(cost), 8))
    for i, j in itertools.combinations(range(8), 2):
        kept = cost[i, partner[i]] + cost[j, partner[j]]
        assert kept <= cost[i, partner[j]] + cost[j, partner[i]] + 1e-5
    with pytest.raises(ValueError, match="even size"):
        coupling.pair_swaps(jnp.zeros((3, 3)), 1)


def test_a_plan_has_uniform_sums_and_its_limits() -> None:
    cost = cost_of(5)
    plan = coupling.sinkhorn(jnp.asarray(cost), 0.5, 200)
    np.testing.assert_allclose(plan.sum(0), 0.2, rtol=1e-5)
    np.testing.assert_allclose(plan.sum(1), 0.2, rtol=1e-3)
    potentials = jnp.log(plan) + cost / 0.5  # of an entropic plan: a sum of a row's and a column's number
    rows = potentials - potentials[:, :1]
    np.testing.assert_allclose(rows, jnp.broadcast_to(rows[:1], rows.shape), atol=1e-3)
    np.testing.assert_allclose(coupling.sinkhorn(jnp.asarray(cost), 1e4, 5), 1 / 25, rtol=1e-2)
    sharp = coupling.sinkhorn(jnp.asarray(cost), 0.01, 2000)
    np.testing.assert_allclose((sharp * cost).sum() * 5, least(cost), rtol=0.01)
