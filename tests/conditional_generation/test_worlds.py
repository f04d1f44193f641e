"""The worlds: shapes where they should be, sources of the paper's toy, distances and denoisers by a second way."""

from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from toybench.blocks import mixture
from toybench.blocks.diffusion import level
from toybench.tasks.conditional_generation import Teacher, conditional_planar, denoise_any, denoise_label, encode
from toybench.tasks.conditional_generation.conditional_planar import ConditionalPlanar, arm, lattice, moon, shape
from toybench.tasks.conditional_generation.forget_class import ForgetClass

ALONG = conditional_planar.even(36)


def curve(label):
    return np.asarray(shape(ALONG, jnp.full(36, label)))


def test_every_shape_is_where_its_name_says():
    np.testing.assert_allclose(np.linalg.norm(curve(0), axis=-1), 0.6, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(curve(1), axis=-1), 1.2, atol=1e-6)
    np.testing.assert_allclose(curve(2)[:, 1], 0, atol=1e-6)
    np.testing.assert_allclose(curve(3)[:, 1], 3**0.5 * curve(3)[:, 0], atol=1e-5)
    for bar in (2, 3):
        np.testing.assert_allclose(np.linalg.norm(curve(bar)[-1]), 1.5 * 35 / 36, atol=1e-6)
    assert {tuple(p) for p in np.float64(curve(5)).round(3).tolist()} == {
        (a, b) for a in (-0.9, 0.9) for b in (-0.9, 0.9)
    }
    assert {tuple(p) for p in np.float64(curve(6)).round(3).tolist()} == {
        (a, b) for a in (-1.2, 0, 1.2) for b in (-1.2, 0, 1.2)
    }
    radius = np.linalg.norm(curve(7), axis=-1)
    np.testing.assert_allclose(radius, 0.2 + 1.2 * np.asarray(ALONG), atol=1e-6)
    assert max(np.abs(curve(c)).max() for c in range(8)) < 2


def test_arms_of_the_pinwheel_are_one_arm_turned_and_stay_apart():
    arms = np.stack([np.asarray(arm(ALONG, jnp.full(36, c))) for c in range(8)])
    turn = np.exp(1j * np.pi / 4)
    plane = arms[..., 0] + 1j * arms[..., 1]
    np.testing.assert_allclose(plane[1:], plane[:-1] * turn, atol=1e-5)
    np.testing.assert_allclose(np.abs(plane[0]), 0.5 + 1.2 * np.asarray(ALONG), atol=1e-6)
    gaps = np.abs(plane[0][:, None] - plane[1:].reshape(1, -1))
    assert gaps.min() > 6 * 0.05


def test_two_moons_are_half_circles_and_reach_into_each_other():
    upper, lower = moon(ALONG, jnp.zeros(36, int)), moon(ALONG, jnp.ones(36, int))
    np.testing.assert_allclose(jnp.linalg.norm(upper, axis=-1), 1, atol=1e-6)
    np.testing.assert_allclose(jnp.linalg.norm(lower - jnp.array([[1.0, 0.5]]), axis=-1), 1, atol=1e-6)
    assert float(upper[:, 1].min()) > 0 > float(lower[:, 1].min())
    np.testing.assert_allclose(curve(4)[:18], np.asarray(moon((2 * ALONG[:18]) % 1, jnp.zeros(18, int))) - [0.5, 0.25])
    assert lattice(jnp.array([0.0]), 3).tolist() == [[-1.0, -1.0]]


@pytest.fixture(scope="module")
def worlds():
    """A world of every kind, and a batch of it."""
    found = {}
    for name in ("shapes", "moons", "moons_by_value"):
        task = ConditionalPlanar(world=name)
        world = jax.jit(task.sample)(jax.random.key(0))
        found[name] = (task, world, jax.jit(lambda w, k, t=task: t.draw(w, k, None)[1])(world, jax.random.key(1)))
    return found


def test_the_source_is_normal_or_a_ring_of_eight_gaussians(worlds):
    normal = np.asarray(worlds["shapes"][1].start)
    np.testing.assert_allclose(normal.std(1), 1, atol=0.06)
    np.testing.assert_allclose(normal.mean(1), 0, atol=0.03)  # 256 points spread evenly; drawn ones would be at 0.06
    kolmogorov = [stats.kstest(normal[g, :, 0], "norm").statistic for g in range(8)]
    assert max(kolmogorov) < 0.02
    ring = np.asarray(worlds["moons"][1].start).reshape(-1, 2)
    np.testing.assert_allclose(ring.var(0), 25 / 2 + 0.1**0.5, rtol=0.06)
    turn = np.arctan2(ring[:, 1], ring[:, 0]) * 8 / (2 * np.pi)
    counts = np.bincount(np.round(turn).astype(int) % 8, minlength=8)
    assert counts.min() > 200 and (np.abs(turn - np.round(turn)) < 0.3).mean() > 0.95
    radial = np.linalg.norm(ring, axis=-1)
    assert radial.std() == pytest.approx(0.1**0.25, abs=0.03)


def test_a_batch_pairs_a_target_with_its_own_condition(worlds):
    task, _, batch = worlds["shapes"]
    assert batch.target.shape == (128, 2) and batch.condition.dtype == jnp.int32
    points = jnp.stack([shape(jnp.linspace(0, 0.999, 400), jnp.full(400, c)) for c in range(8)])
    gap = jnp.linalg.norm(points[batch.condition] - batch.target[:, None], axis=-1).min(-1)
    assert float((gap < 0.15).mean()) > 0.97
    np.testing.assert_array_equal(jnp.floor(batch.time * 128), jnp.arange(128.0))  # strata
    _, _, by_value = worlds["moons_by_value"]
    np.testing.assert_array_equal(by_value.condition, by_value.target[:, 0])
    assert encode(task.spec, batch.condition).shape == (128, 8)
    assert encode(worlds["moons_by_value"][0].spec, by_value.condition).shape == (64, 1)


