"""Generators: probabilities that sum to 1, draws that follow them, lists and rows there and back, fits by hand."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.methods.graph_generation import _recurrent as recurrent
from toybench.methods.graph_generation import barabasi_albert, edge_rnn, fitted_sbm, graphrnn_lite, rewired_graphs
from toybench.plugins import registry
from toybench.tasks.graph_generation import Graphs, Spec, breadth_first

RECURRENT = ("edge_rnn", "graphrnn_lite")
FITTED = ("erdos_renyi", "barabasi_albert", "fitted_sbm", "given_graphs", "rewired_graphs")


def ordered(edges):
    kept, count = jax.vmap(breadth_first)(jnp.asarray(edges, jnp.float32))
    return Graphs(edges=kept, size=count)


def random_graphs(count, nodes, rate, seed=0):
    upper = np.triu(np.random.default_rng(seed).random((count, nodes, nodes)) < rate, 1)
    upper[:, 0, 1] = True
    return ordered(upper + upper.swapaxes(1, 2))


def make(stem, given, steps=60, edges=None, **values):
    nodes = given.edges.shape[-1]
    spec = Spec(nodes=nodes, edges=edges or nodes * (nodes - 1) // 2, given=len(given.size))
    return registry.load("methods", f"graph_generation/{stem}")(spec=spec, given=given, steps=steps, **values)


def sharpened(params, factor=3.0):
    """Larger weights, so that probabilities are far from uniform."""
    return jax.tree.map(lambda a: factor * a if a.shape != (1,) else a - 0.3, params)


GIVEN = random_graphs(40, 6, 0.5)
TINY = random_graphs(8, 3, 0.6)


def test_lists_hold_the_edges_in_lexicographic_order() -> None:
    lists = edge_rnn.edge_lists(GIVEN, 15)
    for row in range(40):
        upper = np.argwhere(np.triu(np.asarray(GIVEN.edges[row]))) + 1
        size = int(lists.size[row])
        assert size == len(upper)
        np.testing.assert_array_equal(lists.first[row, :size], upper[:, 0])
        np.testing.assert_array_equal(lists.second[row, :size], upper[:, 1])
        assert not np.asarray(lists.first[row, size:]).any()
        assert not np.asarray(lists.second[row, size:]).any()
    np.testing.assert_array_equal(edge_rnn.graph_of(lists.first, lists.second, 6), GIVEN.edges)


def test_a_pair_of_one_node_is_no_edge() -> None:
    graph = edge_rnn.graph_of(jnp.array([[1, 2, 2, 0]]), jnp.array([[1, 3, 0, 3]]), 3)
    assert np.argwhere(np.asarray(graph[0])).tolist() == [[1, 2], [2, 1]]


def every_list(symbols, most):
    """All pairs of lists: nodes as first ends up to the end, any symbol but the end's place as second ends."""
    for size in range(most + 1):
        for first in itertools.product(range(1, symbols), repeat=size):
            for second in itertools.product(range(symbols), repeat=size + 1):
                yield first, second


def test_probabilities_of_all_edge_lists_sum_to_one() -> None:
    """Two nodes and up to two edges: every list that ends, and what is left for longer ones."""
    method = make("edge_rnn", random_graphs(4, 2, 0.9), edges=2)
    params = sharpened(method.start(jax.random.key(0)))
    cases = list(every_list(3, 2))
    first = np.zeros((len(cases), 3), np.int32)
    second = np.zeros((len(cases), 3), np.int32)
    for row, (a, b) in enumerate(cases):
        first[row, : len(a)] = a
        second[row, : len(b)] = b
    size = np.array([len(a) for a, _ in cases], np.int32)
    lists = edge_rnn.Lists(first=jnp.asarray(first), second=jnp.asarray(second), size=jnp.asarray(size))
    ones, others = method.likelihoods(params, lists)
    ended = float(jnp.exp(ones.sum(1) + others.sum(1)).sum())
    # of longer lists: both first ends are nodes and the third symbol isn't the end
    longer = 0.0
    for a in itertools.product((1, 2), repeat=3):
        three = edge_rnn.Lists(first=jnp.array([a]), second=jnp.array([a]), size=jnp.array([3]))
        longer += float(jnp.exp(method.likelihoods(params, three)[0].sum()))
    assert ended + longer == pytest.approx(1.0, abs=1e-4)
    assert 0.02 < longer < 0.98


