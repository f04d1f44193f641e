"""Gradient estimators against enumeration over all samples, and over many draws where the noise is continuous."""

import itertools
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.methods.vector_quantization.gapped_estimator import GappedEstimator
from toybench.methods.vector_quantization.gumbel_relaxation import GumbelRelaxation
from toybench.methods.vector_quantization.rao_gumbel import RaoGumbel, conditional_gumbel
from toybench.methods.vector_quantization.reinforce import Reinforce
from toybench.methods.vector_quantization.reinmax import ReinMax
from toybench.methods.vector_quantization.st_estimator import STEstimator
from toybench.methods.vector_quantization.st_gumbel_estimator import STGumbelEstimator
from toybench.tasks.vector_quantization._estimators import Cost, exact, quality
from toybench.tasks.vector_quantization.categorical_vae import Autoencoder
from toybench.tasks.vector_quantization.discrete_latent_polynomial import DiscreteLatentPolynomial, Polynomial

LATENTS, CATEGORIES = 3, 3
METHODS = "toybench.methods.vector_quantization"
CODES = np.eye(CATEGORIES, dtype=np.float32)[list(itertools.product(range(CATEGORIES), repeat=LATENTS))]


def random(*shape, seed=0):
    return jnp.asarray(np.random.default_rng(seed).normal(size=shape), jnp.float32)


def quadratic(seed=0):
    """A quadratic cost of all latents jointly, [b, l, k] to [b]."""
    size = LATENTS * CATEGORIES
    matrix, vector = random(size, size, seed=seed), random(size, seed=seed + 1)

    def cost(z):
        flat = z.reshape(len(z), -1)
        return jnp.einsum("bi,ij,bj->b", flat, matrix, flat) + flat @ vector

    return cost


def cubic(z):
    """A cost with a third derivative: quadratic(z) + (w . z)^3."""
    return quadratic()(z) + (z.reshape(len(z), -1) @ random(LATENTS * CATEGORIES, seed=5)) ** 3


def enumerated(f):
    """The cost with its expectation, summed over all codes."""

    def expected(logits):
        log_q = jnp.einsum("blk,clk->bc", jax.nn.log_softmax(logits), jnp.asarray(CODES))
        return jnp.exp(log_q) @ f(jnp.asarray(CODES))

    return Cost(f, expected)


def expectation(monkeypatch, method, cost, logits, codes=CODES):
    """Exact expectation [l, k] of an estimator whose only noise is one categorical sample a latent, logits [l, k]."""
    module = sys.modules[type(method).__module__]
    monkeypatch.setattr(module, "one_hot_sample", lambda key, theta: jnp.asarray(codes))
    every = jnp.broadcast_to(logits[None], codes.shape)
    gradients = jax.jit(lambda t: method.logit_gradient(None, cost, t, jax.random.key(0)))(every)
    weight = jnp.prod(jnp.sum(jax.nn.softmax(logits)[None] * codes, axis=-1), axis=-1)
    return jnp.einsum("c,clk->lk", weight, gradients)


def draws(method, cost, logits, count, seed=0):
    """Mean, standard error and variance [l, k] of independent estimates at logits [l, k]."""
    many = jnp.broadcast_to(logits[None], (count, *logits.shape))
    g = jax.jit(lambda key: method.logit_gradient(None, cost, many, key))(jax.random.key(seed))
    return g.mean(0), g.std(0) / count**0.5, g.var(0)


def test_reinmax_is_exact_for_a_quadratic_cost_and_straight_through_is_not(monkeypatch):
    cost, logits = enumerated(quadratic()), random(LATENTS, CATEGORIES, seed=3)
    truth = exact(cost, logits[None])[0]
    np.testing.assert_allclose(expectation(monkeypatch, ReinMax(), cost, logits), truth, atol=1e-5)
    assert jnp.abs(expectation(monkeypatch, STEstimator(), cost, logits) - truth).max() > 0.1


