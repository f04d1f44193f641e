"""Regions against closed forms: coverage over a bag, areas, Gaussian half-spaces, quantiles."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from toybench.methods.conformal import st_dqr
from toybench.methods.conformal._regions import State, cloud, directions, evidence, pinball
from toybench.plugins import registry
from toybench.tasks.conformal._regions import Kept, Pairs, RegionSpec, nearest, upper_quantile

KEY = jax.random.key(0)


def make(name: str, outputs: int = 2, given=None, **fields):
    spec = RegionSpec(inputs=1, outputs=outputs)
    return registry.load("methods", f"conformal/{name}")(spec=spec, steps=10, given=given, **fields)


def constant(method, **outputs):
    """Parameters whose networks answer a constant, whatever the input."""
    shapes = jax.eval_shape(method.init, KEY).params
    params = jax.tree.map(lambda s: jnp.zeros(s.shape), shapes)
    for name, value in outputs.items():
        params[name]["params"]["Dense_2"]["bias"] = jnp.asarray(value, jnp.float32)
    return params


def test_a_new_score_exceeds_the_quantile_as_seldom_as_promised() -> None:
    n = 34
    bag = np.random.default_rng(0).permutation(n + 1).astype(np.float32)
    rest = jnp.asarray(np.stack([np.delete(bag, i) for i in range(n + 1)]))
    cut = jax.vmap(lambda s: upper_quantile(s, jnp.float32(0.1)))(rest)
    assert np.mean(bag <= np.asarray(cut)) == pytest.approx(np.ceil((n + 1) * 0.9) / (n + 1))
    assert upper_quantile(jnp.arange(5.0), jnp.float32(0.1)) == jnp.inf


def test_the_pinball_loss_is_least_at_the_quantile() -> None:
    y = jnp.asarray(stats.norm.ppf((np.arange(2000) + 0.5) / 2000), jnp.float32)
    at = jnp.linspace(-3, 3, 601)
    for level in (0.05, 0.5, 0.95):
        loss = jax.vmap(lambda q, level=level: pinball(y - q, level).mean())(at)
        assert float(at[jnp.argmin(loss)]) == pytest.approx(stats.norm.ppf(level), abs=0.02)


def test_cqr_moves_both_quantiles_by_one_number() -> None:
    y = jnp.arange(1.0, 20.0)[:, None]  # 1 .. 19; the 18th of the scores max(5 - y, y - 9) is 9
    method = make("naive_quantile_box", outputs=1, given=Kept(jnp.zeros((19, 1)), y, jnp.float32(0.1)))
    state = State(constant(method, quantiles=[5.0, 9.0]), ())
    inside = method.region(state, jnp.zeros((1, 1)), jnp.array([-4.5, -3.5, 17.5, 18.5])[None, :, None])
    np.testing.assert_array_equal(inside[0], [False, True, True, False])


def test_cqr_narrows_quantiles_that_are_too_wide() -> None:
    y = jnp.linspace(-1, 1, 99)[:, None]
    method = make("naive_quantile_box", outputs=1, given=Kept(jnp.zeros((99, 1)), y, jnp.float32(0.1)))
    state = State(constant(method, quantiles=[-5.0, 5.0]), ())
    assert bool(method.region(state, jnp.zeros((1, 1)), jnp.full((1, 1, 1), 0.85))[0, 0])
    assert not bool(method.region(state, jnp.zeros((1, 1)), jnp.full((1, 1, 1), 0.95))[0, 0])


def test_the_area_of_a_ball() -> None:
    kept = Kept(jnp.zeros((19, 1)), jnp.linspace(0.1, 1.0, 19)[:, None] * jnp.array([[0.6, 0.8]]), jnp.float32(0.1))
    method = make("conformal_ball", given=kept)
    side = jnp.linspace(-2, 2, 401)
    grid = jnp.stack(jnp.meshgrid(side, side), -1).reshape(1, -1, 2)
    area = float(method.region(State(constant(method), ()), jnp.zeros((1, 1)), grid).sum()) * 0.01**2
    assert area == pytest.approx(np.pi * 0.95**2, rel=0.01)


@pytest.mark.parametrize("tau", [0.02, 0.05])
def test_half_spaces_of_a_normal_law_cover_what_the_formula_says(tau: float) -> None:
    method, z = make("directional_qr", directions=256), stats.norm.ppf(tau)
    params = constant(method, quantiles=np.full(256, z))
    y = jnp.asarray(np.random.default_rng(0).normal(size=(1, 20_000, 2)), jnp.float32)
    covered = float((method.score(params, jnp.zeros((1, 1)), y) <= 0).mean())
    assert covered == pytest.approx(1 - np.exp(-(z**2) / 2), abs=0.01)


def test_directions_go_round() -> None:
    u = np.asarray(directions(32))
    np.testing.assert_allclose(np.linalg.norm(u, axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(u.sum(0), 0, atol=1e-5)


def test_latent_regions_under_an_identity_decoder_are_the_direct_ones(monkeypatch) -> None:
    method = make("st_dqr", side=28)
    params = constant(method, quantiles=np.full(32, -1.5))
    identity = lambda p, x, z: jnp.broadcast_to(z[None], (len(x), *z.shape))  # noqa: E731
    monkeypatch.setattr(st_dqr, "cloud", identity)
    y = jnp.asarray(np.random.default_rng(1).uniform(-2.5, 2.5, (1, 2000, 2)), jnp.float32)
    away = method.score(params, jnp.zeros((1, 1)), y)[0]
    direct = make("directional_qr")
    slack = direct.score(constant(direct, quantiles=np.full(32, -1.5)), jnp.zeros((1, 1)), y)[0]
    assert float(away[slack <= 0].max()) < 0.2  # grid points are 0.2 apart, the rim's cells may lack some
    assert (away[slack > 0.2] > 0.05).all()


def test_low_levels_keep_every_latent_point_and_impossible_ones_none() -> None:
    method = make("st_dqr")
    y = jnp.zeros((1, 1, 2))
    assert float(method.score(constant(method, quantiles=np.full(32, -9.0)), jnp.zeros((1, 1)), y)[0, 0]) == 0
    assert float(method.score(constant(method, quantiles=np.full(32, 9.0)), jnp.zeros((1, 1)), y)[0, 0]) > 100


def test_the_divergence_of_a_standard_normal_is_nothing() -> None:
    batch = Pairs(jnp.zeros((4, 1)), jnp.zeros((4, 2)))
    for name in ("probabilistic_conformal", "st_dqr"):
        method = make(name)
        assert float(evidence(constant(method), batch, 1.0, KEY)[0]) == pytest.approx(0, abs=1e-6)
        shifted = constant(method, encoder=[1.0, 0.0, 0.0, np.log(2.0)])
        want = 0.5 + (4 - 1) / 2 - np.log(2.0)  # KL(N(1, 1) || N(0, 1)) + KL(N(0, 4) || N(0, 1))
        assert float(evidence(shifted, batch, 1.0, KEY)[0]) == pytest.approx(want, abs=1e-5)


def test_an_autoencoder_pays_for_its_error_and_its_divergence() -> None:
    batch = Pairs(x=jnp.zeros((3, 1)), y=jnp.full((3, 2), 0.5))
    params = constant(make("st_dqr"), encoder=[0.3, -0.2, -9.0, -9.0], decoder=[1.5, -0.5])
    loss, z = evidence(params, batch, 0.25, KEY)
    divergence = (np.exp(-12) - 1) + (0.3**2 + 0.2**2) / 2 + 12  # log standard deviations are kept above -6
    assert float(loss) == pytest.approx(1 + 1 + 0.25 * divergence, rel=1e-5)
    np.testing.assert_allclose(z, np.broadcast_to([0.3, -0.2], (3, 2)), atol=0.02)  # noise of exp(-6)
    found = cloud(params, jnp.zeros((2, 1)), jnp.zeros((5, 2)))
    np.testing.assert_allclose(found, np.broadcast_to([1.5, -0.5], (2, 5, 2)))


def test_a_latent_point_is_its_mean_plus_scaled_noise() -> None:
    batch = Pairs(x=jnp.zeros((4000, 1)), y=jnp.zeros((4000, 2)))
    params = constant(make("st_dqr"), encoder=[1.0, -1.0, np.log(0.5), np.log(2.0)])
    z = np.asarray(evidence(params, batch, 1.0, KEY)[1])
    np.testing.assert_allclose(z.mean(0), [1, -1], atol=0.1)
    np.testing.assert_allclose(z.std(0), [0.5, 2], rtol=0.05)


def test_losses_by_hand() -> None:
    x, y = jnp.zeros((2, 1)), jnp.array([[1.0, 0.0], [0.0, -2.0]])
    batch, given = Pairs(x=x, y=y), Kept(x=x, y=y, alpha=jnp.float32(0.2))

    ball = make("conformal_ball", given=given)
    assert float(ball.loss(constant(ball, mean=[0.5, 0.0]), batch, KEY)) == pytest.approx((0.25 + 0 + 0.25 + 4) / 4)

    box = make("naive_quantile_box", given=given)  # levels 0.05 and 0.95 for each of two coordinates
    found = box.loss(constant(box, quantiles=[-1.0, -1.0, 0.5, 0.5]), batch, KEY)
    low = [0.05 * 2, 0.05 * 1, 0.05 * 1, 0.95 * 1]  # y - low: 2, 1, 1, -1
    high = [0.95 * 0.5, 0.05 * 0.5, 0.05 * 0.5, 0.05 * 2.5]  # y - high: 0.5, -0.5, -0.5, -2.5
    assert float(found) == pytest.approx(np.mean(np.add(low, high)))

    sides = make("directional_qr", given=given, directions=4, tau=0.1)  # along 1, i, -1, -i
    along = np.array([[1, 0, -1, 0], [0, -2, 0, 2]], float)
    paid = np.where(along > -0.5, 0.1 * (along + 0.5), -0.9 * (along + 0.5))
    assert float(sides.loss(constant(sides, quantiles=[-0.5] * 4), batch, KEY)) == pytest.approx(paid.mean())


def test_quantiles_are_learned_beside_the_autoencoder() -> None:
    """Latent points at (0.3, 0), and quantiles of -0.5 in four directions: 0.3, 0, -0.3 and 0 lie along them."""
    batch = Pairs(x=jnp.zeros((2, 1)), y=jnp.zeros((2, 2)))
    method = make("st_dqr", directions=4, tau=0.1, kl=0.5)
    params = constant(method, encoder=[0.3, 0.0, -6.0, -6.0], quantiles=[-0.5] * 4)
    alone, _ = evidence(params, batch, 0.5, KEY)
    beside = 0.1 * np.mean([0.8, 0.5, 0.2, 0.5])
    assert float(method.loss(params, batch, KEY) - alone) == pytest.approx(beside, abs=2e-3)
    plain = make("probabilistic_conformal", kl=0.5)
    assert float(plain.loss(params, batch, KEY)) == pytest.approx(float(alone))


def test_scores_by_hand() -> None:
    x, y = jnp.zeros((1, 1)), jnp.array([[[3.0, 4.0], [0.0, 1.0]]])
    sides = make("directional_qr", directions=4)
    params = constant(sides, quantiles=[-1.0, -2.0, -4.0, -3.0])  # the worst of q - u.y
    np.testing.assert_allclose(sides.score(params, x, y)[0], [max(-4, -6, -1, 1), max(-1, -3, -4, -2)], atol=1e-6)
    box = make("naive_quantile_box")
    params = constant(box, quantiles=[-1.0, -2.0, 2.0, 3.0])
    np.testing.assert_allclose(box.score(params, x, y)[0], [1, -1], atol=1e-6)
    plain = make("probabilistic_conformal", samples=7)
    np.testing.assert_allclose(plain.score(constant(plain, decoder=[0.0, 1.0]), x, y)[0], [18**0.5, 0], atol=1e-5)


def test_the_nearest_usable_point() -> None:
    y, points = jnp.zeros((1, 1, 2)), jnp.array([[[3.0, 4.0], [1.0, 0.0]]])
    assert float(nearest(y, points)[0, 0]) == 1
    assert float(nearest(y, points, jnp.array([[True, False]]))[0, 0]) == 5


def test_the_nearest_point_of_many_is_that_of_all_distances() -> None:
    rng = np.random.default_rng(0)
    y, many = rng.normal(size=(2, 5, 2)), rng.normal(size=(2, 47, 2))
    usable = rng.random((2, 47)) < 0.5
    away = np.linalg.norm(y[:, :, None] - many[:, None], axis=-1)
    y32, many32 = jnp.asarray(y, jnp.float32), jnp.asarray(many, jnp.float32)
    np.testing.assert_allclose(nearest(y32, many32), away.min(-1), atol=1e-5)
    want = np.where(usable[:, None], away, np.inf).min(-1)
    np.testing.assert_allclose(nearest(y32, many32, jnp.asarray(usable)), want, atol=1e-5)


def test_responses_lie_on_the_arch() -> None:
    task = registry.load("tasks", "conformal/bivariate_regions")()
    x, y = task.pairs(KEY, 4000)
    z = np.linspace(-np.pi, np.pi, 800)[None] / np.asarray(x)
    curve = np.stack([z, (1 - np.cos(np.asarray(x) * z)) / 2 + np.sin(np.asarray(x))], axis=-1)
    away = np.linalg.norm(np.asarray(y)[:, None] - curve, axis=-1).min(1)
    assert away.max() < 0.11
    raw, _ = task.candidates()
    assert (np.asarray(y) > np.asarray(raw).min(0)).all()
    assert (np.asarray(y) < np.asarray(raw).max(0)).all()


def test_true_intervals_cover_what_they_should_at_every_input() -> None:
    task = registry.load("tasks", "conformal/heteroscedastic_intervals")(train=200, calibration=20_000)
    world = jax.jit(task.sample)(KEY)
    kept = world.kept
    inside = np.asarray(task.oracle(world).region(kept.x, kept.y[:, None])[:, 0])
    order = np.argsort(np.asarray(kept.x[:, 0]))
    np.testing.assert_allclose(inside[order].reshape(5, -1).mean(1), 0.9, atol=0.02)
