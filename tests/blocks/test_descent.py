"""Descent: sweeps are runs side by side, gradients are counted, schedules are what they say."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from toybench.blocks import descent
from toybench.blocks.descent import Descent, Problem, Start, State, Transformed
from toybench.errors import UsageError


@dataclass(frozen=True)
class Quadratic(Problem):
    """Squared distance of the weights to the rows of a batch [b, d]."""

    def losses(self, weights: dict, batch: jax.Array) -> jax.Array:
        return 0.5 * ((weights["w"][None] - batch) ** 2).sum(-1)


class Adam(Transformed):
    """Adam, by optax."""

    unit = 0.01

    def transform(self) -> optax.GradientTransformation:
        return optax.scale_by_adam()


class Halfway(Descent):
    """Goes a share of the way to the batch's mean: an update that counts as two gradients."""

    cost = 2

    def start(self, weights: dict) -> jax.Array:
        return jnp.zeros(())

    def step(self, now, weights, slots, batch, key):
        moved = {"w": weights["w"] + now.rate * (batch.mean(0) - weights["w"])}
        return moved, slots + 1

    def judged(self, weights: dict, slots: jax.Array) -> dict:
        return {"w": weights["w"] * 2}


START = Start(weights={"w": jnp.array([1.0, -2.0, 0.5])})
BATCHES = np.random.default_rng(0).normal(size=(6, 4, 3)).astype(np.float32)


def ran(rule: Descent, batches: np.ndarray = BATCHES) -> State:
    state = rule.init(jax.random.key(0))
    for batch in batches:
        state = rule.update(state, jnp.asarray(batch), jax.random.key(1))
    return state


def bound(rule: type[Descent], problem: Problem, **fields) -> Descent:
    return rule(spec=problem, given=START, steps=len(BATCHES), **fields)


def test_a_transformed_rule_is_optax_with_decoupled_decay():
    rule = bound(Adam, Quadratic(), lr=0.1, decay=0.2, schedule="linear", warmup=0.0)
    schedule = optax.linear_schedule(0.1, 0.0, len(BATCHES))
    library = optax.adamw(schedule, weight_decay=0.2)
    weights = START.weights
    memory = library.init(weights)
    with jax.numpy_dtype_promotion("standard"):
        for batch in BATCHES:
            gradient = jax.grad(Quadratic().loss)(weights, jnp.asarray(batch))
            updates, memory = library.update(gradient, memory, weights)
            weights = optax.apply_updates(weights, updates)
    np.testing.assert_allclose(ran(rule).params["w"], weights["w"], rtol=1e-5)


def test_states_of_a_sweep_are_runs_alone_and_the_last_is_the_tuned_one():
    swept = bound(Adam, Quadratic(rates=(1.0, 10.0), decays=(1.0, 3.0)), lr=0.3, decay=0.7)
    np.testing.assert_allclose(swept.settings().lr, [0.01, 0.01, 0.1, 0.1, 0.3], rtol=1e-6)
    np.testing.assert_allclose(swept.settings().decay, [0.1, 0.3, 0.1, 0.3, 0.7], rtol=1e-6)
    state = ran(swept)
    for i, (lr, decay) in enumerate(zip(swept.settings().lr, swept.settings().decay, strict=True)):
        alone = ran(bound(Adam, Quadratic(), lr=float(lr), decay=float(decay)))
        np.testing.assert_allclose(swept.weights(state)["w"][i], alone.params["w"], rtol=1e-5)
    assert swept.parameters(state)["w"].shape == (3,)


def test_a_sweep_of_rates_alone_keeps_the_tuned_decay():
    swept = bound(Adam, Quadratic(rates=(1.0, 2.0)), lr=0.3, decay=0.7)
    np.testing.assert_allclose(swept.settings().decay, [0.7] * 3, rtol=1e-6)


def test_a_rule_of_two_gradients_moves_on_every_second_batch():
    dear = bound(Halfway, Quadratic(budget="gradients"), lr=0.5, schedule="linear", warmup=0.0)
    state = ran(dear)
    w = np.asarray(START.weights["w"])
    for batch, factor in zip(BATCHES[1::2], (1, 2 / 3, 1 / 3), strict=True):
        w = w + 0.5 * factor * (batch.mean(0) - w)
    np.testing.assert_allclose(state.params["w"], w, rtol=1e-5)
    np.testing.assert_allclose(dear.weights(state)["w"], 2 * w, rtol=1e-5)
    assert state.slots == 3
    np.testing.assert_allclose(dear.rate(state), 0.5 / 3, rtol=1e-6)


def test_by_steps_every_rule_moves_on_every_batch():
    assert ran(bound(Halfway, Quadratic())).slots == len(BATCHES)


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("cosine", [0.5, 1, 1, 0.5 + 0.5 * np.cos(np.pi / 8), 0.5, 0.5 - 0.5 * np.cos(np.pi / 8)]),
        ("linear", [0.5, 1, 1, 7 / 8, 0.5, 1 / 8]),
        ("constant", [0.5, 1, 1, 1, 1, 1]),
        ("inverse_sqrt", [0.5, 1, 1, 2**-0.5, 5**-0.5, 8**-0.5]),
        ("wsd", [0.5, 1, 1, 1, 1, 0.625]),
    ],
)
def test_schedules(schedule, expected):
    counts = jnp.array([0, 1, 2, 3, 6, 9])
    np.testing.assert_allclose(descent.factors(schedule, counts, 10, 0.2), expected, rtol=1e-5)


def test_an_unknown_schedule_names_those_that_there_are():
    with pytest.raises(UsageError, match="no schedule 'step'; use one of cosine, linear"):
        descent.factors("step", jnp.arange(3), 3, 0.0)


def test_what_a_transformation_may_not_do_is_said_in_a_sentence():
    weights = {"w": jnp.ones(2)}
    wider = optax.stateless(lambda g, w: jax.tree.map(lambda leaf: leaf[:, None], g))
    with pytest.raises(UsageError, match=r"weights \['float32\[2\]'\] into a direction \['float32\[2, 1\]'\]"):
        descent.transformed(wider, weights, optax.EmptyState(), weights)

    def greedy(updates, state, params=None, *, hessian, **extra):
        return updates, state

    asking = optax.GradientTransformationExtraArgs(lambda w: optax.EmptyState(), greedy)
    with pytest.raises(UsageError, match=r"more than is given \(value\): .*'hessian'"):
        descent.transformed(asking, weights, optax.EmptyState(), weights, value=1.0)


def test_each_has_a_leading_axis_of_states():
    assert descent.each(Quadratic(), lambda w: w["w"].sum(), START.weights).shape == (1,)
    stacked = {"w": jnp.arange(6.0).reshape(2, 3)}
    np.testing.assert_allclose(descent.each(Quadratic(rates=(1.0,)), lambda w: w["w"].sum(), stacked), [3, 12])


def test_spread():
    np.testing.assert_allclose(descent.spread(5), [0.01, 0.1, 1, 10, 100])
