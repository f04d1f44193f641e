"""Rules for badly scaled problems: three and more steps by hand, what they are invariant to, what they equal."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from toybench.blocks.descent import Descent, Problem, Start
from toybench.methods.learning_rates import _hutchinson as hutchinson
from toybench.methods.learning_rates._curvature_step import next_step
from toybench.methods.learning_rates.adagrad import AdaGrad
from toybench.methods.learning_rates.adam import Adam
from toybench.methods.learning_rates.adam_constant import AdamConstant
from toybench.methods.learning_rates.adam_rescaled import AdamRescaled
from toybench.methods.learning_rates.adgd import AdGD
from toybench.methods.learning_rates.armijo import Armijo
from toybench.methods.learning_rates.oasis import OASIS
from toybench.methods.learning_rates.psps_adagrad import PSPSAdaGrad
from toybench.methods.learning_rates.psps_adam import PSPSAdam
from toybench.methods.learning_rates.psps_hutchinson import PSPSHutchinson
from toybench.methods.learning_rates.sania_adagrad_sqr import SANIAAdaGradSQR
from toybench.methods.learning_rates.sps import SPS
from toybench.tasks.learning_rates._logistic import Logistic, Points
from toybench.tasks.learning_rates.scaled_logistic import Given

START = np.array([1.0, -2.0, 0.5])
ROWS = np.random.default_rng(0).normal(size=(4, 2, 3))  # 4 batches of 2 targets
CURVES = np.array([3.0, 0.2, 1.0])


@dataclass(frozen=True)
class Bowl(Problem):
    """0.5 sum_j c_j (w_j - target_j)^2 + 0.1: its Hessian is diagonal, so that a probe of random signs is exact."""

    curves: tuple[float, ...] = tuple(CURVES.tolist())

    def losses(self, weights: jax.Array, batch: jax.Array) -> jax.Array:
        return 0.5 * (jnp.array(self.curves)[None] * (weights[None] - batch) ** 2).sum(1) + 0.1


def bowl(w, rows, curves=CURVES):
    """Loss and gradient in float64."""
    away = w - rows
    return 0.5 * (curves * away**2).sum(1).mean() + 0.1, (curves * away).mean(0)


def walked(rule: type[Descent], batches=ROWS, spec=None, given=None, start=START, **fields):
    """Weights after every batch, and the state."""
    method = rule(spec=spec or Bowl(), given=given or Start(weights=jnp.float32(start)), steps=len(batches), **fields)
    state = method.init(jax.random.key(0))
    path = []
    for i, batch in enumerate(batches):
        batch = jax.tree.map(jnp.float32, batch)
        state = method.update(state, batch, jax.random.key(i + 1))
        path.append(np.asarray(method.weights(state), np.float64))
    return np.array(path), state


def by_hand(direction, batches=ROWS, start=START):
    """Weights after every batch of w <- w - direction(t, w, loss, gradient), t from 1."""
    w = start.copy()
    path = []
    for t, rows in enumerate(batches, 1):
        loss, gradient = bowl(w, rows)
        w = w - direction(t, w, loss, gradient)
        path.append(w)
    return np.array(path)


@pytest.mark.parametrize(("c", "cap"), [(1.0, 1e6), (0.5, 1e6), (1.0, 0.15)])
def test_sps(c, cap):
    path, _ = walked(SPS, c=c, cap=cap)
    lengths = []

    def direction(t, w, loss, gradient):
        lengths.append(loss / (c * gradient @ gradient))
        return min(lengths[-1], cap) * gradient

    np.testing.assert_allclose(path, by_hand(direction), rtol=1e-4, atol=1e-5)
    assert cap > 1 or max(lengths) > cap  # the cap was met


def test_sps_is_optax_polyak():
    path, _ = walked(SPS, c=2.0, cap=0.3)
    library = optax.polyak_sgd(max_learning_rate=0.15, scaling=2.0)
    w = jnp.float32(START)
    memory = library.init(w)
    with jax.numpy_dtype_promotion("standard"):
        for rows, expected in zip(ROWS, path, strict=True):
            loss, gradient = jax.value_and_grad(Bowl().loss)(w, jnp.float32(rows))
            step, memory = library.update(gradient, memory, w, value=loss)
            w = w + step
            np.testing.assert_allclose(w, expected, rtol=1e-4, atol=1e-5)


def test_sps_projects_on_the_solutions_of_one_equation():
    @dataclass(frozen=True)
    class Equation(Problem):
        """Half the squared residual of a.w = 2."""

        def losses(self, weights, batch):
            return 0.5 * (batch @ weights - 2) ** 2

    a = np.array([[1.0, 2.0, -1.0]])
    path, _ = walked(SPS, batches=[a], spec=Equation(), c=0.5)
    np.testing.assert_allclose(path[0], START + a[0] * (2 - a[0] @ START) / 6, rtol=1e-5)


@pytest.mark.parametrize(("floor", "c", "cap"), [(1e-8, 1.0, 1e6), (0.5, 0.7, 1e6), (1e-8, 1.0, 0.05)])
def test_psps_by_the_diagonal_of_the_hessian(floor, c, cap):
    path, state = walked(PSPSHutchinson, floor=floor, c=c, cap=cap)
    diagonal = np.maximum(CURVES, floor)

    def direction(t, w, loss, gradient):
        scaled = gradient / diagonal
        return min(loss / (c * gradient @ scaled), cap) * scaled

    np.testing.assert_allclose(path, by_hand(direction), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(state.slots, CURVES, rtol=1e-5)


def test_psps_on_a_round_bowl_is_sps():
    round_bowl = Bowl(curves=(1.0, 1.0, 1.0))
    np.testing.assert_allclose(
        walked(PSPSHutchinson, spec=round_bowl)[0], walked(SPS, spec=round_bowl)[0], rtol=1e-4, atol=1e-5
    )


def test_the_diagonal_starts_at_ten_probes_and_forgets():
    matrix = np.array([[2.0, 1.0], [1.0, -3.0]], np.float32)

    def loss(w):
        return 0.5 * w @ jnp.asarray(matrix) @ w

    w = jnp.array([0.3, 0.1])
    key = jax.random.key(4)
    found = hutchinson.follow_diagonal(loss, w, jnp.zeros(2), 0.75, jnp.int32(0), key)
    probe_key, first_key = jax.random.split(key)

    def probe(k):
        z = np.asarray(jax.random.rademacher(k, (2,), dtype=jnp.float32))
        return z * (matrix @ z)

    first = np.mean([probe(k) for k in jax.random.split(first_key, 10)], 0)
    assert set(probe(probe_key).tolist()) <= {3.0, 1.0, -2.0, -4.0}
    np.testing.assert_allclose(found, 0.75 * first + 0.25 * probe(probe_key), rtol=1e-5)
    later = hutchinson.follow_diagonal(loss, w, jnp.array([5.0, 7.0]), 0.75, jnp.int32(3), key)
    np.testing.assert_allclose(later, 0.75 * np.array([5.0, 7.0]) + 0.25 * probe(probe_key), rtol=1e-5)
    np.testing.assert_allclose(hutchinson.truncated(jnp.array([-3.0, 0.1]), 0.5), [3.0, 0.5])


@pytest.mark.parametrize(("rule", "forgets"), [(PSPSAdam, True), (PSPSAdaGrad, False)])
@pytest.mark.parametrize(("c", "cap", "eps"), [(1.0, 1e6, 1e-8), (0.5, 0.4, 0.3)])
def test_psps_by_squares_of_gradients(rule, forgets, c, cap, eps):
    more = {"b2": 0.8} if forgets else {}
    path, _ = walked(rule, c=c, cap=cap, eps=eps, **more)
    squares = np.zeros(3)

    def direction(t, w, loss, gradient):
        nonlocal squares
        squares = 0.8 * squares + 0.2 * gradient**2 if forgets else squares + gradient**2
        scaled = gradient / (np.sqrt(squares / (1 - 0.8**t) if forgets else squares) + eps)
        return min(loss / (c * gradient @ scaled), cap) * scaled

    np.testing.assert_allclose(path, by_hand(direction), rtol=2e-4, atol=1e-5)


@pytest.mark.parametrize("eps", [0.0, 2.0])
def test_sania(eps):
    path, _ = walked(SANIAAdaGradSQR, eps=eps)
    squares = np.zeros(3)
    seen = []

    def direction(t, w, loss, gradient):
        nonlocal squares
        squares = squares + gradient**2
        scaled = gradient / np.maximum(squares, eps)
        v = 2 * loss / (gradient @ scaled)
        seen.append(v)
        return (1 - np.sqrt(1 - v) if v < 1 else 1) * scaled

    np.testing.assert_allclose(path, by_hand(direction), rtol=2e-4, atol=1e-5)
    assert max(seen) > 1


def test_sania_takes_a_part_of_the_step_where_the_loss_is_small():
    """v = 2 f / |g|^2_{B^-1} is 2 f / d in the first step: 0.9 of d = 3 gives 1 - sqrt(1 - 0.6)."""
    rows = START + np.array([[1.0, -1.0, 2.0]]) * 0.4
    loss, gradient = bowl(START, rows)
    path, _ = walked(SANIAAdaGradSQR, batches=[rows])
    v = 2 * loss / 3
    assert 0.3 < v < 0.9
    np.testing.assert_allclose(path[0], START - (1 - np.sqrt(1 - v)) / gradient, rtol=1e-4)


def test_sania_goes_the_same_way_on_every_scale():
    generator = np.random.default_rng(1)
    x = generator.normal(size=(6, 8, 3))
    y = np.sign(x[..., 0] + 0.3 * x[..., 1])
    sizes = np.array([100.0, 0.01, 3.0])

    def path(scale):
        batches = [Points(x=a * scale, y=b, ridge=np.zeros(3)) for a, b in zip(x, y, strict=True)]
        return walked(SANIAAdaGradSQR, batches=batches, spec=Logistic(), start=np.zeros(3))[0] * scale

    np.testing.assert_allclose(path(sizes), path(np.ones(3)), rtol=1e-3)


def test_a_column_without_gradient_stays():
    rows = np.array([[1.0, START[1], 2.0]])  # the second gradient is 0
    path, _ = walked(SANIAAdaGradSQR, batches=[rows, rows])
    assert np.isfinite(path).all()
    np.testing.assert_allclose(path[:, 1], START[1])


def curved(scale_of, first):
    """A direction of AdGD or OASIS, written out, on batches of one kind."""
    state = {"w": None, "eta": first, "theta": np.inf}

    def direction(t, w, loss, gradient):
        scale = scale_of(t)
        if state["w"] is not None:
            old = bowl(state["w"], ROWS[t - 1])[1]
            moved = w - state["w"]
            changed = gradient - old
            grown = np.sqrt(1 + state["theta"]) * state["eta"]
            curve = np.sqrt((scale * moved**2).sum()) / (2 * np.sqrt((changed**2 / scale).sum()))
            eta = min(grown, curve)
            state["theta"] = eta / state["eta"]
            state["eta"] = eta
        state["w"] = w
        return state["eta"] * gradient / scale

    return direction


def test_adgd():
    direction = curved(lambda t: np.ones(3), 0.05)
    path, _ = walked(AdGD, first=0.05)
    np.testing.assert_allclose(path, by_hand(direction), rtol=1e-3, atol=1e-4)


def test_oasis():
    direction = curved(lambda t: CURVES, 0.05)
    path, found = walked(OASIS, first=0.05)
    np.testing.assert_allclose(path, by_hand(direction), rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(found.slots.diagonal, CURVES, rtol=1e-5)
    floored = curved(lambda t: np.maximum(CURVES, 0.7), 0.05)
    np.testing.assert_allclose(walked(OASIS, first=0.05, floor=0.7)[0], by_hand(floored), rtol=1e-3, atol=1e-4)


def test_oasis_on_a_round_bowl_is_adgd():
    round_bowl = Bowl(curves=(1.0, 1.0, 1.0))
    np.testing.assert_allclose(
        walked(OASIS, spec=round_bowl, first=0.1)[0], walked(AdGD, spec=round_bowl, first=0.1)[0], rtol=1e-4, atol=1e-5
    )


def test_the_curvatures_step_lies_between_those_of_the_eigenvalues():
    moved = np.array([0.3, -0.4, 0.2])
    eta, theta = next_step(
        jnp.float32(0.01), jnp.float32(jnp.inf), jnp.linalg.norm(moved), jnp.linalg.norm(CURVES * moved)
    )
    assert 1 / (2 * CURVES.max()) < eta < 1 / (2 * CURVES.min())
    np.testing.assert_allclose(theta, eta / 0.01, rtol=1e-5)
    grown, _ = next_step(jnp.float32(0.01), jnp.float32(3.0), jnp.float32(1.0), jnp.float32(1.0))
    np.testing.assert_allclose(grown, 0.02, rtol=1e-5)


def test_where_nothing_changes_the_step_stays():
    for moved, changed in ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0)):
        eta, theta = next_step(jnp.float32(0.3), jnp.float32(2.0), jnp.float32(moved), jnp.float32(changed))
        np.testing.assert_allclose([eta, theta], [0.3, 1.0], rtol=1e-6)


def test_armijo_halves_remembers_and_gives_up():
    """On 0.5 L w^2 a step passes up to 2 (1 - c) / L: 0.9 at c = 0.1 and L = 2."""
    spec = Bowl(curves=(2.0, 2.0, 2.0))
    centre = np.zeros((1, 3))
    path, state = walked(Armijo, batches=[centre] * 2, spec=_by_steps(spec), lr=3.0)
    np.testing.assert_allclose(path[0], START * (1 - 2 * 0.75), rtol=1e-5)  # 3 and 1.5 fail, 0.75 passes
    np.testing.assert_allclose(path[1], path[0] * (1 - 2 * 0.75), rtol=1e-5)  # then from 1.5
    np.testing.assert_allclose(state.slots, 0.75)
    far, state = walked(Armijo, batches=[centre], spec=_by_steps(spec), lr=8.0)
    np.testing.assert_allclose(far[0], START, rtol=1e-6)  # 8, 4 and 2 fail
    np.testing.assert_allclose(state.slots, 2.0)
    near, state = walked(Armijo, batches=[centre] * 3, spec=_by_steps(spec), lr=0.2)
    np.testing.assert_allclose(near[2], START * 0.6**3, rtol=1e-5)  # never above the rate
    strict, _ = walked(Armijo, batches=[centre], spec=_by_steps(spec), lr=0.6, c=0.5)
    np.testing.assert_allclose(strict[0], START * (1 - 2 * 0.3), rtol=1e-5)  # passes up to 0.5


def _by_steps(spec):
    return Bowl(curves=spec.curves, budget="steps")


def test_rules_of_two_gradients_move_on_every_second_batch():
    for rule in (PSPSHutchinson, OASIS, Armijo):
        method = rule(spec=Bowl(budget="gradients"), given=Start(weights=jnp.float32(START)), steps=4)
        state = method.init(jax.random.key(0))
        still = method.update(state, jnp.float32(ROWS[0]), jax.random.key(1))
        np.testing.assert_array_equal(still.params, START)
        moved = method.update(still, jnp.float32(ROWS[1]), jax.random.key(2))
        assert np.abs(moved.params - START).max() > 1e-4
        assert rule.cost == 2


def test_adagrad():
    path, _ = walked(AdaGrad, lr=0.3)
    squares = np.zeros(3)

    def direction(t, w, loss, gradient):
        nonlocal squares
        squares = squares + gradient**2
        return 0.3 * gradient / np.sqrt(squares)

    np.testing.assert_allclose(path, by_hand(direction), rtol=1e-4, atol=1e-5)


def test_adam():
    path, _ = walked(Adam, lr=0.3, schedule="constant", warmup=0.0, b1=0.7, b2=0.9, eps=0.2)
    mean = np.zeros(3)
    square = np.zeros(3)

    def direction(t, w, loss, gradient):
        nonlocal mean, square
        mean = 0.7 * mean + 0.3 * gradient
        square = 0.9 * square + 0.1 * gradient**2
        return 0.3 * mean / (1 - 0.7**t) / (np.sqrt(square / (1 - 0.9**t)) + 0.2)

    np.testing.assert_allclose(path, by_hand(direction), rtol=1e-4, atol=1e-5)
    constant, _ = walked(AdamConstant, lr=0.3, b1=0.7, b2=0.9, eps=0.2)
    np.testing.assert_array_equal(constant, path)
    signs, _ = walked(AdamConstant, batches=ROWS[:1], lr=0.1)
    np.testing.assert_allclose(signs[0], START - 0.1 * np.sign(bowl(START, ROWS[0])[1]), rtol=1e-5)


def test_adam_rescaled_is_adam_on_standardised_columns():
    generator = np.random.default_rng(2)
    x = generator.normal(size=(5, 8, 3))
    y = np.sign(x[..., 0])
    sizes = np.array([50.0, 0.02, 3.0])
    scaled = [Points(x=a * sizes, y=b, ridge=np.zeros(3)) for a, b in zip(x, y, strict=True)]
    plain = [batch._replace(x=batch.x / sizes) for batch in scaled]
    told = Given(weights=jnp.zeros(3), sizes=jnp.float32(sizes))
    spec = Logistic(sizes_given=True)
    fields = {"lr": 0.2, "b1": 0.8, "b2": 0.95}
    rescaled, _ = walked(AdamRescaled, batches=scaled, spec=spec, given=told, **fields)
    expected, _ = walked(Adam, batches=plain, spec=spec, start=np.zeros(3), **fields)
    np.testing.assert_allclose(rescaled * sizes, expected, rtol=1e-4)
    assert AdamRescaled().fits(spec) is None
    assert "sizes" in str(AdamRescaled().fits(Bowl()))
