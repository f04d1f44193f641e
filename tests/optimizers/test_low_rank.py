"""Adam in a low-rank view: which side is projected, how projectors turn, what stays Adam."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tests.optimizers.small import BATCHES, Given, directions, leaves, rule, states
from toybench.blocks.descent import Now
from toybench.methods.optimizers import _low_rank
from toybench.methods.optimizers.adam import Adam
from toybench.methods.optimizers.galore import GaLore
from toybench.methods.optimizers.online_subspace_descent import OnlineSubspaceDescent, missing
from toybench.methods.optimizers.random_projection import RandomProjection

RULES = (GaLore, RandomProjection, OnlineSubspaceDescent)


def leading(matrix: np.ndarray, rank: int = 2) -> np.ndarray:
    return np.linalg.svd(matrix.astype(np.float64), full_matrices=False)[0][:, :rank]


def adam(gradients: list[np.ndarray]) -> np.ndarray:
    """Adam's direction after these gradients."""
    m = v = 0.0
    for g in gradients:
        m = 0.9 * m + 0.1 * g
        v = 0.999 * v + 0.001 * g**2
    t = len(gradients)
    return m / (1 - 0.9**t) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)


def test_galore_s_projectors_are_singular_vectors_of_every_second_gradient():
    bound = rule(GaLore, decay=0.0, rank=2, every=2)
    projectors = [np.asarray(s.slots.projectors[0], np.float64) for s in states(bound, BATCHES[:4])]
    for t, projector in enumerate(projectors):
        source = BATCHES[t - t % 2]["map"]
        np.testing.assert_allclose(np.abs(projector), np.abs(leading(source)), atol=1e-4)  # up to signs
    low = []
    for projector, step, batch in zip(projectors, directions(bound, BATCHES[:4]), BATCHES[:4], strict=True):
        low.append(projector.T @ batch["map"])
        np.testing.assert_allclose(step, 0.25 * projector @ adam(low), rtol=2e-3, atol=1e-3)


@pytest.mark.parametrize("cls", RULES)
def test_vectors_have_adam_and_projectors_of_linear_maps_are_orthonormal(cls):
    bound = rule(cls, decay=0.0, rank=2)
    np.testing.assert_allclose(
        directions(bound, BATCHES, "bias"), directions(rule(Adam), BATCHES, "bias"), rtol=1e-4, atol=1e-4
    )
    (projector,) = states(bound, BATCHES[:1])[0].slots.projectors
    np.testing.assert_allclose(projector.T @ projector, np.eye(2), atol=1e-5)
    assert projector.shape == (3, 2)


@pytest.mark.parametrize("cls", RULES)
def test_a_step_lies_in_the_projectors_span_of_the_shorter_side(cls):
    tall = leaves(rows=6, columns=3)
    bound = rule(cls, start=tall, decay=0.0, rank=2)
    batch = leaves(rows=6, columns=3)
    (projector,) = states(bound, [batch])[0].slots.projectors
    step = directions(bound, [batch])[0]
    assert projector.shape == (3, 2)
    np.testing.assert_allclose(step @ projector @ projector.T, step, atol=1e-4)
    assert np.linalg.matrix_rank(step, tol=1e-3) == 2


def test_scale_is_the_length_of_a_projected_step():
    one = directions(rule(GaLore, decay=0.0, rank=2, scale=1.0), BATCHES[:2])
    quarter = directions(rule(GaLore, decay=0.0, rank=2), BATCHES[:2])
    np.testing.assert_allclose(quarter, one / 4, rtol=1e-3, atol=1e-4)


def test_random_projectors_are_drawn_anew_and_blindly():
    bound = rule(RandomProjection, rank=2, every=2)
    first, second, third = (s.slots.projectors[0] for s in states(bound, BATCHES[:3]))
    assert (first == second).all()
    assert np.abs(third - second).max() > 0.1
    np.testing.assert_allclose(third.T @ third, np.eye(2), atol=1e-5)
    flipped = [{k: -v for k, v in batch.items()} for batch in BATCHES[:1]]
    assert (states(bound, flipped)[0].slots.projectors[0] == first).all()


def test_a_projector_takes_a_step_of_pca_after_the_update():
    """The gradient of |N - P P^T N|^2 is -4 S P + 2 S P P^T P + 2 P P^T S P, where S = N N^T."""
    bound = rule(OnlineSubspaceDescent, rank=2, every=10, warmup=0.5)
    found = [np.asarray(s.slots.projectors[0], np.float64) for s in states(bound, BATCHES[:4])]
    p = found[0]
    np.testing.assert_allclose(np.abs(p), np.abs(leading(BATCHES[0]["map"])), atol=1e-4)
    errors = []
    for t, batch in enumerate(BATCHES[1:4], 1):
        n = batch["map"].astype(np.float64) / np.linalg.norm(batch["map"])
        s = n @ n.T
        errors.append(-4 * s @ p + 2 * s @ p @ p.T @ p + 2 * p @ p.T @ s @ p)
        p = p - min(1.0, (t + 1) / 3) / 10 * (adam(errors) + 0.01 * p)
        np.testing.assert_allclose(found[t], p, rtol=1e-3, atol=1e-4)


def test_an_update_uses_the_projector_before_its_step():
    bound = rule(OnlineSubspaceDescent, decay=0.0, rank=2, every=10)
    before = np.asarray(states(bound, BATCHES[:2])[1].slots.projectors[0])
    used = np.asarray(states(bound, BATCHES[:1])[0].slots.projectors[0])
    step = directions(bound, BATCHES[:2])[1]
    span = used @ np.linalg.pinv(used)
    np.testing.assert_allclose(span @ step, step, atol=1e-4)
    assert np.abs(before - used).max() > 0.01


def test_online_pca_of_one_gradient_finds_its_leading_space():
    gradient = np.diag([3.0, 2.0, 0.1]) @ np.random.default_rng(2).normal(size=(3, 5))
    first = {"bias": np.zeros(5, np.float32), "map": np.eye(3, 5, k=0, dtype=np.float32)[::-1].copy()}
    bound = rule(OnlineSubspaceDescent, Given(), rank=2, every=50)
    turn = jax.jit(lambda p, m: bound.turn(now(1), p, m, [jnp.asarray(gradient, jnp.float32)], jax.random.key(0))[1:])
    projectors = [jnp.asarray(leading(first["map"] + 0.1 * gradient), jnp.float32)[::-1]]
    memory = bound.remembered(projectors)
    for _ in range(600):
        projectors, memory = turn(projectors, memory)
    best = leading(gradient)
    assert float(missing(projectors[0], gradient)) < 1.05 * float(missing(jnp.asarray(best, jnp.float32), gradient))


def now(done: int) -> Now:
    """Some update at the full rate."""
    one = jnp.ones(())
    return Now(lr=one, decay=0 * one, factor=one, done=jnp.int32(done))


def test_leading_vectors_come_by_size():
    matrix = np.random.default_rng(1).normal(size=(4, 6)).astype(np.float32)
    found = np.asarray(_low_rank.leading(matrix, 3))
    np.testing.assert_allclose(np.abs(found), np.abs(leading(matrix, 3)), atol=1e-4)
