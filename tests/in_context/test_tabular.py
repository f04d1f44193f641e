"""Tables: their laws, the set transformer's symmetries, and the fitted baselines against scikit-learn."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from toybench.methods.in_context import _trees
from toybench.methods.in_context.knn_classifier import NEIGHBOURS, shares, squared_distance
from toybench.plugins import registry
from toybench.tasks.in_context import _tabular
from toybench.tasks.in_context._tabular import Pretraining, Tables, TabularSpec

SPEC = TabularSpec(context=32, queries=16, features=2)


def method(name: str, **knobs):
    return replace(registry.load("methods", f"in_context/{name}")(**knobs), spec=SPEC, steps=10)


def draw(law: str, count: int = 200, seed: int = 0) -> Tables:
    return jax.jit(lambda k: _tabular.tables(law, k, count, 32, 16, 2))(jax.random.key(seed))


@pytest.fixture(scope="module")
def tables() -> tuple[np.ndarray, ...]:
    """Context rows, labels and query rows of a few tables of one law."""
    t = draw("gaussians", 6, seed=3)
    return t.x[:, :32], t.y[:, :32], t.x[:, 32:]


@pytest.mark.parametrize("law", _tabular.LAWS)
def test_a_law_gives_both_classes_and_standardised_context(law):
    t = draw(law)
    assert t.x.shape == (200, 48, 2) and t.y.shape == (200, 48)
    assert set(np.unique(t.y)) == {0.0, 1.0}
    np.testing.assert_allclose(t.x[:, :32].mean(1), 0.0, atol=1e-4)
    np.testing.assert_allclose(t.x[:, :32].std(1), 1.0, atol=1e-3)
    assert 0.4 < t.y[:, 32:].mean() < 0.6
    distinct = {tuple(row) for row in np.asarray(t.y).astype(int).tolist()}
    assert len(distinct) > 150  # tables differ


@pytest.mark.parametrize("law", ["scm", "disc"])
def test_median_laws_balance_the_context_and_tell_nothing_about_the_queries(law):
    t = draw(law)
    np.testing.assert_allclose(t.y[:, :32].mean(1), 0.5, atol=1e-6)
    assert t.y[:, 32:].mean(1).std() > 0.05  # query classes are free to be unbalanced


def test_forest_scores_are_constant_in_boxes_and_few():
    rows, count = 400, _tabular.LAWS["forest"][1](400, 2)
    for seed in range(5):
        x, score = _tabular.forest(jax.random.normal(jax.random.key(seed), (count,)), rows, 2)
        values = np.unique(np.asarray(score))
        assert 3 <= len(values) <= 2**_tabular.DEPTH
        for v in values:  # the bounding box of a leaf's rows holds rows of that leaf only
            own = np.asarray(score) == v
            low, high = np.asarray(x)[own].min(0), np.asarray(x)[own].max(0)
            inside = ((np.asarray(x) >= low) & (np.asarray(x) <= high)).all(1)
            assert (inside == own).all()


def test_xor_is_the_sign_of_a_product_and_stripes_are_straight():
    x, score = _tabular.checkers((2, 2))(jax.random.normal(jax.random.key(0), (402,)), 200, 2)
    sign = np.sign(np.asarray(x[:, 0] * x[:, 1]) * np.asarray(score))
    assert abs(sign.mean()) == 1.0
    x, score = _tabular.stripes(jax.random.normal(jax.random.key(0), (404,)), 200, 2)
    angle = np.linspace(0, np.pi, 181)
    best = 0.0  # along the right direction, sorting rows gives few changes of label
    for a in angle:
        order = np.argsort(np.asarray(x) @ [np.cos(a), np.sin(a)])
        best = max(best, (np.diff(np.sign(np.asarray(score)[order])) == 0).mean())
    assert best > 0.95


def test_context_order_changes_nothing_and_queries_do_not_see_one_another(tables):
    x, y, q = tables
    learner = method("tabpfn")
    state = learner.init(jax.random.key(0))
    classify = jax.jit(lambda x, y, q: learner.classify(state, x, y, q))
    told = classify(x, y, q)
    order = np.random.default_rng(0).permutation(32)
    np.testing.assert_allclose(classify(x[:, order], y[:, order], q), told, atol=1e-5)
    other = q.at[:, 1:].add(3.0)
    np.testing.assert_allclose(classify(x, y, other)[:, 0], told[:, 0], atol=1e-5)
    assert np.abs(classify(x, 1 - y, q) - told).max() > 1e-3  # labels are read
    assert np.abs(classify(x.at[:, 0].add(1.0), y, q) - told).max() > 1e-5  # rows are read


def test_each_network_trains_on_its_own_prior():
    scm, forest = (Tables(jnp.full((4, 48, 2), v), jnp.full((4, 48), v)) for v in (1.0, 2.0))
    batch = Pretraining(scm, forest)
    shown = {name: np.asarray(method(name).prior(batch).y[:, 0]) for name in ("tabpfn", "pfn_forest", "pfn_mixed")}
    assert shown["tabpfn"].tolist() == [1] * 4
    assert shown["pfn_forest"].tolist() == [2] * 4
    assert shown["pfn_mixed"].tolist() == [1, 1, 2, 2]


def test_logistic_regression_is_scikit_learns(tables):
    x, y, q = tables
    told = method("logistic_regression", ridge=1.0).classify((), x, y, q)
    for i in range(6):
        right = LogisticRegression(C=1.0, tol=1e-8, max_iter=1000).fit(x[i], y[i]).predict_proba(q[i])[:, 1]
        np.testing.assert_allclose(told[i], right, atol=2e-3)


def test_knn_is_scikit_learns_and_chooses_k_by_leaving_one_out(tables):
    x, y, q = (np.asarray(v) for v in tables)
    told = method("knn_classifier").classify((), *tables)
    for i in range(2):
        each = shares(squared_distance(q[i], x[i]), jnp.asarray(y[i]))
        errors = []
        for j, k in enumerate(NEIGHBOURS):
            right = KNeighborsClassifier(k).fit(x[i], y[i]).predict_proba(q[i])[:, 1]
            np.testing.assert_allclose(each[:, j], right, atol=1e-5)
            rest = [np.delete(np.arange(32), r) for r in range(32)]
            alone = [KNeighborsClassifier(k).fit(x[i][r], y[i][r]).predict(x[i][[n]])[0] for n, r in enumerate(rest)]
            errors.append((np.array(alone) != y[i]).mean())
        np.testing.assert_allclose(told[i], each[:, int(np.argmin(errors))], atol=1e-5)


def test_decision_tree_separates_like_scikit_learns(tables):
    x, y, q = (np.asarray(v) for v in tables)
    for depth in (1, 2):
        classify = jax.jit(lambda both, depth=depth: method("decision_tree", depth=depth).classify((), x, y, both))
        both = np.asarray(classify(np.concatenate([x, q], axis=1)))
        for i in range(6):
            tree, own, told = DecisionTreeClassifier(max_depth=depth, random_state=0), both[i, :32], both[i, 32:]
            tree.fit(x[i], y[i])
            np.testing.assert_allclose(  # ties may break otherwise; the training loss can't
                ((own - y[i]) ** 2).sum(), ((tree.predict_proba(x[i])[:, 1] - y[i]) ** 2).sum(), atol=1e-3
            )
            if depth == 1:
                assert (np.abs(told - tree.predict_proba(q[i])[:, 1]) < 1e-3).mean() > 0.9


def test_a_tree_on_squared_error_boosts_like_scikit_learns():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(40, 3)).astype(np.float32)
    y = (np.sin(2 * x[:, 0]) + x[:, 1] * (x[:, 2] > 0)).astype(np.float32)
    rows, score = jnp.asarray(x), jnp.full(40, y.mean())
    grow = jax.jit(lambda score: _trees.answer(_trees.grow(rows, score - y, jnp.ones(40), 2, jnp.float32(1e-4)), rows))
    for _ in range(5):
        score = score + 0.5 * grow(score)
    expected = np.full(40, y.mean())
    for _ in range(5):
        expected += 0.5 * DecisionTreeRegressor(max_depth=2).fit(x, y - expected).predict(x)
    np.testing.assert_allclose(score, expected, atol=2e-3)


def test_a_stump_by_hand():
    x, y = jnp.array([[0.0], [1.0], [2.0], [4.0]]), jnp.array([0.0, 0.0, 1.0, 1.0])
    tree = _trees.grow(x, 0.5 - y, jnp.full(4, 0.25), 1, jnp.float32(1.0))
    assert tree.threshold[0] == 1.5
    np.testing.assert_allclose(tree.value, [-1 / 1.5, 1 / 1.5], rtol=1e-5)  # -(0.5 + 0.5) / (0.25 + 0.25 + 1)
    np.testing.assert_allclose(_trees.answer(tree, jnp.array([[1.4], [1.6]])), [-1 / 1.5, 1 / 1.5], rtol=1e-5)


def test_boosting_solves_xor_where_a_linear_model_can_not():
    t = draw("xor", 64)
    cut = t.x[:, :32], t.y[:, :32], t.x[:, 32:]

    def accuracy(name: str, **knobs) -> float:
        return float(((method(name, **knobs).classify((), *cut) > 0.5) == (t.y[:, 32:] > 0.5)).mean())

    assert accuracy("gradient_boosting") > 0.8
    assert accuracy("logistic_regression") < 0.62
    assert accuracy("gradient_boosting", depth=1) < accuracy("gradient_boosting") - 0.1  # stumps are additive
