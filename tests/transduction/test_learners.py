"""Transformers by their symmetries and limits, the two counters by what they find."""

from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.methods.transduction import _encoder_decoder as parts
from toybench.methods.transduction import no_positions, sinusoidal_positions, token_mixer
from toybench.methods.transduction.aligned_counts import AlignedCounts
from toybench.methods.transduction.attention_dropout import AttentionDropout
from toybench.methods.transduction.bag_of_symbols import BagOfSymbols
from toybench.methods.transduction.no_positions import NoPositions
from toybench.methods.transduction.one_wide_ffn import OneWideFfn
from toybench.methods.transduction.per_layer_ffn import PerLayerFfn
from toybench.methods.transduction.sinusoidal_positions import SinusoidalPositions
from toybench.methods.transduction.subsampled_attention import SubsampledAttention
from toybench.methods.transduction.token_mixer import TokenMixer
from toybench.methods.transduction.weight_decay import WeightDecay
from toybench.protocol import Learner
from toybench.tasks.transduction import Pairs
from toybench.tasks.transduction.rewritten_reversal import RewrittenReversal
from toybench.tasks.transduction.two_symbols import TwoSymbols

KEY = jax.random.key(0)
REVERSAL = RewrittenReversal()
QUESTION = TwoSymbols(rule="more_often")
SOURCE = jnp.array([[0, 1, 2, 3, 4, 5], [5, 5, 0, 2, 1, 3]], jnp.int32)
TARGET = jnp.array([[3, 1, 0, 0, 5, 2], [4, 4, 1, 2, 3, 0]], jnp.int32)
TRANSFORMERS = [
    PerLayerFfn(),
    PerLayerFfn(hidden=0),
    OneWideFfn(),
    NoPositions(),
    SinusoidalPositions(),
    TokenMixer(),
    WeightDecay(decay=0.1),
    SubsampledAttention(),
    AttentionDropout(),
]


def bound(method: Any, task: Any = REVERSAL, steps: int = 10) -> Any:
    return replace(method, spec=task.spec, steps=steps)


def size(method: Any) -> int:
    return sum(leaf.size for leaf in jax.tree.leaves(bound(method).init(KEY).params))


@pytest.mark.parametrize(
    ("encoder", "blind"),
    [
        (no_positions.Encoder(symbols=8), True),
        (sinusoidal_positions.Encoder(symbols=8), False),
        (token_mixer.Encoder(symbols=8), False),
        (parts.Encoder(symbols=8), False),
    ],
)
def test_only_without_places_is_the_encoder_equivariant(encoder: Any, blind: bool) -> None:
    every = parts.dense(6)
    params = parts.init(encoder, KEY, SOURCE, every)
    order = jnp.array([3, 0, 5, 1, 4, 2])
    then = encoder.apply(params, SOURCE[:, order], every)
    gap = float(jnp.abs(then - encoder.apply(params, SOURCE, every)[:, order]).max())
    assert gap < 1e-5 if blind else gap > 0.1


