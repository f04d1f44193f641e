"""The plant by another integrator, and each wiring by when it answers."""

from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import solve_ivp

from toybench.blocks.nn import MLP
from toybench.methods.delayed_control._layers import WIDTH
from toybench.methods.delayed_control.instant import Instant
from toybench.methods.delayed_control.pipeline import Pipeline
from toybench.methods.delayed_control.shallow import Shallow
from toybench.methods.delayed_control.skip import Skip
from toybench.protocol import Learner
from toybench.tasks.delayed_control import FRICTION, OBSERVED, PULL, PUSH, Episode, Spec, run, swing
from toybench.tasks.delayed_control.jumping_target import JUMP, TESTED, JumpingTarget, World, episodes

SPEC = Spec(observed=OBSERVED, seconds=0.15)
KEY = jax.random.key(0)
WIRINGS = [  # first answer and, without a memory of actions, last answer: steps after an observation
    (Pipeline(), 4, 4),
    (Pipeline(history=True), 4, None),
    (Skip(), 1, None),
    (Skip(history=False), 1, 4),
    (Shallow(), 2, None),
    (Shallow(layers=1), 1, None),
    (Instant(), 0, 0),
]


def bound(method: Any, steps: int = 10) -> Any:
    return replace(method, spec=SPEC, steps=steps)


def controls(method: Any, state: Any, shown: jax.Array) -> jax.Array:
    """What is done [T, n] when observations [T, n, o] are shown, whatever is done."""
    blank = method.start(state, shown.shape[1])
    return jax.lax.scan(lambda carry, obs: method.act(state, carry, obs), blank, shown)[1]


def test_small_steps_follow_the_differential_equation() -> None:
    def slope(_: float, y: np.ndarray) -> list[float]:
        return [y[1], PULL * np.sin(y[0]) - FRICTION * y[1] + PUSH * 0.3]

    angle, speed = jnp.array([0.5]), jnp.array([-1.0])
    for _ in range(400):
        angle, speed = swing(angle, speed, jnp.array([0.3]), 0.0025)
    end = solve_ivp(slope, (0.0, 1.0), [0.5, -1.0], rtol=1e-8).y[:, -1]
    np.testing.assert_allclose([float(angle[0]), float(speed[0])], end, rtol=0.01)


def test_targets_stay_until_they_jump() -> None:
    runs = episodes(KEY, 400, 50)
    moved = (jnp.diff(runs.target, axis=0) != 0).mean()
    assert float(moved) == pytest.approx(JUMP, abs=0.005)
    assert float(runs.target.min()) >= 0 and float(runs.target.max()) <= 2 * np.pi


def test_the_stated_controller_holds_the_target_and_no_control_does_not() -> None:
    task = JumpingTarget()
    world = task.sample(KEY)
    good, none = (task.evaluate(world, KEY, ref(world)) for ref in (task.oracle, task.floor))
    assert float(good["held"]) > 0.6 and float(none["held"]) < 0.2
    assert float(good["control_cost"]) < 0.35 * float(none["control_cost"])


@pytest.mark.parametrize(("method", "first", "last"), WIRINGS)
def test_an_observation_is_answered_after_the_stated_delay(method: Any, first: int, last: int | None) -> None:
    method = bound(method)
    state = method.init(KEY)
    shown = jax.random.normal(jax.random.key(1), (12, 3, OBSERVED))
    before = controls(method, state, shown)
    after = controls(method, state, shown.at[5].add(1.0))
    changed = np.flatnonzero(np.asarray(jnp.abs(before - after).max(1)) > 1e-6)
    assert changed[0] == 5 + first
    assert last is None or changed[-1] == 5 + last


def test_the_gradient_goes_through_the_memory() -> None:
    method = bound(Pipeline())
    state = method.init(KEY)
    shown = jax.random.normal(jax.random.key(1), (5, 1, OBSERVED))
    slope = jax.grad(lambda x: controls(method, state, shown.at[0].set(x))[4].sum())(shown[0])
    assert float(jnp.abs(slope).max()) > 1e-6  # four steps later, through three held layers


