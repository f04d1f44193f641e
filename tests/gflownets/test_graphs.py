"""Graphs: edges, backward paths and exact laws against enumeration."""

from collections import Counter

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.tasks.gflownets import Grid, Sets, Strings, follow, live, retrace

SMALL = (Sets(5, 3), Strings(2, 3), Grid(3, 2))
LATTICE = jnp.asarray((np.arange(60) + 0.5) / 60, jnp.float32)  # divisible by the edge counts of the small graphs


@pytest.mark.parametrize("graph", SMALL)
def test_parents_counts_every_edge(graph, exact):
    edges = exact.states(graph)
    counted = exact.incoming(edges)
    for state in list(edges)[1:]:  # the root has none
        assert int(graph.parents(jnp.asarray(state, jnp.int32))) == counted[state], state


def test_both_ends_of_a_constant_string_are_edges():
    graph = Strings(2, 3)
    state = jnp.asarray([1, -1, -1], jnp.int32)
    before, behind = (graph.step(state, jnp.asarray(a, jnp.int32)) for a in (1, 3))
    np.testing.assert_array_equal(before, [1, 1, -1])
    np.testing.assert_array_equal(behind, before)
    np.testing.assert_array_equal(graph.step(state, jnp.asarray(0, jnp.int32)), [0, 1, -1])  # 0 in front
    np.testing.assert_array_equal(graph.step(state, jnp.asarray(2, jnp.int32)), [1, 0, -1])  # 0 behind


@pytest.mark.parametrize("graph", SMALL)
def test_undo_draws_every_edge_equally_often(graph, exact):
    edges = exact.states(graph)
    root, undo = next(iter(edges)), jax.jit(jax.vmap(graph.undo, (None, 0)))
    into = Counter((before, a, after) for before, leave in edges.items() for a, after in leave)
    for state in edges:
        if state == root:
            continue
        before, action = undo(jnp.asarray(state, jnp.int32), LATTICE)
        drawn = Counter(zip(map(tuple, np.asarray(before).tolist()), np.asarray(action).tolist(), strict=True))
        want = {(b, a) for b, a, after in into if after == state}
        assert set(drawn) == want
        assert set(drawn.values()) == {60 // len(want)}


@pytest.mark.parametrize("graph", SMALL)
def test_a_retraced_path_ends_at_its_object(graph, exact):
    objects = jnp.asarray([s for s, leave in exact.states(graph).items() if not leave], jnp.int32)
    u = jax.random.uniform(jax.random.key(0), (graph.length, len(objects)))
    actions = retrace(graph, objects, u)
    path = follow(graph, actions)
    np.testing.assert_array_equal(path[-1], objects)
    np.testing.assert_array_equal(live(graph, path).sum(0), jax.vmap(graph.depth)(objects))
    allowed = jax.vmap(jax.vmap(graph.allowed))(path[:-1])
    taken = jnp.take_along_axis(allowed, actions[:, :, None], axis=-1)[:, :, 0]
    assert bool((taken | ~live(graph, path)).all())


@pytest.mark.parametrize("graph", SMALL)
def test_neighbours_are_symmetric(graph, exact):
    objects = [s for s, leave in exact.states(graph).items() if not leave]
    u = jnp.asarray((np.indices((6, 6)).reshape(2, -1).T + 0.5) / 6, jnp.float32)  # divisible by all choices
    move = jax.jit(jax.vmap(graph.neighbour, (None, 0)))
    table = {x: Counter(map(tuple, np.asarray(move(jnp.asarray(x, jnp.int32), u)).tolist())) for x in objects}
    assert all(set(moves) <= set(objects) for moves in table.values())
    assert all(table[x][y] == table[y][x] for x in objects for y in objects)
    reach = {objects[0]}
    for _ in objects:
        reach |= {y for x in reach for y in table[x]}
    assert reach == set(objects)


@pytest.mark.parametrize("graph", [Sets(5, 3), Grid(3, 2)])
def test_the_law_is_that_of_all_trajectories(graph, exact):
    every = graph.every()
    logits = jax.random.normal(jax.random.key(1), (len(every), graph.actions))
    policy = jax.nn.softmax(jnp.where(jax.vmap(graph.allowed)(every), logits, -1e9))
    row = {tuple(s): p for s, p in zip(np.asarray(every).tolist(), np.asarray(policy), strict=True)}
    want, edges = np.zeros(len(every)), exact.states(graph)

    def walk(state, p):
        if not edges[state]:
            want[int(graph.cell(jnp.asarray(state, jnp.int32)))] += p
        for action, after in edges[state]:
            walk(after, p * row[state][action])

    walk(next(iter(edges)), 1.0)
    np.testing.assert_allclose(graph.law(policy), want, atol=1e-6)
    assert abs(float(graph.law(policy).sum()) - 1) < 1e-5
