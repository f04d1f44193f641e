"""Players: losses by hand, limits in which two of them agree, and scales that cancel to the bit."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.blocks import rl
from toybench.methods.value_learning import _ensemble, _scaled
from toybench.plugins import registry
from toybench.tasks.value_learning import Played, PlayerSpec

KEY = jax.random.key(0)
SEA = PlayerSpec(dims=3, actions=2, rollout=4, worlds=1, updates=3, discount=0.9, bounds=(-0.4, 1.6), cells=4)
SWING = PlayerSpec(dims=3, actions=5, rollout=4, worlds=2, updates=3, discount=0.9, bounds=(0.0, 0.0), cells=0)


def method(name: str, spec: PlayerSpec = SEA, **fields: Any) -> Any:
    return registry.load("methods", f"value_learning/{name}")(spec=spec, steps=20, **fields)


def batch(spec: PlayerSpec = SEA, scale: float = 1.0) -> Played:
    draws = np.random.default_rng(1)
    shape = (spec.rollout, spec.worlds)
    obs = jnp.asarray(draws.normal(size=(*shape, spec.dims)), jnp.float32)
    last = jnp.zeros(shape).at[-1].set(1.0)
    return Played(
        obs=obs,
        obs1=jnp.asarray(draws.normal(size=obs.shape), jnp.float32),
        action=jnp.asarray(draws.integers(spec.actions, size=shape), jnp.int32),
        reward=scale * jnp.asarray(draws.random(shape), jnp.float32),
        done=last if spec.cells else jnp.zeros(shape),
        last=last,
        cell=jnp.asarray(np.arange(4)[:, None] % 4, jnp.int32) * jnp.ones(shape, jnp.int32),
        cell1=jnp.asarray((np.arange(4)[:, None] + 1) % 4, jnp.int32) * jnp.ones(shape, jnp.int32),
    )


def one(played: Played) -> Played:
    return jax.tree.map(lambda x: x.reshape(-1, *x.shape[2:]), played)


def trained(learner: Any, rounds: int = 3, spec: PlayerSpec = SEA, scale: float = 1.0) -> Any:
    state = learner.init(KEY)
    update = jax.jit(learner.update)
    for i in range(rounds):
        state = update(state, batch(spec, scale), jax.random.key(i))
    return state


def test_the_loss_of_dqn_by_hand() -> None:
    learner = method("dqn")
    params = learner.init(KEY).params
    target = learner.init(jax.random.key(7)).params
    items = one(batch())
    online = np.asarray(learner.network.apply(params, items.obs1))
    late = np.asarray(learner.network.apply(target, items.obs1))
    q = np.asarray(learner.network.apply(params, items.obs))
    errors = []
    for i in range(4):
        ahead = late[i, online[i].argmax()]
        wanted = float(items.reward[i]) + 0.9 * (1 - float(items.done[i])) * ahead
        error = abs(wanted - q[i, int(items.action[i])])
        errors.append(0.5 * error**2 if error < 1 else error - 0.5)
    assert float(learner.loss(params, target, items)) == pytest.approx(np.mean(errors), rel=1e-4)


def test_without_a_bonus_counting_is_dqn() -> None:
    counting = trained(method("count_dqn", c=0.0))
    plain = trained(method("dqn"))
    for a, b in zip(jax.tree.leaves(counting.params), jax.tree.leaves(plain.params), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)
    np.testing.assert_array_equal(counting.visits.sum(-1), [3, 3, 3, 3])


def test_the_bonus_of_an_action_never_tried_is_the_largest() -> None:
    learner = method("count_dqn", c=2.0)
    visits = jnp.zeros((4, 2)).at[1, 0].set(3.0)
    np.testing.assert_allclose(learner.bonus(visits, jnp.array([1, 2])), [[1.0, 2.0], [2.0, 2.0]])
    state = learner.init(KEY)._replace(visits=jnp.full((4, 2), 1e4).at[:, 1].set(0.0))
    np.testing.assert_array_equal(learner.act(state, jnp.ones((4, 3)), KEY), [1, 1, 1, 1])


def test_priors_are_never_learned_and_count() -> None:
    learner = method("bootstrapped_dqn", prior=3.0)
    start = learner.init(KEY)
    end = trained(learner)
    for a, b in zip(jax.tree.leaves(start.params["priors"]), jax.tree.leaves(end.params["priors"]), strict=True):
        np.testing.assert_array_equal(a, b)
    obs = jnp.ones((2, 3))
    bare = method("bootstrapped_dqn", prior=0.0).member_values(start.params, obs)
    apply = jax.vmap(learner.network.apply, in_axes=(0, None))
    prior = apply(start.params["priors"], obs)
    np.testing.assert_allclose(learner.member_values(start.params, obs), bare + 3 * prior, rtol=1e-5)


def test_a_member_learns_from_its_own_transitions() -> None:
    learner = method("bootstrapped_dqn")
    params = learner.init(KEY).params
    mask = jnp.ones((4, 4)).at[:, 1].set(0.0)
    items = jax.tree.map(lambda x: x, one(batch()))
    module = type(learner).__module__
    item = __import__(module, fromlist=["Item"]).Item(played=items, mask=mask)
    gradient = jax.grad(learner.loss)(params, params, item)["members"]
    sizes = [float(jnp.abs(leaf[k]).max()) for k in range(4) for leaf in jax.tree.leaves(gradient)[-1:]]
    assert sizes[1] == 0
    assert min(sizes[0], sizes[2], sizes[3]) > 0


def test_an_actor_stays_for_an_episode() -> None:
    learner = method("bootstrapped_dqn")
    state = learner.init(KEY)
    going = batch()._replace(last=jnp.zeros((4, 1)))
    actors = [int(jax.jit(learner.update)(state, going, jax.random.key(i)).actor) for i in range(4)]
    assert actors == [0] * 4
    assert len({int(jax.jit(learner.update)(state, batch(), jax.random.key(i)).actor) for i in range(12)}) > 2


def test_wasserstein_by_hand() -> None:
    law = jnp.array([1.0, 0.0, 0.0])
    assert float(_ensemble.distance(law, jnp.array([0.0, 1.0, 0.0]), jnp.float32(0.2))) == pytest.approx(0.2)
    assert float(_ensemble.distance(law, jnp.array([0.0, 0.5, 0.5]), jnp.float32(0.2))) == pytest.approx(0.3)
    assert float(_ensemble.distance(law, law, jnp.float32(0.2))) == 0


def test_quantile_regression_to_a_law() -> None:
    """With equal masses it is the block's loss; with mass at one place it is that place's."""
    quantiles = jax.random.normal(KEY, (2, _ensemble.ATOMS))
    places = jnp.array([[0.0, 0.5, 1.4], [0.3, -2.0, 1.0]])
    even = _ensemble.Law(place=places, mass=jnp.full((2, 3), 1 / 3))
    np.testing.assert_allclose(
        _ensemble.quantile_loss(quantiles, even), rl.quantile_huber(quantiles, places), rtol=1e-5
    )
    single = _ensemble.Law(place=places, mass=jnp.array([[0.0, 1.0, 0.0]] * 2))
    np.testing.assert_allclose(
        _ensemble.quantile_loss(quantiles, single), rl.quantile_huber(quantiles, places[:, 1:2]), rtol=1e-5
    )


def test_cross_entropy_is_least_at_the_projection() -> None:
    atoms = jnp.linspace(0.0, 1.0, 5)
    wanted = _ensemble.Law(place=jnp.array([[0.25, 0.6]]), mass=jnp.array([[0.4, 0.6]]))
    best = jnp.log(rl.categorical_projection(atoms, wanted.place, wanted.mass) + 1e-9)
    slope = jax.grad(lambda z: _ensemble.cross_entropy(z, wanted, atoms).sum())(best)
    np.testing.assert_allclose(slope, 0, atol=1e-5)


@pytest.mark.parametrize("name", ["projection_ensemble", "quantile_ensemble", "categorical_ensemble"])
def test_laws_have_mass_1_and_equal_heads_agree(name: str) -> None:
    learner = method(name)
    raw = jax.random.normal(KEY, (3, 2, 2, _ensemble.ATOMS))
    laws = learner.laws(raw)
    np.testing.assert_allclose(laws.mass.sum(-1), 1, rtol=1e-5)
    np.testing.assert_allclose(learner.projected(raw).sum(-1), 1, rtol=1e-5)
    assert float(learner.disagreement(raw).min()) > 0
    if name != "projection_ensemble":
        same = raw.at[:, 1].set(raw[:, 0])
        np.testing.assert_allclose(learner.disagreement(same), 0, atol=1e-6)


def test_projections_of_one_law_agree() -> None:
    """All quantiles on an atom, and all mass there."""
    learner = method("projection_ensemble")
    raw = jnp.zeros((1, 2, 2, _ensemble.ATOMS)).at[:, 0, :, 2].set(50.0)
    raw = raw.at[:, 1].set(learner.atoms[2])
    np.testing.assert_allclose(learner.disagreement(raw), 0, atol=1e-5)
    moved = raw.at[:, 1].set(learner.atoms[4])
    np.testing.assert_allclose(learner.disagreement(moved), 0.4, rtol=1e-4)


@pytest.mark.parametrize("name", ["projection_ensemble", "quantile_ensemble", "categorical_ensemble"])
def test_both_heads_learn_the_mixture_of_one_reward(name: str) -> None:
    """Where the episode ends at once, both heads come to the reward, and disagree no more."""
    learner = method(name, lr=0.01)
    played = batch()
    ended = played._replace(done=jnp.ones((4, 1)), reward=jnp.full((4, 1), 0.4))
    state = learner.init(KEY)
    update = jax.jit(learner.update)
    raw, _ = learner.network.apply(state.params, one(ended).obs)
    before = learner.disagreement(raw).mean()
    for i in range(100):
        state = update(state, ended, jax.random.key(i))
    raw, hope = learner.network.apply(state.params, one(ended).obs)
    means = learner.laws(raw).mean()
    taken = jnp.take_along_axis(means, ended.action[:, :, None], axis=2)[..., 0]
    np.testing.assert_allclose(taken, 0.4, atol=0.1)
    agreed = jnp.take_along_axis(learner.disagreement(raw), ended.action, axis=1)
    assert float(agreed.mean()) < 0.5 * float(before)
    np.testing.assert_allclose(jnp.take_along_axis(hope, ended.action, axis=1), 0, atol=0.2)


def test_the_mean_of_the_target_by_hand() -> None:
    """Two atoms a head: the mixture has the mean of both, moved by the reward and shrunk by the discount."""
    law = _ensemble.Law(place=jnp.array([[[0.0, 1.0], [0.4, 0.6]]]), mass=jnp.array([[[0.2, 0.8], [0.5, 0.5]]]))
    mixed = _ensemble.mixture(law)
    assert float(mixed.mass.sum()) == pytest.approx(1)
    assert float(mixed.mean()[0]) == pytest.approx(0.5 * (0.8 + 0.5))


def test_moments_of_the_bonus() -> None:
    seen = np.random.default_rng(0).random((30, 4)).astype(np.float32)
    bonus = _ensemble.Bonus(count=jnp.zeros(()), mean=jnp.zeros(()), variance=jnp.ones(()))
    for row in seen:
        bonus = _ensemble.watch(bonus, jnp.asarray(row))
    weight = np.repeat(0.999 ** np.arange(29, -1, -1), 4)
    mean = np.average(seen.reshape(-1), weights=weight)
    assert float(bonus.mean) == pytest.approx(mean, abs=1e-4)
    assert float(bonus.variance) == pytest.approx(np.average((seen.reshape(-1) - mean) ** 2, weights=weight), rel=1e-3)
    assert float(bonus.count) == pytest.approx(weight.sum(), rel=1e-4)


def test_disagreement_is_acted_on() -> None:
    """Of two actions with the same mean, the one on which the heads disagree is explored, and not judged better."""
    learner = method("quantile_ensemble", c=1.0)
    raw = jnp.zeros((1, 2, 2, _ensemble.ATOMS)).at[0, 0, 1].set(0.3).at[0, 1, 1].set(-0.3)
    bonus = _ensemble.Bonus(count=jnp.ones(()), mean=jnp.zeros(()), variance=jnp.ones(()))
    values = learner.optimistic(raw, jnp.zeros((1, 2)), bonus)
    np.testing.assert_allclose(values[0], [0.0, 0.6], atol=1e-5)
    np.testing.assert_allclose(learner.laws(raw).mean().mean(1), 0, atol=1e-6)


def test_moments_of_returns() -> None:
    rewards = np.random.default_rng(0).random((8, 2)).astype(np.float32)
    last = np.zeros((8, 2), np.float32)
    last[3] = 1
    found = _scaled.no_returns(SWING)
    for half in (slice(0, 4), slice(4, 8)):
        played = batch(SWING)._replace(reward=jnp.asarray(rewards[half]), last=jnp.asarray(last[half]))
        found = _scaled.watch_returns(found, played, 0.9)
    returns = []
    now = np.zeros(2)
    for row, end in zip(rewards, last, strict=True):
        now = 0.9 * now * (1 - end) + row
        returns.append(now)
    assert float(found.mean) == pytest.approx(np.mean(returns), rel=1e-4)
    deviation = np.std(returns)
    assert float(_scaled.return_scale(found)) == pytest.approx(max(deviation, np.max(returns) / 5), rel=1e-3)


@pytest.mark.parametrize("name", ["scaled_dqn", "layernorm_dqn", "simba_v2"])
def test_powers_of_two_cancel_to_the_bit(name: str) -> None:
    states = [trained(method(name, SWING), spec=SWING, scale=2.0**k) for k in (0, 7, -7)]
    for other in states[1:]:
        for a, b in zip(jax.tree.leaves(states[0].params), jax.tree.leaves(other.params), strict=True):
            np.testing.assert_array_equal(a, b)


def test_a_plain_network_feels_the_scale() -> None:
    states = [trained(method("dqn", SWING), spec=SWING, scale=2.0**k) for k in (0, 7)]
    gap = [float(jnp.abs(a - b).max()) for a, b in zip(*(jax.tree.leaves(s.params) for s in states), strict=True)]
    assert max(gap) > 1e-4


def test_simba_stays_on_the_sphere() -> None:
    learner = method("simba_v2", SWING)
    state = trained(learner, spec=SWING)
    kernels = [x for path, x in jax.tree_util.tree_leaves_with_path(state.params) if path[-1].key == "kernel"]
    assert len(kernels) == 5
    for kernel in kernels:
        np.testing.assert_allclose((kernel**2).sum(0), 1, rtol=1e-5)
    raw = jax.tree.leaves(learner.init(KEY).params)
    assert max(float(jnp.abs(a - b).max()) for a, b in zip(raw, jax.tree.leaves(state.params), strict=True)) > 1e-4


def test_simba_by_hand() -> None:
    """The network of the authors' layers, written out in numpy."""
    learner = method("simba_v2", SWING)
    params = learner.init(KEY).params["params"]
    moved = jax.tree_util.tree_map_with_path(lambda p, x: x + 0.1 if p[-1].key in ("scale", "bias") else x, params)
    obs = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)

    def unit(x: Any) -> Any:
        return x / np.linalg.norm(x, axis=-1, keepdims=True)

    kernel = [np.asarray(moved[f"Dense_{i}"]["kernel"]) for i in range(5)]
    w, wide = 32, 64
    first, inside = (2 / w) ** 0.5, (2 / wide) ** 0.5
    h = unit((first + 0.1) * (unit(np.concatenate([obs, np.full((4, 1), 3.0)], -1)) @ kernel[0]))
    inner = np.maximum((inside + 0.1) * (h @ kernel[1]), 0) @ kernel[2]
    h = unit(h + (0.5 + 0.05 * w**0.5) * (unit(inner) - h))
    wanted = (1.1 * (h @ kernel[4])) @ kernel[3] + 0.1  # flax numbers the outer layer first
    found = learner.network.apply({"params": moved}, jnp.asarray(obs))
    np.testing.assert_allclose(found.reshape(4, -1), wanted, rtol=1e-4, atol=1e-5)


def test_the_loss_of_simba_by_hand() -> None:
    learner = method("simba_v2", SWING)
    bins = np.linspace(-5, 5, 31)
    outputs = jax.random.normal(KEY, (1, 31))
    ahead = jnp.full((1, 31), -50.0).at[0, 20].set(50.0)
    loss = learner.error(outputs, jnp.array([0.5]), jnp.array([0.9]), ahead)
    place = 0.5 + 0.9 * bins[20]
    low = int(np.floor((place + 5) / (bins[1] - bins[0])))
    share = (place - bins[low]) / (bins[1] - bins[0])
    logs = np.asarray(jax.nn.log_softmax(outputs[0]))
    assert float(loss[0]) == pytest.approx(-((1 - share) * logs[low] + share * logs[low + 1]), rel=1e-4)


def test_who_can_run_where() -> None:
    assert method("count_dqn").fits(SEA) is None
    assert "counts" in method("count_dqn").fits(SWING)
    assert "bounds" in method("projection_ensemble").fits(SWING)
