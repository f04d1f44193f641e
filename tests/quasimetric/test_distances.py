"""The mechanisms of the latent distances: closed forms, integration, simulation, hand-worked cases."""

import itertools
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from toybench.methods.quasimetric import _embedding, iqe, pqe_gg
from toybench.plugins import registry
from toybench.tasks.quasimetric import DISCOUNT, Pairs, Spec

SPEC = Spec(nodes=12, features=16)


def make(stem, **values):
    return registry.load("methods", f"quasimetric/{stem}")(spec=SPEC, steps=10, **values)


def latents(rows=40, width=32, seed=0, scale=1.0):
    return scale * jax.random.normal(jax.random.key(seed), (2, rows, width))


def merged(intervals):
    """Length of a union of intervals, by sorting and merging."""
    total, reach = 0.0, -np.inf
    for start, end in sorted(intervals):
        total, reach = total + max(0.0, end - max(start, reach)), max(reach, end)
    return total


def test_union_length_is_that_of_merged_intervals():
    u, v = (np.asarray(z) for z in latents(rows=200, width=5))
    u, v = np.round(u, 1), np.round(v, 1)  # ties
    expected = [merged([(a, max(a, b)) for a, b in zip(p, q, strict=True)]) for p, q in zip(u, v, strict=True)]
    np.testing.assert_allclose(iqe.union_length(jnp.asarray(u), jnp.asarray(v)), expected, atol=1e-5)
    by_hand = iqe.union_length(jnp.array([0.0, 1.0, 5.0, 9.0]), jnp.array([2.0, 4.0, 6.0, 3.0]))
    assert float(by_hand) == 5.0  # [0, 2] and [1, 4] overlap, [5, 6], and nothing from 9 down to 3


def test_iqe_is_homogeneous_in_the_latents():
    method, (u, v) = make("iqe"), latents()
    head = jnp.array(0.7)
    np.testing.assert_allclose(method.between(head, 3.0 * u, 3.0 * v), 3.0 * method.between(head, u, v), rtol=1e-5)
    largest = method.between(jnp.array(50.0), u, v)
    parts = iqe.union_length(u.reshape(40, 8, 4), v.reshape(40, 8, 4))
    np.testing.assert_allclose(largest, parts.max(-1), rtol=1e-6)


def test_iqe_starts_as_its_authors_say():
    assert float(jax.nn.sigmoid(make("iqe").head(jax.random.key(0)))) == pytest.approx(0.268941, rel=1e-5)


RATES = np.array([0.0, 1e-6, 0.03, 0.4, 1.0, 2.5, 4.0])


def reference_race(a, b):
    k = np.arange(80)
    return (stats.poisson.pmf(k, a) * stats.poisson.sf(k - 1, b)).sum()


def test_poisson_race_and_its_gradient():
    pairs = np.array(list(itertools.product(RATES, RATES)))
    expected = np.array([reference_race(a, b) for a, b in pairs])
    a, b = jnp.asarray(pairs.T, jnp.float32)
    np.testing.assert_allclose(pqe_gg.race(a, b), expected, atol=2e-6)
    by_a, by_b = jax.vmap(jax.grad(pqe_gg.race, (0, 1)))(a, b)
    step, inner = 1e-5, (pairs > 1e-3).all(1)
    for found, shift in ((by_a, (step, 0.0)), (by_b, (0.0, step))):
        slope = [(reference_race(*(p + shift)) - reference_race(*(p - shift))) / (2 * step) for p in pairs[inner]]
        np.testing.assert_allclose(np.asarray(found)[inner], slope, atol=1e-4)
    np.testing.assert_allclose(by_a[0], -1.0, atol=1e-6)  # at rates 0: a first point for X loses the race
    np.testing.assert_allclose(by_b[0], 0.0, atol=1e-6)


