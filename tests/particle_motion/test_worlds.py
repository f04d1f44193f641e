"""Forces by hand and by energy, paths by a fine integrator, and what the metrics say of learners that are known."""

from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import integrate

from toybench.blocks import rotations
from toybench.plugins import registry
from toybench.tasks.particle_motion import constant_velocity, mean_distance

STEMS = ("bonded_particles", "charged_particles")
SIZES = {"scenes": 30, "tests": 10}


def make(stem, **knobs):
    return registry.load("tasks", f"particle_motion/{stem}")(**SIZES | knobs)


@pytest.fixture(scope="module")
def worlds():
    return {stem: jax.jit(make(stem).sample)(jax.random.key(0)) for stem in STEMS}


def potential(stem, r):
    """Energy of a linked pair at distance r."""
    if stem == "charged_particles":
        return (r**2 + 0.36) ** -0.5
    return 0.5 * r**2 - np.sqrt(r**2 + 0.01)


def force(stem, x, links):
    """Down the energy's slope, pair by pair, by central differences."""
    total = np.zeros_like(x)
    for i in range(len(x)):
        for j in range(len(x)):
            apart = x[i] - x[j]
            r = np.linalg.norm(apart)
            if i != j:
                slope = (potential(stem, r + 1e-5) - potential(stem, r - 1e-5)) / 2e-5
                total[i] -= links[i, j] * slope * apart / r
    return total


@pytest.mark.parametrize("stem", STEMS)
def test_forces_are_slopes_of_the_energy(stem, worlds):
    x = np.random.default_rng(0).normal(size=(10, 5, 3))
    links = worlds[stem].links
    found = make(stem).accelerations(jnp.asarray(x, jnp.float32), links)
    wanted = [force(stem, one, np.asarray(who)) for one, who in zip(x, links, strict=True)]
    np.testing.assert_allclose(found, wanted, atol=2e-4)
    np.testing.assert_allclose(found.sum(1), 0, atol=1e-5)


@pytest.mark.parametrize("stem", STEMS)
def test_paths_are_those_of_a_fine_integrator(stem, worlds):
    task = make(stem)
    noise = np.random.default_rng(1)
    x = noise.normal(size=(2, 5, 3))
    v = 0.4 * noise.normal(size=(2, 5, 3))
    links = worlds[stem].links[:2]
    found = task.simulate(jnp.asarray(x, jnp.float32), jnp.asarray(v, jnp.float32), links, 16)
    for scene in range(2):

        def slope(t, state, scene=scene):
            place, speed = state.reshape(2, 5, 3)
            return np.concatenate([speed, force(stem, place, np.asarray(links[scene]))]).ravel()

        start = np.concatenate([x[scene], v[scene]]).ravel()
        path = integrate.solve_ivp(slope, (0, 3.75), start, t_eval=0.25 * np.arange(16), rtol=1e-6).y
        np.testing.assert_allclose(found[scene], path.T.reshape(16, 2, 5, 3)[:, 0], atol=0.03)


@pytest.mark.parametrize("stem", STEMS)
def test_a_turned_scene_moves_as_the_scene_turned(stem, worlds):
    task = make(stem)
    x = jnp.asarray(np.random.default_rng(2).normal(size=(10, 5, 3)), jnp.float32)
    world = worlds[stem]
    plain = task.simulate(x, 0.3 * x, world.links, 4)
    turned = task.simulate(rotations.turn(x, world.turns), rotations.turn(0.3 * x, world.turns), world.links, 4)
    np.testing.assert_allclose(turned, rotations.turn(plain, world.turns[:, None]), atol=1e-4)


@pytest.mark.parametrize("stem", STEMS)
def test_scenes_and_links_have_their_shapes(stem, worlds):
    world = worlds[stem]
    assert world.train.past.shape == (30, 8, 5, 3) and world.test.future.shape == (10, 8, 5, 3)
    np.testing.assert_array_equal(world.links, jnp.swapaxes(world.links, 1, 2))
    np.testing.assert_array_equal(jnp.diagonal(world.links, axis1=1, axis2=2), 0)
    np.testing.assert_allclose(world.turned.future, rotations.turn(world.test.future, world.turns[:, None]), atol=1e-5)


