"""Trees with hubs, trees to look values up in, and questions with their sentences."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.tasks.message_passing import Batch, Graphs, losses, mean_loss
from toybench.tasks.message_passing.hub_mean import HubMean, planted
from toybench.tasks.message_passing.support_sentences import SupportSentences
from toybench.tasks.message_passing.tree_lookup import TreeLookup

KEY = jax.random.key(3)


@pytest.fixture(scope="module", params=[0, 2], ids=["same", "more"])
def trees(request):
    task = HubMean()
    return request.param, jax.tree.map(np.array, planted(task.grow(KEY, 400, more=request.param)))


def test_hubs_have_six_neighbours_and_others_two_or_three(trees):
    more, batch = trees
    for edges, mask in zip(batch.graphs.edges, batch.graphs.mask, strict=True):
        children = np.flatnonzero(edges[0])
        degrees = edges.sum(1)[children]
        assert set(degrees) <= {2, 3, 6}
        assert 1 + more <= (degrees == 6).sum() <= 2 + more
        assert 2 + more <= len(children) <= 6
        assert edges.sum() == 2 * (mask.sum() - 1)  # a tree, both ways
        reached = np.linalg.matrix_power(edges.astype(float) + np.eye(len(edges)), 2)[0] > 0
        np.testing.assert_array_equal(reached, mask)  # two steps from the root lead everywhere
        np.testing.assert_array_equal(edges, edges.T)


def test_all_counts_of_hubs_and_children_occur(trees):
    more, batch = trees
    degrees = batch.graphs.edges.sum(-1)
    children = batch.graphs.edges[:, 0]
    hubs = ((degrees == 6) & children).sum(1)
    np.testing.assert_allclose((hubs == 1 + more).mean(), 0.5, atol=0.08)
    counts = children.sum(1)
    for number in range(2 + more, 7):
        np.testing.assert_allclose((counts == number).mean(), 1 / (5 - more), atol=0.08)
    assert 0.4 < (degrees[children] == 2).sum() / np.isin(degrees[children], (2, 3)).sum() < 0.6


def test_hubs_stand_anywhere_among_the_children(trees):
    more, batch = trees
    degrees = batch.graphs.edges.sum(-1)
    full = batch.graphs.edges[:, 0].sum(1) == 6
    share = (degrees[full, 1:7] == 6).mean(0)
    np.testing.assert_allclose(share, share.mean(), atol=0.17)


def test_the_answer_is_the_mean_of_the_hubs(trees):
    _, batch = trees
    for i in range(20):
        edges = batch.graphs.edges[i]
        hubs = [j for j in range(len(edges)) if edges[0, j] and edges[j].sum() == 6]
        np.testing.assert_allclose(batch.answers[i, 0], batch.graphs.x[i, hubs].mean(0), rtol=1e-5)
    assert (batch.asked.sum(1) == 1).all() and batch.asked[:, 0].all()


def test_features_are_uniform_and_padding_has_none(trees):
    _, batch = trees
    x = batch.graphs.x[batch.graphs.mask]
    assert -2 <= x.min() < -1.9 and 1.9 < x.max() <= 2
    np.testing.assert_allclose(x.var(), 4 / 3, rtol=0.05)
    assert not batch.graphs.x[~batch.graphs.mask].any()


def test_errors_of_hubs_are_shares_of_the_mean_answers():
    task = HubMean()
    world = task.sample(KEY)
    half = type("Half", (), {"predict": lambda _, graphs: 0.25 * (task.oracle(world).predict(graphs))})()
    metrics = task.evaluate(world, KEY, half)
    np.testing.assert_allclose([metrics["error"], metrics["error_shifted"]], 0.75, rtol=1e-5)
    np.testing.assert_allclose(metrics["mae"], 0.75 * np.abs(world.test.answers[:, 0]).mean(), rtol=1e-5)
    same = world.test.graphs.edges[:, 0].sum(-1)
    assert world.shifted.graphs.edges[:, 0].sum(-1).mean() > same.mean()
    _, batch = task.draw(world, KEY, None)
    assert batch.graphs.x.shape == (24, 25, 5)
    assert set(np.array(batch.graphs.x[:, 0, 0])) <= set(np.array(world.train.x[:, 0, 0]))


@pytest.mark.parametrize("depth", [2, 3])
def test_the_root_is_told_the_value_of_its_key(depth):
    task = TreeLookup(depth=depth)
    world = task.sample(KEY)
    graphs = jax.tree.map(np.array, world.test.graphs)
    answers = np.array(world.test.answers[:, 0])
    count = 2**depth
    asked = graphs.x[:, 0, :count].argmax(-1)
    for i in range(50):
        leaves = graphs.x[i, count - 1 :]
        np.testing.assert_array_equal(leaves[:, :count], np.eye(count))
        values = leaves[:, count:].argmax(-1)
        assert sorted(values) == list(range(count))
        assert answers[i].argmax() == values[asked[i]] and answers[i].sum() == 1
        assert not graphs.x[i, 1 : count - 1].any() and not graphs.x[i, 0, count:].any()
    np.testing.assert_allclose(np.bincount(asked) / len(asked), 1 / count, atol=0.03)
    np.testing.assert_allclose(answers.mean(0), 1 / count, atol=0.03)


def test_leaves_are_as_far_from_the_root_as_the_tree_is_deep():
    world = TreeLookup(depth=3).sample(KEY)
    edges = np.array(world.edges, float)
    steps = [np.flatnonzero(np.linalg.matrix_power(edges, k)[0]) for k in range(5)]
    assert [len(s) for s in steps] == [1, 2, 4, 8, 0]
    np.testing.assert_array_equal(steps[3], np.arange(7, 15))
    assert edges.sum(0)[0] == 0 and (edges.sum(0)[1:] == 1).all()  # each child tells its one parent


def test_errors_of_lookups_are_shares_of_guessing():
    task = TreeLookup(depth=2)
    world = task.sample(KEY)
    right = np.array(world.test.answers)
    right[::2] = np.roll(right[::2], 1, axis=-1)
    metrics = task.evaluate(world, KEY, type("Half", (), {"predict": lambda _, graphs: jnp.asarray(right)})())
    np.testing.assert_allclose([metrics["accuracy"], metrics["error"]], [0.5, 0.5 / 0.75], rtol=1e-6)


def test_sentences_name_the_entities_of_a_chain():
    """Without noise the second sentence holds what is left of the first without the question's entity."""
    task = SupportSentences(noise=0.0, dims=64)
    batch, second = task.ask(KEY, 300)
    x = np.array(batch.graphs.x[..., :-1])
    wanted = np.array(batch.answers[..., 0]) > 0
    second = np.array(second)
    first = wanted & ~second
    assert (wanted.sum(1) == 2).all() and (second.sum(1) == 1).all() and not wanted[:, 0].any()
    bridge = x[first] - x[:, 0]
    np.testing.assert_allclose((bridge * x[second]).sum(-1).mean(), 1.0, atol=0.05)
    np.testing.assert_allclose((x[:, 0] * x[second]).sum(-1).mean(), 0.0, atol=0.05)
    np.testing.assert_allclose((x[:, 0] ** 2).sum(-1).mean(), 1.0, atol=0.05)
    others = np.stack([x[i, 1:][~wanted[i, 1:]] for i in range(len(x))])
    np.testing.assert_allclose(np.einsum("bd,bnd->bn", x[:, 0], others).mean(), 0.0, atol=0.05)
    overlap = np.einsum("bnd,bmd->bnm", others, others)
    off = overlap[:, ~np.eye(7, dtype=bool)].reshape(len(x), -1)
    np.testing.assert_allclose(off.sum(1).mean(), 2.0, atol=0.5)  # one pair of them shares an entity, counted twice
    np.testing.assert_allclose((others**2).sum(-1).mean(), 2.0, atol=0.1)
    assert np.array(batch.graphs.x[..., -1])[:, 0].all() and not np.array(batch.graphs.x[..., -1])[:, 1:].any()


