"""Terms by brute force, graphs by hand, invariance of every reader, and what each of them is blind to."""

import functools
import itertools
import math
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.methods.weight_spaces import _regression, graph_metanetwork
from toybench.methods.weight_spaces.universal_neural_functional import partitions, term
from toybench.plugins import registry
from toybench.tasks.weight_spaces import Examples, Nets, relabel, respond

BELL = (1, 1, 2, 5, 15)
M = 3


@functools.cache
def zoo(stem):
    wider = {"wider": 6} if stem == "mlp_zoo" else {}
    one = registry.load("tasks", f"weight_spaces/{stem}")(nets=60, tested=12, updates=12, **wider)
    nets, _ = jax.jit(one.population)(jax.random.key(0))
    draws = np.random.default_rng(0)
    noise = {n: jnp.asarray(draws.normal(size=w.shape), jnp.float32) for n, w in nets.weights.items()}
    nets = nets._replace(weights={n: (w + 0.5 * noise[n]) * nets.mask[n] for n, w in nets.weights.items()})
    return one, nets


def method(stem, name, **values):
    one, nets = zoo(stem)
    return registry.load("methods", f"weight_spaces/{name}")(spec=one.spec, steps=20, given=nets, **values), nets


def start(reader):
    return jax.jit(reader.init)(jax.random.key(1))


def tell(reader, state, *several):
    """What it tells of networks, compiled once."""
    told = jax.jit(reader.predict)
    return [told(state, nets) for nets in several]


def turn(reader, nets, seed=2):
    return jax.jit(lambda n, k: relabel(reader.spec, n, k))(nets, jax.random.key(seed))


@pytest.mark.parametrize(("inner", "outer"), [(2, 2), (2, 1), (1, 2), (1, 1), (2, 0), (0, 2), (0, 0)])
def test_terms_are_a_basis_of_all_equivariant_maps(inner, outer):
    """As many independent maps as the average over all permutations leaves, and all of them commute."""
    blocks = list(partitions(("units",) * (inner + outer)))
    assert len(blocks) == BELL[inner + outer]
    eye = np.eye(M**inner, dtype=np.float32).reshape(M**inner, *(M,) * inner, 1)
    maps = jax.jit(lambda x: [term(x, b[outer:], b[:outer], M) for b in blocks])(eye)
    flat = np.stack([np.asarray(one).ravel() for one in maps])
    rank = np.linalg.matrix_rank(flat)
    projector = np.zeros((M ** (inner + outer),) * 2)
    for order in itertools.permutations(range(M)):
        one = np.eye(M)[list(order)]
        both = np.ones((1, 1))
        for _ in range(inner + outer):
            both = np.kron(both, one)
        projector += both / math.factorial(M)
    assert rank == round(np.trace(projector))  # 3 units tell all but one of the 15 apart
    np.testing.assert_allclose(flat @ projector.T, flat, atol=1e-5)


def test_partitions_of_axes_of_two_permutations_are_products():
    assert len(list(partitions(("a", "b", "a", "b")))) == 4
    assert len(list(partitions(("a", "a", "b")))) == 2
    assert len(list(partitions(("units",) * 4))) == 15
    assert list(partitions(())) == [()]


def test_a_term_by_hand():
    """From a matrix: its diagonal's mean on the diagonal; its column means along rows; its transpose."""
    x = np.arange(9.0, dtype=np.float32).reshape(1, 3, 3, 1)
    found = np.asarray(term(jnp.asarray(x), (2, 2), (0, 0), 3))[0, :, :, 0]
    np.testing.assert_allclose(found, np.diag([4.0] * 3))
    found = np.asarray(term(jnp.asarray(x), (2, 0), (0, 1), 3))[0, :, :, 0]
    np.testing.assert_allclose(found, np.repeat([[3.0], [4.0], [5.0]], 3, axis=1))
    found = np.asarray(term(jnp.asarray(x), (1, 0), (0, 1), 3))[0, :, :, 0]
    np.testing.assert_allclose(found, x[0, :, :, 0].T)


READERS = [
    ("rnn_zoo", "universal_neural_functional"),
    ("mlp_zoo", "graph_metanetwork"),
    *(
        (stem, name)
        for stem in ("rnn_zoo", "mlp_zoo")
        for name in ("deepsets_weights", "weight_statistics", "probe_outputs")
    ),
    ("rnn_zoo", "invariant_products"),
]


