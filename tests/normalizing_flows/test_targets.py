"""The targets by a second way: densities, forces, quantiles and moments against scipy and quadrature."""

from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import integrate, stats

from toybench.protocol import Learner
from toybench.tasks import normalizing_flows as study
from toybench.tasks.normalizing_flows import _product, gradient_noise
from toybench.tasks.normalizing_flows.few_samples import FewSamples
from toybench.tasks.normalizing_flows.heavy_tails import (
    DIMS,
    HeavyTails,
    definite_root,
    student_log_prob,
    student_survival,
)
from toybench.tasks.normalizing_flows.known_target import KnownTarget


def mixture(x):
    return (stats.norm.pdf(x, -1, 0.5**0.5) + stats.norm.pdf(x, 1, 0.5**0.5)) / 2


def array(*shape, seed=0):
    return jnp.asarray(np.random.default_rng(seed).normal(size=shape), jnp.float32)


def test_the_known_density_and_force():
    x = 2 * array(5, 3)
    np.testing.assert_allclose(study.known_log_prob(x), np.log(mixture(np.asarray(x))).sum(1), atol=1e-4)
    force = jax.grad(lambda x: study.known_log_prob(x).sum())(x)
    np.testing.assert_allclose(study.known_force(x), force, atol=1e-4)


def test_exact_draws_have_the_moments_of_the_mixture():
    x = np.asarray(_product.draws(jax.random.key(0), 40_000, 2), np.float64)
    variance, fourth = (integrate.quad(lambda x, k=k: x**k * mixture(x), -9, 9)[0] for k in (2, 4))
    assert variance == pytest.approx(1.5)
    np.testing.assert_allclose((x**2).mean(0), variance, rtol=0.03)
    np.testing.assert_allclose((x**4).mean(0), fourth, rtol=0.05)
    np.testing.assert_allclose(np.cov(x.T)[0, 1], 0, atol=0.03)


def test_metrics_of_the_base_by_quadrature_and_by_hand():
    test = _product.draws(jax.random.key(1), 4000, 2)
    found = _product.measure(test, jax.random.key(2), _product.standard_normal(2))
    divergence = integrate.quad(lambda x: mixture(x) * np.log(mixture(x) / stats.norm.pdf(x)), -9, 9)[0]
    second = integrate.quad(lambda x: mixture(x) ** 2 / stats.norm.pdf(x), -7, 7)[0]
    assert float(found["forward_kl"]) == pytest.approx(2 * divergence, abs=0.03)
    assert float(found["ess"]) == pytest.approx(second**-2, abs=0.05)
    exact = _product.measure(test, jax.random.key(2), _product.exact(2))
    assert float(exact["ess"]) == pytest.approx(1) and float(exact["forward_kl"]) == pytest.approx(0, abs=1e-6)
    spike = SimpleNamespace(
        sample=lambda key, n: test, log_prob=lambda x: study.known_log_prob(x) + jnp.where(x[:, 0] > 0, 9.0, 0.0)
    )
    share = float(jnp.mean(test[:, 0] <= 0))
    assert float(_product.measure(test, jax.random.key(2), spike)["ess"]) == pytest.approx(share, abs=0.001)


def test_batches_come_from_the_training_set_and_from_nowhere_else():
    task = FewSamples(samples=9, test=20)
    world = task.sample(jax.random.key(0))
    _, batch = task.draw(world, jax.random.key(1), None)
    np.testing.assert_array_equal(batch.x, world.train[batch.row])
    assert batch.x.shape == (64, 6) and len(set(np.asarray(batch.row).tolist())) == 9
    fresh = KnownTarget(test=20)
    first, second = (fresh.draw((), jax.random.key(k), None)[1].x for k in (1, 2))
    assert not np.isin(np.asarray(first), np.asarray(second)).any()


@pytest.mark.parametrize("freedom", [2, 3])
def test_student_laws(freedom):
    x = np.array([-300.0, -5, -1, -0.01, 0, 0.3, 2, 30, 300])
    found = student_survival(jnp.asarray(x, jnp.float32), freedom)
    np.testing.assert_allclose(found, stats.t.sf(x, freedom), rtol=0.01)
    np.testing.assert_allclose(
        student_log_prob(jnp.asarray(x, jnp.float32), freedom), stats.t.logpdf(x, freedom), atol=1e-4
    )


def cdf(task, world, x):
    """P(X_i < x_i) of raw points [n, d] by scipy."""
    light = stats.norm(np.asarray(world.centres), np.asarray(world.scales)).cdf
    heavy = stats.t(task.freedom, np.asarray(world.centres), np.asarray(world.scales)).cdf
    parts = np.where(np.arange(DIMS) >= 4, heavy(x[:, None, :]), light(x[:, None, :]))
    return (np.asarray(world.weights) * parts).sum(1)


