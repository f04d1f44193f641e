"""Blocks and how they are wired, families, and places in the order of distances."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.tasks.architecture_retrieval import first_hits, first_others, places
from toybench.tasks.architecture_retrieval.architecture_families import (
    BLOCKS,
    ArchitectureFamilies,
    templates,
    wired,
)

KEY = jax.random.key(4)
TASK = ArchitectureFamilies()


@pytest.fixture(scope="module")
def world():
    return TASK.sample(KEY)


def expected(kinds, wiring, nodes):
    """Edges of blocks, one after another, as far as they fit."""
    edges = np.zeros((nodes, nodes))
    exits = []
    at = 0
    for kind in kinds:
        if at + len(BLOCKS[kind]) > nodes:
            break
        for i, told in enumerate(BLOCKS[kind]):
            edges[at + i, [at + j for j in told]] = 1
        block = len(exits)
        if block:
            edges[at, exits[-2 if wiring == 2 and block > 1 else -1]] = 1
        if wiring == 1 and block > 2:
            edges[at, exits[-3]] = 1
        at += len(BLOCKS[kind])
        exits.append(at - 1)
    return edges, at


@pytest.mark.parametrize("wiring", [0, 1, 2])
@pytest.mark.parametrize("kinds", [(0, 1, 2, 3, 4), (5, 5, 0, 4, 2, 1, 3), (4, 4, 4, 4, 4, 4, 4), (3,)])
def test_graphs_are_wired_block_by_block(kinds, wiring):
    padded = jnp.array([*kinds, *[2] * (8 - len(kinds))])
    edges, mask = wired(padded, jnp.array(len(kinds)), jnp.array(wiring), 36)
    wanted, count = expected(kinds, wiring, 36)
    np.testing.assert_array_equal(edges, wanted)
    np.testing.assert_array_equal(mask, np.arange(36) < count)


def test_no_two_kinds_of_blocks_are_wired_alike():
    shapes = {(len(block), tuple(np.array(t).ravel())) for block, t in zip(BLOCKS, templates(), strict=True)}
    assert len(shapes) == len(BLOCKS) == 6
    for block, template in zip(BLOCKS, np.array(templates()), strict=True):
        assert np.triu(template).sum() == 0  # nodes read those before them
        assert (template[1 : len(block)].sum(1) > 0).all()
        assert (template[:, : len(block) - 1].sum(0)[: len(block) - 1] > 0).all()  # all lead on to the last node


def test_families_have_as_many_graphs_as_the_task_says(world):
    np.testing.assert_array_equal(np.bincount(world.database.family), [12] * 8)
    np.testing.assert_array_equal(np.bincount(world.queries.family), [4] * 8)
    assert world.database.graphs.edges.shape == (96, 32, 32)
    counts = np.array(world.database.graphs.mask.sum(-1))
    assert counts.min() >= 15
    assert counts.max() <= 32


def test_graphs_of_a_family_share_blocks_and_wiring():
    seeds = jax.vmap(TASK.sample)(jax.random.split(KEY, 40))
    edges = np.array(seeds.database.graphs.edges)
    counts = np.array(seeds.database.graphs.mask.sum(-1))
    density = edges.sum((2, 3)) / counts
    family = np.array(seeds.database.family[0])
    within = np.mean([density[:, family == f].var(1) for f in range(8)])
    assert within < 0.6 * density.var(1).mean()


def test_operators_are_alike_in_all_families():
    seeds = jax.vmap(TASK.sample)(jax.random.split(KEY, 40))
    x = np.array(seeds.database.graphs.x)
    family = np.array(seeds.database.family[0])
    shares = np.stack([x[:, family == f].sum((0, 1, 2)) / x[:, family == f].sum() for f in range(8)])
    np.testing.assert_allclose(shares, 0.1, atol=0.01)
    np.testing.assert_array_equal(x.sum(-1), seeds.database.graphs.mask)


def test_places_with_equals():
    queries = jnp.array([[0.0], [2.1]])
    database = jnp.array([[1.0], [-1.0], [2.0], [5.0]])
    np.testing.assert_allclose(places(queries, database), [[1.5, 1.5, 3, 4], [2, 4, 1, 3]])
    alike = jnp.array([[False, True, True, False], [True, True, False, False]])
    np.testing.assert_allclose(first_hits(queries, database, alike), [1.5, 2])


def test_references_end_the_scale(world):
    floor = TASK.evaluate(world, KEY, TASK.floor(world))
    oracle = TASK.evaluate(world, KEY, TASK.oracle(world))
    assert oracle == {"mrr": 1.0, "mrr_known": 1.0, "recall_at_5": 1.0}
    assert 0.15 < floor["mrr"] < 0.5
    assert 0.15 < floor["mrr_known"] < 0.5
    assert 0.03 < floor["recall_at_5"] < 0.25


def test_a_random_order_finds_one_graph_in_eight():
    def judged(key):
        world = TASK.sample(key)
        return TASK.evaluate(world, key, TASK.floor(world))["recall_at_5"]

    np.testing.assert_allclose(jax.vmap(judged)(jax.random.split(KEY, 40)).mean(), 1 / 8, atol=0.012)


def test_others_of_the_database_are_found_without_itself():
    database = np.random.default_rng(1).normal(size=(7, 2))
    family = np.array([0, 1, 0, 1, 2, 2, 0])
    alike = family[:, None] == family[None, :]
    got = first_others(jnp.asarray(database, jnp.float32), jnp.asarray(alike))
    for i in range(7):
        order = [j for j in np.square(database - database[i]).sum(1).argsort() if j != i]
        assert got[i] == 1 + next(p for p, j in enumerate(order) if alike[i, j])


@pytest.mark.parametrize("renamed", [True, False])
def test_batches_are_of_the_database(world, renamed):
    task = ArchitectureFamilies(renamed=renamed)
    _, batch = task.draw(world, KEY, None)
    assert batch.graphs.edges.shape == (16, 32, 32)
    np.testing.assert_array_equal(batch.graphs.x.sum(-1), batch.graphs.mask)
    kept = np.array(world.database.graphs.edges).reshape(96, -1)
    operators = np.array(world.database.graphs.x).reshape(96, -1)
    found = 0
    for edges, x, family in zip(np.array(batch.graphs.edges), np.array(batch.graphs.x), batch.family, strict=True):
        same = (kept == edges.ravel()).all(1)
        assert same.any()
        assert family in np.array(world.database.family)[same]
        found += bool((same & (operators == x.ravel()).all(1)).any())
    assert found == (0 if renamed else 16)


def test_batches_have_all_graphs_and_operators_alike(world):
    drawn = jax.vmap(lambda key: TASK.draw(world, key, None)[1])(jax.random.split(KEY, 60))
    np.testing.assert_allclose(np.bincount(np.array(drawn.family).ravel()) / drawn.family.size, 1 / 8, atol=0.03)
    x = np.array(drawn.graphs.x).sum((0, 1, 2))
    np.testing.assert_allclose(x / x.sum(), 0.1, atol=0.005)
