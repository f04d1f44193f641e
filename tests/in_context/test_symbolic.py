"""Function vectors: the hooks of the frozen model, prompts, causal effects, and what steering adds."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from toybench.methods.in_context._steering import indirect_effects, mean_traces
from toybench.plugins import registry
from toybench.tasks.in_context._symbolic import Calibration, SymbolicSpec, network, pretrain, prompts, run

SPEC = SymbolicSpec(functions=3, symbols=5, demonstrations=2, layers=2, heads=4, width=16)


@pytest.fixture(scope="module")
def net():
    return network(jax.random.key(0), SPEC)


@pytest.fixture(scope="module")
def tokens():
    return jax.random.randint(jax.random.key(1), (7, 3), 0, 5 * 5 + 5)


def method(name: str, net, **knobs):
    return replace(registry.load("methods", f"in_context/{name}")(**knobs), spec=SPEC, steps=1, given=net)


def calibration(net) -> Calibration:
    clean, shuffled = jax.random.randint(jax.random.key(2), (2, 3, 6, 3), 0, 30)
    return Calibration(clean, shuffled, jax.random.randint(jax.random.key(3), (3, 6), 0, 5))


def test_prompts_by_hand():
    inputs, labels = jnp.array([[1, 2, 0]]), jnp.array([[4, 3]])
    shown = jnp.array([[True, False]])
    # pairs are x * 5 + y, single symbols start at 25, the start token is 30
    assert prompts(5, inputs, labels, shown).tolist() == [[9, 30, 25]]


def test_patching_a_head_with_its_own_output_changes_nothing(net, tokens):
    plain = run(net, tokens)
    for which in (jnp.ones((2, 4), bool), jnp.zeros((2, 4), bool).at[0, 1].set(True)):
        np.testing.assert_allclose(run(net, tokens, patch=(which, plain.heads)).logits, plain.logits, atol=1e-5)
    changed = run(net, tokens, patch=(jnp.ones((2, 4), bool), 2 * plain.heads)).logits
    assert np.abs(changed - plain.logits).max() > 1e-2


def test_heads_sum_to_the_attention_output(net, tokens):
    """With the MLPs silenced the stream grows by the sum of the heads alone."""
    quiet = net._replace(down=jnp.zeros_like(net.down))
    trace = run(quiet, tokens)
    np.testing.assert_allclose(trace.stream[:, 1] - trace.stream[:, 0], trace.heads[:, 0].sum(1), atol=1e-5)
    np.testing.assert_allclose(trace.stream[:, 0], quiet.embed[tokens[:, -1]], atol=1e-6)


def test_patching_is_local(net, tokens):
    """Replacing a head of the second layer leaves the first layer's heads as they were."""
    plain = run(net, tokens)
    patched = run(net, tokens, patch=(jnp.zeros((2, 4), bool).at[1, 2].set(True), plain.heads * 0.0))
    np.testing.assert_allclose(patched.heads[:, 0], plain.heads[:, 0], atol=1e-6)
    assert np.abs(patched.logits - plain.logits).max() > 1e-4


def test_what_is_added_enters_the_stream_before_its_layer(net, tokens):
    plain = run(net, tokens)
    add = jnp.zeros((7, 2, 16)).at[:, 1].set(0.5)
    steered = run(net, tokens, add=add)
    np.testing.assert_allclose(steered.stream[:, 0], plain.stream[:, 0], atol=1e-6)
    np.testing.assert_allclose(steered.stream[:, 1], plain.stream[:, 1] + 0.5, atol=1e-5)


def test_a_query_reads_earlier_tokens_but_not_itself(net, tokens):
    """The query attends to demonstrations only, whatever their order."""
    plain = run(net, tokens)
    swapped = run(net, tokens[:, jnp.array([1, 0, 2])])
    np.testing.assert_allclose(swapped.heads[:, 0], plain.heads[:, 0], atol=1e-5)  # no positions in the first layer
    same = jnp.full_like(tokens, 3).at[:, -1].set(tokens[:, -1])
    heads = run(net, same).heads[:, 0].sum(1)
    np.testing.assert_allclose(
        heads, jnp.broadcast_to(heads[:1], heads.shape), atol=1e-5
    )  # nothing of the query is read


