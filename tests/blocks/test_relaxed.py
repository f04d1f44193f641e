"""Discrete choices against enumeration and frequencies."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np

from toybench.blocks import relaxed

LOGITS = jnp.asarray([0.3, -1.2, 0.8, 2.0, -0.4, 0.0])


def subset_chances(k: int) -> dict[tuple[int, ...], float]:
    """Chance of every subset of k items, by enumeration."""
    weights = {s: float(np.exp(sum(LOGITS[i] for i in s))) for s in itertools.combinations(range(6), k)}
    return {s: w / sum(weights.values()) for s, w in weights.items()}


def test_marginals_are_those_of_enumeration() -> None:
    for k in (1, 2, 5, 6):
        expected = np.zeros(6)
        for subset, chance in subset_chances(k).items():
            expected[list(subset)] += chance
        found = relaxed.inclusion_marginals(LOGITS, k)
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(found.sum(), k, rtol=1e-5)
    np.testing.assert_allclose(relaxed.inclusion_marginals(LOGITS, 1), jax.nn.softmax(LOGITS), rtol=1e-5)
    batch = relaxed.inclusion_marginals(jnp.stack([LOGITS, LOGITS[::-1]])[None], 2)
    np.testing.assert_allclose(batch[0, 1], batch[0, 0][::-1], rtol=1e-4)


def test_marginals_have_finite_gradients() -> None:
    slope = jax.jacobian(lambda logits: relaxed.inclusion_marginals(logits, 2))(LOGITS)
    step = 1e-2
    ahead = relaxed.inclusion_marginals(LOGITS.at[2].add(step), 2)
    behind = relaxed.inclusion_marginals(LOGITS.at[2].add(-step), 2)
    np.testing.assert_allclose(slope[:, 2], (ahead - behind) / (2 * step), atol=1e-3)


def test_subsets_come_as_often_as_they_should() -> None:
    uniform = jax.random.uniform(jax.random.key(0), (20_000, 6))
    drawn = jax.vmap(lambda u: relaxed.sample_subset(u, LOGITS, 2))(uniform)
    np.testing.assert_array_equal(drawn.sum(1), 2.0)
    for subset, chance in subset_chances(2).items():
        share = float((drawn[:, jnp.asarray(subset)].sum(1) == 2).mean())
        np.testing.assert_allclose(share, chance, atol=4 * (chance * (1 - chance) / 20_000) ** 0.5 + 1e-4)
    every = relaxed.sample_subset(uniform[0], LOGITS, 6)
    np.testing.assert_array_equal(every, 1.0)


def test_one_hot_draws_follow_the_softmax_and_pass_its_gradient() -> None:
    noise = relaxed.gumbel(jax.random.uniform(jax.random.key(1), (20_000, 6)))
    drawn = relaxed.gumbel_one_hot(noise, jnp.broadcast_to(LOGITS, noise.shape), 0.5)
    np.testing.assert_allclose(drawn.mean(0), jax.nn.softmax(LOGITS), atol=0.015)
    weights = jnp.arange(6.0)
    slope = jax.grad(lambda z: relaxed.gumbel_one_hot(jnp.zeros(6), z, 0.5) @ weights)(LOGITS)
    np.testing.assert_allclose(slope, jax.grad(lambda z: jax.nn.softmax(z / 0.5) @ weights)(LOGITS), rtol=1e-5)
    assert bool(jnp.isfinite(relaxed.gumbel(jnp.zeros(3))).all())
