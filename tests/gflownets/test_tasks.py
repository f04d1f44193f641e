"""Tasks: rewards, targets and metrics against hand-worked values and brute force."""

import itertools
from collections import Counter
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.protocol import Learner
from toybench.tasks.gflownets import expected_finds, follow, retrace
from toybench.tasks.gflownets.hypergrid import Hypergrid
from toybench.tasks.gflownets.set_generation import SetGeneration
from toybench.tasks.gflownets.string_generation import CODES, LETTERS, WIDTH, StringGeneration

KEY = jax.random.key(0)


def buying(graph, objects):
    """A learner that proposes a path to each of the objects [b, s] of a graph of fixed length."""
    u = jax.random.uniform(jax.random.key(3), (graph.length, len(objects)))
    return SimpleNamespace(propose=lambda key: retrace(graph, objects, u), law=lambda: jnp.zeros(2**graph.features))


def buy(task, world, objects):
    """(world, batch) of a round in which these objects are bought."""
    return jax.jit(lambda w, o: task.draw(w, KEY, buying(task.graph, o)))(world, objects)


def test_sets_have_the_target_of_their_energies():
    task = SetGeneration(elements=6, size=2, scale=1.5)
    world = task.sample(KEY)
    energies = np.asarray(world.energies)
    assert np.abs(energies).max() < 1.5
    pairs = {2**i + 2**j: np.exp(-energies[i] - energies[j]) for i, j in itertools.combinations(range(6), 2)}
    want = np.zeros(64)
    want[list(pairs)] = np.asarray(list(pairs.values())) / sum(pairs.values())
    np.testing.assert_allclose(world.target, want, rtol=1e-5)
    assert float(task.evaluate(world, KEY, task.oracle(world))["tv"]) < 1e-6
    floor = 0.5 * np.abs(want - (want > 0) / 15).sum()
    np.testing.assert_allclose(task.evaluate(world, KEY, task.floor(world))["tv"], floor, rtol=1e-4)


def test_a_batch_of_sets_carries_its_energies():
    task = SetGeneration(elements=6, size=3, batch=4)
    world = task.sample(KEY)
    objects = jnp.asarray([[1, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 1], [1, 0, 1, 0, 1, 0], [0, 1, 0, 1, 0, 1]], jnp.int32)
    _, batch = buy(task, world, objects)
    np.testing.assert_array_equal(batch.states[-1], objects)
    np.testing.assert_allclose(batch.log_reward, -np.asarray(objects) @ np.asarray(world.energies), rtol=1e-5)
    np.testing.assert_allclose(batch.energy[-1], -batch.log_reward, rtol=1e-6)
    np.testing.assert_allclose(np.diff(batch.energy, axis=0), world.energies[batch.actions], atol=1e-5)
    assert bool(batch.seen.all())


def test_prefixes_show_the_reward_of_whole_trajectories_only():
    task = SetGeneration(elements=6, size=3, batch=600, prefixes=True)
    world = task.sample(KEY)
    objects = jnp.broadcast_to(jnp.asarray([1, 1, 1, 0, 0, 0], jnp.int32), (600, 6))
    _, batch = buy(task, world, objects)
    shown = np.asarray(batch.seen.sum(0))
    assert all(150 < n < 250 for n in Counter(shown.tolist()).values())
    assert set(shown.tolist()) == {1, 2, 3}
    assert bool((batch.seen[:-1] | ~batch.seen[1:]).all())  # a prefix
    np.testing.assert_array_equal(np.asarray(batch.log_reward) != 0, shown == 3)


def test_the_mean_and_the_early_variation_are_those_of_the_rounds():
    task = SetGeneration(elements=4, size=2, batch=2)
    world = task.sample(KEY)
    objects = jnp.asarray([[1, 1, 0, 0], [0, 0, 1, 1]], jnp.int32)
    learner = buying(task.graph, objects)
    uniform = task.floor(world).law()

    def law(r):  # better by the round
        return world.target + (uniform - world.target) / (1.0 + jnp.asarray(r, jnp.float32))

    full = 0.5 * float(jnp.abs(uniform - world.target).sum())
    draw = jax.jit(lambda w: task.draw(w, KEY, SimpleNamespace(**vars(learner) | {"law": lambda: law(w.round)}))[0])
    moved = world
    for _ in range(150):
        moved = draw(moved)
    found = task.evaluate(moved, KEY, SimpleNamespace(law=lambda: law(150)))
    np.testing.assert_allclose(found["early_tv"], full / 101, rtol=1e-4)
    np.testing.assert_allclose(found["mean_log_tv"], np.mean(np.log(full / np.asarray([51, 101, 151]))), rtol=1e-4)