def test_exclusive_measure_by_integration():
    t = np.linspace(-12.0, 12.0, 200_001)
    for u, v, variance in [(0.3, 1.1, 1.0), (2.0, -0.5, 0.5), (-1.0, -3.0, 3.0), (0.7, 0.7, 1.0)]:
        gap = stats.norm.pdf(t, u, 1.0) - stats.norm.pdf(t, v, 1.0)
        measure = stats.norm.pdf(t, 0.0, variance**0.5)
        expected = [np.trapezoid(measure * np.maximum(sign * gap, 0.0), t) for sign in (1, -1)]
        found = pqe_gg.exclusive(*(jnp.array([x], jnp.float32) for x in (u, v, variance)))
        np.testing.assert_allclose(np.ravel(found), expected, atol=1e-6)


def test_pqe_gg_is_the_expected_quasipartition_of_a_simulated_process():
    method, (u, v) = make("pqe_gg", latent=8), latents(rows=1, width=8, scale=1.5)
    head = method.head(jax.random.key(1)) | {"log_variance": jnp.linspace(-0.5, 0.5, 8).reshape(2, 4)}
    only = pqe_gg.exclusive(u.reshape(8), v.reshape(8), jnp.exp(head["log_variance"]).reshape(8))
    scales = 4.0 * np.asarray(_embedding.collapse(head["scales"])) ** 2
    room = 1 / np.sqrt(2 * np.pi * (1 + np.exp(np.linspace(-0.5, 0.5, 8)))) @ scales
    scales = scales * 4.0 / (4.0 + room)
    assert (room * 4.0 / (4.0 + room)).max() < pqe_gg.LIMIT
    draws = np.random.default_rng(0)
    # points of the base processes, thinned onto each of the 8 that the quasipartitions compare
    in_u, in_v = (draws.poisson(np.asarray(x)[:, None] * scales, (200_000, 8, 8)).sum(1) for x in only)
    expected = 1 - (in_u <= in_v).reshape(-1, 2, 4).all(-1).mean(0)
    found = method.partition(head, u.reshape(1, 2, 4), v.reshape(1, 2, 4))[0]
    np.testing.assert_allclose(found, expected, atol=5e-3)


@pytest.mark.parametrize("stem", ["pqe_lh", "pqe_undecayed"])
def test_pqe_lh_is_the_expected_quasipartition_of_half_lines(stem):
    method = make(stem)
    u, v = np.array([0.4, 2.0, -1.0, 0.5]), np.array([1.0, 1.2, -1.6, 0.5])
    draws, split = np.random.default_rng(0), 4  # measures are divided by the number of processes
    in_u = draws.poisson(np.maximum(u - v, 0) / split, (200_000, 4))
    in_v = draws.poisson(np.maximum(v - u, 0) / split, (200_000, 4))
    expected = 1 - (in_u <= in_v).all(-1).mean()
    found = method.partition(*(jnp.asarray(z, jnp.float32).reshape(1, 1, 4) for z in (u, v)))
    assert float(found[0, 0]) == pytest.approx(1 - np.exp(-(0.8 + 0.6) / 4), rel=1e-5)
    assert float(found[0, 0]) == pytest.approx(expected, abs=4e-3)


@pytest.mark.parametrize("stem", ["pqe_lh", "pqe_undecayed", "pqe_gg"])
def test_poisson_embeddings_start_discounting_to_the_middle(stem):
    method = make(stem)
    for seed in range(5):
        weights = jax.nn.softplus(-_embedding.collapse(method.head(jax.random.key(seed))["weights"])[0])
        assert weights.shape == (8,)
        assert 0.5 <= float(jnp.exp(-0.5 * weights.sum())) <= 0.75


@pytest.mark.parametrize("stem", ["pqe_lh", "pqe_undecayed"])
def test_pqe_distance_is_the_discounted_product_form(stem):
    method, (u, v) = make(stem), latents()
    head = method.head(jax.random.key(0))
    parts = method.partition(u.reshape(40, 8, 4), v.reshape(40, 8, 4))
    product = jnp.prod(jax.nn.sigmoid(_embedding.collapse(head["weights"])) ** parts, axis=-1)
    np.testing.assert_allclose(DISCOUNT ** method.between(head, u, v), product, rtol=1e-5)


