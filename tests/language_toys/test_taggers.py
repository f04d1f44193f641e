"""Taggers: directions, what a reader can't see, heads by hand, and that clues are learned."""

from dataclasses import replace
from types import SimpleNamespace

import jax
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from toybench.blocks import nn
from toybench.methods.language_toys import _features, window_logistic
from toybench.plugins import registry
from toybench.tasks.language_toys import Labelled, Sentences, TagSpec
from toybench.tasks.language_toys import ambiguous_tags as tags

KEY = jax.random.key(12)
SPEC = TagSpec(words=9, length=6, tags=4, labelled=5)
TOKENS = jax.random.randint(KEY, (5, 6), 0, 9)
KNOWN = Labelled(tokens=TOKENS, tags=TOKENS % 4)
READERS = ("forward_lm", "forward_plus_small_backward")


def make(name: str, spec=SPEC, given=KNOWN, steps: int = 10, **knobs):
    return replace(registry.load("methods", f"language_toys/{name}")(**knobs), spec=spec, steps=steps, given=given)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def test_backward_features_are_forward_features_of_reversed_text() -> None:
    forward = _features.Reader(words=9, width=4)
    backward = _features.Reader(words=9, width=4, backward=True)
    params = nn.init(forward, KEY, TOKENS)
    states, nll = _features.read_text(backward, params, TOKENS)
    other, other_nll = _features.read_text(forward, params, TOKENS[:, ::-1])
    np.testing.assert_allclose(states, other[:, ::-1], atol=1e-6)
    assert nll == pytest.approx(float(other_nll))


def test_a_reader_by_hand() -> None:
    """A GRU whose reset gate acts on the state's product, words are one-hot, the sign stands first."""
    reader = _features.Reader(words=9, width=3)
    params = nn.init(reader, KEY, TOKENS)
    states, logits = reader.apply(params, TOKENS)
    cell = next(v for k, v in params["params"].items() if "GRU" in k)
    dense = next(v for k, v in params["params"].items() if "Dense" in k)
    w = {gate: np.asarray(leaves["kernel"], np.float64) for gate, leaves in cell.items()}
    h = np.zeros(3)
    for t, word in enumerate([9, *np.asarray(TOKENS[0])]):
        r = sigmoid(w["ir"][word] + h @ w["hr"])
        z = sigmoid(w["iz"][word] + h @ w["hz"])
        h = (1 - z) * np.tanh(w["in"][word] + r * (h @ w["hn"])) + z * h
        np.testing.assert_allclose(states[0, t], h, atol=1e-5)
        if t < 6:
            np.testing.assert_allclose(logits[0, t], h @ np.asarray(dense["kernel"]), atol=1e-5)


@pytest.mark.parametrize("name", READERS)
def test_who_sees_what_comes_after(name) -> None:
    method = make(name)
    state = method.init(KEY)
    one = method.features(state.params, TOKENS)
    two = method.features(state.params, TOKENS.at[:, 4].set((TOKENS[:, 4] + 1) % 9))
    before = np.abs(one - two)[:, :4]
    assert before[..., :32].max() == 0
    if name == "forward_lm":
        assert one.shape[-1] == 32
    else:
        assert one.shape[-1] == 40
        assert (before[..., 32:].max(-1) > 0).all()
        assert np.abs(one - two)[:, 5, 32:].max() == 0


def test_the_wider_forward_model_has_as_many_features() -> None:
    wide = make("forward_lm", width=40)
    both = make("forward_plus_small_backward")
    assert wide.features(wide.init(KEY).params, TOKENS).shape == both.features(both.init(KEY).params, TOKENS).shape


@pytest.mark.parametrize("name", READERS)
def test_text_moves_the_readers_and_labels_do_not(name) -> None:
    state = make(name).init(KEY)
    one = make(name).update(state, Sentences(tokens=TOKENS), KEY)
    other = KNOWN._replace(tags=(KNOWN.tags + 1) % 4)
    two = make(name, given=other).update(state, Sentences(tokens=TOKENS), KEY)
    for a, b in zip(jax.tree.leaves(one), jax.tree.leaves(two), strict=True):
        np.testing.assert_array_equal(a, b)
    moved = [np.abs(a - b).max() for a, b in zip(*map(jax.tree.leaves, (one.params, state.params)), strict=True)]
    assert min(moved) > 0
    assert all(np.array_equal(a, b) for a, b in zip(*map(jax.tree.leaves, (one.head, state.head)), strict=True))


def test_both_readers_learn_their_own_direction() -> None:
    """The sum of their surprises falls, and each one's does."""
    method = make("forward_plus_small_backward", lr=0.02, steps=60)
    state = method.init(KEY)
    update = jax.jit(method.update)
    later = state
    for key in jax.random.split(KEY, 60):
        later = update(later, Sentences(tokens=TOKENS), key)
    for name, reader in method.readers().items():
        before = _features.read_text(reader, state.params[name], TOKENS)[1]
        assert _features.read_text(reader, later.params[name], TOKENS)[1] < before - 0.2


