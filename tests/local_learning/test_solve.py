"""Solvers of triangular systems: finite termination, agreement with a plain loop, quadratic convergence."""

from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.engine import trial
from toybench.methods.local_learning._solver import Iterate
from toybench.methods.local_learning.deer import DEER, _compose
from toybench.methods.local_learning.gauss_seidel import GaussSeidel
from toybench.methods.local_learning.gauss_seidel_jacobi import GaussSeidelJacobi
from toybench.methods.local_learning.jacobi import Jacobi
from toybench.methods.local_learning.jacobi_gauss_seidel import JacobiGaussSeidel
from toybench.tasks.local_learning._solve import STATES, Recurrence
from toybench.tasks.local_learning.triangular_solve import TriangularSolve

SYSTEMS = ("rnn", "densenet", "autoregressive")


def world(**fields):
    task = TriangularSolve(**fields)
    return task, jax.jit(task.sample)(jax.random.key(0))


def iterates(task, problem, method, rounds):
    """Iterates after 0 ... rounds rounds, [rounds + 1, t, n]."""
    method = type(method)(**{**vars(method), "spec": task.spec, "given": problem.equations})
    state = method.init(jax.random.key(0))

    def step(state, _):
        after = method.update(state, (), jax.random.key(0))
        return after, method.solution(after)

    later = jax.jit(lambda s: jax.lax.scan(step, s, None, length=rounds)[1])(state)
    return np.concatenate([method.solution(state)[None], later])


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_state_depends_on_earlier_ones_only(system):
    task, problem = world(system=system, gain=3.0)
    s = jnp.asarray(np.random.default_rng(0).normal(size=problem.exact.shape), jnp.float32)
    before = np.asarray(problem.equations(s))
    for t in (0, 5, STATES - 1):
        after = np.asarray(problem.equations(s.at[t].add(10.0)))
        np.testing.assert_array_equal(before[: t + 1], after[: t + 1])
    if system != "autoregressive":
        assert np.any(before[6] != np.asarray(problem.equations(s.at[5].add(10.0)))[6])


def test_the_solution_is_that_of_a_plain_loop():
    task, problem = world(gain=0.9)
    weights = np.asarray(problem.equations.weights, np.float64)
    drive = np.asarray(problem.equations.drive, np.float64)
    s, before = [], np.zeros(task.spec.width)
    for x in drive:
        before = np.tanh(before @ weights + x)
        s.append(before)
    np.testing.assert_allclose(problem.exact, s, atol=1e-5)


def test_bits_are_drawn_with_the_probabilities_of_the_masked_network():
    task, problem = world(system="autoregressive", gain=2.0)
    encoder, decoder, threshold = (np.asarray(x, np.float64) for x in problem.equations)
    bits = np.zeros(STATES)
    for t in range(STATES):
        logit = np.tanh((2 * bits - 1) @ encoder) @ decoder[:, t]
        bits[t] = 1 / (1 + np.exp(-threshold[t])) < 1 / (1 + np.exp(-logit))
    np.testing.assert_array_equal(problem.exact[:, 0], bits)
    assert 0.2 < bits.mean() < 0.8


@pytest.mark.parametrize("system", SYSTEMS)
def test_jacobi_brings_one_state_a_round_to_its_exact_value(system):
    task, problem = world(system=system, gain=3.0)
    s = iterates(task, problem, Jacobi(), STATES)
    for k in (1, 7, 64, STATES):
        np.testing.assert_array_equal(s[k][:k], problem.exact[:k])
    if system == "rnn":
        assert np.any(s[64][65:] != np.asarray(problem.exact)[65:])  # chaos: nothing comes for free


