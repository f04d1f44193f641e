"""Systematic resampling and effective sizes, against hand-worked cases."""

import jax.numpy as jnp
import numpy as np
import pytest

from toybench.blocks import smc


def test_effective_size() -> None:
    weights = np.array([0.5, 0.3, 0.2])
    size = smc.effective_size(jnp.log(7 * jnp.asarray(weights, jnp.float32)))  # whatever their sum
    assert float(size) == pytest.approx(1 / (weights**2).sum(), rel=1e-6)
    assert float(smc.effective_size(jnp.full(9, -2000.0))) == pytest.approx(9.0, rel=1e-3)
    assert float(smc.effective_size(jnp.array([0.0, -500.0]))) == pytest.approx(1.0)


def test_systematic_draws_by_hand() -> None:
    """Shares .1, .6, .3 end at .1, .7 and 1; the teeth of four are at .05, .3, .55, .8, or a little before the next."""
    logs = jnp.log(jnp.array([0.1, 0.6, 0.3]))
    assert smc.systematic(logs, jnp.asarray(0.2), 4).tolist() == [0, 1, 1, 2]
    assert smc.systematic(logs, jnp.asarray(0.9), 4).tolist() == [1, 1, 2, 2]
    assert smc.systematic(logs + 5.0, jnp.asarray(0.9), 4).tolist() == [1, 1, 2, 2]


@pytest.mark.parametrize("shift", [0.0, 0.37, 0.999])
def test_counts_are_shares_rounded_up_or_down(shift: float) -> None:
    weights = np.random.default_rng(0).exponential(size=40).astype(np.float32)
    chosen = smc.systematic(jnp.log(jnp.asarray(weights)), jnp.asarray(shift), 100)
    counts = np.bincount(np.asarray(chosen), minlength=40)
    shares = 100 * weights / weights.sum()
    assert counts.sum() == 100
    assert np.all(counts >= np.floor(shares - 1e-3))
    assert np.all(counts <= np.ceil(shares + 1e-3))
