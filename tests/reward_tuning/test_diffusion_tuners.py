"""Tuners of a diffusion model: gradients against finite differences, closed forms and one another; what they do."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.methods.reward_tuning import _diffusion, ddpo
from toybench.methods.reward_tuning.ddpo import DDPO
from toybench.methods.reward_tuning.draft_full import DraftFull
from toybench.methods.reward_tuning.draft_k import DraftK
from toybench.methods.reward_tuning.draft_lv import DraftLV
from toybench.methods.reward_tuning.draft_one import DraftOne
from toybench.methods.reward_tuning.reward_weighted import RewardWeighted
from toybench.protocol import Learner
from toybench.tasks.reward_tuning import Density, Noise, Pretrained, Spec, denoise, log_density, noise_level
from toybench.tasks.reward_tuning.reward_tilt import RewardTilt, tilt

SPREAD = 0.5
SPEC = Spec(modes=2, spread=SPREAD, particles=6, levels=4)
START = Density(logits=jnp.asarray([0.2, -0.3]), means=jnp.asarray([[0.6, -0.2], [-0.5, 0.4]]))
GIVEN = Pretrained(density=START, direction=jnp.asarray([0.6, 0.8]), temperature=jnp.asarray(0.4))
NOW = Density(logits=jnp.asarray([-0.1, 0.5]), means=jnp.asarray([[0.9, 0.1], [-0.3, 0.2]]))
KEY = jax.random.key(0)
ALL = [DraftFull, DraftK, DraftOne, DraftLV, DDPO, RewardWeighted]


def noise(particles=6, seed=1, levels=4, dim=2):
    drawn = np.random.default_rng(seed)
    return Noise(
        start=jnp.asarray(drawn.normal(size=(particles, dim)), jnp.float32),
        levels=jnp.asarray(drawn.normal(size=(levels, particles, dim)), jnp.float32),
    )


def make(cls, spec=SPEC, given=GIVEN, steps=10, **fields):
    if cls is DraftK:
        fields = {"depth": 2, **fields}
    return cls(spec=spec, given=given, steps=steps, **fields)


def denoised(params, x, fraction):
    """The posterior mean in float64, written out mode by mode."""
    alpha, sigma = np.cos(np.pi / 2 * fraction), np.sin(np.pi / 2 * fraction)
    variance = (alpha * SPREAD) ** 2 + sigma**2
    logits = np.asarray(params.logits, float)
    means = np.asarray(params.means, float)
    parts = [logits[k] - ((x - alpha * means[k]) ** 2).sum(-1) / (2 * variance) for k in range(2)]
    share = np.exp(np.asarray(parts) - np.logaddexp.reduce(parts))
    inside = [means[k] + SPREAD**2 * alpha / variance * (x - alpha * means[k]) for k in range(2)]
    return sum(share[k][:, None] * inside[k] for k in range(2))


def sampled(params, x, fractions):
    """DDIM in float64 over these fractions."""
    for now, then in itertools.pairwise(fractions):
        clean = denoised(params, x, now)
        rest = (x - np.cos(np.pi / 2 * now) * clean) / np.sin(np.pi / 2 * now)
        x = np.cos(np.pi / 2 * then) * clean + np.sin(np.pi / 2 * then) * rest
    return x


def gain(params, x):
    """Reward minus 0.4 times the log ratio to the pretrained density, float64; `params` in the logarithm only."""

    def log_p(mixture):
        logits = np.asarray(mixture.logits, float)
        parts = [
            logits[k] - ((x - np.asarray(mixture.means, float)[k]) ** 2).sum(-1) / (2 * SPREAD**2) for k in range(2)
        ]
        return np.logaddexp.reduce(parts) - np.logaddexp.reduce(logits)

    return x @ np.asarray([0.6, 0.8]) - 0.4 * (log_p(params) - log_p(START))


def flat(params):
    return np.concatenate([np.asarray(params.logits, float), np.asarray(params.means, float).reshape(-1)])


def unflat(vector):
    return Density(logits=vector[:2], means=vector[2:].reshape(2, 2))


def slope(function, at, step=1e-5):
    """Central differences of a function of six numbers."""
    return np.asarray([(function(at + step * e) - function(at - step * e)) / (2 * step) for e in np.eye(len(at))])


GRID = [1.0, 0.75, 0.5, 0.25, 0.0]


def test_the_sampler_by_hand():
    batch = noise()
    got = _diffusion.ddim(NOW, SPREAD, batch.start, _diffusion.times(4))
    np.testing.assert_allclose(got, sampled(NOW, np.asarray(batch.start, float), GRID), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(_diffusion.times(4), GRID)


def test_the_gain_of_a_sample():
    x = np.asarray(noise().start, float)
    got = _diffusion.sample_gain(GIVEN, SPREAD, NOW, noise().start)
    np.testing.assert_allclose(got, gain(NOW, x), rtol=1e-4, atol=1e-5)
    flow = jax.grad(lambda p: _diffusion.sample_gain(GIVEN, SPREAD, p, noise().start).sum())(NOW)
    assert not flat(flow).any()


@pytest.mark.parametrize(("cls", "cut"), [(DraftFull, 0), (DraftK, 2), (DraftOne, 3)])
def test_gradients_of_draft(cls, cut):
    """Finite differences of the float64 sampler, whose part before the cut keeps the old density."""
    batch = noise()
    middle = sampled(NOW, np.asarray(batch.start, float), GRID[: cut + 1])

    def loss(vector):
        return -gain(NOW, sampled(unflat(vector), middle, GRID[cut:])).mean()

    method = make(cls)
    assert float(method.loss(NOW, batch)) == pytest.approx(loss(flat(NOW)), rel=1e-4)
    np.testing.assert_allclose(flat(jax.grad(method.loss)(NOW, batch)), slope(loss, flat(NOW)), rtol=2e-3, atol=2e-5)


def test_the_gradient_of_draft_lv():
    batch = noise()
    clean = sampled(NOW, np.asarray(batch.start, float)[:3], GRID)
    alpha, sigma = np.cos(np.pi / 8), np.sin(np.pi / 8)
    again = alpha * np.concatenate([clean, clean]) + sigma * np.asarray(batch.levels, float)[0]

    def loss(vector):
        return -gain(NOW, sampled(unflat(vector), again, GRID[3:])).mean()

    got = flat(jax.grad(make(DraftLV).loss)(NOW, batch))
    np.testing.assert_allclose(got, slope(loss, flat(NOW)), rtol=2e-3, atol=2e-5)


def test_full_depth_is_the_whole_gradient_and_depth_1_the_last_step():
    batch = noise()
    for cls, depth in ((DraftFull, 4), (DraftOne, 1)):
        one = jax.grad(make(cls).loss)(NOW, batch)
        two = jax.grad(make(DraftK, depth=depth).loss)(NOW, batch)
        np.testing.assert_allclose(flat(one), flat(two), rtol=1e-4, atol=1e-6)


def test_the_last_step_sees_little_of_the_weights():
    """Far apart, modes exchange mass early on the way; the last step moves a sample within its mode."""
    given = GIVEN._replace(density=Density(logits=jnp.zeros(2), means=jnp.asarray([[2.0, 0.0], [-2.0, 0.0]])))
    spec = Spec(modes=2, spread=0.25, particles=200, levels=20)
    batch = noise(200, levels=20)
    early = jax.grad(make(DraftFull, spec, given).loss)(given.density, batch)
    late = jax.grad(make(DraftOne, spec, given).loss)(given.density, batch)
    assert np.abs(late.logits).max() < 0.01 * np.abs(early.logits).max()
    assert np.abs(late.means).max() > 0.02


def test_the_ancestral_step_is_the_posterior_of_the_noising():
    """q(x_then | x_now, data) of x = alpha data + sigma noise, in the form of Ho and others."""
    alpha, sigma = np.cos(np.pi / 2 * 0.75), np.sin(np.pi / 2 * 0.75)
    next_alpha, next_sigma = np.cos(np.pi / 4), np.sin(np.pi / 4)
    x = np.asarray(noise().start, float)
    ratio = alpha / next_alpha
    fresh = 1 - ratio**2
    variance = next_sigma**2 / sigma**2 * fresh
    mean = next_alpha * fresh / sigma**2 * denoised(NOW, x, 0.75) + ratio * next_sigma**2 / sigma**2 * x
    got, spread = ddpo.transition(NOW, SPREAD, noise().start, jnp.asarray([0.75, 0.5]))
    np.testing.assert_allclose(got, mean, rtol=1e-4, atol=1e-5)
    assert float(spread) == pytest.approx(variance**0.5, rel=1e-4)


def test_chains_and_their_log_probabilities():
    batch = noise()
    chains = ddpo.sample_chains(NOW, SPREAD, batch)
    x = batch.start
    want = []
    for i, (now, then) in enumerate(itertools.pairwise(GRID)):
        mean, fresh = ddpo.transition(NOW, SPREAD, x, jnp.asarray([now, then]))
        after = mean + fresh * batch.levels[i]
        if i < 3:
            np.testing.assert_allclose(chains.before[i], x, rtol=1e-5, atol=1e-6)
            np.testing.assert_allclose(chains.after[i], after, rtol=1e-5, atol=1e-6)
            want.append(-((np.asarray(after - mean)) ** 2).sum(-1) / (2 * float(fresh) ** 2))
        x = after
    np.testing.assert_allclose(chains.last, x, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(ddpo.log_policy(NOW, SPREAD, chains), want, rtol=1e-3, atol=1e-5)


def test_the_clipped_surrogate_by_hand():
    chains = ddpo.sample_chains(START, SPREAD, noise())
    paid = gain(START, np.asarray(chains.last, float))
    advantage = (paid - paid.mean()) / paid.std()
    ratio = np.exp(
        np.asarray(ddpo.log_policy(NOW, SPREAD, chains), float)
        - np.asarray(ddpo.log_policy(START, SPREAD, chains), float)
    )
    assert (ratio > 1.2).any()
    assert (ratio < 0.8).any()
    want = np.maximum(-advantage * ratio, -advantage * np.clip(ratio, 0.8, 1.2)).mean()
    got = float(make(DDPO).surrogate(NOW, START, chains))
    assert got == pytest.approx(want, rel=1e-3)
    assert got != pytest.approx(float(make(DDPO, clip=0.4).surrogate(NOW, START, chains)), rel=1e-3)


def test_the_policy_gradient_is_that_of_the_mean_gain():
    """In the mean over many chains, against the gradient through the same ancestral sampler."""
    batch = noise(100_000, seed=3)

    def pathwise(params):
        return _diffusion.sample_gain(GIVEN, SPREAD, NOW, ddpo.sample_chains(params, SPREAD, batch).last).mean()

    chains = ddpo.sample_chains(NOW, SPREAD, batch)
    paid = _diffusion.sample_gain(GIVEN, SPREAD, NOW, chains.last)
    got = jax.grad(make(DDPO).surrogate)(NOW, NOW, chains)
    through_all_but_the_last = jax.grad(pathwise)(NOW)
    last = jax.grad(
        lambda p: _diffusion.sample_gain(
            GIVEN, SPREAD, NOW, ddpo.transition(p, SPREAD, chains.after[-1], jnp.asarray([0.25, 0.0]))[0]
        ).mean()
    )(NOW)
    want = -(flat(through_all_but_the_last) - flat(last)) / float(paid.std()) / 3  # a mean over three noisy steps
    np.testing.assert_allclose(flat(got), want, atol=0.012)
    assert np.abs(want).max() > 0.05


def test_weighted_denoising_by_hand():
    batch = noise()
    x = sampled(NOW, np.asarray(batch.start, float), GRID)
    value = gain(NOW, x) / 0.3
    weight = np.exp(value - np.logaddexp.reduce(value))
    total = 0.0
    for fraction, fresh in zip(GRID[:-1], np.asarray(batch.levels, float), strict=True):
        alpha, sigma = np.cos(np.pi / 2 * fraction), np.sin(np.pi / 2 * fraction)
        noisy = alpha * x + sigma * fresh
        seen = (noisy - alpha * denoised(NOW, noisy, fraction)) / sigma
        total += (weight * ((seen - fresh) ** 2).sum(-1)).sum() / 4
    method = make(RewardWeighted, tau=0.3)
    assert float(method.loss(NOW, batch)) == pytest.approx(total, rel=1e-4)


@pytest.mark.parametrize("cls", [DraftFull, DraftK, DraftOne, DraftLV])
def test_the_best_density_is_a_fixed_point_of_draft(cls):
    """The gain is the same everywhere at the best density, whatever the depth and the sampler's error."""
    best = tilt(GIVEN, SPREAD)[0]
    assert np.abs(flat(jax.grad(make(cls).loss)(best, noise()))).max() < 1e-4
    assert np.abs(flat(jax.grad(make(cls).loss)(NOW, noise()))).max() > 0.01


