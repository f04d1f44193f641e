"""The delta rule and backpropagation, by hand and as gradients."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.plugins import registry
from toybench.tasks.boolean_functions import CubeSpec, Points

KEY = jax.random.key(11)
X = jnp.asarray([[1.0, 0.9], [1.1, -1.0], [-0.8, 1.0], [-1.0, -1.2]])
XOR = Points(x=X, y=jnp.asarray([0.0, 1.0, 1.0, 0.0]))


def method(stem: str, given: Points = XOR, **values: Any) -> Any:
    spec = CubeSpec(dims=2, points=len(given.x))
    return registry.load("methods", f"boolean_functions/{stem}")(spec=spec, given=given, steps=10, **values)


def sigmoid(z: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-z))


@pytest.mark.parametrize(("stem", "quadratic"), [("delta_rule_neuron", False), ("quadratic_neuron", True)])
def test_the_delta_rule_by_hand(stem: str, quadratic: bool) -> None:
    learner = method(stem, eta=0.7)
    state = learner.init(KEY)
    w = np.asarray(state.params, np.float64)
    assert w.shape == (4 if quadratic else 3,) and np.abs(w).max() <= 0.5
    inputs = [[a, b, *([a * b] if quadratic else []), 1.0] for a, b in np.asarray(X, np.float64)]
    for _ in range(3):
        state = learner.update(state, (), KEY)
        step = np.zeros_like(w)
        for z, t in zip(inputs, np.asarray(XOR.y), strict=True):
            y = sigmoid(np.dot(w, z))
            step += (t - y) * y * (1 - y) * np.array(z) / 4
        w = w + 0.7 * step
    np.testing.assert_allclose(state.params, w, rtol=1e-5)
    np.testing.assert_allclose(learner.probability(state, X), sigmoid(np.array(inputs) @ w), rtol=1e-5)


def test_backpropagation_is_gradient_descent() -> None:
    """Of half the mean square error, with 1 / (1 + exp) written out; and it starts within 1."""
    learner = method("backprop_mlp", eta=0.7, hidden=3)
    state = learner.init(KEY)
    hidden = state.params.hidden
    output = state.params.output
    assert hidden.shape == (3, 3) and output.shape == (4,)
    assert 0.5 < max(jnp.abs(hidden).max(), jnp.abs(output).max()) <= 1 and hidden.min() < 0

    def answer(v: jax.Array, w: jax.Array) -> jax.Array:
        h = 1 / (1 + jnp.exp(-(X @ v[:, :2].T + v[None, :, 2])))
        return 1 / (1 + jnp.exp(-(h @ w[:3] + w[3])))

    slope = jax.jit(jax.grad(lambda v, w: ((answer(v, w) - XOR.y) ** 2).mean() / 2, argnums=(0, 1)))
    np.testing.assert_allclose(learner.probability(state, X), answer(hidden, output), rtol=1e-5)
    for _ in range(3):
        state = learner.update(state, (), KEY)
        by_hidden, by_output = slope(hidden, output)
        hidden = hidden - 0.7 * by_hidden
        output = output - 0.7 * by_output
    np.testing.assert_allclose(state.params.hidden, hidden, atol=1e-6)
    np.testing.assert_allclose(state.params.output, output, atol=1e-6)


@pytest.mark.parametrize(
    ("stem", "right"), [("delta_rule_neuron", False), ("quadratic_neuron", True), ("backprop_mlp", True)]
)
def test_who_learns_xor(stem: str, right: bool) -> None:
    learner = method(stem, eta=10.0)
    run = jax.jit(lambda s: jax.lax.scan(lambda s, _: (learner.update(s, (), KEY), None), s, None, length=2000)[0])
    opened = learner.probability(run(learner.init(KEY)), X) > 0.5
    assert bool((opened == (XOR.y > 0.5)).all()) == right