def test_second_ends_see_all_first_ends_and_no_second_ends() -> None:
    method = make("edge_rnn", GIVEN)
    params = sharpened(method.start(jax.random.key(1)))
    lists = jax.tree.map(lambda a: a[:1], edge_rnn.edge_lists(GIVEN, 15))
    size = int(lists.size[0])
    base = method.likelihoods(params, lists)[1]
    changed = lists._replace(second=lists.second.at[0, 0].set(lists.second[0, 0] % 6 + 1))
    moved = method.likelihoods(params, changed)[1] - base
    assert float(jnp.abs(moved[0, 0])) > 1e-4
    assert float(jnp.abs(moved[0, 1:]).max()) < 1e-6
    late = lists._replace(first=lists.first.at[0, size - 1].set(lists.first[0, size - 1] % 6 + 1))
    assert float(jnp.abs((method.likelihoods(params, late)[1] - base)[0, 0])) > 1e-5


def test_apart_the_second_network_knows_no_later_first_ends() -> None:
    method = make("edge_rnn", GIVEN, coupled=False)
    params = sharpened(method.start(jax.random.key(1)))
    lists = jax.tree.map(lambda a: a[:1], edge_rnn.edge_lists(GIVEN, 15))
    last = int(lists.size[0]) - 1
    late = lists._replace(first=lists.first.at[0, last].set(lists.first[0, last] % 6 + 1))
    moved = method.likelihoods(params, late)[1] - method.likelihoods(params, lists)[1]
    assert float(jnp.abs(moved[0, :last]).max()) < 1e-6
    assert float(jnp.abs(moved[0, last])) > 1e-4


def test_edge_lists_are_drawn_by_their_probabilities() -> None:
    """First ends of the drawn graphs of two nodes: an edge or none, as enumeration says."""
    method = make("edge_rnn", random_graphs(4, 2, 0.9), edges=1, temperature=1.0)
    params = sharpened(method.start(jax.random.key(2)), 2.0)
    state = recurrent.State(params=params, data=(), adam=optax_state(method, params))
    drawn = np.asarray(method.draw_graphs(state, jax.random.key(3), 4000))
    chance = 0.0
    for a in (1, 2):
        for size, tail in ((1, 0), (2, 1), (2, 2)):  # the second symbol is the end, or a further edge
            for b in itertools.product(range(3), repeat=2):
                first = jnp.array([[a, tail]])
                lists = edge_rnn.Lists(first=first, second=jnp.array([b]), size=jnp.array([size]))
                links = {a, b[0]} == {1, 2} or (tail > 0 and {tail, b[1]} == {1, 2})
                ones, others = method.likelihoods(params, lists)
                chance += links * float(jnp.exp(ones.sum() + others.sum()))
    assert drawn[:, 0, 1].mean() == pytest.approx(chance, abs=4 * 0.5 / 4000**0.5)
    assert 0.1 < chance < 0.9


def optax_state(method, params):
    return method.rule().init(params)


def test_rows_there_and_back() -> None:
    rows = make("graphrnn_lite", GIVEN).read()
    np.testing.assert_array_equal(graphrnn_lite.graph_of(rows.edges), GIVEN.edges)
    for row in range(40):
        count = int(GIVEN.size[row])
        for place in range(5):
            wanted = place + 1 if place + 1 <= count else 0
            assert float(rows.counts[row, place].sum()) == wanted
        assert float(rows.edges[row, 1, 0]) == float(GIVEN.edges[row, 2, 1])  # the latest node first


def test_graphrnn_draws_by_its_probabilities() -> None:
    """All graphs of three nodes by enumeration of both rows."""
    method = make("graphrnn_lite", TINY, temperature=1.0)
    params = sharpened(method.start(jax.random.key(4)), 2.0)
    state = recurrent.State(params=params, data=(), adam=optax_state(method, params))
    drawn = np.asarray(method.draw_graphs(state, jax.random.key(5), 6000))
    total = 0.0
    for bits in itertools.product((0, 1), repeat=3):
        edges = jnp.array([[[bits[0], 0], [bits[1], bits[2]]]], jnp.float32)
        logits = np.asarray(method.logits(params, edges), float)[0]
        rate = 1 / (1 + np.exp(-logits))
        first = rate[0, 0] if bits[0] else 1 - rate[0, 0]
        if not bits[0]:  # an empty row ends the graph
            if bits[1] or bits[2]:
                continue
            chance = first
        else:
            chance = first * np.prod([rate[1, k] if bits[k + 1] else 1 - rate[1, k] for k in (0, 1)])
        total += chance
        found = (drawn[:, 1, 0] == bits[0]) & (drawn[:, 2, 1] == bits[1]) & (drawn[:, 2, 0] == bits[2])
        assert found.mean() == pytest.approx(chance, abs=4 * 0.5 / 6000**0.5)
    assert total == pytest.approx(1.0, abs=1e-5)