@pytest.mark.parametrize("stem", ["deep_norm", "wide_norm"])
def test_norms_are_convex_and_positively_homogeneous(stem):
    method, (x, y) = make(stem), latents(rows=200)
    head = method.head(jax.random.key(2))
    norm = lambda z: np.asarray(method.norm(head, z))  # noqa: E731
    np.testing.assert_allclose(norm(2.5 * x), 2.5 * norm(x), rtol=1e-4, atol=1e-5)
    assert (norm(0.3 * x + 0.7 * y) <= 0.3 * norm(x) + 0.7 * norm(y) + 1e-5).all()
    assert (norm(x) >= 0).all() and (norm(jnp.zeros_like(x)) == 0).all()
    assert np.abs(norm(x) - norm(-x)).max() > 0.01  # asymmetric


def test_deep_norm_by_hand():
    method = make("deep_norm", latent=1, hidden=1, layers=2, pieces=2)
    head = {
        "u": jnp.array([[[2.0]], [[-1.0]]]),
        "w": jnp.array([[[-3.0]]]),  # counts as |-3|, its square being larger
        "slopes": jnp.zeros((2, 1)),
        "offsets": jnp.zeros((1, 1)),
        "maxmean": jnp.zeros(()),
    }
    x = jnp.array([[1.5], [-1.5]])
    # relu(3 * relu(2 x) - x), then slope 1
    np.testing.assert_allclose(method.between(head, x, jnp.zeros_like(x)), [7.5, 1.5])


def test_wide_norm_by_hand():
    method = make("wide_norm", latent=1, components=1, rows=2, pieces=2)
    head = {
        "w": jnp.array([[3.0, 4.0], [0.5, 0.0]]),  # from [relu(x), relu(-x)]; 0.5 counts as 0.25
        "slopes": jnp.zeros((2, 1)),
        "offsets": jnp.zeros((1, 1)),
        "maxmean": jnp.zeros(()),
    }
    x = jnp.array([[2.0], [-2.0]])
    np.testing.assert_allclose(method.between(head, x, jnp.zeros_like(x)), [10.0, 0.5])


def test_concave_activation_is_concave_and_starts_at_zero():
    slopes, offsets = jax.random.normal(jax.random.key(0), (5, 3)), jax.random.normal(jax.random.key(1), (4, 3))
    h = jnp.linspace(0.0, 6.0, 61)
    c = np.asarray(_embedding.concave(slopes, offsets, jnp.broadcast_to(h[:, None], (61, 3))))
    assert (c[0] == 0).all() and (np.diff(c, axis=0) > 0).all()
    assert (np.diff(c, 2, axis=0) < 1e-5).all() and (np.diff(c, 2, axis=0) < -1e-2).any()


def test_mrn_squares_what_the_repaired_one_does_not():
    literal = make("mrn", outputs=4)
    fixed = make("mrn_fixed", outputs=4)
    u, v = latents()
    head = literal.head(jax.random.key(0))
    jax.tree.map(np.testing.assert_array_equal, head, fixed.head(jax.random.key(0)))
    f_u, g_u = literal.projections.apply(head, u)
    f_v, g_v = literal.projections.apply(head, v)
    residual = np.maximum(np.asarray(g_u - g_v).max(-1), 0.0)
    square = np.mean(np.square(np.asarray(f_u - f_v)), -1)
    np.testing.assert_allclose(literal.between(head, u, v), square + residual, rtol=1e-4)
    np.testing.assert_allclose(fixed.between(head, u, v), np.sqrt(square) + residual, rtol=1e-4)
    assert np.abs(np.asarray(f_u - g_u)).max() > 0.1  # two projections


