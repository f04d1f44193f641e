"""Relabelling by enumeration, losses by hand, fixed points in closed form, and what learners do in a small maze."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.blocks import gridworld
from toybench.blocks.random import uniforms
from toybench.methods.goal_reaching._goals import (
    HEAVIEST,
    Examples,
    State,
    apply,
    clone,
    implicit_losses,
    later,
    mixed,
    start,
)
from toybench.methods.goal_reaching._tables import Moves, Table, contrast, law_of, share_of, two_moves
from toybench.methods.goal_reaching.mc_infonce import gaps
from toybench.methods.goal_reaching.temporal_augmentation import beyond, visits_of
from toybench.plugins import registry
from toybench.protocol import Learner
from toybench.tasks.goal_reaching import Pieces, Spec

SPEC = Spec(side=3, actions=5, pieces=4, length=3, discount=0.9, batch=4)
PIECES = Pieces(
    s=jnp.asarray([[0, 1, 2, 5], [2, 5, 8, 7], [3, 3, 4, 1], [4, 1, 0, 0]], jnp.int32),
    a=jnp.asarray([[3, 3, 1], [1, 1, 2], [4, 3, 0], [0, 2, 4]], jnp.int32),
)


def method(name, spec=SPEC, given=PIECES, steps=10, **fields):
    return registry.load("methods", f"goal_reaching/{name}")(spec=spec, given=given, steps=steps, **fields)


def uniform(*shape, seed=0):
    return jnp.asarray(np.random.default_rng(seed).uniform(size=shape), jnp.float32)


def repeated(count):
    """The pieces many times over."""
    return jax.tree.map(lambda x: jnp.tile(x, (count, 1)), PIECES)


def network(seed=0):
    return start(jax.random.key(seed), SPEC, {"policy": 5})["policy"]


def filled(*shape, seed=0):
    """A table of small numbers."""
    return 0.3 * jnp.asarray(np.random.default_rng(seed).normal(size=shape), jnp.float32)


PARAMS = {"policy": network(), "value": filled(9, 9, 1, seed=1)}
Q = filled(9, 9, 5, seed=2)


MOVES = Examples(
    s=jnp.asarray([0, 1, 4]),
    a=jnp.asarray([3, 3, 0]),
    s1=jnp.asarray([1, 2, 1]),
    g=jnp.asarray([2, 2, 8]),
    reached=jnp.asarray([0.0, 1.0, 0.0]),
)


def test_goals_come_later_in_the_piece_each_place_as_often():
    many = repeated(1000)
    found = later(many, uniform(4000, 2))
    rows = np.arange(4000)
    s = np.asarray(many.s)
    t = [np.flatnonzero((s[i, :-1] == found.s[i]) & (s[i, 1:] == found.s1[i]))[-1] for i in rows]
    assert all(found.g[i] in s[i, t[i] + 1 :] for i in rows)
    first = np.asarray((found.s == 0) & (found.a == 3))
    share = np.bincount(np.asarray(found.g)[first], minlength=9) / first.sum()
    np.testing.assert_allclose(share[[1, 2, 5]], 1 / 3, atol=0.1)
    assert (np.asarray(found.reached)[first] == (np.asarray(found.g)[first] == 1)).all()


def test_half_of_the_goals_are_other_pieces_states():
    found = mixed(repeated(1000), uniform(4000, 4))
    before = np.asarray(repeated(1000).s)[np.arange(4000) - 1]
    own = np.asarray(repeated(1000).s)
    foreign = np.array([found.g[i] not in own[i, 1:] for i in range(4000)])
    assert all(found.g[i] in before[i] for i in np.flatnonzero(foreign))
    assert 0.25 < foreign.mean() < 0.5
    np.testing.assert_array_equal(found.reached, found.g == found.s1)


def test_joined_goals_by_enumeration():
    """All that follows a visit of the waypoint is a goal, a visit as likely as another, its future uniform."""
    visits = visits_of(PIECES, 9)
    found = np.asarray(beyond(PIECES, visits, jnp.full(6000, 1), uniform(6000, 2)))
    wanted = np.zeros(9)
    s = np.asarray(PIECES.s)
    places = np.argwhere(s == 1)
    for row, t in places:
        for place in range(t, 4):
            wanted[s[row, place]] += 1 / (len(places) * (4 - t))
    np.testing.assert_allclose(np.bincount(found, minlength=9) / 6000, wanted, atol=0.03)


def test_augmentation_without_augmenting_clones():
    augmented = method("temporal_augmentation", eps=0.0)
    plain = method("gcbc")
    batch, key = repeated(4), jax.random.key(1)
    state = augmented.init(jax.random.key(0))
    drawn = uniforms(key, move=(16, 2), joined=(16, 2), which=(16,))
    gradient = jax.grad(lambda p: clone(SPEC, p["policy"], later(batch, drawn["move"])))(state.params)
    after = augmented.update(state, batch, key).params
    moved = jax.tree.map(lambda new, old: new - old, after, state.params)
    signs = jax.tree.map(lambda step, g: bool((step * g <= 0).all()), moved, gradient)
    assert all(jax.tree.leaves(signs))  # the first step of Adam goes against each gradient's sign
    same = plain.init(jax.random.key(0)).params
    jax.tree.map(np.testing.assert_array_equal, same, state.params)
    other = method("temporal_augmentation", eps=1.0).update(state, batch, key).params
    assert any(bool((a != b).any()) for a, b in zip(jax.tree.leaves(after), jax.tree.leaves(other), strict=True))


def test_implicit_losses_by_hand():
    found = float(implicit_losses(SPEC, PARAMS, Q, MOVES, 0.7, 2.0))
    s, a, g = (np.asarray(x) for x in (MOVES.s, MOVES.a, MOVES.g))
    error = np.asarray(Q)[s, g, a] - np.asarray(PARAMS["value"])[s, g, 0]
    logits = np.asarray(apply(SPEC, PARAMS["policy"], MOVES.s, MOVES.g))
    log = (logits - np.log(np.exp(logits).sum(-1, keepdims=True)))[np.arange(3), a]
    weight = np.minimum(np.exp(2 * error / 0.1), HEAVIEST)
    wanted = (np.where(error > 0, 0.7, 0.3) * error**2).mean() - (weight * log).mean()
    assert found == pytest.approx(wanted, rel=1e-4)
    assert weight.max() == HEAVIEST or weight.max() > 1


def test_weights_are_not_differentiated():
    slope = jax.grad(lambda value, t: implicit_losses(SPEC, PARAMS | {"value": value}, Q, MOVES, 0.5, t))
    np.testing.assert_allclose(slope(PARAMS["value"], 0.0), slope(PARAMS["value"], 3.0), atol=1e-7)


def test_q_targets_by_hand():
    learner = method("goal_q")
    slow = filled(9, 9, 5, seed=3)
    found = float(learner.loss({"q": Q}, slow, MOVES))
    known = np.zeros((9, 5), bool)
    known[np.asarray(PIECES.s)[:, :-1], PIECES.a] = True
    s, a, s1, g = (np.asarray(x) for x in (MOVES.s, MOVES.a, MOVES.s1, MOVES.g))
    best = np.where(known[s1], np.asarray(slow)[s1, g], 0).max(-1)
    goal = np.where(np.asarray(MOVES.reached) > 0, 1, 0.9 * best)
    assert found == pytest.approx(((np.asarray(Q)[s, g, a] - goal) ** 2).mean(), rel=1e-4)
    policy = learner.goal_policy(State(params={"q": Q}, target=slow, adam=()))
    assert known[np.arange(9)[:, None], np.asarray(policy.argmax(-1))][known.any(1)].all()


def test_action_values_bootstrap_from_values_by_hand():
    learner = method("goal_iql")
    found = float(learner.loss(PARAMS | {"q": Q}, Q, MOVES))
    s, a, s1, g = (np.asarray(x) for x in (MOVES.s, MOVES.a, MOVES.s1, MOVES.g))
    goal = np.where(np.asarray(MOVES.reached) > 0, 1, 0.9 * np.asarray(PARAMS["value"])[s1, g, 0])
    wanted = ((np.asarray(Q)[s, g, a] - goal) ** 2).mean()
    rest = float(implicit_losses(SPEC, PARAMS, Q, MOVES, learner.tau, learner.temperature))
    assert found == pytest.approx(wanted + rest, rel=1e-4)


def one_goal(*states):
    """Moves from these states by action 0 to state 8, with goal 0."""
    zeros = jnp.zeros(len(states), jnp.int32)
    return Examples(s=jnp.asarray(states), a=zeros, s1=zeros + 8, g=zeros, reached=jnp.zeros(len(states)))


def scores(first):
    """A table of scores whose first entries for action 0 and goal 0 are these."""
    return jnp.zeros((9, 9, 5)).at[: len(first), 0, 0].set(jnp.asarray(first, jnp.float32))


VALUES = jnp.zeros((9, 9, 1)).at[8, 0, 0].set(0.5)


def test_the_dual_is_least_at_the_ratio_of_chances():
    """S = discount M + p_goal / p_data - 1e-4: two moves, as frequent, with goals at 3 and 1 of 4."""
    learner = method("smore")

    def loss(table):
        return learner.score_loss({"score": table, "value": VALUES}, one_goal(0, 0, 1, 1), one_goal(0, 0, 0, 1))

    best = scores([0.45 + 1.5 - 1e-4, 0.45 + 0.5 - 1e-4])
    np.testing.assert_allclose(jax.grad(loss)(best), 0, atol=1e-6)
    assert float(loss(best)) < float(loss(best + 0.1))


def test_the_stable_form_is_the_released_one_scaled():
    """(S - 2/(1-d))^2 + (-2 + d M - S)^2 / 2 + 1e-4 (1-d) S^2 for S = 2 s / (1-d) and M = 2 m / (1-d)."""
    learner = method("smore_regression")
    first = np.random.default_rng(0).normal(size=6).astype(np.float32)
    params = {"score": scores(first), "value": VALUES}
    found = float(learner.score_loss(params, one_goal(0, 1, 2), one_goal(3, 4, 5)))
    scale = 2 / (1 - 0.9)
    big = scale * first
    inside = 0.5 * ((-2 + 0.9 * scale * 0.5 - big[:3]) ** 2).mean() + 1e-5 * (big[:3] ** 2).mean()
    wanted = ((big[3:] - scale) ** 2).mean() + inside
    assert scale**2 * found == pytest.approx(wanted, rel=1e-5)


def test_the_discriminator_and_its_reward_by_hand():
    learner = method("discriminator_matching")
    params = {"d": scores([-9.0, 2.0]), "q": jnp.zeros((9, 9, 5)), "value": VALUES}
    moves, entering = one_goal(0, 1), one_goal(1, 1)
    d = 1 / (1 + np.exp(-np.asarray([-9.0, 2.0])))
    error = 0.1 * np.asarray([-5.0, 2.0]) + 0.9 * 0.5
    wanted = -np.log(d[1]) - np.log(1 - d).mean() + (error**2).mean()
    assert float(learner.losses(params, moves, entering)) == pytest.approx(wanted, rel=1e-4)
    slope = jax.grad(lambda d: learner.losses(params | {"d": d}, moves, entering))(params["d"])
    np.testing.assert_allclose(slope[:2, 0, 0], [d[0] / 2, d[1] / 2 - (1 - d[1])], atol=1e-5)  # not by its reward


def corridor(length=4):
    """A ring of four states and one way round, for ever; everything is certain."""
    states = jnp.arange(4 * (length + 1)).reshape(4, length + 1)
    s = (jnp.arange(4)[:, None] + jnp.arange(length + 1)[None, :]) % 4
    spec = Spec(side=2, actions=2, pieces=4, length=length, discount=0.9, batch=4)
    return spec, Pieces(s=s.astype(jnp.int32), a=jnp.zeros((4, length), jnp.int32)), states


def ring_law():
    """Chances [4] of the states 1, 2, 3 and 4 moves ahead of the first, for ever."""
    return 0.1 * 0.9 ** np.arange(4) / (1 - 0.9**4)


def test_the_successor_table_stands_still_at_the_truth():
    spec, pieces, _ = corridor()
    learner = method("successor_table", spec=spec, given=pieces)
    truth = np.stack([np.roll(ring_law(), s + 1) for s in range(4)])
    table = jnp.stack([jnp.asarray(truth, jnp.float32), jnp.zeros((4, 4))], axis=1)
    moves = two_moves(pieces, jax.random.key(0))
    assert float(learner.loss(table, table, moves)) == pytest.approx(0, abs=1e-9)
    assert float(learner.loss(table + 0.1, table, moves)) == pytest.approx(0.04, rel=1e-4)


def test_the_counted_model_is_exact_where_everything_is_seen():
    spec, pieces, _ = corridor()
    found = method("counted_model", spec=spec, given=pieces).occupancy(())
    np.testing.assert_allclose(found[1, 0], np.roll(ring_law(), 2), atol=1e-4)
    half = 0.1 / 4 + 0.9 * np.stack([np.roll(ring_law(), s + 1) for s in range(4)]).mean(0)
    np.testing.assert_allclose(found[1, 1], half, atol=1e-4)  # an action that the data lack leads anywhere


def test_gaps_are_geometric():
    law = np.asarray(gaps(SPEC))
    np.testing.assert_allclose(law.sum(-1), 1, atol=1e-6)
    assert (law[np.tril_indices(3)] == 0).all()
    np.testing.assert_allclose(law[0, 2:] / law[0, 1:-1], 0.9, atol=1e-6)


def test_the_two_contrasts_by_hand():
    spec = Spec(side=2, actions=2, pieces=4, length=3, discount=0.8, batch=3)
    learner = method("td_infonce", spec=spec, given=())
    rng = np.random.default_rng(0)
    f, slow = (rng.normal(size=(4, 2, 4)).astype(np.float32) for _ in range(2))
    s, a, s1, a1 = [0, 1, 3], [0, 1, 1], [1, 2, 0], [1, 0, 0]
    g = [2, 0, 1]
    wanted = 0.0
    for i in range(3):
        near = np.exp([f[s[i], a[i], j] for j in s1])
        far = np.exp([f[s[i], a[i], j] for j in g])
        ahead = np.exp([slow[s1[i], a1[i], j] for j in g])
        wanted -= 0.2 * np.log(near[i] / near.sum()) / 3
        wanted -= 0.8 * (ahead / ahead.sum() * np.log(far / far.sum())).sum() / 3
    moves = Moves(*map(jnp.asarray, (s, a, s1, a1)))
    assert float(learner.loss(jnp.asarray(f), jnp.asarray(slow), moves)) == pytest.approx(wanted, rel=1e-5)


def test_the_true_ratio_is_the_contrasts_fixed_point():
    """With all pairs of a large batch, f = log law / marginal makes the gradient 0, but for the batch's finite size."""
    spec, pieces, _ = corridor(length=40)
    truth = np.stack([np.roll(ring_law(), s + 1) for s in range(4)])
    table = jnp.stack([jnp.asarray(np.log(4 * truth), jnp.float32), jnp.zeros((4, 4))], axis=1)
    many = jax.tree.map(lambda x: jnp.tile(x, (200, 1)), pieces)
    moves = two_moves(many, jax.random.key(0))
    td = method("td_infonce", spec=spec, given=pieces)
    slope = jax.grad(td.loss)(table, table, moves)
    wrong = jax.grad(td.loss)(0 * table, table, moves)
    assert float(jnp.abs(slope).max()) < 0.25 * float(jnp.abs(wrong).max())
    state = Table(params=table, target=table, adam=())
    law = np.asarray(td.occupancy(state))[:, 0]
    np.testing.assert_allclose(law, truth, atol=0.02)  # the states between a piece's ends aren't quite as frequent
    np.testing.assert_allclose(law.sum(-1), 1, atol=1e-5)


