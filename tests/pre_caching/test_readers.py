"""Training with and without gradients into the past: what is the same, what is not, and that all learn."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.methods.pre_caching._network import LAYERS, Attention, Reading, attend, nearness
from toybench.plugins import registry
from toybench.tasks.pre_caching import Text, TextSpec, cost

SPEC = TextSpec(features=2, outputs=1, length=6, window=3, cost="squares")
KEY = jax.random.key(8)
STEPS = 40
NAMES = ("vanilla_training", "myopic_training", "single_block", "random_first_block", "window_mlp")


def method(name: str, **fields: Any) -> Any:
    return registry.load("methods", f"pre_caching/{name}")(spec=SPEC, steps=STEPS, **fields)


def batch(tokens: int = 6) -> Text:
    rng = np.random.default_rng(0)
    x = jnp.asarray(rng.normal(size=(5, tokens, 2)).astype(np.float32))
    return Text(x=x, y=jnp.asarray(rng.normal(size=(5, tokens, 1)).astype(np.float32)))


@pytest.mark.parametrize("name", NAMES)
def test_they_learn_and_do_not_look_ahead(name: str) -> None:
    """A batch by heart; a token's answer and state change with earlier tokens, and not with later ones."""
    learner = method(name, lr=0.02)
    shown = batch()

    @jax.jit
    def run(key: jax.Array) -> Any:
        start = learner.init(key)
        state, _ = jax.lax.scan(lambda s, _: (learner.update(s, shown, key), None), start, length=STEPS)
        changed = shown.x.at[:, 3].add(1.0)
        return (
            [learner.loss(s.params, shown) for s in (start, state)],
            [learner.predict(state, x) for x in (shown.x, changed)],
            [learner.hidden(state, x) for x in (shown.x, changed)],
        )

    losses, answers, states = run(KEY)
    before, after = losses
    assert float(after) < 0.85 * float(before)
    for old, new in (answers, states):
        gap = np.abs(new - old).max((0, 2))
        np.testing.assert_allclose(gap[:3], 0, atol=1e-6)
        assert gap[3] > 1e-3
    assert np.abs(answers[1] - answers[0])[:, 4:].max() > 1e-4


def test_both_trainings_answer_alike() -> None:
    """Bit for bit, with the same parameters; a text of one token has the same gradient, a longer one has not."""
    vanilla = method("vanilla_training")
    myopic = method("myopic_training")
    params = vanilla.init(KEY).params
    for question in (0, 1):
        answers = [m.network().apply(params, batch().x)[question] for m in (vanilla, myopic)]
        np.testing.assert_array_equal(*answers)
    for tokens, alike in ((1, True), (6, False)):
        shown = batch(tokens)
        cut = jax.tree.map(lambda p, n=tokens: p[:, :n] if p.shape == (2, 6) else p, params)
        gradients = [jax.tree.leaves(jax.grad(m.loss)(cut, shown)) for m in (vanilla, myopic)]
        gap = max(float(jnp.abs(a - b).max()) for a, b in zip(*gradients, strict=True))
        assert (gap < 1e-6) == alike


def test_no_myopic_gradient_reaches_an_earlier_token() -> None:
    """Answers change with earlier tokens, the derivative says that they don't; the vanilla derivative is the change."""
    x = batch().x[:1]
    params = method("vanilla_training").init(KEY).params
    slopes = [
        np.abs(jax.jacobian(lambda x, m=m: m.network().apply(params, x)[0][0, :, 0])(x)[:, 0]).max(-1)
        for m in (method("vanilla_training"), method("myopic_training"))
    ]
    vanilla, myopic = slopes
    lower = np.tril(np.ones((6, 6), bool), -1)
    assert (vanilla[lower] > 0).all()
    assert (myopic[lower] == 0).all()
    assert (np.diag(myopic) > 0).all()


