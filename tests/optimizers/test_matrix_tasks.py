"""Worlds of matrices and decays: their optima by a second way, their moments, and what their metrics say."""

import jax
import jax.numpy as jnp
import numpy as np
from scipy import optimize

from toybench.protocol import Learner
from toybench.tasks.optimizers import box_quadratic, inverse_roots, matrix_regression, noisy_teacher
from toybench.tasks.optimizers.box_quadratic import BoxQuadratic
from toybench.tasks.optimizers.inverse_roots import InverseRoots
from toybench.tasks.optimizers.matrix_regression import MatrixRegression
from toybench.tasks.optimizers.noisy_teacher import DECAYS, RATES, NoisyTeacher

KEY = jax.random.key(3)


def test_the_spectra_are_geometric_with_determinant_one() -> None:
    world = MatrixRegression(size=6, condition=50.0).sample(KEY)
    for half in (world.left, world.right):
        values = np.linalg.eigvalsh(np.asarray(half, np.float64)) ** 2
        np.testing.assert_allclose(values, np.geomspace(50**-0.5, 50**0.5, 6), rtol=1e-3)
    plain = MatrixRegression(size=6, rotated=False).sample(KEY)
    np.testing.assert_allclose(plain.left, np.diag(np.diag(plain.left)), atol=1e-6)
    assert np.abs(world.left - np.diag(np.diag(world.left))).max() > 0.1


def test_the_mean_gradient_is_that_of_the_exact_loss() -> None:
    task = MatrixRegression(size=3, condition=4.0, batch=20_000)
    world = task.sample(KEY)
    _, batch = task.draw(world, jax.random.key(1), None)
    weights = {"map": jnp.asarray(np.random.default_rng(0).normal(size=(3, 3)), jnp.float32)}
    gradient = jax.grad(task.spec.loss)(weights, batch)["map"]
    a, b = (np.asarray(half) @ np.asarray(half) for half in (world.left, world.right))
    gap = np.asarray(weights["map"] - world.target)
    np.testing.assert_allclose(gradient, a @ gap @ b, atol=0.05 * np.abs(a @ gap @ b).max())
    found = task.evaluate(world, KEY, type("L", (), {"weights": lambda self: weights})())
    np.testing.assert_allclose(found["log10_loss"], np.log10(0.5 * np.trace(gap.T @ a @ gap @ b)), rtol=1e-3)
    np.testing.assert_allclose(found["distance"], np.sqrt((gap**2).mean()), rtol=1e-5)
    residual = np.asarray(batch.targets - batch.inputs @ world.target @ world.right)
    np.testing.assert_allclose(residual.std(), matrix_regression.NOISE, rtol=0.05)


def test_the_oracle_of_the_regression_is_at_the_least_loss() -> None:
    task = MatrixRegression(size=4)
    world = task.sample(KEY)
    assert task.evaluate(world, KEY, task.oracle(world))["log10_loss"] == -12
    assert task.evaluate(world, KEY, task.floor(world))["log10_loss"] > -2


