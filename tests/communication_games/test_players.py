"""The players: texts by hand, what an encoding can't see, and that conventions arise."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.methods.communication_games._q import Encoder, Text, hint_text, padded_hint, padded_play, play_text
from toybench.plugins import registry
from toybench.protocol import Learner
from toybench.tasks.communication_games import HintView, PlayView
from toybench.tasks.communication_games.hint_game import HintGame

KEY = jax.random.key(9)
TASK = HintGame(games=512)
SPEC = TASK.spec
NAMES = ("relevance_q", "concatenated_q", "mean_token_q", "fixed_q", "fixed_q_per_size")
TEXTS = NAMES[:3]


def method(name: str, steps: int = 10, **knobs):
    return replace(registry.load("methods", f"communication_games/{name}")(**knobs), spec=SPEC, steps=steps)


def views(colours=((0, 2, 0, 0),), ranks=((1, 1, 0, 0),), present=((1, 1, 0, 0),), target=((0, 1, 0, 0),)):
    hint = HintView(
        present=jnp.array(present, jnp.float32),
        colour=jnp.array(colours),
        rank=jnp.array(ranks),
        target=jnp.array(target, jnp.float32),
    )
    play = PlayView(present=hint.present, marked=jnp.array([[0.0, 1.0, 0.0, 0.0]]), word=jnp.array([2]))
    return hint, play


def test_texts_by_hand():
    """Words 0-3 are places, 4-6 colours, 7-9 ranks, 10 is the target, 11 and 12 marked and not, 13 the hint."""
    hint, play = views()
    text = hint_text(SPEC, hint)
    assert [set(np.flatnonzero(np.asarray(phrase))) for phrase in text.words[0, :2]] == [{0, 4, 8}, {1, 6, 8, 10}]
    np.testing.assert_array_equal(text.present[0], [1, 1, 0, 0])
    text = play_text(SPEC, play)
    said = [set(np.flatnonzero(np.asarray(phrase))) for phrase in text.words[0]]
    assert said[:2] == [{0, 12}, {1, 11}] and said[4] == {6, 13}
    np.testing.assert_array_equal(text.present[0], [1, 1, 0, 0, 1])


def test_padded_views_by_hand():
    hint, play = views()
    padded = padded_hint(SPEC, hint)[0].reshape(4, 8)
    np.testing.assert_array_equal(padded[0], [1, 0, 1, 0, 0, 0, 1, 0])
    np.testing.assert_array_equal(padded[1], [1, 1, 0, 0, 1, 0, 1, 0])
    np.testing.assert_array_equal(padded[2:], 0)
    np.testing.assert_array_equal(padded_play(SPEC, play)[0], [1, 1, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0])


def test_rivals_have_about_as_many_weights():
    sizes = {}
    for name in NAMES:
        params = jax.eval_shape(method(name).init, KEY).params
        sizes[name] = sum(x.size for x in jax.tree.leaves(params)) // 2
    for name in ("fixed_q", "mean_token_q", "concatenated_q"):
        assert 0.8 < sizes[name] / sizes["relevance_q"] < 1.6, sizes
    assert 1.6 < sizes["fixed_q_per_size"] / sizes["relevance_q"] < 2.2, sizes


@pytest.mark.parametrize("name", NAMES)
def test_empty_places_say_nothing(name):
    """What colour and rank stand where no card is doesn't matter."""
    players = method(name)
    params = jax.tree.map(lambda x: x[0], jax.jit(players.init)(KEY).params)
    one, _ = views()
    two, _ = views(colours=((0, 2, 1, 2),), ranks=((1, 1, 2, 2),))
    rate = jax.jit(players.rate_words)
    np.testing.assert_allclose(rate(params, one), rate(params, two), atol=1e-6)


@pytest.mark.parametrize(("name", "blind"), [("mean_token_q", True), ("relevance_q", False), ("concatenated_q", False)])
def test_a_mean_of_words_does_not_know_whose_colour_it_is(name, blind):
    """Exchanged colours leave the words of a view alone, but not its phrases."""
    players = method(name)
    params = jax.tree.map(lambda x: x[0], jax.jit(players.init)(KEY).params)
    one, _ = views()
    two, _ = views(colours=((2, 0, 0, 0),))
    rate = jax.jit(players.rate_words)
    same = np.allclose(rate(params, one), rate(params, two), atol=1e-5)
    assert same == blind


