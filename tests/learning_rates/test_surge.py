"""The surge: rules against optax and by hand, the law by enumerating signs, losses by a plain loop."""

import itertools
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from toybench.errors import UsageError
from toybench.plugins import registry
from toybench.protocol import Learner
from toybench.tasks.learning_rates.batch_surge import RATES, BatchSurge, rise, sign_law, sizes

SMALL = BatchSurge(dim=3, draws=4, horizon=3)


def rule(name, **fields):
    return registry.load("methods", f"learning_rates/{name}")(spec=SMALL.spec, **fields)


def learner(name, **fields):
    return Learner(rule(name, **fields), ())


def measured(name, task, key=0, **fields):
    found = task.evaluate(task.sample(jax.random.key(key)), jax.random.key(0), learner(name, **fields))
    return {metric: float(value) for metric, value in found.items()}


def test_the_law_is_the_best_step_over_all_signs():
    """Expected loss of a step by enumerating the signs of three coordinates with their probabilities."""
    world = SMALL.sample(jax.random.key(1))
    mu, hessian = np.asarray(10 * world.gradient, np.float64), np.asarray(world.hessian, np.float64)
    law = np.asarray(sign_law(jnp.asarray(mu, jnp.float32), world.hessian))
    noise = np.random.default_rng(0).normal(size=400_000)
    for s in (0, 3, 6):
        positive = np.array([(m + noise / np.sqrt(2.0**s) > 0).mean() for m in mu])
        slope = 0.0
        bend = 0.0
        for signs in itertools.product((-1, 1), repeat=3):
            u = np.array(signs)
            chance = np.prod(np.where(u > 0, positive, 1 - positive))
            slope += chance * mu @ u
            bend += chance * u @ hessian @ u
        assert law[s] == pytest.approx(slope / bend, rel=0.02)


def test_losses_are_those_of_a_plain_loop():
    world = SMALL.sample(jax.random.key(2))
    mu, hessian, noise = (np.asarray(a, np.float64) for a in world)
    found = np.asarray(SMALL.losses(world, learner("sgd_rule")))
    assert found.shape == (17, 24)
    for s, r in ((0, 3), (5, 20), (16, 12)):
        rate = 0.07 * RATES[r]
        losses = []
        for k in range(4):
            w = np.zeros(3)
            for t in range(3):
                w = w - rate * (mu + hessian @ w + noise[t, k] / np.sqrt(2.0**s))
            losses.append(mu @ w + 0.5 * w @ hessian @ w)
        assert found[s, r] == pytest.approx(np.mean(losses), rel=1e-3, abs=1e-7)


def test_worlds_are_as_their_knobs_say():
    plain = SMALL.sample(jax.random.key(3))
    coupled = BatchSurge(dim=3, draws=4, horizon=3, coupling=1.3).sample(jax.random.key(3))
    late = BatchSurge(dim=3, draws=4, horizon=3, progress=0.25).sample(jax.random.key(3))
    sign = np.sign(plain.gradient)
    np.testing.assert_allclose(coupled.hessian - plain.hessian, np.outer(sign, sign), atol=1e-5)
    np.testing.assert_allclose(late.gradient, 0.25 * plain.gradient, rtol=1e-6)
    np.testing.assert_allclose(late.hessian, plain.hessian)
    np.testing.assert_allclose(plain.noise[:, 2:], -plain.noise[:, :2])
    assert plain.noise.shape == (3, 4, 3)
    diagonal = BatchSurge(dim=3, draws=4, horizon=3, hessian="diagonal", coupling=1.3).sample(jax.random.key(3))
    np.testing.assert_array_equal(diagonal.hessian, np.diag(np.diagonal(coupled.hessian)))
    np.testing.assert_array_equal(diagonal.gradient, plain.gradient)
    with pytest.raises(UsageError, match="no Hessian 'diagnoal'"):
        BatchSurge(hessian="diagnoal")
    many = [BatchSurge(dim=200, horizon=1, draws=2, coupling=0.0).sample(jax.random.key(k)) for k in range(2)]
    sizes_of_mu = np.log(np.abs(np.concatenate([w.gradient for w in many])) / 0.03)
    assert sizes_of_mu.mean() == pytest.approx(0, abs=0.2)
    assert sizes_of_mu.std() == pytest.approx(1, abs=0.12)
    assert float(jnp.trace(many[0].hessian)) == pytest.approx(200, rel=0.1)
    np.testing.assert_allclose(sizes(), 2.0 ** np.arange(17))


def test_metrics_of_known_best_rates():
    logs = np.log10(RATES)
    size = np.arange(17)
    best = np.where(size <= 8, -1.0 + 0.12 * size - 0.0075 * size**2, -0.52 - 0.05 * (size - 8))
    early = np.polyfit(size[:6] * np.log10(2), best[:6], 1)[0]  # up to an eighth of the peak's batch; the rise is bent

    class Known(BatchSurge):
        def losses(self, world, learner):
            return jnp.asarray((logs[None] - best[:, None]) ** 2, jnp.float32)

    task = Known(dim=3, draws=2)
    world = task.sample(jax.random.key(4))
    found = task.evaluate(world, jax.random.key(0), SimpleNamespace(rates=lambda: jnp.array(RATES)))
    assert float(found["drop"]) == pytest.approx(10**0.4, rel=1e-3)
    assert float(found["peak_log2_batch"]) == 8
    assert float(found["early_slope"]) == pytest.approx(early, rel=1e-3)
    law = np.log10(np.asarray(sign_law(world.gradient, world.hessian)))
    assert float(found["theory_error"]) == pytest.approx(np.sqrt(((best - law) ** 2).mean()), rel=1e-3)


