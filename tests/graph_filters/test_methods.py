"""Bases against their polynomials in float64, their laws, and what descent makes of them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.special

from toybench.methods.graph_filters import favard
from toybench.methods.graph_filters._descent import squared_error
from toybench.plugins import registry
from toybench.tasks.graph_filters import Pair, Spec, best_filtered

DEGREE = 4
FIXED = ("monomial", "chebyshev", "chebyshev_nodes", "bernstein", "jacobi", "optbasis")
RNG = np.random.default_rng(0)


def problem(nodes=12):
    a = RNG.normal(size=(nodes, nodes))
    values = np.linspace(-0.9, 1.0, nodes)
    vectors, _ = np.linalg.qr(a)
    x = RNG.normal(size=nodes)
    y = RNG.normal(size=nodes)
    pair = Pair(*(jnp.asarray(v, jnp.float32) for v in ((vectors * values) @ vectors.T, x / np.linalg.norm(x), y)))
    return pair, values, vectors


PAIR, VALUES, VECTORS = problem()


def make(stem, optimizer="sgd", degree=DEGREE, **values):
    spec = Spec(degree=degree, optimizer=optimizer)
    return registry.load("methods", f"graph_filters/{stem}")(spec=spec, given=PAIR, **values)


def lagrange(p):
    nodes = np.cos((np.arange(DEGREE + 1) + 0.5) * np.pi / (DEGREE + 1))
    return [np.prod([(p - m) / (n - m) for m in nodes if m != n], axis=0) for n in nodes]


POLYNOMIALS = {
    "monomial": lambda p: [p**k for k in range(DEGREE + 1)],
    "chebyshev": lambda p: [scipy.special.eval_chebyt(k, p) for k in range(DEGREE + 1)],
    "chebyshev_nodes": lagrange,  # the interpolant of values at the nodes
    "bernstein": lambda p: [
        scipy.special.comb(DEGREE, k) * ((1 + p) / 2) ** (DEGREE - k) * ((1 - p) / 2) ** k for k in range(DEGREE + 1)
    ],
    "jacobi": lambda p: [scipy.special.eval_jacobi(k, 1.0, -0.5, p) for k in range(DEGREE + 1)],
}


@pytest.mark.parametrize("stem", sorted(POLYNOMIALS))
def test_basis_is_its_polynomials(stem: str) -> None:
    method = make(stem, **({"a": 1.0, "b": -0.5} if stem == "jacobi" else {}))
    inner = VECTORS.T @ np.asarray(PAIR.x, float)
    expected = [VECTORS @ (np.broadcast_to(v, VALUES.shape) * inner) for v in POLYNOMIALS[stem](VALUES)]
    np.testing.assert_allclose(method.basis(), expected, atol=2e-5)


def test_optimal_basis_is_orthonormal_and_spans_the_krylov_space() -> None:
    vectors = make("optbasis").basis()
    np.testing.assert_allclose(vectors @ vectors.T, np.eye(DEGREE + 1), atol=1e-4)
    monomials, _ = np.linalg.qr(np.asarray(make("monomial").basis(), float).T)
    np.testing.assert_allclose(monomials @ (monomials.T @ np.asarray(vectors).T), np.asarray(vectors).T, atol=1e-4)


@pytest.mark.parametrize("stem", [*FIXED, "favard"])
def test_all_start_at_the_best_constant(stem: str) -> None:
    method = make(stem)
    start = method.filtered(method.init(jax.random.key(0)))
    np.testing.assert_allclose(start, (PAIR.x @ PAIR.y) / (PAIR.x @ PAIR.x) * PAIR.x, atol=1e-5)


def test_a_unit_step_of_plain_descent_ends_in_the_optimal_basis() -> None:
    method = make("optbasis", lr=1.0)
    state = method.update(method.init(jax.random.key(0)), (), jax.random.key(0))
    np.testing.assert_allclose(method.filtered(state), best_filtered(PAIR, DEGREE), atol=1e-4)
    other = make("chebyshev", lr=1.0)
    state = other.update(other.init(jax.random.key(0)), (), jax.random.key(0))
    assert float(jnp.abs(other.filtered(state) - best_filtered(PAIR, DEGREE)).max()) > 0.05


@pytest.mark.parametrize("stem", FIXED)
def test_one_step_by_hand(stem: str) -> None:
    method = make(stem, lr=0.1)
    before = method.init(jax.random.key(0))
    after = method.update(before, (), jax.random.key(0))
    vectors = np.asarray(method.basis(), float)
    residual = np.asarray(before.params, float) @ vectors - np.asarray(PAIR.y, float)
    np.testing.assert_allclose(after.params, np.asarray(before.params) - 0.1 * vectors @ residual, atol=1e-5)


def test_least_squares_is_the_oracle() -> None:
    method = make("least_squares")
    np.testing.assert_allclose(method.filtered(method.init(jax.random.key(0))), best_filtered(PAIR, DEGREE), atol=1e-5)


def params(shifts, roots):
    return favard.Params(
        coefficients=jnp.ones(DEGREE + 1),
        shifts=jnp.asarray(shifts, jnp.float32),
        roots=jnp.asarray(roots, jnp.float32),
    )


def test_favard_with_halves_is_chebyshev_of_the_second_kind() -> None:
    method = make("favard")
    vectors = method.basis(params(np.zeros(DEGREE + 1), np.full(DEGREE + 1, 0.5)))
    inner = VECTORS.T @ np.asarray(PAIR.x, float)
    expected = [VECTORS @ (2 * scipy.special.eval_chebyu(k, VALUES) * inner) for k in range(DEGREE + 1)]
    np.testing.assert_allclose(vectors, expected, atol=1e-4)


def test_favard_with_lanczos_numbers_is_the_optimal_basis() -> None:
    vectors = np.asarray(make("optbasis").basis(), float)
    inner = vectors @ np.asarray(PAIR.propagation, float) @ vectors.T
    shifts = np.append(np.diag(inner)[:-1], 0.0)
    roots = np.append(1.0, np.diag(inner, 1))
    np.testing.assert_allclose(make("favard").basis(params(shifts, roots)), vectors, atol=1e-4)


def test_favard_step_by_finite_differences() -> None:
    method = make("favard", lr=0.1, relative=3.0)
    before = method.init(jax.random.key(0))
    after = method.update(before, (), jax.random.key(0))

    def loss(value, field, at):
        changed = before.params._replace(**{field: getattr(before.params, field).at[at].add(value)})
        return float(squared_error(changed.coefficients @ method.basis(changed), PAIR))

    for field, rate in (("coefficients", 0.1), ("roots", 0.3)):
        for at in (0, 1):
            slope = (loss(0.02, field, at) - loss(-0.02, field, at)) / 0.04
            moved = float(getattr(after.params, field)[at] - getattr(before.params, field)[at])
            assert moved == pytest.approx(-rate * slope, abs=2e-4)
    assert float(favard.LEAST_ROOT) == 0.01
    clamped = method.basis(params(np.zeros(DEGREE + 1), np.full(DEGREE + 1, -1.0)))
    np.testing.assert_allclose(clamped[0], PAIR.x / 0.01, rtol=1e-5)


def test_favard_moves_its_basis() -> None:
    method = make("favard", optimizer="adam", lr=0.05)
    state = method.init(jax.random.key(0))
    update = jax.jit(lambda s: method.update(s, (), jax.random.key(0)))
    first = float(squared_error(method.filtered(state), PAIR))
    for _ in range(50):
        state = update(state)
    assert float(squared_error(method.filtered(state), PAIR)) < 0.9 * first
    assert float(jnp.abs(state.params.roots - 1.0).max()) > 0.05
