"""Paths with exact fields: kinetic energies by a second way, steps that are one another, and the best schedule."""

import itertools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import integrate

from toybench.blocks import mixture
from toybench.errors import UsageError
from toybench.plugins import registry
from toybench.protocol import Learner
from toybench.tasks.probability_paths import Data, Spec, energy_to, even, parts, refer, velocity
from toybench.tasks.probability_paths.exact_flow import ExactFlow, checkerboard, chord, turn_energy

PATHS = ("cond_ot", "vp_linear", "vp_cosine", "kinetic_optimal")
NORMAL = Data(centres=jnp.zeros((1, 2)), std=jnp.ones(()))
TIMES = [0.05, 0.3, 0.6, 0.9]


def some_data(std: float = 0.3, count: int = 5, dim: int = 2) -> Data:
    drawn = np.random.default_rng(0).normal(size=(count, dim)).astype(np.float32)
    return Data(centres=jnp.asarray(drawn - drawn.mean(0)), std=jnp.asarray(std, jnp.float32))


def far_apart() -> Data:
    """A cross-polytope so large that the noise never hides which point is meant, scaled as the task's data are."""
    corners = np.concatenate([np.eye(64), -np.eye(64)]).astype(np.float32)
    return Data(centres=jnp.asarray(corners * 8), std=jnp.zeros(()))


def path(name: str, data: Data, solver: str = "euler", seed: int = 0) -> Any:
    method = registry.load("methods", f"probability_paths/{name}")
    made = method(spec=Spec(dim=data.centres.shape[1]), given=data, solver=solver)
    return Learner(made, made.init(jax.random.key(seed)))


@pytest.mark.parametrize("sigma", [0.2, 0.9])
def test_parts_are_the_posterior_means_of_the_shared_block(sigma: float) -> None:
    data = some_data()
    x = jnp.asarray([[0.3, -0.2], [2.0, 1.0], [-0.7, 0.1]])
    law = mixture.Mixture(weights=jnp.full(5, 0.2), means=data.centres, std=data.std)
    known = parts(data, x, jnp.asarray(0.7), jnp.asarray(sigma))
    np.testing.assert_allclose(known.clean, mixture.denoised(law, x, 0.7, sigma), atol=1e-5)
    np.testing.assert_allclose(0.7 * known.clean + sigma * known.noise, x, atol=1e-5)
    score = mixture.score(mixture.noised(law, 0.7, sigma), x)
    np.testing.assert_allclose(-known.noise / sigma, score, atol=1e-4)


def test_parts_of_a_point_set_are_a_softmax_over_its_points() -> None:
    """By hand: two points 1 and -1 on a line; E[x1 | x] = tanh(alpha x / sigma^2)."""
    data = Data(centres=jnp.asarray([[1.0], [-1.0]]), std=jnp.zeros(()))
    known = parts(data, jnp.asarray([[0.25]]), jnp.asarray(0.6), jnp.asarray(0.8))
    np.testing.assert_allclose(known.clean, [[np.tanh(0.6 * 0.25 / 0.64)]], rtol=1e-5)


@pytest.mark.parametrize("name", PATHS)
def test_derivatives_of_a_level_are_its_slopes(name: str) -> None:
    learner = path(name, some_data())
    for t in TIMES:
        at = learner.level(jnp.asarray(t))
        slope = jax.jacfwd(lambda t: jnp.stack(learner.level(t)[:2]))(jnp.asarray(t))
        np.testing.assert_allclose(jnp.stack(at[2:]), slope, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", PATHS)
def test_paths_lead_from_noise_to_data(name: str) -> None:
    learner = path(name, some_data())
    begin = learner.level(jnp.asarray(0.0))
    end = learner.level(jnp.asarray(1.0))
    np.testing.assert_allclose([begin.alpha, begin.sigma], [0, 1], atol=7e-3)
    np.testing.assert_allclose([end.alpha, end.sigma], [1, 0], atol=1e-3)
    ratio = [float(at.alpha / at.sigma) for at in (learner.level(jnp.asarray(t)) for t in TIMES)]
    assert ratio == sorted(ratio)


def test_linear_betas_by_hand() -> None:
    """At u = 1 - t = 0.4: exponent 0.4 (0.1 + 9.95 0.4) / 2 = 0.816, beta = 0.1 + 19.9 0.4 = 8.06."""
    at = path("vp_linear", NORMAL).level(jnp.asarray(0.6))
    alpha = np.exp(-0.816)
    sigma = np.sqrt(1 - alpha**2)
    expected = [alpha, sigma, 4.03 * alpha, -4.03 * alpha**2 / sigma]
    np.testing.assert_allclose(jnp.stack(at), expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("name", "energy"), [("cond_ot", 2 - np.pi / 2), ("vp_cosine", 0.0), ("vp_linear", 0.0), ("kinetic_optimal", 0.0)]
)
def test_energy_where_data_are_noise(name: str, energy: float) -> None:
    """The law stays N(0, I) on variance-preserving paths; on the straight one int (r')^2 = 2 - pi / 2."""
    task = ExactFlow(particles=2048)
    world = task.sample(jax.random.key(0))
    z = np.random.default_rng(1).normal(size=(2, 2048, 2)).astype(np.float32)
    normal = world._replace(data=NORMAL, start=jnp.asarray(z[0]), paired=jnp.asarray(z[1]))
    np.testing.assert_allclose(task.kinetic_energy(normal, path(name, NORMAL)), energy, atol=0.03)


def separation(s: float) -> float:
    """lambda(s) of the points 1 and -1: the mean square of tanh(s y) for y = s x1 + noise, with x1 = 1 by symmetry."""

    def weighed(z: float) -> float:
        return float(np.tanh(s * (s + z)) ** 2 * np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi))

    return float(integrate.quad(weighed, -9, 9)[0])


