"""Automata by loops, relaxed tables against hard ones, and what learners keep."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.methods.graph_algorithms import _cell as gnn
from toybench.methods.graph_algorithms.graph_fsa import relaxed
from toybench.plugins import registry
from toybench.protocol import Learner
from toybench.tasks.graph_algorithms import RuleSpec, Runs, cycle, run_table, surroundings

KEY = jax.random.key(4)
SPEC = RuleSpec(states=4, rounds=1)


def automaton(**knobs: Any) -> Any:
    return registry.load("tasks", "graph_algorithms/cycle_automaton")(**knobs)


def method(stem: str, spec: RuleSpec = SPEC, steps: int = 100, **values: Any) -> Any:
    return registry.load("methods", f"graph_algorithms/{stem}")(spec=spec, steps=steps, **values)


@pytest.fixture(scope="module")
def world() -> Any:
    return jax.jit(automaton().sample)(KEY)


def by_loops(table: np.ndarray, adjacency: np.ndarray, start: np.ndarray, rounds: int) -> np.ndarray:
    """Every node by itself."""
    now = start.copy()
    for _ in range(rounds):
        then = now.copy()
        for run in range(len(now)):
            for node in range(now.shape[1]):
                digits = np.minimum(np.bincount(now[run, adjacency[node] > 0], minlength=4), 2)
                then[run, node] = table[digits @ 3 ** np.arange(4), now[run, node]]
        now = then
    return now


def test_a_ring_has_two_neighbours_each() -> None:
    ring = np.asarray(cycle(5))
    assert (ring.sum(0) == 2).all() and (ring == ring.T).all() and (np.diag(ring) == 0).all()
    assert ring[0, 1] == ring[0, 4] == 1


def test_runs_by_loops(world: Any) -> None:
    table = np.asarray(world.table)
    for runs, rounds in ((world.train, 1), (world.large, 24)):
        few = np.asarray(runs.start[:3])
        np.testing.assert_array_equal(runs.end[:3], by_loops(table, np.asarray(runs.adjacency), few, rounds))
    star = jnp.zeros((5, 5)).at[0, 1:].set(1).at[1:, 0].set(1)  # four neighbours, counted as two
    start = jnp.array([[3, 1, 1, 1, 0], [0, 2, 2, 2, 2]], jnp.int32)
    np.testing.assert_array_equal(
        run_table(world.table, star, start, 3), by_loops(table, np.asarray(star), np.asarray(start), 3)
    )


def test_shares_count_from_a_half_up() -> None:
    pair = jnp.array([[0.0, 1.0], [1.0, 0.0]])
    shares = jnp.array([[[0.4, 0.6, 0.0, 0.0], [0.51, 0.0, 0.49, 0.0]]])
    np.testing.assert_array_equal(surroundings(pair, shares), [[1, 3]])


def test_two_rounds_hide_one_and_the_entries_all_occur() -> None:
    task = automaton(rounds=2)
    world = jax.jit(task.sample)(KEY)
    one = run_table(world.table, world.train.adjacency, world.train.start, 1)
    np.testing.assert_array_equal(run_table(world.table, world.train.adjacency, one, 1), world.train.end)
    seen = np.asarray(surroundings(world.train.adjacency, jax.nn.one_hot(world.train.start, 4)))
    assert len({*zip(seen.ravel().tolist(), np.asarray(world.train.start).ravel().tolist(), strict=True)}) == 40


def test_references(world: Any) -> None:
    task = automaton()
    low, high = (task.evaluate(world, KEY, reference(world)) for reference in (task.floor, task.oracle))
    assert {k: float(v) for k, v in high.items()} == dict.fromkeys(task.metrics, 1.0)
    assert all(float(v) < 0.6 for v in low.values())


def test_a_hard_table_runs_alike_relaxed(world: Any) -> None:
    hard = jax.nn.one_hot(world.table, 4)
    end = relaxed(hard, world.large.adjacency, world.large.start, 24)
    np.testing.assert_array_equal(end, jax.nn.one_hot(world.large.end, 4))


def test_one_relaxed_round_by_hand() -> None:
    table = jnp.asarray(np.random.default_rng(0).dirichlet(np.ones(4), (81, 4)), jnp.float32)
    end = np.asarray(relaxed(table, cycle(4), jnp.array([[0, 1, 1, 3]], jnp.int32), 1))
    np.testing.assert_allclose(end[0, 0], table[3 + 27, 0])  # sees 1 and 3
    np.testing.assert_allclose(end[0, 2], table[3 + 27, 1])
    np.testing.assert_allclose(end.sum(-1), 1, rtol=1e-5)


@pytest.mark.parametrize("stem", ["graph_fsa", "table_search"])
def test_tables_are_found_where_no_round_is_hidden(world: Any, stem: str) -> None:
    task = automaton()
    learner = method(stem, steps=300, **({"lr": 0.1} if stem == "graph_fsa" else {}))

    def step(state: Any, key: jax.Array) -> tuple[Any, None]:
        return learner.update(state, world.train, key), None

    state, _ = jax.jit(lambda s: jax.lax.scan(step, s, jax.random.split(KEY, 300)))(jax.jit(learner.init)(KEY))
    found = jax.jit(lambda s: task.evaluate(world, KEY, Learner(learner, s)))(state)
    assert float(found["accuracy"]) > 0.99


def test_search_never_fits_worse(world: Any) -> None:
    learner = method("table_search")
    update = jax.jit(lambda s, k: learner.update(s, world.train, k))
    state = learner.init(KEY)
    for i in range(4):
        after = update(state, jax.random.key(i))
        assert (after.right >= state.right).all()
        state = after
    for table, right in zip(state.tables, state.right, strict=True):
        end = run_table(table, world.train.adjacency, world.train.start, 1)
        assert int((end == world.train.end).sum()) == int(right)


@pytest.mark.parametrize("stem", ["recurrent_gnn", "snapped_gnn"])
def test_networks_mind_no_order_of_nodes_and_learn(world: Any, stem: str) -> None:
    learner = method(stem, steps=40, lr=0.01)
    order = np.random.default_rng(1).permutation(8)
    state = jax.jit(learner.init)(KEY)
    runs = world.train
    turned = Runs(adjacency=runs.adjacency[order][:, order], start=runs.start[:, order], end=runs.end[:, order])
    logits = jax.jit(lambda r: gnn.logits_after(learner.cell, state.params, r.adjacency, r.start, 1))
    np.testing.assert_allclose(logits(turned), logits(runs)[:, order], atol=1e-4)

    def loss(params: Any) -> jax.Array:
        rows = jax.nn.log_softmax(gnn.logits_after(learner.cell, params, runs.adjacency, runs.start, 1))
        return -jnp.take_along_axis(rows, runs.end[..., None], axis=-1).mean()

    def step(now: Any, _: None) -> tuple[Any, jax.Array]:
        return learner.update(now, runs, KEY), loss(now.params)

    _, losses = jax.jit(lambda s: jax.lax.scan(step, s, None, length=40))(state)
    assert float(losses[-1]) < 0.7 * float(losses[0])


@pytest.mark.parametrize("rounds", [1, 2])
def test_networks_are_trained_alike_where_no_round_is_hidden(world: Any, rounds: int) -> None:
    """What is kept comes back in training from the second round on."""
    after = []
    for stem in ("recurrent_gnn", "snapped_gnn"):
        learner = method(stem, RuleSpec(states=4, rounds=rounds), lr=0.01)
        after.append(jax.jit(lambda m=learner: m.update(m.init(KEY), world.train, KEY).params)())
    apart = max(float(jnp.abs(a - b).max()) for a, b in zip(*map(jax.tree.leaves, after), strict=True))
    assert apart < 1e-6 if rounds == 1 else apart > 1e-3


def test_gradients_go_straight_through_a_kept_state(world: Any) -> None:
    snapped, plain = (gnn.Cell(states=4, snapped=kept) for kept in (True, False))
    params = gnn.begin(snapped, KEY, 0.01, 1).params
    runs = world.train

    def by_hand(params: Any, through: float) -> jax.Array:
        logits = plain.apply(params, runs.start, runs.adjacency)
        soft = through * jax.nn.softmax(logits)
        kept = jax.nn.one_hot(logits.argmax(-1), 4) + soft - jax.lax.stop_gradient(soft)
        enter = params["params"]["enter"]
        h = kept @ enter["kernel"] + enter["bias"][None, None]
        return plain.apply(params, h, runs.adjacency, method=plain.step)[1][..., 0].mean()

    def twice(params: Any) -> jax.Array:
        return gnn.logits_after(snapped, params, runs.adjacency, runs.start, 2)[..., 0].mean()

    found = jax.tree.leaves(jax.jit(jax.grad(twice))(params))
    for through in (1.0, 0.0):
        expected = jax.tree.leaves(jax.jit(jax.grad(by_hand))(params, through))
        apart = max(float(jnp.abs(a - b).max()) for a, b in zip(found, expected, strict=True))
        assert apart < 1e-5 if through else apart > 1e-3


def test_a_snapped_network_runs_its_own_table(world: Any) -> None:
    """Three rounds are three times one, as nothing but the state is kept; with vectors they needn't be."""
    start = world.small.start
    ring = world.small.adjacency
    apart = []
    for stem in ("snapped_gnn", "recurrent_gnn"):
        learner = method(stem, lr=0.01)
        state = jax.jit(learner.init)(KEY)
        run = jax.jit(learner.run, static_argnums=3)
        one = start
        for _ in range(3):
            one = run(state, ring, one, 1)
        apart.append(int((one != run(state, ring, start, 3)).sum()))
    assert apart[0] == 0 < apart[1]