@pytest.mark.parametrize(("stem", "name"), READERS)
def test_readers_are_invariant_and_not_constant(stem, name):
    reader, nets = method(stem, name)
    told, turned = tell(reader, start(reader), nets, turn(reader, nets))
    assert float(told.std()) > 0.003
    np.testing.assert_allclose(turned, told, atol=2e-4 * float(told.std()) + 2e-5)


@pytest.mark.parametrize("stem", ["rnn_zoo", "mlp_zoo"])
def test_a_flat_vector_is_not(stem):
    reader, nets = method(stem, "flat_mlp")
    told, turned = tell(reader, start(reader), nets, turn(reader, nets))
    assert float(jnp.sqrt(((turned - told) ** 2).mean()) / told.std()) > 0.1


def test_untied_axes_are_blind_to_which_row_belongs_to_which_column():
    """Rows of the recurrent weights in another order: another network, the same to the larger group."""
    tied, nets = method("rnn_zoo", "universal_neural_functional")
    untied, _ = method("rnn_zoo", "universal_neural_functional", tied=False)
    order = jnp.array([2, 0, 1, 5, 3, 4])
    turned = nets._replace(weights={**nets.weights, "w_rec": nets.weights["w_rec"][:, :, order]})
    x = jax.random.normal(jax.random.key(5), (6, tied.spec.inputs))
    assert float(jnp.abs(respond(tied.spec, turned, x) - respond(tied.spec, nets, x)).max()) > 0.1
    for reader, blind in ((untied, True), (tied, False)):
        told, other = tell(reader, start(reader), nets, turned)
        change = float(jnp.abs(told - other).max())
        assert (change < 1e-4) == blind
    sizes = {"w_rec": 32, "w_in": 12, "b_out": 6}  # 15 + 3 x 5 + 2, 5 + 3 x 2 + 1, 2 + 3 + 1
    params = start(tied).params["params"]
    kernels = [params[f"Dense_{i}"]["kernel"].shape[0] for i in range(5)]
    assert kernels == [sizes[n if n in sizes else "w_in"] for n, _ in tied.spec.axes]
    kernels = [start(untied).params["params"][f"Dense_{i}"]["kernel"].shape[0] for i in range(5)]
    assert kernels[1] == 4 + 3 * 2 + 1


@pytest.mark.parametrize(("stem", "blind"), [("rnn_zoo", "deepsets_weights"), ("rnn_zoo", "weight_statistics")])
def test_sets_of_weights_are_blind_to_where_they_stand(stem, blind):
    reader, nets = method(stem, blind)
    flat = nets.weights["w_rec"].reshape(len(nets.residual), 1, -1)
    mixed = jnp.take(flat, jax.random.permutation(jax.random.key(3), flat.shape[-1]), axis=-1)
    turned = nets._replace(weights={**nets.weights, "w_rec": mixed.reshape(nets.weights["w_rec"].shape)})
    larger = nets._replace(weights={**nets.weights, "w_rec": 1.5 * nets.weights["w_rec"]})
    told, same, other = tell(reader, start(reader), nets, turned, larger)
    np.testing.assert_allclose(same, told, atol=1e-4)
    assert float(jnp.abs(other - told).max()) > 1e-3


@pytest.mark.parametrize("name", ["graph_metanetwork", "weight_statistics", "probe_outputs"])
def test_padding_changes_nothing(name):
    """A network in tensors of twice the size answers the same."""
    reader, nets = method("mlp_zoo", name)
    pads = lambda w: jnp.pad(w, [(0, 0), (0, 0), *((0, w.shape[-1]) for _ in w.shape[2:])])  # noqa: E731
    wide = Nets(weights=jax.tree.map(pads, nets.weights), mask=jax.tree.map(pads, nets.mask), residual=nets.residual)
    told, other = tell(reader, start(reader), nets, wide)
    np.testing.assert_allclose(other, told, atol=1e-4)


def test_the_graph_of_one_network_by_hand():
    one, nets = zoo("mlp_zoo")
    values, mask = graph_metanetwork.edges_of(nets)
    which = int(jnp.argmax(nets.residual.max(1) * nets.mask["scale"][:, 1, 0]))
    width = int(nets.mask["bias"][which, 0].sum())
    edges = 2 * width + width * width + width + (2 * width + 1) + 4 * width + width
    assert float(mask[which].sum()) == edges  # weights, biases, scales and shifts, residual links
    np.testing.assert_allclose(values[which, 1, :8, 2], nets.weights["weight"][which, 1, :, 2])
    np.testing.assert_allclose(
        values[which, 1, 8:, 2][:3], [nets.weights[n][which, 1, 2] for n in ("bias", "scale", "shift")]
    )
    assert float(values[which, 1, 11, 2]) == 1.0
    assert float(mask[which, 0, 11].sum()) == 0.0
    neurons = jnp.arange(2 * 8 * 1.0).reshape(1, 2, 8, 1)
    extra = jnp.array([100.0, 200.0, 300.0]).reshape(1, 1, 3, 1)
    found = graph_metanetwork.sources(neurons, extra)[0, 0, :, 5, 0]
    np.testing.assert_allclose(found, [*range(8), 100, 200, 300, 5])
    tags = graph_metanetwork.neuron_tags(nets)
    np.testing.assert_array_equal(tags[which, :, :, -1].sum(1), [0, 0, 0, 8])