@pytest.mark.parametrize("system", SYSTEMS)
def test_gauss_seidel_solves_in_one_round_and_blocks_in_as_many_as_there_are(system):
    task, problem = world(system=system)
    np.testing.assert_allclose(iterates(task, problem, GaussSeidel(), 1)[1], problem.exact, atol=1e-5)
    blocks = iterates(task, problem, JacobiGaussSeidel(block=8), STATES // 8)
    for k in (1, 3, STATES // 8):
        np.testing.assert_allclose(blocks[k][: 8 * k], problem.exact[: 8 * k], atol=1e-5)


def test_blocks_of_one_are_jacobi_and_a_window_of_everything_too():
    task, problem = world(gain=1.2)
    jacobi = iterates(task, problem, Jacobi(), 20)
    np.testing.assert_allclose(iterates(task, problem, JacobiGaussSeidel(block=1), 20), jacobi, atol=1e-5)
    window = GaussSeidelJacobi(window=STATES, settled=jnp.float32(0.0))
    np.testing.assert_allclose(iterates(task, problem, window, 20), jacobi, atol=1e-5)


def test_a_window_of_one_is_the_forward_pass_and_any_window_arrives():
    task, problem = world()
    one = iterates(task, problem, GaussSeidelJacobi(window=1, settled=jnp.float32(0.0)), STATES)
    np.testing.assert_allclose(one[64][:64], problem.exact[:64], atol=1e-5)
    assert not one[64][64:].any()
    some = iterates(task, problem, GaussSeidelJacobi(window=16, settled=jnp.float32(0.0)), STATES)
    np.testing.assert_allclose(some[-1], problem.exact, atol=1e-5)
    task, problem = world(gain=0.5)
    early = iterates(task, problem, GaussSeidelJacobi(window=16), 100)
    assert np.abs(early[100] - problem.exact).max() < 1e-3  # a settled state is left behind before its window ends


def test_newton_is_exact_on_a_linear_recurrence_and_quadratic_near_a_solution():
    class Linear(Recurrence):
        def step(self, before, drive):
            return before @ self.weights + drive

    task, problem = world(gain=0.9)
    linear = Linear(*problem.equations)
    solution = jax.lax.fori_loop(0, STATES, lambda _, s: linear(s), linear.drive * 0)
    once = DEER(spec=task.spec, given=linear)
    first = jax.jit(lambda s: once.update(Iterate(s), (), jax.random.key(0)).s)(linear.drive * 0)
    np.testing.assert_allclose(first, solution, atol=1e-4)
    with jax.enable_x64(True):
        # in double precision: the number of correct digits doubles
        equations = Recurrence(*(jnp.asarray(x, jnp.float64) for x in problem.equations))
        exact = jax.lax.fori_loop(0, STATES, lambda _, s: equations(s), jnp.zeros((STATES, 32)))
        newton = DEER(spec=task.spec, given=equations)
        improve, s, errors = (
            jax.jit(lambda s: newton.update(Iterate(s), (), jax.random.key(0)).s),
            jnp.zeros((STATES, 32)),
            [],
        )
        for _ in range(5):
            s = improve(s)
            errors.append(float(jnp.linalg.norm(s - exact) / jnp.linalg.norm(exact)))
    small = [(a, b) for a, b in pairwise(errors) if 1e-7 < a < 0.1]
    assert small and all(b < 20 * a**2 for a, b in small), errors


def test_composition_of_affine_maps():
    rng = np.random.default_rng(0)
    a, b, u, v, s = (jnp.asarray(rng.normal(size=shape), jnp.float32) for shape in ((3, 3), (3, 3), (3,), (3,), (3,)))
    matrix, vector = _compose((a, u), (b, v))
    np.testing.assert_allclose(matrix @ s + vector, b @ (a @ s + u) + v, rtol=1e-4)


def test_the_world_counts_the_rounds_until_the_tolerance():
    task = TriangularSolve(gain=0.5)
    (outcome,), _ = trial.run(task, Jacobi(), [1_000_000], STATES, 4)
    problem = jax.jit(task.sample)(trial.keys(task, "world", [1_000_000]))
    s = iterates(task, problem, Jacobi(), STATES)
    errors = np.linalg.norm((s - np.asarray(problem.exact)).reshape(len(s), -1), axis=1)
    first = int(np.argmax(errors <= 1e-4 * np.linalg.norm(problem.exact)))
    assert outcome.curve["rounds_to_tol"][-1] == first
    assert outcome.curve["depth_to_tol"][-1] == first / STATES
    assert outcome.curve["error_after_T"][-1] == 0.0