def test_reinmax_needs_temperature_one_and_a_quadratic(monkeypatch):
    logits = random(LATENTS, CATEGORIES, seed=3)
    for method, f in ((ReinMax(temperature=1.5), quadratic()), (ReinMax(), cubic)):
        cost = enumerated(f)
        difference = expectation(monkeypatch, method, cost, logits) - exact(cost, logits[None])[0]
        assert jnp.abs(difference).max() > 0.05


def test_reinmax_follows_the_trapezoid_rule_for_any_cost(monkeypatch):
    """One latent: sum_ij pi_j / 2 (f'(I_j) + f'(I_i)) . (I_i - I_j) dpi_i/dtheta, the second-order approximation."""
    theta, w = random(1, CATEGORIES, seed=4), random(CATEGORIES, seed=6)

    def f(z):
        return jnp.exp(z[:, 0] @ w) + (z[:, 0] @ w) ** 3

    codes = np.eye(CATEGORIES, dtype=np.float32)[:, None]
    found = expectation(monkeypatch, ReinMax(), Cost(f, lambda x: x), theta, codes)[0]
    pi, corner = jax.nn.softmax(theta[0]), jnp.eye(CATEGORIES)
    slope = jax.vmap(jax.grad(lambda z: f(z[None, None])[0]))(corner)
    jacobian = jnp.diag(pi) - jnp.outer(pi, pi)
    wanted = jnp.zeros(CATEGORIES)
    for i, j in itertools.product(range(CATEGORIES), repeat=2):
        rise = (slope[j] + slope[i]) @ (corner[i] - corner[j])
        wanted = wanted + pi[j] / 2 * rise * jacobian[i]
    np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_reinmax_gradient_of_one_sample_by_hand(monkeypatch):
    """Binary, pi = (3/4, 1/4), D = (1, 0), f' = (1, 0): 2 J((7/8, 1/8)) - J(pi) / 2 in the corner is 7/32 - 3/32."""
    monkeypatch.setattr(
        "toybench.methods.vector_quantization.reinmax.one_hot_sample", lambda k, t: jnp.array([[[1.0, 0.0]]])
    )
    logits = jnp.log(jnp.array([[[3.0, 1.0]]]))
    found = ReinMax().logit_gradient(None, Cost(lambda z: z[:, 0, 0], None), logits, jax.random.key(0))
    np.testing.assert_allclose(found[0, 0], jnp.array([1 / 8, -1 / 8]), atol=1e-6)


def test_straight_through_has_the_bias_it_is_known_for(monkeypatch):
    """p = 2: the expected slope pi f'(1) + (1 - pi) f'(0) vanishes at pi = c, the exact one f(1) - f(0) never."""
    c, model = 0.45, Polynomial(latents=LATENTS, categories=2)
    cost = model.cost(jnp.array([2.0, c]), None, jnp.zeros(8))
    codes = np.eye(2, dtype=np.float32)[list(itertools.product(range(2), repeat=LATENTS))]
    pi = jnp.array([c, 0.2, 0.7])
    logits = jnp.log(jnp.stack([pi, 1 - pi], axis=-1))
    spread = pi * (1 - pi) / LATENTS
    found = expectation(monkeypatch, STEstimator(), cost, logits, codes)[:, 0]
    np.testing.assert_allclose(found, spread * (2 * pi * (1 - c) - 2 * (1 - pi) * c), atol=1e-6)
    assert abs(float(found[0])) < 1e-6 and float(found[1]) < 0  # at pi = 0.2 it even points the wrong way
    np.testing.assert_allclose(exact(cost, logits[None])[0, :, 0], spread * ((1 - c) ** 2 - c**2), atol=1e-6)
    np.testing.assert_allclose(expectation(monkeypatch, ReinMax(), cost, logits, codes)[:, 0], spread * 0.1, atol=1e-6)