def test_sentences_stand_in_any_order():
    _, second = SupportSentences().ask(KEY, 4000)
    np.testing.assert_allclose(np.array(second).mean(0)[1:], 1 / 9, atol=0.02)


def test_noise_has_the_length_that_the_knob_says():
    quiet, _ = SupportSentences(noise=0.0).ask(KEY, 300)
    loud, _ = SupportSentences(noise=0.5).ask(KEY, 300)
    difference = np.array(loud.graphs.x - quiet.graphs.x)
    np.testing.assert_allclose((difference**2).sum(-1).mean(), 0.25, rtol=0.05)


def test_picks_are_the_two_highest_sentences():
    task = SupportSentences()
    world = task.sample(KEY)
    ahead = jnp.where(world.bridge, 3.0, 0.0)[..., None].at[:, 0].set(9.0)  # the question itself is never picked
    metrics = task.evaluate(world, KEY, type("One", (), {"predict": lambda _, graphs: ahead})())
    assert metrics["bridge_recall"] == 1.0
    np.testing.assert_allclose(metrics["support_f1"], 0.5 + 0.5 / 8, atol=0.03)
    even = task.evaluate(world, KEY, task.floor(world))
    np.testing.assert_allclose([even["bridge_recall"], even["support_f1"]], 2 / 9, atol=0.03)


def test_losses_by_hand():
    given = jnp.array([[[1.0, -2.0]], [[0.5, 0.0]]])
    wanted = jnp.array([[[0.0, 1.0]], [[1.0, 0.0]]])
    np.testing.assert_allclose(losses("absolute", given, wanted), [[2.0], [0.25]])
    soft = np.exp(np.array(given)) / np.exp(np.array(given)).sum(-1, keepdims=True)
    np.testing.assert_allclose(
        losses("cross_entropy", given, wanted), [[-np.log(soft[0, 0, 1])], [-np.log(soft[1, 0, 0])]], rtol=1e-5
    )
    chance = 1 / (1 + np.exp(-np.array(given)))
    likely = np.where(np.array(wanted) > 0, chance, 1 - chance)
    np.testing.assert_allclose(losses("logistic", given, wanted), -np.log(likely).mean(-1), rtol=1e-5)


def test_nodes_that_are_not_asked_do_not_count():
    graphs = Graphs(edges=jnp.zeros((1, 3, 3), bool), x=jnp.zeros((1, 3, 1)), mask=jnp.ones((1, 3), bool))
    batch = Batch(graphs=graphs, answers=jnp.zeros((1, 3, 1)), asked=jnp.array([[True, False, True]]))
    given = jnp.array([[[1.0], [100.0], [4.0]]])
    np.testing.assert_allclose(mean_loss("absolute", given, batch), 2.5)