def test_laws_from_ratios():
    marginal = share_of(jnp.asarray([0, 0, 1]), jnp.asarray([1.0, 0.5, 1.5]), corridor()[0])
    np.testing.assert_allclose(marginal, [0.5, 0.5, 0, 0])
    law = law_of(jnp.asarray([0.0, np.log(3), 9.0, 9.0], jnp.float32), marginal)
    np.testing.assert_allclose(law, [0.25, 0.75, 0, 0], atol=1e-6)


def test_contrast_picks_the_entries():
    table = jnp.asarray(np.random.default_rng(0).normal(size=(4, 2, 4)), jnp.float32)
    s, a, g = jnp.asarray([0, 3]), jnp.asarray([1, 0]), jnp.asarray([2, 1])
    found = contrast(table, s, a, g)
    for i, j in itertools.product(range(2), range(2)):
        assert found[i, j] == table[s[i], a[i], g[j]]


def test_the_agents_critic_by_hand():
    learner = method("td_infonce_agent")
    state = learner.init(jax.random.key(0))
    slow = learner.init(jax.random.key(1)).target
    state = state._replace(target=slow)
    found = float(learner.critic_loss(state.params, state, MOVES))

    def f(params, s, g, future):
        left = np.asarray(apply(SPEC, params["moves"], s, g)).reshape(-1, 5, 16)
        return np.einsum("iak,jk->iaj", left, np.asarray(apply(SPEC, params["future"], future, future)))

    softmax = lambda x: np.exp(x) / np.exp(x).sum(-1, keepdims=True)  # noqa: E731
    rows, others = np.arange(3), jnp.roll(MOVES.g, -1)
    near = softmax(f(state.params, MOVES.s, MOVES.g, MOVES.s1)[rows, MOVES.a])
    far = softmax(f(state.params, MOVES.s, MOVES.g, others)[rows, MOVES.a])
    chances = softmax(np.asarray(apply(SPEC, state.params["policy"], MOVES.s1, MOVES.g)))
    labels = (chances[..., None] * softmax(f(slow, MOVES.s1, MOVES.g, others))).sum(1)
    wanted = -0.1 * np.log(near[rows, rows]).mean() - 0.9 * (labels * np.log(far)).sum(-1).mean()
    assert found == pytest.approx(wanted, rel=1e-4)