def test_the_gap_is_the_integral_of_1_less_lambda() -> None:
    """Two points of mean 0 and variance 1 on a line are 1 and -1, whatever is drawn."""
    world = ExactFlow(dim=1, data="points", points=2, particles=4096).sample(jax.random.key(0))
    np.testing.assert_allclose(jnp.sort(world.data.centres[:, 0]), [-1, 1], rtol=1e-5)
    np.testing.assert_allclose(world.gap, integrate.quad(lambda s: 1 - separation(s), 0, 20)[0], atol=0.02)


@pytest.mark.parametrize("name", ["cond_ot", "vp_cosine"])
def test_energy_is_the_conditional_one_less_what_the_posterior_hides(name: str) -> None:
    """Equation 21: E = int (alpha'^2 + sigma'^2) - int beta^2 (1 - lambda), with beta = alpha' - alpha sigma' / sigma.

    lambda by quadrature over x in one dimension, for two points.
    """
    data = Data(centres=jnp.asarray([[1.0], [-1.0]]), std=jnp.zeros(()))
    learner = path(name, data)

    def rate(t: float) -> float:
        alpha, sigma, up, down = (float(part) for part in learner.level(jnp.asarray(t)))
        return up**2 + down**2 - (up - alpha * down / sigma) ** 2 * (1 - separation(alpha / sigma))

    expected = np.mean([rate(t) for t in (np.arange(40) + 0.5) / 40])
    task = ExactFlow(dim=1, data="points", points=2, particles=8192)
    drawn = np.random.default_rng(0).normal(size=(8192, 1)).astype(np.float32)
    world = task.sample(jax.random.key(0))
    found = task.kinetic_energy(
        world._replace(data=data, start=jnp.asarray(drawn), paired=even(data, jnp.zeros((8192, 1)))), learner
    )
    np.testing.assert_allclose(found, expected, rtol=0.02)


def test_energy_of_a_quarter_turn_is_gamma_of_the_separation() -> None:
    """Equation 27: w = 1 - (1 - lambda) / cos^2 a, with lambda the mean square of E[x1 | x], for data of variance 1."""
    data = Data(centres=jnp.asarray([[1.0], [-1.0]]), std=jnp.zeros(()))
    x1 = even(data, jnp.zeros((20_000, 1)))
    x0 = jnp.asarray(np.random.default_rng(0).normal(size=(20_000, 1)), jnp.float32)
    for angle in (0.3, 0.8, 1.3):
        sine = jnp.sin(angle)
        cosine = jnp.cos(angle)
        known = parts(data, sine * x1 + cosine * x0, sine, cosine)
        expected = 1 - (1 - jnp.mean(known.clean**2)) / cosine**2
        np.testing.assert_allclose(turn_energy(data, x1, x0, jnp.asarray(angle)), expected, atol=0.02)


def test_the_kinetic_optimal_path_of_separated_data_is_the_straight_one() -> None:
    """lambda = 1 makes w = 1 and the cone a quarter turn, whose chord is (t, 1 - t)."""
    data = far_apart()
    noise = jnp.asarray(np.random.default_rng(0).normal(size=(128, 64)), jnp.float32)
    np.testing.assert_allclose(turn_energy(data, data.centres, noise, jnp.asarray(1.2)), 1, atol=0.05)
    learner = path("kinetic_optimal", some_data())
    cone = type(learner.state)(length=jnp.linspace(0, jnp.pi / 2, 129))
    for t in TIMES:
        at = learner.method.level(cone, jnp.asarray(t))
        np.testing.assert_allclose(jnp.stack(at), [t, 1 - t, 1, -1], atol=1e-3)


