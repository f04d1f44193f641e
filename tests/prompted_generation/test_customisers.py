"""Customisers: laws that tie them to one another, first steps by hand, and what they do with a trained model."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.blocks import nn
from toybench.methods.prompted_generation import _customise
from toybench.methods.prompted_generation.alignit import AlignIT
from toybench.methods.prompted_generation.described_identity import DescribedIdentity
from toybench.methods.prompted_generation.embedding_conditioned import EmbeddingConditioned
from toybench.methods.prompted_generation.full_finetune import FullFinetune
from toybench.methods.prompted_generation.mixed_embedding import MixedEmbedding
from toybench.methods.prompted_generation.nearest_identity import NearestIdentity
from toybench.methods.prompted_generation.prompt_only import PromptOnly
from toybench.methods.prompted_generation.textual_inversion import TextualInversion
from toybench.protocol import Learner
from toybench.tasks import prompted_generation as page
from toybench.tasks.prompted_generation.customised_scenes import CustomisedScenes

KEY = jax.random.key(0)
START = jax.random.normal(jax.random.key(1), (3, 16))
PLACE = jnp.array([0, 1, 3])
STYLE = jnp.array([2, 0, 1])
TONGUE = 0.5 * jax.random.normal(jax.random.key(2), (4, page.TRAITS))
BATCH = page.draw_scenes(jax.random.key(3), TONGUE, 0.0)


def subject(leak=1.0):
    """Four photos, three known identities, and a model that was not trained."""
    blank = page.wordless(1)
    params = nn.init(page.PromptModel(), KEY, jnp.zeros((1, 16)), jnp.zeros(1), blank, jnp.asarray(leak))
    people = jnp.array([[1.0, 0, 0, 0], [0, -1, 0, 1], [2, 2, 0, -1]])
    identity = jnp.tile(people[1:2] + 0.2, (4, 1))
    return page.Subject(
        base=page.Pretrained(params=params, leak=jnp.asarray(leak)),
        photos=page.compose(identity, jnp.full(4, 2), jnp.full(4, 1), jnp.zeros((4, 16))),
        place=jnp.asarray(2),
        style=jnp.asarray(1),
        encoder=TONGUE[:, ::-1],
        features=jnp.tanh(people @ TONGUE[:, ::-1]),
        traits=page.describe(TONGUE, people),
    )


def make(cls, given=None, **fields):
    return cls(spec=page.Spec(), given=subject() if given is None else given, steps=10, **fields)


def state_of(token):
    return _customise.State(params=token, opt=())


TOKEN = jax.random.normal(jax.random.key(4), (page.TOKEN,))


def scenes(who, state):
    return np.asarray(who.portray(state, START, PLACE, STYLE))


def test_without_a_leak_keys_and_values_of_one_word_are_all_that_differs():
    """AlignIT is textual inversion then."""
    dry = subject(leak=0.0)
    one = scenes(make(AlignIT, dry), state_of(TOKEN))
    other = scenes(make(TextualInversion, dry), state_of(TOKEN))
    np.testing.assert_allclose(one, other, atol=1e-5)
    leaky = scenes(make(AlignIT), state_of(TOKEN)) - scenes(make(TextualInversion), state_of(TOKEN))
    assert np.abs(leaky).max() > 1e-3


def test_the_word_of_anyone_changes_nothing():
    given = subject(leak=0.0)
    anyone = state_of(_customise.word(given.base))
    plain = scenes(make(PromptOnly, given), ())
    for cls in (AlignIT, TextualInversion, MixedEmbedding):
        np.testing.assert_allclose(scenes(make(cls, given), anyone), plain, atol=1e-5)


def test_alignit_takes_one_word_from_the_dummy_and_the_others_from_the_base(monkeypatch):
    given = subject()
    caught = {}

    def catch(base, start, attended):
        caught["attended"] = attended
        return start

    monkeypatch.setattr("toybench.methods.prompted_generation.alignit.render", catch)
    make(AlignIT, given).portray(state_of(TOKEN), START, PLACE, STYLE)
    prompt = page.Prompt(traits=jnp.zeros((3, 9)), place=PLACE, style=STYLE)
    blank = page.wordless(3)
    dummy = page.PromptModel().apply(given.base.params, blank, method="words").at[:, 0].set(TOKEN[None])
    np.testing.assert_allclose(caught["attended"][:, :, 1:], page.attend(given.base, prompt)[:, :, 1:], atol=1e-5)
    np.testing.assert_allclose(caught["attended"][:, :, 0], page.attend_words(given.base, dummy)[:, :, 0], atol=1e-5)


def test_mixing_goes_from_anyone_to_the_fitted_token():
    np.testing.assert_allclose(
        scenes(make(MixedEmbedding, share=1.0), state_of(TOKEN)),
        scenes(make(TextualInversion), state_of(TOKEN)),
        atol=1e-5,
    )
    np.testing.assert_allclose(
        scenes(make(MixedEmbedding, share=0.0), state_of(TOKEN)), scenes(make(PromptOnly), ()), atol=1e-5
    )
    given = subject()
    half = _customise.word(given.base) + 0.5 * (TOKEN - _customise.word(given.base))
    np.testing.assert_allclose(
        scenes(make(MixedEmbedding, share=0.5), state_of(TOKEN)),
        scenes(make(TextualInversion), state_of(half)),
        atol=1e-5,
    )


def test_the_first_step_of_a_token_goes_down_the_loss_of_the_photos():
    """Adam's first step is the rate against the sign of the gradient; only photos count."""
    who = make(TextualInversion, lr=0.01)
    state = who.init(KEY)
    np.testing.assert_allclose(state.params, _customise.word(who.given.base))
    after = who.update(state, BATCH, KEY)

    def loss(token):
        blank = page.wordless(64)
        words = page.PromptModel().apply(who.given.base.params, blank, method="words").at[:, 0].set(token[None])
        attended = page.attend_words(who.given.base, words)
        photos = jnp.concatenate([who.given.photos] * 16)
        x = jnp.sin(jnp.pi / 2 * BATCH.time)[:, None] * photos + jnp.cos(jnp.pi / 2 * BATCH.time)[:, None] * BATCH.noise
        return jnp.mean((page.denoise(who.given.base, x, BATCH.time, attended) - photos) ** 2)

    gradient = jax.grad(loss)(state.params)
    np.testing.assert_allclose(after.params - state.params, -0.01 * jnp.sign(gradient), rtol=1e-2)
    other = who.update(state, BATCH._replace(image=BATCH.image + 1), KEY)
    np.testing.assert_array_equal(after.params, other.params)