def test_euclidean_embedding_by_hand():
    method = make("euclidean_embedding")
    u, v = jnp.array([[0.0, 3.0], [1.0, 1.0]]), jnp.array([[4.0, 0.0], [1.0, 1.0]])
    np.testing.assert_allclose(method.between((), u, v), [5.0, 0.0])
    slope = jax.grad(lambda u: method.between((), u, v).sum())(u)
    np.testing.assert_allclose(slope, [[-0.8, 0.6], [0.0, 0.0]], atol=1e-6)  # finite where the points meet


def test_asymmetric_dot_product_predicts_a_sigmoid():
    u, v = latents(width=3)
    d = make("asymmetric_dot_product").between((), u, v)
    np.testing.assert_allclose(DISCOUNT**d, jax.nn.sigmoid((u * v).sum(-1)), rtol=1e-5)
    assert float(_embedding.from_logit(jnp.array(0.0))) == pytest.approx(np.log(0.5) / np.log(DISCOUNT), rel=1e-6)


@pytest.mark.parametrize("stem", ["asymmetric_dot_product", "mlp_separate"])
def test_two_encoders_are_two(stem):
    method = replace(make(stem), given=jax.random.normal(jax.random.key(0), (12, 16)))
    params = method.init(jax.random.key(1)).params
    source, goal = method.encoder.apply(params["encoder"], method.given)
    assert source.shape == goal.shape == (12, 32)
    assert np.abs(np.asarray(source - goal)).min(0).max() > 0.05


def test_triangle_penalty_by_enumeration():
    method = replace(make("mlp_triangle_penalty"), given=jax.random.normal(jax.random.key(0), (12, 16)))
    init = jax.jit(lambda key: method.init(key).params)
    params = jax.tree.map(lambda p: 3.0 * p, init(jax.random.key(1)))  # steep enough to break the inequality
    nodes = np.arange(12)
    x, y, z = (jnp.asarray(i) for i in np.array(list(itertools.product(nodes, nodes, nodes))).T)
    i, j = (jnp.asarray(k) for k in np.divmod(np.arange(144), 12))
    g = DISCOUNT ** np.asarray(method.predict_distance(params, i, j)).reshape(12, 12)
    expected = np.mean(np.maximum(g[:, :, None] * g[None, :, :] - g[:, None, :], 0.0) ** 2)
    assert expected > 1e-5
    assert float(method.penalty(params, jnp.stack([x, y, z]))) == pytest.approx(expected, rel=1e-3)


def test_without_weight_the_penalised_network_is_the_plain_one():
    given = jax.random.normal(jax.random.key(0), (12, 16))
    pair = jnp.arange(8)
    batch = Pairs(x=pair, y=pair[::-1], discounted=jnp.full(8, 0.4))
    plain, penalised = (
        replace(m, given=given)
        for m in (make("mlp_concatenated", decay=1.0), make("mlp_triangle_penalty", weight=0.0, decay=1.0))
    )
    state = jax.jit(plain.init)(jax.random.key(1))
    a, b = (jax.jit(m.update)(state, batch, jax.random.key(2)).params for m in (plain, penalised))
    jax.tree.map(lambda p, q: np.testing.assert_allclose(p, q, atol=1e-6), a, b)


@pytest.mark.parametrize(("undecayed", "decayed"), [("mlp_undecayed", "mlp_concatenated"), ("pqe_undecayed", "pqe_lh")])
def test_undecayed_methods_are_the_others_without_decay(undecayed, decayed):
    """One step of plain Adam, and one of AdamW that differs from it by lr * decay * weights."""
    given = jax.random.normal(jax.random.key(0), (12, 16))
    batch = Pairs(x=jnp.arange(8), y=jnp.arange(8)[::-1], discounted=jnp.full(8, 0.4))
    without = replace(make(undecayed, lr=0.02), given=given)
    state = jax.jit(without.init)(jax.random.key(1))
    plain = jax.jit(without.update)(state, batch, jax.random.key(2)).params
    for decay in (0.0, 3.0):
        other = replace(make(decayed, lr=0.02, decay=decay), given=given)
        found = jax.jit(other.update)(state, batch, jax.random.key(2)).params
        expected = jax.tree.map(lambda p, q, d=decay: p - 0.02 * d * q, plain, state.params)
        jax.tree.map(lambda p, q: np.testing.assert_allclose(p, q, atol=1e-5), found, expected)


