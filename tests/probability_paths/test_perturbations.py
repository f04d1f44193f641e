"""What is added to a score: the gauge condition, densities by the change of variables, and the counted dimension."""

from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.blocks import mixture
from toybench.plugins import registry
from toybench.protocol import Learner
from toybench.tasks.probability_paths import Data, Spec, parts
from toybench.tasks.probability_paths.score_perturbation import (
    ScorePerturbation,
    follow,
    log_density,
    log_likelihood,
    probability_flow,
)

NORMAL = Data(centres=jnp.zeros((1, 2)), std=jnp.asarray(0.5))
NOTHING = SimpleNamespace(extra=jnp.zeros_like)


def field(name: str, dim: int = 2, **given: float) -> Any:
    method = registry.load("methods", f"probability_paths/{name}")(spec=Spec(dim=dim), **given)
    return Learner(method, method.init(jax.random.key(4)))


def some_law(dim: int) -> mixture.Mixture:
    means = np.random.default_rng(0).normal(size=(3, dim)).astype(np.float32)
    return mixture.Mixture(weights=jnp.asarray([0.2, 0.3, 0.5]), means=jnp.asarray(means), std=jnp.asarray(0.7))


def leak(learner: Any, dim: int) -> np.ndarray:
    """div(p r) / p = div r + r . grad log p at some points, r what the learner adds."""
    law = some_law(dim)

    def added(x: jax.Array) -> jax.Array:
        return learner.extra(mixture.score(law, x[None]))[0]

    points = jnp.asarray(np.random.default_rng(1).normal(size=(8, dim)), jnp.float32)
    slopes = jax.vmap(jax.jacfwd(added))(points)
    along = (jax.vmap(added)(points) * mixture.score(law, points)).sum(-1)
    return np.asarray(jnp.trace(slopes, axis1=1, axis2=2) + along)


@pytest.mark.parametrize("dim", [2, 3])
def test_the_gauge_field_moves_no_density(dim: int) -> None:
    np.testing.assert_allclose(leak(field("gauge_field", dim, c=2.0), dim), 0, atol=2e-5)


@pytest.mark.parametrize("dim", [2, 3])
def test_the_other_field_does(dim: int) -> None:
    assert np.abs(leak(field("non_gauge_field", dim, c=0.5), dim)).mean() > 0.1


@pytest.mark.parametrize("dim", [2, 3])
def test_both_fields_have_one_norm_and_their_symmetry(dim: int) -> None:
    unit = jnp.eye(dim)
    turn = field("gauge_field", dim).extra(unit).T
    stretch = field("non_gauge_field", dim).extra(unit).T
    np.testing.assert_allclose(turn, -turn.T, atol=1e-6)
    np.testing.assert_allclose(stretch, stretch.T, atol=1e-6)
    np.testing.assert_allclose(jnp.trace(stretch), 0, atol=1e-6)
    np.testing.assert_allclose([(turn**2).sum(), (stretch**2).sum()], [2, 2], rtol=1e-5)
    np.testing.assert_allclose(field("gauge_field", dim, c=0.5).extra(unit), turn.T / 2, rtol=1e-5)
    np.testing.assert_allclose(field("non_gauge_field", dim, c=0.5).extra(unit), stretch.T / 2, rtol=1e-5)


def test_in_the_plane_both_fields_are_as_long_as_the_score() -> None:
    score = jnp.asarray([[3.0, 4.0], [0.1, -2.0]])
    length = jnp.linalg.norm(score, axis=1)
    for name in ("gauge_field", "non_gauge_field"):
        np.testing.assert_allclose(jnp.linalg.norm(field(name).extra(score), axis=1), length, rtol=1e-5)
    np.testing.assert_allclose((score * field("gauge_field").extra(score)).sum(-1), 0, atol=1e-5)


def test_the_exact_score_adds_nothing() -> None:
    np.testing.assert_array_equal(field("exact_score").extra(jnp.ones((2, 2))), jnp.zeros((2, 2)))


def test_a_gauge_field_adds_its_own_energy_to_the_field() -> None:
    """E |score + c S score|^2 = E |score|^2 + c^2 E |S score|^2: no cross term, at every point."""
    score = jnp.asarray(np.random.default_rng(2).normal(size=(16, 3)), jnp.float32)
    extra = field("gauge_field", 3, c=1.5).extra(score)
    both = ((score + extra) ** 2).sum(-1)
    np.testing.assert_allclose(both, (score**2).sum(-1) + (extra**2).sum(-1), rtol=1e-4)


