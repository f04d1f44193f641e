"""The small set, the contrast by hand and by its limits, and own symbols in training."""

from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.blocks.decode import token_nll
from toybench.blocks.optim import adam, descend
from toybench.errors import UsageError
from toybench.methods.transduction import _encoder_decoder as parts
from toybench.methods.transduction.claps import FARTHER, Claps, info_nce, turned, unit
from toybench.methods.transduction.scheduled_sampling import ScheduledSampling
from toybench.tasks.transduction import Pairs
from toybench.tasks.transduction.few_pairs import FewPairs
from toybench.tasks.transduction.rewritten_reversal import rewrite

KEY = jax.random.key(0)
TASK = FewPairs()
BATCH = TASK.draw(TASK.sample(KEY), KEY, None)[1]


def bound(method: Any) -> Any:
    return replace(method, spec=TASK.spec, steps=10)


def test_batches_come_from_the_set_and_the_test_does_not() -> None:
    world = TASK.sample(KEY)
    np.testing.assert_array_equal(world.train.target, rewrite(world.table, world.train.source))
    known = set(map(tuple, np.asarray(world.train.source).tolist()))
    assert len(world.train.source) == 384
    assert all(tuple(text) in known for text in np.asarray(BATCH.source).tolist())
    assert sum(tuple(text) in known for text in np.asarray(world.test.source).tolist()) < 3
    best = TASK.evaluate(world, KEY, TASK.oracle(world))
    floor = TASK.evaluate(world, KEY, TASK.floor(world))
    assert float(best["exact_match"]) == float(best["token_accuracy"]) == 1.0
    assert float(floor["train_nll"]) == pytest.approx(np.log(8), rel=1e-5) and float(floor["exact_match"]) < 0.02


def test_info_nce_by_hand_without_equal_sources() -> None:
    similar = np.array([[0.9, 0.2, 0.1], [0.3, 0.8, 0.0], [0.5, 0.4, 0.7]])
    extra = np.array([[0.6], [0.1], [0.2]])
    same = np.eye(3, dtype=bool)
    same[0, 2] = same[2, 0] = True
    rows = [[0.9, 0.2, 0.6], [0.3, 0.8, 0.0, 0.1], [0.4, 0.7, 0.2]]
    own = [0, 1, 1]
    by_hand = [np.log(np.exp(np.array(row) / 0.1).sum()) - row[i] / 0.1 for row, i in zip(rows, own, strict=True)]
    found = info_nce(jnp.float32(similar), jnp.asarray(same), jnp.float32(extra))
    assert float(found) == pytest.approx(np.mean(by_hand), rel=1e-4)


def test_a_pass_shows_its_states() -> None:
    method = bound(Claps())
    state = method.init(KEY)
    seen = method.see(state.params, BATCH.source, BATCH.target)
    np.testing.assert_allclose(method.read(state.params, seen.states), seen.logits, atol=1e-5)
    encoder = parts.Encoder(symbols=8)
    inner = {"params": state.params["network"]["params"]["encoder"]}
    np.testing.assert_allclose(seen.memory, encoder.apply(inner, BATCH.source, parts.dense(6)), atol=1e-5)
    np.testing.assert_allclose(jnp.linalg.norm(method.pooled(state.params, seen.memory), axis=1), 1.0, rtol=1e-4)


def test_the_negative_is_less_likely_and_the_positive_steps_away_and_back_too_far() -> None:
    method = bound(Claps(eps=0.1))
    params = method.init(KEY).params
    seen = method.see(params, BATCH.source, BATCH.target)
    same = jnp.eye(len(BATCH.source), dtype=bool)
    found = method.perturbed(params, seen, same, BATCH.target)
    step = 0.1 * float(jnp.linalg.norm(seen.states, axis=-1).mean())
    np.testing.assert_allclose(jnp.linalg.norm(found.negative - seen.states, axis=-1), step, rtol=1e-3)
    loss = lambda h: float(token_nll(method.read(params, h), BATCH.target).mean())  # noqa: E731
    assert loss(found.negative) > loss(seen.states) + 0.01

    def contrast(h: jax.Array) -> jax.Array:
        source = method.pooled(params, seen.memory)
        return info_nce(source @ method.pooled(params, h).T, same, jnp.zeros((len(same), 0)))

    def divergence(h: jax.Array) -> jax.Array:
        true = jax.nn.log_softmax(seen.logits)
        return (jnp.exp(true) * (true - jax.nn.log_softmax(method.read(params, h)))).sum(-1).mean()

    far = seen.states + FARTHER * step * unit(jax.grad(contrast)(seen.states))
    assert float(contrast(far)) > float(contrast(seen.states)) + 0.01
    third = far + (found.positive - far) / 3  # a third of the step back keeps more of the meaning, the whole one less
    assert float(divergence(third)) < 0.8 * float(divergence(far)) < 0.5 * float(divergence(found.positive))
    back = FARTHER * step * unit(jax.grad(divergence)(far))
    np.testing.assert_allclose(found.positive, far - back, atol=2e-3)
    scattered = turned(found, seen.states, KEY)
    for a, b in zip(found, scattered, strict=True):
        lengths = [jnp.linalg.norm(x - seen.states, axis=-1) for x in (a, b)]
        np.testing.assert_allclose(*lengths, rtol=1e-3, atol=1e-5)
    longest = float(jnp.linalg.norm(found.positive - seen.states, axis=-1).max())
    assert longest < 2 * FARTHER * step * 1.001
    still = bound(Claps(eps=0.0)).perturbed(params, seen, same, BATCH.target)
    np.testing.assert_array_equal(still.negative, seen.states)
    np.testing.assert_array_equal(still.positive, seen.states)