def test_photos_are_captioned_with_nothing_or_with_what_they_show():
    """Named, the words of place 2 and style 1 are in the prompt."""
    given = subject()
    words = {named: make(TextualInversion, given, named=named, lr=0.01) for named in (False, True)}
    blank = page.wordless(1)
    for named, who in words.items():
        place = jnp.array([2]) if named else blank.place
        style = jnp.array([1]) if named else blank.style

        def loss(token, place=place, style=style):
            prompt = page.Prompt(traits=blank.traits, place=place, style=style)
            tokens = page.PromptModel().apply(given.base.params, prompt, method="words").at[:, 0].set(token[None])
            attended = jnp.tile(page.attend_words(given.base, tokens), (64, 1, 1, 1))
            photos = BATCH._replace(image=jnp.concatenate([given.photos] * 16))
            return page.denoising_loss(photos, lambda x, t: page.denoise(given.base, x, t, attended))

        state = who.init(KEY)
        step = who.update(state, BATCH, KEY).params - state.params
        np.testing.assert_allclose(step, -0.01 * jnp.sign(jax.grad(loss)(state.params)), rtol=1e-2)


def test_fine_tuning_weighs_photos_and_scenes_of_anyone():
    """Without prior the scenes don't matter; the place words that photos don't use keep still then."""
    who = make(FullFinetune, prior=0.0, lr=0.01)
    state = who.init(KEY)
    after = who.update(state, BATCH, KEY)
    other = who.update(state, BATCH._replace(image=BATCH.image + 1), KEY)
    jax.tree.map(np.testing.assert_array_equal, after.params, other.params)
    moved = np.abs(
        np.asarray(after.params["params"]["places"]["embedding"] - state.params["params"]["places"]["embedding"])
    )
    assert moved[:4].max() == 0 and moved[4].max() > 0
    both = make(FullFinetune, prior=1.0, lr=0.01).update(state, BATCH, KEY)
    moved = np.abs(
        np.asarray(both.params["params"]["places"]["embedding"] - state.params["params"]["places"]["embedding"])
    )
    assert moved[:4].max() > 0.009
    np.testing.assert_array_equal(both.rare, state.rare)


def test_a_rare_word_is_another_for_every_key():
    who = make(FullFinetune)
    assert np.abs(np.asarray(who.init(KEY).rare - who.init(jax.random.key(9)).rare)).max() > 0.01


def test_an_embedding_becomes_three_tokens_after_the_encoded_words():
    who = make(EmbeddingConditioned)
    state = who.init(KEY)
    prompt = page.Prompt(traits=jnp.zeros((3, 9)), place=PLACE, style=STYLE)
    seen = page.see(who.given.encoder, START)
    attended = who.attend_both(state.params, prompt, seen, jnp.array([1.0, 0.0, 1.0]))
    np.testing.assert_allclose(attended[:, :, :3], page.attend(who.given.base, prompt), atol=1e-5)
    projected = who.projection.apply(state.params["projection"], seen).reshape(3, 3, page.TOKEN)
    expected = page.PromptModel().apply(who.given.base.params, projected, method="keys_values")
    np.testing.assert_allclose(attended[::2, :, 3:], expected[::2], atol=1e-5)
    bias = page.PromptModel().apply(who.given.base.params, 0 * projected, method="keys_values")
    np.testing.assert_allclose(attended[1, :, 3:], bias[1], atol=1e-5)