def test_values_are_judged_in_bins_of_true_points(worlds):
    _, world, _ = worlds["moons_by_value"]
    np.testing.assert_array_equal(world.condition, world.truth[..., 0])
    assert bool((world.truth[1:, 0, 0] >= world.truth[:-1, -1, 0]).all())
    assert world.truth.shape == (16, 128, 2)


@pytest.mark.parametrize("name", ["shapes", "moons"])
def test_a_shift_is_measured_and_exact_points_are_precise_and_covered(worlds, name):
    """Squared sliced W2 of a shift by a vector is half its squared length; other orders don't matter."""
    task, world, _ = worlds[name]
    wrong = world.truth[:, ::-1] + jnp.array([[[0.3, 0.4]]])
    by_calls = {1: wrong, 8: world.truth + jnp.array([[[1.0, 0.0]]]), 50: world.truth}
    who = SimpleNamespace(sample=lambda start, condition, calls: by_calls[calls].reshape(-1, 2))
    found = task.evaluate(world, jax.random.key(0), who)
    assert float(found["distance_1"]) == pytest.approx(0.125, rel=1e-3)
    assert float(found["pooled_1"]) == pytest.approx(0.125, rel=1e-3)
    assert float(found["distance_8"]) == pytest.approx(0.5, rel=1e-3)
    assert float(found["distance"]) == pytest.approx(0, abs=1e-6)
    assert float(found["coverage"]) == 1
    assert float(found["precision"]) > 0.97
    far = SimpleNamespace(sample=lambda start, condition, calls: 50 + start)
    assert float(task.evaluate(world, jax.random.key(0), far)["precision"]) == 0
    swapped = SimpleNamespace(sample=lambda start, condition, calls: world.truth[::-1].reshape(-1, 2))
    crossed = task.evaluate(world, jax.random.key(0), swapped)
    assert float(crossed["pooled_50"]) == pytest.approx(0, abs=1e-6) and float(crossed["distance"]) > 0.05


def test_near_is_three_noise_deviations():
    x = jnp.array([[[0.0, 0.0], [3.0, 4.0]]])
    np.testing.assert_allclose(
        conditional_planar.nearest(x, jnp.array([[[0.0, 1.0], [3.0, 0.0]]])), [[1, 4]], atol=1e-6
    )


def test_the_exact_models_denoisers_are_those_of_the_mixture():
    teacher = Teacher(means=jnp.array([[1.5, 0.0], [-1.0, 1.0], [0.0, -1.0]]), std=jnp.asarray(0.2))
    x = jnp.array([[0.3, -0.4], [1.0, 0.2]])
    for t in (0.1, 0.6, 0.95):
        at = level("vp", jnp.asarray(t))
        every = mixture.Mixture(weights=jnp.ones(3) / 3, means=teacher.means, std=teacher.std)
        one = mixture.Mixture(weights=jnp.ones(1), means=teacher.means[1:2], std=teacher.std)
        times = jnp.full(2, t)
        expected = mixture.denoised(every, x, at.alpha, at.sigma)
        np.testing.assert_allclose(denoise_any(teacher, x, times), expected, atol=1e-5)
        expected = mixture.denoised(one, x, at.alpha, at.sigma)
        np.testing.assert_allclose(denoise_label(teacher, x, times, jnp.ones(2, int)), expected, atol=1e-5)


def test_forgetting_and_retaining_are_measured_apart():
    task = ForgetClass()
    world = task.sample(jax.random.key(0))
    found = {name: task.evaluate(world, jax.random.key(0), getattr(task, name)(world)) for name in ("floor", "oracle")}
    assert float(found["oracle"]["forget_rate"]) == 0
    assert abs(float(found["oracle"]["retained_distance"])) < 0.005
    assert float(found["floor"]["retained_distance"]) > 1
    untouched = SimpleNamespace(generate=lambda start, label: world.exact.reshape(-1, 2))
    kept = task.evaluate(world, jax.random.key(0), untouched)
    nearly = SimpleNamespace(generate=lambda start, label: world.teacher.means[label] + jnp.array([[0.79, 0.0]]))
    assert float(task.evaluate(world, jax.random.key(0), nearly)["forget_rate"]) == 1
    beyond = SimpleNamespace(generate=lambda start, label: world.teacher.means[label] + jnp.array([[0.81, 0.0]]))
    assert float(task.evaluate(world, jax.random.key(0), beyond)["forget_rate"]) == 0
    assert float(kept["forget_rate"]) == 1
    assert float(kept["failure"]) == pytest.approx(1 + float(kept["retained_distance"]))


def test_half_a_batch_is_of_the_forbidden_label():
    task = ForgetClass()
    world = task.sample(jax.random.key(0))
    _, batch = task.draw(world, jax.random.key(1), None)
    assert int((batch.condition == 0).sum()) == 64
    assert set(batch.condition.tolist()) == {0, 1, 2, 3, 4}
    gap = jnp.linalg.norm(batch.target - world.teacher.means[batch.condition], axis=-1)
    assert float((gap**2).mean()) == pytest.approx(2 * 0.2**2, rel=0.3)
    np.testing.assert_allclose(jnp.linalg.norm(world.teacher.means, axis=-1), 1.5, rtol=1e-5)
