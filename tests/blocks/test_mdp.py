"""Decision processes against enumeration of policies, of histories, and against linear solves."""

import itertools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.blocks import mdp

STATES, ACTIONS, HORIZON, SIZES = 3, 2, 3, 3


def process(seed: int, *lead: int) -> tuple[Any, Any]:
    draws = np.random.default_rng(seed)
    transitions = draws.dirichlet(np.ones(STATES), (*lead, STATES, ACTIONS)).astype(np.float32)
    return transitions, draws.normal(size=(*lead, STATES, ACTIONS)).astype(np.float32)


def policies(seed: int, *lead: int) -> Any:
    return np.random.default_rng(seed).dirichlet(np.ones(ACTIONS), lead).astype(np.float32)


def test_discounted_values_by_a_linear_solve() -> None:
    transitions, rewards = process(0)
    policy, discount = policies(1, STATES), 0.9
    moves: Any = np.einsum("sat,sa->st", transitions, policy)
    resolvent = np.linalg.inv(np.eye(STATES) - discount * moves)
    values = resolvent @ (rewards * policy).sum(1)
    np.testing.assert_allclose(mdp.policy_value(transitions, rewards, policy, discount), values, rtol=1e-4)
    reached = mdp.occupancy(transitions, policy, discount)
    np.testing.assert_allclose(reached, 0.1 * np.einsum("sat,tu->sau", transitions, resolvent), rtol=1e-4)
    np.testing.assert_allclose(reached.sum(-1), 1.0, rtol=1e-4)


def test_many_policies_and_rewards_at_once() -> None:
    transitions, _ = process(0)
    rewards: Any = np.stack([process(s)[1] for s in range(4)])
    policy = policies(1, 4, STATES)
    values = mdp.policy_value(transitions, rewards, policy, 0.8)
    for i in range(4):
        np.testing.assert_allclose(values[i], mdp.policy_value(transitions, rewards[i], policy[i], 0.8), rtol=1e-5)


def test_value_iteration_is_the_best_of_all_policies() -> None:
    transitions, rewards = process(2)
    every: Any = [np.eye(ACTIONS, dtype=np.float32)[list(p)] for p in itertools.product(range(ACTIONS), repeat=STATES)]
    best = np.max([mdp.policy_value(transitions, rewards, p, 0.9) for p in every], axis=0)
    values = mdp.value_iteration(transitions, rewards, 0.9, 200)
    np.testing.assert_allclose(values, best, rtol=1e-4)
    greedy = mdp.greedy(mdp.q_values(transitions, rewards, values, 0.9))
    np.testing.assert_allclose(mdp.policy_value(transitions, rewards, greedy, 0.9), best, rtol=1e-4)


def histories(kernel: Any, policy: Any, start: Any) -> dict[tuple[int, int], float]:
    """Chances of (state, units collected) at the end, by going through all histories."""
    levels, found = policy.shape[2], {(s, 0): float(start[s]) for s in range(STATES)}
    for h in range(HORIZON):
        after: dict[tuple[int, int], float] = {}
        for (s, c), chance in found.items():
            for a, k, t in itertools.product(range(ACTIONS), range(SIZES), range(STATES)):
                place = (t, min(c + k, levels - 1))
                after[place] = after.get(place, 0.0) + chance * float(policy[h, s, c, a] * kernel[h, s, a, k, t])
        found = after
    return found


def random_kernel(seed: int) -> Any:
    shape = (HORIZON, STATES, ACTIONS)
    flat = np.random.default_rng(seed).dirichlet(np.full(SIZES * STATES, 0.4), shape)
    return flat.reshape(*shape, SIZES, STATES).astype(np.float32)


def test_law_of_the_collected_reward_by_all_histories() -> None:
    kernel, levels = random_kernel(0), 5  # up to 6 units: the last level takes two sums
    policy, start = policies(3, HORIZON, STATES, levels), jnp.array([0.2, 0.5, 0.3])
    law = mdp.return_law(kernel, policy, start)
    assert law.shape == (HORIZON + 1, STATES, levels)
    for (s, c), chance in histories(kernel, policy, start).items():
        assert float(law[-1, s, c]) == pytest.approx(chance, abs=1e-6)


def test_finite_values_and_visits() -> None:
    transitions, rewards = process(4, HORIZON)
    policy, start = policies(5, HORIZON, STATES), jnp.array([1.0, 0.0, 0.0])
    value = mdp.finite_value(transitions, rewards, policy)
    visited = mdp.visits(transitions, policy, start)
    assert float(value[0, 0]) == pytest.approx(float((visited * rewards).sum()), rel=1e-5)
    values, q = mdp.backward_induction(transitions, rewards)
    np.testing.assert_allclose(mdp.finite_value(transitions, rewards, mdp.greedy(q)), values, rtol=1e-5)
    single: Any = [np.eye(ACTIONS, dtype=np.float32)[list(p)] for p in itertools.product(range(ACTIONS), repeat=STATES)]
    every: Any = [np.stack(p) for p in itertools.product(single, repeat=HORIZON)]
    best = jax.vmap(lambda p: mdp.finite_value(transitions, rewards, p)[0])(jnp.stack(every)).max(0)
    np.testing.assert_allclose(values[0], best, rtol=1e-5)


