"""Searches in a latent space: the translator's law, Langevin steps in float64, the odds of rejection."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.methods.posterior_sampling import _latent as latent
from toybench.plugins import registry
from toybench.tasks.posterior_sampling import Generator, LatentSpec, Pairs

SPEC = LatentSpec(dims=3, classes=6, region="label", calls=9)
DRAW = np.random.default_rng(0)
WEIGHTS = (DRAW.normal(size=(3, 5)), DRAW.normal(size=(5, 2)))
BIASES = (DRAW.normal(size=5), np.array([0.1, -0.2]))


def generator():
    return Generator(
        weights=tuple(jnp.asarray(w, jnp.float32) for w in WEIGHTS),
        biases=tuple(jnp.asarray(b, jnp.float32) for b in BIASES),
        centre=jnp.zeros(2),
        radius=jnp.asarray(1.0),
    )


def make(stem, **values):
    return registry.load("methods", f"posterior_sampling/{stem}")(spec=SPEC, given=generator(), steps=60, **values)


def energy(z, wanted):
    """-log p(wanted | G(z)) + |z|^2 / 2 for one z, in float64."""
    x = np.tanh(z @ WEIGHTS[0] + BIASES[0]) @ WEIGHTS[1] + BIASES[1]
    logits = 8 * np.cos(np.arctan2(x[1], x[0]) - np.deg2rad(60.0 * np.arange(6)))
    return np.log(np.exp(logits).sum()) - logits[wanted] + 0.5 * (z**2).sum()


def slope(z, wanted, size=1e-5):
    return np.array([(energy(z + size * e, wanted) - energy(z - size * e, wanted)) / (2 * size) for e in np.eye(3)])


@pytest.mark.parametrize("beta", [1.0, 30.0])
def test_langevin_steps_by_the_equation(beta: float) -> None:
    """Nine calls pay for three steps."""
    key = jax.random.key(2)
    z = DRAW.normal(size=(4, 3))
    noise = np.asarray(jax.random.normal(key, (3, 4, 3)), np.float64)
    start = jnp.asarray(z, jnp.float32)
    for i in range(3):
        z = z - 0.07 * np.stack([slope(one, 2) for one in z]) + np.sqrt(2 * 0.07 / beta) * noise[i]
    found = latent.langevin(SPEC, generator(), jnp.eye(6)[2], start, 0.07, beta, key)
    np.testing.assert_allclose(found, z, rtol=2e-3, atol=2e-3)


def test_langevin_leaves_the_prior_where_all_classes_are_alike() -> None:
    """Small steps at beta = 1 keep N(0, I) if nothing is asked for."""
    spec = LatentSpec(dims=3, classes=6, region="label", calls=900)
    z = 3.0 * jax.random.normal(jax.random.key(0), (1500, 3))
    walk = jax.jit(lambda z, key: latent.langevin(spec, generator(), jnp.zeros(6), z, 0.03, 1.0, key))
    end = np.asarray(walk(z, jax.random.key(1)))
    np.testing.assert_allclose(np.cov(end.T), np.eye(3), atol=0.12)


def test_translator_likelihood_and_draws() -> None:
    """The mixture that a class is translated to: its draws have its moments, its fit goes up."""
    method = make("translator_only", lr=0.02)
    state = method.init(jax.random.key(0))
    y = np.eye(6)[np.arange(120) % 6]
    z = np.stack([np.where(y[:, 0] > 0, 2.0, -1.0), y[:, 1], y[:, 2]], 1) + 0.3 * DRAW.normal(size=(120, 3))
    batch = Pairs(x=jnp.asarray(z, jnp.float32), y=jnp.asarray(y, jnp.float32))
    update = jax.jit(method.update)
    for i in range(60):
        state = update(state, batch, jax.random.key(i))
    law = latent.translate(SPEC, state.params, batch.y[0])
    assert float(law.weights.sum()) == pytest.approx(1.0, rel=1e-5)
    assert float(law.std.min()) > 0.05
    drawn = np.asarray(method.latents(state, batch.y[0], jax.random.key(5), 4000))
    mean = np.asarray(law.weights @ law.means)
    second = np.asarray(law.weights @ (law.means**2 + law.std**2))
    np.testing.assert_allclose(drawn.mean(0), mean, atol=0.06)
    np.testing.assert_allclose((drawn**2).mean(0), second, rtol=0.1, atol=0.05)
    other = np.asarray(method.latents(state, batch.y[3], jax.random.key(5), 4000))
    assert drawn[:, 0].mean() > other[:, 0].mean() + 1.0


def test_tr0n_without_steps_is_the_translator() -> None:
    ours = make("tr0n", step=0.0, lr=0.01)
    plain = make("translator_only", lr=0.01)
    state = ours.init(jax.random.key(0))
    batch = Pairs(x=jnp.ones((8, 3)), y=jnp.eye(6)[:2].repeat(4, 0))
    state = ours.update(state, batch, jax.random.key(1))
    same = plain.update(plain.init(jax.random.key(0)), batch, jax.random.key(1))
    jax.tree.map(np.testing.assert_allclose, state.params, same.params)
    key = jax.random.key(3)
    found = ours.latents(state, jnp.eye(6)[0], key, 5)
    np.testing.assert_allclose(found, plain.latents(state, jnp.eye(6)[0], jax.random.split(key)[0], 5), rtol=1e-6)
    moved = make("tr0n", step=0.1, lr=0.01).latents(state, jnp.eye(6)[0], key, 5)
    assert float(jnp.abs(moved - found).max()) > 0.1


def test_langevin_from_the_prior_starts_there() -> None:
    z = np.asarray(make("langevin_from_prior", step=0.0).latents((), jnp.eye(6)[0], jax.random.key(0), 4000))
    np.testing.assert_allclose(z.mean(0), 0.0, atol=0.06)
    np.testing.assert_allclose(z.std(0), 1.0, atol=0.05)


def test_rejection_has_the_odds_of_its_tries() -> None:
    """Of chance p a try, all nine fail with (1 - p)^9, and then the last is as the prior has it."""
    method = make("rejection")
    wanted = jnp.eye(6)[4]
    prior = np.asarray(jax.random.normal(jax.random.key(9), (60_000, 3)))

    def chance(z):
        x = np.tanh(z @ WEIGHTS[0] + BIASES[0]) @ WEIGHTS[1] + BIASES[1]
        logits = 8 * np.cos(np.arctan2(x[:, 1], x[:, 0])[:, None] - np.deg2rad(60.0 * np.arange(6)))
        return np.exp(logits[:, 4]) / np.exp(logits).sum(1)

    p = chance(prior)
    hit = 1 - (1 - p.mean()) ** 8  # in the first eight; the ninth is taken as it is
    exact = (p**2).sum() / p.sum()
    expected = hit * exact + (1 - hit) * p.mean()
    drawn = np.asarray(method.latents((), wanted, jax.random.key(1), 8000), np.float64)
    assert chance(drawn).mean() == pytest.approx(expected, abs=0.02)


def test_best_of_draws_is_importance_resampling() -> None:
    """Nine draws, redone in numpy: the first whose running share of the chances is above the uniform number."""
    key = jax.random.key(4)
    a, b = jax.random.split(key)
    z = np.asarray(jax.random.normal(a, (50, 9, 3)), np.float64)
    x = np.tanh(z @ WEIGHTS[0] + BIASES[0]) @ WEIGHTS[1] + BIASES[1]
    logits = 8 * np.cos(np.arctan2(x[..., 1], x[..., 0])[..., None] - np.deg2rad(60.0 * np.arange(6)))
    chance = np.exp(logits[..., 1]) / np.exp(logits).sum(-1)
    ends = np.cumsum(chance, 1) / chance.sum(1, keepdims=True)
    chosen = (ends > np.asarray(jax.random.uniform(b, (50, 1)))).argmax(1)
    found = make("best_of_draws").latents((), jnp.eye(6)[1], key, 50)
    np.testing.assert_allclose(found, z[np.arange(50), chosen], rtol=1e-5)


@pytest.mark.parametrize(
    ("stem", "network", "vjp"),
    [
        ("tr0n", 3, 3),
        ("langevin_from_prior", 3, 3),
        ("translator_only", 0, 0),
        ("rejection", 9, 0),
        ("best_of_draws", 9, 0),
    ],
)
def test_calls_keep_the_budget(stem: str, network: int, vjp: int) -> None:
    calls = make(stem).calls(())
    assert (float(calls.network), float(calls.vjp)) == (network, vjp)
    assert network + 2 * vjp <= SPEC.calls
