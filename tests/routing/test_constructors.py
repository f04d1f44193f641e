"""Constructors of tours: the attention model and its training, nearest neighbour, farthest insertion."""

import itertools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.methods.routing import _attention as attention
from toybench.methods.routing import attention_ppo as ppo
from toybench.plugins import registry
from toybench.tasks.routing import Instances, RoutingSpec, distances, tour_length
from toybench.tasks.routing._tsp import shortest_tour

KEY = jax.random.key(7)
CITIES = 4
TOURS = jnp.asarray(list(itertools.permutations(range(CITIES))), jnp.int32)


def method(stem: str, cities: int = CITIES, batch: int = 8, steps: int = 5, **values: Any) -> Any:
    spec = RoutingSpec(cities=cities, batch=batch)
    return registry.load("methods", f"routing/{stem}")(spec=spec, steps=steps, **values)


def places(batch: int, cities: int = CITIES, seed: int = 0) -> jax.Array:
    return jax.random.uniform(jax.random.key(seed), (batch, cities, 2))


def some_params() -> Any:
    """Parameters that are large enough for a policy with opinions."""
    return jax.tree.map(lambda leaf: 1.5 * leaf, attention.start_model(KEY, CITIES))


def close(a: Any, b: Any, rtol: float, atol: float) -> None:
    jax.tree.map(lambda x, y: np.testing.assert_allclose(x, y, rtol=rtol, atol=atol), a, b)


def test_probabilities_of_all_tours_sum_to_one() -> None:
    xy = places(2)
    every = jnp.broadcast_to(TOURS[None], (2, *TOURS.shape))
    choices = attention.MODEL.apply(some_params(), xy, every)
    np.testing.assert_allclose(jnp.exp(choices.log_prob.sum(2)).sum(1), 1.0, rtol=1e-5)
    np.testing.assert_allclose(choices.log_prob[:, :, -1], 0.0, atol=1e-6)  # one city is left
    np.testing.assert_allclose(choices.entropy[:, :, -1], 0.0, atol=1e-6)
    first = choices.log_prob[:, ::6, 0]  # six tours begin in each city
    np.testing.assert_allclose(choices.entropy[:, 0, 0], -(jnp.exp(first) * first).sum(1), rtol=1e-4)


def test_the_decoder_by_hand() -> None:
    params = some_params()
    xy = places(1)
    memory = attention.MODEL.apply(params, xy, method="encode")
    p = jax.tree.map(lambda leaf: np.asarray(leaf, np.float64), params)["params"]
    nodes = np.asarray(memory.nodes[0], np.float64)
    keys, values, targets = np.split(nodes @ p["project"]["kernel"], 3, axis=1)
    for first, last, left in ((0, 0, [0, 1, 2, 3]), (2, 1, [0, 3])):
        ends = np.concatenate([nodes[first], nodes[last]]) * (len(left) < CITIES)
        ask = nodes.mean(0) @ p["ask_graph"]["kernel"] + ends @ p["ask_step"]["kernel"]
        heads = []
        for h in np.split(np.arange(attention.WIDTH), attention.HEADS):
            score = np.exp(keys[left][:, h] @ ask[h] / np.sqrt(len(h)))
            heads.append(score @ values[left][:, h] / score.sum())
        glimpse = np.concatenate(heads) @ p["mix"]["kernel"]
        expected = 10 * np.tanh(targets[left] @ glimpse / np.sqrt(attention.WIDTH))
        hidden = np.maximum(glimpse @ p["critic"]["Dense_0"]["kernel"] + p["critic"]["Dense_0"]["bias"], 0)
        worth = hidden @ p["critic"]["Dense_1"]["kernel"] + p["critic"]["Dense_1"]["bias"]
        mask = jnp.zeros((1, 1, CITIES), bool).at[0, 0, jnp.asarray(left)].set(True)
        logits, value = attention.MODEL.apply(
            params, memory, jnp.asarray([[first]]), jnp.asarray([[last]]), mask, method="decode"
        )
        np.testing.assert_allclose(logits[0, 0, jnp.asarray(left)], expected, rtol=1e-3, atol=1e-4)
        np.testing.assert_allclose(value[0, 0], worth[0], rtol=1e-3, atol=1e-4)
        assert (logits[0, 0][~mask[0, 0]] < -1e8).all()


