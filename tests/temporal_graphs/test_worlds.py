"""Paths that respect time by hand and by enumeration, the law of meetings by counting, affinities by loops."""

import itertools
from collections import defaultdict

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.plugins import registry
from toybench.tasks.temporal_graphs import NOBODY, Events, Network, closeness, continuation, hops, temporal_closeness
from toybench.tasks.temporal_graphs.recurring_links import Memory


def task(name, **fields):
    return registry.load("tasks", f"temporal_graphs/{name}")(**fields)


def sampled(name, seed=0, **fields):
    made = task(name, **fields)
    return made, jax.jit(made.sample)(jax.random.key(seed))


# ---- closeness


def test_closeness_of_a_small_graph_by_hand() -> None:
    """a-b at 1, b-c and b-d at 2, c-e and d-e at 3, each wait 1: the example of pathpyG's documentation."""
    network = Network(source=jnp.array([0, 1, 1, 2, 3]), target=jnp.array([1, 2, 3, 4, 4]))
    events = Events(edge=jnp.arange(5), time=jnp.array([1.0, 2.0, 2.0, 3.0, 3.0]), real=jnp.ones(5))
    wanted = [0, 4, 4 / 2 + 4, 4 / 2 + 4, 4 / 3 + 4 / 2 + 4 + 4]
    np.testing.assert_allclose(temporal_closeness(network, events, 1.0, 5), wanted, rtol=1e-6)
    late = events._replace(time=jnp.array([1.0, 2.0, 2.0, 4.0, 3.0]))
    assert float(temporal_closeness(network, late, 1.0, 5)[4]) == pytest.approx(4 / 3 + 4 / 2 + 4 + 4)
    later = late._replace(time=jnp.array([1.0, 2.0, 2.0, 4.0, 4.5]))
    assert float(temporal_closeness(network, later, 1.0, 5)[4]) == pytest.approx(4 + 4)


def fewest(sources, targets, times, real, patience, nodes):
    """Distances by following every path from every event."""
    found = np.full((nodes, nodes), np.inf)

    def follow(start, event, length, best):
        if best.get(event, np.inf) <= length:
            return
        best[event] = length
        found[start, targets[event]] = min(found[start, targets[event]], length)
        for other in range(len(times)):
            wait = times[other] - times[event]
            if real[other] and sources[other] == targets[event] and 0 < wait <= patience:
                follow(start, other, length + 1, best)

    for start in range(nodes):
        best: dict[int, int] = {}
        for event in range(len(times)):
            if real[event] and sources[event] == start:
                follow(start, event, 1, best)
    return found


def test_distances_by_following_every_path() -> None:
    rng = np.random.default_rng(0)
    network = Network(source=jnp.asarray(np.repeat(np.arange(6), 2)), target=jnp.asarray(rng.integers(0, 6, 12)))
    edge = rng.integers(0, 12, 40)
    time = np.round(rng.uniform(0, 20, 40), 1)
    real = (rng.uniform(size=40) < 0.8).astype(float)
    events = Events(edge=jnp.asarray(edge), time=jnp.asarray(time, jnp.float32), real=jnp.asarray(real, jnp.float32))
    found = hops(network, events, continuation(network, events, 2.5), 6)
    sources = np.asarray(network.source)[edge]
    targets = np.asarray(network.target)[edge]
    float32 = np.asarray(time, np.float32)
    wanted = fewest(sources, targets, float32, real, 2.5, 6)
    np.testing.assert_array_equal(found, wanted)
    inverse = np.where(np.eye(6, dtype=bool), 0, 1 / wanted).sum(0) * 5
    np.testing.assert_allclose(closeness(jnp.asarray(wanted, jnp.float32)), inverse, rtol=1e-5)


@pytest.mark.parametrize("memory", [0.0, 0.9])
def test_walks_follow_their_law(memory: float) -> None:
    made, world = sampled("temporal_centrality", memory=memory)
    network, events = world.past.network, world.past.events
    target = np.asarray(network.target).reshape(30, 4)
    assert all(len(set(row)) == 4 for row in target)
    assert not (target == np.arange(30)[:, None]).any()
    real = np.asarray(events.real).reshape(75, 7)
    lengths = real.sum(1)
    assert set(lengths) == {3, 4, 5, 6, 7}
    assert (np.diff(real, axis=1) <= 0).all()
    waits = np.diff(np.asarray(events.time).reshape(75, 7), axis=1)
    assert waits.min() > 0
    assert waits.max() <= 5
    after = defaultdict(list)
    for half in (events, world.future):
        edge = np.asarray(half.edge).reshape(75, 7)
        assert (np.asarray(network.target)[edge[:, :-1]] == np.asarray(network.source)[edge[:, 1:]]).all()
        for walk in edge:
            for first, second in itertools.pairwise(walk):
                after[first].append(second)
    same = [np.unique(seconds, return_counts=True)[1].max() / len(seconds) for seconds in after.values()]
    many = np.array([len(seconds) for seconds in after.values()])
    assert np.mean(np.array(same)[many >= 5]) > 0.85 if memory else np.mean(np.array(same)[many >= 5]) < 0.6


