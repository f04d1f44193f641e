"""What can be reached, and how far it is, by going over every edge again and again."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.blocks import discrete_graphs


def test_a_chain_and_a_circle_are_closed() -> None:
    chain = jnp.diag(jnp.ones(8), 1)
    np.testing.assert_array_equal(discrete_graphs.closure(chain), np.triu(np.ones((9, 9), bool), 1))
    circle = chain.at[8, 0].set(1.0)
    assert bool(discrete_graphs.closure(circle).all())


@pytest.mark.parametrize("seed", range(3))
def test_what_is_reached_is_what_some_number_of_edges_leads_to(seed: int) -> None:
    edges = np.asarray(jax.random.uniform(jax.random.key(seed), (9, 9)) < 0.15)
    expected = edges.copy()
    for _ in range(9):
        expected |= (expected[:, :, None] & edges[None]).any(1)
    assert 0.1 < expected.mean() < 0.95
    np.testing.assert_array_equal(discrete_graphs.closure(jnp.asarray(edges, jnp.float32)), expected)


@pytest.mark.parametrize("seed", range(3))
def test_shortest_lengths_by_relaxing_every_edge(seed: int) -> None:
    keys = jax.random.split(jax.random.key(seed))
    draw = jax.random.uniform(keys[0], (9, 9))
    lengths = jnp.where(jax.random.uniform(keys[1], (9, 9)) < 0.2, draw, jnp.inf)
    expected = np.where(np.eye(9) > 0, 0, np.inf)
    for _ in range(9):  # Bellman and Ford
        expected = np.minimum(expected, (expected[:, :, None] + np.asarray(lengths)[None]).min(1))
    found = discrete_graphs.shortest_lengths(lengths)
    assert np.isinf(expected).any()
    np.testing.assert_allclose(found, expected, rtol=1e-6)