def test_the_kinetic_optimal_path_has_less_energy_than_its_neighbours() -> None:
    """A second way to the optimum: perturbed schedules of the same end points all cost more."""
    task = ExactFlow(data="points", points=16, particles=2048)
    world = task.sample(jax.random.key(3))
    best = path("kinetic_optimal", world.data)
    energy = float(task.kinetic_energy(world, best))
    np.testing.assert_allclose(energy, world.least, rtol=0.03)

    class Bent:
        """The same path on a clock that runs ahead, or with a radius that is wider, halfway."""

        def __init__(self, ahead: float, wider: float) -> None:
            self.ahead = ahead
            self.wider = wider

        def level(self, t: jax.Array) -> Any:
            def place(t: jax.Array) -> jax.Array:
                at = best.level(t + self.ahead * t * (1 - t))
                return (1 + self.wider * t * (1 - t)) * jnp.stack([at.alpha, at.sigma])

            at = best.level(t)
            moved = place(t)
            slope = jax.jacfwd(place)(t)
            return at._replace(alpha=moved[0], sigma=moved[1], d_alpha=slope[0], d_sigma=slope[1])

    for ahead, wider in ((0.5, 0.0), (-0.5, 0.0), (0.0, 0.5), (0.0, -0.5)):
        assert float(task.kinetic_energy(world, Bent(ahead, wider))) > 1.02 * energy


def test_a_cone_by_hand() -> None:
    """With w = 1 / 4 the opening is pi / 4: at half time r^2 = 1 - b / 4, b = 2 - sqrt(2), and the angle pi / 4."""
    learner = path("kinetic_optimal", some_data())
    cone = type(learner.state)(length=jnp.linspace(0, jnp.pi / 4, 129))
    at = learner.method.level(cone, jnp.asarray(0.5))
    radius = np.sqrt(1 - (2 - np.sqrt(2)) / 4)
    np.testing.assert_allclose([at.alpha, at.sigma], np.full(2, radius * np.sqrt(0.5)), rtol=1e-4)
    speed = 2 * np.sin(np.pi / 4) / radius**2  # by the angle, at half time; the radius stands still there
    expected = [radius * speed * np.sqrt(0.5), -radius * speed * np.sqrt(0.5)]
    np.testing.assert_allclose([at.d_alpha, at.d_sigma], expected, rtol=1e-3)


def test_the_oracle_has_the_least_energy_and_exact_samples() -> None:
    task = ExactFlow(dim=4, data="points", points=8, particles=512)
    world = task.sample(jax.random.key(2))
    oracle = task.oracle(world)
    np.testing.assert_allclose(task.kinetic_energy(world, oracle), world.least, rtol=0.03)
    assert task.kinetic_energy(world, task.floor(world)) > 1.1 * world.least
    assert abs(float(energy_to(world.reference, world.exact))) < 0.1 * float(energy_to(world.reference, world.start))
    counts = (world.exact[:, None, :] == world.data.centres[None, :, :]).all(-1).sum(0)
    assert (counts > 30).all()
    assert counts.sum() == 512


def test_the_optimal_level_is_the_chord_of_its_cone() -> None:
    """A second way to the same level: the inverse by interpolation, its slope by differentiation."""
    learner = path("kinetic_optimal", some_data())
    for t in TIMES:
        at = learner.level(jnp.asarray(t))
        np.testing.assert_allclose(jnp.stack(at), jnp.stack(chord(learner.state.length, jnp.asarray(t))), rtol=1e-3)


def test_a_straight_step_is_a_ddim_step() -> None:
    data = some_data()
    x = jnp.asarray([[0.4, 0.1], [-1.2, 0.8]])
    both = []
    for solver in ("euler", "ddim"):
        learner = path("cond_ot", data, solver)
        y = x
        for start, end in ((0.0, 0.4), (0.4, 0.7), (0.7, 0.9)):
            here = learner.level(jnp.asarray(start))
            there = learner.level(jnp.asarray(end))
            y = learner.advance(y, parts(data, y, here.alpha, here.sigma), here, there, jnp.asarray(end - start))
        both.append(y)
    np.testing.assert_allclose(both[0], both[1], atol=1e-5)


def test_ddim_looks_at_levels_alone() -> None:
    """On the cosine path at the straight path's ratios of signal to noise, DDIM is the straight path, rescaled."""
    data = some_data()
    straight = path("cond_ot", data, "ddim")
    turn = path("vp_cosine", data, "ddim")
    x = jnp.asarray([[0.4, 0.1], [-1.2, 0.8]])
    y = x
    ends = (0.0, 0.4, 0.7, 0.9)
    for start, end in itertools.pairwise(ends):
        here = straight.level(jnp.asarray(start))
        there = straight.level(jnp.asarray(end))
        x = straight.advance(x, parts(data, x, here.alpha, here.sigma), here, there, jnp.asarray(0.0))
        here = turn.level(jnp.arctan2(here.alpha, here.sigma) * 2 / jnp.pi)
        there = turn.level(jnp.arctan2(there.alpha, there.sigma) * 2 / jnp.pi)
        y = turn.advance(y, parts(data, y, here.alpha, here.sigma), here, there, jnp.asarray(0.0))
    np.testing.assert_allclose(x / np.hypot(0.9, 0.1), y, atol=1e-5)