def test_a_round_by_numpy():
    """Edges from sources, targets and themselves; nodes from themselves and the mean of what comes in."""
    one, nets = zoo("mlp_zoo")
    _, mask = graph_metanetwork.edges_of(nets)
    mask = mask[:2]
    draws = np.random.default_rng(1)
    neurons, extra, edges = (
        draws.normal(size=shape).astype(np.float32) for shape in ((2, 4, 8, 5), (2, 3, 3, 5), (2, 3, 12, 8, 5))
    )
    layer = graph_metanetwork.Round(width=5, last=False)
    args = tuple(map(jnp.asarray, (neurons, extra, edges))) + (mask,)
    params = jax.jit(layer.init)(jax.random.key(0), *args)
    found = jax.jit(layer.apply)(params, *args)
    p = {k: (np.asarray(v["kernel"]), np.asarray(v["bias"])) for k, v in params["params"].items()}
    dense = lambda k, x: x @ p[f"Dense_{k}"][0] + p[f"Dense_{k}"][1]  # noqa: E731
    relu = lambda x: np.maximum(x, 0)  # noqa: E731
    b, i, j = 1, 1, 3  # network, layer, unit
    h = [*neurons[b, i], *extra[b, i], neurons[b, i, j]]
    e = [relu(dense(0, s) + dense(1, neurons[b, i + 1, j]) + dense(2, edges[b, i, k, j])) for k, s in enumerate(h)]
    np.testing.assert_allclose(found[2][b, i, :, j], e, atol=1e-5)
    there = np.asarray(mask[b, i, :, j])
    sent = [relu(dense(3, s) + dense(4, e[k])) * there[k] for k, s in enumerate(h)]
    mean = np.sum(sent, 0) / max(there.sum(), 1)
    expected = relu(dense(5, neurons[b, i + 1, j]) + dense(6, mean))
    np.testing.assert_allclose(found[0][b, i + 1, j], expected, atol=1e-5)
    np.testing.assert_allclose(found[1][b, i, 2], relu(dense(5, extra[b, i, 2])), atol=1e-5)


def test_statistics_by_numpy():
    reader, nets = method("mlp_zoo", "weight_statistics")
    found = np.asarray(jax.jit(reader.features)(nets))
    names = [name for name, _ in reader.spec.axes]
    for which in range(4):
        for i, name in enumerate(names):
            for layer in range(3):
                w = np.asarray(nets.weights[name][which, layer])[np.asarray(nets.mask[name][which, layer]) > 0]
                place = (i * 3 + layer) * 7
                own = found[which, place : place + 7]
                if not w.size:
                    np.testing.assert_array_equal(own, 0.0)
                    continue
                np.testing.assert_allclose(
                    own, [w.mean(), w.var(), *np.quantile(w, [0, 0.25, 0.5, 0.75, 1])], atol=1e-4
                )
    np.testing.assert_array_equal(found[:, -3:], nets.residual)


def test_products_are_the_impulse_response_without_the_nonlinearity():
    """Small inputs: the answer is linear in them, with these coefficients, and one for the bias."""
    reader, nets = method("rnn_zoo", "invariant_products")
    scale = {"w_in": 1e-7, "bias": 1e-7, "b_out": 0.0}
    tiny = nets._replace(weights={n: w * scale.get(n, 1.0) for n, w in nets.weights.items()})
    found = np.sinh(np.asarray(jax.jit(reader.features)(nets), np.float64)) / 10.0
    spec = reader.spec
    nothing = np.asarray(respond(spec, tiny, jnp.zeros((1, spec.inputs))), np.float64)
    pulses = np.asarray(respond(spec, tiny, jnp.eye(spec.inputs)), np.float64)
    response = (pulses - nothing) / 1e-7
    close = lambda a, b: np.abs(a - b).max() < 0.02 * (1 + np.abs(b).max())  # noqa: E731
    for one in range(len(found)):
        assert close(found[one, 1::2], response[one, ::-1])
        assert close(found[one, 2::2].sum(), nothing[one, 0] / 1e-7)
    np.testing.assert_allclose(found[:, 0], nets.weights["b_out"][:, 0], rtol=1e-4)