def test_the_future_is_another_half_by_the_same_law() -> None:
    made, world = sampled("temporal_centrality")
    assert not np.array_equal(world.past.events.edge, world.future.edge)
    own = temporal_closeness(world.past.network, world.future, 5.0, 30)
    np.testing.assert_allclose(world.closeness, own, rtol=1e-6)
    seen = []
    learner = type("Learner", (), {"centrality": lambda self, events: (seen.append(events), jnp.arange(30.0))[1]})()
    made.evaluate(world, jax.random.key(0), learner)
    task("temporal_centrality", shown="past").evaluate(world, jax.random.key(0), learner)
    assert seen[0] is world.future
    assert seen[1] is world.past.events


# ---- meetings


def test_histories_by_hand() -> None:
    """What is told of every pair, against a walk through the stream."""
    made, world = sampled("recurring_links", events=120, tested=10)
    queries = jax.tree.map(np.asarray, world.queries)
    history = defaultdict(list)
    last: dict[frozenset, int] = {}
    for t in range(120):
        for p in range(6):
            a, b = queries.nodes[t, p]
            assert a != b
            for side, node in enumerate((a, b)):
                latest = history[node][::-1][:15]
                names = [name for name, _ in latest] + [NOBODY] * (15 - len(latest))
                ages = [t - when for _, when in latest] + [0] * (15 - len(latest))
                assert list(queries.neighbours[t, p, side]) == names
                assert list(queries.ages[t, p, side]) == ages
            assert queries.met[t, p] == (t - last[frozenset((a, b))] if frozenset((a, b)) in last else np.inf)
        a, b = queries.nodes[t, 0]
        for p in range(1, 5):
            assert queries.nodes[t, p, 0] == a
            assert queries.nodes[t, p, 1] != b
        if len(last) > 1:
            assert frozenset(queries.nodes[t, 5]) in set(last) - {frozenset((a, b))}
        history[a].append((b, t))
        history[b].append((a, t))
        last[frozenset((a, b))] = t


def test_shares_of_meetings() -> None:
    """Half of the meetings recur by choice, and some more by chance: nine in a hundred of 2,000 pairs are recent."""
    _, world = sampled("recurring_links")
    met = np.asarray(world.queries.met[500:, 0])
    assert 0.5 < np.isfinite(met).mean() < 0.8
    recent = met[np.isfinite(met)]
    assert 0.45 < (recent <= 200).sum() / len(met) < 0.7
    assert (met[np.isfinite(met)] >= 1).all()


def test_the_law_of_meetings_by_enumeration() -> None:
    made = task("recurring_links", nodes=6, events=50, tested=5)
    rng = np.random.default_rng(1)
    weight = np.triu(rng.uniform(size=(6, 6)) * (rng.uniform(size=(6, 6)) < 0.7), 1)
    weight = weight / weight.sum()
    weight = weight + weight.T
    chances = np.zeros((6, 6))
    for a in range(6):
        for b in range(6):
            if weight[a, b] == 0:
                continue
            others = weight[b].copy()
            others[a] = 0
            for v in range(6):
                if others.sum() > 0 and v != a:
                    chances[a, v] += weight[a, b] / 2 * others[v] / others.sum()
    wanted = 0.5 * weight + 0.3 * (chances + chances.T) + 0.2 / 15
    np.fill_diagonal(wanted, 0)

    class Told:
        pass

    memory = Told()
    memory.weight = jnp.asarray(weight, jnp.float32)
    found = np.stack([made.law(memory, jnp.asarray(node)) for node in range(6)])
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-6)


def test_meetings_follow_the_law() -> None:
    """Frequencies of 40,000 draws after one stream, against the law that the oracle ranks by."""
    made = task("recurring_links", nodes=8, events=60, tested=5)
    drawn = jax.random.uniform(jax.random.key(3), (60, 12))
    memory = Memory(
        weight=jnp.zeros((8, 8)),
        last=jnp.full((8, 8), -jnp.inf),
        partners=jnp.full((8, 15), NOBODY, jnp.int32),
        times=jnp.zeros((8, 15)),
        pairs=jnp.zeros((60, 2), jnp.int32),
    )

    def step(memory, now):
        time, u = now
        return made.remember(memory, time, made.meeting(memory, time, u)), None

    memory, _ = jax.jit(lambda m: jax.lax.scan(step, m, (jnp.arange(60), drawn)))(memory)
    u = jax.random.uniform(jax.random.key(4), (40_000, 7))
    pairs = np.asarray(jax.jit(jax.vmap(lambda u: made.meeting(memory, jnp.asarray(60), u)))(u))
    counts = np.zeros((8, 8))
    np.add.at(counts, (pairs[:, 0], pairs[:, 1]), 1)
    wanted = np.stack([np.asarray(made.law(memory, jnp.asarray(node))) for node in range(8)])
    left = np.exp(-60 / 60.0)  # nothing is remembered of before the stream: then any two meet
    wanted = (wanted + left * 0.8 / 28) * (1 - np.eye(8))
    assert wanted.sum() / 2 == pytest.approx(1, abs=1e-3)
    np.testing.assert_allclose((counts + counts.T) / 40_000, wanted, atol=0.006)


