"""The networks by numpy, the symmetry of their weights, and the worlds' laws."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import logit

from toybench.plugins import registry
from toybench.tasks.weight_spaces import relabel, respond
from toybench.tasks.weight_spaces._zoo import Course, Labelled, train


def task(stem, **knobs):
    return registry.load("tasks", f"weight_spaces/{stem}")(**knobs)


def small(stem):
    wider = {"wider": 6} if stem == "mlp_zoo" else {}
    return task(stem, nets=60, tested=12, updates=12, **wider)


def shaken(nets):
    """Networks with no weight at zero or one, as after training."""
    draws = np.random.default_rng(0)
    noise = {n: jnp.asarray(draws.normal(size=w.shape), jnp.float32) for n, w in nets.weights.items()}
    return nets._replace(weights={n: (w + 0.5 * noise[n]) * nets.mask[n] for n, w in nets.weights.items()})


def by_numpy(kind, nets, which, x):
    """The answer of one network, layer by layer, from its own weights alone."""
    w = {name: np.asarray(part[which], np.float64) for name, part in nets.weights.items()}
    if kind == "rnn":
        h = np.zeros((len(x), w["w_rec"].shape[-1]))
        for now in x.T:
            h = np.tanh(np.outer(now, w["w_in"][0]) + h @ w["w_rec"][0] + w["bias"][0])
        return h @ w["w_out"][0] + w["b_out"][0]
    widths = np.asarray(nets.mask["bias"][which]).sum(-1).astype(int)
    depth = np.flatnonzero(widths)[-1]
    h = x
    for i in range(depth):
        size = widths[i]
        z = h @ w["weight"][i, : h.shape[1], :size] + w["bias"][i, :size]
        if np.asarray(nets.mask["scale"][which, i, 0]):
            z = (z - z.mean(1, keepdims=True)) / np.sqrt(z.var(1, keepdims=True) + 1e-5)
            z = z * w["scale"][i, :size] + w["shift"][i, :size]
        before = h if float(nets.residual[which, i]) else 0.0
        h = np.maximum(z, 0) + before
    return h @ w["weight"][depth, : h.shape[1], 0] + w["bias"][depth, 0]


@pytest.mark.parametrize("stem", ["rnn_zoo", "mlp_zoo"])
def test_answers_by_numpy(stem):
    one = small(stem)
    nets = shaken(jax.jit(one.population)(jax.random.key(0))[0])
    x = one.label(jax.random.key(1), 7).x
    found = jax.jit(lambda n: respond(one.spec, n, x))(nets)
    for which in range(len(nets.residual)):
        np.testing.assert_allclose(found[which], by_numpy(one.spec.kind, nets, which, np.asarray(x)), atol=2e-4)


@pytest.mark.parametrize("stem", ["rnn_zoo", "mlp_zoo"])
def test_relabelled_networks_are_the_same_functions(stem):
    one = small(stem)
    nets = shaken(jax.jit(one.population)(jax.random.key(0))[0])
    turned = jax.jit(lambda n: relabel(one.spec, n, jax.random.key(2)))(nets)
    x = one.label(jax.random.key(1), 5).x
    np.testing.assert_allclose(respond(one.spec, turned, x), respond(one.spec, nets, x), atol=2e-5)
    moved = {n: float(jnp.abs(turned.weights[n] - w).max()) for n, w in nets.weights.items()}
    assert all(change > 0.1 for name, change in moved.items() if name != "b_out"), moved
    for name, w in nets.weights.items():
        np.testing.assert_allclose(jnp.sort(w.ravel()), jnp.sort(turned.weights[name].ravel()))
        assert float(jnp.abs(turned.weights[name] * (1 - nets.mask[name])).max()) == 0.0


def test_without_a_residual_link_layers_turn_apart():
    one = small("mlp_zoo")
    nets = shaken(jax.jit(one.population)(jax.random.key(0))[0])
    deep = nets.mask["scale"][:, 1, 0] > 0
    turned = jax.jit(lambda n: relabel(one.spec, n, jax.random.key(2)))(nets)

    def order(which, layer):
        return [
            int(jnp.abs(nets.weights["shift"][which, layer] - v).argmin())
            for v in turned.weights["shift"][which, layer, :4]
        ]

    tied = np.asarray(nets.residual.max(1))
    same = {flag: [order(i, 0) == order(i, 1) for i in np.flatnonzero(deep & (tied == flag))] for flag in (0.0, 1.0)}
    assert same[1.0] and all(same[1.0])
    assert same[0.0] and not all(same[0.0])


def test_architectures_are_mixed_as_declared():
    one = task("mlp_zoo")
    nets, course = jax.jit(one.population)(jax.random.key(3))
    widths = np.asarray(nets.mask["bias"].sum(-1))
    hidden = np.where(widths[:, 1] > 1, 2, 1)
    assert np.isin(widths[: one.nets + one.tested, 0], (4, 5, 6)).all()
    assert np.isin(widths[one.nets + one.tested :, 0], (7, 8)).all()
    assert (hidden == 2).mean() == pytest.approx(0.5, abs=0.06)
    assert np.asarray(nets.mask["scale"][:, 0, 0]).mean() == pytest.approx(0.5, abs=0.06)
    assert np.asarray(nets.residual)[hidden == 2].max(1).mean() == pytest.approx(0.5, abs=0.08)
    assert float(nets.residual[hidden == 1].max()) == 0.0
    assert float(course.updates.min()) >= one.updates / 6
    assert float(course.updates.max()) <= one.updates
    assert float(jnp.log10(course.rate).std()) == pytest.approx(2 / 12**0.5, rel=0.05)


@pytest.mark.parametrize("stem", ["rnn_zoo", "mlp_zoo"])
def test_training_is_adam_on_the_logistic_loss(stem):
    """Two updates by numpy for all networks, one for those that stop; gradients by differences along one direction."""
    one = small(stem)
    nets = shaken(jax.jit(one.population)(jax.random.key(0))[0])
    stream = jax.tree.map(lambda leaf: leaf.reshape(2, 8, *leaf.shape[1:]), one.label(jax.random.key(1), 16))
    count = len(nets.residual)
    course = Course(rate=jnp.linspace(0.01, 0.05, count), updates=jnp.where(jnp.arange(count) % 2 == 0, 1.0, 9.0))
    found = jax.jit(lambda n: train(one.spec, n, course, stream))(nets)

    def loss(weights, step):
        answers = respond(one.spec, nets._replace(weights=weights), stream.x[step])
        return jnp.log1p(jnp.exp(-answers * stream.y[step][None, :])).mean(1).sum()

    slope = jax.jit(jax.grad(loss), static_argnums=1)
    first = slope(nets.weights, 0)
    rate = lambda w: course.rate.reshape(-1, *(1,) * (w.ndim - 1))  # noqa: E731
    signs = {n: g / (jnp.abs(g) + 1e-8) for n, g in first.items()}
    after = {n: w - rate(w) * signs[n] * nets.mask[n] for n, w in nets.weights.items()}
    for name in after:
        np.testing.assert_allclose(found.weights[name][::2], after[name][::2], atol=1e-4)
    second = slope(after, 1)
    for name, w in after.items():
        mean = (0.1 * 0.9 * first[name] + 0.1 * second[name]) / (1 - 0.9**2)
        square = (0.001 * 0.999 * first[name] ** 2 + 0.001 * second[name] ** 2) / (1 - 0.999**2)
        expected = w - rate(w) * mean / (jnp.sqrt(square) + 1e-8) * nets.mask[name]
        np.testing.assert_allclose(found.weights[name][1::2], expected[1::2], atol=1e-4)


def test_labels_are_learnable():
    signs = task("rnn_zoo").label(jax.random.key(0), 4000)
    np.testing.assert_array_equal(signs.x[:, 0], signs.y)
    assert float(signs.x[:, 1:].std()) == pytest.approx(0.7, rel=0.03)
    assert float(signs.y.mean()) == pytest.approx(0.0, abs=0.06)
    moons = task("mlp_zoo").label(jax.random.key(0), 4000)
    centre = moons.x * moons.y[:, None] + np.array([[0.5, 0.25]])
    np.testing.assert_allclose(jnp.sqrt((centre**2).sum(1)).mean(), 1.0, atol=0.02)
    assert float((centre[:, 1] > -0.3).mean()) > 0.98
    linear = np.linalg.lstsq(np.c_[moons.x, np.ones(4000)], np.asarray(moons.y), rcond=None)[0]
    assert 0.8 < (np.sign(np.c_[moons.x, np.ones(4000)] @ linear) == np.asarray(moons.y)).mean() < 0.93


@pytest.mark.parametrize("stem", ["rnn_zoo", "mlp_zoo"])
def test_references_and_targets(stem):
    one = replace(small(stem), updates=60)
    world = jax.jit(one.sample)(jax.random.key(0))
    assert float(world.train.target.mean()) == pytest.approx(0.0, abs=1e-4)
    assert float(world.train.target.std()) == pytest.approx(1.0, abs=1e-4)
    nets = world.test.nets
    right = np.sign(by_numpy(one.spec.kind, nets, 3, np.asarray(world.second.x))) == np.asarray(world.second.y)
    told = one.oracle(world).predict(nets)[3]
    expected = (logit(np.clip(right.mean(), 0.01, 0.99)) - float(world.centre)) / float(world.spread)
    assert float(told) == pytest.approx(expected, abs=0.02)
    scores = {name: one.evaluate(world, jax.random.key(1), getattr(one, name)(world)) for name in ("floor", "oracle")}
    assert float(scores["floor"]["kendall_tau"]) == 0.0
    assert float(scores["floor"]["r2"]) <= 0.0
    assert float(scores["oracle"]["kendall_tau"]) > 0.6
    assert float(scores["oracle"]["r2"]) > 0.8
    assert float(scores["oracle"]["invariance_gap"]) < 0.02
    batch = one.draw(world, jax.random.key(4), None)[1]
    assert batch.target.shape == (16,)
    place = [int(jnp.abs(world.train.target - value).argmin()) for value in batch.target]
    assert all(float(jnp.abs(world.train.target[p] - v)) == 0.0 for p, v in zip(place, batch.target, strict=True))


def test_shares_are_clipped():
    one = small("rnn_zoo")
    nets, _ = jax.jit(one.population)(jax.random.key(0))
    perfect = {n: jnp.zeros_like(w) for n, w in nets.weights.items()}
    perfect["w_in"] = jnp.ones_like(perfect["w_in"])
    perfect["w_out"] = jnp.ones_like(perfect["w_out"])
    from toybench.tasks.weight_spaces._zoo import logits

    x = jnp.array([[0.0, 1.0], [0.0, -1.0]])
    for sign, wanted in ((1.0, 0.99), (-1.0, 0.01)):
        asked = Labelled(x=x, y=sign * jnp.array([1.0, -1.0]))
        np.testing.assert_allclose(logits(one.spec, nets._replace(weights=perfect), asked), logit(wanted), rtol=1e-4)