def test_planning_on_all_moves_is_the_shortest_path():
    following = gridworld.tree_maze(uniform(12), 3)
    pieces = Pieces(
        s=jnp.stack([jnp.repeat(jnp.arange(9), 5), following.reshape(-1)], axis=1).astype(jnp.int32),
        a=jnp.tile(jnp.arange(5), 9)[:, None],
    )
    distance = np.asarray(gridworld.distances(following))
    q = np.asarray(method("model_vi", given=pieces).goal_policy(()))
    away = distance > 0
    np.testing.assert_allclose(q.max(-1)[away], 0.9 ** (distance[away] - 1.0), atol=1e-5)


def trained(name, steps=400, seed=0, task=None, **fields):
    """Metrics of a learner in a small maze."""
    world, problem = task
    learner = method(name, spec=problem.spec, given=world.pieces, steps=steps, **fields)

    def step(state, key):
        draw, update = jax.random.split(key)
        return learner.update(state, problem.draw(world, draw, None)[1], update), None

    run = jax.jit(lambda k: jax.lax.scan(step, learner.init(k), jax.random.split(k, steps))[0])
    state = run(jax.random.key(seed))
    found = problem.evaluate(world, jax.random.key(0), Learner(learner, state))
    return {name: float(value) for name, value in found.items()}