def test_the_best_density_pays_all_samples_alike():
    best = tilt(GIVEN, SPREAD)[0]
    x = noise().start
    paid = _diffusion.sample_gain(GIVEN, SPREAD, best, x)
    np.testing.assert_allclose(paid, paid.mean(), atol=1e-5)
    ratio = log_density(best, SPREAD, x) - log_density(START, SPREAD, x)
    np.testing.assert_allclose(ratio, (x @ GIVEN.direction - paid) / 0.4, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("cls", ALL)
def test_frozen_weights_stay(cls):
    batch = noise()
    for frozen in (True, False):
        spec = Spec(modes=2, spread=SPREAD, particles=6, levels=4, frozen=frozen)
        method = make(cls, spec, lr=0.1)
        state = method.update(method.init(KEY), batch, KEY)
        assert bool((state.params.logits == START.logits).all()) == frozen
        assert not bool((state.params.means == START.means).any())


def test_a_first_step_of_adam_is_the_rate():
    method = make(DraftFull, lr=0.05)
    state = method.update(method.init(KEY), noise(), KEY)
    np.testing.assert_allclose(np.abs(flat(state.params) - flat(START)), 0.05, rtol=1e-2)
    last = make(DraftFull, lr=0.05, steps=1)
    again = last.update(last.update(last.init(KEY), noise(), KEY), noise(), KEY)
    np.testing.assert_allclose(flat(again.params), flat(last.update(last.init(KEY), noise(), KEY).params))


def test_ddpo_takes_as_many_updates_as_it_says():
    batch = noise()
    one = make(DDPO, epochs=1, lr=0.05)
    two = make(DDPO, epochs=2, lr=0.05)
    start = one.init(KEY)
    np.testing.assert_allclose(np.abs(flat(one.update(start, batch, KEY).params) - flat(START)), 0.05, rtol=1e-2)
    assert np.abs(flat(two.update(start, batch, KEY).params) - flat(START)).max() > 0.06


@pytest.mark.parametrize("cls", ALL)
def test_it_learns(cls):
    """More than half of what can be gained, in the plane."""
    task = RewardTilt()
    world = task.sample(KEY)
    fields = {"depth": 5} if cls is DraftK else {}
    method = make(cls, task.spec, task.given(world), task.steps, lr=0.2, **fields)

    def step(state, key):
        return method.update(state, task.draw(world, key, None)[1], key), None

    state, _ = jax.jit(lambda s: jax.lax.scan(step, s, jax.random.split(KEY, task.steps)))(method.init(KEY))
    assert float(task.evaluate(world, KEY, Learner(method, state))["suboptimality"]) < 0.5


def test_denoising_of_one_mode_at_its_centre():
    """E[data | x] at x = alpha mean is the mean."""
    alone = Density(logits=jnp.zeros(1), means=jnp.asarray([[0.7, -0.4]]))
    alpha, sigma = noise_level(jnp.asarray(0.6))
    np.testing.assert_allclose(denoise(alone, SPREAD, alpha * alone.means, alpha, sigma), alone.means, rtol=1e-5)