def test_reinforce_is_unbiased_by_enumeration_of_its_pairs(monkeypatch):
    """n = 2: every pair of the 27 codes, weighted by its probability."""
    cost, logits = enumerated(cubic), random(LATENTS, CATEGORIES, seed=3)
    first, second = (jnp.asarray(CODES[i]) for i in np.indices((27, 27)).reshape(2, -1))
    monkeypatch.setattr(
        "toybench.methods.vector_quantization.reinforce.one_hot_sample", lambda k, t: jnp.stack([first, second])
    )
    every = jnp.broadcast_to(logits[None], first.shape)
    gradients = Reinforce(samples=2).logit_gradient(None, cost, every, jax.random.key(0))
    pi = jax.nn.softmax(logits)[None]
    weight = jnp.prod(jnp.sum(pi * first, -1), -1) * jnp.prod(jnp.sum(pi * second, -1), -1)
    found = jnp.einsum("c,clk->lk", weight, gradients)
    np.testing.assert_allclose(found, exact(cost, logits[None])[0], atol=2e-4)


def test_gumbel_rao_has_the_mean_of_straight_through_gumbel_and_less_variance():
    cost, logits = Cost(cubic, None), random(LATENTS, CATEGORIES, seed=3)
    mean, error, variance = draws(STGumbelEstimator(temperature=0.5), cost, logits, 20000)
    rao_mean, rao_error, rao_variance = draws(RaoGumbel(temperature=0.5), cost, logits, 20000, seed=1)
    assert (jnp.abs(mean - rao_mean) < 5 * jnp.sqrt(error**2 + rao_error**2)).all()
    assert rao_variance.sum() < 0.9 * variance.sum()
    assert (jnp.abs(mean - exact(enumerated(cubic), logits[None])[0]) > 5 * error).any()


def test_gumbel_rao_with_one_draw_is_straight_through_gumbel():
    cost, logits = Cost(cubic, None), random(LATENTS, CATEGORIES, seed=3)
    mean, error, variance = draws(STGumbelEstimator(), cost, logits, 20000)
    one_mean, one_error, one_variance = draws(RaoGumbel(draws=1), cost, logits, 20000, seed=1)
    assert (jnp.abs(mean - one_mean) < 5 * jnp.sqrt(error**2 + one_error**2)).all()
    np.testing.assert_allclose(one_variance.sum(), variance.sum(), rtol=0.1)


def test_conditional_gumbel_noise_leads_to_its_sample_and_is_gumbel_on_average():
    logits = jnp.broadcast_to(random(CATEGORIES, seed=2)[None], (4000, CATEGORIES))
    sample = jax.nn.one_hot(jax.random.categorical(jax.random.key(1), logits), CATEGORIES)
    noise = conditional_gumbel(jax.random.key(0), logits, sample, 10)
    assert ((logits[None] + noise).argmax(-1) == sample.argmax(-1)[None]).all()
    assert abs(float(noise.mean()) - np.euler_gamma) < 0.02 and abs(float(noise.var()) - np.pi**2 / 6) < 0.06


def test_gumbel_relaxation_differentiates_the_relaxed_cost():
    """For a binary latent and f(z) = z_0^2, by integration over the logistic difference of the Gumbel noises."""
    cost, theta, tau = Cost(lambda z: z[:, 0, 0] ** 2, None), 0.7, 0.5
    u = (np.arange(200000) + 0.5) / 200000
    y = 1 / (1 + np.exp(-(theta + np.log(u) - np.log1p(-u)) / tau))
    mean, error, _ = draws(GumbelRelaxation(temperature=tau), cost, jnp.array([[theta, 0.0]]), 20000)
    assert abs(float(mean[0, 0]) - (2 * y * y * (1 - y) / tau).mean()) < 5 * float(error[0, 0])