def test_averages_of_the_stream_by_hand() -> None:
    task = InverseRoots(size=5, condition=10.0)
    world = task.sample(KEY)
    rows = columns = 1e-6 * np.eye(5)
    for i in range(3):
        world, g = task.draw(world, jax.random.key(i), None)
        g = np.asarray(g, np.float64)
        rows = 0.95 * rows + 0.05 * g @ g.T
        columns = 0.95 * columns + 0.05 * g.T @ g
    np.testing.assert_allclose(world.rows, rows, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(world.columns, columns, rtol=1e-4, atol=1e-6)
    assert task.spec.losses({"map": jnp.ones((5, 5))}, jnp.full((5, 5), 2.0)) == 50.0


def test_errors_of_roots() -> None:
    task = InverseRoots(size=5, condition=10.0)
    world = task.sample(KEY)._replace(rows=jnp.diag(jnp.array([16.0, 1, 1, 1, 1])), columns=jnp.eye(5))
    np.testing.assert_allclose(inverse_roots.exact_root(world.rows), np.diag([0.5, 1, 1, 1, 1]), atol=1e-4)
    exact = task.evaluate(world, KEY, task.oracle(world))
    np.testing.assert_allclose([exact["root_error"], exact["root_error_once"]], 0.0, atol=1e-6)
    floor = task.evaluate(world, KEY, task.floor(world))
    expected = 0.5 / np.linalg.norm([0.5, 1, 1, 1, 1])
    np.testing.assert_allclose(floor["root_error"], expected / 2, rtol=1e-3)  # the other side has no error
    np.testing.assert_allclose(floor["root_error_once"], expected / 2, rtol=1e-3)
    right = inverse_roots.angle(jnp.array([[1.0, 0.0]]), jnp.array([[1.0, 1.0]]))
    np.testing.assert_allclose(right, 45.0, rtol=1e-4)
    assert floor["root_angle_once"] > 1.0


def test_the_optima_in_box_and_ball_by_another_solver() -> None:
    task = BoxQuadratic(size=6)
    world = task.sample(KEY)
    hessian, optimum = (np.asarray(x, np.float64) for x in (world.hessian, world.optimum))
    np.testing.assert_allclose(np.linalg.eigvalsh(hessian), np.geomspace(1, 10, 6), rtol=1e-3)

    def loss(w: np.ndarray) -> float:
        return 0.5 * (w - optimum) @ hessian @ (w - optimum)

    def slope(w: np.ndarray) -> np.ndarray:
        return hessian @ (w - optimum)

    boxed = optimize.minimize(loss, np.zeros(6), jac=slope, bounds=[(-1, 1)] * 6, tol=1e-12).x
    np.testing.assert_allclose(world.boxed, boxed, atol=1e-3)
    inside = {"type": "ineq", "fun": lambda w: 1 - w @ w}
    balled = optimize.minimize(loss, np.zeros(6), jac=slope, constraints=[inside], tol=1e-12).x
    np.testing.assert_allclose(world.balled, balled, atol=1e-3)
    at_optimum = task.evaluate(world, KEY, task.oracle(world))
    np.testing.assert_allclose([at_optimum["box_distance"], at_optimum["kkt_residual"]], 0.0, atol=1e-4)
    assert at_optimum["ball_distance"] > 0.05


def test_noise_tilts_the_gradient_and_decay_is_that_of_the_box() -> None:
    task = BoxQuadratic(size=3, noise=2.0)
    world = task.sample(KEY)
    _, batch = task.draw(world, jax.random.key(5), None)
    point = {"point": jnp.array([0.3, -2.0, 1.0])}
    gradient = jax.grad(task.spec.loss)(point, batch)["point"]
    exact = world.hessian @ (point["point"] - 0.1 * world.optimum)
    np.testing.assert_allclose(gradient - exact, batch.noise, atol=1e-4)
    np.testing.assert_allclose(batch.noise, 0.2 * jax.random.normal(jax.random.key(5), (3,)), rtol=1e-5)
    from toybench.methods.optimizers.lion import Lion

    method = Lion(spec=task.spec, steps=4000, given=task.given(world), lr=0.01)
    np.testing.assert_allclose(method.settings().decay[0], 10.0, rtol=1e-6)
    np.testing.assert_allclose(task.given(world).weights["point"], 0.1 * world.start, rtol=1e-6)
    learner = Learner(method, method.init(KEY))
    assert task.evaluate(world, KEY, learner)["entry_nats"] == 0.0


def test_entry_and_residual_by_hand() -> None:
    far = jnp.array([3.0, -0.5, 1.5])
    assert box_quadratic.outside(far) == 2.0
    assert box_quadratic.outside(jnp.array([0.2, -1.0])) == 0.0
    np.testing.assert_allclose(box_quadratic.into_box(far), [1.0, -0.5, 1.0])
    np.testing.assert_allclose(box_quadratic.into_ball(jnp.array([3.0, 4.0])), [0.6, 0.8], rtol=1e-6)
    np.testing.assert_allclose(box_quadratic.into_ball(jnp.array([0.3, 0.4])), [0.3, 0.4], rtol=1e-6)
    np.testing.assert_allclose(box_quadratic.spread(jnp.array([3.0, 4.0])), 12.5**0.5, rtol=1e-6)


def bowl(best: np.ndarray, least: np.ndarray) -> jax.Array:
    """Losses [rates, decays] whose logarithm is a parabola in the logarithm of the decay."""
    decays = np.log10(np.array(DECAYS))
    return jnp.asarray(np.exp(np.log(least)[:, None] + 0.7 * (decays[None] - best[:, None]) ** 2), jnp.float32)


def test_best_decays_of_parabolas() -> None:
    best = np.array([0.3, 0.6, 0.9, 1.2, 1.5, 1.8])
    found, counted = noisy_teacher.best_decays(bowl(best, np.array([1.0, 1.9, 1.0, 1.5, 2.1, 1.2])))
    np.testing.assert_allclose(found, best, atol=1e-3)
    assert counted.tolist() == [True, True, True, True, False, True]
    rates = np.log10(np.array(RATES))
    which = np.array(counted)
    np.testing.assert_allclose(
        noisy_teacher.slope(counted, jnp.asarray(rates, jnp.float32), found),
        np.polyfit(rates[which], best[which], 1)[0],
        atol=1e-3,
    )
    assert noisy_teacher.slope(jnp.array([True] + [False] * 5), jnp.asarray(rates, jnp.float32), found) == 0.0
    np.testing.assert_allclose(noisy_teacher.mean_over(counted, found), best[which].mean(), atol=1e-3)


def test_a_best_decay_beyond_the_grid_counts_as_its_end() -> None:
    found, _ = noisy_teacher.best_decays(bowl(np.full(6, 9.0), np.ones(6)))
    np.testing.assert_allclose(found, np.log10(DECAYS[-1]), atol=1e-3)


def test_the_teachers_world() -> None:
    task = NoisyTeacher(width=8, inputs=5, examples=50, batch=7, scale=0.5, noise=0.4)
    world = task.sample(KEY)
    scales = np.asarray(world.test.inputs).std(0)
    assert (scales > 10**-0.55).all() and (scales < 10**0.55).all()
    np.testing.assert_allclose(np.asarray(world.validation.labels).std(), 1.0, rtol=1e-4)  # no noise there
    _, batch = task.draw(world, jax.random.key(0), None)
    rows = np.asarray(world.train.inputs)
    at = [np.abs(rows - x).sum(1).argmin() for x in np.asarray(batch.inputs)]
    np.testing.assert_allclose(batch.inputs, rows[at])
    np.testing.assert_allclose(batch.labels, np.asarray(world.train.labels)[at])
    quiet = NoisyTeacher(width=8, inputs=5, examples=50, scale=0.5, noise=0.0).sample(KEY)
    noise = np.asarray(world.train.labels - quiet.train.labels)
    assert 0.25 < noise.std() < 0.6


def test_a_network_by_hand_and_a_diverged_one() -> None:
    weights = {
        "b1": jnp.array([0.5, -1.0]),
        "w1": jnp.array([[1.0, 0.0], [2.0, -1.0]]),
        "w2": jnp.array([[2.0], [3.0]]),
        "z": jnp.array([0.25]),
    }
    inputs = jnp.array([[1.0, 1.0], [0.0, -4.0]])
    np.testing.assert_allclose(noisy_teacher.forward(weights, inputs), [7.25, 9.25])
    examples = noisy_teacher.Examples(inputs=inputs, labels=jnp.array([7.0, 9.25]))
    np.testing.assert_allclose(noisy_teacher.error(weights, examples), 0.25**2 / 2, rtol=1e-5)
    lost = {**weights, "z": jnp.array([jnp.nan])}
    assert noisy_teacher.error(lost, examples) == noisy_teacher.WORST
    np.testing.assert_allclose(NoisyTeacher().spec.losses(weights, examples), [0.0625, 0.0], atol=1e-5)


def test_the_grid_reads_losses_where_they_belong() -> None:
    """Weights of state i answer the constant i; the labels are 0, but for a state whose answer fits."""
    task = NoisyTeacher(width=4, inputs=3, examples=10)
    world = task.sample(KEY)
    states = len(RATES) * len(DECAYS) + 1
    zero = noisy_teacher.stacked(jax.tree.map(jnp.zeros_like, world.start))
    assert zero["z"].shape == (states, 1)
    world = world._replace(
        validation=world.validation._replace(labels=jnp.full_like(world.validation.labels, 20.0)),
        test=world.test._replace(labels=jnp.full_like(world.test.labels, 23.0)),
    )
    learner = type("L", (), {"weights": lambda self: {**zero, "z": jnp.arange(1.0 * states)[:, None]}})()
    found = task.evaluate(world, KEY, learner)
    np.testing.assert_allclose(found["best_test_loss"], 9.0, rtol=1e-5)
    np.testing.assert_allclose(found["best_rate"], np.log10(RATES[20 // len(DECAYS)]), rtol=1e-5)
    centre = RATES.index(1.0) * len(DECAYS) + len(DECAYS) // 2
    np.testing.assert_allclose(found["centre_loss"], (23.0 - centre) ** 2, rtol=1e-5)
    assert found["counted_rates"] == 1 and found["decay_drift"] == 0
