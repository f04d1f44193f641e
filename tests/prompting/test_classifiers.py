"""Documents and a masked model: laws, what is asked of the model, and controls by hand."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sklearn.naive_bayes import MultinomialNB
from sklearn.neighbors import NearestCentroid

from toybench.blocks import nn
from toybench.methods.prompting import _cloze
from toybench.plugins import registry
from toybench.tasks.prompting import Documents, MaskedModel, Pretrained
from toybench.tasks.prompting import cloze_fewshot as cloze
from toybench.tasks.prompting.cloze_fewshot import ClozeFewshot, Exact

KEY = jax.random.key(13)
SPEC = ClozeFewshot(shots=3).spec
LAWS = jax.nn.softmax(jax.random.normal(KEY, (cloze.TOPICS, cloze.COMMON)), axis=-1)
MODEL = MaskedModel(words=cloze.WORDS, length=cloze.TEXT)


def make(name: str, spec=SPEC, steps: int = 10, **knobs):
    return replace(
        registry.load("methods", f"prompting/{name}")(**knobs), spec=spec, steps=steps, given=known(spec.shots)
    )


def known(shots: int = 3) -> Pretrained:
    params = nn.init(MODEL, KEY, jnp.zeros((1, cloze.TEXT), jnp.int32))
    return Pretrained(params=params, known=cloze.write(KEY, LAWS, jnp.arange(6 * shots) % 6))


def test_texts_name_their_topic_as_often_as_said() -> None:
    keys = jax.random.split(KEY, 300)
    text, hidden = jax.jit(jax.vmap(lambda key: cloze.texts(key, jnp.eye(6, 30))))(keys)
    text = np.asarray(text).reshape(-1, cloze.TEXT)
    named = text[:, -2] == cloze.ABOUT
    assert named.mean() == pytest.approx(cloze.NAMED, abs=0.02)
    np.testing.assert_array_equal(text[named, -1] - cloze.NAMES, text[named, 0])
    assert text[~named].max() < 6
    assert np.asarray(hidden).mean() == pytest.approx(cloze.HIDDEN, abs=0.01)


def test_documents_follow_their_topics() -> None:
    said = cloze.write(KEY, LAWS, jnp.repeat(jnp.arange(6), 2000))
    for topic in range(6):
        counts = np.bincount(np.asarray(said.tokens)[np.asarray(said.topics) == topic].ravel(), minlength=30) / 20000
        np.testing.assert_allclose(counts, LAWS[topic], atol=0.012)


def test_the_posterior_by_hand() -> None:
    said = known().known.tokens
    laws = np.asarray(LAWS, np.float64)
    expected = [[np.log(laws[k, d]).sum() for k in range(6)] for d in np.asarray(said)]
    np.testing.assert_allclose(Exact(LAWS).classify(said), expected, rtol=1e-5)


@pytest.mark.parametrize("shots", [1, 9])
def test_batches_hold_labelled_documents(shots: int) -> None:
    task = ClozeFewshot(shots=shots)
    world = cloze.World(laws=LAWS, params=(), known=known(shots).known, test=known(shots).known)
    _, batch = task.draw(world, KEY, None)
    assert len(batch.topics) == min(6 * shots, 48)
    pairs = {(tuple(d), int(k)) for d, k in zip(*map(np.asarray, world.known), strict=True)}
    assert {(tuple(d), int(k)) for d, k in zip(*map(np.asarray, batch), strict=True)} <= pairs
    if shots == 1:
        assert len(pairs) == 6


def test_a_blank_hides_its_word_and_places_count() -> None:
    params = known().params
    text = jnp.arange(12)[None] % 7
    _, logits = MODEL.apply(params, text.at[0, 3].set(cloze.BLANK))
    _, again = MODEL.apply(params, text.at[0, 3].set(cloze.BLANK).at[0, 4].set(9))
    assert np.abs(logits - again)[0, 3].max() > 1e-3
    _, turned = MODEL.apply(params, text[:, ::-1])
    assert np.abs(MODEL.apply(params, text)[1] - turned[:, ::-1]).max() > 1e-2


def test_the_prompt_is_read_at_its_blank() -> None:
    given = known()
    documents = given.known.tokens
    ending = jnp.broadcast_to(jnp.array([[cloze.ABOUT, cloze.BLANK]], jnp.int32), (len(documents), 2))
    _, logits = MODEL.apply(given.params, jnp.concatenate([documents, ending], 1))
    expected = logits[:, 11, 30:36]
    np.testing.assert_array_equal(make("zero_shot_prompt").classify((), documents), expected)


def test_tuning_begins_at_the_model_itself() -> None:
    """Without an update prompt tuning is the zero-shot prompt, and a head reads the model's own states."""
    documents = known().known.tokens
    tuned = make("prompt_tuning")
    np.testing.assert_array_equal(
        tuned.classify(tuned.init(KEY), documents), make("zero_shot_prompt").classify((), documents)
    )
    head = make("head_finetuning")
    begun = head.init(KEY)
    assert (head.classify(begun, documents) == 0).all()
    kernel = np.random.default_rng(5).normal(size=(MODEL.width, SPEC.topics)).astype(np.float32)
    params = {"params": {**begun.params["head"]["params"], "kernel": jnp.asarray(kernel)}}
    state = begun._replace(params={**begun.params, "head": params})
    states = np.asarray(MODEL.apply(known().params, documents)[0]).mean(1)
    np.testing.assert_allclose(head.classify(state, documents), states @ kernel, atol=1e-4)