def test_greedy_tours_are_the_likeliest_step_by_step() -> None:
    params = some_params()
    xy = places(6)
    tours = attention.greedy_tours(params, xy)
    every = jnp.broadcast_to(TOURS[None], (6, *TOURS.shape))
    choices = np.asarray(attention.MODEL.apply(params, xy, every).log_prob)
    for b, tour in enumerate(np.asarray(tours)):
        rows = np.arange(len(TOURS))
        for step in range(CITIES):
            best = choices[b, rows, step].max()
            rows = rows[choices[b, rows, step] > best - 1e-5]
        np.testing.assert_array_equal(np.asarray(TOURS[rows[0]]), tour)


def test_sampled_tours_have_their_probabilities() -> None:
    params = some_params()
    xy = places(1)
    noise = attention.gumbel(jax.random.uniform(KEY, (CITIES, 1, 4000, CITIES)))
    tours = np.asarray(attention.build_tours(params, xy, noise)[0])
    assert (np.sort(tours, axis=1) == np.arange(CITIES)).all()
    chance = np.exp(np.asarray(attention.MODEL.apply(params, xy, TOURS[None]).log_prob.sum(2)[0]))
    counts = np.asarray([(tours == tour).all(1).mean() for tour in np.asarray(TOURS)])
    assert np.abs(counts - chance).max() < 4 * np.sqrt(0.25 / 4000)
    assert chance.max() > 2 / len(TOURS)


def test_reinforce_is_the_gradient_of_the_mean_length() -> None:
    params = some_params()
    xy = places(1)
    lengths = tour_length(xy[:, None], TOURS[None])

    def mean_length(params: Any) -> jax.Array:
        return (jnp.exp(attention.MODEL.apply(params, xy, TOURS[None]).log_prob.sum(2)) * lengths).sum()

    chance = jnp.exp(attention.MODEL.apply(params, xy, TOURS[None]).log_prob.sum(2))
    for baseline in (0.0, 2.0):
        weights = len(TOURS) * chance * (lengths - baseline)
        found = jax.grad(attention.weighted_likelihood)(params, xy, TOURS[None], weights)
        close(found, jax.grad(mean_length)(params), rtol=1e-2, atol=1e-3)


@pytest.mark.parametrize(("stem", "splits", "built"), [("attention_reinforce", 2, 8), ("attention_multistart", 2, 8)])
def test_a_batch_in_two_steps_is_two_batches(stem: str, splits: int, built: int) -> None:
    """The second step builds its tours with what the first one learned."""
    learner = method(stem, lr=0.01, splits=splits)
    state = learner.init(KEY)
    batch = Instances(xy=places(8))
    after = jax.jit(learner.update)(state, batch, KEY)
    assert after.built == built
    many = CITIES if stem == "attention_multistart" else 1
    size = 2 // (many if many == 1 else 2)
    noise = attention.gumbel(jax.random.uniform(KEY, (2, CITIES, size, many, CITIES)))
    if many > 1:
        noise = noise.at[:, 0].add(1e6 * jnp.eye(CITIES)[None, None])
    adam = attention.clipped_adam(0.01, 10, 1.0)
    params = state.params
    opt = state.adam
    for k in range(2):
        xy = batch.xy[k * size : (k + 1) * size]
        tours = attention.build_tours(params, xy, noise[k])
        lengths = tour_length(xy[:, None], tours)
        if many > 1:
            np.testing.assert_array_equal(tours[0, :, 0], jnp.arange(CITIES))
            expected = lengths.mean(1, keepdims=True)
        else:
            expected = tour_length(xy, attention.greedy_tours(params, xy))[:, None]

        def loss(p: Any, xy: Any = xy, tours: Any = tours, excess: Any = lengths - expected) -> jax.Array:
            steps = attention.MODEL.apply(p, xy, tours).log_prob
            return (excess * (steps.sum(2) - (steps[:, :, 0] if many > 1 else 0.0))).mean()

        params, opt = attention.optim.descend(adam, jax.grad(loss)(params), opt, params)
    close(after.params, params, rtol=1e-3, atol=1e-5)


