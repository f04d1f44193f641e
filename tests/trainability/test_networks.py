"""The students: budgets, starts and forward passes by numpy, and drop-path by counting."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.methods.trainability import _deep
from toybench.plugins import registry
from toybench.tasks.trainability import Examples, Given, Layer, Network, Spec, cross_entropy

SPEC = Spec(features=5, classes=3, depth=8, parameters=900, batch=16, activation="relu")
FULL = Spec(features=8, classes=10, depth=24, parameters=25_000, batch=64, activation="relu")
CLASSIFIERS = ("plain_he", "plain_xavier", "plain_orthogonal", "plain_layer_norm", "resnet", "densenet", "lsuv", "elan",
               "fractalnet", "fractalnet_without_drop_path", "output_distillation", "guidance_trained",
               "guidance_untrained", "guidance_plain")  # fmt: skip
BATCH = jax.random.normal(jax.random.key(9), (16, 5))
LABELS = jnp.arange(16) % 3


def make(name, spec=SPEC, **values):
    given = Given(batch=jax.random.normal(jax.random.key(8), (64, spec.features)), guide=())
    return registry.load("methods", f"trainability/{name}")(spec=spec, steps=10, given=given, **values)


def shaken(params, seed=0):
    """The same structure with random numbers everywhere, biases too."""
    draws = np.random.default_rng(seed)
    return jax.tree.map(lambda p: jnp.asarray(0.5 * draws.normal(size=p.shape), jnp.float32), params)


def relu(z):
    return np.maximum(z, 0)


def layer(x, w, b):
    """A ReLU layer in numpy."""
    return relu(np.asarray(x) @ np.asarray(w) + np.asarray(b))


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_the_budget_is_kept_and_used(name):
    method = make(name, FULL)
    used = _deep.weights_and_biases(method.shapes(method.width))
    more = _deep.weights_and_biases(method.shapes(method.width + 2))
    assert used <= 25_000 < more
    assert used > 20_000
    state = jax.eval_shape(method.init, jax.random.key(0))
    assert sum(p.size for p in jax.tree.leaves(method.parameters(state))) == used


def test_widths_at_the_full_size():
    widths = {name: make(name, FULL).width for name in ("plain_he", "resnet", "elan", "fractalnet", "densenet")}
    assert widths == {"plain_he": 30, "resnet": 30, "elan": 38, "fractalnet": 22, "densenet": 8}


def test_starts_have_the_variances_that_they_say():
    big = replace(FULL, parameters=200_000)
    for name, variance in (("plain_he", lambda i, o: 2 / i), ("plain_xavier", lambda i, o: 2 / (i + o)),
                           ("resnet", lambda i, o: 2 / i)):  # fmt: skip
        params = make(name, big).init(jax.random.key(0)).params
        for part in params:
            assert float(part.w.var()) == pytest.approx(variance(*part.w.shape[-2:]), rel=0.15)
            assert float(jnp.abs(part.b).max()) == 0.0
    dense = make("densenet").init(jax.random.key(0)).params
    width = dense.first.w.shape[1]
    for i, w in enumerate(np.asarray(dense.stack.w)):
        assert (w[(i + 1) * width :] == 0).all()
    full = make("densenet", big).init(jax.random.key(0)).params
    seen = 20 * full.first.w.shape[1]
    assert float(full.stack.w[19, :seen].var()) == pytest.approx(2 / seen, rel=0.15)


@pytest.mark.parametrize("shape", [(5, 3), (3, 5), (4, 4), (2, 6, 6)])
def test_orthonormal_matrices_come_from_qr_with_a_positive_diagonal(shape):
    noise = jax.random.normal(jax.random.key(1), shape)
    for n, q in zip(
        np.reshape(noise, (-1, *shape[-2:])), np.reshape(_deep.orthonormal(noise), (-1, *shape[-2:])), strict=True
    ):
        tall = n if n.shape[0] >= n.shape[1] else n.T
        basis = q if n.shape[0] >= n.shape[1] else q.T
        np.testing.assert_allclose(basis.T @ basis, np.eye(basis.shape[1]), atol=1e-5)
        r = basis.T @ tall
        np.testing.assert_allclose(np.tril(r, -1), 0, atol=1e-5)
        assert (np.diag(r) > 0).all()
    start = make("plain_orthogonal").init(jax.random.key(0)).params
    np.testing.assert_allclose(start.stack.w[0].T @ start.stack.w[0], np.eye(start.stack.w.shape[-1]), atol=1e-5)


def test_a_plain_stack_by_numpy():
    method = make("plain_he")
    params = shaken(method.init(jax.random.key(0)).params)
    h = layer(BATCH, *params.first)
    every = []
    for w, b in zip(params.stack.w, params.stack.b, strict=True):
        h = layer(h, w, b)
        every.append(h)
    found, logits = _deep.plain("relu", params, BATCH)
    np.testing.assert_allclose(found, every, rtol=1e-3, atol=1e-4)
    expected = h @ np.asarray(params.last.w) + np.asarray(params.last.b)
    for name in ("plain_he", "plain_xavier", "plain_orthogonal", "lsuv", "output_distillation"):
        np.testing.assert_allclose(make(name).logits(params, BATCH), expected, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(logits, expected, rtol=1e-3, atol=1e-4)


def test_layer_normalisation_by_numpy():
    method = make("plain_layer_norm")
    params = shaken(method.init(jax.random.key(0)).params)
    h = np.asarray(BATCH)
    weights = [params.first, *(Layer(w=w, b=b) for w, b in zip(params.stack.w, params.stack.b, strict=True))]
    for w, b in weights:
        z = h @ np.asarray(w)
        h = relu((z - z.mean(1, keepdims=True)) / np.sqrt(z.var(1, keepdims=True) + 1e-5) + np.asarray(b))
    expected = h @ np.asarray(params.last.w) + np.asarray(params.last.b)
    np.testing.assert_allclose(method.logits(params, BATCH), expected, rtol=1e-3, atol=1e-3)


def test_a_dense_network_by_numpy():
    method = make("densenet")
    params = shaken(method.init(jax.random.key(0)).params)
    width = params.first.w.shape[1]
    seen = [layer(BATCH, *params.first)]
    for i, (w, b) in enumerate(zip(params.stack.w, params.stack.b, strict=True)):
        seen.append(layer(np.concatenate(seen, 1), w[: (i + 1) * width], b))
    expected = np.concatenate(seen, 1) @ np.asarray(params.last.w) + np.asarray(params.last.b)
    np.testing.assert_allclose(method.logits(params, BATCH), expected, rtol=1e-3, atol=1e-3)
    slope = jax.grad(lambda p: method.logits(p, BATCH).sum())(params).stack.w
    for i, part in enumerate(slope):
        assert (part[(i + 1) * width :] == 0).all()  # nothing is learnt for what isn't written yet
        assert (part[: (i + 1) * width] != 0).any()


def test_an_aggregated_block_by_numpy():
    method = make("elan")  # 8 layers: two blocks, whose longest path has 10
    params = shaken(method.init(jax.random.key(0)).params)
    stages, transition = params["stages"], params["transition"]
    assert stages.w.shape[:3] == (2, 2, 2)
    h = layer(BATCH, *params["first"])
    for block in range(2):
        kept, y = np.split(h, 2, axis=1)
        taps = [kept, y]
        for stage in range(2):
            for i in range(2):
                y = layer(y, stages.w[block, stage, i], stages.b[block, stage, i])
            taps.append(y)
        h = layer(np.concatenate(taps, 1), transition.w[block], transition.b[block])
    expected = h @ np.asarray(params["last"].w) + np.asarray(params["last"].b)
    np.testing.assert_allclose(method.logits(params, BATCH), expected, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(("depth", "blocks"), [(8, 2), (24, 5), (25, 5), (48, 10)])
def test_an_aggregated_network_is_no_shallower_than_asked(depth, blocks):
    assert make("elan", replace(FULL, depth=depth)).shapes(8)["stages"][0] == blocks


def fractal_net(columns, blocks=2, width=6, seed=0):
    draws = np.random.default_rng(seed)
    draw = lambda *shape: Layer(w=jnp.asarray(0.7 * draws.normal(size=shape), jnp.float32),  # noqa: E731
                                b=jnp.asarray(draws.normal(size=(*shape[:-2], shape[-1])), jnp.float32))  # fmt: skip
    return Network(first=draw(5, width), stack=draw(blocks, 2**columns - 1, width, width), last=draw(width, 3))


def fractal_by_hand(net, joins):
    """Three columns; `joins` [blocks, 2, 3] weighs the inputs of the joins after rows 2 and 4."""
    h = layer(BATCH, *net.first)
    for weights, biases, (two, four) in zip(net.stack.w, net.stack.b, joins, strict=True):
        through = lambda i, x, w=weights, b=biases: layer(x, w[i], b[i])  # noqa: E731
        deep = through(0, h)
        middle = (two[1] * through(1, h) + two[2] * through(2, deep)) / (two[1] + two[2])
        deep = through(3, middle)
        outs = [through(4, h), through(5, middle), through(6, deep)]
        h = sum(weight * out for weight, out in zip(four, outs, strict=True)) / sum(four)
    return h @ np.asarray(net.last.w) + np.asarray(net.last.b)


def test_a_fractal_by_hand():
    net = fractal_net(3)
    spec = replace(SPEC, depth=8)
    found = _deep.fractal("relu", net, _deep.every_path(spec, 3), BATCH)
    np.testing.assert_allclose(found, fractal_by_hand(net, np.ones((2, 2, 3))), rtol=1e-3, atol=1e-3)
    joins = np.random.default_rng(1).integers(0, 2, (2, 2, 3)).astype(np.float32)
    joins[:, :, 2] = 1.0
    mask = np.ones((2, 4, 3), np.float32)
    mask[:, 1] = joins[:, 0]
    mask[:, 3] = joins[:, 1]
    found = _deep.fractal("relu", net, jnp.asarray(mask), BATCH)
    np.testing.assert_allclose(found, fractal_by_hand(net, joins), rtol=1e-3, atol=1e-3)


def test_a_fractal_of_one_column_is_a_plain_stack():
    net = fractal_net(1, blocks=8)
    one = net._replace(stack=Layer(w=net.stack.w[:, 0], b=net.stack.b[:, 0]))
    found = _deep.fractal("relu", net, _deep.every_path(SPEC, 1), BATCH)
    np.testing.assert_allclose(found, _deep.plain("relu", one, BATCH)[1], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("column", "used"), [(0, [4]), (1, [1, 5]), (2, [0, 2, 3, 6])])
def test_one_column_is_the_plain_stack_of_its_layers(column, used):
    net = fractal_net(3)
    h = layer(BATCH, *net.first)
    for weights, biases in zip(net.stack.w, net.stack.b, strict=True):
        for i in used:
            h = layer(h, weights[i], biases[i])
    mask = _deep.one_column(replace(SPEC, depth=8), 3, jnp.array(column))
    run = lambda n: _deep.fractal("relu", n, mask, BATCH)  # noqa: E731
    np.testing.assert_allclose(run(net), h @ np.asarray(net.last.w) + np.asarray(net.last.b), rtol=1e-3, atol=1e-3)
    slope = jax.grad(lambda n: run(n).sum())(net).stack.w
    touched = np.asarray(jnp.abs(slope).sum((0, 2, 3)) > 0)
    assert list(np.flatnonzero(touched)) == used


def test_a_fractal_has_as_long_a_path_as_asked():
    for depth in (8, 24, 48):
        shape = make("fractalnet", replace(FULL, depth=depth)).shapes(10)["stack"]
        assert shape == (depth // 8, 15, 10, 10)


def test_local_drop_path_by_hand():
    method = make("fractalnet", replace(SPEC, depth=4), columns=3, drop=0.5)
    dropped = jnp.full((1, 4, 3), 0.9).at[0, 1, 1].set(0.4).at[0, 3].set(0.1)  # one input of row 2, all of row 4
    spare = jnp.zeros((1, 4, 3)).at[0, 3].set(jnp.array([0.2, 0.8, 0.5])).at[0, 0, 0].set(1.0)
    mask = np.asarray(method.local_paths(dropped, spare))[0]
    np.testing.assert_array_equal(mask[1], [0, 0, 1])  # column 1 dropped; column 0 doesn't end here
    np.testing.assert_array_equal(mask[3], [0, 1, 0])  # the spare with the highest number
    np.testing.assert_array_equal(mask[0], [0, 0, 1])  # one input, nothing to join
    assert np.asarray(method.local_paths(jnp.zeros((1, 4, 3)), spare))[0, 0].tolist() == [0, 0, 1]  # kept all the same


def test_drop_path_by_counting():
    spec = replace(SPEC, depth=4)
    keys = jax.random.split(jax.random.key(0), 3000)
    local = np.asarray(jax.vmap(make("fractalnet", spec, columns=3, drop=0.3, whole=0.0).paths)(keys))
    kept = local[:, 0, 3].mean(0)  # three inputs: dropped with 0.3, but one of three is spared where all are
    np.testing.assert_allclose(kept, 0.7 + 0.3**3 / 3, atol=0.03)
    np.testing.assert_allclose(local[:, 0, 1, 1:].mean(0), 0.7 + 0.3**2 / 2, atol=0.03)
    whole = np.asarray(jax.vmap(make("fractalnet", spec, columns=3, whole=1.0).paths)(keys))
    assert (whole[:, 0, 3].sum(-1) == 1).all()
    np.testing.assert_allclose(whole[:, 0, 3].mean(0), 1 / 3, atol=0.03)
    mixed = np.asarray(jax.vmap(make("fractalnet", spec, columns=3, drop=0.0, whole=0.25).paths)(keys))
    assert (mixed[:, 0, 3].sum(-1) == 1).mean() == pytest.approx(0.25, abs=0.03)


def test_without_drop_path_is_drop_path_that_never_drops():
    batch = Examples(x=BATCH, y=LABELS)
    never, without = make("fractalnet", drop=0.0, whole=0.0), make("fractalnet_without_drop_path")
    state = without.init(jax.random.key(0))
    found = jax.tree.leaves(never.gradient(state, batch, jax.random.key(1)))
    expected = jax.tree.leaves(without.gradient(state, batch, jax.random.key(1)))
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)
    column = never.predict_column(state, BATCH)
    np.testing.assert_allclose(without.predict_column(state, BATCH), column, rtol=1e-5)
    assert float(jnp.abs(column - never.predict(state, BATCH)).max()) > 1e-3


@pytest.mark.parametrize("kind", ["relu", "tanh"])
def test_lsuv_has_unit_variance_before_every_activation(kind):
    method = make("lsuv", replace(SPEC, activation=kind))
    params = method.init(jax.random.key(0)).params
    h = np.asarray(method.given.batch)
    for w in (params.first.w, *params.stack.w, params.last.w):
        z = h @ np.asarray(w)
        assert np.var(z) == pytest.approx(1.0, rel=1e-3)
        gram = np.asarray(w @ w.T if w.shape[0] <= w.shape[1] else w.T @ w)
        np.testing.assert_allclose(gram, gram[0, 0] * np.eye(len(gram)), atol=1e-4 * gram[0, 0])
        h = np.tanh(z) if kind == "tanh" else relu(z)


def test_the_scale_of_the_input_cancels_in_lsuv():
    method = make("lsuv")
    ten = replace(method, given=Given(batch=10 * method.given.batch, guide=()))
    start = method.init(jax.random.key(0)).params
    other = ten.init(jax.random.key(0)).params
    np.testing.assert_allclose(10 * other.first.w, start.first.w, rtol=1e-4)
    np.testing.assert_allclose(other.stack.w, start.stack.w, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("name", ["resnet", "elan", "fractalnet_without_drop_path"])
def test_three_steps_by_hand(name):
    method = make(name, lr=0.1)
    state = method.init(jax.random.key(0))
    w = state.params
    v = jax.tree.map(jnp.zeros_like, w)
    for t in range(3):
        batch = Examples(x=BATCH + t, y=(LABELS + t) % 3)
        slope = jax.grad(lambda p, b=batch: cross_entropy(method.logits(p, b.x), b.y))(w)
        v = jax.tree.map(lambda m, g: 0.9 * m + g, v, slope)
        w = jax.tree.map(lambda p, m, rate=0.1 * (1 - t / 10): p - rate * m, w, v)
        state = method.update(state, batch, jax.random.key(t))
    for found, expected in zip(jax.tree.leaves(state.params), jax.tree.leaves(w), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-5)
    assert int(state.updates) == 3
    np.testing.assert_array_equal(method.predict(state, BATCH), method.logits(state.params, BATCH))


def test_a_plain_stack_is_its_own_column():
    method = make("plain_he")
    state = method.init(jax.random.key(0))
    np.testing.assert_array_equal(method.predict_column(state, BATCH), method.predict(state, BATCH))