def test_face0_learns_from_scenes_and_leaves_the_words_alone():
    """A tenth of its scenes are shown without embedding; words and their encoder are frozen."""
    who = make(EmbeddingConditioned, lr=0.01)
    state = who.init(KEY)
    after = who.update(state, BATCH, KEY)
    before = state.params["model"]["params"]
    moved = after.params["model"]["params"]
    for name in ("places", "styles", "traits", "context"):
        jax.tree.map(np.testing.assert_array_equal, before[name], moved[name])
    for name in ("projections_0", "enter", "leave", "queries_1"):
        assert np.abs(np.asarray(before[name]["kernel"] - moved[name]["kernel"])).max() > 0.009

    def loss(projection):
        seen = page.see(who.given.encoder, BATCH.image)
        kept = jnp.asarray(np.arange(64) % 10 != 0, jnp.float32)
        params = {"model": state.params["model"], "projection": projection}
        attended = who.attend_both(params, BATCH.prompt, seen, kept)
        return page.denoising_loss(BATCH, lambda x, t: page.denoise(who.given.base, x, t, attended))

    gradient = jax.grad(loss)(state.params["projection"])["params"]["Dense_3"]["kernel"]
    step = after.params["projection"]["params"]["Dense_3"]["kernel"]
    step = step - state.params["projection"]["params"]["Dense_3"]["kernel"]
    sure = np.abs(np.asarray(gradient)) > 1e-6
    np.testing.assert_allclose(np.asarray(step)[sure], -0.01 * np.sign(np.asarray(gradient))[sure], rtol=0.02)


def test_face0_sees_one_photo_and_textual_inversion_all():
    given = subject()
    who = make(EmbeddingConditioned, given)
    state = who.init(KEY)
    others = given._replace(photos=given.photos.at[1:].add(1.0))
    np.testing.assert_array_equal(scenes(who, state), scenes(make(EmbeddingConditioned, others), state))
    first = given._replace(photos=given.photos.at[0].add(1.0))
    assert np.abs(scenes(who, state) - scenes(make(EmbeddingConditioned, first), state)).max() > 1e-4


def test_the_nearest_identity_is_told_by_its_traits():
    given = subject()
    prompt = page.Prompt(traits=jnp.tile(given.traits[1:2], (3, 1)), place=PLACE, style=STYLE)
    expected = page.render(given.base, START, page.attend(given.base, prompt))
    np.testing.assert_allclose(scenes(make(NearestIdentity, given), ()), expected, atol=1e-5)


def test_a_photo_is_put_into_words_by_ridge_regression():
    """Written out as least squares with extra rows; the word that a description is one is regressed with the others."""
    given = subject()
    design = np.concatenate([np.asarray(given.features, float), np.ones((3, 1))], -1)
    rows = np.concatenate([design, 0.1**0.5 * np.eye(9)])
    targets = np.concatenate([np.asarray(given.traits, float), np.zeros((9, 9))])
    weights = np.linalg.lstsq(rows, targets, rcond=None)[0]
    seen = np.asarray(page.see(given.encoder, given.photos[:1]), float)
    traits = jnp.asarray(np.concatenate([seen, np.ones((1, 1))], -1) @ weights, jnp.float32)
    prompt = page.Prompt(traits=jnp.tile(traits, (3, 1)), place=PLACE, style=STYLE)
    expected = page.render(given.base, START, page.attend(given.base, prompt))
    np.testing.assert_allclose(scenes(make(DescribedIdentity, given), ()), expected, atol=1e-3)


@pytest.fixture(scope="module")
def trained():
    """A world with its model, on a tuning seed."""
    task = CustomisedScenes()
    return task, jax.jit(task.sample)(jax.random.key(1_000_000))


def judged(trained, cls, steps=0, **fields):
    """Metrics after so many updates."""
    task, world = trained
    who = cls(spec=task.spec, given=world.subject, steps=steps, **fields)

    def run(key):
        def step(state, key):
            _, batch = task.draw(world, key, None)
            return who.update(state, batch, key), None

        state, _ = jax.lax.scan(step, who.init(key), jax.random.split(key, steps)) if steps else (who.init(key), None)
        return task.evaluate(world, key, Learner(who, state))

    return {name: float(value) for name, value in jax.jit(run)(KEY).items()}


def test_the_pretrained_model_obeys_prompts_of_anyone(trained):
    found = judged(trained, PromptOnly)
    assert found["prompt_alignment"] > 0.95 and found["spread"] > 0.6 and found["both"] < 0.2


def test_embeddings_bring_the_identity(trained):
    found = judged(trained, EmbeddingConditioned, steps=100, lr=0.01)
    assert found["prompt_alignment"] > 0.9 and found["spread"] < 0.6
    assert found["identity_error"] < 0.8 * judged(trained, PromptOnly)["identity_error"]


def test_a_fitted_token_brings_the_identity(trained):
    found = judged(trained, TextualInversion, steps=100, lr=0.03)
    assert found["identity_error"] < 0.7 * judged(trained, PromptOnly)["identity_error"]
