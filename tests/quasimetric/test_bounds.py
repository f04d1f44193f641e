"""The control without parameters: by hand, by enumeration, and on graphs whose distances it must not contradict."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.methods.quasimetric.triangle_bounds import TriangleBounds, lower_bound
from toybench.plugins import registry
from toybench.tasks.quasimetric import DISCOUNT, Pairs, Spec, shortest_paths

INF = math.inf


def shown(method, pairs):
    """The state after batches of one pair each: {(x, y): distance}."""
    state = method.init(jax.random.key(0))
    for (x, y), distance in pairs.items():
        batch = Pairs(x=jnp.array([x]), y=jnp.array([y]), discounted=jnp.array([DISCOUNT**distance]))
        state = method.update(state, batch, jax.random.key(1))
    return state


def all_distances(method, state):
    n = method.spec.nodes
    x, y = jnp.divmod(jnp.arange(n * n), n)
    return np.asarray(method.distance(state, x, y)).reshape(n, n)


def test_by_hand():
    method = TriangleBounds(spec=Spec(nodes=4, features=1))
    d = all_distances(method, shown(method, {(0, 1): 1.0, (1, 2): 2.0, (0, 3): 7.0, (3, 2): INF}))
    assert d[0, 1] == pytest.approx(1.0, abs=1e-5) and d[1, 2] == pytest.approx(2.0, abs=1e-5)
    # 0 -> 1 -> 2 is at most 3; nothing bounds it from below but the least observed distance
    assert DISCOUNT ** d[0, 2] == pytest.approx((0.9**3 + 0.9) / 2, rel=1e-5)
    # no way from 1 to 3 is known, but one shorter than 7 - 1 would contradict 0 -> 3
    assert DISCOUNT ** d[1, 3] == pytest.approx(0.9**6 / 2, rel=1e-5)
    # 3 doesn't reach 2, so it can't reach 1, from which 2 is reached
    assert np.isinf(d[3, 1])
    assert (np.diag(d) == 0).all()
    assert DISCOUNT ** d[2, 0] == pytest.approx(0.9 / 2, rel=1e-5)  # nothing known: at least 1, at most endless


def test_nothing_seen_is_nothing_near():
    method = TriangleBounds(spec=Spec(nodes=3, features=1))
    d = all_distances(method, method.init(jax.random.key(0)))
    assert np.isinf(d[~np.eye(3, dtype=bool)]).all()


def enumerated(observed, seen, upper):
    """The lower bound by loops."""
    n = len(observed)
    least = min(observed[x, y] for x in range(n) for y in range(n) if seen[x, y])
    found = np.zeros((n, n))
    for x, y in ((x, y) for x in range(n) for y in range(n) if x != y):
        of_x = [observed[x, z] - upper[y, z] for z in range(n) if seen[x, z] and np.isfinite(upper[y, z])]
        of_y = [observed[z, y] - upper[z, x] for z in range(n) if seen[z, y] and np.isfinite(upper[z, x])]
        found[x, y] = max([least, *of_x, *of_y])
    return found


@pytest.mark.parametrize("stem", ["random_digraph", "one_way_grid", "hierarchy"])
def test_bounds_are_those_of_enumeration_and_hold(stem):
    world = registry.load("tasks", f"quasimetric/{stem}")().sample(jax.random.key(2))
    part = slice(0, 64, 3)  # of the nodes, so that loops are fast; a part of a quasimetric is one
    exact = np.asarray(world.distance)[part, part]
    seen = np.asarray(world.train)[part, part]
    upper = np.asarray(shortest_paths(jnp.where(seen, exact, jnp.inf)))
    lower = np.asarray(lower_bound(jnp.asarray(exact), jnp.asarray(seen), jnp.asarray(upper)))
    np.testing.assert_allclose(lower, enumerated(exact, seen, upper), atol=1e-5)
    off = ~np.eye(len(exact), dtype=bool)
    assert (upper >= exact - 1e-5).all()
    unbound = off & (lower <= exact[seen].min() + 1e-5)  # where the least observed distance is guessed
    assert (lower <= exact + 1e-5)[off & ~unbound].all()
    np.testing.assert_allclose(lower[seen], exact[seen], atol=1e-5)
    assert (lower > 1.5)[off & ~seen].any()  # triangles say something
