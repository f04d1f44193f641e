"""Searches with sparse rewards: the arm by hand, novelty by a loop, emitters step by step, and what learns what."""

from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.methods.policy_search import _novelty
from toybench.methods.policy_search.cma_es import CmaEs
from toybench.methods.policy_search.novelty_pca import orthonormal
from toybench.plugins import registry
from toybench.protocol import Learner
from toybench.tasks.policy_search import Outcome

KEY = jax.random.key(8)
SEARCHES = ("stax", "novelty_hand", "novelty_pca")


@pytest.fixture(scope="module")
def arm() -> Any:
    task = registry.load("tasks", "policy_search/sparse_arm")()
    return task, jax.jit(task.sample)(KEY)


def method(name: str, task: Any, **knobs: Any) -> Any:
    return replace(registry.load("methods", f"policy_search/{name}")(**knobs), spec=task.spec, steps=task.steps)


def test_the_arm_moves_as_its_network_says(arm: Any) -> None:
    task, world = arm
    still = jnp.zeros((1, 50))
    outcome, _ = task.outcome(world, still)
    np.testing.assert_allclose(outcome.descriptor, [[1.0, 0.0]], atol=1e-6)
    up = still.at[0, -2].set(0.3)
    angle = 20 * 0.3 * np.tanh(0.3)
    outcome, _ = task.outcome(world, up)
    np.testing.assert_allclose(outcome.descriptor, [[np.cos(angle), np.sin(angle)]], atol=1e-4)
    bent = still.at[0, -1].set(-0.2)
    outcome, _ = task.outcome(world, bent)
    turn = -20 * 0.3 * np.tanh(0.2)
    np.testing.assert_allclose(outcome.descriptor, [[0.5 + 0.5 * np.cos(turn), 0.5 * np.sin(turn)]], atol=1e-4)
    theta = np.asarray(jax.random.normal(KEY, (1, 50)))
    q = np.zeros(2)
    for t in np.linspace(-1, 1, 20):
        hidden = np.tanh(np.array([*q, t]) @ theta[0, :24].reshape(3, 8) + theta[0, 24:32])
        q = q + 0.3 * np.tanh(hidden @ theta[0, 32:48].reshape(8, 2) + theta[0, 48:])
    np.testing.assert_allclose(task.angles(jnp.asarray(theta))[0], q, atol=1e-4)


def test_rewards_are_sparse_and_images_show_the_hand(arm: Any) -> None:
    task, world = arm
    theta = jax.random.normal(KEY, (4000, 50))
    outcome, each = jax.jit(task.outcome)(world, theta)
    distance = np.linalg.norm(np.asarray(outcome.descriptor)[:, None] - np.asarray(world.places)[None], axis=-1)
    np.testing.assert_allclose(each, np.maximum(1 - distance / 0.1, 0), atol=1e-4)
    assert 0 < (np.asarray(outcome.reward) > 0).mean() < 0.1
    design = np.c_[np.asarray(outcome.image), np.ones(4000)]
    _, residual, _, _ = np.linalg.lstsq(design, np.asarray(outcome.descriptor), rcond=None)
    assert (residual / 4000 / np.asarray(outcome.descriptor).var(0) < 0.2).all()
    far = np.linalg.norm(np.asarray(world.places), axis=-1)
    assert ((far > 0.35) & (far < 0.9)).all()
    assert np.linalg.norm(np.asarray(world.places[0] - world.places[1])) > 0.34


def test_what_was_found_is_kept(arm: Any) -> None:
    task, world = arm
    theta = jax.random.normal(KEY, (32, 50))
    place = task.outcome(world, theta[:1])[0].descriptor[0]
    near = world._replace(places=world.places.at[1].set(place))

    class Same:
        def propose(self, key: jax.Array) -> jax.Array:
            return theta

    after, _ = task.draw(near, KEY, Same())
    metrics = task.evaluate(after, KEY, None)
    assert float(after.found[1]) == 1 and float(after.best[1]) == pytest.approx(1.0, abs=1e-5)
    assert 1 <= float(after.visited.sum()) <= 32
    assert float(metrics["coverage"]) == pytest.approx(float(after.visited.sum()) / float(task.within_reach()))
    assert 201 < float(task.within_reach()) < 256  # the disc itself has 201 cells' area


