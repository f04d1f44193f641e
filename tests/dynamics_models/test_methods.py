"""Laws of the methods, by hand and by other libraries' numbers."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats

from toybench.methods.dynamics_models._trained import smooth_l1
from toybench.methods.dynamics_models.energy_world_model import EnergyWorldModel
from toybench.plugins import registry
from toybench.tasks.dynamics_models import Contexts, squared_error
from toybench.tasks.dynamics_models.forked_state import ForkedState
from toybench.tasks.dynamics_models.next_state import NextState

TASK = NextState()


def method(name: str, steps: int = 10, **fields: Any) -> Any:
    return registry.load("methods", f"dynamics_models/{name}")(spec=TASK.spec, steps=steps, **fields)


def trained(name: str, steps: int, task: Any = TASK, **fields: Any) -> tuple[Any, Any]:
    learner = method(name, steps, **fields)

    def step(state: Any, key: jax.Array) -> tuple[Any, None]:
        return learner.update(state, task.moves(key, task.batch), key), None

    keys = jax.random.split(jax.random.key(1), steps)
    return learner, jax.jit(lambda key: jax.lax.scan(step, learner.init(key), keys)[0])(jax.random.key(0))


class Bowl(EnergyWorldModel):
    """A quadratic energy of curvature `c` about the context's last state."""

    def energy(self, params: Any, contexts: Contexts, after: jax.Array) -> jax.Array:
        return params["c"] / 2 * squared_error(after, contexts.states[:, -1])


def bowl(alpha: float, curvature: float, steps: int) -> tuple[Any, Any, Any]:
    learner = Bowl(spec=TASK.spec, steps=10, train_steps=steps)
    moves = TASK.moves(jax.random.key(0), 5)
    return learner, {"c": jnp.float32(curvature), "alpha": jnp.float32(alpha)}, moves


def test_one_step_finds_the_bottom_of_a_bowl() -> None:
    learner, params, moves = bowl(0.25, 4.0, 1)
    start = jax.random.normal(jax.random.key(1), moves.after.shape)
    [found] = learner.descend(params, moves.contexts, start, 1)
    np.testing.assert_allclose(found, moves.contexts.states[:, -1], atol=1e-6)


def test_the_loss_of_two_steps_and_its_gradient_by_hand() -> None:
    """y_i = s + (1 - a c)(y_{i-1} - s), and y_{i-1} is a constant to the gradient: dy_i/dc = -a (y_{i-1} - s)."""
    learner, params, moves = bowl(0.1, 3.0, 2)
    key = jax.random.key(2)
    start = np.asarray(jax.random.normal(key, moves.after.shape))
    bottom = np.asarray(moves.contexts.states[:, -1])
    truth = np.asarray(moves.after)
    first = bottom + 0.7 * (start - bottom)
    second = bottom + 0.7 * (first - bottom)

    def slope(y: np.ndarray) -> np.ndarray:
        return np.clip(y - truth, -1, 1) / y.size

    loss = np.mean([float(smooth_l1(jnp.asarray(y), moves.after)) for y in (first, second)])
    by_c = sum((slope(y) * -0.1 * (before - bottom)).sum() for y, before in ((first, start), (second, first))) / 2
    by_alpha = sum((slope(y) * -3.0 * (before - bottom)).sum() for y, before in ((first, start), (second, first))) / 2
    found, gradient = jax.value_and_grad(learner.loss)(params, moves, key)
    assert float(found) == pytest.approx(loss, rel=1e-5)
    assert float(gradient["c"]) == pytest.approx(by_c, rel=1e-4)
    assert float(gradient["alpha"]) == pytest.approx(by_alpha, rel=1e-4)


def test_a_step_is_never_smaller_than_the_least() -> None:
    learner, params, moves = bowl(-1.0, 2.0, 1)
    [found] = learner.descend(params, moves.contexts, moves.contexts.states[:, -1] + 1, 1)
    np.testing.assert_allclose(found - moves.contexts.states[:, -1], 1 - 2e-4, rtol=1e-5)


def test_smooth_l1_by_hand() -> None:
    found = smooth_l1(jnp.array([[0.5, 3.0]]), jnp.zeros((1, 2)))
    assert float(found) == pytest.approx((0.125 + 2.5) / 2)


def test_test_steps_go_on_from_the_same_noise() -> None:
    learner, state = trained("energy_world_model", 20)
    moves = TASK.moves(jax.random.key(3), 4)
    key = jax.random.key(4)
    three = method("energy_world_model", test_steps=3).next(state, moves.contexts, key)
    two = learner.next(state, moves.contexts, key)
    [again] = learner.descend(state.params, moves.contexts, two, 1)
    np.testing.assert_allclose(again, three, atol=1e-6)
    energy = [learner.plausibility(state, moves.contexts, y) for y in (two, three)]
    np.testing.assert_allclose(-energy[0], learner.energy(state.params, moves.contexts, two), atol=1e-6)


