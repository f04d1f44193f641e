"""The exact laws of the study's worlds, by a second way each."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.blocks import mixture
from toybench.blocks.mixture import Mixture
from toybench.plugins import registry
from toybench.tasks.posterior_sampling import Generator, LatentSpec, Measured, Particles, Target, log_classes


def task(stem, **knobs):
    return registry.load("tasks", f"posterior_sampling/{stem}")(**knobs)


def test_mask_posterior_is_that_of_the_block() -> None:
    one = task("mixture_posterior")
    problem = one.sample(jax.random.key(0)).problem
    y = jnp.array([0.3, -0.7, 1.1])
    ours = one.patterns(problem, y)
    theirs = mixture.observed(problem.prior, jnp.pad(y, (0, 5)), jnp.array([1.0] * 3 + [0.0] * 5), one.noise)
    np.testing.assert_allclose(ours.weights, theirs.weights, atol=1e-5)
    np.testing.assert_allclose(ours.means, theirs.means, atol=1e-5)
    np.testing.assert_allclose(theirs.std[:, :3], ours.std, rtol=1e-5)  # along the rows
    np.testing.assert_allclose(theirs.std[:, 3:], one.std, rtol=1e-5)


def test_abs_posterior_against_a_grid() -> None:
    """One measurement of two coordinates, near the fold, where one sign's law reaches over to the other's."""
    one = task("mixture_posterior", operator="abs", dims=2, components=2, measured=1, std=0.3, noise=0.2)
    rows = np.array([[0.6, 0.8]])
    means = np.array([[0.5, 0.1], [-0.9, 0.4]])
    prior = Mixture(weights=jnp.array([0.3, 0.7]), means=jnp.asarray(means, jnp.float32), std=jnp.asarray(0.3))
    problem = Measured(prior=prior, rows=jnp.asarray(rows, jnp.float32), noise=jnp.asarray(0.2))
    y = 0.15
    ticks = np.linspace(-3.0, 3.0, 601)
    x = np.stack(np.meshgrid(ticks, ticks, indexing="ij"), -1).reshape(-1, 2)
    squares = ((x[:, None, :] - means[None]) ** 2).sum(-1)
    law = (np.array([0.3, 0.7]) * np.exp(-squares / (2 * 0.09))).sum(-1)
    law = law * np.exp(-((y - np.abs(x @ rows[0])) ** 2) / (2 * 0.04))
    law /= law.sum()
    drawn = np.asarray(one.posterior(problem, jnp.array([y]), jax.random.key(3), 20_000))
    along = x @ rows[0]
    for statistic in (lambda p: p[:, 0], lambda p: p[:, 1], lambda p: np.abs(p @ rows[0]), lambda p: p[:, 0] ** 2):
        assert statistic(drawn).mean() == pytest.approx((law * statistic(x)).sum(), abs=0.015)
    assert (drawn @ rows[0] > 0).mean() == pytest.approx(law[along > 0].sum(), abs=0.02)


@pytest.mark.parametrize("operator", ["mask", "abs"])
def test_exact_samples_fit_and_the_prior_does_not(operator: str) -> None:
    one = task("mixture_posterior", operator=operator)
    world = jax.jit(one.sample)(jax.random.key(1))
    np.testing.assert_allclose(world.problem.rows @ world.problem.rows.T, np.eye(3), atol=1e-5)
    judge = jax.jit(lambda key: {w: one.evaluate(world, key, getattr(one, w)(world)) for w in REFERENCES})
    scores = judge(jax.random.key(2))
    assert abs(float(scores["oracle"]["posterior_distance"])) < 0.06
    assert abs(float(scores["oracle"]["measurement_error"])) < 0.02
    assert float(scores["floor"]["posterior_distance"]) > 0.5
    assert float(scores["floor"]["measurement_error"]) > 0.3


REFERENCES = ("floor", "oracle")


def test_measurements_are_taken_of_the_points() -> None:
    one = task("mixture_posterior", operator="abs")
    problem = one.sample(jax.random.key(0)).problem
    pairs = one.pairs(problem, jax.random.key(5), 4000)
    residual = np.asarray(pairs.y) - np.abs(np.asarray(pairs.x) @ np.asarray(problem.rows).T)
    assert residual.std() == pytest.approx(0.1, rel=0.03)
    assert abs(residual.mean()) < 0.005


def test_classes_by_hand() -> None:
    spec = LatentSpec(dims=8, classes=6, region="label", calls=30)
    flat = Generator(weights=(), biases=(), centre=jnp.array([1.0, 0.0]), radius=jnp.asarray(0.2))
    angle = np.deg2rad(70.0)
    logs = log_classes(spec, flat, 3.0 * jnp.array([[np.cos(angle), np.sin(angle)]]))
    logits = 8 * np.cos(angle - np.deg2rad(60.0 * np.arange(6)))
    np.testing.assert_allclose(np.exp(logs[0]), np.exp(logits) / np.exp(logits).sum(), rtol=1e-4, atol=1e-7)
    rare = LatentSpec(dims=8, classes=2, region="rare", calls=30)
    logs = log_classes(rare, flat, jnp.array([[1.0, 0.25], [1.1, 0.0]]))
    np.testing.assert_allclose(np.exp(logs[:, 0]), 1 / (1 + np.exp([1.0, -2.0])), rtol=1e-4)
    np.testing.assert_allclose(np.exp(logs).sum(-1), 1.0, rtol=1e-5)


@pytest.mark.parametrize(("region", "low", "high"), [("label", 0.05, 0.4), ("rare", 0.008, 0.03)])
def test_generator_and_its_classes(region: str, low: float, high: float) -> None:
    """Outputs have mean 0 and variance 1; the classes their mass; exact samples the odds of a class."""
    one = task("generator_posterior", region=region)
    world = jax.jit(one.sample)(jax.random.key(4))
    z = jax.random.normal(jax.random.key(5), (40_000, one.dims))
    x = np.asarray(world.generator.generate(z))
    np.testing.assert_allclose(x.mean(0), 0.0, atol=0.03)
    np.testing.assert_allclose(x.std(0), 1.0, atol=0.03)
    chance = np.exp(np.asarray(log_classes(one.spec, world.generator, jnp.asarray(x))))[:, : one.asked]
    assert chance.mean(0).min() > low
    assert chance.mean(0).max() < high
    weights = chance / chance.sum(0)
    np.testing.assert_allclose(weights.T @ np.asarray(z), world.exact.mean(1), atol=0.35)  # 256 samples
    np.testing.assert_allclose(1 - (weights * chance).sum(0), one.misses(world.generator, world.exact), atol=0.08)


@pytest.mark.parametrize("target", ["power", "product", "guided"])
def test_composed_targets(target: str) -> None:
    """Powers as named; the lattice against densities at two points; exact samples against the cells."""
    one = task("composed_mixture", target=target, targets=2, particles=4000)
    world = one.sample(jax.random.key(0))
    first = jax.tree.map(lambda part: part[0], world.targets)
    p, q = first.parts
    powers = {"power": (4.0, 0.0), "product": (1.0, 1.0), "guided": (-2.0, 3.0)}[target]
    np.testing.assert_allclose(first.powers, powers)
    if target == "guided":
        np.testing.assert_allclose(q.weights, p.weights[:2] / p.weights[:2].sum(), rtol=1e-5)
        np.testing.assert_allclose(q.means, p.means[:2])
    assert float(p.weights.sum()) == pytest.approx(1.0, rel=1e-5)
    points, _ = mixture.lattice(-5.0, 5.0, 160)
    law = np.asarray(one.density(first), np.float64)
    pair = np.argsort(law)[[-1, -40]]
    logs = [np.asarray(mixture.log_density(part, jnp.asarray(points[pair]))) for part in (p, q)]
    expected = powers[0] * (logs[0][0] - logs[0][1]) + powers[1] * (logs[1][0] - logs[1][1])
    assert np.log(law[pair[0]] / law[pair[1]]) == pytest.approx(expected, abs=1e-3)
    drawn = one.oracle(world).compose(first, jax.random.key(1), 4000)
    assert 0.5 * np.abs(one.shares(first, drawn) - one.truth(first)).sum() < 0.08
    heavy = Particles(points=drawn.points[:2], log_weights=jnp.log(jnp.array([0.25, 0.75])), ess=drawn.ess)
    shares = np.asarray(one.shares(first, heavy))
    assert shares.sum() == pytest.approx(1.0, rel=1e-5)
    cells = np.asarray((drawn.points[:2] + 5.0) / 10.0 * 16).astype(int)
    assert shares[cells[1, 0] * 16 + cells[1, 1]] >= 0.75 - 1e-5


def test_powers_of_separated_components_have_powers_of_weights() -> None:
    """p^2 of two Gaussians far apart: shares w^2, found with importance weights p on draws of p."""
    one = task("composed_mixture", power=2.0, dims=3, targets=1)
    means = jnp.array([[3.0, 0.0, 0.0], [-3.0, 0.0, 0.0]] + [[0.0, 9.0 * k, 9.0] for k in range(1, 5)])
    weights = jnp.array([0.3, 0.2, 0.2, 0.1, 0.1, 0.1])
    part = Mixture(weights=weights, means=means, std=jnp.asarray(0.25))
    target = Target(parts=(part, part), powers=jnp.array([2.0, 0.0]))
    points, _ = mixture.sample(part, jax.random.key(0), 20_000)
    logs = mixture.log_density(part, points)
    shares = one.shares(target, Particles(points=points, log_weights=logs, ess=jnp.zeros(())))
    squares = np.asarray(weights) ** 2
    np.testing.assert_allclose(one.truth(target), squares / squares.sum(), rtol=1e-5)
    np.testing.assert_allclose(shares, squares / squares.sum(), atol=0.015)