def test_the_loss_and_its_gradient_by_hand() -> None:
    """Both contrasts hold the hard negative, one has the positive in the target's place; perturbed states are given."""
    method = bound(Claps(eps=0.1, weight=1.0))
    params = method.init(KEY).params
    same = (BATCH.source[:, None] == BATCH.source[None]).all(-1)
    found = method.perturbed(params, method.see(params, BATCH.source, BATCH.target), same, BATCH.target)

    def by_hand(params: Any) -> jax.Array:
        seen = method.see(params, BATCH.source, BATCH.target)
        source = method.pooled(params, seen.memory)
        others = jnp.where(same, 0.0, jnp.exp(source @ method.pooled(params, seen.states).T / 0.1)).sum(1)
        target, negative, positive = (
            (source * method.pooled(params, h)).sum(1) / 0.1 for h in (seen.states, found.negative, found.positive)
        )
        terms = [jnp.log(jnp.exp(x) + others + jnp.exp(negative)) - x for x in (target, positive)]
        return token_nll(seen.logits, BATCH.target).mean() + sum(terms).mean() / 2

    loss, slope = jax.jit(jax.value_and_grad(method.loss))(params, BATCH, KEY)
    expected, direction = jax.jit(jax.value_and_grad(by_hand))(params)
    assert float(loss) == pytest.approx(float(expected), rel=1e-4)
    for a, b in zip(*map(jax.tree.leaves, (slope, direction)), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-4)


def test_directions_have_length_one_and_nothing_has_none() -> None:
    np.testing.assert_allclose(unit(jnp.array([[3.0, 4.0], [0.0, 0.0]])), [[0.6, 0.8], [0.0, 0.0]], atol=1e-6)


@pytest.mark.parametrize("method", [Claps(weight=0.0), ScheduledSampling(rate=0.0)])
def test_without_its_knob_each_descends_the_likelihood(method: Any) -> None:
    method = bound(method)
    state = method.init(KEY)
    network = (lambda p: p["network"]) if isinstance(method, Claps) else (lambda p: p)
    first = network(state.params)

    def loss(params: Any) -> jax.Array:
        logits = method.network().apply(params, BATCH.source, BATCH.target, parts.dense(6))
        return token_nll(logits, BATCH.target).mean()

    rule = adam(method.lr, 10)
    expected, _ = descend(rule, jax.grad(loss)(first), rule.init(first), first)
    found = network(method.update(state, BATCH, KEY).params)
    for a, b in zip(*map(jax.tree.leaves, (found, expected)), strict=True):
        np.testing.assert_allclose(a, b, atol=2e-5)


def test_own_symbols_are_read_as_often_as_stated(monkeypatch: pytest.MonkeyPatch) -> None:
    """At the last of ten steps, with a rate of 1, nine of ten symbols that differ are the learner's own."""
    method = bound(ScheduledSampling(rate=1.0))
    state = method.init(KEY)._replace(step=jnp.int32(9))
    batch = Pairs(source=jnp.tile(BATCH.source, (8, 1)), target=jnp.tile(BATCH.target, (8, 1)))
    own = method.logits(state.params, batch.source, batch.target).argmax(-1)
    seen: list[jax.Array] = []
    ask = ScheduledSampling.logits

    def record(self: Any, params: Any, source: jax.Array, target: jax.Array) -> jax.Array:
        seen.append(target)
        return ask(self, params, source, target)

    monkeypatch.setattr(ScheduledSampling, "logits", record)
    method.update(state, batch, KEY)
    differs = own != batch.target
    share = jnp.where(differs, seen[1] == own, False).sum() / differs.sum()
    assert float(share) == pytest.approx(0.9, abs=0.03)
    np.testing.assert_array_equal(seen[0], batch.target)


@pytest.mark.parametrize("direction", ["adversarial", "random", "none"])
def test_a_few_steps_lower_likelihood_and_contrast(direction: str) -> None:
    method = bound(Claps(weight=1.0, direction=direction))
    state = method.init(KEY)

    @jax.jit
    def step(state: Any, key: jax.Array) -> tuple[Any, jax.Array]:
        likelihood = token_nll(method.see(state.params, BATCH.source, BATCH.target).logits, BATCH.target).mean()
        parts_of_loss = jnp.stack([likelihood, method.loss(state.params, BATCH, KEY) - likelihood])
        return method.update(state, BATCH, key), parts_of_loss

    losses = []
    for number in range(8):
        state, found = step(state, jax.random.key(number))
        losses.append(found)
    assert bool((losses[-1] < losses[0] - 0.2).all())


def test_a_misspelled_direction_is_named() -> None:
    with pytest.raises(UsageError, match="direction is 'up'; use one of"):
        bound(Claps(direction="up")).network()
