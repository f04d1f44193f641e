"""Painters and their noise: the exact denoiser against regression, codes against NumPy, laws of the metrics."""

from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.methods.prompted_generation import _trained
from toybench.methods.prompted_generation.exact_score import ExactScore, law
from toybench.methods.prompted_generation.latent_diffusion import LatentDiffusion
from toybench.methods.prompted_generation.pixel_diffusion import PixelDiffusion
from toybench.protocol import Learner
from toybench.tasks import prompted_generation as page
from toybench.tasks.prompted_generation.shifted_noise import ShiftedNoise

KEY = jax.random.key(0)
TASK = ShiftedNoise()


@pytest.fixture(scope="module")
def world():
    return jax.jit(TASK.sample)(KEY)


def judged(world, paint):
    found = TASK.evaluate(world, KEY, SimpleNamespace(paint=paint))
    return {name: float(value) for name, value in found.items()}


def test_every_prompt_is_asked_as_often_and_exact_scenes_obey(world):
    prompts = np.asarray(world.place) + 4 * np.asarray(world.style)
    assert np.bincount(prompts).tolist() == [32] * 12
    exact = judged(world, TASK.oracle(world).paint)
    assert exact["accuracy"] == exact["shifted_accuracy"] == 1 and exact["accuracy_drop"] == 0
    lost = judged(world, TASK.floor(world).paint)
    assert lost["accuracy"] == 1 and lost["shifted_accuracy"] == 0 and lost["accuracy_drop"] == 1


def test_noise_is_shifted_by_and_stretched_by_the_same_three_numbers(world):
    """Painters that obey where the mean along the signs is below 0.6, and where the deviation is below 1.3."""
    other = jnp.roll(world.exact, 5, axis=0)

    def steady(start, place, style):
        return jnp.where((start * world.signs[None]).mean() < 0.6, world.exact, other)

    def narrow(start, place, style):
        return jnp.where(start.std() < 1.3, world.exact, other)

    found = judged(world, steady)
    assert found["shift_drop"] == pytest.approx(1 / 3) and found["scale_drop"] == pytest.approx(0, abs=1e-6)
    assert found["accuracy_drop"] == pytest.approx(1 / 6) and found["shifted_accuracy"] == pytest.approx(5 / 6)
    found = judged(world, narrow)  # a shift by 1 along signs makes the deviation 2^0.5
    assert found["scale_drop"] == pytest.approx(2 / 3) and found["shift_drop"] == pytest.approx(1 / 3)


def test_the_law_of_a_prompt_is_that_of_its_scenes():
    """Moments of 40000 scenes."""
    count = 40000
    drawn = np.random.default_rng(0).normal(size=(count, 20)).astype(np.float32)
    place = jnp.full(count, 2)
    style = jnp.full(count, 1)
    x = np.asarray(page.compose(jnp.asarray(drawn[:, :4]), place, style, jnp.asarray(drawn[:, 4:])))
    mean, slope = law(place[:1], style[:1])
    np.testing.assert_allclose(mean[0], x.mean(0), atol=0.02)
    covariance = np.asarray(slope[0]).T @ np.asarray(slope[0]) + 0.01 * np.eye(16)
    np.testing.assert_allclose(covariance, np.cov(x.T), atol=0.03)


def test_the_exact_denoiser_samples_the_law(world):
    """From normal noise, identities have variance 1 and grain has 0.01; 20 steps lose a little of it."""
    images = ExactScore(spec=page.Spec(), given=world.gallery).paint((), world.start, world.place, world.style)
    np.testing.assert_array_equal(page.read_place(images), world.place)
    np.testing.assert_allclose(page.read_identity(images).var(0), 1, atol=0.25)
    rest = np.asarray(page.mix(images))[:, 11:]
    assert rest.std() == pytest.approx(0.1, abs=0.03) and abs(rest.mean()) < 0.02


def test_it_obeys_whatever_the_noise(world):
    found = judged(world, Learner(ExactScore(spec=page.Spec(), given=world.gallery), ()).paint)
    assert found["accuracy"] == 1 and found["accuracy_drop"] < 0.01


@pytest.mark.parametrize(("cls", "size"), [(PixelDiffusion, 16), (LatentDiffusion, 11)])
def test_codes_are_standardised_and_give_scenes_back(world, cls, size):
    code = cls(spec=page.Spec(), given=world.gallery, steps=10).fit_code()
    z = np.asarray(code.encode(world.gallery))
    assert z.shape == (512, size)
    np.testing.assert_allclose(z.mean(0), 0, atol=1e-3)
    if cls is LatentDiffusion:
        np.testing.assert_allclose(z.T @ z / 512, np.eye(size), atol=1e-2)
        values = np.linalg.eigvalsh(np.cov(np.asarray(world.gallery, float).T, bias=True))
        lost = np.asarray(code.decode(code.encode(world.gallery)) - world.gallery, float)
        assert (lost**2).sum(-1).mean() == pytest.approx(values[:5].sum(), rel=1e-2)
    else:
        assert (z**2).mean() == pytest.approx(1, rel=1e-3)
        np.testing.assert_allclose(code.decode(code.encode(world.gallery)), world.gallery, atol=1e-5)


def test_both_have_as_many_parameters(world):
    """Within a hundredth."""
    size = [
        sum(leaf.size for leaf in jax.tree.leaves(cls(spec=page.Spec(), given=world.gallery, steps=1).init(KEY).params))
        for cls in (PixelDiffusion, LatentDiffusion)
    ]
    assert size == [7184, 7219]


def test_a_step_goes_down_the_loss_of_coded_scenes(world):
    """Adam's first step, by the gradient of a loss that is written out."""
    who = LatentDiffusion(spec=page.Spec(), given=world.gallery, steps=10, lr=0.01)
    state = who.init(KEY)
    _, batch = TASK.draw(world, KEY, None)
    after = who.update(state, batch, KEY)
    z = state.code.encode(batch.image)
    alpha = jnp.sin(jnp.pi / 2 * batch.time)[:, None]
    sigma = jnp.cos(jnp.pi / 2 * batch.time)[:, None]
    words = np.concatenate([np.eye(4)[batch.prompt.place], np.eye(3)[batch.prompt.style]], -1)
    np.testing.assert_array_equal(_trained.told(batch.prompt.place, batch.prompt.style), words)

    def loss(params):
        noise = batch.noise[:, :11]
        found = who.network.apply(params, alpha * z + sigma * noise, batch.time, jnp.float32(words))
        return ((found - noise) ** 2).mean()

    slope = jax.grad(loss)(state.params)["params"]["Dense_2"]["bias"]
    step = after.params["params"]["Dense_2"]["bias"] - state.params["params"]["Dense_2"]["bias"]
    np.testing.assert_allclose(step, -0.01 * jnp.sign(slope), rtol=1e-2)


@pytest.mark.parametrize("cls", [PixelDiffusion, LatentDiffusion])
def test_painters_learn_to_obey(world, cls):
    who = cls(spec=page.Spec(), given=world.gallery, steps=200, lr=0.01)

    def run(key):
        def step(state, key):
            _, batch = TASK.draw(world, key, None)
            return who.update(state, batch, key), None

        state, _ = jax.lax.scan(step, who.init(key), jax.random.split(key, 200))
        return TASK.evaluate(world, key, Learner(who, state))

    assert float(jax.jit(run)(KEY)["accuracy"]) > 0.8
