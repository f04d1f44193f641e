"""Decoders of products: fixed points, limits in which one is another, and an exhaustive search."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.plugins import registry
from toybench.protocol import Learner
from toybench.tasks.vector_symbolic.factorization import Factorization

TASK = Factorization(codewords=10, products=24, sweeps=12)
NAMES = ("resonator", "projection_resonator", "attention_resonator", "stochastic_resonator", "coordinate_search")


def decoder(name, task=TASK, **fields):
    method = replace(registry.load("methods", f"vector_symbolic/{name}")(spec=task.spec), **fields)
    return Learner(method, method.init(jax.random.key(7)))


def trace(name, world, task=TASK, **fields):
    who = decoder(name, task, **fields)
    return jax.jit(lambda w, s: who.method.factorize(s, w.products, w.codebooks))(world, who.state)


@pytest.mark.parametrize("kind", ["phasor", "bipolar"])
@pytest.mark.parametrize("name", NAMES)
def test_the_true_factors_are_a_fixed_point(name, kind):
    """Given the others' true codewords, a clean-up leaves the true one where it was, for few codewords."""
    task = replace(TASK, codebook=kind)
    world, who = task.sample(jax.random.key(0)), decoder(name, task, **({"noise": 0.0} if "stoch" in name else {}))
    true = [world.codebooks[i, world.chosen[:, i]] for i in range(3)]
    for i in range(3):
        others = true[(i + 1) % 3] * true[(i + 2) % 3]
        query = world.products * others.conj()
        np.testing.assert_allclose(query, true[i], atol=1e-5)
        guess = who.clean_up(query, world.codebooks[i], jax.random.key(0))
        near = jnp.argmax(jnp.abs(guess @ world.codebooks[i].conj().T), -1)
        np.testing.assert_array_equal(near, world.chosen[:, i])
        norm = jnp.sqrt((jnp.abs(guess) ** 2).sum(-1))
        np.testing.assert_allclose(norm, task.dim**0.5, rtol=1e-5)


@pytest.mark.parametrize("kind", ["phasor", "bipolar"])
def test_small_products_are_solved_as_an_exhaustive_search_solves_them(kind):
    task = replace(TASK, codebook=kind, codewords=6, dim=128)
    world = task.sample(jax.random.key(1))
    x, y, z = np.asarray(world.codebooks)
    every = np.einsum("id,jd,kd->ijkd", x, y, z).reshape(-1, task.dim)
    best = np.argmax((np.asarray(world.products) @ every.conj().T).real, -1)
    np.testing.assert_array_equal(np.stack(np.unravel_index(best, (6, 6, 6)), -1), world.chosen)
    found = trace("resonator", world, task)
    assert np.mean(np.asarray(found[-1] == world.chosen).all(-1)) > 0.9


def test_limits_in_which_one_decoder_is_another():
    world = replace(TASK, codewords=16).sample(jax.random.key(2))
    task = replace(TASK, codewords=16)
    hard = trace("coordinate_search", world, task)
    np.testing.assert_array_equal(trace("attention_resonator", world, task, beta=1e4), hard)
    linear = trace("resonator", world, task)
    quiet = trace("stochastic_resonator", world, task, noise=0.0, threshold=0.0)
    assert (quiet == linear).mean() > 0.99  # two programs may round a near-tie to either side
    assert (hard != linear).any()


def test_cold_attention_is_the_mean_plus_the_linear_clean_up():
    """softmax(beta a) = 1/m + beta (a - mean a) / m + O(beta^2)."""
    world, beta = replace(TASK, codebook="bipolar").sample(jax.random.key(3)), 1e-2
    who = decoder("attention_resonator", beta=beta)
    inner = world.products @ world.codebooks[0].T
    similar = inner / TASK.dim**0.5
    weights = who.weigh(inner, world.codebooks[0], jax.random.key(0))
    expected = (1 + beta * (similar - similar.mean(-1, keepdims=True))) / TASK.codewords
    np.testing.assert_allclose(weights, expected, atol=2 * beta**2 * float(jnp.abs(similar).max()) ** 2 / 10)


def test_the_projection_is_a_projection():
    world, who = TASK.sample(jax.random.key(4)), decoder("projection_resonator")
    book = world.codebooks[0]

    def project(query):
        return who.weigh(query @ book.conj().T, book, jax.random.key(0)) @ book

    once = project(world.products)
    np.testing.assert_allclose(project(once), once, atol=1e-3)
    np.testing.assert_allclose(project(book), book, atol=1e-3)
    assert float(jnp.abs(once - world.products).mean()) > 0.3


def test_phases_of_factors_can_be_exchanged():
    """(a x) (b y) (conj(ab) z) is the same product: a decoder may answer with turned factors."""
    world = TASK.sample(jax.random.key(5))
    x, y, z = (world.codebooks[i, world.chosen[:, i]] for i in range(3))
    turn = jnp.exp(jnp.array(1j, jnp.complex64))
    np.testing.assert_allclose(x * turn * y * z * turn.conj(), world.products, atol=1e-5)


def test_solved_means_right_to_the_end():
    """Right from sweep 3 on; right but left again; never; right from the start."""
    task = replace(TASK, products=4, sweeps=5)
    world = task.sample(jax.random.key(6))
    right = jnp.array([[0, 0, 1, 1, 1], [1, 1, 1, 1, 0], [0, 0, 0, 0, 0], [1, 1, 1, 1, 1]]).T[..., None]
    answer = jnp.where(right == 1, world.chosen[None], (world.chosen[None] + 1) % task.codewords)

    class Fixed:
        def factorize(self, products, codebooks):
            return answer

    found = task.evaluate(world, jax.random.key(0), Fixed())
    assert float(found["accuracy"]) == 0.5
    assert float(found["iterations"]) == (3 + 5 + 5 + 1) / 4


@pytest.mark.parametrize("kind", ["phasor", "bipolar"])
def test_noise_is_as_strong_as_it_says(kind):
    task = replace(TASK, codebook=kind, noise=0.2, products=200)
    clean, noisy = (replace(task, noise=n).sample(jax.random.key(8)).products for n in (0.0, 0.2))
    kept = float(jnp.mean(jnp.real(noisy * clean.conj())))
    np.testing.assert_allclose(jnp.abs(noisy), 1, atol=1e-5)
    # signs flip with probability 0.2; a phase turns by about 0.2 / sqrt(2) of a radian
    assert kept == pytest.approx({"bipolar": 0.6, "phasor": 1 - 0.2**2 / 4}[kind], abs=0.01)


def test_ties_of_signs_are_exact():
    """Where the weighted codewords cancel, the drawn sign decides, and nowhere else."""
    task = replace(TASK, codebook="bipolar", dim=12, codewords=4)
    who = decoder("resonator", task)
    rng = np.random.default_rng(0)
    book, query = rng.choice([-1.0, 1.0], (4, 12)), rng.choice([-1.0, 1.0], (50, 12))
    total = (query @ book.T) @ book
    want = np.where(total == 0, np.asarray(who.state.ties)[None], np.sign(total))
    found = who.clean_up(jnp.asarray(query, jnp.float32), jnp.asarray(book, jnp.float32), jax.random.key(0))
    assert (total == 0).sum() > 20
    np.testing.assert_array_equal(found, want)