def test_held_is_the_share_of_steps_near_the_target() -> None:
    task = JumpingTarget()
    still = Episode(angle=jnp.zeros(TESTED), speed=jnp.zeros(TESTED), target=jnp.zeros((1, TESTED)))
    for target, share in ((0.29, 1.0), (0.31, 0.0), (2 * np.pi - 0.29, 1.0)):
        world = World(test=still._replace(target=jnp.full((1, TESTED), target)))
        assert float(task.evaluate(world, KEY, task.floor(world))["held"]) == share


def test_with_a_constant_sight_the_pipeline_ends_at_the_sequential_network() -> None:
    method = bound(Pipeline())
    state = method.init(KEY)
    obs = jax.random.normal(jax.random.key(1), (3, OBSERVED))
    held = controls(method, state, jnp.broadcast_to(obs, (8, *obs.shape)))
    deep = jnp.tanh(MLP(widths=(WIDTH, WIDTH, WIDTH, 1)).apply(state.params, obs)[:, 0])
    np.testing.assert_allclose(held[-1], deep, atol=1e-6)
    assert float(jnp.abs(held[2] - deep).max()) > 1e-3


def test_skips_set_to_zero_leave_the_pipeline() -> None:
    deep, skip = bound(Pipeline()), bound(Skip(history=False))
    state = deep.init(KEY)
    last = state.params["params"]["Dense_3"]
    kernel = jnp.concatenate([jnp.zeros((OBSERVED + 2 * WIDTH, 1)), last["kernel"]])
    params = {"params": {**state.params["params"], "Dense_3": {**last, "kernel": kernel}}}
    shown = jax.random.normal(jax.random.key(1), (9, 3, OBSERVED))
    same = controls(skip, skip.init(KEY)._replace(params=params), shown)
    np.testing.assert_allclose(same, controls(deep, state, shown), atol=1e-6)


def test_one_layer_is_linear_and_remembers_what_it_did() -> None:
    method = bound(Shallow(layers=1))
    state = method.init(KEY)
    shown = jax.random.normal(jax.random.key(1), (6, 1, OBSERVED))
    done = controls(method, state, shown)
    layer = state.params["params"]["Dense_0"]
    # at step 4 the network knows what was done at 3, 2, 1 and 0
    read = jnp.concatenate([shown[4, 0], jnp.array([done[3, 0], done[2, 0], done[1, 0], done[0, 0]])])
    np.testing.assert_allclose(done[5, 0], jnp.tanh(read @ layer["kernel"][:, 0] + layer["bias"][0]), atol=1e-6)


def test_two_layers_have_as_many_parameters_as_the_deep_network_with_skips() -> None:
    sizes = [sum(x.size for x in jax.tree.leaves(bound(m).init(KEY).params)) for m in (Shallow(), Skip())]
    assert sizes[0] == pytest.approx(sizes[1], rel=0.1)


@pytest.mark.parametrize("method", [wiring[0] for wiring in WIRINGS])
def test_descent_lowers_the_cost(method: Any) -> None:
    method = bound(replace(method, lr=3e-3), steps=60)
    task = JumpingTarget()
    world = task.sample(KEY)
    state = method.init(jax.random.key(3))
    before = task.evaluate(world, KEY, Learner(method, state))["control_cost"]
    learn = jax.jit(method.update)
    for key in jax.random.split(jax.random.key(4), 60):
        state = learn(state, episodes(key, 24, 50), key)
    after = task.evaluate(world, KEY, Learner(method, state))["control_cost"]
    assert float(after) < float(before) - 0.03


def test_costs_of_a_run_by_hand() -> None:
    episode = Episode(angle=jnp.array([0.0]), speed=jnp.array([0.0]), target=jnp.full((2, 1), jnp.pi / 2))
    course = run(lambda carry, obs: (carry, jnp.ones(1)), (), episode, 0.1)
    speed = PUSH * 0.1
    second = 1 - np.cos(0.1 * speed - np.pi / 2) + 0.02 * speed**2 + 0.02
    np.testing.assert_allclose(course.cost[:, 0], [1.02, second], rtol=1e-4)