def test_novelty_by_a_loop() -> None:
    rng = np.random.default_rng(0)
    code = rng.normal(size=(20, 2))
    archive = rng.normal(size=(30, 2))
    seen = np.arange(30) < 12
    got = _novelty.novelties(jnp.asarray(code), jnp.asarray(archive), jnp.asarray(seen))
    for i in range(20):
        others = np.concatenate([np.delete(code, i, 0), archive[seen]])
        near = np.sort(np.linalg.norm(others - code[i], axis=-1))[:15]
        assert float(got[i]) == pytest.approx(near.mean(), rel=1e-4)


def outcome_of(task: Any, world: Any, learner: Any, state: Any, key: jax.Array) -> Outcome:
    batch: Outcome = task.outcome(world, learner.propose(state, key))[0]
    return batch


def test_a_reward_begins_an_emitter_that_climbs_and_ends(arm: Any) -> None:
    task, world = arm
    learner = method("novelty_hand", task)
    state = learner.init(KEY)
    batch = outcome_of(task, world, learner, state, KEY)
    batch = batch._replace(reward=jnp.zeros(32).at[7].set(0.4).at[9].set(0.2))
    state = learner.update(state, batch, KEY)
    assert float(state.exploits) == 1.0 and int((state.idle == 0).sum()) == 1
    place = int(state.idle.argmin())
    assert float(state.rewards[place, 0]) in (pytest.approx(0.4), pytest.approx(0.2))
    proposed = learner.propose(state, KEY)
    own = proposed[place * 6 : place * 6 + 6] - state.members[place]
    assert 0.05 < float(own.std()) < 0.15  # 0.3 of 0.3
    rewards = jnp.zeros(32).at[place * 6 + 3].set(0.9)
    before = state
    state = learner.update(state, batch._replace(theta=proposed, reward=rewards), KEY)
    assert float(state.rewards[place, 0]) == pytest.approx(0.9)
    np.testing.assert_allclose(state.members[place, 0], proposed[place * 6 + 3])
    np.testing.assert_array_equal(state.theta, before.theta)  # parents wait
    assert float(state.exploits) == 0.0
    idle = state._replace(exploits=jnp.ones(()))
    for _ in range(5):
        idle = learner.update(idle._replace(exploits=jnp.ones(())), batch._replace(reward=jnp.zeros(32)), KEY)
    assert (np.asarray(idle.idle) >= 5).all() and float(idle.exploits) == 0.0


def test_parents_are_the_most_novel_and_five_children_are_archived(arm: Any) -> None:
    task, world = arm
    learner = method("novelty_hand", task)
    state = learner.init(KEY)
    batch = outcome_of(task, world, learner, state, KEY)
    far = batch._replace(descriptor=batch.descriptor.at[11].set(jnp.array([9.0, 9.0])), reward=jnp.zeros(32))
    after = learner.update(state, far, KEY)
    assert int(after.size) == 5 and float(after.exploits) == 0.0
    np.testing.assert_allclose(after.theta[0], far.theta[11])
    assert all((np.asarray(far.image) == np.asarray(stored)).all(-1).any() for stored in after.archive[:5])


def play(arm: Any, name: str, steps: int, **knobs: Any) -> Any:
    task, world = arm
    learner = method(name, task, **knobs)

    @jax.jit
    def one(now: Any, state: Any, key: jax.Array) -> Any:
        first, second = jax.random.split(key)
        now, batch = task.draw(now, first, Learner(learner, state))
        return now, learner.update(state, batch, second), batch

    state = learner.init(KEY)
    for i in range(steps):
        world, state, batch = one(world, state, jax.random.key(i))
    return task.evaluate(world, KEY, None), state, batch