def test_soft_policy_maximises_reward_and_entropy() -> None:
    transitions, rewards = process(6, HORIZON)
    temperature, start = 0.5, jnp.array([0.0, 1.0, 0.0])
    values, policy = mdp.soft_induction(transitions, rewards, temperature)

    def worth(p: jax.Array) -> jax.Array:
        visited = mdp.visits(transitions, p, start)
        return (visited * (rewards - temperature * jnp.log(p))).sum()

    assert float(worth(policy)) == pytest.approx(float(values[0, 1]), rel=1e-5)
    for seed in range(5):
        other = 0.9 * policy + 0.1 * policies(seed, HORIZON, STATES)
        assert float(worth(other)) < float(values[0, 1])


def test_lower_tail_mean_is_its_dual() -> None:
    draws = np.random.default_rng(7)
    values: Any = draws.normal(size=(4, 6)).astype(np.float32)
    law: Any = draws.dirichlet(np.ones(6), 4).astype(np.float32)
    for alpha in (0.05, 0.3, 1.0):
        short = np.maximum(values[:, :, None] - values[:, None, :], 0.0)  # [row, level b, value]
        dual = (values - (short * law[:, None, :]).sum(-1) / alpha).max(1)
        np.testing.assert_allclose(mdp.lower_tail_mean(values, law, alpha), dual, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(mdp.lower_tail_mean(values, law, 1.0), (values * law).sum(1), rtol=1e-4, atol=1e-6)


def test_iterated_tail_of_everything_is_the_mean() -> None:
    transitions, rewards = process(8, HORIZON)
    np.testing.assert_allclose(
        mdp.iterated_cvar_induction(transitions, rewards, 1.0)[1],
        mdp.backward_induction(transitions, rewards)[1],
        rtol=1e-4,
        atol=1e-5,
    )
    worst, _ = mdp.iterated_cvar_induction(transitions, rewards, 1e-6)
    value = np.zeros(STATES, np.float32)
    for h in reversed(range(HORIZON)):  # all transitions have chances: the worst state comes
        value = (rewards[h] + value.min()).max(1)
    np.testing.assert_allclose(worst[0], value, rtol=1e-3)


@pytest.mark.parametrize("alpha", [0.2, 0.6, 1.0])
def test_tail_induction_has_what_it_promises_and_no_policy_has_more(alpha: float) -> None:
    kernel, levels, unit = random_kernel(1), 7, 0.25
    start = jnp.array([1.0, 0.0, 0.0])
    promised, policy = mdp.tail_induction(kernel, start, alpha, levels, unit)

    def tail(p: jax.Array) -> jax.Array:
        law = mdp.return_law(kernel, p, start)[-1].sum(0)
        return mdp.lower_tail_mean(unit * jnp.arange(levels, dtype=jnp.float32), law, alpha)

    assert float(tail(policy)) == pytest.approx(float(promised), abs=1e-5)
    some = np.random.default_rng(9).integers(0, ACTIONS, (3000, HORIZON, STATES, levels))
    others = jax.vmap(tail)(jax.nn.one_hot(some, ACTIONS))
    assert float(others.max()) <= float(promised) + 1e-5


def test_counts_and_the_model_of_them() -> None:
    s, a, s1 = jnp.array([0, 0, 0, 1]), jnp.array([1, 1, 1, 0]), jnp.array([2, 2, 0, 1])
    counts = mdp.transition_counts(s, a, s1, STATES, ACTIONS)
    model, seen = mdp.counted_model(counts)
    np.testing.assert_allclose(model[0, 1], [1 / 3, 0.0, 2 / 3])
    assert float(seen.sum()) == 2.0 and float(model.sum()) == 2.0
    weighted = mdp.transition_counts(s, a, s1, STATES, ACTIONS, jnp.array([1.0, 0.0, 1.0, 0.0]))
    np.testing.assert_allclose(weighted[0, 1], [1.0, 0.0, 1.0])


def test_pick_follows_the_law_and_never_takes_the_impossible() -> None:
    law = jnp.array([0.0, 0.25, 0.0, 0.75, 0.0])
    uniform = (jnp.arange(4000, dtype=jnp.float32) + 0.5) / 4000
    picked = mdp.pick(uniform, law[None, :])
    np.testing.assert_allclose(np.bincount(picked, minlength=5) / 4000, law, atol=1e-3)
    assert int(mdp.pick(jnp.float32(0.9999999), law)) == 3 and int(mdp.pick(jnp.float32(0.0), law)) == 1


def test_episodes_follow_the_law_of_returns() -> None:
    kernel, levels, count = random_kernel(2), 5, 4000
    policy, start = jnp.asarray(policies(3, HORIZON, STATES, levels)), jnp.array([0.2, 0.5, 0.3])
    drawn = jax.random.uniform(jax.random.key(0), (count, HORIZON * 2 + 1))
    played = jax.vmap(lambda u: mdp.episode(u[1:].reshape(HORIZON, 2), kernel, policy, u[0], start))(drawn)
    law = mdp.return_law(kernel, policy, start)[-1]
    seen = jnp.zeros((STATES, levels)).at[played.s[:, -1], played.collected[:, -1]].add(1 / count)
    np.testing.assert_allclose(seen, law, atol=0.025)
    np.testing.assert_array_equal(jnp.minimum(played.units.sum(1), levels - 1), played.collected[:, -1])


def test_certain_rewards_as_a_kernel() -> None:
    transitions, _ = process(0, HORIZON)
    units = np.random.default_rng(0).integers(0, SIZES, (HORIZON, STATES, ACTIONS))
    kernel = mdp.kernel_of(jnp.asarray(transitions), jnp.asarray(units), SIZES)
    np.testing.assert_allclose(kernel.sum(3), transitions, rtol=1e-6)
    np.testing.assert_allclose((np.asarray(kernel.sum(4)) * np.arange(SIZES)).sum(3), units, rtol=1e-5)