def test_graphrnn_loss_by_hand() -> None:
    method = make("graphrnn_lite", TINY)
    params = method.start(jax.random.key(0))
    rows = method.read()
    logits = np.asarray(method.logits(params, rows.edges), float)
    edges = np.asarray(rows.edges)
    each = -np.log(np.where(edges > 0, 1 / (1 + np.exp(-logits)), 1 / (1 + np.exp(logits))))
    counts = np.asarray(rows.counts)
    assert float(method.loss(params, rows)) == pytest.approx((counts * each).sum() / counts.sum(), rel=1e-4)


def test_cell_by_hand() -> None:
    rng = np.random.default_rng(0)
    cell = recurrent.Cell(
        reads=jnp.asarray(rng.normal(size=(3, 12)), jnp.float32),
        keeps=jnp.asarray(rng.normal(size=(4, 12)), jnp.float32),
        biases=jnp.asarray(rng.normal(size=(2, 12)), jnp.float32),
    )
    h = rng.normal(size=(5, 4))
    x = rng.normal(size=(5, 3))
    sigmoid = lambda a: 1 / (1 + np.exp(-a))  # noqa: E731
    given = x @ np.asarray(cell.reads, float) + np.asarray(cell.biases[0], float)
    asked = h @ np.asarray(cell.keeps, float) + np.asarray(cell.biases[1], float)
    reset, stay = (sigmoid(given[:, k : k + 4] + asked[:, k : k + 4]) for k in (0, 4))
    expected = (1 - stay) * np.tanh(given[:, 8:] + reset * asked[:, 8:]) + stay * h
    ours = recurrent.advanced(cell, jnp.asarray(h, jnp.float32), jnp.asarray(x, jnp.float32) @ cell.reads)
    np.testing.assert_allclose(ours, expected, atol=1e-5)


@pytest.mark.parametrize("stem", RECURRENT)
def test_a_low_temperature_draws_one_graph(stem: str) -> None:
    method = make(stem, GIVEN, temperature=1e-4)
    drawn = np.asarray(method.draw_graphs(method.init(jax.random.key(0)), jax.random.key(1), 20))
    assert (drawn == drawn[:1]).all()
    warm = make(stem, GIVEN, temperature=1.0)
    assert len(np.unique(np.asarray(warm.draw_graphs(warm.init(jax.random.key(0)), jax.random.key(1), 20)), axis=0)) > 5


@pytest.mark.parametrize("stem", RECURRENT)
def test_it_learns_one_graph(stem: str) -> None:
    ring = np.roll(np.eye(5), 1, 0) + np.roll(np.eye(5), -1, 0)
    given = ordered(np.broadcast_to(ring, (4, 5, 5)))
    method = make(stem, given, steps=150, lr=0.02, temperature=0.5)
    state = method.init(jax.random.key(0))
    batch = jnp.zeros(8, jnp.int32)
    state = jax.jit(
        lambda s: jax.lax.scan(lambda s, _: (method.update(s, batch, jax.random.key(0)), ()), s, None, length=150)[0]
    )(state)
    drawn = np.asarray(method.draw_graphs(state, jax.random.key(1), 50))
    assert (drawn == np.asarray(given.edges[:1])).all((1, 2)).mean() > 0.8


@pytest.mark.parametrize("stem", [*RECURRENT, *FITTED])
def test_drawn_graphs_are_graphs(stem: str) -> None:
    method = make(stem, GIVEN)
    drawn = np.asarray(method.draw_graphs(method.init(jax.random.key(0)), jax.random.key(1), 30))
    assert drawn.shape == (30, 6, 6)
    assert set(np.unique(drawn)) <= {0.0, 1.0}
    assert (drawn == drawn.swapaxes(1, 2)).all()
    assert not drawn.diagonal(axis1=1, axis2=2).any()


def test_erdos_renyi_has_the_given_rate_and_sizes() -> None:
    method = make("erdos_renyi", GIVEN)
    rate = method.init(jax.random.key(0))
    count = np.asarray(GIVEN.size, float)
    assert float(rate) == pytest.approx(np.asarray(GIVEN.edges).sum() / (count * (count - 1)).sum(), rel=1e-5)
    drawn = np.asarray(method.draw_graphs(rate, jax.random.key(0), 4000))
    expected = float(rate) * (count * (count - 1)).mean() / 2
    assert drawn.sum((1, 2)).mean() / 2 == pytest.approx(expected, rel=0.04)


