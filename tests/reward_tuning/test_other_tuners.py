"""Tuners of an energy, and tuners on a model of the reward: steps by hand, limits, and what they are for."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.methods.reward_tuning import _alignment, _langevin
from toybench.methods.reward_tuning.implicit_diffusion import ImplicitDiffusion
from toybench.methods.reward_tuning.nested_sampling import NestedSampling
from toybench.methods.reward_tuning.uncertainty_reward import UncertaintyReward
from toybench.methods.reward_tuning.uniform_reward import UniformReward
from toybench.methods.reward_tuning.warm_sampling import WarmSampling
from toybench.protocol import Learner
from toybench.tasks.reward_tuning import (
    Aligned,
    AlignmentSpec,
    Density,
    EnergySpec,
    Examples,
    RewardModel,
    Steps,
    Wells,
    predict_features,
)
from toybench.tasks.reward_tuning import hexagon as wells
from toybench.tasks.reward_tuning import proxy_reward as proxy

KEY = jax.random.key(0)
CENTRES = np.asarray([[1.5, 0.5], [-1.0, 1.0], [0.5, -1.5]])
WELLS = Wells(
    centres=jnp.asarray(CENTRES, jnp.float32),
    logits=jnp.asarray([0.4, 0.0, -0.2]),
    temperature=jnp.asarray(0.3),
)
SPEC = EnergySpec(modes=3, particles=5)


def weights(logits):
    return np.exp(logits - np.logaddexp.reduce(logits))


def joint(logits, x):
    """Log of weight times density, without constants: [n, 3]."""
    return np.log(weights(logits)) - ((x[:, None] - CENTRES) ** 2).sum(-1) / 2


def share(logits, x):
    each = joint(logits, x)
    return np.exp(each - np.logaddexp.reduce(each, axis=-1)[:, None])


def moved(logits, x, noise):
    """A step of Langevin dynamics of 0.2: the force of a well is the way to it."""
    force = (share(logits, x)[..., None] * (CENTRES - x[:, None])).sum(1)
    return x + 0.2 * force + 0.4**0.5 * noise


def climbed(logits, x):
    """Minus the covariance with dV / d logits = weights - share, of reward + 0.3 (V - V_0)."""
    reward = np.where(x[:, 0] >= 0, np.exp(-((x - [4, 3.8]) ** 2).sum(-1) / 20) / 2.5, 0.0)
    before = np.logaddexp.reduce(joint(np.asarray([0.4, 0.0, -0.2]), x), axis=-1)
    value = reward + 0.3 * (before - np.logaddexp.reduce(joint(logits, x), axis=-1))
    slope = weights(logits) - share(logits, x)
    return -((value[:, None] * slope).mean(0) - value.mean() * slope.mean(0))


def stream(count):
    drawn = np.random.default_rng(4).normal(size=(count, 2, 5, 2))
    return [Steps(step=jnp.asarray(a, jnp.float32), fresh=jnp.asarray(b, jnp.float32)) for a, b in drawn]


def followed(method, batches):
    """(logits, particles) after every batch, and those at the start."""
    state = method.init(KEY)
    out = [(np.asarray(state.params, float), np.asarray(state.particles, float))]
    for batch in batches:
        state = method.update(state, batch, KEY)
        out.append((np.asarray(method.logits(state), float), np.asarray(state.particles, float)))
    return out


def test_implicit_diffusion_by_hand():
    batches = stream(4)
    got = followed(ImplicitDiffusion(spec=SPEC, given=WELLS, rate=0.7), batches)
    logits, x = got[0]
    np.testing.assert_allclose(logits, [0.4, 0.0, -0.2], rtol=1e-6)
    for batch, (new_logits, new_x) in zip(batches, got[1:], strict=True):
        x = moved(logits, x, np.asarray(batch.step, float))
        logits = logits + 0.7 * climbed(logits, x)
        np.testing.assert_allclose(new_x, x, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(new_logits, logits, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("cls", "warm"), [(NestedSampling, False), (WarmSampling, True)])
def test_nested_loops_by_hand(cls, warm):
    batches = stream(7)
    got = followed(cls(spec=SPEC, given=WELLS, rate=0.7, inner=3), batches)
    logits, x = got[0]
    for i, batch in enumerate(batches):
        x = moved(logits, x, np.asarray(batch.step, float))
        if i % 3 == 2:
            logits = logits + 3 * 0.7 * climbed(logits, x)
            x = x if warm else np.asarray(batch.fresh, float)
        np.testing.assert_allclose(got[i + 1][0], logits, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(got[i + 1][1], x, rtol=1e-4, atol=1e-5)


def test_a_warm_loop_of_one_step_is_implicit_diffusion():
    batches = stream(5)
    one = followed(ImplicitDiffusion(spec=SPEC, given=WELLS, rate=0.7), batches)
    two = followed(WarmSampling(spec=SPEC, given=WELLS, rate=0.7, inner=1), batches)
    for a, b in zip(one, two, strict=True):
        np.testing.assert_allclose(a[0], b[0], rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(a[1], b[1], rtol=1e-5, atol=1e-6)


def test_the_covariance_is_the_gradient_of_the_gain():
    """With exact samples of the hexagon, against the gradient of J on the lattice."""
    task = wells.Hexagon(lam=0.05)
    world = task.sample(KEY)
    logits = jnp.asarray([0.3, 0.8, -0.5, 0.1, 0.9, -0.2])
    drawn = np.random.default_rng(0)
    index = drawn.choice(6, 200_000, p=weights(np.asarray(logits, float)))
    x = np.asarray(world.given.centres)[index] + drawn.normal(size=(200_000, 2))
    got = _langevin.ascent(world.given, logits, jnp.asarray(x, jnp.float32))
    want = jax.grad(lambda now: wells.gain(world, now))(logits)
    np.testing.assert_allclose(got, want, atol=1e-3)
    assert float(jnp.abs(want).max()) > 0.02


@pytest.mark.parametrize(
    ("cls", "fields"), [(ImplicitDiffusion, {}), (NestedSampling, {"inner": 20}), (WarmSampling, {})]
)
def test_it_finds_the_paying_wells(cls, fields):
    task = wells.Hexagon(lam=0.05, steps=600)
    world = task.sample(KEY)
    method = cls(spec=task.spec, given=task.given(world), rate=0.8, **fields)

    def step(state, key):
        return method.update(state, task.draw(world, key, None)[1], key), None

    state, _ = jax.jit(lambda s: jax.lax.scan(step, s, jax.random.split(KEY, 600)))(method.init(KEY))
    assert float(task.evaluate(world, KEY, Learner(method, state))["suboptimality"]) < 0.3


SPREAD = 0.3
MODEL = RewardModel(
    weights=jnp.asarray([[0.5, -1.0, 0.3], [1.2, 0.4, -0.6]]),
    offsets=jnp.asarray([0.1, -0.2, 0.5]),
    readout=jnp.asarray([[1.0, 0.2], [-0.7, 0.9], [0.4, -1.1], [0.3, 0.1]]),
)
START = Density(logits=jnp.asarray([0.2, -0.3]), means=jnp.asarray([[0.6, -0.2], [-0.5, 0.4]]))
NOW = Density(logits=jnp.asarray([-0.1, 0.5]), means=jnp.asarray([[0.9, 0.1], [-0.3, 0.2]]))
GIVEN = Aligned(density=START, model=MODEL, target=jnp.asarray([1.5, -0.5]))
ASPEC = AlignmentSpec(modes=2, spread=SPREAD, examples=6, levels=1000)


def examples(levels=(5, 100, 399, 400, 401, 999)):
    drawn = np.random.default_rng(2).normal(size=(2, 6, 2))
    return Examples(
        data=jnp.asarray(drawn[0], jnp.float32),
        noise=jnp.asarray(drawn[1], jnp.float32),
        level=jnp.asarray(levels, jnp.int32),
    )


def seen(batch, level):
    """(denoised data, squared error of the noise) in float64."""
    turn = np.pi / 2 * (np.asarray(level) + 0.5) / 1000
    alpha, sigma = np.cos(turn)[:, None], np.sin(turn)[:, None]
    noise = np.asarray(batch.noise, float)
    noisy = alpha * np.asarray(batch.data, float) + sigma * noise
    variance = (alpha * SPREAD) ** 2 + sigma**2
    means = np.asarray(NOW.means, float)
    parts = np.stack(
        [float(NOW.logits[k]) - ((noisy - alpha * means[k]) ** 2).sum(-1) / (2 * variance[:, 0]) for k in range(2)]
    )
    weight = np.exp(parts - np.logaddexp.reduce(parts))
    clean = sum(
        weight[k][:, None] * (means[k] + SPREAD**2 * alpha / variance * (noisy - alpha * means[k])) for k in range(2)
    )
    return clean, (((noisy - alpha * clean) / sigma - noise) ** 2).mean(-1)


def model(x):
    hidden = np.tanh(x @ np.asarray(MODEL.weights, float) + np.asarray(MODEL.offsets, float))
    return hidden @ np.asarray(MODEL.readout, float)[:-1] + np.asarray(MODEL.readout, float)[-1]


def test_the_uniform_loss_by_hand():
    """Rewards count up to level 400."""
    batch = examples()
    clean, error = seen(batch, batch.level)
    reward = ((model(clean) - [1.5, -0.5]) ** 2).mean(-1)[:4].mean()
    got = UniformReward(spec=ASPEC, given=GIVEN, weight=2.0).loss(NOW, batch)
    assert float(got) == pytest.approx(error.mean() + 2 * reward, rel=1e-4)


@pytest.mark.parametrize("gap", [1, 100])
def test_the_uncertain_loss_by_hand(gap):
    batch = examples()
    clean, error = seen(batch, batch.level)
    again, other = seen(batch, np.minimum(np.asarray(batch.level) + gap, 999))
    doubt = np.abs(model(clean) - model(again))
    reward = ((model(clean) - [1.5, -0.5]) ** 2 * np.exp(-doubt)).mean(-1)[:4].mean()
    want = (error.mean() + other.mean()) / 2 + 2 * reward + 0.1 * doubt.mean(-1)[:4].mean()
    method = UncertaintyReward(spec=ASPEC, given=GIVEN, weight=2.0, gap=gap)
    assert float(method.loss(NOW, batch)) == pytest.approx(want, rel=1e-4)
    state = method.init(KEY)._replace(params=NOW)
    got = method.uncertainty(state, batch.data, batch.noise, batch.level)
    np.testing.assert_allclose(got, doubt.sum(-1), rtol=1e-3, atol=2e-5)
    assert doubt[:5].max() > 0.0005 * gap


def test_without_a_gap_there_is_no_doubt():
    batch = examples()
    one = UncertaintyReward(spec=ASPEC, given=GIVEN, weight=2.0, gap=0)
    two = UniformReward(spec=ASPEC, given=GIVEN, weight=2.0)
    gradients = [jax.grad(m.loss)(NOW, batch) for m in (one, two)]
    np.testing.assert_allclose(one.loss(NOW, batch), two.loss(NOW, batch), rtol=1e-6)
    np.testing.assert_allclose(gradients[0].means, gradients[1].means, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(gradients[0].logits, gradients[1].logits, rtol=1e-4, atol=1e-6)
    assert not np.asarray(two.uncertainty(two.init(KEY), batch.data, batch.noise, batch.level)).any()


def test_without_low_levels_nothing_is_rewarded():
    level = jnp.asarray([401, 700, 999, 500, 450, 800], jnp.int32)
    assert float(_alignment.rewarded_mean(jnp.arange(6.0), level)) == 0
    assert float(_alignment.rewarded_mean(jnp.arange(6.0), level.at[3].set(400))) == pytest.approx(3)


@pytest.mark.parametrize("cls", [UniformReward, UncertaintyReward])
def test_it_stops_after_its_units(cls):
    method = cls(spec=ASPEC, given=GIVEN, steps=10, units=2, lr=0.1)
    states = [method.init(KEY)]
    for _ in range(4):
        states.append(method.update(states[-1], examples(), KEY))
    means = [np.asarray(method.generator(s).means) for s in states]
    assert np.abs(means[2] - means[1]).max() > 1e-3
    np.testing.assert_array_equal(means[3], means[2])
    np.testing.assert_array_equal(means[4], means[2])


def test_the_rate_falls_to_nothing_over_the_units():
    """A second step of two is half as long as the first, a second of ten almost as long."""
    for units, want in ((2, 0.5), (20, 0.976)):
        method = UniformReward(spec=ASPEC, given=GIVEN, steps=10, units=units, lr=1e-3)
        states = [method.init(KEY)]
        for _ in range(2):
            states.append(method.update(states[-1], examples(), KEY))
        means = [np.asarray(s.params.means) for s in states]
        np.testing.assert_allclose(np.abs(means[1] - means[0]), 1e-3, rtol=1e-2)
        np.testing.assert_allclose(np.abs(means[2] - means[1]), want * 1e-3, rtol=2e-2)


@pytest.mark.parametrize("cls", [UniformReward, UncertaintyReward])
def test_it_moves_towards_what_is_wanted(cls):
    """Half of the floor's distance to the oracle, by the true reward of one world."""
    task = proxy.ProxyReward()
    world = task.sample(KEY)
    method = cls(spec=task.spec, given=task.given(world), steps=100, lr=0.05, weight=10.0)

    def step(state, key):
        return method.update(state, task.draw(world, key, None)[1], key), None

    state, _ = jax.jit(lambda s: jax.lax.scan(step, s, jax.random.split(KEY, 100)))(method.init(KEY))
    got, low, high = (
        float(task.evaluate(world, KEY, answer)["true_reward"])
        for answer in (Learner(method, state), task.floor(world), task.oracle(world))
    )
    assert got > (low + high) / 2


def test_the_model_is_the_task_s():
    x = np.asarray([[0.3, -0.8]])
    np.testing.assert_allclose(predict_features(MODEL, jnp.asarray(x, jnp.float32)), model(x), rtol=1e-5)
