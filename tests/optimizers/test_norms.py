"""Rules that give each array a norm: polar factors, rows, signs."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from tests.optimizers.small import BATCHES, Given, directions, rule, states
from toybench.methods.optimizers import _norms, _parts
from toybench.methods.optimizers.adam import Adam
from toybench.methods.optimizers.modular_norm import ModularNorm
from toybench.methods.optimizers.muon import Muon
from toybench.methods.optimizers.sign_descent import SignDescent
from toybench.methods.optimizers.spectral_descent import SpectralDescent

RANDOM = np.random.default_rng(11)


@dataclass(frozen=True)
class Network(Given):
    """Every role: the leaves are in the order of their names."""

    roles = ("vector", "embedding", "head", "linear")


def network() -> dict[str, np.ndarray]:
    shapes = {"a": (4,), "b": (5, 3), "c": (3, 4), "d": (3, 4)}
    return {k: RANDOM.normal(size=shape).astype(np.float32) for k, shape in shapes.items()}


WEIGHTS = network()
GRADIENTS = [network() for _ in range(3)]


def newton_schulz(matrix: np.ndarray) -> np.ndarray:
    """Muon's five iterations by singular values: odd polynomials act on each."""
    u, s, v = np.linalg.svd(matrix.astype(np.float64), full_matrices=False)
    s = s / np.linalg.norm(s)
    for _ in range(5):
        s = 3.4445 * s - 4.7750 * s**3 + 2.0315 * s**5
    return (u * s) @ v


def means(leaf: str, beta: float = 0.9) -> list[np.ndarray]:
    """Running means of a leaf's gradients, corrected for their start."""
    m = 0.0
    found = []
    for t, gradient in enumerate(GRADIENTS, 1):
        m = beta * m + (1 - beta) * gradient[leaf].astype(np.float64)
        found.append(m / (1 - beta**t))
    return found


def rms(x: np.ndarray, axis: int | None = None) -> np.ndarray:
    return np.sqrt((x**2).mean(axis, keepdims=True))


@pytest.mark.parametrize("shape", [(4, 6), (6, 4), (5, 5)])
def test_dual_is_muon_s_iteration_and_as_wide_as_its_output(shape):
    matrix = RANDOM.normal(size=shape).astype(np.float32)
    found = np.asarray(_norms.dual(matrix))
    np.testing.assert_allclose(found, (shape[1] / shape[0]) ** 0.5 * newton_schulz(matrix), atol=1e-4)
    library = optax.contrib.scale_by_muon(beta=0.9, nesterov=False)
    tree = {"w": jnp.asarray(matrix)}
    dims = {"w": optax.contrib.MuonDimensionNumbers()}
    library = optax.contrib.scale_by_muon(beta=0.9, nesterov=False, weight_dimension_numbers=dims)
    with jax.numpy_dtype_promotion("standard"):
        step, _ = library.update(tree, library.init(tree))
    np.testing.assert_allclose(found, (shape[1] / shape[0]) ** 0.5 * np.asarray(step["w"]), atol=1e-4)


def test_a_step_is_worth_its_dual_norm():
    """To first order the loss falls by rate times <G, u>: the nuclear norm, or the sum of the rows' lengths."""
    matrix = RANDOM.normal(size=(6, 6)).astype(np.float32)
    nuclear = np.linalg.svd(matrix, compute_uv=False).sum()
    assert (matrix * np.asarray(_norms.dual(matrix))).sum() == pytest.approx(nuclear, rel=0.3)
    rows = np.linalg.norm(matrix, axis=1).sum() * 6**0.5
    assert (matrix * np.asarray(_norms.rows(matrix))).sum() == pytest.approx(rows, rel=1e-5)


def test_a_vanished_mean_stays_where_it_is():
    zero = jnp.zeros((3, 4))
    for function in (_norms.dual, _norms.rows, _norms.whole):
        assert (np.asarray(function(zero)) == 0).all()


