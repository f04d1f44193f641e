"""Graphs of events by loops, both networks by hand in float64, and what training does."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.methods.temporal_graphs import _nodes
from toybench.plugins import registry
from toybench.tasks.temporal_graphs import CentralitySpec, Events, Network, Past

SOURCE = np.array([0, 0, 1, 1, 2, 2, 3, 3])
TARGET = np.array([1, 2, 2, 3, 3, 0, 0, 1])
SPEC = CentralitySpec(nodes=4, edges=8, patience=2.0)


def past(seed: int = 0, count: int = 30) -> Past:
    rng = np.random.default_rng(seed)
    return Past(
        network=Network(source=jnp.asarray(SOURCE), target=jnp.asarray(TARGET)),
        events=Events(
            edge=jnp.asarray(rng.integers(0, 7, count)),  # the last edge isn't used
            time=jnp.asarray(rng.uniform(0, 15, count), jnp.float32),
            real=jnp.asarray(rng.uniform(size=count) < 0.8, jnp.float32),
        ),
        closeness=jnp.asarray([3.0, 1.0, 4.0, 1.5]),
    )


def make(name: str, **fields):
    return registry.load("methods", f"temporal_graphs/{name}")(spec=SPEC, given=past(), steps=60, **fields)


def counted(events: Events) -> tuple[np.ndarray, np.ndarray]:
    """How often nodes turn to one another, and how often an edge follows another, by loops."""
    first, second = np.zeros((4, 4)), np.zeros((8, 8))
    edge, time, real = (np.asarray(x) for x in events)
    for e in range(len(edge)):
        if real[e]:
            first[TARGET[edge[e]], SOURCE[edge[e]]] += 1
        for f in range(len(edge)):
            wait = time[f] - time[e]
            if real[e] and real[f] and 0 < wait <= 2 and TARGET[edge[e]] == SOURCE[edge[f]]:
                second[edge[f], edge[e]] += 1
    return first, second


def normalised(graph: np.ndarray) -> np.ndarray:
    loops = graph + np.eye(len(graph))
    return loops / np.sqrt(loops.sum(1, keepdims=True) * loops.sum(0, keepdims=True))


def test_graphs_of_events_by_loops() -> None:
    known = past()
    first, second = counted(known.events)
    np.testing.assert_allclose(_nodes.first_order(known.network, known.events, 4), first)
    np.testing.assert_allclose(_nodes.second_order(known.network, known.events, 2.0), second)
    assert second.sum() > 5


def elu(x: np.ndarray) -> np.ndarray:
    return np.where(x > 0, x, np.expm1(np.minimum(x, 0)))


def dense(params, name: str, x: np.ndarray) -> np.ndarray:
    return x @ np.asarray(params[name]["kernel"], np.float64) + np.asarray(params[name]["bias"], np.float64)


@pytest.mark.parametrize("layers", [1, 2])
def test_both_orders_by_hand(layers: int) -> None:
    method = make("dbgnn", layers=layers)
    state = method.init(jax.random.key(0))
    params = jax.tree.map(lambda x: x + 0.1, state.params)["params"]
    first, second = (normalised(graph) for graph in counted(past().events))
    x, h = np.eye(4), np.eye(8)
    for layer in range(layers):
        x = elu(dense(params[f"GraphConv_{2 * layer}"], "Dense_0", first @ x))
        h = elu(dense(params[f"GraphConv_{2 * layer + 1}"], "Dense_0", second @ h))
    total = np.zeros((4, 16))
    used = set(np.asarray(past().events.edge)[np.asarray(past().events.real) > 0])
    for edge in used:
        total[TARGET[edge]] += dense(params, "Dense_0", h)[edge] + dense(params, "Dense_1", x)[TARGET[edge]]
    wanted = dense(params, "Dense_2", elu(total))[:, 0]
    found = method.centrality(state._replace(params={"params": params}), past().events)
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-4)


def test_one_order_by_hand() -> None:
    method = make("aggregate_gcn", layers=2)
    state = method.init(jax.random.key(1))
    params = state.params["params"]
    x = np.eye(4)
    for layer in range(2):
        x = elu(dense(params[f"GraphConv_{layer}"], "Dense_0", normalised(counted(past().events)[0]) @ x))
    wanted = dense(params, "Dense_0", elu(dense(params, "Dense_1", x)))[:, 0]
    np.testing.assert_allclose(method.centrality(state, past().events), wanted, rtol=1e-4, atol=1e-4)


def test_shuffled_times_change_the_second_order_alone() -> None:
    kept = make("dbgnn").graphs(past().events)
    shuffled = make("dbgnn", order="shuffled").graphs(past().events)
    np.testing.assert_array_equal(kept[0], shuffled[0])
    np.testing.assert_array_equal(kept[2], shuffled[2])
    assert float(jnp.abs(kept[1] - shuffled[1]).max()) > 0.05
    again = make("dbgnn", order="shuffled").graphs(past().events)
    np.testing.assert_array_equal(shuffled[1], again[1])


@pytest.mark.parametrize("name", ["dbgnn", "aggregate_gcn"])
def test_the_known_closeness_is_learned(name: str) -> None:
    method = make(name, lr=0.03, decay=0.0)
    state = method.init(jax.random.key(2))
    step = jax.jit(method.update)
    for _ in range(60):
        state = step(state, (), jax.random.key(0))
    target = np.asarray(method.given.closeness)
    wanted = (target - target.mean()) / target.std()
    np.testing.assert_allclose(method.centrality(state, method.given.events), wanted, atol=0.25)


@pytest.mark.parametrize("name", ["dbgnn", "aggregate_gcn"])
def test_one_step_goes_down_the_loss_and_decays(name: str) -> None:
    """Adam's first step is the rate along the gradient's sign; decay takes rate * decay of the weights."""
    moved = {}
    for decay in (0.0, 0.5):
        method = make(name, lr=0.01, decay=decay)
        state = method.init(jax.random.key(3))
        after = jax.jit(method.update)(state, (), jax.random.key(0))
        moved[decay] = after.params["params"]["Dense_0"]["kernel"]
    kernel = state.params["params"]["Dense_0"]["kernel"]
    np.testing.assert_allclose(moved[0.5] - moved[0.0], -0.005 * kernel, atol=1e-6)
    assert float(jnp.abs(moved[0.0] - kernel).max()) == pytest.approx(0.01, rel=1e-2)


def test_static_closeness_forgets_time() -> None:
    """Edges 0 to 6 are used; distances by hand."""
    method = make("static_closeness")
    events = past().events
    used = set(np.asarray(events.edge)[np.asarray(events.real) > 0])
    apart = np.full((4, 4), np.inf)
    np.fill_diagonal(apart, 0)
    for edge in used:
        apart[SOURCE[edge], TARGET[edge]] = 1
    for k in range(4):
        apart = np.minimum(apart, apart[:, [k]] + apart[[k], :])
    np.fill_diagonal(apart, np.inf)
    wanted = 3 * (1 / apart).sum(0)
    np.testing.assert_allclose(method.centrality((), events), wanted, rtol=1e-6)
    np.testing.assert_allclose(method.centrality((), events._replace(time=events.time[::-1])), wanted, rtol=1e-6)


def test_the_past_is_repeated() -> None:
    method = make("past_centrality")
    np.testing.assert_array_equal(method.centrality((), past(5).events), method.given.closeness)
