"""Novelty by a loop, emitters step by step, what learns what, and what the searches find."""

from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.methods.quality_diversity import _novelty as core
from toybench.plugins import registry
from toybench.protocol import Learner
from toybench.tasks.quality_diversity import Outcome

KEY = jax.random.key(8)
TASK = registry.load("tasks", "quality_diversity/sparse_arm")()
WORLD = jax.jit(TASK.sample)(KEY)


def method(name: str, **knobs: Any) -> Any:
    return replace(registry.load("methods", f"quality_diversity/{name}")(**knobs), spec=TASK.spec, steps=TASK.steps)


def evaluated(learner: Any, state: Any) -> Outcome:
    batch: Outcome = TASK.outcome(WORLD, learner.propose(state, KEY))[0]
    return batch._replace(reward=jnp.zeros(36))


def test_novelty_by_a_loop() -> None:
    rng = np.random.default_rng(0)
    code = rng.normal(size=(20, 3))
    others = rng.normal(size=(40, 3))
    others[20:] = others[:20]  # each of them twice
    counts = rng.uniform(size=(20, 40)) < 0.6
    counts[3, 5:] = False  # fewer than there are neighbours
    counts[4] = False
    got = np.asarray(core.novelties(jnp.asarray(code), jnp.asarray(others), jnp.asarray(counts)))
    for i in set(range(20)) - {4}:
        near = np.sort(np.linalg.norm(others[counts[i]] - code[i], axis=-1))[:15]
        assert got[i] == pytest.approx(near.mean(), rel=1e-4)
    assert np.isinf(got[4])


def test_an_archive_forgets_the_oldest() -> None:
    memory = core.empty(4, 1)
    for number in range(3):
        image = jnp.array([[10.0 * number], [10.0 * number + 1]])
        which = jnp.array([number != 1, True])
        memory = core.add(memory, image, jnp.zeros((2, 2)), which)
    np.testing.assert_array_equal(memory.image[:, 0], [21, 1, 11, 20])
    assert int(memory.size) == 5 and core.full(memory).all()


def test_first_parents_do_not_count_and_five_children_are_archived() -> None:
    learner = method("novelty_hand")
    state = learner.init(KEY)
    batch = evaluated(learner, state)
    far = batch._replace(place=batch.place.at[11].set(jnp.array([9.0, 9.0])))
    after = learner.update(state, far, KEY)
    np.testing.assert_allclose(after.parents.theta[0], far.theta[11])
    assert all((np.asarray(batch.theta) == np.asarray(one)).all(-1).any() for one in after.parents.theta)
    assert int(after.archive.size) == 5 and float(after.exploits) == 0
    assert all((np.asarray(far.image) == np.asarray(one)).all(-1).any() for one in after.archive.image[:5])
    assert not after.archive.image[5:].any()
    again = learner.update(after, evaluated(learner, after), KEY)
    np.testing.assert_allclose(again.parents.theta[0], far.theta[11])  # known parents compete with children


def test_parents_are_the_most_novel_among_all_that_is_known() -> None:
    learner = method("novelty_hand")
    state = learner.init(KEY)
    state = learner.update(state, evaluated(learner, state), KEY)
    batch = TASK.outcome(WORLD, jax.random.normal(jax.random.key(1), (36, 50)))[0]._replace(reward=jnp.zeros(36))
    after = learner.update(state, batch, KEY)
    places = np.concatenate([state.parents.place, batch.place])
    all_seen = np.concatenate([places, state.archive.place[:5]])
    distance = np.linalg.norm(places[:, None] - all_seen[None], axis=-1)
    novelty = np.sort(distance, axis=1)[:, 1:16].mean(1)  # the first is itself
    want = np.argsort(-novelty)[:18]
    np.testing.assert_allclose(after.parents.place, places[want], atol=1e-5)


def test_where_emitters_began_is_not_novel() -> None:
    """Twenty starting points at one place take the novelty of a child that ends there."""
    learner = method("novelty_hand")
    state = learner.init(KEY)
    state = learner.update(state, evaluated(learner, state), KEY)
    batch = evaluated(learner, state)
    far = batch._replace(place=batch.place.at[11].set(jnp.array([9.0, 9.0])))
    known = core.add(state.rewards, jnp.zeros((20, 64)), jnp.full((20, 2), 9.0), jnp.ones(20, bool))
    crowded = learner.update(state._replace(rewards=known), far, KEY)
    assert (np.asarray(learner.update(state, far, KEY).parents.place) == 9).any()
    assert not (np.asarray(crowded.parents.place) == 9).any()


