"""Local search and Metropolis: invariance by enumeration, and what a rebuilt object keeps."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.engine import programs
from toybench.methods.gflownets.detailed_balance import DetailedBalance
from toybench.methods.gflownets.local_search_db import LocalSearchDB
from toybench.methods.gflownets.local_search_gfn import LocalSearchGFN
from toybench.methods.gflownets.metropolis import Metropolis
from toybench.protocol import Learner
from toybench.tasks.gflownets import Grid, Sets, Spec, Strings, Trajectories, follow, live
from toybench.tasks.gflownets.set_generation import SetGeneration

GRAPH = Strings(2, 3)


def search(**fields):
    """(local search with an arbitrary policy, its state)."""
    method = LocalSearchGFN(spec=Spec(GRAPH, batch=8, energies=False), steps=8, **fields)
    state = method.init(jax.random.key(1))
    return method, state._replace(params=jax.tree.map(lambda x: 2 * x, state.params))


def transition(method, params, log_reward):
    """Probability [x, y] of moving between the 8 strings in one rebuilt round, over all paths back and forth."""
    paths = np.asarray(list(itertools.product(range(4), repeat=3)), np.int32).T  # every trajectory, [3, 64]
    states = np.asarray(follow(GRAPH, jnp.asarray(paths)))
    ends = states[-1] @ [4, 2, 1]
    ways = np.asarray(method.rebuilding(params, jnp.asarray(paths)))
    log_pf = np.asarray(method.heads(params, jnp.asarray(states[:-1].reshape(-1, 3)))[0]).reshape(3, 64, -1)
    chosen = np.take_along_axis(log_pf, paths[:, :, None], axis=2)[:, :, 0]
    same = (paths[: method.kept, :, None] == paths[: method.kept, None, :]).all(0)  # the same kept edges
    forward = np.exp(chosen[method.kept :].sum(0))
    gain = jnp.asarray(log_reward[ends][None, :] - log_reward[ends][:, None], jnp.float32)
    accept = np.asarray(method.acceptance(gain, jnp.asarray(ways[:, None] - ways[None, :], jnp.float32)))
    move = np.where(same, 1 / 8 * forward[None, :] * accept, 0.0)  # 8 backward paths of probability 1/8 each
    table = np.zeros((8, 8))
    np.add.at(table, (ends[:, None], ends[None, :]), move)
    return table + np.diag(1 - table.sum(1))


@pytest.mark.parametrize(("accept", "keeps"), [("metropolis", True), ("barker", True), ("greedy", False)])
@pytest.mark.parametrize("undone", [1, 2, 3])
def test_what_leaves_the_target_as_it_is(accept, keeps, undone):
    method, state = search(accept=accept, undone=undone)
    log_reward = np.random.default_rng(0).normal(size=8)
    target = np.exp(log_reward) / np.exp(log_reward).sum()
    table = transition(method, state.params, log_reward)
    assert table.min() > -1e-6
    moved = np.abs(target @ table - target).max()
    assert moved < 1e-6 if keeps else moved > 1e-2


def shown(actions, log_reward):
    """The batch that a task would return."""
    states = follow(GRAPH, actions)
    return Trajectories(states, actions, live(GRAPH, states), log_reward, jnp.zeros(states.shape[:2]))


def test_a_rebuilt_object_keeps_the_start_of_a_path_to_the_current_one():
    method, state = search(undone=1, rebuilds=2, epsilon=0.5)
    propose = jax.jit(method.propose)
    update = jax.jit(lambda state, actions, r, key: method.update(state, shown(actions, r), key))
    fresh = propose(state, jax.random.key(3))
    state = update(state, fresh, jnp.zeros(8), jax.random.key(4))
    np.testing.assert_array_equal(state.walk.objects, follow(GRAPH, fresh)[-1])  # fresh objects replace all
    np.testing.assert_array_equal(follow(GRAPH, state.walk.path)[-1], state.walk.objects)
    rebuilt = propose(state, jax.random.key(5))
    np.testing.assert_array_equal(rebuilt[:2], state.walk.path[:2])
    assert bool((rebuilt[2] != state.walk.path[2]).any())
    better = jnp.where(jnp.arange(8) < 3, 1.0, -1.0)
    after = update(state, rebuilt, better, jax.random.key(6)).walk
    np.testing.assert_array_equal(after.objects[:3], follow(GRAPH, rebuilt)[-1, :3])
    np.testing.assert_array_equal(after.objects[3:], state.walk.objects[3:])
    np.testing.assert_array_equal(after.log_reward, jnp.maximum(better, 0.0))


def test_the_replay_reads_the_best_and_the_rest():
    method = LocalSearchGFN(spec=Spec(GRAPH, batch=8, replay=8, energies=False), steps=100)
    memory = method.init(jax.random.key(0)).memory
    values = jnp.arange(800, dtype=jnp.float32)
    objects = jax.random.randint(jax.random.key(1), (800, 3), 0, 2)
    memory = memory._replace(objects=objects, log_reward=values, filled=jnp.asarray(800, jnp.int32))
    recall = jax.jit(method.recall)
    read = np.stack([recall(memory, jax.random.key(i)).log_reward for i in range(20)])
    assert read[:, :4].mean() > 700  # the best 4 of 40: about the top tenth
    assert 250 < read[:, 4:].mean() < 450  # the rest
    batch = recall(memory, jax.random.key(0))
    np.testing.assert_array_equal(batch.states[-1], objects[batch.log_reward.astype(jnp.int32)])


def run(method, task, rounds):
    """The state after some rounds on a task."""
    world = task.sample(jax.random.key(7))
    state = method.init(jax.random.key(8))
    keys = jax.vmap(jax.random.key_data)(jax.random.split(jax.random.key(9), 2 * rounds))
    return world, jax.jit(programs.interact)(task, method, (), world, state, (keys[:rounds], keys[rounds:]))[1]


def test_without_rebuilding_it_is_plain_detailed_balance():
    task = SetGeneration(elements=6, size=3)
    states = [
        run(cls(spec=task.spec, steps=20, **fields), task, 20)[1]
        for cls, fields in ((DetailedBalance, {}), (LocalSearchDB, {"rebuilds": 0}))
    ]
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-6), states[0].params, states[1].params)


def test_the_law_of_metropolis_is_the_target():
    task = SetGeneration(elements=6, size=3, scale=1.0)
    method = Metropolis(spec=task.spec, steps=1500)
    world, state = run(method, task, 1500)
    law = Learner(method, state).law()
    assert 0.5 * float(jnp.abs(law - world.target).sum()) < 0.03
    np.testing.assert_allclose(float(state.visits.sum()), (1500 - method.burn) * task.batch)


def test_detailed_balance_learns_a_small_task():
    task = SetGeneration(elements=6, size=3)
    method = DetailedBalance(spec=task.spec, steps=300, lr=0.01)
    world, state = run(method, task, 300)
    floor, found = task.floor(world).law(), Learner(method, state).law()
    assert float(jnp.abs(found - world.target).sum()) < 0.2 * float(jnp.abs(floor - world.target).sum())


def test_what_is_accepted():
    gain = jnp.asarray([-1.0, 0.0, 0.5])
    ways = jnp.asarray([2.0, 0.0, -1.0])
    for accept, want in (
        ("greedy", [0.0, 0.0, 1.0]),
        ("metropolis", [1.0, 1.0, np.exp(-0.5)]),
        ("barker", [1 / (1 + np.exp(-1.0)), 0.5, 1 / (1 + np.exp(0.5))]),
    ):
        np.testing.assert_allclose(LocalSearchGFN(accept=accept).acceptance(gain, ways), want, rtol=1e-6)
    np.testing.assert_array_equal(LocalSearchDB().acceptance(gain, ways), [0.0, 0.0, 1.0])
    with pytest.raises(ValueError, match="accept takes greedy"):
        LocalSearchGFN(accept="always").acceptance(gain, ways)


def test_where_a_search_does_not_fit():
    spec = Spec(Sets(4, 2), batch=4, complete=False)
    assert "complete" in LocalSearchGFN().fits(spec)
    assert "length" in LocalSearchDB().fits(Spec(Grid(3, 2), batch=4))
    assert Metropolis().fits(spec) is not None