@pytest.mark.parametrize("stem", ["iqe", "euclidean_embedding"])
def test_nodes_have_one_latent_where_goals_are_not_separate(stem):
    method = replace(make(stem), given=jax.random.normal(jax.random.key(0), (12, 16)))
    params = method.init(jax.random.key(1)).params
    source, goal = method.encoder.apply(params["encoder"], method.given)
    np.testing.assert_array_equal(source, goal)


def test_the_loss_is_the_squared_error_of_discounted_distances():
    method = replace(make("euclidean_embedding"), given=jax.random.normal(jax.random.key(0), (12, 16)))
    params = method.init(jax.random.key(1)).params
    batch = Pairs(x=jnp.array([0, 3]), y=jnp.array([5, 1]), discounted=jnp.array([0.2, 0.9]))
    d = np.asarray(method.predict_distance(params, batch.x, batch.y))
    expected = np.mean((0.9**d - np.array([0.2, 0.9])) ** 2)
    assert float(_embedding.squared_error(params, method, batch)) == pytest.approx(expected, rel=1e-5)


def test_two_steps_of_adamw_by_hand():
    method = replace(make("euclidean_embedding", lr=0.1, decay=0.5), steps=4)
    state = _embedding.State(params={"w": jnp.array(2.0)}, opt=method.optimizer.init({"w": jnp.array(2.0)}))
    moments = np.zeros(2)
    w = 2.0
    for step, gradient in enumerate((0.3, -0.1)):
        state = method.descend(state, {"w": jnp.array(gradient)})
        moments = np.array([0.9, 0.999]) * moments + np.array([0.1, 0.001]) * np.array([gradient, gradient**2])
        first, second = moments / (1 - np.array([0.9, 0.999]) ** (step + 1))
        rate = 0.1 * (1 + np.cos(np.pi * step / 4)) / 2
        w = w - rate * (first / (np.sqrt(second) + 1e-8) + 0.5 * w)
        assert float(state.params["w"]) == pytest.approx(w, rel=1e-5)


def test_nonnegative_is_the_lesser_of_square_and_size():
    w = jnp.array([-3.0, -1.0, -0.5, 0.0, 0.2, 4.0])
    np.testing.assert_allclose(_embedding.nonnegative(w), [3.0, 1.0, 0.25, 0.0, 0.04, 4.0], rtol=1e-6)


def test_maxmean_by_hand():
    np.testing.assert_allclose(_embedding.maxmean(jnp.log(3.0), jnp.array([[1.0, 5.0, 3.0]])), [0.75 * 5 + 0.25 * 3])


@pytest.mark.parametrize("stem", ["deep_norm", "wide_norm"])
def test_gradients_are_finite_where_xla_computes_twice(stem):
    """Without optimisation a maximum's gradient looks for it among entries computed again, rounded otherwise."""
    method = replace(make(stem), given=jax.random.normal(jax.random.key(9), (64, 16)))

    def loss(params, batch):
        return _embedding.squared_error(params, method, batch)

    options = {"xla_backend_optimization_level": 0, "xla_cpu_use_fusion_emitters": True}
    gradient = jax.jit(jax.grad(loss), compiler_options=options)
    for seed in range(3):
        params = method.init(jax.random.key(seed)).params
        nodes = jax.random.randint(jax.random.key(seed + 5), (2, 256), 0, 64)
        batch = Pairs(x=nodes[0], y=nodes[1], discounted=jnp.full(256, 0.3))
        for scale in (1.0, 3.0, 10.0):
            found = gradient(jax.tree.map(lambda p, s=scale: s * p, params), batch)
            assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(found))