@pytest.mark.parametrize("name", ["novelty_hand", "novelty_pca", "novelty_pixels"])
def test_codes_of_the_controls(name: str) -> None:
    learner = method(name)
    model = learner.start(KEY)
    image = jax.random.normal(KEY, (5, 64))
    place = jnp.ones((5, 2))
    want = {"novelty_hand": place, "novelty_pixels": image}.get(name)
    code = learner.codes(model, image, place)
    if want is None:
        np.testing.assert_allclose(code @ model.T, image @ model @ model.T, atol=1e-4)
    else:
        np.testing.assert_array_equal(code, want)
    fitted = learner.fit(model, image, jnp.arange(5) < 4, jnp.zeros(0))
    np.testing.assert_array_equal(learner.criterion(place[:, 0], fitted, image, jnp.float32(0.9)), place[:, 0])


def test_emitters_begin_at_rewards_far_from_where_others_began() -> None:
    theta = jnp.arange(5.0)[:, None] * jnp.array([[3.0, 4.0]])
    seen = core.Seen(
        theta=theta,
        image=jnp.zeros((5, 1)),
        place=jnp.zeros((5, 2)),
        reward=jnp.array([0.5, 0.0, 0.3, 0.2, 0.9]),
        fresh=jnp.array([1.0, 1.0, 1.0, 1.0, 0.0]),
    )
    rarity = jnp.array([1.0, 9.0, 3.0, 2.0, 8.0])
    work = core.Emitters(
        theta=jnp.zeros((3, 6, 2)), reward=jnp.zeros((3, 6)), sd=jnp.full(3, 7.0), idle=jnp.array([5, 0, 6])
    )
    after, origins, begun = core.begin(work, seen, rarity, 0.1, 1 / 3)
    np.testing.assert_array_equal(origins[:2], [2, 3])  # rewarded, fresh, the rarest first
    np.testing.assert_array_equal(begun, [True, True, False])  # one emitter is at work
    np.testing.assert_array_equal(after.idle, 0)
    np.testing.assert_allclose(after.sd, [5 / 3, 7, 5 / 3])  # a share of the distance to the nearest
    np.testing.assert_allclose(after.theta[0], np.tile(theta[2], (6, 1)))
    np.testing.assert_allclose(after.reward, np.tile([[0.3], [0.0], [0.2]], (1, 6)))
    twin, _, _ = core.begin(work, seen._replace(theta=jnp.zeros((5, 2))), rarity, 0.1, 1 / 3)
    assert float(twin.sd[0]) == pytest.approx(0.1)


def test_emitters_share_proposals_keep_the_best_and_end() -> None:
    theta = jax.random.normal(KEY, (3, 6, 50))
    work = core.Emitters(theta=theta, reward=jnp.full((3, 6), 0.5), sd=jnp.ones(3), idle=jnp.array([0, 5, 3]))
    np.testing.assert_array_equal(core.turns(work, 5), [0, 2, 0, 2, 0])
    children = jax.random.normal(jax.random.key(2), (36, 50))
    reward = jnp.zeros(36).at[0].set(0.9).at[5].set(0.6).at[1].set(0.4)
    empty = jnp.zeros((36, 2))
    after = core.climb(work, Outcome(theta=children, image=empty, place=empty, reward=reward))
    np.testing.assert_allclose(after.reward[0], [0.9, 0.5, 0.5, 0.5, 0.5, 0.5])
    np.testing.assert_allclose(after.theta[0, 0], children[0])
    np.testing.assert_allclose(after.reward[2], [0.6, 0.5, 0.5, 0.5, 0.5, 0.5])
    np.testing.assert_allclose(after.theta[2, 0], children[5])
    np.testing.assert_array_equal(after.theta[1], theta[1])
    np.testing.assert_array_equal(after.idle, [0, 5, 0])
    worse = core.climb(work, Outcome(theta=children, image=empty, place=empty, reward=jnp.zeros(36)))
    np.testing.assert_array_equal(worse.idle, [1, 5, 4])
    np.testing.assert_array_equal(worse.theta, theta)