def test_euler_steps_by_hand() -> None:
    """Data N(0, I), straight path: v = (2 t - 1) x / (t^2 + (1 - t)^2); three steps multiply x by three factors."""
    learner = path("cond_ot", NORMAL)
    x = jnp.asarray([[1.0, -2.0]])
    ends = (0.0, 0.25, 0.5, 0.75)
    factor = 1.0
    for start, end in itertools.pairwise(ends):
        here = learner.level(jnp.asarray(start))
        there = learner.level(jnp.asarray(end))
        x = learner.advance(x, parts(NORMAL, x, here.alpha, here.sigma), here, there, jnp.asarray(end - start))
        factor *= 1 + 0.25 * (2 * start - 1) / (start**2 + (1 - start) ** 2)
    np.testing.assert_allclose(x, factor * np.asarray([[1.0, -2.0]]), rtol=1e-5)


def test_an_unknown_solver_is_named() -> None:
    learner = path("cond_ot", NORMAL, "heun")
    at = learner.level(jnp.asarray(0.5))
    with pytest.raises(UsageError, match="heun"):
        learner.advance(jnp.ones((1, 2)), parts(NORMAL, jnp.ones((1, 2)), at.alpha, at.sigma), at, at, jnp.asarray(0.1))


@pytest.mark.parametrize("fields", [{}, {"data": "points"}, {"data": "checkerboard"}, {"dim": 7}])
def test_data_have_mean_0_and_a_unit_of_variance(fields: dict) -> None:
    task = ExactFlow(**fields)
    data = task.make_data(jnp.asarray(np.random.default_rng(0).normal(size=(task.components, task.dim)), jnp.float32))
    np.testing.assert_allclose(data.centres.mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(jnp.mean(data.centres**2) + data.std**2, 1, rtol=1e-5)


def test_the_board_fills_every_other_square() -> None:
    squares = np.floor(checkerboard() + 2).astype(int)
    assert np.unique(squares, axis=0).shape == (8, 2)
    assert (squares.sum(1) % 2 == 0).all()


def test_distances_are_unbiased_and_see_a_shift() -> None:
    """Two normals in the plane whose means are m apart: E|x - y| less E|x - x'|, by simulation of 2-D distances."""
    z = np.random.default_rng(0).normal(size=(4, 2000, 2)).astype(np.float32)
    reference = refer(jnp.asarray(z[0]), jnp.asarray(z[1]))
    assert abs(float(energy_to(reference, jnp.asarray(z[2])))) < 15
    shifted = float(energy_to(reference, jnp.asarray(z[2]) + jnp.asarray([[1.0, 0.0]])))
    gap = np.linalg.norm(z[2] + [1, 0] - z[3], axis=1).mean() - np.linalg.norm(z[2] - z[3], axis=1).mean()
    np.testing.assert_allclose(shifted, 2000 * gap, rtol=0.1)


def test_runs_end_where_single_runs_end_and_the_optimal_path_is_best() -> None:
    """The compiled task: its runs of 2 and 4 steps are those made one by one; 64 steps arrive."""
    task = ExactFlow(data="points", dim=16, points=8, particles=128)
    world = task.sample(jax.random.key(1))
    learner = path("cond_ot", world.data)
    ends = jax.jit(lambda world: task.follow(world, learner))(world)
    for run, calls in enumerate((2, 4, 6, 10)):
        x = world.start
        clock = np.linspace(1e-3, 1, calls + 1)
        for start, end in itertools.pairwise(clock):
            here = learner.level(jnp.asarray(start, jnp.float32))
            x = x + float(end - start) * velocity(here, parts(world.data, x, here.alpha, here.sigma))
        np.testing.assert_allclose(ends[run], x, atol=1e-3)
    assert energy_to(world.reference, ends[4]) < 0.1 * energy_to(world.reference, world.start)
    scores = task.evaluate(world, jax.random.key(0), learner)
    best = task.evaluate(world, jax.random.key(0), path("kinetic_optimal", world.data))
    assert best["kinetic_energy"] < scores["kinetic_energy"]
    assert best["distance_2"] < scores["distance_2"]
    np.testing.assert_allclose(best["excess_energy"], best["kinetic_energy"] / world.least - 1, rtol=1e-5)
    np.testing.assert_allclose(best["excess_energy"], 0, atol=0.03)