def test_the_order_of_phrases_does_not_matter():
    players = method("relevance_q")
    params = jax.tree.map(lambda x: x[0], jax.jit(players.init)(KEY).params)
    hint, _ = views()
    text = hint_text(SPEC, hint)
    turned = Text(words=text.words[:, ::-1], present=text.present[:, ::-1])
    encoder = Encoder(players.width)
    weights = {"params": params["params"]["encode"]}
    np.testing.assert_allclose(encoder.apply(weights, *text), encoder.apply(weights, *turned), atol=1e-6)
    other = Text(words=text.words[:, ::-1], present=text.present)
    assert not np.allclose(encoder.apply(weights, *text), encoder.apply(weights, *other), atol=1e-3)


def test_relevance_is_the_product_of_two_encodings():
    """Q = v . x_o + u . (x_o * x_a), with the encodings taken from the network itself."""
    players = method("relevance_q")
    params = jax.tree.map(lambda x: x[0], jax.jit(players.init)(KEY).params)
    _, play = views()
    from toybench.methods.communication_games._q import place_texts

    encode = lambda text: Encoder(players.width).apply({"params": params["params"]["encode"]}, *text)  # noqa: E731
    x = np.asarray(encode(play_text(SPEC, play)))[0]
    moves = np.asarray(encode(place_texts(SPEC)))
    heads = params["params"]
    direct = (
        x @ np.asarray(heads["value"]["kernel"])[:, 0]
        + (x[None] * moves) @ np.asarray(heads["relevance"]["kernel"])[:, 0]
    )
    np.testing.assert_allclose(players.rate_places(params, play)[0], direct, atol=1e-5)


def test_the_specialist_of_a_size_answers_for_it_and_the_nearest_for_others():
    players = method("fixed_q_per_size")
    params = jax.tree.map(lambda x: x[0], jax.jit(players.init)(KEY).params)
    alone = method("fixed_q")
    for cards, which in ((2, 0), (3, 1), (4, 1)):
        present = (tuple(int(i < cards) for i in range(4)),)
        hint, _ = views(present=present)
        mine = jax.tree.map(lambda x, which=which: x[which], params)
        np.testing.assert_allclose(players.rate_words(params, hint), alone.rate_words(mine, hint), atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_the_step_descends_the_errors_of_what_was_chosen(name):
    players = method(name, lr=0.001)
    state = jax.jit(players.init)(KEY)
    learner = Learner(players, state)
    _, batch = jax.jit(lambda k: TASK.draw((), k, learner))(KEY)
    loss = jax.jit(players.loss)
    update = jax.jit(players.update)
    before = loss(state.params, batch)
    said = players.say(state, batch.hint)
    played = players.play(state, batch.play)
    by_hand = 0.0
    for p in range(2):
        words = np.asarray(said[p])[np.arange(48), np.asarray(batch.play.word[p])]
        places = np.asarray(played[p])[np.arange(48), np.asarray(batch.place[p])]
        reward = np.asarray(batch.reward[p])
        by_hand += ((words - reward) ** 2 + (places - reward) ** 2).mean()
    np.testing.assert_allclose(before, by_hand, rtol=1e-4)
    for _ in range(20):
        state = update(state, batch, KEY)
    assert loss(state.params, batch) < before


@pytest.mark.parametrize(("name", "above"), [("relevance_q", 0.55), ("fixed_q", 0.87), ("fixed_q_per_size", 0.87)])
def test_conventions_arise(name, above):
    """In 1,000 updates; blind play has 0.42, a marked card after the target's rarest word 0.85 without a convention."""
    players = method(name, lr=0.002)
    world = TASK.sample(KEY)

    def step(state, key):
        _, batch = TASK.draw(world, key, Learner(players, state))
        return players.update(state, batch, key), None

    state, _ = jax.jit(lambda k: jax.lax.scan(step, players.init(k), jax.random.split(k, 1000)))(KEY)
    assert TASK.evaluate(world, KEY, Learner(players, state))["seen_score"] > above