def test_a_reward_makes_steps_alternate() -> None:
    learner = method("novelty_hand", sd=0.01)
    state = learner.init(KEY)
    batch = evaluated(learner, state)
    rewarded = batch._replace(reward=batch.reward.at[7].set(0.4))
    state = learner.update(state, rewarded, KEY)
    assert float(state.exploits) == 1 and int(core.active(state.emitters).sum()) == 1
    assert int(state.rewards.size) == 1
    np.testing.assert_array_equal(state.rewards.place[0], batch.place[7])
    proposed = learner.propose(state, KEY)
    own = proposed - batch.theta[7][None]
    assert float(own.std()) == pytest.approx(float(state.emitters.sd[core.active(state.emitters)][0]), rel=0.1)
    kept = state.parents
    state = learner.update(state, evaluated(learner, state), KEY)
    np.testing.assert_array_equal(state.parents.theta, kept.theta)  # parents wait
    assert float(state.exploits) == 0 and int(state.archive.size) == 5
    again = learner.update(state, evaluated(learner, state), KEY)
    assert int(again.rewards.size) == 1  # nobody begins twice at one policy
    alone = method("novelty_hand", emits=False)
    assert float(alone.update(alone.init(KEY), rewarded, KEY).exploits) == 0


def test_the_autoencoder_learns_what_counts_and_its_error_is_a_criterion() -> None:
    learner = method("stax")
    model = learner.init(KEY).model
    images = TASK.outcome(WORLD, jax.random.normal(KEY, (200, 50)))[0].image
    spoilt = jnp.where(jnp.arange(200)[:, None] < 100, images, jnp.nan)
    before = learner.errors(model.params, images).mean()
    fit = jax.jit(learner.fit)
    first = model
    for number in range(30):
        model = fit(model, spoilt, jnp.arange(200) < 100, jax.random.uniform(jax.random.key(number), (640,)))
    after = learner.errors(model.params, images)
    assert float(after[100:].mean()) < 0.3 * float(before)
    novelty = jnp.full(200, -1.0)
    np.testing.assert_array_equal(learner.criterion(novelty, model, images, jnp.float32(0.4)), novelty)
    np.testing.assert_array_equal(learner.criterion(novelty, model, images, jnp.float32(0.6)), after)
    assert learner.codes(model, images, images).shape == (200, 10)
    still = method("stax", trained=False)
    same = still.fit(first, images, jnp.ones(200, bool), jnp.zeros(640))
    np.testing.assert_array_equal(still.codes(same, images, images), learner.codes(first, images, images))
    np.testing.assert_array_equal(still.criterion(novelty, same, images, jnp.float32(0.6)), novelty)


def test_axes_become_the_principal_components() -> None:
    rng = np.random.default_rng(1)
    image = rng.normal(size=(80, 64)) @ np.diag([*np.linspace(9, 5, 10), *np.linspace(0.5, 0.1, 54)]) + 3
    learner = method("novelty_pca")
    axes = learner.start(KEY)
    fit = jax.jit(learner.fit)
    for _ in range(40):
        axes = fit(axes, jnp.asarray(image, jnp.float32), jnp.arange(80) < 60, jnp.zeros(0))
    np.testing.assert_allclose(axes.T @ axes, np.eye(10), atol=1e-4)
    part = image[:60] - image[:60].mean(0)
    want = np.linalg.svd(part, full_matrices=False)[2][:10]
    np.testing.assert_allclose(np.linalg.svd(want @ np.asarray(axes))[1], 1, atol=1e-3)


def test_cma_es_climbs_a_dense_hill() -> None:
    """Its steps on a sphere: 50 weights, reward -|theta - 1|^2."""
    learner = method("cma_es", sd=0.5, patience=1e9)
    state = learner.init(KEY)
    update = jax.jit(learner.update)
    empty = jnp.zeros((36, 2))
    for i in range(300):
        theta = learner.propose(state, jax.random.key(i))
        batch = Outcome(theta=theta, image=empty, place=empty, reward=100 - ((theta - 1) ** 2).sum(-1))
        state = update(state, batch, KEY)
    np.testing.assert_allclose(state.params, 1, atol=0.05)
    assert float(state.size) < 0.1