def test_advantages_by_hand() -> None:
    xy = places(3)
    tours = TOURS[jnp.asarray([0, 5, 9])][:, None]
    value = jax.random.normal(KEY, (3, 1, CITIES))
    old = attention.Choices(log_prob=value, entropy=value, value=value)
    found = ppo.generalised_advantages(xy, tours, old)
    way = np.asarray(distances(xy), np.float64)
    for b in range(3):
        tour = np.asarray(tours[b, 0])
        costs = [0.0, *(way[b, tour[t - 1], tour[t]] for t in range(1, CITIES))]
        costs[-1] += way[b, tour[-1], tour[0]]
        v = [*np.asarray(value[b, 0], np.float64), 0.0]
        ahead = 0.0
        for t in reversed(range(CITIES)):
            ahead = -costs[t] + 0.99 * v[t + 1] - v[t] + 0.99 * 0.95 * ahead
            assert found[b, t] == pytest.approx(ahead, rel=1e-4, abs=1e-5)


def test_ppo_objective_by_hand() -> None:
    rng = np.random.default_rng(0)
    shape = (3, 1, CITIES)
    new = attention.Choices(*(jnp.asarray(rng.normal(size=shape), jnp.float32) for _ in range(3)))
    old = attention.Choices(*(jnp.asarray(rng.normal(size=shape), jnp.float32) for _ in range(3)))
    gains = rng.normal(size=(3, CITIES))
    returns = rng.normal(size=(3, CITIES))
    a = (gains - gains.mean()) / gains.std(ddof=1)
    r = np.exp(np.asarray(new.log_prob - old.log_prob)[:, 0])
    policy = -np.minimum(r * a, np.clip(r, 0.8, 1.2) * a).mean()
    v = np.asarray(new.value)[:, 0]
    w = np.asarray(old.value)[:, 0]
    near = w + np.clip(v - w, -0.2, 0.2)
    error = 0.5 * np.maximum((v - returns) ** 2, (near - returns) ** 2).mean()
    expected = policy + 0.5 * error - 0.01 * np.asarray(new.entropy).mean()
    found = ppo.ppo_objective(new, old, jnp.asarray(gains, jnp.float32), jnp.asarray(returns, jnp.float32))
    assert found == pytest.approx(expected, rel=1e-4)


def test_ppo_begins_as_the_policy_gradient(monkeypatch: pytest.MonkeyPatch) -> None:
    """At ratio 1, without the critic's loss and the bonus, the gradient is that of advantages times likelihood."""
    monkeypatch.setattr(ppo, "VALUE", 0.0)
    monkeypatch.setattr(ppo, "ENTROPY", 0.0)
    params = some_params()
    xy = places(3)
    tours = TOURS[jnp.asarray([1, 8, 20])][:, None]
    old = attention.MODEL.apply(params, xy, tours)
    gains = ppo.generalised_advantages(xy, tours, old)
    normal = (gains - gains.mean()) / gains.std(ddof=1)

    def objective(p: Any) -> jax.Array:
        return ppo.ppo_objective(attention.MODEL.apply(p, xy, tours), old, gains, gains)

    def likelihood(p: Any) -> jax.Array:
        return -(normal * attention.MODEL.apply(p, xy, tours).log_prob[:, 0]).mean()

    close(jax.grad(objective)(params), jax.grad(likelihood)(params), rtol=1e-3, atol=1e-5)


