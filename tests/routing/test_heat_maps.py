"""Heat maps: the surrogate loss and its network, and the two controls."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.methods.routing import utsp
from toybench.plugins import registry
from toybench.tasks.routing import Instances, RoutingSpec, distances, tour_length

KEY = jax.random.key(5)


def method(stem: str, cities: int = 6, steps: int = 5, **values: Any) -> Any:
    spec = RoutingSpec(cities=cities, batch=8)
    return registry.load("methods", f"routing/{stem}")(spec=spec, steps=steps, **values)


def places(batch: int, cities: int = 6) -> jax.Array:
    return jax.random.uniform(jax.random.key(1), (batch, cities, 2))


def test_a_permutation_costs_its_length() -> None:
    xy = places(4)
    tours = jnp.argsort(jax.random.uniform(KEY, (4, 6)), axis=1)
    assigned = jnp.swapaxes(jax.nn.one_hot(tours, 6), 1, 2)  # place t is city tour[t]
    found = utsp.surrogate(distances(xy), assigned, 7.0, 3.0)
    np.testing.assert_allclose(found, tour_length(xy, tours), rtol=1e-5)
    heat = np.asarray(utsp.heat_map(assigned)[0])
    for a, b in zip(np.asarray(tours[0]), np.roll(np.asarray(tours[0]), -1), strict=True):
        assert heat[a, b] == 1
    assert heat.sum() == 6


def test_the_surrogate_by_hand() -> None:
    rng = np.random.default_rng(2)
    t = rng.dirichlet(np.ones(4), size=4).T
    way = rng.random((4, 4))
    heat = sum(np.outer(t[:, s], t[:, (s + 1) % 4]) for s in range(4))
    expected = (way * heat).sum() + 7 * ((1 - t.sum(1)) ** 2).sum() + 3 * np.trace(heat)
    found = utsp.surrogate(jnp.asarray(way, jnp.float32)[None], jnp.asarray(t, jnp.float32)[None], 7.0, 3.0)
    assert found[0] == pytest.approx(expected, rel=1e-5)


def leaky(x: np.ndarray) -> np.ndarray:
    return np.where(x > 0, x, 0.01 * x)


def dense(layer: dict, x: np.ndarray) -> np.ndarray:
    return x @ layer["kernel"] + layer.get("bias", 0.0)


def channels_of(w: np.ndarray, h: np.ndarray) -> list[np.ndarray]:
    """Two low-pass steps and four differences of walks, step by step, as the authors' code takes them."""
    loops = w + np.eye(len(w))
    root = loops.sum(1)[:, None] ** -0.5
    once = root * (loops @ (root * h))
    twice = root * (loops @ (root * once))
    walked = h
    kept = []
    for step in range(1, 17):
        walked = 0.5 * walked + 0.5 * w @ (walked / w.sum(1)[:, None])
        if step in (1, 2, 4, 8, 16):
            kept.append(walked)
    return [leaky(once), leaky(twice), *(np.abs(kept[i] - kept[i + 1]) for i in range(4))]


def test_the_network_by_hand() -> None:
    xy = utsp.centred(places(1, cities=5))
    learner = method("utsp", cities=5)
    params = jax.tree.map(lambda leaf: 1.5 * leaf + 0.01, learner.init(KEY).params)
    p = jax.tree.map(lambda leaf: np.asarray(leaf, np.float64), params)["params"]
    x = np.asarray(xy[0], np.float64)
    way = np.linalg.norm(x[:, None] - x[None], axis=-1)
    w = np.exp(-way / 3.5) * (1 - np.eye(5))
    hidden = [dense(p["Dense_0"], x)]
    for k in range(2):
        layer = p[f"ScatteringLayer_{k}"]
        h = hidden[-1]
        channels = channels_of(w, h)
        scores = np.stack(
            [np.maximum(np.concatenate([h, c], axis=1), 0) @ layer["Dense_0"]["kernel"] for c in channels]
        )
        weights = np.exp(scores) / np.exp(scores).sum(0)
        mixed = (weights * np.stack(channels)).mean(0)
        hidden.append(leaky(dense(layer["Dense_2"], leaky(dense(layer["Dense_1"], mixed)))))
    logits = dense(p["Dense_2"], leaky(dense(p["Dense_1"], np.concatenate(hidden, axis=1))))
    expected = np.exp(logits) / np.exp(logits).sum(0)
    found = utsp.Assignment().apply(params, xy)[0]
    np.testing.assert_allclose(found, expected, rtol=2e-3, atol=1e-5)
    np.testing.assert_allclose(found.sum(0), 1.0, rtol=1e-5)


def test_one_step_descends_the_mean_loss() -> None:
    learner = method("utsp", lr=0.01, l1=20.0, l2=0.3)
    state = learner.init(KEY)
    batch = Instances(xy=places(8))
    after = learner.update(state, batch, KEY)
    xy = 2 * (batch.xy - batch.xy.mean(1, keepdims=True))

    def loss(params: Any) -> jax.Array:
        return utsp.surrogate(distances(xy), utsp.Assignment().apply(params, xy), 20.0, 0.3).mean()

    adam = learner.optimiser()
    params, _ = utsp.optim.descend(adam, jax.grad(loss)(state.params), state.adam, state.params)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-6), after.params, params)


def test_training_finds_edges() -> None:
    learner = method("utsp", steps=120, lr=0.01)
    xy = places(64)

    def train(key: jax.Array) -> tuple[jax.Array, jax.Array]:
        first, stream = jax.random.split(key)

        def step(state: Any, key: jax.Array) -> tuple[Any, None]:
            return learner.update(state, Instances(xy=jax.random.uniform(key, (8, 6, 2))), key), None

        state = learner.init(first)
        after, _ = jax.lax.scan(step, state, jax.random.split(stream, 120))
        return tour_length(xy, learner.tour(state, xy)).mean(), tour_length(xy, learner.tour(after, xy)).mean()

    before, trained = jax.jit(train)(KEY)
    assert trained < 0.95 * before
    heat = learner.heat(learner.init(KEY), xy)
    np.testing.assert_allclose(heat, jnp.swapaxes(heat, 1, 2), rtol=1e-5)
    assert learner.built(()) == 0


def test_controls() -> None:
    xy = places(3)
    near = method("near_candidates").heat((), xy)
    np.testing.assert_allclose(near, -distances(xy))
    learner = method("random_candidates")
    noise = learner.heat(learner.init(KEY), xy)
    np.testing.assert_allclose(noise, jnp.swapaxes(noise, 1, 2))
    assert not np.allclose(noise[0], learner.heat(learner.init(jax.random.key(1)), xy)[0])