def test_the_rise_is_a_slope_over_the_marked_sizes():
    best = np.random.default_rng(2).normal(size=17)
    where = np.arange(17) <= 5
    expected = np.polyfit(np.log10(2.0 ** np.arange(6)), best[:6], 1)[0]
    assert float(rise(jnp.asarray(best, jnp.float32), jnp.asarray(where))) == pytest.approx(expected, rel=1e-4)


def test_adam_is_the_librarys():
    gradients = np.random.default_rng(1).normal(size=(5, 2, 3)).astype(np.float32)
    library = optax.scale_by_adam(b1=0.8, b2=0.95)
    memory = library.init(jnp.zeros((2, 3)))
    method = rule("adam_rule", b1=0.8, b2=0.95)
    own = method.start((), jnp.zeros((2, 3)))
    for g in gradients:
        with jax.numpy_dtype_promotion("standard"):
            expected, memory = library.update(jnp.asarray(g), memory)
        found, own = method.direction((), jnp.asarray(g), own)
        np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_first_steps_and_lengths():
    g = jnp.array([[0.3, -2.0, 1e-3, 0.0], [5.0, 5.0, -5.0, 5.0]])
    sign, _ = rule("sign_rule").direction((), g, ())
    np.testing.assert_array_equal(sign, [[1, -1, 1, 0], [1, 1, -1, 1]])
    adam = rule("adam_rule")
    first, memory = adam.direction((), g, adam.start((), g))
    np.testing.assert_allclose(first, sign, atol=1e-4)
    second, _ = adam.direction((), -g, memory)
    np.testing.assert_allclose(second[1], (0.9 * 0.1 - 0.1) / (1 - 0.81) * sign[1], rtol=1e-3)
    normal, _ = rule("normalised_sgd_rule").direction((), g, ())
    np.testing.assert_allclose((normal**2).sum(-1), 4, rtol=1e-5)
    np.testing.assert_allclose(normal[1], sign[1], rtol=1e-5)
    np.testing.assert_allclose(normal[0] / g[0].at[3].set(1.0), jnp.full(4, 2 / 2.022374).at[3].set(0.0), rtol=1e-4)
    np.testing.assert_array_equal(rule("sgd_rule").direction((), g, ())[0], g)


@pytest.mark.parametrize(
    ("name", "middle"),
    [("sign_rule", 0.007), ("sgd_rule", 0.07), ("adam_rule", 0.007), ("normalised_sgd_rule", 0.007)],
)
def test_rates_are_spread_about_the_unit(name, middle):
    rates = np.asarray(rule(name).rates(()))
    assert np.sqrt(rates[0] * rates[-1]) == pytest.approx(middle, rel=1e-4)
    np.testing.assert_allclose(np.diff(np.log10(rates)), 3.7 / 23, rtol=1e-3)


def test_plain_descent_follows_its_own_law():
    """Best rate of one step: mu.mu / (mu.H mu + tr H / B), in which the noise of an example has variance 1."""
    task = BatchSurge(horizon=1, draws=512)
    world = task.sample(jax.random.key(5))
    mu, hessian = np.asarray(world.gradient, np.float64), np.asarray(world.hessian, np.float64)
    law = np.log10(mu @ mu / (mu @ hessian @ mu + np.trace(hessian) / 2.0 ** np.arange(17)))
    who = learner("sgd_rule")
    losses = np.asarray(task.losses(world, who))
    logs = np.log10(np.asarray(who.rates()))
    best = [np.polyfit(10.0**logs, row, 2) for row in losses]
    np.testing.assert_allclose([np.log10(-b / (2 * a)) for a, b, _ in best], law, atol=0.06)


@pytest.mark.parametrize("coupling", [0.0, 0.3])
def test_rates_that_diverge_are_never_the_best(coupling):
    """Over 20 updates without noise: losses are those of double precision, at most 1e6."""
    task = BatchSurge(coupling=coupling, draws=2)
    world = task.sample(jax.random.key(6))
    who = learner("sgd_rule")
    losses = np.asarray(task.losses(world._replace(noise=jnp.zeros_like(world.noise)), who))[-1]
    mu, hessian = np.asarray(world.gradient, np.float64), np.asarray(world.hessian, np.float64)
    expected = []
    for rate in np.asarray(who.rates(), np.float64):
        w = np.zeros(20)
        for _ in range(20):
            w = w - rate * (mu + hessian @ w)
        expected.append(min(mu @ w + 0.5 * w @ hessian @ w, 1e6))
    np.testing.assert_allclose(losses, expected, rtol=2e-2, atol=1e-5)
    assert losses[-1] == 1e6
    best = np.asarray(who.rates())[losses.argmin()]
    assert best < 3 / np.linalg.eigvalsh(hessian).max()
    assert measured("sgd_rule", BatchSurge(coupling=coupling), key=6)["drop"] < 1.05


def test_the_law_holds_for_a_single_step_along_signs():
    task = BatchSurge(horizon=1, draws=256)
    assert measured("sign_rule", task)["theory_error"] < 0.15
    assert measured("sgd_rule", task)["drop"] < 1.05


def test_signs_surge_by_curvature_across_coordinates():
    assert measured("sign_rule", BatchSurge(hessian="diagonal"))["drop"] < 1.2
    assert measured("sign_rule", BatchSurge(coupling=0.0))["drop"] > 1.3


def test_signs_surge_and_gradients_do_not():
    task = BatchSurge()
    sign = measured("sign_rule", task)
    late = measured("sign_rule", BatchSurge(progress=0.25))
    assert sign["drop"] > 1.3
    assert measured("sgd_rule", task)["drop"] < 1.05
    assert late["peak_log2_batch"] > sign["peak_log2_batch"]
    still = task.evaluate(task.sample(jax.random.key(0)), jax.random.key(0), task.floor(None))
    assert float(still["drop"]) == 1
