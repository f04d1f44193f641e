"""Factors, communities and what joins them, by numpy and on worlds where the answer is known."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.methods.temporal_graphs import _communities, ntf_communities
from toybench.plugins import registry
from toybench.tasks.temporal_graphs import GroupSpec

FINDERS = ("ntf_communities", "static_nmf", "windowed_spectral", "windowed_smoothed")


def make(name: str, affinities, **fields):
    t, a, n, _ = affinities.shape
    spec = GroupSpec(units=n, animals=a, windows=t)
    return registry.load("methods", f"temporal_graphs/{name}")(spec=spec, given=affinities, **fields)


def blocks(sizes, inside: float = 0.6, outside: float = 0.1) -> np.ndarray:
    labels = np.repeat(np.arange(len(sizes)), sizes)
    return np.where(labels[:, None] == labels[None, :], inside, outside)


def regrouped() -> jnp.ndarray:
    """Eight units, six windows, two animals: {0-3} {4-7}, then {0, 1, 4, 5} {2, 3, 6, 7}."""
    first = blocks([4, 4])
    order = np.array([0, 1, 4, 5, 2, 3, 6, 7])
    second = first[np.ix_(np.argsort(order), np.argsort(order))]
    return jnp.asarray(np.stack([np.stack([g, g]) for g in [first] * 3 + [second] * 3]), jnp.float32)


def test_two_groups_by_the_modularity_matrix() -> None:
    graph = np.random.default_rng(0).uniform(size=(7, 7))
    graph = np.triu(graph, 1) + np.triu(graph, 1).T
    degree = graph.sum(0)
    values, vectors = np.linalg.eigh(graph - np.outer(degree, degree) / degree.sum())
    leading = vectors[:, values.argmax()]
    found = np.asarray(_communities.two_groups(jnp.asarray(graph, jnp.float32)))
    assert (found >= 0).all()
    difference = found[:, 0] - found[:, 1]
    np.testing.assert_allclose(difference * np.sign(difference @ leading), leading, atol=1e-4)


def test_two_groups_are_the_two_blocks() -> None:
    graph = _communities.pairs_only(jnp.asarray(blocks([3, 5]), jnp.float32))
    assert not np.diagonal(graph).any()
    members = np.asarray(_communities.two_groups(graph)) > 1e-6
    assert sorted(members.sum(0)) == [3, 5]
    assert (members[:3] == members[0]).all()
    assert (members[3:] == members[7]).all()


def test_a_step_of_factors_doesnt_raise_the_error() -> None:
    data = jax.random.uniform(jax.random.key(0), (5, 2, 9))
    now = ntf_communities.Factors(
        courses=jax.random.uniform(jax.random.key(1), (5, 3)),
        shares=jax.random.uniform(jax.random.key(2), (2, 3)),
        patterns=jax.random.uniform(jax.random.key(3), (9, 3)),
    )

    def error(factors) -> float:
        return float(((jnp.einsum("tr,ar,pr->tap", *factors) - data) ** 2).sum())

    errors = [error(now)]
    for _ in range(30):
        now = ntf_communities.refined(data, now)
        errors.append(error(now))
        assert min(float(x.min()) for x in now) >= 0
    assert (np.diff(errors) <= 1e-5).all()
    assert errors[-1] < 0.5 * errors[0]


def test_a_first_step_by_numpy() -> None:
    rng = np.random.default_rng(4)
    data, sides = rng.uniform(size=(4, 3, 5)), [rng.uniform(size=(k, 2)) for k in (4, 3, 5)]
    found = ntf_communities.refined(
        jnp.asarray(data, jnp.float32), ntf_communities.Factors(*(jnp.asarray(s, jnp.float32) for s in sides))
    )
    for i in range(3):
        unfolded = np.moveaxis(data, i, 0).reshape(data.shape[i], -1)
        j, k = [s for s in range(3) if s != i]
        columns = np.stack([np.outer(sides[j][:, r], sides[k][:, r]).ravel() for r in range(2)], 1)
        sides[i] = sides[i] * (unfolded @ columns) / (sides[i] @ columns.T @ columns)
        np.testing.assert_allclose(found[i], sides[i], rtol=1e-4)


def test_one_factor_is_a_product_of_means() -> None:
    """A tensor of rank one is recovered."""
    rng = np.random.default_rng(5)
    course, share, pattern = (rng.uniform(0.5, 1, k) for k in (6, 2, 28))
    data = np.einsum("t,a,p->tap", course, share, pattern)
    graphs = np.zeros((6, 2, 8, 8))
    i, j = np.triu_indices(8, 1)
    graphs[:, :, i, j] = graphs[:, :, j, i] = data
    method = make("ntf_communities", jnp.asarray(graphs, jnp.float32), factors=1)
    np.testing.assert_allclose(method.pairs(), data, rtol=1e-6)
    state = method.init(jax.random.key(0))
    np.testing.assert_allclose(jnp.einsum("tr,ar,pr->tap", *state), data, rtol=1e-4)
    _, activity = method.groups(state)
    np.testing.assert_allclose(activity[:, 0], activity[:, 1])
    size = np.sqrt((share**2).sum() * (pattern**2).sum())
    np.testing.assert_allclose(activity[:, 0], course * size, rtol=1e-4)


@pytest.mark.parametrize("name", [name for name in FINDERS if name != "static_nmf"])
def test_groups_that_regroup_are_found(name: str) -> None:
    fields = {"reach": 1} if name == "windowed_smoothed" else {}
    method = make(name, regrouped(), **fields)
    members, activity = method.groups(method.init(jax.random.key(1)))
    members, activity = np.asarray(members), np.asarray(activity)
    found = {tuple(np.flatnonzero(m > 0.5 * m.max())): activity[:, g] for g, m in enumerate(members.T)}
    wanted = {(0, 1, 2, 3): 1, (4, 5, 6, 7): 1, (0, 1, 4, 5): -1, (2, 3, 6, 7): -1}
    assert set(wanted) <= set(found)
    for group, sign in wanted.items():
        course = found[group]
        assert sign * (course[:3].mean() - course[3:].mean()) > 0.3 * course.max()


def test_factors_of_the_mean_move_by_a_damped_step() -> None:
    """Half of a multiplicative step, on the mean over animals and windows; activity is one column a group."""
    method = make("static_nmf", regrouped(), count=2, rounds=1)
    start = np.asarray(jax.random.uniform(jax.random.key(2), (8, 2)), np.float64)
    graph = np.asarray(regrouped().mean((0, 1)), np.float64) * (1 - np.eye(8))
    wanted = start * (0.5 + 0.5 * (graph @ start) / (start @ start.T @ start))
    np.testing.assert_allclose(method.init(jax.random.key(2)), wanted, rtol=1e-4)
    members, activity = make("static_nmf", regrouped(), count=4).groups(jnp.asarray(wanted, jnp.float32))
    assert members.shape == (8, 2)
    assert activity.shape == (6, 2)


def test_factors_of_the_mean_find_blocks() -> None:
    affinities = jnp.broadcast_to(jnp.asarray(blocks([3, 3, 4], outside=0.0), jnp.float32), (4, 1, 10, 10))
    method = make("static_nmf", affinities, count=3)
    members, activity = method.groups(method.init(jax.random.key(3)))
    groups = {tuple(np.flatnonzero(m > 0.5 * m.max())) for m in np.asarray(members).T}
    assert groups == {(0, 1, 2), (3, 4, 5), (6, 7, 8, 9)}
    assert float(activity.min()) > 0.2


def test_strengths_by_loops() -> None:
    graphs = np.asarray(_communities.pairs_only(regrouped().mean(1)), np.float64)
    members = np.random.default_rng(6).uniform(size=(8, 3))
    found = _communities.strengths(jnp.asarray(graphs, jnp.float32), jnp.asarray(members, jnp.float32))
    for t in range(6):
        for g in range(3):
            weights = np.outer(members[:, g], members[:, g]) * (1 - np.eye(8))
            wanted = (weights * graphs[t]).sum() / weights.sum() - graphs[t].sum() / 56
            assert float(found[t, g]) == pytest.approx(max(wanted, 0), abs=1e-5)


def test_without_reach_smoothing_is_nothing() -> None:
    noise = jax.random.uniform(jax.random.key(7), (6, 2, 8, 8))
    affinities = regrouped() + 0.3 * (noise + jnp.swapaxes(noise, 2, 3))
    plain = make("windowed_spectral", affinities).init(jax.random.key(8))
    smooth = make("windowed_smoothed", affinities, reach=0).init(jax.random.key(8))
    for a, b in zip(plain, smooth, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)
    wide = make("windowed_smoothed", affinities, reach=6, count=2).init(jax.random.key(8))
    np.testing.assert_allclose(wide[1], jnp.ones((6, 2)))  # all windows are one: its two groups, always active


def test_a_moving_average_leaves_out_what_is_not_there() -> None:
    """At the first window, the mean is over the windows 0 and 1."""
    affinities = jax.random.uniform(jax.random.key(9), (4, 1, 5, 5))
    affinities = affinities + jnp.swapaxes(affinities, 2, 3)
    method = make("windowed_smoothed", affinities, reach=1, count=4)
    seen = []
    module = __import__("toybench.methods.temporal_graphs.windowed_smoothed", fromlist=["recurring"])
    kept = module.recurring
    try:
        module.recurring = lambda key, graphs, count: seen.append(graphs)
        method.init(jax.random.key(0))
    finally:
        module.recurring = kept
    graphs = _communities.pairs_only(affinities[:, 0])
    np.testing.assert_allclose(seen[0][0], graphs[:2].mean(0), rtol=1e-5)
    np.testing.assert_allclose(seen[0][2], graphs[1:4].mean(0), rtol=1e-5)
