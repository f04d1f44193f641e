"""Scenes, their readers, the denoiser and its sampler: against closed forms and NumPy."""

from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.spatial.distance import pdist

from toybench.blocks import nn
from toybench.tasks import prompted_generation as page
from toybench.tasks.prompted_generation import customised_scenes
from toybench.tasks.prompted_generation.customised_scenes import CustomisedScenes, World

KEY = jax.random.key(0)
TONGUE = 0.5 * jax.random.normal(jax.random.key(1), (4, page.TRAITS))


@pytest.fixture(scope="module")
def base():
    """A model that was not trained."""
    blank = page.wordless(1)
    leak = jnp.asarray(0.7)
    params = nn.init(page.PromptModel(), KEY, jnp.zeros((1, 16)), jnp.zeros(1), blank, leak)
    return page.Pretrained(params=params, leak=leak)


def test_pixels_mix_contents_and_give_them_back():
    x = jax.random.normal(KEY, (5, 16))
    np.testing.assert_allclose(page.mix(page.mix(x)), x, atol=1e-5)
    np.testing.assert_allclose(jnp.linalg.norm(page.mix(x), axis=-1), jnp.linalg.norm(x, axis=-1), rtol=1e-5)
    np.testing.assert_allclose(jnp.abs(page.mix(jnp.eye(16))), 0.25, atol=1e-6)


def test_codes_are_a_tetrahedron_and_a_triangle():
    np.testing.assert_allclose(pdist(page.place_codes()), (8 / 3) ** 0.5, rtol=1e-5)
    np.testing.assert_allclose(pdist(page.style_codes()), 3**0.5, rtol=1e-5)


def test_what_a_scene_shows_is_read_off_it():
    identity = jax.random.normal(KEY, (12, 4))
    place = jnp.arange(12) % 4
    style = jnp.arange(12) // 4
    x = page.compose(identity, place, style, jnp.zeros((12, 16)))
    np.testing.assert_allclose(page.read_identity(x), identity, atol=1e-5)
    np.testing.assert_array_equal(page.read_place(x), place)
    np.testing.assert_array_equal(page.read_style(x), style)
    contents = np.asarray(page.mix(x))
    shade = 0.5 * np.asarray(identity)[:, :1] * np.asarray(page.style_codes())[np.asarray(style)]
    np.testing.assert_allclose(contents[:, 9:11], shade, atol=1e-5)
    np.testing.assert_allclose(contents[:, 11:], 0, atol=1e-5)
    grain = page.compose(identity, place, style, jnp.ones((12, 16))) - x
    np.testing.assert_allclose(grain, 0.1, atol=1e-5)


def test_a_batch_names_what_it_shows():
    batch = page.draw_scenes(KEY, TONGUE, 0.5)
    np.testing.assert_array_equal(page.read_place(batch.image), batch.prompt.place)
    np.testing.assert_array_equal(page.read_style(batch.image), batch.prompt.style)
    told = np.asarray(batch.prompt.traits[:, -1])
    assert set(told.tolist()) == {0.0, 1.0} and 16 < told.sum() < 48
    expected = told[:, None] * np.asarray(page.describe(TONGUE, page.read_identity(batch.image)))
    np.testing.assert_allclose(batch.prompt.traits, expected, atol=0.6)  # grain of 0.1 on four numbers
    steps = np.diff(np.concatenate([np.asarray(batch.time), np.asarray(batch.time[:1])])) % 1
    assert steps.max() < 2 / 64 and steps.sum() == pytest.approx(1, abs=1e-4)  # once around, evenly
    assert abs(float(batch.time[0] - page.draw_scenes(jax.random.key(8), TONGUE, 0.5).time[0])) > 1 / 64
    assert float(page.draw_scenes(KEY, TONGUE, 0.0).prompt.traits.sum()) == 0


def test_words_hear_of_each_other_as_much_as_the_layer_leaks(base):
    prompt = page.Prompt(traits=page.describe(TONGUE, jnp.ones((1, 4))), place=jnp.array([2]), style=jnp.array([1]))
    words = page.PromptModel().apply(base.params, prompt, method="words")
    kernels = base.params["params"]
    np.testing.assert_allclose(words[0, 1], kernels["places"]["embedding"][2])
    np.testing.assert_allclose(words[0, 2], kernels["styles"]["embedding"][1])
    w = np.asarray(words[0])
    query, key, value = np.split(w @ np.asarray(kernels["context"]["kernel"]), 3, axis=-1)
    logits = query @ key.T / 4
    weights = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    found = page.PromptModel().apply(base.params, words, jnp.asarray(0.7), method="contextual")
    np.testing.assert_allclose(found[0], w + 0.7 * weights @ value, atol=1e-5)
    alone = page.PromptModel().apply(base.params, words, jnp.asarray(0.0), method="contextual")
    np.testing.assert_array_equal(alone, words)