def test_gapped_estimator_moves_the_sample_to_the_lead(monkeypatch):
    """theta = (2, 1.5, 0), D = 2: the surrogate is the softmax at (1, 1, 2)."""
    monkeypatch.setattr(f"{METHODS}.gapped_estimator.one_hot_sample", lambda k, t: jnp.array([[[0.0, 0, 1]]]))
    slope = jnp.array([1.0, -2.0, 0.5])
    cost = Cost(lambda z: z[:, 0] @ slope, None)
    found = GappedEstimator().logit_gradient(None, cost, jnp.array([[[2.0, 1.5, 0.0]]]), jax.random.key(0))[0, 0]
    p = jax.nn.softmax(jnp.array([1.0, 1.0, 2.0]))
    np.testing.assert_allclose(found, p * (slope - p @ slope), atol=1e-6)


@pytest.mark.parametrize("exponent", [1.5, 2.0, 3.0])
def test_polynomial_expectation_is_the_mean_over_all_samples(exponent):
    model = Polynomial(latents=LATENTS, categories=CATEGORIES)
    logits, x = random(LATENTS, CATEGORIES), jnp.zeros(len(CODES))
    cost = model.cost(jnp.array([exponent, 0.45]), None, x)
    weight = jnp.prod(jnp.sum(jax.nn.softmax(logits)[None] * CODES, -1), -1)
    np.testing.assert_allclose(cost.expected(logits[None])[0], weight @ cost.sampled(jnp.asarray(CODES)), rtol=1e-5)


def test_polynomial_oracle_reaches_the_least_cost():
    task = DiscreteLatentPolynomial()
    world = task.sample(jax.random.key(0))
    found = task.evaluate(world, jax.random.key(1), task.oracle(world))
    np.testing.assert_allclose(found["final_objective"], 0.45**1.5, rtol=1e-5)
    np.testing.assert_allclose([found["gradient_cosine"], found["gradient_bias"]], [1.0, 0.0], atol=1e-5)


def test_vae_codes_are_all_256_and_its_expectation_sums_over_them():
    model = Autoencoder(latents=4, categories=4, pixels=16, hidden=8)
    codes = np.asarray(model.codes())
    assert len({c.tobytes() for c in codes}) == 256 and (codes.sum(-1) == 1).all()
    params, logits = model.initial(jax.random.key(0)), random(1, 4, 4)
    x = (random(1, 16, seed=1) > 0).astype(jnp.float32)
    cost = model.cost((), params, jnp.broadcast_to(x, (256, 16)))
    weight = np.prod(np.sum(np.asarray(jax.nn.softmax(logits)) * codes, -1), -1)
    np.testing.assert_allclose(cost.expected(logits.repeat(256, 0))[0], weight @ cost.sampled(model.codes()), rtol=1e-5)


def test_vae_bound_is_below_the_likelihood():
    """With log p(x) by enumeration of the 256 codes: the negative bound is at least -log p(x)."""
    model = Autoencoder(latents=4, categories=4, pixels=16, hidden=8)
    params, x = model.initial(jax.random.key(0)), (random(8, 16, seed=1) > 0).astype(jnp.float32)
    output = model.decode(params, model.codes())
    log_p = x @ output.T - jax.nn.softplus(output).sum(-1)[None, :] - jnp.log(256.0)
    bound = model.cost((), params, x).expected(model.logits(params, x)) + model.penalty(params, x)
    gap = bound + jax.nn.logsumexp(log_p, axis=1)
    assert (gap >= -1e-4).all() and (gap < 10).all()


def test_quality_takes_the_noise_of_the_mean_off():
    truth = random(200)
    noisy = truth[None] + 3.0 * random(64, 200, seed=1)
    found = quality(noisy, truth)
    assert float(found["cosine"]) > 0.95 and float(found["bias"]) < 0.15
    np.testing.assert_allclose(found["variance"], 9 * 200 / float(jnp.sum(truth**2)), rtol=0.05)
    scaled = quality(jnp.stack([2 * truth, 2 * truth]), truth)
    np.testing.assert_allclose([scaled["cosine"], scaled["bias"], scaled["alignment"]], [1, 1, 1], rtol=1e-5)
