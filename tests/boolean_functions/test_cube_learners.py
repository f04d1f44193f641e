"""Learners on the whole cube: their equations in NumPy, closed forms, and what they do."""

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.blocks import boolean
from toybench.errors import UsageError
from toybench.methods.boolean_functions import _networks as networks
from toybench.methods.boolean_functions import diagonal_linear_net, mean_field_mlp, rf_kernel
from toybench.plugins import registry
from toybench.tasks.boolean_functions import CubeSpec, Points

KEY = jax.random.key(5)
RNG = np.random.default_rng(1)


def method(stem: str, given: Points, steps: int = 10, **values: Any) -> Any:
    spec = CubeSpec(dims=given.x.shape[-1], points=given.x.shape[-2], sets=len(given.x))
    return registry.load("methods", f"boolean_functions/{stem}")(spec=spec, given=given, steps=steps, **values)


def training_sets(sets: int = 2, points: int = 5, dims: int = 3) -> Points:
    x = np.where(RNG.random((sets, points, dims)) < 0.5, -1.0, 1.0)
    return Points(x=jnp.asarray(x, jnp.float32), y=jnp.asarray(RNG.normal(size=(sets, points)), jnp.float32))


def gradients(weights: list, x: np.ndarray, y: np.ndarray, over: float = 1.0) -> list:
    """Gradients of the mean square error of a ReLU network, whose output is divided by `over`: [(weights, biases)]."""
    inputs = [x]
    for w, b in weights[:-1]:
        inputs.append(np.maximum(inputs[-1] @ w + b, 0))
    out = (inputs[-1] @ weights[-1][0] + weights[-1][1])[:, 0] / over
    back = (2 * (out - y) / len(y) / over)[:, None]
    found = []
    for (w, _), z in zip(reversed(weights), reversed(inputs), strict=True):
        found.append((z.T @ back, back.sum(0)))
        back = (back @ w.T) * (z > 0)
    return found[::-1]


def plain(layers: Any, i: int) -> list:
    """Layers of the i-th training set in float64."""
    return [(np.asarray(v["weights"][i], np.float64), np.asarray(v["biases"][i], np.float64)) for v in layers]


@pytest.mark.parametrize(
    ("stem", "size", "over"), [("sgd_mlp", {"width": 4}, 1.0), ("mean_field_mlp", {"neurons": 6}, 6.0)]
)
def test_gradient_descent_by_hand(stem: str, size: dict, over: float) -> None:
    given = training_sets()
    learner = method(stem, given, lr=0.1, batch=3, **size)
    state = learner.init(KEY)
    expected = [plain(state.params, i) for i in range(2)]
    update = jax.jit(learner.update)
    for step in range(3):
        key = jax.random.fold_in(KEY, step)
        rows = np.asarray(jax.random.randint(key, (3,), 0, 5))
        state = update(state, (), key)
        for i, weights in enumerate(expected):
            found = gradients(weights, np.asarray(given.x[i])[rows], np.asarray(given.y[i])[rows], over)
            rate = 0.1 * over
            expected[i] = [(w - rate * a, b - rate * c) for (w, b), (a, c) in zip(weights, found, strict=True)]
    for i, weights in enumerate(expected):
        for (w, b), (v, c) in zip(weights, plain(state.params, i), strict=True):
            np.testing.assert_allclose(v, w, atol=2e-5)
            np.testing.assert_allclose(c, b, atol=2e-5)
    z = boolean.cube(3)
    for w, b in expected[1][:-1]:
        z = np.maximum(z @ w + b, 0)
    out = (z @ expected[1][-1][0] + expected[1][-1][1])[:, 0] / over
    np.testing.assert_allclose(learner.values(state, jnp.asarray(boolean.cube(3)))[1], out, atol=1e-4)


def test_layers_start_as_they_should() -> None:
    layers = networks.initial_layers(KEY, 100, (400, 1))
    assert [v["weights"].shape for v in layers] == [(100, 400), (400, 1)]
    for v, bound in zip(layers, (0.1, 0.05), strict=True):
        both = np.concatenate([np.ravel(v["weights"]), np.ravel(v["biases"])])
        assert np.abs(both).max() <= bound
        assert both.std() == pytest.approx(bound / 3**0.5, rel=0.1)
        assert both.mean() == pytest.approx(0, abs=bound / 8)
    wide = mean_field_mlp.start(KEY, 4, 400)
    assert 0.4 < np.abs(wide[0]["weights"]).max() <= 0.5
    assert 0.95 < np.abs(wide[1]["weights"]).max() <= 1
    assert wide[1]["weights"].shape == (400, 1)


def normal(x: np.ndarray, layer: dict) -> np.ndarray:
    centred = x - x.mean(-1, keepdims=True)
    return centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-6) * layer["scale"] + layer["bias"]


