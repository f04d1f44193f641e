"""Language models: limits that equal an LSTM, slopes by hand, counts by hand, and that they learn."""

from dataclasses import replace
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.methods.language_toys import _lstm, recoding_entropy, recoding_perplexity
from toybench.plugins import registry
from toybench.protocol import Learner
from toybench.tasks.language_toys import Sentences, TextSpec
from toybench.tasks.language_toys.garden_path import GardenPath

KEY = jax.random.key(11)
SPEC = TextSpec(words=7, length=5)
TOKENS = jnp.array([[1, 4, 2, 6, 0], [3, 3, 5, 1, 0], [6, 2, 1, 4, 0]], jnp.int32)
RECODED = ("recoding_surprisal", "recoding_perplexity", "recoding_entropy", "recoding_in_test")


def make(name: str, spec=SPEC, steps: int = 10, **knobs):
    return replace(registry.load("methods", f"language_toys/{name}")(**knobs), spec=spec, steps=steps)


def after(method, updates: int = 3):
    state = method.init(KEY)
    for key in jax.random.split(KEY, updates):
        state = method.update(state, Sentences(tokens=TOKENS), key)
    return state


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def by_hand(params, alpha=0.0, error=None):
    """Logarithms of probabilities in numpy, and recoding by differences of an error of (logits, word)."""
    p = {name: np.asarray(value, np.float64) for name, value in params.items()}
    answers = np.zeros(TOKENS.shape)
    for b, sentence in enumerate(np.asarray(TOKENS)):
        h = c = np.zeros(_lstm.WIDTH)
        before = SPEC.words
        for t, word in enumerate(sentence):
            i, f, g, o = np.split(p["word"][before] + h @ p["memory"], 4)
            c = sigmoid(f + 1) * c + sigmoid(i) * np.tanh(g)
            gate = sigmoid(o)

            def chance(h):
                z = h @ p["out"] + p["offset"]
                return np.exp(z) / np.exp(z).sum()

            def hidden(c, gate=gate):
                return gate * np.tanh(c)

            h = hidden(c)
            answers[b, t] = np.log(chance(h)[word])
            if error is not None:
                small = 1e-6 * np.eye(_lstm.WIDTH)
                now = error(chance(h)[word])
                in_h = np.array([(error(chance(h + d)[word]) - now) / 1e-6 for d in small])
                in_c = np.array([(error(chance(hidden(c + d))[word]) - now) / 1e-6 for d in small])
                h = h - alpha * in_h
                c = c - alpha * in_c
            before = word
    return answers


def test_the_lstm_by_hand() -> None:
    method = make("lstm")
    state = after(method)
    np.testing.assert_allclose(method.log_prob(state, TOKENS), by_hand(state.params), atol=2e-5)


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("recoding_surprisal", lambda p: -np.log(p)),
        ("recoding_in_test", lambda p: -np.log(p)),
        ("recoding_perplexity", lambda p: p**-p - 1),
    ],
)
def test_recoding_by_differences(name, error) -> None:
    """The slope in c goes through h = gate tanh(c)."""
    method = make(name, alpha=0.7)
    state = after(method)
    np.testing.assert_allclose(method.log_prob(state, TOKENS), by_hand(state.params, 0.7, error), atol=3e-4)
    assert np.abs(method.log_prob(state, TOKENS) - make("lstm").log_prob(state, TOKENS)).max() > 3e-3


