"""Functions learned one after another: exact posteriors, penalties that equal Bayes, generated weights, the measure."""

import dataclasses
from functools import partial

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.methods.continual.ewc_heads import EWCHeads
from toybench.methods.continual.exact_sequential_bayes import ExactSequentialBayes
from toybench.methods.continual.hypernetwork_chunked import HypernetworkChunked
from toybench.methods.continual.hypernetwork_cl import HypernetworkCL
from toybench.methods.continual.joint_bayes import JointBayes
from toybench.methods.continual.online_ewc_heads import OnlineEWCHeads
from toybench.protocol import Learner
from toybench.tasks.continual import Points, bumps
from toybench.tasks.continual._retention import retention
from toybench.tasks.continual.regression_tasks import RegressionTasks

KEY = jax.random.key(1_000_000)
TASK = RegressionTasks()


def bound(method, task=TASK):
    return dataclasses.replace(method, spec=task.spec, steps=task.steps)


def a_batch(world, task: int, start: bool = True, end: bool = False) -> Points:
    return Points(
        x=world.x[task][:8],
        y=world.y[task][:8],
        task=jnp.array(task),
        start=jnp.array(start),
        end=jnp.array(end),
        all_x=world.x[task],
        all_y=world.y[task],
        weight=world.weight[task],
    )


def test_functions_have_power_one_and_opposite_tasks_cancel() -> None:
    task = RegressionTasks(tasks=2, domains="opposite")
    world = jax.jit(task.sample)(KEY)
    chex.assert_trees_all_close(world.coefficients[0], -world.coefficients[1])
    power = TASK.examine(jax.jit(TASK.sample)(KEY), TASK.floor(None))  # the error of 0
    np.testing.assert_allclose(power, 1.0, rtol=1e-5)


def test_disjoint_domains_leave_gaps_and_points_lie_in_them() -> None:
    world = jax.jit(TASK.sample)(KEY)
    ends = np.sort(np.asarray(world.domain[:, :1] + jnp.array([[-0.5, 0.5]])), axis=0)
    np.testing.assert_allclose(ends[1:, 0] - ends[:-1, 1], 0.5, rtol=1e-5)
    assert float(jnp.abs(world.x - world.domain[:, :1]).max()) <= 0.5 + 1e-5


def test_counts_set_how_many_points_each_task_has() -> None:
    world = jax.jit(RegressionTasks(tasks=2, counts=(10, 1)).sample)(KEY)
    np.testing.assert_array_equal(world.weight.sum(1), [100, 10])


def test_boundaries_come_with_the_step_counter() -> None:
    """Every task starts and ends once, and the table is filled where the next one starts."""
    task, world = TASK, jax.jit(TASK.sample)(KEY)
    learner = TASK.floor(world)
    draw = jax.jit(lambda w: task.draw(w, KEY, learner))
    for step, (number, start, end) in {0: (0, True, False), 1499: (0, False, True), 1500: (1, True, False)}.items():
        moved, batch = draw(world._replace(step=jnp.array(step, jnp.int32)))
        assert (int(batch.task), bool(batch.start), bool(batch.end)) == (number, start, end)
    np.testing.assert_allclose(moved.errors[0], 1.0, rtol=1e-5)
    assert float(moved.errors[1:].sum()) == 0


def test_retention_of_a_worked_table() -> None:
    """Task 0: 0.1, then 0.5, now 0.4: forgotten 0.3. Task 1: 0.2, now 0.6: forgotten 0.4."""
    table = jnp.array([[0.1, 9.0, 9.0], [0.5, 0.2, 9.0], [0.0, 0.0, 0.0]])
    kept = retention(table, jnp.array([0.4, 0.6, 0.3]), jnp.array(30), 10)
    np.testing.assert_allclose([kept.final, kept.new, kept.forgetting], [1.3 / 3, 0.2, 0.35], rtol=1e-5)
    first = retention(jnp.zeros((3, 3)), jnp.array([0.4, 0.6, 0.3]), jnp.array(7), 10)
    np.testing.assert_allclose([first.final, first.new, first.forgetting], [0.4, 0.4, 0.0], rtol=1e-5)


def test_sequential_posterior_equals_that_of_all_points() -> None:
    """In float64 against numpy's solution; a batch in which no task starts adds nothing."""
    task = RegressionTasks(tasks=3, domains="shared", points=30)
    world = jax.jit(task.sample)(KEY)
    method, joint = bound(ExactSequentialBayes(), task), bound(JointBayes(), task)
    state, kept = method.init(KEY), joint.init(KEY)
    for t in range(3):
        state = method.update(state, a_batch(world, t), KEY)
        kept = joint.update(kept, a_batch(world, t), KEY)
    chex.assert_trees_all_equal(state, method.update(state, a_batch(world, 2, start=False), KEY))
    x = jnp.linspace(-1, 1, 20)
    phi = np.asarray(bumps(world.x.reshape(-1)), np.float64)
    y = np.asarray(world.y, np.float64).reshape(-1)
    mean = np.linalg.solve(np.eye(41) * 0.05**2 + phi.T @ phi, phi.T @ y)
    truth = np.asarray(bumps(x), np.float64) @ mean
    np.testing.assert_allclose(method.value(state, x, jnp.array(0)), truth, atol=2e-3)
    np.testing.assert_allclose(joint.value(kept, x, jnp.array(0)), truth, atol=2e-3)


