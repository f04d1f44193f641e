"""The world's laws: what is given is consistent, and the oracle is the optimum by a second way."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.plugins import registry
from toybench.tasks.graph_filters import Pair, best_filtered, krylov_basis


def task(**knobs):
    return registry.load("tasks", "graph_filters/filter_regression")(**knobs)


GAINS = {
    "band": lambda f: np.exp(-10 * (f - 1) ** 2),
    "comb": lambda f: np.abs(np.sin(np.pi * f)),
    "low": lambda f: np.exp(-10 * f**2),
}


@pytest.mark.parametrize("name", sorted(GAINS))
def test_the_target_is_the_filtered_signal(name: str) -> None:
    """In float64 y is in proportion to g(I - P) x."""
    world = jax.jit(task(response=name).sample)(jax.random.key(0))
    propagation = np.asarray(world.propagation, float)
    values, vectors = np.linalg.eigh(propagation)
    y = vectors @ (GAINS[name](1 - values) * (vectors.T @ np.asarray(world.x, float)))
    np.testing.assert_allclose(world.y, y / np.linalg.norm(y), atol=2e-5)
    assert values[-1] == pytest.approx(1.0, abs=1e-5)  # connected: 1, once
    assert values[-2] < 0.9999
    assert np.linalg.norm(world.x) == pytest.approx(1.0, abs=1e-5)


def test_graph_is_geometric_and_has_a_cycle() -> None:
    world = jax.jit(task().sample)(jax.random.key(1))
    linked = np.asarray(world.propagation) > 0
    assert (linked == linked.T).all()
    assert not linked.diagonal().any()
    assert all(linked[i, (i + 1) % 96] for i in range(96))
    assert 8 < linked.sum() / 96 < 16  # 96 nodes, discs of 0.126 less what the edge cuts off, and the cycle


def test_least_squares_by_a_second_way() -> None:
    """float64 QR of shifted powers, against Lanczos in float32; a polynomial of the degree itself is met exactly."""
    world = jax.jit(task().sample)(jax.random.key(2))
    propagation = np.asarray(world.propagation, float)
    powers = [np.asarray(world.x, float)]
    for _ in range(10):
        powers.append(2 * propagation @ powers[-1] - (powers[-2] if len(powers) > 1 else 0) / (1 + (len(powers) == 1)))
    q, _ = np.linalg.qr(np.stack(powers, 1))
    np.testing.assert_allclose(best_filtered(world, 10), q @ (q.T @ np.asarray(world.y, float)), atol=2e-5)
    vectors = krylov_basis(world, 10)
    np.testing.assert_allclose(vectors @ vectors.T, np.eye(11), atol=1e-5)
    y = jnp.asarray(propagation @ propagation @ powers[0], jnp.float32)
    np.testing.assert_allclose(best_filtered(world._replace(y=y), 10), y, atol=1e-5)


def test_references_and_the_excess() -> None:
    one = task()
    world = jax.jit(one.sample)(jax.random.key(3))
    floor = one.evaluate(world, jax.random.key(0), one.floor(world))
    oracle = one.evaluate(world, jax.random.key(0), one.oracle(world))
    assert float(oracle["log10_excess"]) == pytest.approx(-10.0)
    best = 1 - float(oracle["loss"])
    assert 0.9 < best < 1.0
    assert float(floor["log10_excess"]) == pytest.approx(np.log10(best), abs=1e-3)  # |y*|^2, by Pythagoras
    assert float(floor["loss"]) == pytest.approx(1.0, abs=1e-5)


def test_a_short_krylov_space_is_no_trouble() -> None:
    """Two nodes: after two vectors nothing is left."""
    pair = Pair(propagation=jnp.array([[0.0, 1.0], [1.0, 0.0]]), x=jnp.array([0.6, 0.8]), y=jnp.array([1.0, 0.0]))
    assert bool(jnp.isfinite(krylov_basis(pair, 4)).all())