@pytest.mark.parametrize("name", RECODED)
def test_without_a_step_it_is_an_lstm(name) -> None:
    still = make(name, alpha=0.0)
    plain = make("lstm")
    one = after(still)
    two = after(plain)
    for a, b in zip(jax.tree.leaves(one.params), jax.tree.leaves(two.params), strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(still.log_prob(one, TOKENS), plain.log_prob(two, TOKENS))


@pytest.mark.parametrize("name", RECODED)
def test_who_recodes_in_training(name) -> None:
    """Weights are an LSTM's, bit for bit, where it recodes in test only; else they have left it."""
    one = after(make(name, alpha=0.7)).params
    two = after(make("lstm")).params
    apart = max(np.abs(one[k] - two[k]).max() for k in two)
    assert apart == 0 if name == "recoding_in_test" else apart > 1e-4


def test_dynamic_evaluation_without_a_rate_is_an_lstm() -> None:
    state = after(make("lstm"))
    found = make("dynamic_evaluation", rate=0.0).log_prob(state, TOKENS)
    np.testing.assert_allclose(found, make("lstm").log_prob(state, TOKENS), atol=1e-5)


def test_dynamic_evaluation_goes_back_to_the_trained_weights() -> None:
    method = make("dynamic_evaluation", rate=0.5)
    state = after(make("lstm"))
    found = method.log_prob(state, TOKENS)
    turned = method.log_prob(state, TOKENS[::-1])
    np.testing.assert_allclose(found, turned[::-1], atol=1e-5)
    plain = make("lstm").log_prob(state, TOKENS)
    np.testing.assert_allclose(found[:, 0], plain[:, 0], atol=1e-5)
    assert np.abs(found - plain)[:, 1:].max() > 1e-2


def test_dynamic_evaluation_by_hand() -> None:
    """The second word is told by weights one step down the first one's surprise, from the memory of the old ones."""
    method = make("dynamic_evaluation", rate=0.5)
    state = make("lstm").init(KEY)
    params = state.params
    first, second = TOKENS[0, :2]
    old, _ = _lstm.step(params, _lstm.blank(()), jnp.array(SPEC.words))

    def surprise(weights):
        memory, _ = _lstm.step(weights, _lstm.blank(()), jnp.array(SPEC.words))
        return -_lstm.log_chance(_lstm.decode(weights, memory.h), first)

    slope = jax.grad(surprise)(params)
    weights = {k: params[k] - 0.5 * slope[k] for k in params}
    assert surprise(weights) < surprise(params)
    memory, _ = _lstm.step(weights, old, first)
    told = _lstm.log_chance(_lstm.decode(weights, memory.h), second)
    found = method.log_prob(state, TOKENS)[0, 1]
    np.testing.assert_allclose(found, told, atol=1e-5)


@pytest.mark.parametrize("name", ["recoding_surprisal", "recoding_perplexity", "recoding_in_test"])
def test_a_word_is_never_told_to_its_own_prediction(name) -> None:
    """Another word at a place changes what is said of later ones alone."""
    method = make(name, alpha=0.8)
    state = after(method)
    other = TOKENS.at[:, 2].set(0)
    one = method.log_prob(state, TOKENS)
    two = method.log_prob(state, other)
    np.testing.assert_array_equal(one[:, :2], two[:, :2])
    law = [method.log_prob(state, TOKENS.at[:, 2].set(w))[:, 2] for w in range(SPEC.words)]
    np.testing.assert_allclose(np.exp(np.stack(law)).sum(0), 1, rtol=1e-5)


@pytest.mark.parametrize("name", ["recoding_entropy", "lstm", "dynamic_evaluation", "trigram"])
def test_predictions_are_laws(name) -> None:
    method = make(name, alpha=0.5) if name == "recoding_entropy" else make(name)
    state = after(method)
    law = [method.log_prob(state, TOKENS.at[:, 3].set(w))[:, 3] for w in range(SPEC.words)]
    np.testing.assert_allclose(np.exp(np.stack(law)).sum(0), 1, rtol=1e-5)


def test_surprise_falls_after_a_step_and_doubt_too() -> None:
    params = _lstm.fresh(KEY, SPEC)
    memory, gate = _lstm.step(params, _lstm.blank((3,)), TOKENS[:, 0])
    seen = _lstm.Seen(memory=memory, gate=gate, word=TOKENS[:, 1])
    moved = _lstm.recoded(seen, _lstm.surprise_slope(params, seen), 0.05)
    before = _lstm.log_chance(_lstm.decode(params, memory.h), seen.word)
    assert (_lstm.log_chance(_lstm.decode(params, moved.h), seen.word) > before).all()
    kept = recoding_entropy.masks(KEY)
    method = make("recoding_entropy", alpha=0.05)
    _, calmer = method.corrected(params, seen, kept)
    old = recoding_entropy.doubt(params, memory.h, kept)
    assert (recoding_entropy.doubt(params, calmer.h, kept) < old).all()


def test_doubt_is_the_entropy_of_the_mean_prediction() -> None:
    params = _lstm.fresh(KEY, SPEC)
    h = jnp.linspace(-1, 1, 2 * _lstm.WIDTH).reshape(2, -1)
    kept = recoding_entropy.masks(KEY)
    assert set(np.unique(kept).round(4)) == {0, np.float32(round(1 / 0.79, 4))}
    each = np.stack([jax.nn.softmax(_lstm.decode(params, h * m[None])) for m in kept])
    mean = each.mean(0)
    np.testing.assert_allclose(recoding_entropy.doubt(params, h, kept), -(mean * np.log(mean)).sum(1), rtol=1e-4)


def test_the_released_error_turns_at_one_over_e() -> None:
    slope = jax.grad(lambda p: recoding_perplexity.released_error(jnp.log(p)))
    assert recoding_perplexity.released_error(jnp.log(0.25)) == pytest.approx(0.25**-0.25 - 1, rel=1e-5)
    assert slope(0.3) > 0 > slope(0.45)
    assert slope(1 / np.e) == pytest.approx(0, abs=1e-5)


def test_weights_learn_through_the_memory_alone() -> None:
    """The slope is a constant in training: the gradient is that of a memory moved by fixed numbers."""
    params = _lstm.fresh(KEY, SPEC)
    memory, gate = _lstm.step(params, _lstm.blank((3,)), TOKENS[:, 0])
    seen = _lstm.Seen(memory=memory, gate=gate, word=TOKENS[:, 1])
    fixed = _lstm.recoded(seen, _lstm.surprise_slope(params, seen), 0.5)

    def moved(params):
        memory, gate = _lstm.step(params, _lstm.blank((3,)), TOKENS[:, 0])
        now = _lstm.Seen(memory=memory, gate=gate, word=TOKENS[:, 1])
        return _lstm.recoded(now, _lstm.surprise_slope(params, now), 0.5)

    def shifted(params):
        now, _ = _lstm.step(params, _lstm.blank((3,)), TOKENS[:, 0])
        return jax.tree.map(lambda new, old, to: new + (to - old), now, memory, fixed)

    one = jax.jacrev(moved)(params)
    two = jax.jacrev(shifted)(params)
    for a, b in zip(jax.tree.leaves(one), jax.tree.leaves(two), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


def test_the_trigram_by_hand() -> None:
    method = make("trigram", smoothing=2.0)
    state = method.update(method.init(KEY), Sentences(tokens=TOKENS), KEY)
    flat = np.bincount(np.asarray(TOKENS).ravel(), minlength=7)
    one = (flat[2] + 2 / 7) / (15 + 2)
    two = (1 + 2 * one) / (2 + 2)  # 4 comes twice before another word: 2 and 0 follow
    three = (1 + 2 * two) / (2 + 2)  # so does 1, 4
    assert np.exp(method.log_prob(state, TOKENS)[0, 2]) == pytest.approx(three, rel=1e-5)
    found = np.exp(method.log_prob(state, TOKENS)[0, 3])
    two = (1 + 2 * (flat[6] + 2 / 7) / 17) / (2 + 2)  # 2 comes twice before another word: 6 and 1 follow; 4, 2 once
    assert found == pytest.approx((1 + 2 * two) / (1 + 2), rel=1e-5)


@pytest.mark.parametrize("name", ["lstm", "recoding_surprisal", "trigram"])
def test_it_learns(name) -> None:
    """The LSTM and the recoded one come past a trigram's best."""
    task = GardenPath(sentences=128, surprising=32)
    method = make(name, spec=task.spec, steps=200, **({"lr": 0.02} if name != "trigram" else {}))
    world = jax.jit(task.sample)(KEY)

    def step(state, key):
        return method.update(state, task.draw(world, key, None)[1], key), None

    state, _ = jax.jit(lambda key: jax.lax.scan(step, method.init(key), jax.random.split(key, 200)))(KEY)
    found = jax.jit(partial(task.evaluate, world, KEY, Learner(method, state)))()
    assert found["excess_nll"] > 0
    assert found["excess_nll"] < (0.5 if name == "trigram" else 0.15)