@pytest.mark.parametrize("method", [EWCHeads, OnlineEWCHeads])
def test_penalties_are_bayesian_for_a_linear_model(method: type) -> None:
    """With one output a parameter, the second task's minimum is the mean of both least squares, weighted by Fisher."""

    class Linear(method):
        def network(self, key):
            return jnp.zeros(2)

        def predict_with(self, params, x, task):
            return jnp.stack([(x > 0).astype(x.dtype), (x <= 0).astype(x.dtype)], 1) @ params

    task = RegressionTasks(tasks=2, points=4)
    linear = bound(Linear(weight=1.0), task)
    x1, y1 = jnp.array([1.0, 1.0, 1.0, -1.0]), jnp.array([2.0, 2.0, 2.0, 5.0])
    x2, y2 = jnp.array([1.0, -1.0, -1.0, -1.0]), jnp.array([6.0, 1.0, 1.0, 1.0])
    flag = partial(jnp.array, True)
    first = Points(x1, y1, jnp.array(0), flag(), flag(), x1, y1, jnp.ones(4))
    second = Points(x2, y2, jnp.array(1), flag(), flag(), x2, y2, jnp.ones(4))
    solved = jnp.array([2.0, 5.0])  # least squares of the first task
    memory = linear.after(solved, linear.remember(solved), first)
    both = jnp.array([(3 * 2.0 + 6.0) / 4, (5.0 + 3 * 1.0) / 4])  # least squares of all points
    np.testing.assert_allclose(jax.grad(linear.loss)(both, memory, second), 0.0, atol=1e-6)


@pytest.mark.parametrize("method", [HypernetworkCL(), HypernetworkChunked()])
def test_a_hypernetwork_holds_former_outputs_and_embeddings(method) -> None:
    """The drift is 0 at the snapshot and positive off it; one step on task 2 leaves the other embeddings alone."""
    task = RegressionTasks(tasks=3)
    hyper, world = bound(method, task), jax.jit(task.sample)(KEY)
    state = jax.jit(hyper.init)(KEY)
    assert state.memory.shape == (3, 1 * 10 + 10 + 10 * 10 + 10 + 10 + 1)
    assert float(hyper.drift(state.params, state.memory, jnp.array(2))) == 0
    after = jax.jit(hyper.update)(state, a_batch(world, 2), KEY)
    moved = np.abs(np.asarray(after.params["tasks"] - state.params["tasks"])).sum(1) > 0
    np.testing.assert_array_equal(moved, [False, False, True])
    drift = float(hyper.drift(after.params, state.memory, jnp.array(2)))
    former = np.square(np.asarray(hyper.remember(after.params) - state.memory)).sum(1)[:2].mean()
    np.testing.assert_allclose(drift, former, rtol=1e-5)
    assert drift > 0


def test_without_regulariser_a_hypernetwork_takes_adams_step() -> None:
    """beta = 0: the step that was looked ahead to."""
    task = RegressionTasks(tasks=3)
    hyper, world = bound(HypernetworkCL(beta=0.0), task), jax.jit(task.sample)(KEY)
    state, batch = jax.jit(hyper.init)(KEY), a_batch(world, 1)
    grads = hyper.own(jax.jit(jax.grad(hyper.loss))(state.params, state.memory, batch), batch.task)
    step = jax.tree.map(lambda p, g: p - hyper.lr * g / (jnp.abs(g) + 1e-8), state.params, grads)  # Adam's first
    chex.assert_trees_all_close(jax.jit(hyper.update)(state, batch, KEY).params, step, atol=1e-5)


def test_the_chunked_hypernetwork_is_smaller_than_its_target() -> None:
    hyper = bound(HypernetworkChunked(), RegressionTasks(target=(32, 32)))
    state = jax.eval_shape(hyper.init, KEY)
    assert sum(x.size for x in jax.tree.leaves(state.params)) == 816 < hyper.target_weights == 1153


def test_evaluation_reads_the_learner() -> None:
    world = jax.jit(TASK.sample)(KEY)

    class Two:
        def value(self, state, x, task):
            return jnp.full(x.shape, state)

    found = TASK.evaluate(world, KEY, Learner(Two(), 0.0))
    np.testing.assert_allclose([found["final_mse"], found["forgetting"]], [1.0, 0.0], atol=1e-5)