def test_the_penalty_enters_the_step_with_its_weight():
    given = jax.random.normal(jax.random.key(0), (12, 16))
    method = replace(make("mlp_triangle_penalty", weight=7.0), given=given)
    state = jax.jit(method.init)(jax.random.key(1))
    batch = Pairs(x=jnp.arange(8), y=jnp.arange(8)[::-1], discounted=jnp.full(8, 0.4))
    key = jax.random.key(2)
    triples = jax.random.randint(key, (3, 8), 0, 12)

    def loss(params):
        return _embedding.squared_error(params, method, batch) + 7.0 * method.penalty(params, triples)

    expected = method.descend(state, jax.grad(loss)(state.params))
    found = method.update(state, batch, key)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-6), found.params, expected.params)


def test_deep_linear_networks_keep_the_scale():
    factors = _embedding.deep_linear(jax.random.key(0), 48, 80)
    assert [w.shape for w in factors] == [(48, 64), (64, 64), (64, 64), (64, 80)]
    product = np.asarray(_embedding.collapse(factors))
    assert product.shape == (48, 80)
    assert np.var(product) * 48 == pytest.approx(1.0, rel=0.25)


@pytest.mark.parametrize("stem", ["deep_norm", "wide_norm"])
def test_norms_start_as_their_authors_say(stem):
    head = make(stem, hidden=400).head(jax.random.key(0))
    assert float(head["maxmean"]) == -1.0
    for name, middle in (("slopes", 0.0), ("offsets", -1.0)):
        drawn = np.asarray(head[name])
        assert drawn.mean() == pytest.approx(middle, abs=5e-4)
        assert drawn.std() == pytest.approx(1e-3, rel=0.2)
    for name in ("u", "w") if stem == "deep_norm" else ("w",):
        w = np.asarray(head[name])
        assert w.var() * w.shape[-2] == pytest.approx(1.0, rel=0.1)


def test_concave_takes_the_lowest_line():
    slopes = jnp.log(jnp.array([[3.0], [1 / 3]]))  # slopes 1.5 and 0.5
    offsets = jnp.array([[0.0]])  # the second line begins at log 2
    h = jnp.array([[0.4], [2.0]])  # they cross at log 2
    np.testing.assert_allclose(_embedding.concave(slopes, offsets, h), [[0.6], [1.0 + np.log(2)]], rtol=1e-6)


def test_distances_go_from_the_first_node_to_the_second():
    method = replace(make("pqe_lh"), given=jax.random.normal(jax.random.key(0), (12, 16)))
    params = method.init(jax.random.key(1)).params
    source, goal = method.encoder.apply(params["encoder"], method.given)
    x = jnp.array([0, 3, 5])
    y = jnp.array([7, 1, 2])
    expected = method.between(params["head"], source[x], goal[y])
    np.testing.assert_allclose(method.predict_distance(params, x, y), expected, rtol=1e-5)
    assert np.abs(np.asarray(expected - method.predict_distance(params, y, x))).max() > 1e-3


def test_the_encoder_has_two_hidden_layers():
    params = make("iqe").init(jax.random.key(0)).params["encoder"]
    shapes = sorted(leaf.shape for leaf in jax.tree.leaves(params) if leaf.ndim == 2)
    assert shapes == [(16, 64), (64, 32), (64, 64)]


def test_the_rates_of_pqe_gg_start_near_one():
    method = make("pqe_gg")
    scales = pqe_gg.START * np.asarray(_embedding.collapse(method.head(jax.random.key(0))["scales"])) ** 2
    room = scales.sum(0) / np.sqrt(4 * np.pi)  # greatest measure of a shape under a unit Gaussian measure
    rates = room * pqe_gg.LIMIT / (pqe_gg.LIMIT + room)
    assert 0.5 < rates.mean() < 1.5