def test_indirect_effect_is_that_of_one_patch_at_a_time(net):
    batch = calibration(net)
    heads = mean_traces(net, batch.clean).heads
    effects = indirect_effects(net, heads, batch.shuffled, batch.answer)
    which = jnp.zeros((2, 4), bool).at[1, 2].set(True)
    rise = 0.0
    for f in range(3):  # head (1, 2), one function at a time
        value = jnp.broadcast_to(heads[f][None], (6, 2, 4, 16))
        for sign, patch in ((1, (which, value)), (-1, None)):
            chance = np.asarray(jax.nn.softmax(run(net, batch.shuffled[f], patch=patch).logits))
            rise += sign * chance[np.arange(6), np.asarray(batch.answer[f])].sum()
    np.testing.assert_allclose(effects[1, 2], rise / 18, atol=1e-5)


def test_function_vector_sums_the_best_heads_and_a_full_set_needs_no_choice(net):
    batch, key = calibration(net), jax.random.key(4)
    heads = mean_traces(net, batch.clean).heads.reshape(3, 8, 16)
    effects = indirect_effects(net, mean_traces(net, batch.clean).heads, batch.shuffled, batch.answer).reshape(-1)
    best = np.argsort(-np.asarray(effects))[:2]
    told = method("function_vector", net, heads=2).vectors(batch, key)
    np.testing.assert_allclose(told, heads[:, best].sum(1), atol=1e-5)
    everyone = [method(n, net, heads=8).vectors(batch, key) for n in ("function_vector", "random_head_vector")]
    np.testing.assert_allclose(everyone[0], everyone[1], atol=1e-5)
    other = [method("random_head_vector", net, heads=2).vectors(batch, jax.random.key(k)) for k in range(6)]
    assert any(np.abs(other[0] - o).max() > 1e-3 for o in other)


def test_mean_vectors_are_means_of_the_stream(net):
    batch = calibration(net)
    mean = np.stack([run(net, batch.clean[f]).stream[:, 1].mean(0) for f in range(3)])
    told = method("mean_residual_vector", net, layer=1).vectors(batch, jax.random.key(0))
    np.testing.assert_allclose(told, mean, atol=1e-5)
    difference = method("mean_difference_vector", net, layer=1).vectors(batch, jax.random.key(0))
    np.testing.assert_allclose(difference, mean - mean.mean(0), atol=1e-5)


def test_steering_puts_the_vector_before_one_layer(net):
    learner = method("mean_residual_vector", net, layer=1)
    state = learner.update(learner.init(jax.random.key(0)), calibration(net), jax.random.key(0))
    told = learner.steering(state)
    assert told.shape == (3, 2, 16) and np.abs(told[:, 0]).max() == 0
    np.testing.assert_allclose(told[:, 1], state.vector, atol=1e-6)


def test_pretraining_lowers_the_loss_and_test_queries_are_not_calibration_queries():
    maps = jnp.array([[1, 2, 3, 4, 0], [0, 1, 2, 3, 4], [4, 3, 2, 1, 0]])
    net = jax.jit(lambda k: pretrain(k, SPEC, maps, 150, jnp.float32(0.01), 32))(jax.random.key(0))
    inputs = jnp.array([[a, b, c] for a in range(5) for b in range(5) for c in range(5) if len({a, b, c}) == 3])
    loss = 0.0
    for m in maps:
        shown = prompts(5, inputs, m[inputs[:, :-1]], jnp.ones((len(inputs), 2), bool))
        loss += optax.softmax_cross_entropy_with_integer_labels(run(net, shown).logits, m[inputs[:, -1]]).mean() / 3
    assert loss < 0.8  # ignoring the demonstrations costs at least log(3) less what functions share
    task = registry.load("tasks", "in_context/symbolic_functions")()
    maps = jnp.argsort(jax.random.uniform(jax.random.key(0), (8, 12)), axis=-1)
    queries = [
        set((np.asarray(task.prompts(maps, jax.random.key(1), *r)[4])[:, -1] - 144).tolist()) for r in ((0, 6), (6, 12))
    ]
    assert queries == [set(range(6)), set(range(6, 12))]
    function, answer, clean, shuffled, _ = task.prompts(maps, jax.random.key(1), 0, 6)
    pairs, wrong = np.asarray(clean)[:, :-1], np.asarray(shuffled)[:, :-1]
    m = np.asarray(maps)[np.asarray(function)]
    assert (np.take_along_axis(m, pairs // 12, 1) == pairs % 12).all()
    assert (np.take_along_axis(m, wrong // 12, 1) != wrong % 12).all()  # every demonstration is wrong
    assert (np.take_along_axis(m, (np.asarray(clean)[:, -1:] - 144), 1)[:, 0] == np.asarray(answer)).all()
