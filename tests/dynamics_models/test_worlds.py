"""The laws of the worlds, against enumeration and moments."""

import itertools
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.tasks import dynamics_models as study
from toybench.tasks.dynamics_models.forked_state import ForkedState
from toybench.tasks.dynamics_models.next_state import NextState

STAY = np.array([[1 - study.SWITCH, study.SWITCH], [study.SWITCH, 1 - study.SWITCH]])


def next_by_hand(point: np.ndarray, speed: float) -> np.ndarray:
    """Pulled to the circle, turned, and more slowly on the left."""
    x, y = point
    radius = math.hypot(x, y)
    scale = 1 - study.PULL + study.PULL / radius
    angle = math.atan2(y, x) + speed * (study.SLOWER if x < 0 else 1)
    return radius * scale * np.array([math.cos(angle), math.sin(angle)])


def density(x: np.ndarray, mean: np.ndarray, sd: float) -> float:
    return math.exp(-((x - mean) ** 2).sum() / (2 * sd**2)) / (2 * math.pi * sd**2)


@pytest.mark.parametrize("point", [(0.8, 0.3), (-0.5, 1.1), (-1.2, -0.1)])
def test_where_a_point_goes(point: tuple[float, float]) -> None:
    found = study.expected(jnp.array(point))
    wanted = [next_by_hand(np.array(point), speed) for speed in study.SPEEDS]
    np.testing.assert_allclose(found, wanted, atol=1e-5)
    assert float(study.noise_from(jnp.array(point))) == pytest.approx(0.2 if point[0] < 0 else 0.05)


def test_the_next_speed_by_all_histories() -> None:
    """p(speed) sums, over all sequences of speeds, their chances times those of the moves."""
    states = np.array([[0.9, -0.2], [0.95, 0.35], [0.3, 0.9], [-0.4, 0.85]])
    law = np.zeros(2)
    for speeds in itertools.product((0, 1), repeat=4):
        p = 0.5 * np.prod([STAY[a, b] for a, b in itertools.pairwise(speeds)])
        for here, after, s in zip(states, states[1:], speeds, strict=False):
            sd = study.ROUGH if here[0] < 0 else study.SMOOTH
            p *= density(after, next_by_hand(here, study.SPEEDS[s]), sd)
        law[speeds[-1]] += p
    found = jnp.exp(study.speed_law(jnp.asarray(states, jnp.float32)[None]))[0]
    np.testing.assert_allclose(found, law / law.sum(), rtol=2e-3)
    assert 0.02 < law.min() / law.sum() < 0.5


def test_moves_have_the_moments_of_their_law() -> None:
    task = NextState()
    moves = task.moves(jax.random.key(0), 8000)
    here = moves.contexts.states[:, -1]
    mean = task.oracle(moves).next(moves.contexts, jax.random.key(0))
    apart = study.expected(here)[:, 0] - study.expected(here)[:, 1]
    chances = jnp.exp(study.speed_law(moves.contexts.states))
    error = (moves.after - mean) / study.noise_from(here)[:, None]
    assert np.abs(np.asarray(error.mean(0))).max() < 0.1
    spread = 2 + (chances[:, 0] * chances[:, 1] * (apart**2).sum(-1) / study.noise_from(here) ** 2).mean()
    assert float((error**2).sum(-1).mean()) == pytest.approx(float(spread), rel=0.06)


def test_leaps_go_to_both_sides_alike() -> None:
    task = ForkedState()
    moves = task.moves(jax.random.key(1), 4000)
    here = study.pulled(moves.contexts.states[:, -1])
    left = study.turned(here, math.pi / 2)
    side = (moves.after * left).sum(-1)
    assert float((side > 0).mean()) == pytest.approx(0.5, abs=0.03)
    nearest = jnp.minimum(*(study.squared_error(moves.after, sign * left) for sign in (1, -1)))
    noise = study.noise_from(moves.contexts.states[:, -1])
    assert float((nearest / noise**2).mean()) == pytest.approx(2, rel=0.06)


def test_the_oracle_is_ahead_and_the_floor_stays() -> None:
    task = NextState()
    world = task.sample(jax.random.key(2))
    scores = {name: task.evaluate(world, jax.random.key(3), getattr(task, name)(world)) for name in ("floor", "oracle")}
    assert float(scores["floor"]["mse"]) == pytest.approx(0.30, abs=0.03)
    assert float(scores["oracle"]["mse"]) < 0.08
    assert float(scores["oracle"]["error_correlation"]) > 0.4
    assert float(scores["floor"]["error_correlation"]) == 0  # always as sure of itself


def test_the_energy_score_prefers_the_law_to_its_mean_and_to_one_side() -> None:
    task = ForkedState()
    world = task.sample(jax.random.key(4))
    oracle = task.oracle(world)

    def score(answer) -> float:
        learner = type("L", (), {"next": staticmethod(answer), "plausibility": staticmethod(oracle.plausibility)})
        return float(task.evaluate(world, jax.random.key(5), learner)["energy_score"])

    mean = score(lambda contexts, key: jnp.zeros_like(contexts.states[:, -1]))
    side = score(lambda contexts, key: study.turned(study.pulled(contexts.states[:, -1]), math.pi / 2))
    noise = score(lambda contexts, key: jax.random.normal(key, contexts.states[:, -1].shape))
    law = score(oracle.next)
    assert law < noise - 0.05
    assert noise < mean - 0.1  # spread alone earns more than one answer
    assert law < side - 0.1
    assert mean == pytest.approx(1.0, abs=0.05)  # all that follows is one away from the middle