def test_the_autoencoder_learns_and_its_error_is_a_criterion(arm: Any) -> None:
    task, world = arm
    learner = method("stax", task)
    state = learner.init(KEY)
    images = task.outcome(world, jax.random.normal(KEY, (200, 50)))[0].image
    before = learner.errors(state.model.weights, images).mean()
    model = state.model
    fit = jax.jit(learner.fit)
    for _ in range(30):
        model = fit(model, images, jnp.arange(200) < 100, KEY)
    after = learner.errors(model.weights, images)
    assert float(after[100:].mean()) < 0.5 * float(before)
    novelty = jnp.full(200, -1.0)
    chosen = jnp.stack([learner.choose(novelty, model, images, k) for k in jax.random.split(KEY, 20)])
    kinds = (np.asarray(chosen)[:, 0] == -1).mean()
    assert 0.1 < kinds < 0.9
    np.testing.assert_allclose(chosen[np.asarray(chosen)[:, 0] != -1][0], after, rtol=1e-5)


def test_axes_become_the_principal_components() -> None:
    rng = np.random.default_rng(1)
    image = rng.normal(size=(80, 64)) @ np.diag([5.0, 3.0, *np.linspace(1, 0.1, 62)])
    task = registry.load("tasks", "policy_search/sparse_arm")()
    learner = method("novelty_pca", task)
    axes = learner.start(KEY)
    np.testing.assert_allclose(axes.T @ axes, np.eye(2), atol=1e-5)
    for _ in range(40):
        axes = learner.fit(axes, jnp.asarray(image, jnp.float32), jnp.arange(80) < 60, KEY)
    part = image[:60] - image[:60].mean(0)
    want = np.linalg.svd(part, full_matrices=False)[2][:2]
    np.testing.assert_allclose(np.abs(want @ np.asarray(axes)), np.eye(2), atol=0.02)
    np.testing.assert_allclose(orthonormal(jnp.array([[3.0, 1.0], [0.0, 2.0]])), np.eye(2), atol=1e-6)


def test_cma_es_climbs_a_dense_hill() -> None:
    """Its steps on a sphere: 50 weights, reward -|theta - 1|^2."""
    task = registry.load("tasks", "policy_search/sparse_arm")()
    learner = method("cma_es", task, sd=0.5)
    assert isinstance(learner, CmaEs)
    state = learner.init(KEY)
    update = jax.jit(learner.update)
    for i in range(300):
        theta = learner.propose(state, jax.random.key(i))
        empty = jnp.zeros((32, 2))
        batch = Outcome(theta=theta, image=empty, descriptor=empty, reward=-((theta - 1) ** 2).sum(-1))
        state = update(state, batch, KEY)
    np.testing.assert_allclose(state.params, 1, atol=0.05)
    assert float(state.size) < 0.1


def test_elites_settle_in_their_cells_and_better_ones_replace_them(arm: Any) -> None:
    task, _ = arm
    learner = method("map_elites", task)
    state = learner.init(KEY)
    theta = jax.random.normal(KEY, (32, 50))
    place = jnp.zeros((32, 2)).at[1].set(jnp.array([0.99, -0.99]))
    batch = Outcome(theta=theta, image=jnp.zeros((32, 64)), descriptor=place, reward=jnp.zeros(32).at[5].set(0.7))
    state = learner.update(state, batch, KEY)
    assert int((state.reward >= 0).sum()) == 2
    np.testing.assert_allclose(state.params[8 * 16 + 8], theta[5])
    np.testing.assert_allclose(state.params[15 * 16], theta[1])
    proposed = np.asarray(learner.propose(state, KEY))
    nearest = [min(np.abs(p - np.asarray(theta[i])).max() for i in (1, 5)) for p in proposed]
    assert max(nearest) < 1.5


@pytest.mark.parametrize("name", SEARCHES)
def test_novelty_covers_more_than_chance(name: str, arm: Any) -> None:
    found, _, _ = play(arm, name, 60)
    chance, _, _ = play(arm, "random_search", 60)
    assert float(found["coverage"]) > 1.2 * float(chance["coverage"])
    assert float(found["areas_found"]) >= 1
