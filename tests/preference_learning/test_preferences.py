"""Grids by walking, labels by counting, and what a constant in a fitted reward does."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.methods.preference_learning._logistic import State, among_best, preference_loss
from toybench.methods.preference_learning.regret_q import advantage
from toybench.plugins import registry
from toybench.tasks.preference_learning import Preferences, Segments, Spec
from toybench.tasks.preference_learning.segment_preferences import visit_differences

SPEC = Spec(states=25, actions=4, discount=0.999)


def grid(**fields):
    return registry.load("tasks", "preference_learning/segment_preferences")(**fields)


def sampled(seed=0, **fields):
    return jax.jit(grid(**fields).sample)(jax.random.key(seed))


@pytest.fixture(scope="module")
def world():
    return sampled()


def method(name, given):
    return registry.load("methods", f"preference_learning/{name}")(spec=SPEC, given=given, steps=10)


def state(table):
    return State(params=jnp.asarray(table, jnp.float32), adam=())


def test_rewards_and_ends(world):
    rewards, ends = np.asarray(world.rewards), np.asarray(world.ends)
    assert ends.sum() == 1
    goal = int(ends.argmax())
    assert (rewards[goal] == 0).all()
    following = np.asarray(world.given.transitions).argmax(-1)
    for s, a in itertools.product(range(25), range(4)):
        if s != goal:
            assert rewards[s, a] in (-1, -3, 10)
            assert (rewards[s, a] == 10) == (following[s, a] == goal)
    assert len({following[s, a] for s in range(25) if s != goal for a in range(4) if rewards[s, a] == -3}) == 3
    assert float(world.given.transitions[goal].sum()) == 0


def test_returns_by_walking(world):
    """Of a random certain policy: 100 moves from every cell but the goal."""
    task = grid()
    goal = int(world.ends.argmax())
    following = np.asarray(world.given.transitions).argmax(-1)
    moves = np.random.default_rng(0).integers(4, size=25)
    total, unfinished = 0.0, 0
    for start in range(25):
        here, earned = start, 0.0
        for _ in range(100):
            if here == goal:
                break
            earned += float(world.rewards[here, moves[here]])
            here = following[here, moves[here]]
        total += earned if start != goal else 0
        unfinished += here != goal
    found, left = task.outcome(world, jax.nn.one_hot(moves, 4))
    assert float(found) == pytest.approx(total / 24, rel=1e-4)
    assert float(left) == pytest.approx(unfinished / 24, abs=1e-5)


def test_no_policy_earns_more_than_the_oracle(world):
    task = grid()
    best, left = task.outcome(world, world.best)
    assert float(left) == 0
    for seed in range(5):
        other = jax.nn.one_hot(np.random.default_rng(seed).integers(4, size=25), 4)
        one = jnp.where(jnp.arange(25)[:, None] == seed, other, world.best)
        assert float(task.outcome(world, one)[0]) <= float(best) + 1e-4
    scores = [task.evaluate(world, jax.random.key(0), r(world)) for r in (task.floor, task.oracle)]
    assert [float(s["normalized_return"]) for s in scores] == pytest.approx([0, 1], abs=1e-5)
    assert float(scores[0]["unfinished_share"]) > 0.02


def test_padding_is_after_the_end(world):
    s, going = np.asarray(world.pairs.s), np.asarray(world.pairs.going)
    goal = int(world.ends.argmax())
    np.testing.assert_array_equal(going, s != goal)
    assert (s[..., 0] != goal).all()
    assert 0.01 < (going.min(-1) == 0).mean() < 0.3
    following = np.asarray(world.given.transitions).argmax(-1)
    after = np.where(going[..., :-1] > 0, following[s[..., :-1], world.pairs.a[..., :-1]], s[..., :-1])
    np.testing.assert_array_equal(s[..., 1:], after)


def test_unpadded_segments_go_on():
    assert float(sampled(segments="unpadded").pairs.going.min()) == 1


def test_certain_labels_prefer_less_regret(world):
    """Regret of a segment on sure moves: value at its start less what it earns and what is left at its end."""
    transitions = np.asarray(world.given.transitions, np.float64)
    rewards = np.asarray(world.rewards, np.float64)
    values = np.zeros(25)
    for _ in range(100):
        values = (rewards + 0.999 * transitions @ values).max(-1)
    worth = rewards + 0.999 * transitions @ values - values[:, None]
    assert worth.max() < 1e-9
    sums = (np.asarray(world.pairs.going) * worth[world.pairs.s, world.pairs.a]).sum(-1)
    difference = sums[:, 0] - sums[:, 1]
    label = np.asarray(world.given.label)
    np.testing.assert_array_equal(label[np.abs(difference) > 1e-2], difference[np.abs(difference) > 1e-2] > 0)
    np.testing.assert_array_equal(label[np.abs(difference) < 1e-5], 0.5)
    assert 0.02 < (label == 0.5).mean() < 0.5


def test_labels_by_rewards_count_rewards():
    world = sampled(labels="partial_return", segments="unpadded")
    sums = np.asarray(world.rewards)[world.pairs.s, world.pairs.a].sum(-1)
    np.testing.assert_array_equal(world.given.label, (np.sign(sums[:, 0] - sums[:, 1]) + 1) / 2)


def test_noisy_labels_have_the_chance_of_a_sigmoid():
    task = grid(noise=1)
    difference = jnp.repeat(jnp.asarray([-1.0, 0.0, 2.0]), 2000)
    label = task.prefer(difference, jax.random.uniform(jax.random.key(0), (6000,)))
    share = np.asarray(label).reshape(3, 2000).mean(1)
    np.testing.assert_allclose(share, 1 / (1 + np.exp([1.0, 0.0, -2.0])), atol=0.04)


def test_visits_by_loops():
    pairs = Segments(
        s=jnp.asarray([[[0, 1, 1], [2, 3, 3]]]),
        a=jnp.asarray([[[0, 2, 2], [1, 0, 1]]]),
        going=jnp.asarray([[[1.0, 1, 1], [1, 1, 0]]]),
    )
    found = np.asarray(visit_differences(pairs, 4))
    wanted = np.zeros((1, 4, 4))
    wanted[0, 0, 0] = 1
    wanted[0, 1, 2] = 2
    wanted[0, 2, 1] = -1
    wanted[0, 3, 0] = -1
    np.testing.assert_array_equal(found, wanted)


def small_given(visits, label):
    return Preferences(visits=jnp.asarray(visits), label=jnp.asarray(label), transitions=jnp.zeros((2, 2, 2)))


def test_the_loss_by_hand():
    given = small_given([[[1.0, -1], [0, 0]], [[0, 2], [-2, 0]]], [1.0, 0.5])
    worth = jnp.asarray([[0.3, -0.2], [0.1, 0.0]])
    p = 1 / (1 + np.exp(-np.asarray([0.5, -0.6])))
    wanted = -(np.log(p[0]) + 0.5 * np.log(p[1]) + 0.5 * np.log(1 - p[1])) / 2
    assert float(preference_loss(worth, given)) == pytest.approx(wanted, rel=1e-5)


def test_a_constant_is_free_where_segments_are_as_long_and_is_not_where_some_end():
    table = jnp.asarray(np.random.default_rng(0).normal(size=(25, 4)), jnp.float32)
    change = []
    for segments in ("unpadded", "padded"):
        given = sampled(segments=segments).given
        change.append(abs(float(preference_loss(table + 1, given) - preference_loss(table, given))))
    assert change[0] < 1e-5 < 1e-3 < change[1]


def test_planning_with_the_truth_is_best_and_with_a_constant_goes_round(world):
    task, learner = grid(), method("planned_preference", world.given)
    found, left = task.outcome(world, learner.policy(state(world.rewards)))
    best, _ = task.outcome(world, world.best)
    assert float(found) == pytest.approx(float(best), rel=1e-3)
    assert float(left) == 0
    assert float(task.outcome(world, learner.policy(state(world.rewards + 4)))[1]) == 1


def test_greedy_does_not_mind_a_constant(world):
    learner = method("greedy_preference", world.given)
    table = np.random.default_rng(0).integers(9, size=(25, 4)).astype(np.float32)
    np.testing.assert_array_equal(learner.policy(state(table)), learner.policy(state(table + 8)))
    np.testing.assert_array_equal(among_best(jnp.asarray([[1.0, 3, 3, 0]])), [[0, 0.5, 0.5, 0]])


def test_advantages_are_none_at_the_best():
    q = jnp.asarray([[1.0, 3.0], [-2.0, -5.0]])
    np.testing.assert_array_equal(advantage(q), [[-2, 0], [0, -3]])


@pytest.mark.parametrize("name", ["greedy_preference", "planned_preference", "regret_q"])
def test_certain_preferences_suffice(world, name):
    learner = method(name, world.given)
    run = jax.jit(
        lambda: jax.lax.fori_loop(
            0, 400, lambda _, s: learner.update(s, (), jax.random.key(0)), learner.init(jax.random.key(0))
        )
    )
    task = grid()
    found, _ = task.outcome(world, learner.policy(run()))
    best, _ = task.outcome(world, world.best)
    assert float(found) > float(best) - 1


def trained(name, world, steps=400):
    learner = method(name, world.given)
    key = jax.random.key(0)
    run = jax.jit(lambda: jax.lax.fori_loop(0, steps, lambda _, s: learner.update(s, (), key), learner.init(key)))
    return learner.policy(run())


def test_without_moves_after_the_end_planning_goes_round_and_greed_does_not():
    task = grid(segments="unpadded")
    world = sampled(segments="unpadded")
    assert float(task.outcome(world, trained("planned_preference", world))[1]) == 1
    found, left = task.outcome(world, trained("greedy_preference", world))
    assert float(left) == 0
    assert float(found) == pytest.approx(float(task.outcome(world, world.best)[0]), rel=1e-3)


def test_regret_of_values_leaves_the_level_of_a_state_open(world):
    """A number added to all values of a state changes no advantage, so neither the step."""
    learner = method("regret_q", world.given)
    key = jax.random.key(0)
    table = jnp.asarray(np.random.default_rng(0).normal(size=(25, 4)), jnp.float32)
    more = jnp.asarray(np.random.default_rng(1).integers(-4, 5, size=(25, 1)), jnp.float32)
    begin = learner.init(key)
    steps = [learner.update(begin._replace(params=t), (), key).params - t for t in (table, table + more)]
    np.testing.assert_allclose(steps[0], steps[1], atol=1e-2)
    plain = method("greedy_preference", world.given).update(begin._replace(params=table), (), key).params - table
    assert np.abs(np.asarray(plain - steps[0])).max() > 1


def test_noisy_labels_are_of_the_sums():
    world = sampled(noise=1, labels="partial_return")
    sums = (np.asarray(world.pairs.going) * np.asarray(world.rewards)[world.pairs.s, world.pairs.a]).sum(-1)
    difference = sums[:, 0] - sums[:, 1]
    agrees = np.asarray(world.given.label) == (difference > 0)
    assert agrees[np.abs(difference) > 6].mean() > 0.99
    two = np.abs(np.abs(difference) - 2) < 1e-3
    assert agrees[two].mean() == pytest.approx(1 / (1 + np.exp(-2)), abs=0.06)
