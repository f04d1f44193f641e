"""The densities, and what the tasks measure: by hand, and against laws that are known."""

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.blocks import mixture
from toybench.tasks.flow_matching import POINTS, World, density, spread
from toybench.tasks.flow_matching.planar_density import FULL, PlanarDensity, curvature, drift, found
from toybench.tasks.flow_matching.planar_likelihood import PlanarLikelihood
from toybench.tasks.flow_matching.planar_projection import PlanarProjection

KEY = jax.random.key(3)


def test_the_lattice_and_the_ring() -> None:
    grid = density("grid")
    assert grid.means.shape == (16, 2)
    np.testing.assert_allclose(np.unique(np.asarray(grid.means)), [-1.275, -0.425, 0.425, 1.275], rtol=1e-6)
    np.testing.assert_allclose(grid.weights, 1 / 16)
    np.testing.assert_allclose(np.asarray(grid.means).var(0) + 0.1**2, 0.913, atol=1e-3)
    ring = density("ring8")
    np.testing.assert_allclose(np.linalg.norm(ring.means, axis=1), 1.4, rtol=1e-6)
    np.testing.assert_allclose(ring.weights, np.arange(1, 9) / 36, rtol=1e-6)
    assert (float(grid.std), float(ring.std)) == (pytest.approx(0.1), pytest.approx(0.05))
    with pytest.raises(ValueError, match="moons"):
        density("moons")


@pytest.mark.parametrize("world", ["grid", "ring8"])
def test_every_mode_has_its_share_of_the_test_points(world: str) -> None:
    drawn = PlanarDensity(world=world).sample(KEY)
    law = drawn.density
    nearest = ((np.asarray(drawn.points)[:, None] - np.asarray(law.means)[None]) ** 2).sum(-1).argmin(1)
    np.testing.assert_array_equal(np.bincount(nearest), np.round(POINTS * np.asarray(law.weights)))
    assert abs(np.corrcoef(np.ravel(drawn.start), np.ravel(drawn.noise))[0, 1]) < 0.1
    assert np.abs(np.asarray(drawn.points)).max() < 2.0
    batch = PlanarDensity(world=world).draw(drawn, KEY, None)[1]
    assert batch.shape == (64, 2) and float(mixture.log_density(law, batch).min()) > -15


def test_modes_and_strays_by_hand() -> None:
    """Of 16 points on the first mode one is a quarter of 1/16 of 64: 4 standard deviations are inside up to 0.4."""
    world = PlanarDensity().sample(KEY)
    centre = np.asarray(world.density.means)
    points = np.tile(centre[0], (64, 1))
    points[:1] = centre[1] + [0.39, 0.0]  # one of 64: exactly a quarter of 1/16
    points[1:3] = centre[2] + [0.41, 0.0]  # 0.41 from one centre and 0.44 from the next: near none
    answer = found(world, jnp.asarray(points))
    assert float(answer["modes"]) == 2
    assert float(answer["outside"]) == pytest.approx(2 / 64)


def test_curvature_is_0_on_straight_ways_and_a_number_on_bent_ones() -> None:
    start = np.array([[1.0, 2.0], [0.0, -1.0]])
    end = np.array([[0.0, 0.0], [3.0, 1.0]])
    t = np.linspace(0, 1, 5)[:, None, None]
    assert float(curvature(jnp.asarray((1 - t) * start + t * end))) < 1e-10
    bent = jnp.asarray([[[0.0, 0.0]], [[1.0, 0.0]], [[1.0, 1.0]]])  # velocities (2, 0) and (0, 2), whole way (1, 1)
    assert float(curvature(bent)) == pytest.approx(2.0)


def test_drift_is_the_mean_distance_of_half_the_points_at_ten_places() -> None:
    rng = np.random.default_rng(0)
    path = rng.normal(size=(21, 12, 2))
    noised = rng.normal(size=(21, 12, 2)) + 0.5

    def energy(x: Any, y: Any) -> float:
        apart = lambda a, b: np.linalg.norm(a[:, None] - b[None], axis=-1)  # noqa: E731
        own = lambda a: apart(a, a).sum() / (len(a) * (len(a) - 1))  # noqa: E731
        return 2 * apart(x, y).mean() - own(x) - own(y)

    places = [1, 3, 5, 7, 9, 12, 14, 16, 18, 20]
    expected = np.mean([energy(path[i, ::2], noised[i, ::2]) for i in places])
    assert float(drift(jnp.asarray(path), jnp.asarray(noised))) == pytest.approx(expected, rel=1e-4)