def test_the_transformer_by_hand() -> None:
    given = training_sets(sets=1)
    learner = method("boolean_transformer", given, width=4, heads=2)
    params = jax.tree.map(lambda p: jnp.asarray(RNG.normal(size=p.shape), jnp.float32), learner.init(KEY).params)
    p = jax.tree.map(lambda leaf: np.asarray(leaf[0], np.float64), params)["params"]
    found = learner.network.apply(jax.tree.map(lambda leaf: leaf[0], params), given.x[0])
    assert p["Dense_0"]["kernel"].shape == (3 + 4, 4)
    expected = []
    for x in np.asarray(given.x[0]):
        kinds = [0, *(1 if bit > 0 else 2 for bit in x)]
        e = np.array([p["Dense_0"]["kernel"][kind] + p["Dense_0"]["kernel"][3 + t] for t, kind in enumerate(kinds)])
        u = normal(e, p["Norm_0"])
        q, k, v = (u @ p[f"Dense_{j}"]["kernel"] for j in (1, 2, 3))
        mixed = []
        for h in (slice(0, 2), slice(2, 4)):
            a = np.exp(k[:, h] @ q[0, h] / 2**0.5)
            mixed.append(a @ v[:, h] / a.sum())
        answer = e[0] + np.concatenate(mixed) @ p["Dense_4"]["kernel"] + p["Dense_4"]["bias"]
        z = normal(answer, p["Norm_1"]) @ p["Dense_5"]["kernel"] + p["Dense_5"]["bias"]
        z = 0.5 * z * (1 + np.tanh(math.sqrt(2 / math.pi) * (z + 0.044715 * z**3)))
        answer = answer + z @ p["Dense_6"]["kernel"] + p["Dense_6"]["bias"]
        expected.append((normal(answer, p["Norm_2"]) @ p["Dense_7"]["kernel"] + p["Dense_7"]["bias"])[0])
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def test_the_transformers_first_step_is_adams() -> None:
    """Adam's first step is the rate times the sign of the gradient of the mean square."""
    given = training_sets(sets=1, points=1)
    learner = method("boolean_transformer", given, width=4, heads=2, lr=0.01, batch=2)
    state = learner.init(KEY)
    after = jax.jit(learner.update)(state, (), KEY)

    def error(params: Any) -> jax.Array:
        return ((learner.network.apply(params, given.x[0]) - given.y[0]) ** 2).mean()

    slope = jax.jit(jax.grad(error))(jax.tree.map(lambda leaf: leaf[0], state.params))
    for old, new, g in zip(*map(jax.tree.leaves, (state.params, after.params, slope)), strict=True):
        large = np.abs(g) > 1e-4
        np.testing.assert_allclose((new - old)[0][large], -0.01 * np.sign(g)[large], rtol=2e-3)


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_a_diagonal_net_by_hand(depth: int) -> None:
    given = training_sets()
    learner = method("diagonal_linear_net", given, depth=depth, scale=0.4, lr=0.1)
    state = learner.init(KEY)
    factors = np.full((2, depth, 3), 0.4)
    factors[:, 0] = 0
    bias = np.zeros(2)
    for _ in range(3):
        state = learner.update(state, (), KEY)
        for i in range(2):
            x = np.asarray(given.x[i], np.float64)
            residual = x @ factors[i].prod(0) + bias[i] - np.asarray(given.y[i])
            slope = 2 * (residual[:, None] * x).mean(0)
            others = [np.delete(factors[i], m, axis=0).prod(0) for m in range(depth)]
            factors[i] = factors[i] - 0.1 * slope * np.array(others)
            bias[i] -= 0.1 * 2 * residual.mean()
    np.testing.assert_allclose(state.params.factors, factors, atol=1e-6)
    np.testing.assert_allclose(state.params.bias, bias, atol=1e-6)
    expected = boolean.cube(3) @ factors[1].prod(0) + bias[1]
    np.testing.assert_allclose(learner.values(state, jnp.asarray(boolean.cube(3)))[1], expected, atol=1e-6)


def descended(depth: int, target: np.ndarray, scale: float = 0.3, steps: int = 6000) -> Any:
    """Where slow descent ends on half of the cube of two bits, the second one frozen at 1."""
    x = boolean.cube(2)[boolean.cube(2)[:, 1] > 0]
    given = Points(x=jnp.asarray(x)[None], y=jnp.asarray(target[0] + x @ target[1:], jnp.float32)[None])
    learner = method("diagonal_linear_net", given, depth=depth, scale=scale, lr=0.01)
    run = jax.jit(lambda s: jax.lax.scan(lambda s, _: (learner.update(s, (), KEY), None), s, None, length=steps)[0])
    return run(learner.init(KEY)).params


def test_where_the_flow_ends() -> None:
    """One factor: bias and weight share alike. Two: p = scale^2 sinh(2 b) / 2, and b + p is what both have to give."""
    target = np.array([0.7, -0.8, 0.6])
    one = descended(1, target)
    np.testing.assert_allclose([one.bias[0], *one.factors[0, 0]], [0.65, -0.8, 0.65], atol=1e-4)
    two = descended(2, target)
    p = np.asarray(two.factors).prod(1)[0]
    bias = float(two.bias[0])
    assert bias + p[1] == pytest.approx(1.3, abs=1e-3)
    assert p[0] == pytest.approx(-0.8, abs=1e-3)
    assert p[1] == pytest.approx(0.3**2 / 2 * math.sinh(2 * bias), rel=0.03)
    assert p[1] < 0.65 / 2  # the bias has most of it
    assert two.factors.shape == (1, 2, 2) and diagonal_linear_net.outputs(two, jnp.ones((1, 1, 2))).shape == (1, 1)