def test_learners_see_the_past_alone() -> None:
    made, world = sampled("recurring_links")
    given = made.given(world)
    assert given.pairs.nodes.shape == (1400, 5, 2)
    np.testing.assert_array_equal(given.pairs.nodes, world.queries.nodes[100:1500, :5])
    _, rows = made.draw(world, jax.random.key(0), None)
    assert int(rows.event.max()) < 1400
    assert set(np.asarray(rows.other)) == {0, 1, 2, 3}
    assert made.asked(world, 5).nodes.shape == (1000, 2)
    np.testing.assert_array_equal(made.asked(world, 1).nodes[500:], world.queries.nodes[1500:, 1])


def test_the_oracle_of_meetings_is_ahead_of_any_count() -> None:
    made, world = sampled("recurring_links")
    best = made.evaluate(world, jax.random.key(0), made.oracle(world))
    floor = made.evaluate(world, jax.random.key(0), made.floor(world))
    assert float(floor["ap_historical"]) == pytest.approx(0.5)
    assert float(best["ap_historical"]) > 0.88
    assert float(best["ap_random"]) > 0.83


# ---- units


def test_affinities_by_loops() -> None:
    made = task("regrouping_units", units=4, animals=2, times=50)
    traces = np.random.default_rng(0).normal(size=(2, 4, 50))
    found = made.affinities(jnp.asarray(traces, jnp.float32))
    assert found.shape == (4, 2, 4, 4)
    z = (traces - traces.mean(-1, keepdims=True)) / traces.std(-1, keepdims=True)
    for t in range(4):
        for i in range(4):
            for j in range(4):
                apart = z[1, i, 10 * t : 10 * t + 20] - z[1, j, 10 * t : 10 * t + 20]
                assert float(found[t, 1, i, j]) == pytest.approx(np.exp(-(apart**2).mean()), abs=1e-5)


def test_groups_share_their_signal_while_active() -> None:
    _, world = sampled("regrouping_units", snr=1.5)
    mean = np.asarray(world.affinities.mean(1))
    first, second = mean[:29].mean(0), mean[-29:].mean(0)
    block = {(a, b): (slice(10 * a, 10 * a + 10), slice(10 * b, 10 * b + 10)) for a in range(4) for b in range(4)}
    assert first[block[0, 1]].mean() > 1.5 * first[block[0, 2]].mean()
    assert second[block[0, 2]].mean() > 1.5 * second[block[0, 1]].mean()
    np.testing.assert_allclose(first[block[0, 3]].mean(), second[block[0, 3]].mean(), rtol=0.2)
    np.testing.assert_allclose(world.active[0, :29], 1)
    np.testing.assert_allclose(world.active[:, 29], 0.5)
    np.testing.assert_allclose(world.active.sum(0), 2)


def test_signals_are_stationary() -> None:
    """A trace has variance 1 + snr^2 from the first steps on, and its signal's correlation at lag 1 is 0.95."""
    made = task("regrouping_units", snr=3.0, animals=64)
    kept = {}

    class Spy(type(made)):  # type: ignore[misc]
        def affinities(self, traces):
            kept["traces"] = traces
            return jnp.zeros((59, 64, 40, 40))

    Spy(snr=3.0, animals=64).sample(jax.random.key(0))
    traces = np.asarray(kept["traces"])
    assert traces[:, :, :5].var() == pytest.approx(10, rel=0.2)
    assert traces[:, :, -50:].var() == pytest.approx(10, rel=0.2)
    assert (traces[:, :, 1:300] * traces[:, :, :299]).mean() == pytest.approx(9 * 0.95, rel=0.1)


def test_answers_are_matched_in_any_order() -> None:
    made, world = sampled("regrouping_units")
    members = jnp.concatenate([jnp.ones((40, 1)), world.members[::-1].T], axis=1)
    active = jnp.concatenate([jnp.ones((59, 1)), world.active[::-1].T], axis=1)
    learner = type("Learner", (), {"groups": lambda self: (members, active)})()
    found = made.evaluate(world, jax.random.key(0), learner)
    assert float(found["membership_auc"]) == 1
    assert float(found["time_correlation"]) == pytest.approx(1)
    two = type("Learner", (), {"groups": lambda self: (world.members[:2].T, world.active[:2].T)})()
    few = made.evaluate(world, jax.random.key(0), two)
    assert float(few["membership_auc"]) == pytest.approx(0.75)
    assert float(few["time_correlation"]) == pytest.approx(0.5)