def test_quantiles_and_densities_of_the_tails_are_those_of_scipy():
    task = HeavyTails(samples=500, test=50, freedom=3)
    world = jax.jit(task.sample)(jax.random.key(3))
    np.testing.assert_allclose(np.asarray(world.weights).sum(0), 1, atol=1e-6)
    np.testing.assert_array_equal((np.asarray(world.weights) > 0).sum(0), [1, 1, 2, 3, 2, 2, 2, 2])
    z = jnp.broadcast_to(jnp.array([-4.5, -2.0, -0.1, 0.5, 3.0, 4.5])[:, None], (6, DIMS))
    x = np.asarray(task.quantiles(world, z), np.float64)
    np.testing.assert_allclose(stats.norm.ppf(cdf(task, world, x)), z, atol=0.02)

    np.testing.assert_allclose(world.train.mean(0), 0, atol=1e-4)
    np.testing.assert_allclose(world.train.std(0), 1, atol=1e-3)
    raw = np.asarray(world.test, np.float64) * np.asarray(world.deviation) + np.asarray(world.mean)
    scores = stats.norm.ppf(cdf(task, world, raw))
    root = np.asarray(world.copula, np.float64)
    copula = stats.multivariate_normal(np.zeros(DIMS), root @ root.T).logpdf(scores) - stats.norm.logpdf(scores).sum(1)
    step = 1e-3
    slope = (cdf(task, world, raw + step) - cdf(task, world, raw - step)) / (2 * step)
    wanted = copula + np.log(slope).sum(1) + np.log(np.asarray(world.deviation)).sum()
    np.testing.assert_allclose(world.log_prob, wanted, atol=0.05)


def test_correlations_are_made_definite():
    made = definite_root(jnp.array([[1.0, 0.25, 0.0], [0.25, 1.0, 0.25], [0.0, 0.25, 1.0]]))
    np.testing.assert_allclose(made @ made.T, [[1, 0.25, 0], [0.25, 1, 0.25], [0, 0.25, 1]], atol=1e-5)
    bad = definite_root(jnp.array([[1.0, 0.9, -0.9], [0.9, 1.0, 0.9], [-0.9, 0.9, 1.0]]))
    np.testing.assert_allclose(jnp.diagonal(bad @ bad.T), 1, atol=1e-5)


def test_areas_and_tail_values_by_hand():
    """Three points and as many draws: sum over ranks 1, 2, 3 of |log ratio| log((i + 1) / i)."""
    task = HeavyTails(test=40)
    true = np.full((40, DIMS), 1.0)
    true[0] = 4.0
    true[1] = -2.0
    own = np.full((40, DIMS), 1.0)
    own[7] = -1.5
    world = SimpleNamespace(test=jnp.asarray(true, jnp.float32), log_prob=jnp.zeros(40))
    learner = SimpleNamespace(
        sample=lambda key, n: jnp.asarray(own, jnp.float32), log_prob=lambda x: jnp.full(len(x), -0.5)
    )
    found = task.evaluate(world, jax.random.key(0), learner)
    area = np.log(4 / 1.5) * np.log(2) + np.log(2) * np.log(1.5)
    assert float(found["area_heavy"]) == pytest.approx(area, rel=1e-5)
    assert float(found["area_light"]) == pytest.approx(area, rel=1e-5)
    assert float(found["tvar_error"]) == pytest.approx((4 + 2) / 2 - (1.5 + 1) / 2, rel=1e-5)
    assert float(found["forward_kl"]) == pytest.approx(0.5)


def test_a_trained_checkpoint_is_nearer_and_its_unit_is_the_ordinary_gradient():
    task = gradient_noise.GradientNoise(dims=2, trained=40, batch=16, batches=8)
    world = task.sample(jax.random.key(0))
    noise = array(200, 2, seed=4)
    fresh = gradient_noise.GradientNoise(dims=2, trained=0, batch=16, batches=8).sample(jax.random.key(0)).flow
    assert float(gradient_noise.divergence(world.flow, noise)) < float(gradient_noise.divergence(fresh, noise)) - 0.01
    each = [jax.grad(gradient_noise.divergence)(world.flow, batch).last_bias for batch in world.noise]
    only = world.flow._replace(**{n: jnp.zeros(3) for n in world.flow._fields if n != "last_bias"})
    twice = only._replace(last_bias=2 * jnp.stack(each))
    found = gradient_noise.spread(twice._replace(**{n: jnp.zeros((3, 1)) for n in only._fields if n != "last_bias"}))
    assert float(found) == pytest.approx(4 * np.var(np.asarray(each), axis=0).sum(), rel=1e-4)

    class Half:
        def estimate(self, state, flow, noise):
            return jax.tree.map(lambda leaf: leaf / 2, jax.grad(gradient_noise.divergence)(flow, noise))

    ratio = task.evaluate(world, jax.random.key(0), Learner(Half(), ()))["variance_ratio"]
    assert float(ratio) == pytest.approx(0.25, rel=1e-3)
