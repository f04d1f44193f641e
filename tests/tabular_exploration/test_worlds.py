"""The worlds' laws and optima, by a second way each."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import optimize, stats

from toybench.blocks import mdp
from toybench.plugins import registry
from toybench.tasks.tabular_exploration import FactoredSpec, bits, factored_transitions, joint_values

KEY = jax.random.key(5)


def task(stem: str, **knobs: Any) -> Any:
    return registry.load("tasks", f"tabular_exploration/{stem}")(**knobs)


class Fixed:
    """Always the same answers."""

    def __init__(self, policy: Any = None, behaviour: Any = None) -> None:
        self.policy = lambda: policy
        self.behaviour = lambda: behaviour
        self.target = lambda: behaviour[:, 0]


def test_joint_values_are_states_then_actions() -> None:
    values = joint_values(FactoredSpec(instances=1, variables=4, controls=2, degree=2, horizon=3))
    assert values.shape == (16, 4, 6)
    np.testing.assert_array_equal(values[0b1010, 0b01], [1, 0, 1, 0, 0, 1])
    assert len({tuple(v) for v in values.reshape(64, 6)}) == 64


def test_factored_transitions_multiply_the_chances_of_variables() -> None:
    chances = np.random.default_rng(0).uniform(size=(3, 8, 2)).astype(np.float32)
    got = np.asarray(factored_transitions(jnp.asarray(chances)))
    for state in range(8):
        for there, values in enumerate(bits(3)):
            one = chances[:, state, 1]
            assert got[state, 1, there] == pytest.approx(np.where(values, one, 1 - one).prod(), rel=1e-5)
    np.testing.assert_allclose(got.sum(-1), 1, rtol=1e-5)


def test_a_variable_depends_on_its_parents_alone() -> None:
    one = task("factored_chain")
    world = jax.jit(one.sample)(KEY)
    values = joint_values(one.spec)
    ones = np.einsum("nsat,tv->nvsa", np.asarray(world.transitions), bits(4))
    for n in range(8):
        for v in range(4):
            pair = np.asarray(world.parents[n, v])
            assert pair[0] != pair[1]
            seen: dict[tuple[int, int], float] = {}
            for s, a in np.ndindex(16, 4):
                row = (int(values[s, a, pair[0]]), int(values[s, a, pair[1]]))
                assert ones[n, v, s, a] == pytest.approx(seen.setdefault(row, ones[n, v, s, a]), abs=1e-5)


def test_parents_are_uniform_and_tables_are_beta() -> None:
    one = task("factored_chain", instances=1500)
    world = jax.jit(one.sample)(KEY)
    first, second = np.sort(np.asarray(world.parents), -1).reshape(-1, 2).T
    counts = np.bincount(first * 6 + second, minlength=36)
    assert stats.chisquare(counts[counts > 0]).pvalue > 0.001 and (counts > 0).sum() == 15
    ordered = (np.asarray(world.parents)[..., 0] < np.asarray(world.parents)[..., 1]).mean()
    assert abs(ordered - 0.5) < 0.03
    ones = np.einsum("nt,tv->nv", np.asarray(world.transitions[:, 3, 2]), bits(4))
    assert stats.kstest(ones[:, 1], stats.beta(0.5, 0.5).cdf).pvalue > 0.001


def test_the_best_return_of_the_chain_by_a_loop() -> None:
    one = task("factored_chain", instances=2, horizon=6)
    world = jax.jit(one.sample)(KEY)
    for n in range(2):
        kernel = np.asarray(world.transitions[n], float)
        value = np.zeros(16)
        for _ in range(6):
            value = bits(4)[:, 0] + (kernel @ value).max(-1)
        assert float(world.best[n]) == pytest.approx(value[0], rel=1e-5)


def test_regret_of_the_chain_is_that_of_the_policy_played() -> None:
    one = task("factored_chain")
    world = jax.jit(one.sample)(KEY)
    uniform = Fixed(policy=jnp.full((8, 15, 16, 4), 0.25))
    draw = jax.jit(lambda w, k: one.draw(w, k, uniform))
    after, batch = draw(world, jax.random.key(1))
    after, batch = draw(after, jax.random.key(2))
    floor = one.floor(world).metrics["bayes_regret"]
    np.testing.assert_allclose(after.regret.mean(), 2 * floor / one.steps, rtol=1e-4)
    np.testing.assert_array_equal(batch.s[:, 1:], batch.s1[:, :-1])
    np.testing.assert_array_equal(batch.s[:, 0], 0)
    np.testing.assert_array_equal(batch.r, bits(4)[np.asarray(batch.s), 0])


def test_values_of_every_policy_are_linear_in_the_features() -> None:
    one = task("adversarial_mdp")
    world = jax.jit(one.sample)(KEY)
    np.testing.assert_allclose(world.transitions.sum(-1), 1, rtol=1e-5)
    assert float(world.losses.min()) >= 0 and float(world.losses.max()) <= 1
    policy = jax.nn.softmax(jax.random.normal(KEY, (3, 8, 4)) * 2, axis=-1)
    values = mdp.finite_value(world.transitions[0], world.losses[0], policy)
    q = np.asarray(world.losses[0] + jnp.einsum("hsat,ht->hsa", world.transitions[0], values[1:]))
    features = np.asarray(world.features[0]).reshape(32, 6)
    for h in range(3):
        _, residual, _, _ = np.linalg.lstsq(features, q[h].reshape(-1), rcond=None)
        assert float(residual[0]) < 1e-8


def test_the_best_policy_in_hindsight_has_no_regret() -> None:
    one = task("adversarial_mdp", steps=40, instances=3)
    world = jax.jit(one.sample)(KEY)
    best = jax.vmap(lambda t, x: mdp.greedy(mdp.backward_induction(t, -x)[1]))(world.transitions, world.losses)
    for policy, flips in ((best, 0), (jnp.full((3, 3, 8, 4), 0.25), 1)):
        now = world
        opposite = np.zeros(3)
        draw = jax.jit(lambda w, k, p=policy: one.draw(w, k, Fixed(policy=p)))
        for i in range(40):
            now, batch = draw(now, jax.random.key(i))
            s, a = np.asarray(batch.s), np.asarray(batch.a)
            number, step = np.ogrid[:3, :3]
            usual = np.asarray(world.losses)[number, step, s, a]
            apart = np.abs(np.asarray(batch.r) - usual).max(-1) > 1e-5
            np.testing.assert_allclose(batch.r, np.where(apart[:, None], 1 - usual, usual), atol=1e-5)
            opposite += apart
        assert 20 < opposite.sum() < 55  # 36 of 120 are expected
        above = np.asarray(one.expected(world, policy) - world.best)
        np.testing.assert_allclose(now.regret, 40 * 0.4 * above, atol=1e-4)
        assert (above > 0.1).all() if flips else (np.abs(above) < 1e-5).all()
        late = one.evaluate(now, KEY, None)["late_regret"]
        assert float(late) == pytest.approx(0.4 * float(above.mean()), abs=1e-5)
    floor = one.floor(world).metrics
    np.testing.assert_allclose(floor["regret"], 40 * 0.4 * above.mean(), rtol=1e-5)


@pytest.fixture(scope="module")
def grid() -> Any:
    one = task("safe_transfer", instances=6)
    return one, jax.jit(one.sample)(jax.random.key(7))


def test_the_grid_is_as_it_says(grid: Any) -> None:
    one, world = grid
    assert (np.asarray(world.hazards).sum(-1) == 16).all()
    goal = np.asarray(world.away).argmin(-1)
    assert (np.asarray(world.hazards)[np.arange(6), goal] == 0).all()
    assert (np.asarray(world.hazards)[:, [0, 1, 8]] == 0).all()
    assert (np.asarray(world.away)[:, 0] >= 8).all()
    np.testing.assert_allclose(world.transitions[0, 9, 0, 1], 0.9 + 0.1 / 5, rtol=1e-5)


def test_the_best_safe_return_is_that_of_the_linear_program(grid: Any) -> None:
    """Occupancies [h, s, a] of the first two grids, by SciPy's solver."""
    one, world = grid
    horizon, states, actions = 24, 64, 5
    for n in (0, 1):
        kernel = np.asarray(world.transitions[n], float)
        rewards = np.asarray(one.rewards(world.transitions[n], world.away[n]), float)
        costs = kernel @ np.asarray(world.hazards[n], float)
        size = states * actions
        rows = []
        for h in range(horizon):
            block = np.zeros((states, horizon * size))
            block[:, h * size : (h + 1) * size] = np.repeat(np.eye(states), actions, axis=1)
            if h:
                block[:, (h - 1) * size : h * size] = -kernel.reshape(size, states).T
            rows.append(block)
        start = np.zeros(horizon * states)
        start[0] = 1
        found = optimize.linprog(
            -np.tile(rewards.reshape(-1), horizon),
            A_ub=np.tile(costs.reshape(-1), horizon)[None],
            b_ub=[1.0],
            A_eq=np.concatenate(rows),
            b_eq=start,
        )
        assert float(world.best[n]) == pytest.approx(-found.fun, rel=1e-3)