def test_velocity_by_hand() -> None:
    """Data N(0, I / 4): score = -x / (alpha^2 / 4 + sigma^2); at t = 0.6 alpha = e^-0.816, alpha' / alpha = 4.03."""
    x = jnp.asarray([[1.0, -0.5]])
    alpha = np.exp(-0.816)
    variance = alpha**2 / 4 + 1 - alpha**2
    for extra, factor in ((jnp.zeros_like, 1.0), (lambda score: 0.5 * score, 1.5)):
        found = probability_flow(NORMAL, SimpleNamespace(extra=extra), x, jnp.asarray(0.6))
        np.testing.assert_allclose(found, 4.03 * x * (1 - factor / variance), rtol=1e-4)


def test_the_flow_of_a_normal_is_a_stretch() -> None:
    """Noise of variance v0 = alpha_0^2 / 4 + sigma_0^2 is carried to variance 1 / 4: x(1) = x(0) / (2 sqrt(v0))."""
    start = float(np.exp(-2 * 0.5 * (0.1 + 9.95)))  # alpha_0^2
    x = jnp.asarray([[1.0, -0.5], [0.2, 2.0]])
    ends = follow(lambda x, t: probability_flow(NORMAL, NOTHING, x, t), x)
    np.testing.assert_allclose(ends, x * 0.5 / np.sqrt(1 - 0.75 * start), rtol=1e-3)


def test_densities_are_those_of_the_shared_block() -> None:
    law = some_law(3)._replace(weights=jnp.full(3, 1 / 3))
    data = Data(centres=law.means, std=law.std)
    x = jnp.asarray(np.random.default_rng(3).normal(size=(6, 3)), jnp.float32)
    np.testing.assert_allclose(log_density(data, x), mixture.log_density(law, x), rtol=1e-4)


def test_likelihoods_follow_the_change_of_variables() -> None:
    data = Data(centres=jnp.asarray([[0.8, 0.0], [-0.8, 0.3]]), std=jnp.asarray(0.3))
    x = jnp.asarray([[0.7, 0.1], [-0.5, 0.2], [0.0, 0.0]])
    rotated = field("gauge_field", c=1.0)
    for learner in (NOTHING, rotated):
        found = log_likelihood(lambda x, t, learner=learner: probability_flow(data, learner, x, t), x)
        np.testing.assert_allclose(found, log_density(data, x), atol=2e-3)
    there = follow(lambda x, t: probability_flow(data, NOTHING, x, t), x)
    turned = follow(lambda x, t: probability_flow(data, rotated, x, t), x)
    assert np.abs(there - turned).max() > 0.1  # other samples of the same law
    wrong = field("non_gauge_field", c=0.5)
    found = log_likelihood(lambda x, t: probability_flow(data, wrong, x, t), x)
    assert np.abs(found - log_density(data, x)).mean() > 1


def test_the_circle_is_a_circle_in_space() -> None:
    task = ScorePerturbation(data="circle")
    data = task.make_data(jnp.asarray(np.random.default_rng(0).normal(size=(16, 3)), jnp.float32))
    np.testing.assert_allclose(jnp.linalg.norm(data.centres, axis=1), 1, rtol=1e-5)
    stretch = jnp.linalg.svd(data.centres, compute_uv=False)
    np.testing.assert_allclose(stretch, [8, 8, 0], atol=1e-4)


def test_the_task_rates_the_exact_score_best() -> None:
    """The compiled task, small: exact samples and densities, one dimension; a wrong field loses all three."""
    task = ScorePerturbation(data="circle", particles=256, rated=16, probes=16)
    world = task.sample(jax.random.key(0))
    right = task.evaluate(world, jax.random.key(0), NOTHING)
    assert abs(float(right["distance"])) < 10
    assert right["loglik_error"] < 0.01
    assert right["dimension_error"] < 0.3
    scaled = task.evaluate(world, jax.random.key(0), SimpleNamespace(extra=lambda score: -0.5 * score))
    assert scaled["distance"] > 100
    assert scaled["loglik_error"] > 1
    assert scaled["dimension_error"] > 1


def test_parts_of_the_flow_are_scores() -> None:
    """The field's score is that of the noised law."""
    law = some_law(2)._replace(weights=jnp.full(3, 1 / 3))
    data = Data(centres=law.means, std=law.std)
    x = jnp.asarray([[0.1, 0.4], [-1.0, 0.3]])
    noise = parts(data, x, jnp.asarray(0.6), jnp.asarray(0.8)).noise
    np.testing.assert_allclose(-noise / 0.8, mixture.score(mixture.noised(law, 0.6, 0.8), x), rtol=1e-4)
