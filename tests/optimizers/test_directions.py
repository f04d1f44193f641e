"""One direction, and a valley: worlds whose answers are known."""

from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tests.optimizers.small import states
from toybench.methods.optimizers.adam import Adam
from toybench.methods.optimizers.muon import Muon
from toybench.methods.optimizers.prodigy import Prodigy
from toybench.methods.optimizers.sgd_momentum import SGDMomentum
from toybench.methods.optimizers.shampoo import Shampoo
from toybench.tasks.optimizers import first_step, quadratic_valley
from toybench.tasks.optimizers.first_step import FirstStep
from toybench.tasks.optimizers.quadratic_valley import QuadraticValley

STEP = FirstStep()
WORLD = first_step.World(gradient=jnp.asarray(np.random.default_rng(3).normal(size=(12, 20)), jnp.float32))


def gaps(moved: jax.Array) -> dict[str, float]:
    learner = SimpleNamespace(weights=lambda: {"map": moved})
    return {k: float(v) for k, v in STEP.evaluate(WORLD, jax.random.key(0), learner).items()}


def test_a_gap_is_the_sine_of_an_angle():
    a = jnp.array([[1.0, 0.0]])
    b = jnp.array([[np.cos(0.3), np.sin(0.3)]], jnp.float32) * 5
    assert float(first_step.gap(a, b)) == pytest.approx(np.sin(0.3), rel=1e-5)
    assert float(first_step.gap(-a, b)) == 1.0
    assert float(first_step.gap(0 * a, b)) == 1.0


def test_steps_along_each_direction_have_no_gap_to_it():
    u, _, v = np.linalg.svd(np.asarray(WORLD.gradient, np.float64), full_matrices=False)
    for name, direction in {"polar": u @ v, "sign": np.sign(WORLD.gradient), "gradient": WORLD.gradient}.items():
        found = gaps(-0.01 * jnp.asarray(direction, jnp.float32))
        assert found.pop(f"gap_to_{name}") < 1e-5
        assert min(found.values()) > 0.2


@pytest.mark.parametrize(
    ("cls", "fields", "metric"),
    [
        (Adam, {"b1": 0.0, "b2": 0.0}, "gap_to_sign"),
        (Prodigy, {"b1": 0.0, "b2": 0.0}, "gap_to_sign"),
        (Shampoo, {"b1": 0.0}, "gap_to_polar"),
        (SGDMomentum, {}, "gap_to_gradient"),
    ],
)
def test_rules_without_averages_go_down_steepest(cls, fields, metric):
    bound = cls(spec=STEP.spec, given=STEP.given(WORLD), steps=2, **fields)
    state = states(bound, [WORLD.gradient] * 2)[-1]
    assert gaps(bound.weights(state)["map"])[metric] < 3e-4


def test_muon_is_near_the_polar_factor_and_not_at_it():
    bound = Muon(spec=STEP.spec, given=STEP.given(WORLD), steps=2)
    state = states(bound, [WORLD.gradient] * 2)[-1]
    assert 0.05 < gaps(bound.weights(state)["map"])["gap_to_polar"] < 0.35


VALLEY = QuadraticValley()


@pytest.fixture(scope="module")
def valley() -> quadratic_valley.World:
    return VALLEY.sample(jax.random.key(2))


def test_the_valley_is_as_long_as_it_says(valley):
    values = np.linalg.eigvalsh(np.asarray(valley.hessian, np.float64))
    assert values[-1] == pytest.approx(10.0, rel=1e-4)
    assert values[-1] / values[0] == pytest.approx(3000, rel=0.01)
    ratios = np.diff(np.log(values))
    np.testing.assert_allclose(ratios, ratios.mean(), rtol=0.02)
    off = np.abs(np.asarray(valley.hessian) - np.diag(np.diag(np.asarray(valley.hessian)))).max()
    assert off > 0.1


def test_its_gradient_is_exact_and_its_gap_known(valley):
    point = {"point": jnp.full(20, 0.01)}
    gap = np.full(20, 0.01) - np.asarray(valley.optimum, np.float64)
    hessian = np.asarray(valley.hessian, np.float64)
    np.testing.assert_allclose(jax.grad(VALLEY.spec.loss)(point, valley)["point"], hessian @ gap, rtol=1e-3, atol=1e-5)
    learner = SimpleNamespace(weights=lambda: {"point": jnp.stack([point["point"], jnp.zeros(20)])})
    found = VALLEY.evaluate(valley, jax.random.key(0), learner)["log10_gap"]
    assert float(found) == pytest.approx(np.log10(0.5 * gap @ hessian @ gap), abs=1e-3)
    best = VALLEY.evaluate(valley, jax.random.key(0), VALLEY.oracle(valley))["log10_gap"]
    floor = VALLEY.evaluate(valley, jax.random.key(0), VALLEY.floor(valley))["log10_gap"]
    assert float(best) == pytest.approx(-14, abs=1e-4)
    assert -4 < float(floor) < 0


def test_every_rule_runs_without_decay_in_the_valley(valley):
    bound = Adam(spec=VALLEY.spec, given=VALLEY.given(valley), steps=300, decay=0.7)
    np.testing.assert_allclose(bound.settings().decay, [0.0, 0.7], rtol=1e-6)
