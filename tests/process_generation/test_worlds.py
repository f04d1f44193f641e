"""The study's worlds against sums done by hand, enumeration and closed forms."""

import itertools
from dataclasses import replace
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from toybench.tasks.process_generation import _bridge, _well
from toybench.tasks.process_generation.driven_frames import jitter, principal, spread
from toybench.tasks.process_generation.function_draws import FunctionDraws, World, crps, sines
from toybench.tasks.process_generation.game_frames import apart
from toybench.tasks.process_generation.well_bridge import WellBridge, equal_mass, masses

KEY = jax.random.key(0)
CHAIN = np.array([[0.7, 0.3, 0.0], [0.2, 0.5, 0.3], [0.1, 0.1, 0.8]])


def noise(step, shape):
    return np.asarray(jax.random.normal(jax.random.fold_in(KEY, step), shape), np.float64)


def test_euler_steps_of_both_particles_by_hand():
    force = jnp.array([[0.5, 1.0], [-0.5, 2.0]])
    s = np.array([0.3, -1.2])
    for i in range(4):
        push = np.asarray(force)[i // 2]
        s = s + 0.01 * (push - 4 * 3 * s * (s**2 - 1)) + np.sqrt(0.02) * noise(i, 2)
    found = _well.overdamped(KEY, jnp.array([0.3, -1.2]), force, 3.0, 0.01, 2)
    assert found.shape == (2, 2)
    np.testing.assert_allclose(found[-1], s, rtol=1e-4)
    s, v = np.array([0.3, -1.2]), np.array([0.1, 0.2])
    for i in range(4):
        push = np.asarray(force)[i // 2]
        v = v + 0.01 * (push - 4 * 3 * s * (s**2 - 1) - v) + np.sqrt(2 * 0.2 * 0.01) * noise(i, 2)
        s = s + 0.01 * v
    start = (jnp.array([0.3, -1.2]), jnp.array([0.1, 0.2]))
    place, velocity = _well.underdamped(KEY, start, force, 3.0, 0.2, 0.01, 2)
    np.testing.assert_allclose(place[-1], s, rtol=1e-4)
    np.testing.assert_allclose(velocity[-1], v, rtol=1e-4)


def test_frames_show_a_bump_and_the_distance_to_them_is_measured():
    frame = _well.render(jnp.array([0.0, 1.1]), 5)
    np.testing.assert_allclose(frame[0], np.exp(-0.5 * (np.linspace(-2.2, 2.2, 5) / 0.35) ** 2), rtol=1e-5)
    assert int(frame[1].argmax()) == 3
    bump = _well.render(jnp.array([0.025]), 16)
    assert float(_well.off_manifold(bump)[0]) < 1e-6
    double = float(_well.off_manifold(2 * bump)[0])
    assert double == pytest.approx(float((bump**2).sum()) / 16, rel=0.05)


def test_held_actions_stay_or_are_drawn_anew():
    uniform = jnp.array([[[0.9, 0.1], [0.1, 0.1]], [[0.9, 0.5], [0.1, 0.99]]])
    np.testing.assert_array_equal(_well.held(uniform, jnp.array([1.0, 0.0]), 0.5), [[1, -1], [1, 1]])


def test_a_linear_drift_has_the_moments_of_euler_steps():
    s = _bridge.centres(200, 3.0)
    matrix = np.asarray(_bridge.diffusion_matrix(s, -2.0 * s, 0.01, 5), np.float64)
    row = matrix[133]
    mean = row @ np.asarray(s)
    kept = 1 - 0.02
    assert mean == pytest.approx(float(s[133]) * kept**5, rel=1e-3)
    assert row @ (np.asarray(s) - mean) ** 2 == pytest.approx(0.02 * sum(kept ** (2 * i) for i in range(5)), rel=2e-3)


def test_the_chain_of_a_well_rests_in_its_boltzmann_law():
    s = _bridge.centres(96, 2.2)
    resting = np.asarray(_bridge.stationary(_bridge.diffusion_matrix(s, -_well.slope(s, 2.0), 0.002, 25)))
    law = np.exp(-2.0 * (np.asarray(s) ** 2 - 1) ** 2)
    assert np.abs(resting - law / law.sum()).sum() < 0.03


def paths_between(first, last, frames):
    """All paths of the small chain between two cells, and their probabilities."""
    found = {}
    for middle in itertools.product(range(3), repeat=frames - 2):
        whole = (first, *middle, last)
        found[middle] = np.prod([CHAIN[a, b] for a, b in itertools.pairwise(whole)])
    total = sum(found.values())
    return {path: p / total for path, p in found.items()}


def test_bridges_are_the_paths_that_enumeration_finds():
    exact = paths_between(0, 2, 5)
    law = np.zeros((3, 3))
    for path, p in exact.items():
        for t, cell in enumerate(path):
            law[t, cell] += p
    matrix = jnp.asarray(CHAIN, jnp.float32)
    found = _bridge.bridge_marginals(matrix, jnp.array([0]), jnp.array([2]), 5)
    np.testing.assert_allclose(found[0], law, atol=1e-5)
    count = 20_000
    uniform = jax.random.uniform(KEY, (3, count))
    drawn = _bridge.sample_bridges(uniform, matrix, jnp.zeros(count, jnp.int32), jnp.full(count, 2))
    for path, p in exact.items():
        share = (np.array(path) == np.asarray(drawn).T).all(1).mean()
        assert share == pytest.approx(p, abs=5 * (p * (1 - p) / count) ** 0.5 + 1e-9)


def test_cells_of_equal_mass_share_it_equally():
    law = jax.nn.softmax(jnp.sin(jnp.arange(96.0)))
    edges = equal_mass(law)
    np.testing.assert_allclose(masses(jnp.stack([law, law]), edges), np.full((2, 10), 0.1), atol=1e-4)


def test_ends_lie_in_different_wells_and_weights_undo_the_choice_of_windows():
    task = WellBridge(h=2.0, runs=24, length=20, queries=6, paths=64, batch=400)
    world = jax.jit(task.sample)(KEY)
    assert bool((world.ends[:, 0] * world.ends[:, 1] < 0).all())
    _, batch = task.draw(world, KEY, None)
    crosses = np.asarray(batch.frames[:, 0] * batch.frames[:, -1] < 0)
    np.testing.assert_array_equal(crosses, np.arange(400) < 200)
    runs = np.asarray(world.runs)
    share = (runs[:, :5] * runs[:, 15:] < 0).mean()
    weight = np.asarray(batch.weight)
    assert weight[0] == pytest.approx(2 * share) and weight[-1] == pytest.approx(2 * (1 - share))
    run = np.asarray(batch.frames[0])
    assert any((np.abs(runs[:, i : i + 16] - run).max(1) < 1e-6).any() for i in range(5))
    evaluate = jax.jit(lambda bridge: task.evaluate(world, KEY, SimpleNamespace(bridge=bridge)), static_argnums=0)
    exact = evaluate(task.oracle(world).bridge)
    straight = evaluate(task.floor(world).bridge)
    assert float(exact["path_distance"]) < 0.1 < 0.3 < float(straight["path_distance"])
    assert float(exact["frame_distance"]) < 0.25 and float(exact["jitter_error"]) < 0.2
    ends = jnp.array([[-1.0, 1.0]])
    np.testing.assert_allclose(task.straight(KEY, ends, 1)[0, 0], np.linspace(-1, 1, 16)[1:-1], atol=1e-6)


def test_measures_of_sequences_by_hand():
    frames = jnp.array([[[0.0], [1.0], [3.0], [3.0]]])
    assert float(jitter(frames)) == pytest.approx((1 + 4) / 2)
    assert float(spread(frames, frames + 2.0)) == pytest.approx(4.0)
    rows = jnp.array([[2.0, 0.0], [-2.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
    basis = principal(rows)
    np.testing.assert_allclose(basis.variances, [2.0, 0.5], atol=1e-6)
    np.testing.assert_allclose(np.abs(basis.vectors), np.eye(2), atol=1e-6)
    games = jax.random.normal(KEY, (200, 2, 3))
    assert abs(float(apart(games, games))) < 0.1 < float(apart(games + 2, games))


def test_functions_are_sums_of_sines():
    task = FunctionDraws(power=3.0)
    times = jnp.array([[0.2, 0.9]])
    normal = stats.norm.ppf(0.8)
    uniform = jnp.full((2, 24), 0.8)
    found = task.functions(jnp.array([0.2, 0.7]), uniform, times)
    k = np.arange(1, 25)
    wave = 2**0.5 * np.sin(np.pi * k * np.array([[0.2], [0.9]]))
    rest = wave @ (0.5 * k**-1.5 * normal)
    np.testing.assert_allclose(found, np.stack([rest - wave[:, 0], rest + wave[:, 0]]), rtol=1e-4)


def test_the_conditional_law_is_that_of_two_normal_ones():
    task = FunctionDraws(points=4)
    times = np.array([0.15, 0.4, 0.55, 0.8])
    wave = np.asarray(sines(jnp.asarray(times, jnp.float32)), np.float64)
    k = wave @ np.diag(0.25 * np.arange(1, 25.0) ** -4) @ wave.T + 1e-5 * np.eye(4)
    seen, rest = [1, 3], [0, 2]
    y = np.array([0.5, 0.2])
    m = wave[:, 0]
    odds = stats.multivariate_normal.pdf(y, m[seen], k[np.ix_(seen, seen)])
    odds /= odds + stats.multivariate_normal.pdf(y, -m[seen], k[np.ix_(seen, seen)])
    gain = k[np.ix_(rest, seen)] @ np.linalg.inv(k[np.ix_(seen, seen)])
    values = jnp.zeros((2, 4)).at[:, jnp.array(seen)].set(jnp.asarray(y, jnp.float32))
    u = {"side": jnp.array([odds - 1e-3, odds + 1e-3]), "noise": jnp.full((2, 4), 0.5)}
    found = np.asarray(task.conditional(u, values, jnp.asarray(times, jnp.float32), jnp.array(seen)))
    for row, side in ((0, 1), (1, -1)):
        np.testing.assert_allclose(found[row, rest], side * m[rest] + gain @ (y - side * m[seen]), atol=2e-3)
        np.testing.assert_allclose(found[row, seen], y, atol=2e-3)
    many = {"side": jnp.zeros(4000), "noise": jax.random.uniform(KEY, (4000, 4))}
    drawn = np.asarray(
        task.conditional(many, jnp.tile(values[:1], (2000 * 2, 1)), jnp.asarray(times, jnp.float32), jnp.array(seen))
    )
    exact = k[np.ix_(rest, rest)] - gain @ k[np.ix_(seen, rest)]
    np.testing.assert_allclose(np.cov(drawn[:, rest].T), exact, rtol=0.15, atol=1e-4)


def test_the_score_of_completions_by_hand():
    drawn = jnp.array([[[1.0], [3.0]]])
    assert float(crps(drawn, jnp.array([[2.5]]))) == pytest.approx((1.5 + 0.5) / 2 - 0.5 * 2.0)


def test_a_finer_grid_keeps_the_judged_times_and_the_oracle_is_at_home():
    task = FunctionDraws(asked=64, completed=4, each=8, points=8)
    world: World = jax.jit(task.sample)(KEY)
    np.testing.assert_allclose(world.fine[world.place], world.times)
    assert world.fine.shape == (32,) and sorted(np.asarray(world.order)) == list(range(8))
    metrics = jax.jit(lambda key: task.evaluate(world, key, task.oracle(world)))(KEY)
    worse = jax.jit(lambda key: task.evaluate(world, key, task.floor(world)))(KEY)
    assert abs(float(metrics["distance"])) < 0.05 < float(worse["distance"])
    assert float(metrics["crps_impute"]) < 0.1 < float(worse["crps_impute"])
    assert float(metrics["fine_loss"]) == pytest.approx(float(metrics["distance_fine"] - metrics["distance"]), abs=1e-6)
    rougher = replace(task, power=2.0)
    assert float(rougher.deviations()[3]) == pytest.approx(0.5 / 4)