def test_tensors_are_standardised_whole():
    reader, nets = method("mlp_zoo", "deepsets_weights")
    scale = reader.fit_scale()
    seen = reader.inputs(scale, nets)
    for name, w in seen.weights.items():
        for layer in range(3):
            there = np.asarray(nets.mask[name][:, layer]) > 0
            if there.sum() > 30 and float(scale.spread[name][layer]) > 1e-3:
                values = np.asarray(w[:, layer])[there]
                assert values.mean() == pytest.approx(0.0, abs=0.02)
                assert values.std() == pytest.approx(1.0, abs=0.02)
            np.testing.assert_array_equal(np.asarray(w[:, layer])[~there], 0.0)
    assert scale.mean["weight"].shape == (3,)


def test_one_update_is_adamw_on_squared_errors():
    reader, nets = method("rnn_zoo", "weight_statistics", lr=0.01, decay=0.1)
    state = start(reader)
    batch = Examples(nets=nets, target=jnp.linspace(-1, 1, len(nets.residual)))
    after = jax.jit(reader.update)(state, batch, jax.random.key(2))

    def loss(params):
        told = reader.predict(state._replace(params=params), nets)
        return ((told - batch.target) ** 2).mean()

    slope = jax.jit(jax.grad(loss))(state.params)
    step = lambda w, g: w - 0.01 * (g / (jnp.abs(g) + 1e-8) + 0.1 * w)  # noqa: E731
    expected = jax.tree.map(step, state.params, slope)
    for a, b in zip(jax.tree.leaves(after.params), jax.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(a, b, atol=2e-5)


def test_a_flat_vector_is_shown_relabelled():
    reader, nets = method("rnn_zoo", "flat_mlp")
    state = start(reader)
    batch = Examples(nets=nets, target=jnp.linspace(-1, 1, len(nets.residual)))
    shown = jax.jit(reader.update)
    a = shown(state, batch, jax.random.key(2))
    b = shown(state, batch, jax.random.key(3))
    update = jax.jit(replace(reader, augment=False).update)
    c = update(state, batch, jax.random.key(2))
    d = update(state, batch, jax.random.key(3))
    same = lambda x, y: all(np.array_equal(i, j) for i, j in zip(jax.tree.leaves(x), jax.tree.leaves(y), strict=True))  # noqa: E731
    assert not same(a.params, b.params)
    assert same(c.params, d.params)
    turned = update(state, batch._replace(nets=turn(reader, nets)), jax.random.key(9))
    for one, other in zip(jax.tree.leaves(a.params), jax.tree.leaves(turned.params), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


@pytest.mark.parametrize(("stem", "name"), [*READERS, ("mlp_zoo", "flat_mlp")])
def test_readers_learn(stem, name):
    """The size of a tensor, which each can read off."""
    reader, nets = method(stem, name, lr=0.01)
    key = "w_rec" if stem == "rnn_zoo" else "weight"
    size = jnp.log((nets.weights[key] ** 2).sum((1, 2, 3)))
    batch = Examples(nets=nets, target=(size - size.mean()) / size.std())
    state = start(reader)
    predict = jax.jit(reader.predict)
    error = lambda s: float(((predict(s, nets) - batch.target) ** 2).mean())  # noqa: E731
    before = error(state)
    update = jax.jit(reader.update)
    for i in range(20):
        state = update(state, batch, jax.random.key(i))
    assert error(state) < 0.8 * before


def test_methods_say_where_they_can_run():
    recurrent, _ = zoo("rnn_zoo")
    mixed, _ = zoo("mlp_zoo")
    for name, there, not_there in (
        ("universal_neural_functional", recurrent, mixed),
        ("invariant_products", recurrent, mixed),
        ("graph_metanetwork", mixed, recurrent),
    ):
        cls = registry.load("methods", f"weight_spaces/{name}")
        assert cls().fits(there.spec) is None
        assert cls().fits(not_there.spec)


def test_every_weight_knows_its_tensor_and_layer():
    one, nets = zoo("mlp_zoo")
    tags = _regression.belongs(one.spec, nets.weights)
    assert tags.shape == (3 * (64 + 3 * 8), 12)
    np.testing.assert_array_equal(tags.sum(0), [64] * 3 + [8] * 9)
    row = _regression.listed(one.spec, nets.weights)
    np.testing.assert_array_equal(row[:, tags[:, 4] > 0], nets.weights["bias"][:, 1])