@pytest.mark.parametrize("links", [1, 2])
def test_preferential_attachment(links: int) -> None:
    """A star of `links` edges, then `links` a node; the fourth node of trees links to the hub half of the time."""
    given = ordered(np.broadcast_to(np.ones((6, 6)) - np.eye(6), (4, 6, 6)))
    method = make("barabasi_albert", given)
    drawn = np.asarray(method.draw_graphs(jnp.full(4, links), jax.random.key(0), 3000))
    assert (drawn.sum((1, 2)) / 2 == links + links * (6 - links - 1)).all()
    assert ((drawn[:, links + 1 :] * np.tri(6, 6, -1)[None, links + 1 :]).sum(2) == links).all()
    if links == 1:  # nodes 0 and 1 have degree 1 each; after node 2 one of them has 2 of 4
        hub = drawn[:, :2, 2].argmax(1)
        assert drawn[np.arange(3000), hub, 3].mean() == pytest.approx(0.5, abs=0.04)


def test_links_are_fitted_to_the_number_of_edges() -> None:
    """Six nodes: 5, 8 and 9 edges for one, two and three links a node."""
    for edges, links in ((5, 1), (6, 1), (7, 2), (8, 2), (9, 3), (15, 3)):
        graph = np.zeros((6, 6), np.float32)
        ends = np.triu_indices(6, 1)
        graph[ends[0][:edges], ends[1][:edges]] = 1
        assert int(barabasi_albert.fitted_links(jnp.asarray(graph + graph.T), jnp.int32(6))) == links
    graphs = make("barabasi_albert", GIVEN)
    assert len(set(np.asarray(graphs.init(jax.random.key(0))))) > 1


def test_two_cliques_are_two_blocks() -> None:
    edges = np.kron(np.eye(2), np.ones((4, 4)) - np.eye(4))
    edges[3, 4] = edges[4, 3] = 1
    given = ordered(np.stack([edges, edges]))
    block = np.asarray(fitted_sbm.first_block(given.edges[0], given.size[0]))
    clique = np.asarray(given.edges[0])[np.ix_(block, block)]
    assert block.sum() == 4
    assert clique.sum() == 12
    method = make("fitted_sbm", given)
    state = method.init(jax.random.key(0))
    np.testing.assert_allclose(state.chances, [1.0, 1 / 16], rtol=1e-5)
    drawn = np.asarray(method.draw_graphs(state, jax.random.key(0), 2000))
    assert (drawn[:, :4, :4].sum((1, 2)) == 12).all()
    assert drawn[:, :4, 4:].mean() == pytest.approx(1 / 16, abs=0.005)


def test_blocks_leave_out_what_does_not_exist() -> None:
    edges = np.zeros((1, 7, 7))
    edges[0, 0, 1] = edges[0, 1, 0] = edges[0, 1, 2] = edges[0, 2, 1] = 1
    given = ordered(edges)
    assert int(given.size[0]) == 3
    state = make("fitted_sbm", given).init(jax.random.key(0))
    assert int(state.sizes.sum()) == 3


def test_given_graphs_are_given() -> None:
    method = make("given_graphs", GIVEN)
    drawn = np.asarray(method.draw_graphs((), jax.random.key(0), 60))
    known = [row.tobytes() for row in np.asarray(GIVEN.edges)]
    assert sorted(row.tobytes() for row in drawn[:40]) == sorted(known)
    np.testing.assert_array_equal(drawn[40:], drawn[:20])
    assert [row.tobytes() for row in drawn[:40]] != known


def test_an_exchange_keeps_degrees_and_moves_two_edges() -> None:
    noise = jax.random.uniform(jax.random.key(0), (40, 2, 6, 6))
    new = np.asarray(jax.vmap(rewired_graphs.exchanged)(GIVEN.edges, noise))
    old = np.asarray(GIVEN.edges)
    np.testing.assert_array_equal(new.sum(2), old.sum(2))
    assert not new.diagonal(axis1=1, axis2=2).any()
    moved = np.abs(new - old).sum((1, 2)) / 2
    assert set(moved) <= {0.0, 4.0}
    assert (moved == 4).mean() > 0.5


def test_two_edges_have_one_exchange_each_way_and_a_clique_has_none() -> None:
    pair = np.zeros((4, 4), np.float32)
    for a, b in ((0, 1), (2, 3)):
        pair[a, b] = pair[b, a] = 1
    noise = jax.random.uniform(jax.random.key(1), (400, 2, 4, 4))
    new = np.asarray(jax.vmap(lambda one: rewired_graphs.exchanged(jnp.asarray(pair), one))(noise))
    assert (new[:, 0, 1] == 0).all()
    assert new[:, 0, 2].mean() == pytest.approx(0.5, abs=0.1)
    assert (new[:, 0, 2] + new[:, 0, 3] == 1).all()
    clique = jnp.ones((4, 4)) - jnp.eye(4)
    np.testing.assert_array_equal(rewired_graphs.exchanged(clique, noise[0]), clique)