@pytest.mark.parametrize("name", ["prompt_tuning", "head_finetuning"])
def test_tuning_fits_the_labelled_documents(name: str) -> None:
    method = make(name, lr=0.01, steps=60)
    given = known().known
    update = jax.jit(method.update)
    state = method.init(KEY)
    for _ in range(60):
        state = update(state, given, KEY)
    assert (method.classify(state, given.tokens).argmax(1) == given.topics).mean() == 1
    first = method.init(KEY)
    moved = [np.abs(a - b).max() for a, b in zip(*map(jax.tree.leaves, (state.params, first.params)), strict=True)]
    assert np.mean(np.array(moved) > 0) > 0.8  # a head leaves the map to words as it is


def test_the_loss_is_the_surprise_of_the_topics() -> None:
    """One step of Adam at a rate eta moves each weight by eta against the sign of the gradient."""
    method = make("prompt_tuning", lr=0.001, steps=1000)
    given = known().known
    state = method.init(KEY)

    def loss(params):
        scores = _cloze.filled(SPEC, params, given.tokens)
        return -jax.nn.log_softmax(scores)[jnp.arange(len(given.topics)), given.topics].mean()

    gradient = jax.grad(loss)(state.params)
    after = method.update(state, given, KEY)
    for old, new, slope in zip(*map(jax.tree.leaves, (state.params, after.params, gradient)), strict=True):
        clear = np.abs(slope) > 1e-4
        np.testing.assert_allclose((new - old)[clear], -0.001 * np.sign(slope)[clear], rtol=2e-2)


def test_naive_bayes_by_scikit_learn() -> None:
    given = known().known
    counts = np.asarray(jax.nn.one_hot(given.tokens, cloze.WORDS).sum(1))
    reference = MultinomialNB(alpha=0.7, fit_prior=False).fit(counts, np.asarray(given.topics))
    other = cloze.write(jax.random.key(1), LAWS, jnp.arange(40) % 6).tokens
    expected = reference.predict_joint_log_proba(np.asarray(jax.nn.one_hot(other, cloze.WORDS).sum(1)))
    found = np.asarray(make("naive_bayes", smoothing=0.7).classify((), other))
    np.testing.assert_allclose(found, expected - np.log(1 / 6), rtol=1e-4)


def test_centroids_by_scikit_learn() -> None:
    given = known()
    states = np.asarray(_cloze.pooled(SPEC, given.params, given.known.tokens))
    reference = NearestCentroid().fit(states, np.asarray(given.known.topics))
    other = cloze.write(jax.random.key(1), LAWS, jnp.arange(40) % 6).tokens
    expected = reference.predict(np.asarray(_cloze.pooled(SPEC, given.params, other)))
    np.testing.assert_array_equal(make("pooled_centroid").classify((), other).argmax(1), expected)


def test_references_of_documents() -> None:
    task = ClozeFewshot()
    documents = cloze.write(KEY, LAWS, jnp.arange(512) % 6)
    world = cloze.World(laws=LAWS, params=(), known=Documents(*documents), test=documents)
    assert task.evaluate(world, KEY, task.floor(world))["accuracy"] == pytest.approx(1 / 6, abs=0.01)
    assert task.evaluate(world, KEY, task.oracle(world))["accuracy"] > 0.8


def test_the_trained_model_names_topics() -> None:
    """Blanks that stay visible, or a loss on other words than the hidden ones, would leave names unlearned."""
    task = ClozeFewshot()
    world = jax.jit(task.sample)(KEY)
    found = _cloze.filled(task.spec, world.params, world.test.tokens).argmax(1)
    assert float((found == world.test.topics).mean()) > 0.5