def test_half_of_all_pairs_are_bonded_and_signs_are_even():
    uniform = jax.random.uniform(jax.random.key(3), (4000, 5, 5))
    bonds = make("bonded_particles").link(uniform)
    assert float(bonds.sum() / (4000 * 20)) == pytest.approx(0.5, abs=0.02)
    signs = make("charged_particles").link(uniform)
    above = np.asarray(signs)[:, np.triu(np.ones((5, 5)), 1) > 0]
    assert set(np.unique(above)) == {-1.0, 1.0} and abs(above.mean()) < 0.02
    np.testing.assert_array_equal(signs[:, 0, 1] * signs[:, 1, 2], signs[:, 0, 2])


def test_bonded_scenes_lie_along_the_first_axis_and_charged_ones_along_none():
    for stem, wanted in (("bonded_particles", (1.5, 0.5, 0.5)), ("charged_particles", (0.87, 0.87, 0.87))):
        world = jax.jit(make(stem, scenes=800).sample)(jax.random.key(1))
        np.testing.assert_allclose(world.train.past[:, 0].std((0, 1)), wanted, rtol=0.06)


def test_batches_are_scenes_of_the_training_set(worlds):
    world = worlds["bonded_particles"]
    same, batch = make("bonded_particles").draw(world, jax.random.key(4), None)
    assert same is world and batch.past.shape == (16, 8, 5, 3)
    known = np.asarray(world.train.past)
    for past, future in zip(np.asarray(batch.past), np.asarray(batch.future), strict=True):
        row = int(np.argmin(np.abs(known - past).sum((1, 2, 3))))
        np.testing.assert_array_equal(past, known[row])
        np.testing.assert_array_equal(future, world.train.future[row])


def test_constant_velocity_by_hand():
    past = jnp.asarray([0.0, 5.0, 7.0])[None, :, None, None] * jnp.ones((1, 3, 1, 3))
    np.testing.assert_allclose(constant_velocity(past, 3)[0, :, 0, 0], [9, 11, 13])
    assert float(mean_distance(past, past + 2.0)) == pytest.approx(np.sqrt(12), rel=1e-5)


@pytest.mark.parametrize("stem", STEMS)
def test_references(stem, worlds):
    task, world = make(stem), worlds[stem]
    floor = task.evaluate(world, jax.random.key(0), task.floor(world))
    oracle = task.evaluate(world, jax.random.key(0), task.oracle(world))
    past, future = np.asarray(world.test.past), np.asarray(world.test.future)
    ahead = np.arange(1, 9)[None, :, None, None]
    miss = past[:, -1:] + ahead * (past[:, -1:] - past[:, -2:-1]) - future
    ade = np.linalg.norm(miss, axis=-1).mean()
    assert float(floor["ade"]) == pytest.approx(ade, rel=1e-3)
    assert float(floor["ade_rotated"]) == pytest.approx(ade, rel=1e-3)
    assert float(floor["final_mse_rotated"]) == pytest.approx((miss[:, -1] ** 2).mean(), rel=1e-3)
    assert float(floor["equivariance_error"]) < 1e-5
    assert float(oracle["ade_rotated"]) < 1e-3 and float(oracle["ade"]) < 1e-3


def test_an_answer_that_keeps_to_one_axis_is_not_equivariant(worlds):
    """It goes on along the first axis alone; its error by numpy."""
    world = worlds["bonded_particles"]
    keep = jnp.array([1.0, 0.0, 0.0])[None, None, None, :]
    learner = SimpleNamespace(predict=lambda past, key: constant_velocity(past, 8) * keep)
    found = make("bonded_particles").evaluate(world, jax.random.key(0), learner)
    turns = np.asarray(world.turns)
    plain = np.asarray(learner.predict(world.test.past, None))
    miss = np.asarray(learner.predict(world.turned.past, None)) - np.einsum("bij,btnj->btni", turns, plain)
    spread = plain - plain.mean((1, 2), keepdims=True)
    wanted = np.sqrt((miss**2).mean() / (spread**2).mean())
    assert float(found["equivariance_error"]) == pytest.approx(wanted, rel=1e-4) and wanted > 0.5


def test_each_question_has_a_key_of_its_own(worlds):
    seen = []

    def predict(past, key):
        seen.append(jax.random.key_data(key))
        return constant_velocity(past, 8)

    make("bonded_particles").evaluate(worlds["bonded_particles"], jax.random.key(0), SimpleNamespace(predict=predict))
    assert len(seen) == 2 and not np.array_equal(*seen)
