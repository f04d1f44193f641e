"""The world's laws: how many likes, where they fall, what is held out, and metrics by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.plugins import registry


def task(**knobs):
    return registry.load("tasks", "recommendation/taste_recommendation")(**knobs)


def drawn(one, count=8):
    return jax.jit(jax.vmap(one.sample))(jax.random.split(jax.random.key(0), count))


def learner(scores):
    return type("Learner", (), {"item_scores": staticmethod(lambda: scores)})


def test_every_user_has_seven_known_likes_and_three_others() -> None:
    worlds = drawn(task())
    likes = np.asarray(worlds.likes)
    held = np.asarray(worlds.held)
    assert (likes.sum(2) == 7).all()
    assert (held.sum(2) == 3).all()
    assert not (likes * held).any()
    order = np.asarray(worlds.order)
    assert (np.sort(order, axis=2) == np.arange(64)).all()
    assert (np.take_along_axis(likes, order, axis=2)[:, :, :7] == 1).all()


@pytest.mark.parametrize("tastes", [1, 2])
def test_affinity_is_the_distance_to_the_nearest_facet_of_the_user(tastes: int) -> None:
    """At a low temperature items of a user's facets are liked, and of no other."""
    affinity = np.asarray(drawn(task(tastes=tastes, temperature=0.001), 1).affinity[0])
    means = np.stack([affinity[:, f::6].mean(1) for f in range(6)], 1)
    near = np.sort(means, axis=1)[:, ::-1]
    within = -(8 * 0.25) / 0.002  # an item's mean squared distance to its facet is 8 * 0.5^2
    np.testing.assert_allclose(near[:, :tastes].mean(), within, rtol=0.35)
    assert (near[:, tastes - 1] > 1.5 * near[:, tastes]).mean() > 0.9
    facets = {tuple(sorted(row)) for row in (-means).argsort(1)[:, :tastes]}
    assert len(facets) > (4 if tastes == 1 else 9)  # users differ: of 6 facets or 15 pairs


def test_likes_follow_the_log_odds() -> None:
    """The first of the likes has the law of a softmax: with one like a user it can be counted."""
    one = task(known=1, hidden=0)
    affinity = jnp.broadcast_to(jnp.log(jnp.arange(1.0, 65.0))[None, :], (20000, 64))
    noise = jax.random.uniform(jax.random.key(3), (2, 20000, 64))
    likes = np.asarray(one.split(affinity, noise[0], noise[1]).likes)
    expected = np.arange(1, 65) / np.arange(1, 65).sum()
    assert np.abs(likes.mean(0) - expected).max() < 5 * np.sqrt(expected.max() / 20000)
    assert np.corrcoef(likes.mean(0), expected)[0, 1] > 0.97


def test_any_like_is_held_out_as_often_as_another() -> None:
    one = task()
    affinity = jnp.broadcast_to(100.0 * (jnp.arange(64) < 10).astype(jnp.float32)[None, :], (4000, 64))
    noise = jax.random.uniform(jax.random.key(4), (2, 4000, 64))
    held = np.asarray(one.split(affinity, noise[0], noise[1]).held)
    np.testing.assert_allclose(held.mean(0)[:10], 0.3, atol=0.035)
    assert not held[:, 10:].any()


def test_batches_hold_known_likes_and_others_uniformly() -> None:
    one = task()
    world = jax.jit(one.sample)(jax.random.key(0))
    keys = jax.random.split(jax.random.key(1), 400)
    batches = jax.jit(jax.vmap(lambda k: one.draw(world, k, None)[1]))(keys)
    likes = np.asarray(world.likes)
    users = np.arange(64)[None, :, None]
    assert (likes[users, np.asarray(batches.liked)] == 1).all()
    assert (likes[users, np.asarray(batches.others)] == 0).all()
    counts = np.zeros((64, 64))
    np.add.at(counts, (np.broadcast_to(users, batches.others.shape), np.asarray(batches.others)), 1)
    np.testing.assert_allclose(counts[likes == 0], 3200 / 57, atol=6 * np.sqrt(3200 / 57))
    np.add.at(counts, (np.broadcast_to(users, batches.liked.shape), np.asarray(batches.liked)), 1)
    np.testing.assert_allclose(counts[likes == 1], 3200 / 7, atol=6 * np.sqrt(3200 / 7))


def test_metrics_by_hand() -> None:
    """Known likes never count; ranks 1 and 3 of the rest are hits, for every user."""
    one = task()
    world = jax.jit(one.sample)(jax.random.key(0))
    held = np.asarray(world.held)
    likes = np.asarray(world.likes)
    scores = np.zeros((64, 64))
    for user in range(64):
        hidden = np.flatnonzero(held[user])
        others = np.flatnonzero(held[user] + likes[user] == 0)
        scores[user, likes[user] == 1] = 1e4
        for rank, item in enumerate([hidden[0], others[0], hidden[1], *others[1:20], hidden[2]]):
            scores[user, item] = 100 - rank
    found = one.evaluate(world, jax.random.key(0), learner(jnp.asarray(scores, jnp.float32)))
    assert float(found["recall_at_10"]) == pytest.approx(2 / 3, rel=1e-5)
    assert float(found["f1_at_10"]) == pytest.approx(2 * (2 / 3) * 0.2 / (2 / 3 + 0.2), rel=1e-5)
    best = sum(1 / np.log(1 + rank) for rank in (1, 2, 3))
    assert float(found["ndcg_at_10"]) == pytest.approx((1 / np.log(2) + 1 / np.log(4)) / best, rel=1e-5)
    all_found = one.evaluate(world, jax.random.key(0), learner(world.held))
    assert float(all_found["ndcg_at_10"]) == pytest.approx(1.0, rel=1e-5)


@pytest.mark.parametrize(
    ("knobs", "floor", "oracle"), [({}, (0.2, 0.36), (0.78, 0.9)), ({"tastes": 1}, (0.15, 0.35), (0.9, 1.0))]
)
def test_references(knobs: dict, floor: tuple[float, float], oracle: tuple[float, float]) -> None:
    one = task(**knobs)
    worlds = drawn(one, 16)
    score = lambda which: jax.jit(  # noqa: E731
        jax.vmap(lambda w: one.evaluate(w, jax.random.key(0), getattr(one, which)(w))["recall_at_10"])
    )(worlds).mean()
    assert floor[0] < float(score("floor")) < floor[1]
    assert oracle[0] < float(score("oracle")) < oracle[1]
    assert float(score("chance")) == pytest.approx(10 / 57, abs=0.03)


def test_the_matrix_of_likes_is_all_that_is_given() -> None:
    one = task()
    world = jax.jit(one.sample)(jax.random.key(0))
    np.testing.assert_array_equal(one.given(world), world.likes)