def test_a_grid_has_a_mode_a_corner():
    task = Hypergrid()
    world = task.sample(KEY)
    reward = np.exp(np.asarray(world.log_reward)).reshape(8, 8, 8)
    modes = np.asarray(world.modes).reshape(8, 8, 8)
    assert set(map(tuple, np.argwhere(modes))) == set(itertools.product((1, 6), repeat=3))
    np.testing.assert_allclose(reward[0, 7, 0], 0.51, rtol=1e-5)
    np.testing.assert_allclose(reward[3, 0, 0], 0.01, rtol=1e-5)
    assert ((reward[modes] > 1.5) & (reward[modes] < 3.52)).all()
    assert len(set(np.round(reward[modes], 5))) == 8


def test_a_grid_counts_a_mode_once():
    task = Hypergrid(axes=2, batch=3)
    world = task.sample(KEY)
    up = [0, 1, 2] + [2] * 12  # to (1, 1), a mode, and stop
    actions = jnp.asarray([up, up, [2] * 15], jnp.int32).T
    world, batch = jax.jit(lambda w: task.draw(w, KEY, SimpleNamespace(propose=lambda key: actions)))(world)
    assert int((world.bought & world.modes).sum()) == 1
    np.testing.assert_array_equal(batch.seen.sum(0), [3, 3, 1])
    np.testing.assert_allclose(batch.log_reward[2], np.log(0.51), rtol=1e-5)
    np.testing.assert_allclose(batch.energy[2:, 0], -batch.log_reward[0], rtol=1e-6)  # as before stopping


@pytest.fixture(scope="module")
def strings():
    """(task of two blocks, its world, all its strings [65536, 8])."""
    task = StringGeneration(blocks=2)
    every = np.arange(LETTERS**8)[:, None] // LETTERS ** np.arange(8)[::-1] % LETTERS
    return task, task.sample(KEY), jnp.asarray(every, jnp.int32)


def test_strings_miss_what_they_miss(strings):
    task, world, every = strings
    patterns = np.asarray(world.patterns)[:, :, None] // LETTERS ** np.arange(WIDTH)[::-1] % LETTERS
    want = sum((np.asarray(every)[:, None, 4 * b : 4 * b + 4] != patterns[b][None]).sum(-1).min(1) for b in range(2))
    np.testing.assert_array_equal(task.missed(world, every), want)
    assert (want == 0).sum() == task.patterns**2


def test_string_laws_are_those_of_all_strings(strings):
    task, world, every = strings
    missed = np.asarray(task.missed(world, every))
    p = np.exp(-2.0 * missed)
    p /= p.sum()
    block, total = task.target(world)
    np.testing.assert_allclose(total, np.bincount(missed, weights=p, minlength=9), rtol=1e-4)
    np.testing.assert_allclose(block[0], p.reshape(CODES, CODES).sum(1), rtol=1e-4)
    finds = (1 - (1 - p[missed == 0]) ** (task.steps * task.batch)).sum()
    np.testing.assert_allclose(task.oracle(world).finds(), finds, rtol=1e-4)


def test_exact_samples_are_as_near_as_sampling_allows(strings):
    task, world, _ = strings
    found = task.evaluate(world, KEY, task.oracle(world))
    assert found["reward_tv"] < 0.06
    assert found["block_tv"] < 0.2
    assert abs(float(found["log_reward_gap"])) < 0.3
    assert task.evaluate(world, KEY, task.floor(world))["log_reward_gap"] < -3


def test_modes_are_counted_once(strings):
    task, world, every = strings
    perfect = every[np.flatnonzero(np.asarray(task.missed(world, every)) == 0)]
    batch = jnp.concatenate([perfect[:5], perfect[:5], every[:26]])
    after, bought = buy(task, world, batch)
    np.testing.assert_array_equal(bought.states[-1], batch)
    others = {tuple(s) for s in np.asarray(perfect).tolist()} & {tuple(s) for s in np.asarray(batch).tolist()}
    assert int(after.found.sum()) == len(others) >= 5
    everything, _ = buy(task, world, perfect)
    assert bool(everything.found.all())
    learner = Learner(SimpleNamespace(samples=lambda state, key: every[:1024]), None)
    assert int(task.evaluate(everything, KEY, learner)["modes_found"]) == 36


def test_expected_finds_by_hand():
    np.testing.assert_allclose(expected_finds(jnp.asarray([0.5, 0.1, 0.0]), 2), 0.75 + 0.19, rtol=1e-5)


def test_a_batch_follows_the_actions():
    graph = StringGeneration(blocks=1).graph
    states = follow(graph, jnp.asarray([[1], [2], [7], [4]], jnp.int32))  # 1 before, 2 before, 3 behind, 0 behind
    np.testing.assert_array_equal(
        states[:, 0], [[-1] * 4, [1, -1, -1, -1], [2, 1, -1, -1], [2, 1, 3, -1], [2, 1, 3, 0]]
    )