def test_costs_of_a_behaviour_by_playing_it(grid: Any) -> None:
    one, world = grid
    behaviour = jax.nn.softmax(2 * jax.random.normal(KEY, (2, 64, 5)), axis=-1)
    cost, over = one.spent(world.transitions[0], world.hazards[0], behaviour)
    numbers = jax.random.uniform(jax.random.key(1), (4000, 24, 2))
    walk = jax.jit(jax.vmap(one.walk, in_axes=(0, None, None, None, None)))
    played = walk(numbers, world.transitions[0], world.hazards[0], world.away[0], behaviour)
    total = np.asarray(played.cost).sum(-1)
    assert total.mean() == pytest.approx(float(cost), abs=4 * float(total.std()) / 60)
    assert (total > 1).mean() == pytest.approx(float(over), abs=0.03)
    np.testing.assert_array_equal(np.asarray(played.late)[:, 1:], np.cumsum(played.cost, -1)[:, :-1] > 0)
    progress = 0.3 * (np.asarray(world.away[0])[played.s[:, 0]] - np.asarray(world.away[0])[played.s1[:, -1]])
    stood = (np.asarray(world.away[0])[played.s1] == 0).sum(-1)
    np.testing.assert_allclose(np.asarray(played.r).sum(-1), progress + stood, atol=1e-4)


def test_the_guide_spends_the_budget_and_no_policy_is_worth_more_than_1(grid: Any) -> None:
    one, world = grid
    policy = world.guide.policy
    both = jnp.stack([policy, policy], axis=1)
    cost, _ = jax.vmap(one.spent)(world.transitions, world.hazards, both)
    assert (np.asarray(cost) < 1.01).all() and (np.asarray(cost) > 0.9).any()
    floor = one.floor(world).metrics
    assert float(cost.mean()) < 0.6 * float(floor["training_cost"])
    away = np.asarray(world.away)
    to_goal = jnp.asarray(away[:, :, None] - np.take(away, _following(), axis=1), jnp.float32)
    bold = jax.nn.one_hot((to_goal + jnp.array([0, 0, 0, 0, 0.5])[None, None]).argmax(-1), 5)
    for tried in (policy, bold, jnp.full((6, 64, 5), 0.2)):
        assert (np.asarray(one.worth(world, tried)) <= 1 + 1e-4).all()
    assert float(one.worth(world, bold).mean()) > 0.5


def _following() -> np.ndarray:
    from toybench.blocks import gridworld

    return np.asarray(gridworld.open_grid(np.ones((8, 8), bool)))