def test_modular_norm_has_a_norm_for_each_role():
    bound = rule(ModularNorm, Network(), WEIGHTS, decay=0.0)
    for leaf, by_hand in {
        "a": lambda m: m / rms(m),
        "b": lambda m: m / rms(m, 1),
        "c": lambda m: (4 / 3) ** 0.5 * newton_schulz(m),
        "d": lambda m: (4 / 3) ** 0.5 * newton_schulz(m),
    }.items():
        expected = [by_hand(m) for m in means(leaf)]
        np.testing.assert_allclose(directions(bound, GRADIENTS, leaf), expected, rtol=2e-3, atol=1e-4)


def test_spectral_descent_takes_an_embedding_for_a_matrix():
    bound = rule(SpectralDescent, Network(), WEIGHTS, decay=0.0)
    for leaf, shape in {"b": (5, 3), "c": (3, 4), "d": (3, 4)}.items():
        expected = [(shape[1] / shape[0]) ** 0.5 * newton_schulz(m) for m in means(leaf)]
        np.testing.assert_allclose(directions(bound, GRADIENTS, leaf), expected, rtol=2e-3, atol=1e-4)
    np.testing.assert_allclose(directions(bound, GRADIENTS, "a"), [m / rms(m) for m in means("a")], rtol=1e-3)


def test_sign_descent_has_one_norm_for_all():
    bound = rule(SignDescent, Network(), WEIGHTS, decay=0.0)
    for leaf in "abcd":
        np.testing.assert_allclose(directions(bound, GRADIENTS, leaf), np.sign(means(leaf)), rtol=1e-4)


def test_muon_leaves_all_but_linear_maps_to_a_share_of_adam():
    bound = rule(Muon, Network(), WEIGHTS, decay=0.0, share=0.25)
    adam = rule(Adam, Network(), WEIGHTS)
    for leaf in "abc":
        plain = directions(adam, GRADIENTS, leaf)
        np.testing.assert_allclose(directions(bound, GRADIENTS, leaf), 0.25 * plain, rtol=1e-3, atol=1e-4)


def test_muon_makes_nesterov_s_momentum_orthogonal():
    found = directions(rule(Muon, Network(), WEIGHTS, decay=0.0), GRADIENTS, "d")
    m = 0.0
    for t, (step, batch) in enumerate(zip(found, GRADIENTS, strict=True), 1):
        g = batch["d"].astype(np.float64)
        m = 0.95 * m + 0.05 * g
        u = 0.95 * m / (1 - 0.95 ** (t + 1)) + 0.05 * g / (1 - 0.95**t)
        np.testing.assert_allclose(step, (4 / 3) ** 0.5 * newton_schulz(u), rtol=1e-3, atol=1e-4)


def test_tall_steps_of_muon_are_not_stretched():
    tall = {"bias": BATCHES[0]["bias"], "map": BATCHES[0]["map"].T.copy()}
    found = directions(rule(Muon, Given(), tall, decay=0.0), [tall])[0]
    np.testing.assert_allclose(found, newton_schulz(tall["map"]), atol=1e-3)


def test_decay_is_beside_the_norms():
    for cls in (ModularNorm, SpectralDescent, SignDescent, Muon):
        still = states(rule(cls, Network(), WEIGHTS, decay=0.0), GRADIENTS[:1])[0].params["d"]
        pulled = states(rule(cls, Network(), WEIGHTS, decay=0.5), GRADIENTS[:1])[0].params["d"]
        np.testing.assert_allclose(pulled, still - 0.05 * WEIGHTS["d"], rtol=1e-4, atol=1e-6)


def test_rates_are_four_a_decade():
    grid = _parts.rates(0.001)
    assert len(grid) == 12
    assert grid[:5] == (0.001, 0.0018, 0.0032, 0.0056, 0.01)
    assert _parts.rates(0.1, 2) == (0.1, 0.18)


def test_roles_are_the_problem_s_or_seen_from_the_shapes():
    assert _parts.roles(Network(), WEIGHTS) == ["vector", "embedding", "head", "linear"]

    @dataclass(frozen=True)
    class Unnamed(Given):
        roles = ()

    assert _parts.roles(Unnamed(), WEIGHTS) == ["vector", "linear", "linear", "linear"]
    assert _parts.labelled(Network(), WEIGHTS) == {"a": "vector", "b": "embedding", "c": "head", "d": "linear"}
