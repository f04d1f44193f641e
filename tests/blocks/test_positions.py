"""Positions: rotated products and biases see distances alone, and every place has its own sinusoids."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.blocks import nn, positions

T, H, C = 12, 2, 8


def test_rotated_products_depend_on_the_distance_alone() -> None:
    q, k = np.random.default_rng(0).normal(size=(2, H, C)).astype(np.float32)
    everywhere = [positions.rotate(jnp.broadcast_to(x, (T, H, C))) for x in (q, k)]
    logits = np.asarray(jnp.einsum("ihc,jhc->hij", *everywhere))
    for distance in range(1 - T, T):
        band = np.diagonal(logits, -distance, axis1=1, axis2=2)
        np.testing.assert_allclose(band, np.broadcast_to(band[:, :1], band.shape), atol=1e-4)
    np.testing.assert_allclose(np.diagonal(logits, axis1=1, axis2=2)[:, 0], (q * k).sum(-1), atol=1e-5)
    assert np.ptp(logits[0, :, 0]) > 0.1, "distances are told apart"
    np.testing.assert_allclose(
        jnp.linalg.norm(everywhere[0], axis=-1), np.linalg.norm(q, axis=-1)[None] + np.zeros((T, 1)), rtol=1e-5
    )


def test_a_rotation_by_hand() -> None:
    x = jnp.zeros((2, 1, 4)).at[..., 0].set(1.0)  # the first number of the pair (0, 2), of frequency 1
    turned = positions.rotate(x)
    np.testing.assert_allclose(turned[0, 0], [1, 0, 0, 0], atol=1e-6)
    np.testing.assert_allclose(turned[1, 0], [np.cos(1), 0, np.sin(1), 0], atol=1e-6)
    slow = positions.rotate(jnp.zeros((2, 1, 4)).at[..., 1].set(1.0))  # frequency 10000 ** (-2 / 4)
    np.testing.assert_allclose(slow[1, 0], [0, np.cos(0.01), 0, np.sin(0.01)], atol=1e-6)


def test_the_linear_bias_and_its_published_slopes() -> None:
    np.testing.assert_allclose(positions.published_slopes(8), [2.0**-i for i in range(1, 9)], rtol=1e-6)
    bias = positions.linear_bias(4, jnp.asarray([0.5, 2.0]))
    np.testing.assert_allclose(bias[0, 3], [-1.5, -1, -0.5, 0])
    np.testing.assert_allclose(bias[1, 2, :3], [-4, -2, 0])


def test_sinusoids() -> None:
    table = np.asarray(positions.sinusoidal(50, C))
    np.testing.assert_allclose(table[3, 0], np.sin(3), atol=1e-6)
    np.testing.assert_allclose(table[3, C // 2], np.cos(3), atol=1e-6)
    np.testing.assert_allclose(table[3, 1], np.sin(3 * 10_000 ** (-2 / C)), atol=1e-6)
    products = table @ table.T  # of two places: the sum of the cosines of their distance
    np.testing.assert_allclose(products[10, 7], products[40, 37], atol=1e-4)


def test_learned_places() -> None:
    module = positions.Learned(longest=6)
    x = jnp.zeros((2, 4, C))
    params = nn.init(module, jax.random.key(0), x)
    added = module.apply(params, x)
    np.testing.assert_allclose(added[0], params["params"]["embedding"][:4])
    np.testing.assert_allclose(added[1], added[0])
    with pytest.raises(ValueError, match="no learned places"):
        module.apply(params, jnp.zeros((7, C)))