def test_the_denoiser_attends_head_by_head(base):
    """One scene, written out in NumPy."""
    prompt = page.wordless(1)._replace(place=jnp.array([1]))
    attended = page.attend(base, prompt)
    x = jax.random.normal(KEY, (1, 16))
    added = jax.random.normal(jax.random.key(5), (1, 2, 32))
    kernels = jax.tree.map(np.asarray, base.params["params"])

    def dense(name, z):
        return z @ kernels[name]["kernel"] + kernels[name]["bias"]

    h = dense("enter", np.concatenate([np.asarray(x[0]), np.asarray(page.time_features(jnp.asarray(0.3)))]))
    for layer in range(2):
        query = dense(f"queries_{layer}", h).reshape(4, 8)
        each = np.asarray(attended[0, layer])  # tokens by 64 numbers: keys of four heads, then values
        keys = each[:, :32].reshape(-1, 4, 8)
        values = each[:, 32:].reshape(-1, 4, 8)
        looked = []
        for head in range(4):
            weights = np.exp(keys[:, head] @ query[head] / 8**0.5)
            looked.append(weights / weights.sum() @ values[:, head])
        z = dense(f"hidden_{layer}", np.concatenate([h, *looked]))
        h = h + z / (1 + np.exp(-z)) + np.asarray(added[0, layer])
    found = page.denoise(base, x, jnp.asarray(0.3), attended, added)
    np.testing.assert_allclose(found[0], dense("leave", h), atol=1e-4)


def test_sampling_ends_where_the_denoiser_says():
    """A constant is reached; for normal data every step of angle d shrinks a scene by cos d."""
    start = jax.random.normal(KEY, (3, 16))
    np.testing.assert_allclose(page.follow_path(lambda x, t: jnp.full_like(x, 0.3), start), 0.3, atol=1e-5)
    found = page.follow_path(lambda x, t: jnp.sin(jnp.pi / 2 * t) * x, start)
    np.testing.assert_allclose(found, np.cos(np.pi / 40) ** 20 * np.asarray(start), rtol=1e-3)


def test_the_loss_is_that_of_scenes_in_noise():
    batch = page.draw_scenes(KEY, TONGUE, 0.0)
    t = np.asarray(batch.time)[:, None]
    x = np.sin(np.pi / 2 * t) * np.asarray(batch.image) + np.cos(np.pi / 2 * t) * np.asarray(batch.noise)
    expected = ((2 * x - np.asarray(batch.image)) ** 2).mean()
    assert float(page.denoising_loss(batch, lambda x, t: 2 * x)) == pytest.approx(expected, rel=1e-4)


def test_a_tenth_of_a_batch_is_some():
    np.testing.assert_array_equal(np.flatnonzero(page.some(25)), [0, 10, 20])


@pytest.fixture(scope="module")
def world():
    """A world whose model is not trained: what is judged doesn't depend on it."""
    task = CustomisedScenes()
    blank = page.Pretrained(params=(), leak=jnp.asarray(0.0))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(customised_scenes, "pretrain", lambda key, tongue, leak: blank)
        return task.sample(KEY)


def test_all_prompts_but_that_of_the_photos_are_asked(world: World):
    asked = set(zip(world.place.tolist(), world.style.tolist(), strict=True))
    shown = (int(world.subject.place), int(world.subject.style))
    assert len(asked) == 11 and shown not in asked and len(world.place) == 352
    np.testing.assert_array_equal(page.read_place(world.subject.photos), shown[0])
    np.testing.assert_array_equal(page.read_style(world.subject.photos), shown[1])
    gap = page.read_identity(world.subject.photos) - world.identity[None]
    assert float(jnp.sqrt((gap**2).mean())) == pytest.approx(0.1, abs=0.05)


def test_known_identities_have_traits_and_features(world: World):
    assert world.subject.features.shape == (128, 8) and world.subject.traits.shape == (128, 9)
    assert float(world.subject.traits[:, -1].min()) == 1


def judged(world, images):
    task = CustomisedScenes()
    return {name: float(v) for name, v in task.evaluate(world, KEY, images).items()}


def test_identity_and_prompt_are_judged_apart(world: World):
    task = CustomisedScenes()
    exact = judged(world, task.oracle(world))
    assert exact["both"] == exact["prompt_alignment"] == 1
    assert exact["identity_error"] == pytest.approx(0.1, abs=0.01) == exact["spread"]
    strangers = judged(world, task.floor(world))
    assert strangers["both"] == strangers["prompt_alignment"] == 0
    assert strangers["identity_error"] > 1 and strangers["spread"] == pytest.approx(1, abs=0.15)
    copies = judged(world, SimpleNamespace(portray=lambda *asked: jnp.tile(world.subject.photos, (88, 1))))
    assert copies["prompt_alignment"] == 0 and copies["identity_error"] < 0.2

    def shifted(by):
        """The identity moved along one number; another is moved by turns, so that it spreads."""
        turns = 0.2 - 0.4 * (jnp.arange(352) % 2).astype(jnp.float32)
        identity = world.identity[None] + jnp.stack([by + 0 * turns, turns, 0 * turns, 0 * turns], -1)
        return lambda start, place, style: page.compose(identity, place, style, jnp.zeros((352, 16)))

    near = judged(world, SimpleNamespace(portray=shifted(0.97)))  # rms (0.97^2 + 0.2^2)^0.5 / 2 = 0.495
    far = judged(world, SimpleNamespace(portray=shifted(0.99)))
    assert near["both"] == 1 and far["both"] == 0 and far["prompt_alignment"] == 1
    assert near["identity_error"] == pytest.approx((0.97**2 + 0.2**2) ** 0.5 / 2, rel=1e-3)
    assert near["spread"] == pytest.approx(0.1, rel=1e-3)


def test_a_prompt_counts_only_with_place_and_style(world: World):
    identity = jnp.tile(world.identity[None], (352, 1))

    def wrong_style(start, place, style):
        return page.compose(identity, place, (style + 1) % 3, jnp.zeros((352, 16)))

    def wrong_place(start, place, style):
        return page.compose(identity, (place + 1) % 4, style, jnp.zeros((352, 16)))

    for wrong in (wrong_style, wrong_place):
        assert judged(world, SimpleNamespace(portray=wrong))["prompt_alignment"] == 0
