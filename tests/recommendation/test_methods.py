"""Recommenders against loops over edges in float64, their limits, and what they learn."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.methods.recommendation import _ranking as ranking
from toybench.methods.recommendation import matrix_sheaf
from toybench.plugins import registry
from toybench.tasks.recommendation import Pairs, Spec

RNG = np.random.default_rng(0)
USERS, ITEMS, WIDTH = 5, 7, 4
LIKES = (RNG.random((USERS, ITEMS)) < 0.5).astype(np.float32)
LIKES[:, 6] = 0  # an item that nobody is known to like
SPEC = Spec(users=USERS, items=ITEMS, width=WIDTH)
DESCENT = ("bpr_mf", "multi_vector_mf", "lightgcn", "sheaf_recommender", "constant_sheaf", "matrix_sheaf")
SHEAVES = ("sheaf_recommender", "constant_sheaf", "matrix_sheaf")


def make(stem, spec=SPEC, likes=LIKES, steps=40, **values):
    cls = registry.load("methods", f"recommendation/{stem}")
    return cls(spec=spec, given=jnp.asarray(likes), steps=steps, **values)


def array(*shape):
    return jnp.asarray(RNG.normal(size=shape), jnp.float32)


def vectors():
    return ranking.Vectors(users=array(USERS, WIDTH), items=array(ITEMS, WIDTH))


def layers(count=2, size=1):
    return ranking.SheafWeights(
        weights=array(count, WIDTH, WIDTH), biases=array(count, WIDTH), maps=array(count, 2, WIDTH, size)
    )


def smooth_with_loops():
    """D^-1/2 (A + 1) D^-1/2 of the bipartite graph, users first."""
    full = np.block([[np.zeros((USERS, USERS)), LIKES], [LIKES.T, np.zeros((ITEMS, ITEMS))]]) + np.eye(USERS + ITEMS)
    degree = full.sum(1)
    return full / np.sqrt(np.outer(degree, degree))


def laplacian_over_edges(x, learner, stalk):
    """The normalised sheaf Laplacian of all nodes, edge by edge as in the authors' code: [n s, n s]."""
    n = USERS + ITEMS
    edges = [(u, USERS + i) for u in range(USERS) for i in range(ITEMS) if LIKES[u, i]]
    edges = edges + [(b, a) for a, b in edges]
    maps = {(a, b): np.tanh(x[a] @ learner[0] + x[b] @ learner[1]).reshape(stalk, stalk) for a, b in edges}
    laplacian = np.zeros((n, stalk, n, stalk))
    for a, b in edges:
        laplacian[a, :, a, :] += maps[a, b].T @ maps[a, b]
        laplacian[a, :, b, :] -= maps[a, b].T @ maps[b, a]
    root = np.zeros_like(laplacian)
    for a in range(n):
        values, columns = np.linalg.eigh(laplacian[a, :, a, :] + np.eye(stalk))
        root[a, :, a, :] = (columns / np.sqrt(values)) @ columns.T
    flat = root.reshape(n * stalk, n * stalk)
    return flat @ laplacian.reshape(n * stalk, n * stalk) @ flat