def test_every_epoch_sees_every_tour_once() -> None:
    """With a single minibatch, two passes in any order are two steps on the whole batch."""
    learner = method("attention_ppo", lr=0.01, epochs=2, minibatches=1)
    state = learner.init(KEY)
    batch = Instances(xy=places(8))
    after = jax.jit(learner.update)(state, batch, KEY)
    assert after.built == 8
    noise = attention.gumbel(jax.random.uniform(KEY, (CITIES * 8 * CITIES + 16,)))[: CITIES * 8 * CITIES]
    tours = attention.build_tours(state.params, batch.xy, noise.reshape(CITIES, 8, 1, CITIES))
    old = attention.MODEL.apply(state.params, batch.xy, tours)
    gains = ppo.generalised_advantages(batch.xy, tours, old)
    returns = gains + old.value[:, 0]
    adam = attention.clipped_adam(0.01, 10, 0.5)
    params = state.params
    opt = state.adam
    for _ in range(2):
        gradient = jax.grad(
            lambda p: ppo.ppo_objective(attention.MODEL.apply(p, batch.xy, tours), old, gains, returns)
        )(params)
        params, opt = attention.optim.descend(adam, gradient, opt, params)
    close(after.params, params, rtol=1e-2, atol=3e-5)


@pytest.mark.parametrize("stem", ["attention_reinforce", "attention_multistart", "attention_ppo"])
def test_learners_shorten_their_tours(stem: str) -> None:
    xy = places(64, cities=6, seed=9)
    size = {"minibatches": 2} if stem == "attention_ppo" else {"splits": 1}
    learner = method(stem, cities=6, batch=24, steps=60, lr=0.001, **size)

    def train(key: jax.Array) -> jax.Array:
        first, stream = jax.random.split(key)
        state = learner.init(first)

        def step(state: Any, key: jax.Array) -> tuple[Any, None]:
            return learner.update(state, Instances(xy=jax.random.uniform(key, (24, 6, 2))), key), None

        after, _ = jax.lax.scan(step, state, jax.random.split(stream, 60))
        best = tour_length(xy, jax.vmap(shortest_tour)(xy)).mean()
        return tour_length(xy, learner.tour(after, xy)).mean() / best - 1

    assert jax.jit(train)(KEY) < 0.2  # a random tour of six cities is 0.4 longer than the shortest


def test_nearest_neighbour_and_insertion_by_hand() -> None:
    xy = places(5, cities=8)
    near = np.asarray(method("nearest_neighbour", cities=8).tour((), xy))
    far = np.asarray(method("farthest_insertion", cities=8).tour((), xy))
    for way, a, b in zip(np.asarray(distances(xy)), near, far, strict=True):
        tour = [0]
        while len(tour) < 8:
            tour.append(min(set(range(8)) - set(tour), key=lambda j: way[tour[-1], j]))
        np.testing.assert_array_equal(a, tour)
        loop = [int(i) for i in np.unravel_index(way.argmax(), way.shape)]
        while len(loop) < 8:
            city = max(set(range(8)) - set(loop), key=lambda j: min(way[i, j] for i in loop))
            costs = [
                way[loop[k], city] + way[city, loop[(k + 1) % len(loop)]] - way[loop[k], loop[(k + 1) % len(loop)]]
                for k in range(len(loop))
            ]
            loop.insert(int(np.argmin(costs)) + 1, city)
        turned = loop.index(0)
        np.testing.assert_array_equal(b, loop[turned:] + loop[:turned])


def test_insertion_is_optimal_on_four_cities() -> None:
    """The fourth city enters a triangle, and all three tours can come of it."""
    xy = places(64)
    found = tour_length(xy, method("farthest_insertion").tour((), xy))
    np.testing.assert_allclose(found, tour_length(xy, jax.vmap(shortest_tour)(xy)), rtol=1e-5)


def test_several_starts_need_room() -> None:
    assert method("attention_multistart", splits=4).fits(RoutingSpec(cities=20, batch=40))
    assert method("attention_multistart", splits=2).fits(RoutingSpec(cities=20, batch=40)) is None