def test_attention_by_hand_and_its_rows_sum_to_one() -> None:
    attend = parts.Attend()
    x = jax.random.normal(KEY, (1, 2, parts.WIDTH))
    memory = jax.random.normal(jax.random.key(1), (1, 4, parts.WIDTH))
    mask = jnp.array([[True, True, False, True], [True, False, True, True]])
    one = jnp.ones((1, 1, 1, 1))
    params = parts.init(attend, KEY, x, memory, mask, one)
    w = [np.asarray(params["params"][f"Dense_{i}"]["kernel"], np.float64) for i in range(4)]
    q, k, v = (np.asarray(y[0], np.float64) @ w[i] for i, y in enumerate((x, memory, memory)))
    mixed = np.zeros((2, parts.WIDTH))
    for h in range(parts.HEADS):
        part = slice(16 * h, 16 * h + 16)
        weights = np.exp(q[:, part] @ k[:, part].T / 4) * np.asarray(mask)
        mixed[:, part] = weights / weights.sum(1, keepdims=True) @ v[:, part]
    np.testing.assert_allclose(attend.apply(params, x, memory, mask, one)[0], mixed @ w[3], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(
        attend.apply(params, x, memory, mask, 0.5 * one)[0], 0.5 * mixed @ w[3], rtol=1e-4, atol=1e-5
    )


def test_one_wide_ffn_is_as_large_and_one_small_one_as_narrow_ffns() -> None:
    assert size(OneWideFfn()) == pytest.approx(size(PerLayerFfn()), rel=0.02)
    assert size(OneWideFfn(hidden=64)) == pytest.approx(size(PerLayerFfn(hidden=16)), rel=0.02)
    assert size(OneWideFfn(hidden=64)) < 0.7 * size(PerLayerFfn())


def test_weights_tied_by_hand_are_one_shared_ffn() -> None:
    shared, own = bound(OneWideFfn(hidden=64)), bound(PerLayerFfn())
    small = shared.init(KEY).params["params"]
    full = own.init(jax.random.key(1)).params["params"]
    ffn = small["encoder"]["MLP_0"]
    mute = jax.tree.map(jnp.zeros_like, full["MLP_0"])
    tied = {
        **full,
        **{name: leaf for name, leaf in small.items() if name != "encoder"},
        "encoder": {**full["encoder"], **small["encoder"], **{f"MLP_{i}": ffn for i in range(parts.LAYERS)}},
        "MLP_0": mute,
    }
    every = parts.dense(6)
    a = own.network().apply({"params": tied}, SOURCE, TARGET, every)
    b = shared.network().apply({"params": small}, SOURCE, TARGET, every)
    np.testing.assert_allclose(a, b, atol=1e-5)


def test_a_symbol_is_judged_by_those_before_it_and_decoded_greedily() -> None:
    method = bound(PerLayerFfn())
    state = method.init(KEY)
    state = state._replace(params=jax.tree.map(lambda x: 2 * x, state.params))
    before = method.log_prob(state, SOURCE, TARGET)
    after = method.log_prob(state, SOURCE, TARGET.at[:, 3].add(-TARGET[:, 3] + 5))
    np.testing.assert_allclose(before[:, :3], after[:, :3], atol=1e-6)
    assert float(jnp.abs(before[:, 4:] - after[:, 4:]).max()) > 1e-3
    every = [method.log_prob(state, SOURCE, jnp.full_like(TARGET, v))[:, 0] for v in range(8)]
    np.testing.assert_allclose(jnp.exp(jnp.stack(every)).sum(0), 1.0, rtol=1e-5)
    own = method.decode(state, SOURCE)
    np.testing.assert_array_equal(own, method.logits(state, SOURCE, own).argmax(-1))


@pytest.mark.parametrize("method", [SubsampledAttention(keep=1.0), AttentionDropout(rate=0.0), WeightDecay()])
def test_without_its_knob_each_is_the_standard_network(method: Any) -> None:
    batch = Pairs(source=SOURCE, target=TARGET)
    ends = []
    for learner in (bound(method), bound(PerLayerFfn())):
        state = learner.update(learner.init(KEY), batch, KEY)
        ends.append(state.params)
    for a, b in zip(*map(jax.tree.leaves, ends), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(("keep", "kept"), [(0.2, 2), (0.5, 3), (0.65, 4)])
def test_a_subset_has_its_size_and_the_last_steps_have_all_keys(keep: float, kept: int) -> None:
    method = bound(SubsampledAttention(keep=keep), steps=20)
    keys = [method.thinning(jnp.int32(step), jax.random.key(step), 2).keys for step in range(20)]
    np.testing.assert_array_equal(jnp.stack(keys[:18]).sum(-1), kept)
    assert bool(jnp.stack(keys[18:]).all())
    often = jnp.stack(keys[:18]).astype(jnp.float32).mean((0, 1))
    assert float(often.min()) > 0 and float(often.max()) < 1
    assert any((keys[0][0] != layer).any() for layer in keys[0][1:])


def test_dropped_weights_keep_their_mean() -> None:
    factor = bound(AttentionDropout(rate=0.25)).thinning(jnp.int32(0), KEY, 64).factor
    assert factor.shape == (parts.LAYERS, 64, parts.HEADS, 6, 6)
    assert float(factor.mean()) == pytest.approx(1.0, abs=0.03)
    np.testing.assert_allclose(jnp.unique(factor), [0.0, 4 / 3], rtol=1e-6)


@pytest.mark.parametrize("kind", [SubsampledAttention, AttentionDropout])
def test_an_ensemble_is_the_mean_of_thinned_networks(kind: Any) -> None:
    method = bound(kind(ensemble=3))
    state = method.init(KEY)
    found = jnp.exp(method.logits(state, SOURCE, TARGET))
    np.testing.assert_allclose(found.sum(-1), 1.0, rtol=1e-5)
    if kind is SubsampledAttention:
        thins = [method.subset(u) for u in method.drawn(state.key, 3)]
    else:
        every = method.dropped(state.key, 3, 1)
        thins = [parts.Thinning(keys=every.keys[i], factor=every.factor[i]) for i in range(3)]
    each = [jax.nn.softmax(method.network().apply(state.params, SOURCE, TARGET, thin)) for thin in thins]
    np.testing.assert_allclose(found, sum(each) / 3, rtol=1e-4)
    assert float(jnp.abs(each[0] - each[1]).max()) > 1e-3


@pytest.mark.parametrize("method", TRANSFORMERS)
def test_a_few_steps_on_one_batch_lower_its_loss(method: Any) -> None:
    method = bound(method, QUESTION, steps=30)
    _, batch = QUESTION.draw(QUESTION.sample(KEY), KEY, None)
    state = method.init(KEY)
    loss = lambda state: -method.log_prob(state, *batch).mean()  # noqa: E731
    before = loss(state)
    learn = jax.jit(method.update)
    for step in range(12):
        state = learn(state, batch, jax.random.key(step))
    assert float(loss(state)) < float(before) - 0.05


def test_the_bag_learns_counts_and_is_blind_to_order() -> None:
    for rule, low, high in (("more_often", 0.95, 1.0), ("which_first", 0.5, 0.5)):
        task = TwoSymbols(rule=rule)
        method = bound(BagOfSymbols(), task, steps=100)
        world = task.sample(KEY)
        step = lambda state, key: (method.update(state, task.draw(world, key, None)[1], key), None)  # noqa: B023, E731
        state, _ = jax.lax.scan(step, method.init(KEY), jax.random.split(KEY, 100))
        found = task.evaluate(world, KEY, Learner(method, state))
        assert low <= float(found["accuracy"]) <= high
        assert float(found["shuffle_change"]) < 1e-5
    assert method.fits(REVERSAL.spec) and not method.fits(QUESTION.spec)


def test_counts_find_places_and_table() -> None:
    method = bound(AlignedCounts())
    world = REVERSAL.sample(KEY)
    state = method.init(KEY)
    step = lambda state, key: (method.update(state, REVERSAL.draw(world, key, None)[1], key), None)  # noqa: E731
    state, _ = jax.lax.scan(step, state, jax.random.split(KEY, 60))
    found = REVERSAL.evaluate(world, KEY, Learner(method, state))
    assert float(found["token_accuracy"]) > 0.99 and float(found["test_nll"]) < 0.05
    assert method.fits(QUESTION.spec) and not method.fits(REVERSAL.spec)