@pytest.mark.parametrize(("stem", "stalk"), [("sheaf_recommender", 1), ("matrix_sheaf", 2)])
def test_sheaf_scores_over_edges(stem: str, stalk: int) -> None:
    """Two layers in float64 by loops over edges; layers concatenated."""
    first = vectors()
    more = layers(size=stalk**2)
    x = np.concatenate([first.users, first.items]).astype(float)
    every = [x]
    for layer in range(2):
        laplacian = laplacian_over_edges(x, np.asarray(more.maps[layer], float), stalk)
        assert np.linalg.eigvalsh(laplacian).min() > -1e-9
        y = x @ np.asarray(more.weights[layer], float) + np.asarray(more.biases[layer], float)
        flat = laplacian @ y.reshape(len(x) * stalk, WIDTH // stalk)
        x = x - flat.reshape(x.shape)
        every.append(x)
    z = np.concatenate(every, axis=1)
    ours = make(stem).scores(first, more)
    np.testing.assert_allclose(ours, z[:USERS] @ z[USERS:].T, rtol=2e-3, atol=2e-3)


def test_constant_maps_and_the_identity_are_smoothing() -> None:
    """x - L x with maps of 1 is D^-1/2 (A + 1) D^-1/2 x."""
    first = vectors()
    change = ranking.diffused((jnp.asarray(LIKES), jnp.asarray(LIKES)), (first.users, first.items))
    x = np.concatenate([first.users, first.items])
    np.testing.assert_allclose(x - np.concatenate(change), smooth_with_loops() @ x, atol=1e-5)


def test_maps_of_one_and_minus_one_see_no_bias() -> None:
    """A map enters squared or with its partner: the sign of all maps is free."""
    first = vectors()
    maps = (jnp.asarray(LIKES) * array(USERS, ITEMS), jnp.asarray(LIKES) * array(USERS, ITEMS))
    flipped = (-maps[0], -maps[1])
    a = ranking.diffused(maps, (first.users, first.items))
    b = ranking.diffused(flipped, (first.users, first.items))
    np.testing.assert_allclose(a[0], b[0], atol=1e-6)
    c = ranking.diffused((maps[0], -maps[1]), (first.users, first.items))
    assert float(jnp.abs(a[0] - c[0]).max()) > 0.05


def test_constant_sheaf_by_hand() -> None:
    first = vectors()
    more = layers(1)._replace(maps=())
    x = np.concatenate([first.users, first.items]).astype(float)
    y = x @ np.asarray(more.weights[0], float) + np.asarray(more.biases[0], float)
    after = x - (y - smooth_with_loops() @ y)
    z = np.concatenate([x, after], axis=1)
    np.testing.assert_allclose(
        make("constant_sheaf", layers=1).scores(first, more), z[:USERS] @ z[USERS:].T, rtol=1e-3, atol=1e-3
    )


def test_a_sheaf_whose_maps_are_zero_repeats_the_vectors() -> None:
    first = vectors()
    more = layers()._replace(maps=jnp.zeros((2, 2, WIDTH, 1)))
    np.testing.assert_allclose(
        make("sheaf_recommender").scores(first, more), 3 * first.users @ first.items.T, rtol=1e-4, atol=1e-5
    )


def test_diagonal_matrices_are_two_sheaves() -> None:
    """With diagonal maps each row of a node diffuses alone, by the scalar Laplacian."""
    values = (array(USERS, 2, 3), array(ITEMS, 2, 3))
    scalars = [(jnp.asarray(LIKES) * array(USERS, ITEMS), jnp.asarray(LIKES) * array(USERS, ITEMS)) for _ in range(2)]
    stacked = tuple(
        jnp.stack([scalars[0][side], scalars[1][side]], -1)[..., None, :] * jnp.eye(2)[None, None] for side in range(2)
    )
    whole = matrix_sheaf.diffused((stacked[0], stacked[1]), values)
    for row in range(2):
        alone = ranking.diffused(scalars[row], (values[0][:, row], values[1][:, row]))
        for side in range(2):
            np.testing.assert_allclose(whole[side][:, row], alone[side], atol=1e-5)


def test_inverse_square_root() -> None:
    a = RNG.normal(size=(50, 2, 2))
    m = np.eye(2) + np.einsum("nij,nkj->nik", a, a)
    root = np.asarray(matrix_sheaf.inverse_square_root(jnp.asarray(m, jnp.float32)), float)
    np.testing.assert_allclose(root @ m @ root, np.broadcast_to(np.eye(2), m.shape), atol=1e-4)
    np.testing.assert_allclose(root, np.swapaxes(root, 1, 2), atol=1e-5)


def test_matrices_need_an_even_width() -> None:
    odd = Spec(users=USERS, items=ITEMS, width=5)
    method = make("matrix_sheaf")
    assert "even" in (method.fits(odd) or "")
    assert method.fits(SPEC) is None


def test_lightgcn_by_hand() -> None:
    first = vectors()
    degree = np.maximum(LIKES.sum(1, keepdims=True) * LIKES.sum(0, keepdims=True), 1e-9)
    smooth = LIKES / np.sqrt(degree)
    users = [np.asarray(first.users, float)]
    items = [np.asarray(first.items, float)]
    for _ in range(3):
        before = users[-1]
        users.append(smooth @ items[-1])
        items.append(smooth.T @ before)
    expected = np.mean(users, 0) @ np.mean(items, 0).T
    np.testing.assert_allclose(make("lightgcn", layers=3).scores(first, ()), expected, atol=1e-4)


def test_lightgcn_without_layers_is_matrix_factorisation() -> None:
    first = vectors()
    np.testing.assert_allclose(
        make("lightgcn", layers=0).scores(first, ()), make("bpr_mf").scores(first, ()), rtol=1e-5, atol=1e-5
    )


def test_equal_vectors_of_a_user_are_one() -> None:
    first = vectors()
    double = first._replace(users=jnp.stack([first.users, first.users], 1))
    method = make("multi_vector_mf")
    np.testing.assert_allclose(method.scores(double, ()), first.users @ first.items.T, atol=1e-5)
    apart = first._replace(users=jnp.stack([first.users, -first.users], 1))
    np.testing.assert_allclose(method.scores(apart, ()), jnp.abs(first.users @ first.items.T), atol=1e-5)


def test_loss_by_hand() -> None:
    first = vectors()
    scores = array(USERS, ITEMS)
    batch = Pairs(
        liked=jnp.asarray(RNG.integers(0, ITEMS, (USERS, 3)), jnp.int32),
        others=jnp.asarray(RNG.integers(0, ITEMS, (USERS, 3)), jnp.int32),
    )
    total = 0.0
    for u in range(USERS):
        for p in range(3):
            i, j = int(batch.liked[u, p]), int(batch.others[u, p])
            total += np.log1p(np.exp(float(scores[u, j] - scores[u, i])))
            squares = sum(float((row**2).sum()) for row in (first.users[u], first.items[i], first.items[j]))
            total += 0.3 / 2 * squares
    assert float(ranking.pairwise_loss(scores, first, batch, 0.3)) == pytest.approx(total / (3 * USERS), rel=1e-4)


def test_ease_is_the_ridge_regression_of_each_item_on_the_others() -> None:
    scores = np.asarray(make("ease", ridge=2.0).item_scores(()))
    a = LIKES.astype(float)
    for item in range(ITEMS):
        rest = np.delete(a, item, axis=1)
        weights = np.linalg.solve(rest.T @ rest + 2.0 * np.eye(ITEMS - 1), rest.T @ a[:, item])
        np.testing.assert_allclose(scores[:, item], rest @ weights, atol=1e-4)


def test_item_knn_by_hand() -> None:
    scores = np.asarray(make("item_knn", nearest=2, shrink=1.0).item_scores(()))
    a = LIKES.astype(float)
    norms = np.sqrt(a.sum(0))
    expected = np.zeros_like(scores)
    for item in range(ITEMS):
        likeness = (a.T @ a[:, item]) / (norms * norms[item] + 1.0)
        likeness[item] = 0
        kept = np.where(likeness >= np.sort(likeness)[-2], likeness, 0)
        expected[:, item] = a @ kept
    np.testing.assert_allclose(scores, expected, atol=1e-5)
    assert np.isfinite(make("item_knn", nearest=7, shrink=0.0).item_scores(())).all()


def test_layers_start_as_torch_does() -> None:
    """Variances 1 / (3 d) of weights and 1 / (6 d) of maps, which read two vectors; vectors at 0.01."""
    method = make("sheaf_recommender", spec=Spec(users=200, items=200, width=32), likes=np.ones((200, 200), np.float32))
    first, more = method.init(jax.random.key(0)).params
    assert float(more.weights.var()) == pytest.approx(1 / 96, rel=0.1)
    assert float(more.maps.var()) == pytest.approx(1 / 192, rel=0.4)
    assert float(first.users.var()) == pytest.approx(0.01, rel=0.1)
    assert not more.biases.any()


@pytest.mark.parametrize("stem", DESCENT)
def test_two_camps_are_told_apart(stem: str) -> None:
    """Users like nine of the ten items of their camp: the tenth has the highest score of the rest."""
    users, items = 20, 20
    camp = np.arange(users)[:, None] % 2 == np.arange(items)[None, :] % 2
    left_out = (np.arange(users) * 6 + np.arange(users) % 2) % items
    left_out = left_out - (left_out % 2) + np.arange(users) % 2
    likes = camp.astype(np.float32)
    likes[np.arange(users), left_out] = 0
    method = make(stem, spec=Spec(users=users, items=items, width=4), likes=likes, steps=150, lr=0.03)
    known = np.stack([np.flatnonzero(row) for row in likes])
    rest = np.stack([np.flatnonzero(row == 0) for row in likes])
    rng = np.random.default_rng(1)
    batches = Pairs(
        liked=jnp.asarray(np.take_along_axis(known[None], rng.integers(0, 9, (150, users, 6)), 2), jnp.int32),
        others=jnp.asarray(np.take_along_axis(rest[None], rng.integers(0, 11, (150, users, 6)), 2), jnp.int32),
    )

    def train(state):
        return jax.lax.scan(lambda s, b: (method.update(s, b, jax.random.key(0)), ()), state, batches)[0]

    state = method.init(jax.random.key(0))
    scores = np.where(likes > 0, -np.inf, np.asarray(method.item_scores(jax.jit(train)(state))))
    assert (scores.argmax(1) == left_out).mean() > 0.7


@pytest.mark.parametrize("stem", SHEAVES)
def test_every_part_of_a_sheaf_learns(stem: str) -> None:
    method = make(stem)
    state = method.init(jax.random.key(0))
    batch = Pairs(
        liked=jnp.asarray(LIKES.argmax(1)[:, None], jnp.int32),
        others=jnp.full((USERS, 1), 6, jnp.int32),
    )
    after = method.update(state, batch, jax.random.key(1))
    moved = jax.tree.map(lambda a, b: float(jnp.abs(a - b).max()), state.params, after.params)
    assert all(change > 0 for change in jax.tree.leaves(moved))
