"""The networks against loops in numpy on injected parameters, and laws that they keep."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.methods.asynchronous_graphs._network import layers_done
from toybench.methods.asynchronous_graphs.energy_gnn import curvature_bound
from toybench.methods.asynchronous_graphs.fixed_point_gnn import contracted
from toybench.plugins import registry
from toybench.tasks.asynchronous_graphs import Graphs, Schedule, hear, run, settle, together
from toybench.tasks.asynchronous_graphs.asynchronous_inference import AsynchronousInference

KEY = jax.random.key(11)
TASK = AsynchronousInference(target="sum", nodes=6, width=4)
BATCH = TASK.make(KEY, 3, 120)
METHODS = tuple(m.split("/")[1] for m in registry.methods("asynchronous_graphs"))
IMPLICIT = ("energy_gnn", "fixed_point_gnn")
DEEP = ("gcn", "scheduled_gcn")


def make(stem, **fields):
    """A method, its state with noise in all parameters, the dynamics on the graphs, and parameters in numpy."""
    method = registry.load("methods", f"asynchronous_graphs/{stem}")(spec=TASK.spec, steps=10, **fields)
    state = method.init(KEY)
    leaves, tree = jax.tree.flatten(state.params)
    keys = jax.random.split(jax.random.key(5), len(leaves))
    noisy = [leaf + 0.5 * jax.random.normal(k, leaf.shape) for leaf, k in zip(leaves, keys, strict=True)]
    state = state._replace(params=jax.tree.unflatten(tree, noisy))
    dynamics = method.cell.apply(state.params, BATCH.graphs, method="dynamics")
    return method, state, dynamics, jax.tree.map(lambda x: np.array(x, np.float64), state.params)["params"]


def relu(x):
    return np.maximum(x, 0)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softplus(x):
    return np.log1p(np.exp(x))


def dense(p, x):
    return x @ p["kernel"] + p.get("bias", 0.0)


def mlp(p, x):
    return dense(p["Dense_1"], relu(dense(p["Dense_0"], x)))


def neighbours(b, i):
    listed = np.array(BATCH.graphs.neighbours[b, i])
    return [int(j) for j, there in zip(listed, np.array(BATCH.graphs.linked[b, i]), strict=True) if there]


def weight(b, i, j):
    return ((1 + len(neighbours(b, i))) * (1 + len(neighbours(b, j)))) ** -0.5


def one_tick(dynamics, h, done):
    return dynamics.step(h, hear(dynamics.send(h), BATCH.graphs.neighbours), jnp.asarray(done))


H = jax.random.normal(jax.random.key(2), (3, 6, 4))
X = np.array(BATCH.graphs.x, np.float64)
DONE = (0, 3, 5, 6, 9, 1)


@pytest.mark.parametrize("stem", DEEP)
def test_convolution_against_a_loop(stem):
    _, _, dynamics, p = make(stem)
    h = np.array(H, np.float64)
    got = one_tick(dynamics, H, DONE)
    for b in range(3):
        for i in range(6):
            wanted = h[b, i]
            if DONE[i] < 6:
                told = sum(weight(b, i, j) * h[b, j] for j in [i, *neighbours(b, i)])
                columns = slice(4 * DONE[i], 4 * DONE[i] + 4)
                wanted = wanted + relu(told @ p["table"]["kernel"][:, columns] + p["table"]["bias"][columns])
            np.testing.assert_allclose(got[b, i], wanted, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(dynamics.start, relu(dense(p["first"], X)), rtol=1e-4, atol=1e-5)


def test_attention_against_a_loop():
    _, _, dynamics, p = make("gat")
    h = np.array(H, np.float64)
    got = one_tick(dynamics, H, DONE)
    for b in range(3):
        for i in range(6):
            wanted = h[b, i]
            if DONE[i] < 6:
                kernel = p["values"]["kernel"][:, 4 * DONE[i] : 4 * DONE[i] + 4]
                scorer = p["scores"]["kernel"][:, 2 * DONE[i] : 2 * DONE[i] + 2]
                reads = [i, *neighbours(b, i)]
                values = [h[b, j] @ kernel for j in reads]
                scores = np.array([values[0] @ scorer[:, 0] + value @ scorer[:, 1] for value in values])
                scores = np.exp(np.where(scores > 0, scores, 0.2 * scores))
                told = sum(s * v for s, v in zip(scores / scores.sum(), values, strict=True))
                wanted = wanted + relu(told + p["values"]["bias"][4 * DONE[i] : 4 * DONE[i] + 4])
            np.testing.assert_allclose(got[b, i], wanted, rtol=1e-3, atol=1e-4)


def test_the_contraction_against_a_loop():
    _, _, dynamics, p = make("fixed_point_gnn", kappa=0.7)
    h = np.array(H, np.float64)
    kernel = p["table"]["kernel"].copy()
    for column in range(4):
        kernel[:, column] *= min(1, 0.7 / np.abs(kernel[:, column]).sum())
    got = one_tick(dynamics, H, DONE)
    for b in range(3):
        for i in range(6):
            reads = [i, *neighbours(b, i)]
            told = sum(weight(b, i, j) * h[b, j] for j in reads) @ kernel
            drive = dense(p["drive"], sum(weight(b, i, j) * X[b, j] for j in reads)) + p["table"]["bias"]
            np.testing.assert_allclose(got[b, i], relu(told + drive), rtol=1e-4, atol=1e-5)
    assert (dynamics.start == 0).all()


def test_columns_are_scaled_where_they_are_too_large():
    kernel = jnp.array([[3.0, 0.1], [-1.0, 0.2]])
    np.testing.assert_allclose(contracted(kernel, 0.8), [[0.6, 0.1], [-0.2, 0.2]], rtol=1e-6)


def test_a_step_of_the_contraction_brings_states_together():
    _, _, dynamics, _ = make("fixed_point_gnn", kappa=0.7)
    other = H + jax.random.normal(KEY, H.shape)
    degrees = 1 + np.array(BATCH.graphs.linked).sum(-1)
    scale = np.sqrt(degrees)[..., None]  # the weights' first eigenvector

    def distance(a, b):
        return np.abs(np.array(a - b) / scale).max()

    assert distance(one_tick(dynamics, H, DONE), one_tick(dynamics, other, DONE)) <= 0.7 * distance(H, other) + 1e-6


def energy_of(p, b, h, ridge):
    """The energy of graph `b` of states [n, w], as the docstring has it; jnp, to be differentiated."""
    hidden = p["first"]["kernel"].shape[1]
    pair = softplus(p["first"]["bias"]) / hidden
    alone = softplus(p["lone"]["bias"]) / hidden
    total = 0.0
    for i in range(6):
        drive = mlp(p["drive"], X[b, i])
        unit = jax.nn.softplus(h[i] @ p["lone"]["kernel"] + drive[4:])
        total = total + drive[:4] @ h[i] + alone @ unit + ridge / 2 * h[i] @ h[i]
        for j in neighbours(b, i):
            bias = mlp(p["biases"], np.concatenate([X[b, i], X[b, j]]))
            total = total + pair @ jax.nn.softplus(h[i] @ p["first"]["kernel"] + h[j] @ p["second"]["kernel"] + bias)
    return total


@pytest.fixture(scope="module")
def energy():
    """What belongs to the first graph: parameters, gradient and Hessian of its energy at random states."""
    method, state, dynamics, p = make("energy_gnn", ridge=0.2, stride=0.5)
    p = jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.float32), p)

    def of(h):
        return energy_of(p, 0, h, 0.2)

    parts = method.cell.apply(state.params, BATCH.graphs, method="energy")
    return of, dynamics, curvature_bound(parts)


def test_a_step_is_along_the_gradient_over_the_bound(energy):
    of, dynamics, bound = energy
    moved = one_tick(dynamics, H, DONE)[0]
    with jax.numpy_dtype_promotion("standard"):
        wanted = H[0] - 0.5 * jax.grad(of)(H[0]) / bound[0]
    np.testing.assert_allclose(moved, wanted, rtol=1e-3, atol=1e-5)


def test_the_energy_is_convex_and_its_curvature_is_bounded(energy):
    of, _, bound = energy
    with jax.numpy_dtype_promotion("standard"):
        hessian = np.array(jax.hessian(of)(H[0])).reshape(24, 24)
    assert np.linalg.eigvalsh(hessian).min() >= 0.2 - 1e-4
    assert (np.abs(hessian).sum(1) <= np.array(bound[0]).ravel() + 1e-4).all()
    assert np.linalg.eigvalsh(np.diag(np.array(bound[0]).ravel()) - hessian).min() >= -1e-4


def test_the_bound_is_met_where_softplus_bends_most():
    method = registry.load("methods", "asynchronous_graphs/energy_gnn")(spec=TASK.spec, steps=10, hidden=1)
    state = method.init(KEY)
    params = jax.tree.map(lambda leaf: jnp.zeros_like(leaf), state.params)
    params["params"]["first"]["kernel"] = jnp.full((4, 1), 2.0)
    parts = method.cell.apply(params, BATCH.graphs, method="energy")
    degree = np.array(BATCH.graphs.linked).sum(-1)
    wanted = 1.0 + 0.25 * degree * np.log(2) * 2 * 8
    np.testing.assert_allclose(curvature_bound(parts)[..., 0], wanted, rtol=1e-5)


def test_descent_never_raises_the_energy():
    method, state, dynamics, p = make("energy_gnn", ridge=0.2, stride=1.0)
    p = jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.float32), p)
    path = settle(dynamics, BATCH.graphs, 12)
    with jax.numpy_dtype_promotion("standard"):
        energies = [float(energy_of(p, 1, h[1], 0.2)) for h in path]
    assert np.diff(energies).max() <= 1e-4
    assert energies[0] - energies[-1] > 0.01


@pytest.mark.parametrize("stem", IMPLICIT)
def test_states_end_alike_from_any_start_by_any_schedule(stem):
    _, _, dynamics, _ = make(stem)
    long = TASK.make(jax.random.key(8), 1, 2000).schedule
    limit = settle(dynamics, BATCH.graphs, 1000)[-1]
    elsewhere = dynamics._replace(start=3 * H)
    for random in (run(dynamics, BATCH.graphs, long), run(elsewhere, BATCH.graphs, long)):
        np.testing.assert_allclose(random, limit, atol=1e-3)
    assert jnp.abs(limit).max() > 0.05


@pytest.mark.parametrize("stem", ["gcn", "gat"])
def test_deep_networks_rest_after_their_layers(stem):
    method, state, _, _ = make(stem, waits=False)
    once = method.predict(state, BATCH.graphs, together(6, BATCH.graphs))
    np.testing.assert_array_equal(once, method.predict(state, BATCH.graphs, together(20, BATCH.graphs)))
    assert jnp.abs(once - method.predict(state, BATCH.graphs, BATCH.schedule)).max() > 0.05


def test_a_node_that_waits_is_never_more_than_a_layer_ahead():
    short = jax.tree.map(lambda leaf: leaf[:14], BATCH.schedule)
    got = np.array(layers_done(BATCH.graphs, short, 6))
    assert 0 < got.mean() < 6
    counts = [np.zeros((3, 6), int)]
    for awake, delay in zip(np.array(short.awake), np.array(short.delay), strict=True):
        new = counts[-1].copy()
        for b in range(3):
            for i in np.flatnonzero(awake):
                listed = zip(np.array(BATCH.graphs.neighbours[b, i]), np.array(BATCH.graphs.linked[b, i]), strict=True)
                heard = [
                    counts[max(len(counts) - 1 - delay[i, k], 0)][b, j] for k, (j, there) in enumerate(listed) if there
                ]
                new[b, i] += new[b, i] < 6 and min(heard) >= new[b, i]
        counts.append(new)
    np.testing.assert_array_equal(got, counts[-1])
    for b in range(3):
        assert all(abs(got[b, i] - got[b, j]) <= 1 for i in range(6) for j in neighbours(b, i))


@pytest.mark.parametrize("stem", ["gcn", "gat"])
def test_nodes_that_wait_answer_as_in_a_synchronous_run(stem):
    method, state, dynamics, _ = make(stem)
    regular = method.predict(state, BATCH.graphs, together(6, BATCH.graphs))
    np.testing.assert_array_equal(method.predict(state, BATCH.graphs, BATCH.schedule), regular)
    wanted = method.cell.apply(state.params, settle(dynamics, BATCH.graphs, 6)[-1], method="read")
    np.testing.assert_allclose(regular, wanted, rtol=1e-5)
    short = jax.tree.map(lambda leaf: leaf[:3], BATCH.schedule)
    assert jnp.abs(method.predict(state, BATCH.graphs, short) - regular).max() > 0.05


@pytest.mark.parametrize("stem", METHODS)
def test_names_of_nodes_do_not_matter(stem):
    method, state, _, _ = make(stem)
    order = np.array([3, 0, 5, 1, 4, 2])  # the new name of a node
    back = np.argsort(order)
    graphs = Graphs(
        x=BATCH.graphs.x[:, back],
        neighbours=jnp.asarray(order)[BATCH.graphs.neighbours[:, back]],
        linked=BATCH.graphs.linked[:, back],
    )
    short = jax.tree.map(lambda leaf: leaf[:9], BATCH.schedule)
    schedule = Schedule(awake=short.awake[:, back], delay=short.delay[:, back])
    answers = method.predict(state, BATCH.graphs, short)
    np.testing.assert_allclose(method.predict(state, graphs, schedule), answers[:, back], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("stem", METHODS)
def test_only_the_scheduled_network_practises_by_the_schedule(stem):
    method, state, _, _ = make(stem)
    other = BATCH._replace(schedule=TASK.make(jax.random.key(9), 1, 120).schedule)
    a = jax.tree.leaves(method.update(state, BATCH, KEY).adam)
    b = jax.tree.leaves(method.update(state, other, KEY).adam)
    same = all(bool((x == y).all()) for x, y in zip(a, b, strict=True))
    assert same == (stem != "scheduled_gcn")


@pytest.mark.parametrize(("field", "value"), [("ridge", 0.5), ("stride", 0.5), ("rounds", 5), ("hidden", 3)])
def test_fields_of_the_energy_are_used(field, value):
    method, state, _, _ = make("energy_gnn")
    other = dataclasses.replace(method, **{field: value})
    fresh = state
    if field == "hidden":
        fresh = other.init(KEY)
        assert fresh.params["params"]["first"]["kernel"].shape[1] == value
    short = jax.tree.map(lambda leaf: leaf[:9], BATCH.schedule)
    a = method.update(state, BATCH, KEY).params
    b = other.update(fresh, BATCH, KEY).params
    apart = [
        jnp.abs(x - y).max() for x, y in zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True) if x.shape == y.shape
    ]
    assert max(apart) > 0
    if field in ("ridge", "stride"):
        moved = other.predict(state, BATCH.graphs, short) - method.predict(state, BATCH.graphs, short)
        assert jnp.abs(moved).max() > 0