def test_the_myopic_gradient_holds_earlier_states_fixed() -> None:
    """It is the derivative with what is seen of the past put in as numbers, computed before."""
    shown = batch()
    myopic = method("myopic_training")
    params = myopic.init(KEY).params
    seen: list[jax.Array] = []

    def write(states: jax.Array) -> jax.Array:
        seen.append(states)
        return states

    Reading(out=1, layers=LAYERS, past=write).apply(params, shown.x)
    stored = [jnp.asarray(np.asarray(states)) for states in seen]
    assert len(stored) == LAYERS

    def loss(params: Any) -> jax.Array:
        left = list(stored)
        answer, _ = Reading(out=1, layers=LAYERS, past=lambda _: left.pop(0)).apply(params, shown.x)
        return cost(SPEC, answer, shown.y).mean()

    expected = jax.grad(loss)(params)
    found = jax.grad(myopic.loss)(params, shown)
    for one, other in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_attention_by_hand() -> None:
    """Own key and value on the diagonal, others' before it; a bias of each distance."""
    rng = np.random.default_rng(1)
    query, own_key, own_value, key, value = rng.normal(size=(5, 1, 4, 2, 3)).astype(np.float32)
    bias = rng.normal(size=(2, 4)).astype(np.float32)
    found = attend(*map(jnp.asarray, (query, own_key, own_value, key, value)), nearness(jnp.asarray(bias)))
    for head in range(2):
        for i in range(4):
            keys = [*key[0, :i, head], own_key[0, i, head]]
            values = [*value[0, :i, head], own_value[0, i, head]]
            logits = [query[0, i, head] @ k / 3**0.5 + bias[head, i - j] for j, k in enumerate(keys)]
            weights = np.exp(logits) / np.exp(logits).sum()
            np.testing.assert_allclose(found[0, i, head], weights @ np.asarray(values), atol=1e-5)


def test_a_bias_is_learned_for_each_distance() -> None:
    params = Attention(past=lambda states: states).init(KEY, jnp.ones((1, 6, 8)))
    assert params["params"]["bias"].shape == (2, 6)


def test_nothing_below_the_second_block_is_moved() -> None:
    learner = method("random_first_block", lr=0.05)
    before = learner.init(KEY)
    after = jax.jit(learner.update)(before, batch(), KEY)
    states = [learner.hidden(s, batch().x) for s in (before, after)]
    np.testing.assert_array_equal(*states)
    answers = [learner.predict(s, batch().x) for s in (before, after)]
    assert float(jnp.abs(answers[1] - answers[0]).max()) > 1e-3


def test_one_block_cannot_take_two_sines() -> None:
    """Its states change with an earlier token as they would with any other that has the same sum of values."""
    single = method("single_block")
    params = single.init(KEY).params
    inner = dict(params["params"])
    flat = jax.tree.map(jnp.zeros_like, inner["Attention_0"]["Dense_0"])  # no token is told from another
    values = flat["kernel"].at[:, 64:].set(inner["Attention_0"]["Dense_0"]["kernel"][:, 64:])
    inner["Attention_0"] = {**inner["Attention_0"], "Dense_0": {"kernel": values}}
    x = batch().x
    exchanged = x[:, jnp.asarray([1, 0, 2, 3, 4, 5])]
    answers = [single.network().apply({"params": inner}, x)[0][:, 2:] for x in (x, exchanged)]
    np.testing.assert_allclose(answers[0], answers[1], atol=1e-5)


def test_a_window_ends_where_it_should() -> None:
    learner = method("window_mlp")
    state = learner.init(KEY)
    x = batch().x
    answers = [learner.predict(state, x) for x in (x, x.at[:, 1].add(1.0))]
    gap = np.abs(answers[1] - answers[0]).max((0, 2))
    np.testing.assert_array_equal(gap > 0, [False, True, True, True, False, False])


def test_costs_by_hand() -> None:
    nats = TextSpec(features=3, outputs=3, length=2, window=2, cost="nats")
    answer = jnp.log(jnp.asarray([[[0.5, 0.25, 0.25]]]))
    right = jnp.asarray([[[0.0, 1.0, 0.0]]])
    assert float(cost(nats, answer, right)[0, 0]) == pytest.approx(np.log(4))
    assert float(cost(SPEC, jnp.ones((1, 1, 1)), 3 * jnp.ones((1, 1, 1)))[0, 0]) == 4