@pytest.fixture(scope="module")
def small():
    problem = registry.load("tasks", "goal_reaching/stitching_maze")(side=4, length=3, near=6)
    return jax.jit(problem.sample)(jax.random.key(5)), problem


@pytest.fixture(scope="module")
def little():
    problem = registry.load("tasks", "goal_reaching/occupancy_prediction")(transitions=200, side=3)
    return jax.jit(problem.sample)(jax.random.key(5)), problem


def test_cloning_solves_what_it_saw_and_joining_more(small):
    plain, joined = (trained(name, task=small) for name in ("gcbc", "temporal_augmentation"))
    assert min(plain["seen_success"], joined["seen_success"]) > 0.95
    assert joined["unseen_success"] > plain["unseen_success"] + 0.1


@pytest.mark.parametrize(
    "name", ["goal_q", "goal_iql", "smore", "smore_regression", "discriminator_matching", "td_infonce_agent"]
)
def test_values_reach_goals(small, name):
    assert trained(name, task=small)["seen_success"] > 0.6


def test_bootstrapping_forecasts_better_than_pieces_that_end(little):
    found = {n: trained(n, task=little)["occupancy_tv"] for n in ("td_infonce", "mc_infonce", "successor_table")}
    assert max(found["td_infonce"], found["successor_table"]) < found["mc_infonce"]
