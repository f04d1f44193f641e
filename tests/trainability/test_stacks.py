"""Untrained stacks: layers by numpy, and what batch normalisation and orthogonal weights do to gradients."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.methods.trainability import _stack
from toybench.plugins import registry
from toybench.protocol import Learner
from toybench.tasks.trainability import StackSpec
from toybench.tasks.trainability.gradient_depth import GradientDepth

SPEC = StackSpec(depth=5, width=6)


def make(name, spec=SPEC, **values):
    return registry.load("methods", f"trainability/{name}")(spec=spec, **values)


def norm(h):
    """Every unit over its root mean square over the batch, in numpy."""
    return h / np.sqrt((h**2).mean(0))


STEPS = {
    "orthogonal_linear_bn": lambda z, i: norm(z),
    "gaussian_linear_bn": lambda z, i: norm(z),
    "gaussian_relu_bn": lambda z, i: np.maximum(norm(z), 0),
    "orthogonal_relu_bn": lambda z, i: np.maximum(norm(z), 0),
    "shaped_tanh_bn": lambda z, i: norm(np.tanh(i**-0.75 * z)),
    "no_normalisation": lambda z, i: z,
}


@pytest.mark.parametrize("name", STEPS)
def test_layers_by_numpy(name):
    method = make(name)
    weights = method.layers(method.init(jax.random.key(0)))
    x = np.random.default_rng(0).normal(size=(6, 6)).astype(np.float32)
    h = x
    for i, w in enumerate(np.asarray(weights), start=1):
        h = STEPS[name](h @ w, i)
    np.testing.assert_allclose(method.apply((), weights, jnp.asarray(x)), h, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("name", ["gaussian_relu_bn", "orthogonal_relu_bn"])
def test_the_other_order_by_numpy(name):
    method = make(name, norm_first=False)
    weights = method.init(jax.random.key(0))
    x = np.random.default_rng(1).normal(size=(6, 6)).astype(np.float32)
    h = x
    for w in np.asarray(weights):
        z = np.maximum(h @ w, 0)
        square = (z**2).mean(0)
        h = z / np.sqrt(np.where(square > 0, square, 1.0))
    np.testing.assert_allclose(method.apply((), weights, jnp.asarray(x)), h, rtol=1e-3, atol=1e-4)


def test_weights_are_what_their_names_say():
    spec = StackSpec(depth=200, width=24)
    for name in STEPS:
        w = np.asarray(make(name, spec).init(jax.random.key(1)))
        assert w.shape == (200, 24, 24)
        assert w.var() == pytest.approx(1 / 24, rel=0.02)
        gap = np.abs(w @ w.transpose(0, 2, 1) - np.eye(24)).max()
        assert (gap > 0.5) if name.startswith("gaussian") else (gap < 1e-5)
    noise = jax.random.normal(jax.random.key(2), (3, 6, 6))
    q = np.asarray(_stack.orthogonal(noise))
    r = q.transpose(0, 2, 1) @ np.asarray(noise)
    assert (np.diagonal(r, axis1=1, axis2=2) > 0).all()  # else the law isn't uniform
    np.testing.assert_allclose(np.tril(r, -1), 0, atol=1e-5)


def test_batch_normalisation_takes_no_mean_away():
    h = np.random.default_rng(0).normal(size=(8, 5)).astype(np.float32) + 3.0
    found = np.asarray(_stack.batch_norm(jnp.asarray(h)))
    np.testing.assert_allclose((found**2).mean(0), 1.0, rtol=1e-5)
    assert found.mean() > 0.5
    dead = jnp.asarray(h).at[:, 2].set(0.0)
    value, slope = jax.value_and_grad(lambda z: _stack.batch_norm(z)[0, 0] + _stack.batch_norm(z)[0, 2])(dead)
    assert float(_stack.batch_norm(dead)[0, 2]) == 0.0
    assert bool(jnp.isfinite(slope).all())
    assert bool(jnp.isfinite(value))


def test_tanh_as_it_is_has_exponent_zero():
    method = make("shaped_tanh_bn", exponent=0.0)
    weights = method.init(jax.random.key(0))
    h = np.random.default_rng(0).normal(size=(6, 6)).astype(np.float32)
    x = jnp.asarray(h)
    for w in np.asarray(weights):
        h = norm(np.tanh(h @ w))
    np.testing.assert_allclose(method.apply((), weights, x), h, rtol=1e-3, atol=1e-4)


def judged(name, depth, seeds=4, **values):
    task = GradientDepth(depth=depth)

    def one(key):
        for_world, for_method = jax.random.split(key)
        method = make(name, task.spec, **values)
        world = task.sample(for_world)
        return task.evaluate(world, key, Learner(method, method.init(for_method)))

    found = jax.jit(lambda keys: jax.lax.map(one, keys))(jax.random.split(jax.random.key(0), seeds))
    return {metric: np.asarray(v) for metric, v in found.items()}


def test_orthogonal_weights_keep_gradients_and_normalisation_makes_outputs_orthogonal():
    with_norm = judged("orthogonal_linear_bn", 120)
    without = judged("no_normalisation", 120)
    np.testing.assert_allclose(without["gradient_growth"], 0.0, atol=1e-6)
    np.testing.assert_allclose(with_norm["gradient_growth"], 0.0, atol=5e-3)
    assert with_norm["isometry_gap"].mean() < 0.1
    assert (without["isometry_gap"] > 0.5).all()


def test_relu_explodes_by_about_a_fifth_a_layer():
    assert judged("gaussian_relu_bn", 80)["gradient_growth"].mean() == pytest.approx(0.18, abs=0.03)