def test_cma_es_begins_anew_without_a_better_reward() -> None:
    learner = method("cma_es", sd=0.5, patience=3.0)
    state = learner.init(KEY)
    batch = evaluated(learner, state)
    state = learner.update(state, batch._replace(reward=batch.reward.at[2].set(0.3)), KEY)
    assert float(state.best) == pytest.approx(0.3) and float(state.idle) == 0
    for _ in range(2):
        state = learner.update(state, batch, KEY)
    assert float(state.idle) == 2 and float(state.best) == pytest.approx(0.3)
    state = learner.update(state, batch, KEY)
    assert float(state.idle) == 0 and float(state.best) == 0 and float(state.size) == 0.5
    assert 0.3 < float(state.params.std()) < 0.7
    np.testing.assert_array_equal(state.variance, 1)


def test_elites_settle_in_their_cells_and_better_ones_replace_them() -> None:
    learner = method("map_elites", sd=0.1)
    state = learner.init(KEY)
    theta = jax.random.normal(KEY, (36, 50))
    place = jnp.zeros((36, 2)).at[1].set(jnp.array([0.99, -0.99]))
    batch = Outcome(theta=theta, image=jnp.zeros((36, 64)), place=place, reward=jnp.zeros(36).at[5].set(0.7))
    state = learner.update(state, batch, KEY)
    assert int((state.reward >= 0).sum()) == 2
    np.testing.assert_allclose(state.params[8 * 16 + 8], theta[5])
    np.testing.assert_allclose(state.params[15 * 16], theta[1])
    proposed = np.asarray(learner.propose(state, KEY))
    apart = np.stack([np.abs(proposed - np.asarray(theta[i])).max(-1) for i in (1, 5)])
    assert (apart.min(0) < 0.6).all() and (apart.argmin(0) == 0).any() and (apart.argmin(0) == 1).any()


def test_random_search_keeps_the_best() -> None:
    learner = method("random_search", sd=2.0)
    state = learner.init(KEY)
    batch = evaluated(learner, state)
    assert float(batch.theta.std()) == pytest.approx(2, rel=0.1)
    state = learner.update(state, batch._replace(reward=batch.reward.at[2].set(0.3)), KEY)
    state = learner.update(state, batch._replace(reward=batch.reward.at[5].set(0.2)), KEY)
    np.testing.assert_array_equal(state.params, batch.theta[2])
    assert float(state.reward) == pytest.approx(0.3)


def play(name: str, steps: int, **knobs: Any) -> dict[str, float]:
    learner = method(name, **knobs)

    def one(carry: Any, key: jax.Array) -> tuple[Any, None]:
        world, state = carry
        first, second = jax.random.split(key)
        world, batch = TASK.draw(world, first, Learner(learner, state))
        return (world, learner.update(state, batch, second)), None

    @jax.jit
    def all_of_them(keys: jax.Array) -> Any:
        return jax.lax.scan(one, (WORLD, learner.init(KEY)), keys)[0][0]

    world = all_of_them(jax.random.split(KEY, steps))
    return {name: float(value) for name, value in TASK.evaluate(world, KEY, None).items()}


@pytest.mark.parametrize("name", ["stax", "novelty_pca", "novelty_pixels", "map_elites"])
def test_searches_cover_more_than_chance(name: str) -> None:
    chance = play("random_search", 60)
    found = play(name, 60)
    assert found["coverage"] > 1.1 * chance["coverage"]


def test_an_emitter_climbs_to_the_middle_of_an_area() -> None:
    theta = 0.3 * jax.random.normal(KEY, (50,))
    hand = TASK.outcome(WORLD, theta[None])[0].place[0]
    world = WORLD._replace(places=jnp.tile(hand * (1 - 0.07 / jnp.linalg.norm(hand)), (6, 1)))
    emitters = core.Emitters(
        theta=jnp.broadcast_to(theta, (3, 6, 50)),
        reward=jnp.full((3, 6), 0.3),
        sd=jnp.full(3, 0.02),
        idle=jnp.array([0, 5, 5]),
    )
    learner = method("novelty_hand")
    state = learner.init(KEY)._replace(emitters=emitters, exploits=jnp.ones(()))
    for number in range(12):
        proposed = learner.propose(state, jax.random.key(number))
        batch, _ = TASK.outcome(world, proposed)
        state = learner.update(state, batch, KEY)._replace(exploits=jnp.ones(()))
    assert float(state.emitters.reward[0].min()) > 0.8
    np.testing.assert_allclose(state.emitters.reward[1:], 0.3, atol=1e-6)