def quadrature(c: float, variance: float, activation: Any) -> float:
    """E of the product of two activations of Gaussians of this variance and correlation c, by Gauss and Hermite."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(120)
    u, v = np.meshgrid(nodes, nodes)
    both = activation(variance**0.5 * u) * activation(variance**0.5 * (c * u + math.sqrt(1 - c * c) * v))
    return float((both * np.outer(weights, weights)).sum() / weights.sum() ** 2)


@pytest.mark.parametrize("c", [-0.8, 0.0, 0.3, 1.0])
def test_kernels_are_expectations(c: float) -> None:
    relu = quadrature(c, 1.1, lambda u: np.maximum(u, 0))
    assert float(rf_kernel.relu_kernel(jnp.asarray(c), 1.1)) == pytest.approx(relu, abs=3e-3)
    sixth = quadrature(c, 1.1, lambda u: (1 + u) ** 6) / quadrature(1.0, 1.1, lambda u: (1 + u) ** 6)
    assert float(rf_kernel.polynomial_kernel(jnp.asarray(c), 1.1)) == pytest.approx(sixth, rel=1e-4)


def test_moments_and_correlations() -> None:
    assert rf_kernel.gaussian_moment(0, 2.0) == 1
    assert rf_kernel.gaussian_moment(4, 2.0) == 1 + 6 * 2 + 3 * 4
    assert float(rf_kernel.relu_kernel(jnp.asarray(1.0), 3.0)) == pytest.approx(1.5)  # half the variance
    learner = method("rf_kernel", training_sets(dims=4))
    x = jnp.asarray([[1.0, 1, -1, 1], [1, -1, -1, -1]])
    np.testing.assert_allclose(learner.kernel(x, x), rf_kernel.relu_kernel(jnp.asarray([[1, 0.2], [0.2, 1]]), 1.25))


def levels(kernel: Any, dims: int) -> np.ndarray:
    """Eigenvalues of a kernel on the cube by degree, [d + 1]."""
    row = np.asarray(kernel(jnp.asarray(boolean.cube(dims)[:1]), jnp.asarray(boolean.cube(dims))))[0]
    found = np.asarray(boolean.walsh_transform(jnp.asarray(row)))
    return np.array([found[boolean.degrees(dims) == degree].mean() for degree in range(dims + 1)])


@pytest.mark.parametrize("activation", ["relu", "polynomial"])
def test_least_norm_in_closed_form(activation: str) -> None:
    """Given x_0 = 1, x_1 x_2 has mu_2 / (mu_2 + mu_3); given a pair, a system of three unknowns."""
    dims = 6
    x = boolean.cube(dims)
    half = x[:, 0] > 0
    given = Points(x=jnp.asarray(x[half])[None], y=jnp.asarray((x[:, 1] * x[:, 2])[half])[None])
    learner = method("rf_kernel", given, activation=activation)
    mu = levels(learner.kernel, dims)
    values = learner.values(learner.init(KEY), jnp.asarray(x))[0]
    coefficients = np.asarray(boolean.walsh_transform(values))
    assert coefficients[0b110] == pytest.approx(mu[2] / (mu[2] + mu[3]), abs=1e-3)
    assert coefficients[0b111] == pytest.approx(mu[3] / (mu[2] + mu[3]), abs=1e-3)
    seen = (x[:, 0] > 0) | (x[:, 1] > 0)
    given = Points(x=jnp.asarray(x[seen])[None], y=jnp.asarray((x[:, 0] * x[:, 1])[seen])[None])
    learner = method("rf_kernel", given, activation=activation)
    values = learner.values(learner.init(KEY), jnp.asarray(x))[0]
    corners = np.array([[1, 1, 1, 1], [1, 1, -1, -1], [1, -1, 1, -1]])  # constant, x_0, x_1, their product
    scaled = corners * mu[[0, 1, 1, 2]]
    expected = scaled.T @ np.linalg.solve(scaled @ corners.T, [1, -1, -1])
    np.testing.assert_allclose(np.asarray(boolean.walsh_transform(values))[:4], expected, atol=3e-3)


def test_a_nearest_neighbour_by_hand() -> None:
    given = Points(x=jnp.asarray([[[1.0, 1, 1], [1, -1, -1], [-1, 1, 1]]]), y=jnp.asarray([[1.0, 2.0, 4.0]]))
    learner = method("nearest_neighbour", given)
    asked = jnp.asarray([[1.0, 1, 1], [1, 1, -1], [-1, -1, -1], [-1, 1, -1]])
    np.testing.assert_allclose(learner.values((), asked)[0], [1.0, 1.5, 2.0, 4.0])


def test_a_misspelled_knob_is_named() -> None:
    with pytest.raises(UsageError, match="activation is 'pari'; use one of"):
        method("rf_kernel", training_sets(), activation="pari").init(KEY)