def test_the_spread_of_an_even_sample_has_no_bias() -> None:
    """Against plain Monte Carlo of independent pairs."""
    law = density("ring8")
    even, component = mixture.sample_evenly(law, KEY, POINTS)
    one, _ = mixture.sample(law, jax.random.key(1), 100_000)
    other, _ = mixture.sample(law, jax.random.key(2), 100_000)
    expected = float(jnp.linalg.norm(one - other, axis=1).mean())
    assert float(spread(even, component, law.weights)) == pytest.approx(expected, abs=0.01)


def test_spread_by_hand() -> None:
    """Weights 1/2 each, two points a mode: within, distances 1 and 2; across, the mean of four."""
    points = jnp.asarray([[0.0, 0.0], [1.0, 0.0], [0.0, 10.0], [0.0, 12.0]])
    across = (10 + 12 + (1 + 100) ** 0.5 + (1 + 144) ** 0.5) / 4
    answer = spread(points, jnp.asarray([0, 0, 1, 1]), jnp.asarray([0.5, 0.5]))
    assert float(answer) == pytest.approx(0.25 * 1 + 0.25 * 2 + 0.5 * across, rel=1e-5)


def answers(task: Any, reference: str) -> dict[str, float]:
    world: World = task.sample(KEY)
    learner = getattr(task, reference)(world)
    return {k: float(v) for k, v in task.evaluate(world, jax.random.key(7), learner).items()}


def test_noise_is_far_and_fresh_points_are_near() -> None:
    floor = answers(PlanarDensity(), "floor")
    oracle = answers(PlanarDensity(), "oracle")
    assert floor["distance"] == floor["distance_8"] == floor["distance_4"] == pytest.approx(12.2, abs=5)
    assert abs(oracle["distance"]) < 1.5 and oracle["modes"] == 16 and oracle["outside"] < 0.003
    assert oracle["sliced"] < 8 < 20 < floor["sliced"]
    assert floor["curvature"] == 0 and floor["calls"] == oracle["calls"] == 1 and FULL == 100
    assert floor["outside"] > 0.3 and abs(oracle["drift"]) < 2 < floor["drift"]


def test_bits_of_both_references() -> None:
    floor = answers(PlanarLikelihood(), "floor")
    oracle = answers(PlanarLikelihood(), "oracle")
    entropy = 4 + math.log2(2 * math.pi * math.e * 0.01)  # 16 modes that hardly overlap
    assert oracle["bits"] == pytest.approx(entropy, abs=0.1) and oracle["excess"] == 0 and oracle["bound"] == 0
    assert floor["bits"] == pytest.approx(math.log2(2 * math.pi) + 0.913 / math.log(2), abs=0.05)
    assert floor["excess"] == pytest.approx(floor["bits"] - oracle["bits"], abs=1e-5)


def test_damaged_points_are_noisy_or_lie_on_the_axis() -> None:
    floor = answers(PlanarProjection(), "floor")
    oracle = answers(PlanarProjection(), "oracle")
    assert oracle == {"projection_ed": oracle["projection_ed"], "noisy_ed": oracle["noisy_ed"],
                      "masked_ed": oracle["masked_ed"], "recovery_error": 0.0, "idempotence_error": 0.0}  # fmt: skip
    assert floor["noisy_ed"] == pytest.approx(4.9, abs=3) and floor["masked_ed"] == pytest.approx(203, abs=15)
    assert floor["projection_ed"] == pytest.approx(1.0, rel=1e-5)
    shares = oracle["noisy_ed"] / floor["noisy_ed"], oracle["masked_ed"] / floor["masked_ed"]
    assert oracle["projection_ed"] == pytest.approx(sum(shares) / 2, abs=1e-5)
    assert abs(oracle["masked_ed"]) == abs(oracle["noisy_ed"]) < 3
    assert floor["recovery_error"] == pytest.approx(0.3 * 2**0.5, rel=0.05)
    assert floor["idempotence_error"] == 0
