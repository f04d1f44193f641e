"""Paths, trees with chords, schedules, and the clock by which nodes update."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.tasks.asynchronous_graphs import LATEST, Dynamics, Graphs, Schedule, mean_loss, run, settle, together
from toybench.tasks.asynchronous_graphs.asynchronous_inference import (
    AsynchronousInference,
    listed,
    path_edges,
    ranks,
    tree_edges,
)

KEY = jax.random.key(3)
CHAIN = AsynchronousInference()
SUM = AsynchronousInference(target="sum")


def made(task, count=300, ticks=400):
    return jax.tree.map(np.array, task.make(KEY, count, ticks))


@pytest.fixture(scope="module")
def chains():
    return made(CHAIN)


@pytest.fixture(scope="module")
def sums():
    return made(SUM)


def adjacency(graphs):
    """Edges [b, n, n] from lists of neighbours."""
    count, nodes, most = graphs.neighbours.shape
    edges = np.zeros((count, nodes, nodes), int)
    for b in range(count):
        for i in range(nodes):
            for k in range(most):
                edges[b, i, graphs.neighbours[b, i, k]] += graphs.linked[b, i, k]
    return edges


def test_a_chain_is_a_path_and_one_end_knows_its_label(chains):
    edges = adjacency(chains.graphs)
    for graph, x, answers in zip(edges, chains.graphs.x, chains.answers, strict=True):
        np.testing.assert_array_equal(graph, graph.T)
        assert sorted(graph.sum(1)) == [1, 1, 2, 2, 2, 2, 2, 2]
        assert (np.linalg.matrix_power(graph + np.eye(8, dtype=int), 7) > 0).all()
        told = np.flatnonzero(x.sum(1))
        assert len(told) == 1
        assert graph[told[0]].sum() == 1
        np.testing.assert_array_equal(answers, x[told[0], 1])
    assert 0.4 < chains.answers.mean() < 0.6
    where = chains.graphs.x.sum(-1).argmax(1)
    assert np.bincount(where, minlength=8).min() > 20  # any node may be the end


def test_a_tree_with_chords_is_connected_and_has_at_most_three_more_edges(sums):
    edges = adjacency(sums.graphs)
    for graph in edges:
        np.testing.assert_array_equal(graph, graph.T)
        assert graph.max() == 1
        assert np.trace(graph) == 0
        assert graph.sum(1).max() <= 4
        assert 7 <= graph.sum() / 2 <= 10
        assert (np.linalg.matrix_power(graph + np.eye(8, dtype=int), 7) > 0).all()
    counts = edges.sum((1, 2)) / 2
    assert set(counts) >= {8, 9, 10}


def test_lists_lose_no_edge():
    noise = jax.random.uniform(KEY, (3, 200, 8))
    edges = tree_edges(ranks(noise[0]), noise[1] < 0.5, ranks(noise[2]))
    graphs = listed(jnp.zeros((200, 8, 1)), edges, 4)
    np.testing.assert_array_equal(adjacency(jax.tree.map(np.array, graphs)), edges.astype(int))


def test_trees_are_as_described():
    order = jnp.array([[2, 0, 1, 3, 5, 4, 7, 6]])
    jumps = jnp.array([[True, True, False, False, True, False, True, False]])
    edges = np.array(tree_edges(order, jumps, jnp.array([[0, 1, 6, 7, 4, 2, 5, 3]])))[0]
    pairs = {tuple(sorted(pair)) for pair in zip(*np.nonzero(edges), strict=True)}
    # places 0 to 7 are those of nodes 1, 2, 0, 3, 5, 4, 7 and 6; nodes 0, 4 and 6 jump, and so would node 1, the first
    tree = {(1, 2), (0, 1), (0, 3), (3, 5), (3, 4), (4, 7), (4, 6)}
    chords = {(0, 1), (5, 7), (4, 6)}
    assert pairs == tree | chords


def test_places_are_a_random_order():
    order = np.array(ranks(jax.random.uniform(KEY, (50, 8))))
    np.testing.assert_array_equal(np.sort(order, 1), np.broadcast_to(np.arange(8), (50, 8)))
    np.testing.assert_array_equal(path_edges(jnp.array([[1, 0, 2]]))[0], [[0, 1, 1], [1, 0, 0], [1, 0, 0]])


def test_sums_have_mean_0_and_variance_1(sums):
    np.testing.assert_allclose(sums.answers[:, 0], sums.graphs.x[..., 0].sum(1) / 8**0.5, rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(sums.answers, np.broadcast_to(sums.answers[:, :1], sums.answers.shape))
    np.testing.assert_allclose(sums.graphs.x.mean(), 0, atol=0.06)
    np.testing.assert_allclose(sums.graphs.x.std(), 1, atol=0.03)
    np.testing.assert_allclose(np.abs(sums.graphs.x).max(), 3**0.5, rtol=0.01)


def test_nodes_wake_at_every_second_tick_and_messages_are_up_to_three_ticks_late(sums):
    schedule = sums.schedule
    assert schedule.awake.shape == (400, 8)
    assert schedule.delay.shape == (400, 8, 4)
    np.testing.assert_allclose(schedule.awake.mean(0), 0.5, atol=0.1)
    np.testing.assert_allclose(np.bincount(schedule.delay.ravel()) / schedule.delay.size, 0.25, atol=0.02)


def test_runs_have_as_many_updates_as_the_task_says():
    assert CHAIN.ticks == 240
    world = CHAIN.sample(KEY)
    assert len(world.schedule.awake) == 240
    assert len(world.long.awake) == 1200
    rare = dataclasses.replace(CHAIN, every=4)
    assert rare.ticks == 480
    np.testing.assert_allclose(rare.make(KEY, 1, 400).schedule.awake.mean(), 0.25, atol=0.03)
    assert len(CHAIN.draw(world, KEY, None)[1].schedule.awake) == 32


def counting(start):
    """Nodes that add what they hear to what they have, and note how often they did."""

    def step(h, heard, done):
        return h * 0.5 + heard.sum(2) + done.astype(h.dtype)[None, :, None]

    return Dynamics(start=start, send=lambda h: 2 * h, step=step)


def test_the_clock_against_a_loop(sums):
    graphs = Graphs(*(jnp.asarray(leaf[:3]) for leaf in sums.graphs))
    schedule = Schedule(*(jnp.asarray(leaf[:12]) for leaf in sums.schedule))
    start = jax.random.normal(KEY, (3, 8, 2))
    got = run(counting(start), graphs, schedule)
    states = [np.array(start, np.float64)]
    done = np.zeros(8)
    for awake, delay in zip(np.array(schedule.awake), np.array(schedule.delay), strict=True):
        new = states[-1].copy()
        for b in range(3):
            for i in np.flatnonzero(awake):
                heard = 0
                for k in range(4):
                    then = max(len(states) - 1 - delay[i, k], 0)
                    heard = heard + 2 * states[then][b, graphs.neighbours[b, i, k]]
                new[b, i] = 0.5 * states[-1][b, i] + heard + done[i]
        states.append(new)
        done += awake
    np.testing.assert_allclose(got, states[-1], rtol=1e-4)


def test_a_run_where_all_update_together_is_settling(sums):
    graphs = Graphs(*(jnp.asarray(leaf[:3]) for leaf in sums.graphs))
    dynamics = counting(jax.random.normal(KEY, (3, 8, 2)))
    states = settle(dynamics, graphs, 6)
    assert states.shape == (7, 3, 8, 2)
    for rounds in (0, 1, 6):
        np.testing.assert_allclose(run(dynamics, graphs, together(rounds, graphs)), states[rounds], rtol=1e-5)


def test_messages_older_than_the_run_are_those_of_the_start(sums):
    graphs = Graphs(*(jnp.asarray(leaf[:3]) for leaf in sums.graphs))
    start = jnp.ones((3, 8, 1))
    late = Schedule(awake=jnp.ones((1, 8), bool), delay=jnp.full((1, 8, 4), LATEST))
    np.testing.assert_allclose(run(counting(start), graphs, late), 0.5 + 4 * 2)


@pytest.mark.parametrize("task", [CHAIN, SUM], ids=["chain", "sum"])
def test_references_end_the_scale(task):
    world = task.sample(KEY)
    floor = task.evaluate(world, KEY, task.floor(world))
    oracle = task.evaluate(world, KEY, task.oracle(world))
    assert set(floor) == set(task.metrics)
    assert oracle["async_loss"] < 1e-6 < floor["async_loss"]
    for name in ("async_error", "sync_error"):
        assert 0.8 < floor[name] < 1.2
        assert oracle[name] == 0
    for name in ("damage", "gap", "early_gap", "limit_gap"):
        assert floor[name] == oracle[name] == 0


class Off:
    """Answers that a random run moves by a number, and more so the longer it is."""

    def __init__(self, world, by):
        self.world = world
        self.by = by

    def predict(self, graphs, schedule):
        right = self.world.answers[: len(graphs.x)]
        moved = self.by * len(schedule.awake)
        return right + jnp.where(schedule.awake.all(), 0.0, moved)


def test_gaps_and_damage_are_of_both_runs():
    world = SUM.sample(KEY)
    metrics = SUM.evaluate(world, KEY, Off(world, 0.01))
    spread = world.answers.std()
    np.testing.assert_allclose(metrics["gap"], 2.4 / spread, rtol=1e-4)
    np.testing.assert_allclose(metrics["early_gap"], 0.8 / spread, rtol=1e-4)
    np.testing.assert_allclose(metrics["limit_gap"], 12 / spread, rtol=1e-4)
    np.testing.assert_allclose(metrics["async_error"], 2.4 / spread, rtol=1e-4)
    np.testing.assert_allclose(metrics["async_loss"], 2.4**2, rtol=1e-4)
    np.testing.assert_allclose(metrics["damage"], metrics["async_error"], rtol=1e-4)
    np.testing.assert_allclose(metrics["sync_error"], 0, atol=1e-6)


def test_a_label_is_wrong_where_its_chance_is_on_the_wrong_side():
    said = CHAIN.said(jnp.array([[0.0, 2.0, -2.0, 1.0]]))
    np.testing.assert_allclose(said[0, 1], 1 / (1 + np.exp(-2)), rtol=1e-5)
    np.testing.assert_allclose(CHAIN.error(said, jnp.array([[1.0, 1.0, 1.0, 0.0]])), 3 / 4 / 0.5)
    np.testing.assert_allclose(SUM.said(jnp.array([3.0])), [3.0])


def test_losses():
    given = jnp.array([[0.3, -2.0]])
    wanted = jnp.array([[1.0, 0.0]])
    np.testing.assert_allclose(mean_loss("squared", given, wanted), (0.49 + 4) / 2, rtol=1e-6)
    chance = 1 / (1 + np.exp(-np.array([0.3, -2.0])))
    np.testing.assert_allclose(
        mean_loss("logistic", given, wanted), -(np.log(chance[0]) + np.log(1 - chance[1])) / 2, rtol=1e-6
    )