def test_training_brings_the_answer_near() -> None:
    learner, state = trained("energy_world_model", 300, lr=0.03, alpha=0.3)
    world = TASK.sample(jax.random.key(5))
    answer = learner.next(state, world.contexts, jax.random.key(6))
    assert float(squared_error(answer, world.after).mean()) < 0.15
    assert float(state.params["alpha"]) != pytest.approx(0.3)


def test_an_ensemble_of_one_is_the_direct_network() -> None:
    one = method("mlp_ensemble", members=1)
    direct = method("direct_mlp")
    key = jax.random.key(0)
    several = one.init(key)
    single = direct.init(jax.random.split(key, 1)[0])
    moves = TASK.moves(jax.random.key(1), 32)
    for _ in range(3):
        several = one.update(several, moves, key)
        single = direct.update(single, moves, key)
    answers = [m.next(s, moves.contexts, key) for m, s in ((one, several), (direct, single))]
    np.testing.assert_allclose(*answers, atol=1e-5)
    judged = [m.plausibility(s, moves.contexts, moves.after) for m, s in ((one, several), (direct, single))]
    np.testing.assert_allclose(*judged, atol=1e-4)


def test_the_spread_of_an_ensemble_at_its_mean() -> None:
    learner, state = trained("mlp_ensemble", 5)
    moves = TASK.moves(jax.random.key(2), 8)
    answers = np.asarray(learner.answers(state.params, moves.contexts))
    found = learner.plausibility(state, moves.contexts, learner.next(state, moves.contexts, jax.random.key(0)))
    np.testing.assert_allclose(found, -answers.var(0).sum(-1), rtol=1e-4)
    assert answers.var(0).min() > 0


def test_linear_autoregression_is_least_squares() -> None:
    learner = method("linear_ar")
    batches = [TASK.moves(key, 64) for key in jax.random.split(jax.random.key(3), 4)]
    state = learner.init(jax.random.key(0))
    for batch in batches:
        state = learner.update(state, batch, jax.random.key(0))
    x = np.concatenate([np.asarray(b.contexts.states).reshape(64, -1) for b in batches])
    x = np.concatenate([x, np.ones((len(x), 1))], axis=1)
    solution = np.linalg.lstsq(x, np.concatenate([b.after for b in batches]), rcond=None)[0]
    found = learner.next(state, batches[0].contexts, jax.random.key(0))
    np.testing.assert_allclose(found, x[:64] @ solution, atol=1e-3)


def test_a_mixture_has_the_density_of_its_parts_and_is_drawn_so() -> None:
    learner, state = trained("mixture_density", 30, ForkedState())
    moves = ForkedState().moves(jax.random.key(4), 3)
    law = learner.law(state.params, moves.contexts)
    for row in range(3):
        parts = [
            float(jnp.exp(law.weights[row, k]))
            * scipy.stats.multivariate_normal(law.means[row, k], float(law.deviations[row, k]) ** 2).pdf(
                moves.after[row]
            )
            for k in range(2)
        ]
        found = float(learner.log_density(state.params, moves.contexts, moves.after)[row])
        assert found == pytest.approx(np.log(sum(parts)), abs=1e-3)
    keys = jax.random.split(jax.random.key(5), 4000)
    draws = jax.vmap(lambda key: learner.next(state, moves.contexts, key))(keys)
    weights = jnp.exp(law.weights)[..., None]
    mean = (weights * law.means).sum(1)
    second = (weights * (law.means**2 + law.deviations[..., None] ** 2)).sum(1)
    np.testing.assert_allclose(draws.mean(0), mean, atol=0.08)
    np.testing.assert_allclose((draws**2).mean(0), second, rtol=0.1, atol=0.05)


def test_two_futures_have_two_parts_and_one_mean() -> None:
    task = ForkedState()
    world = task.sample(jax.random.key(6))
    scores = {}
    for name in ("mixture_density", "direct_mlp"):
        learner, state = trained(name, 300, task)

        class Bound:
            next = staticmethod(lambda *a, m=learner, s=state: m.next(s, *a))
            plausibility = staticmethod(lambda *a, m=learner, s=state: m.plausibility(s, *a))

        scores[name] = task.evaluate(world, jax.random.key(7), Bound)
    assert float(scores["mixture_density"]["energy_score"]) < 0.7
    assert float(scores["direct_mlp"]["energy_score"]) == pytest.approx(1.0, abs=0.1)