def test_a_head_is_fitted_to_labels_and_decays() -> None:
    """Without decay it fits 30 words by heart; with much its weights come near 0."""
    head = _features.Head(4)
    features = jax.random.normal(KEY, (5, 6, 12))
    params = nn.init(head, KEY, features)
    fitted = _features.fit_head(head, params, features, KNOWN, 0.0)
    np.testing.assert_array_equal(head.apply(fitted, features).argmax(-1), KNOWN.tags)
    small = _features.fit_head(head, params, features, KNOWN, 10.0)
    size = [sum(float((leaf**2).sum()) for leaf in jax.tree.leaves(p)) for p in (fitted, small)]
    assert size[1] < 0.2 * size[0]


def test_a_head_has_the_authors_hidden_layer() -> None:
    head = _features.Head(4)
    features = jax.random.normal(KEY, (2, 7))
    params = nn.init(head, KEY, features)
    first, last = (np.asarray(params["params"][f"Dense_{i}"]["kernel"]) for i in range(2))
    assert first.shape == (7, 7)
    hidden = np.maximum(np.asarray(features) @ first, 0)
    np.testing.assert_allclose(head.apply(params, features), hidden @ last, atol=1e-5)


def test_windows_by_hand() -> None:
    """Two words on either side, the sign 9 where there is none."""
    seen = np.asarray(window_logistic.window(TOKENS[:1], 9)).reshape(6, 5, 10).argmax(-1)
    words = [9, 9, *np.asarray(TOKENS[0]), 9, 9]
    np.testing.assert_array_equal(seen, [words[i : i + 5] for i in range(6)])


def test_the_window_regression_comes_to_the_likeliest_weights() -> None:
    """Without decay it says what scikit-learn's, which has no hidden layer and goes on to the end, does."""
    words, weights, said = jax.random.split(KEY, 3)
    tokens = jax.random.randint(words, (400, 6), 0, 9)
    around = window_logistic.window(tokens, 9)
    logits = around @ jax.random.normal(weights, (around.shape[-1], 4))
    known = Labelled(tokens=tokens, tags=jax.random.categorical(said, logits))
    method = make("window_logistic", given=known, decay=0.0)
    found = jax.nn.softmax(jax.jit(lambda: method.tag(method.init(KEY), tokens))())
    rows = np.asarray(around).reshape(-1, around.shape[-1])
    fitted = LogisticRegression(C=1e6, max_iter=2000).fit(rows, np.asarray(known.tags).ravel())
    np.testing.assert_allclose(found.reshape(-1, 4), fitted.predict_proba(rows), atol=0.02)


def test_the_supervised_network_reads_both_ways() -> None:
    """Another word at a place changes what is said before it, at it and after it."""
    method = make("bigru_supervised")
    params = jax.jit(method.init)(KEY).params
    other = TOKENS.at[:, 3].set((TOKENS[:, 3] + 1) % 9)
    scores = jax.jit(method.scores)
    apart = np.abs(scores(params, TOKENS) - scores(params, other)).max(-1)
    assert (apart > 1e-6).all()


def test_the_supervised_network_never_looks_at_text() -> None:
    method = make("bigru_supervised")
    state = method.init(KEY)
    one = method.update(state, Sentences(tokens=TOKENS), KEY)
    two = method.update(state, Sentences(tokens=TOKENS[::-1] * 0), KEY)
    for a, b in zip(jax.tree.leaves(one), jax.tree.leaves(two), strict=True):
        np.testing.assert_array_equal(a, b)


def scored(task: tags.AmbiguousTags, name: str, steps: int, **knobs) -> float:
    """F1 of a method after some updates."""
    world = jax.jit(task.sample)(KEY)
    method = make(name, spec=task.spec, given=world.labelled, steps=steps, **knobs)

    def step(state, key):
        return method.update(state, task.draw(world, key, None)[1], key), None

    state, _ = jax.jit(lambda key: jax.lax.scan(step, method.init(key), jax.random.split(key, steps)))(KEY)
    asked = SimpleNamespace(tag=lambda tokens: method.tag(state, tokens))
    return float(jax.jit(lambda: task.evaluate(world, KEY, asked))()["entity_f1"])


@pytest.mark.parametrize(
    ("name", "steps", "low", "high"),
    [
        ("forward_lm", 300, 0.2, 0.6),
        ("forward_plus_small_backward", 300, 0.62, 1.0),
        ("bigru_supervised", 150, 0.75, 1.0),
    ],
)
def test_what_comes_after_is_for_the_backward_reader(name, steps, low, high) -> None:
    """All clues come last: the forward reader has the plain word before, the others more."""
    task = tags.AmbiguousTags(right=1.0, labelled=128, sentences=256)
    found = scored(task, name, steps, lr=0.01, decay=0.03)
    assert low < found < high


def test_the_window_regression_learns_the_clues() -> None:
    """They lie before or after."""
    found = scored(tags.AmbiguousTags(labelled=128, sentences=256), "window_logistic", 1, decay=0.3)
    assert 0.8 < found < 0.95
