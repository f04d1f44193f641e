"""Learners of the chains' values: against the code of van Seijen and others, and the maps' limits."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.plugins import registry
from toybench.tasks.value_learning import ChainSpec, Shown

KEY = jax.random.key(0)
SPEC = ChainSpec(chains=2, cells=6, tiles=2, rewards=(0.05, 1.0))
GAMMA = jnp.float32(0.8)
# Cells and actions of 60 transitions, and the values to which they lead in `linear_experiments/agent.py` of
# github.com/microsoft/logrl at 915fda2: 6 states, tiles of width 2, discount 0.8, h = 20, c = 0.5, no slips, ends that
# pay 0.05 and 1; alpha = 0.3 for the branch without map, beta_log = 0.5 and beta_reg = 0.4 for the other.
CELLS = "531013353314234500022003142425545352240341434114022140435544"
TURNS = "100011111110101011000011101111100110011010100101011010000100"
LINEAR = [
    [0.042442, 0.044385],
    [0.0348, 0.105555],
    [0.059294, 0.227007],
    [0.141454, 0.352476],
    [0.284428, 0.691702],
    [0.319063, 0.924425],
]
LOGARITHMIC = [
    [0.032895, 0.004797],
    [0.017426, 0.010312],
    [0.007535, 0.032374],
    [0.016305, 0.086229],
    [0.059665, 0.417697],
    [0.078098, 0.831966],
]


def shown() -> Shown:
    """The 60 transitions, the same in both chains."""
    cell = np.repeat(np.array([int(c) for c in CELLS])[:, None], 2, 1)
    action = np.repeat(np.array([int(c) for c in TURNS])[:, None], 2, 1)
    ahead = cell + 2 * action - 1
    pays = np.stack([0.05 * (ahead < 0), 1.0 * (ahead > 5)], -1)
    return Shown(
        cell=jnp.asarray(cell, jnp.int32),
        cell1=jnp.asarray(np.clip(ahead, 0, 5), jnp.int32),
        action=jnp.asarray(action, jnp.int32),
        reward=jnp.asarray(pays, jnp.float32),
        done=jnp.asarray((ahead < 0) | (ahead > 5), jnp.float32),
    )


def learned(name: str, spec: ChainSpec = SPEC, gamma: jax.Array = GAMMA, **fields: Any) -> np.ndarray:
    """Values [c, s, 2] after one batch."""
    method = registry.load("methods", f"value_learning/{name}")(spec=spec, steps=10, given=gamma, **fields)
    state = method.update(method.init(KEY), shown(), KEY)
    return np.asarray(method.values(state))


def test_linear_values_are_those_of_the_authors_code() -> None:
    np.testing.assert_allclose(learned("q_tiles", rate=0.3), [LINEAR] * 2, atol=2e-6)


def test_logarithmic_values_are_those_of_the_authors_code() -> None:
    found = learned("log_q", outer=0.5, inner=0.4, c=0.5, horizon=20.0)
    np.testing.assert_allclose(found, [LOGARITHMIC] * 2, atol=1e-5)


def test_log_linear_values_on_one_channel_below_the_bend_are_logarithmic() -> None:
    """With the right end at 0.03 no value passes the bend."""
    batch = shown()
    small = batch._replace(reward=jnp.minimum(batch.reward, 0.03))
    found = []
    for name, more in (("log_q", {}), ("loglin_q", {"channels": False})):
        method: Any = registry.load("methods", f"value_learning/{name}")(
            spec=SPEC, steps=10, given=GAMMA, outer=0.5, inner=0.4, horizon=20.0, **more
        )
        found.append(np.asarray(method.values(method.update(method.init(KEY), small, KEY))))
    assert found[0].max() > 0.02
    np.testing.assert_allclose(found[1], found[0], atol=1e-6)
    assert np.abs(learned("loglin_q", channels=False) - learned("log_q")).max() > 0.01


def test_channels_add_up_to_plain_values_where_all_agree_on_the_action() -> None:
    """Linear values are additive in rewards as long as the greedy action is shared, which it is."""
    np.testing.assert_allclose(learned("channel_q", rate=0.3), learned("q_tiles", rate=0.3), atol=1e-6)


def test_channels_are_apart() -> None:
    method: Any = registry.load("methods", "value_learning/channel_q")(spec=SPEC, steps=10, given=GAMMA, rate=0.3)
    batch = shown()
    left = method.update(method.init(KEY), batch._replace(reward=batch.reward.at[..., 1].set(0.0)), KEY)
    assert float(jnp.abs(left.params[:, 0]).max()) > 0.01
    assert float(jnp.abs(left.params[:, 1]).max()) == 0


@pytest.mark.parametrize("name", ["log_q", "loglin_q"])
@pytest.mark.parametrize("gamma", [0.96, 0.8])
def test_maps_are_inverted(name: str, gamma: float) -> None:
    method: Any = registry.load("methods", f"value_learning/{name}")(spec=SPEC, given=jnp.float32(gamma))
    q = jnp.array([0.0, 1e-4, 0.01, 0.049, 0.051, 0.3, 1.0])
    np.testing.assert_allclose(method.unmapped(method.mapped(q)), q, rtol=2e-4, atol=1e-9)
    assert float(method.mapped(jnp.zeros(()))) == 0
    assert bool((jnp.diff(method.mapped(q)) > 0).all())


def test_the_log_linear_map_bends_without_a_kink() -> None:
    method: Any = registry.load("methods", "value_learning/loglin_q")(spec=SPEC, given=GAMMA, horizon=20.0)
    slope = jax.vmap(jax.grad(method.mapped))(jnp.array([0.01, 0.0499, 0.0501, 0.2, 0.9]))
    np.testing.assert_allclose(slope[1], slope[2], rtol=0.01)
    np.testing.assert_allclose(slope[2:], slope[2], rtol=1e-4)
    assert float(slope[0]) > 2 * float(slope[1])
    d = 0.8**20
    np.testing.assert_allclose(method.mapped(jnp.float32(0.02)), 0.5 * np.log(1 + 0.02 / d), rtol=1e-4)


@pytest.mark.parametrize("name", ["q_tiles", "channel_q", "log_q", "loglin_q"])
def test_targets_are_no_larger_than_the_largest_reward(name: str) -> None:
    method: Any = registry.load("methods", f"value_learning/{name}")(spec=SPEC, steps=1000, given=jnp.float32(0.999))
    state = method.init(KEY)
    batch = shown()
    generous = batch._replace(reward=jnp.where(batch.reward > 0.5, 30.0, batch.reward))
    for _ in range(30):
        state = method.update(state, generous, KEY)
    table = np.asarray(method.values(state))
    assert 0.7 < table.max() < 2


def test_rates_fall() -> None:
    """The same batch moves weights by 3 % of the first step at the end of the trial."""
    method: Any = registry.load("methods", "value_learning/q_tiles")(spec=SPEC, steps=10, given=GAMMA)
    first = jax.tree.map(lambda x: x[:1], shown())
    state = method.init(KEY)
    early = method.update(state, first, KEY).params
    late = method.update(state._replace(batches=jnp.int32(10)), first, KEY).params
    np.testing.assert_allclose(late, 0.03 * early, rtol=1e-4)
    assert float(jnp.abs(early).max()) > 0
