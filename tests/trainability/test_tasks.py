"""The teacher, the references, the metrics and the optimiser: by hand, by numpy, by scikit-learn."""

from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from toybench.errors import UsageError
from toybench.tasks.trainability import (
    Layer,
    Network,
    cross_entropy,
    dense,
    error_rate,
    optimizer,
    residual,
    teach,
)
from toybench.tasks.trainability.column_extraction import ColumnExtraction
from toybench.tasks.trainability.deep_teacher import DeepTeacher
from toybench.tasks.trainability.gradient_depth import Batch, GradientDepth, growth, isometry_gap, log_norms
from toybench.tasks.trainability.guided_teacher import GuidedTeacher


@pytest.fixture(scope="module")
def world():
    return DeepTeacher().sample(jax.random.key(3))


def test_labels_are_the_highest_standardised_logit(world):
    x = np.asarray(world.test.x)
    raw = np.abs(x @ np.asarray(world.teacher.first)) @ np.asarray(world.teacher.last)
    logits = (raw - np.asarray(world.teacher.mean)) / np.asarray(world.teacher.spread)
    np.testing.assert_allclose(teach(world.teacher, world.test.x), logits, atol=1e-4)
    assert (np.asarray(world.test.y) == logits.argmax(1)).all()
    np.testing.assert_allclose(logits.mean(0), 0.0, atol=0.1)  # standardised over other points
    np.testing.assert_allclose(logits.std(0), 1.0, atol=0.1)
    assert raw.std(0).max() / raw.std(0).min() > 1.2  # that is not so without
    shares = np.bincount(world.test.y, minlength=10) / len(x)
    assert shares.min() > 0.03
    assert shares.max() < 0.25


def test_the_teacher_is_even_and_not_trivial(world):
    np.testing.assert_allclose(teach(world.teacher, -world.test.x), teach(world.teacher, world.test.x), rtol=1e-5)
    half = teach(world.teacher, 0.5 * world.test.x).argmax(-1)
    assert 0.2 < float(error_rate(jax.nn.one_hot(half, 10), world.test.y)) < 0.9


def test_no_linear_softmax_beats_the_floor(world):
    """Fitted to half as many fresh points as there are in training."""
    task = DeepTeacher(batch=16_000)
    _, batch = task.draw(world, jax.random.key(1), None)
    fit = LogisticRegression(max_iter=200).fit(np.asarray(batch.x), np.asarray(batch.y))
    learner = SimpleNamespace(predict=lambda x: jnp.asarray(fit.predict_log_proba(np.asarray(x)), jnp.float32))
    linear = float(task.evaluate(world, jax.random.key(0), learner)["train_loss"])
    floor = float(task.evaluate(world, jax.random.key(0), task.floor(world))["train_loss"])
    shares = np.bincount(world.test.y, minlength=10) / len(world.test.y)
    assert floor == pytest.approx(-(shares * np.log(shares)).sum(), abs=1e-3)
    assert linear > floor - 0.005
    assert linear < floor + 0.02


def test_chance_and_oracle(world):
    task = ColumnExtraction()
    sure = task.evaluate(world, jax.random.key(0), task.oracle(world))
    assert {name: float(value) for name, value in sure.items()} == dict.fromkeys(sure, 0.0)
    even = task.evaluate(world, jax.random.key(0), task.chance(world))
    assert float(even["train_loss"]) == pytest.approx(np.log(10), rel=1e-5)
    assert 0.8 < float(even["single_column_error"]) < 0.98


def test_an_activation_that_isn_t_known_is_named():
    with pytest.raises(UsageError, match="no activation 'rleu'; use relu or tanh"):
        _ = DeepTeacher(activation="rleu").spec
    assert DeepTeacher(activation="tanh").spec.activation == "tanh"


def test_batches_are_fresh_and_labelled(world):
    task = DeepTeacher()
    first = task.draw(world, jax.random.key(1), None)[1]
    second = task.draw(world, jax.random.key(2), None)[1]
    assert first.x.shape == (64, 8)
    assert float(jnp.abs(first.x - second.x).min(0).max()) > 0.0
    assert (first.y == teach(world.teacher, first.x).argmax(-1)).all()
    assert abs(float(first.x.std()) - 1) < 0.15


def test_column_metrics_look_where_they_say(world):
    task = ColumnExtraction()
    right = task.oracle(world).predict
    wrong = lambda x: -right(x)  # noqa: E731
    one = task.evaluate(world, jax.random.key(0), SimpleNamespace(predict=right, predict_column=wrong))
    assert (float(one["single_column_error"]), float(one["ensemble_error"])) == (1.0, 0.0)
    other = task.evaluate(world, jax.random.key(0), SimpleNamespace(predict=wrong, predict_column=right))
    assert (float(other["single_column_error"]), float(other["ensemble_error"])) == (0.0, 1.0)
    assert float(other["train_loss"]) > 50.0


def test_cross_entropy_and_error_by_hand():
    logits = jnp.array([[0.0, np.log(3.0)], [np.log(4.0), 0.0]], jnp.float32)
    y = jnp.array([0, 0])
    assert float(cross_entropy(logits, y)) == pytest.approx(-(np.log(0.25) + np.log(0.8)) / 2, rel=1e-5)
    assert float(error_rate(logits, y)) == 0.5


def test_the_optimiser_is_momentum_with_a_linear_schedule():
    """Four steps by hand: v <- 0.9 v + g, w <- w - lr (1 - t / T) v."""
    descent = optimizer("momentum", 0.1, 4)
    w, v = 1.0, 0.0
    params = jnp.array(1.0)
    memory = descent.init(params)
    for t, g in enumerate([1.0, -2.0, 0.5, 3.0]):
        v = 0.9 * v + g
        w -= 0.1 * (1 - t / 4) * v
        change, memory = descent.update(jnp.array(g), memory, params)
        params = params + change
        assert float(params) == pytest.approx(w, rel=1e-5)


def test_the_optimiser_of_guided_students_is_adam_at_a_tenth_of_the_rate():
    """Three steps by hand."""
    assert (GuidedTeacher().spec.optimizer, DeepTeacher().spec.optimizer) == ("adam", "momentum")
    descent = optimizer("adam", 0.2, 4)
    params = jnp.array(1.0)
    memory = descent.init(params)
    w, m, v = 1.0, 0.0, 0.0
    for t, g in enumerate([1.0, -2.0, 0.5]):
        m = 0.9 * m + 0.1 * g
        v = 0.999 * v + 0.001 * g**2
        w -= 0.02 * (1 - t / 4) * (m / (1 - 0.9 ** (t + 1))) / (np.sqrt(v / (1 - 0.999 ** (t + 1))) + 1e-8)
        change, memory = descent.update(jnp.array(g), memory, params)
        params = params + change
        assert float(params) == pytest.approx(w, rel=1e-4)


def network(width=6, depth=3, seed=0, features=4, classes=3):
    draws = np.random.default_rng(seed)
    layer = lambda *shape: Layer(w=jnp.asarray(draws.normal(size=shape), jnp.float32),  # noqa: E731
                                 b=jnp.asarray(draws.normal(size=(*shape[:-2], shape[-1])), jnp.float32))  # fmt: skip
    return Network(first=layer(features, width), stack=layer(depth, width, width), last=layer(width, classes))


@pytest.mark.parametrize("kind", ["relu", "tanh"])
def test_residual_layers_by_numpy(kind):
    net = network()
    x = np.random.default_rng(1).normal(size=(5, 4)).astype(np.float32)
    squash = np.tanh if kind == "tanh" else lambda z: np.maximum(z, 0)
    h = x @ np.asarray(net.first.w) + np.asarray(net.first.b)
    every = []
    for w, b in zip(np.asarray(net.stack.w), np.asarray(net.stack.b), strict=True):
        h = h + (squash(h) @ w + b) / np.sqrt(3)
        every.append(h)
    found, logits = residual(kind, net, jnp.asarray(x))
    np.testing.assert_allclose(found, every, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(
        logits, squash(h) @ np.asarray(net.last.w) + np.asarray(net.last.b), rtol=1e-4, atol=1e-4
    )


def test_residual_branches_of_zero_are_the_identity():
    net = network()
    still = net._replace(stack=jax.tree.map(jnp.zeros_like, net.stack))
    x = jax.random.normal(jax.random.key(0), (5, 4))
    every, _ = residual("relu", still, x)
    for h in every:
        np.testing.assert_array_equal(h, dense(net.first, x))


def test_the_guide_has_learnt():
    task = GuidedTeacher(depth=3)
    world = jax.jit(task.sample)(jax.random.key(0))
    plain = DeepTeacher(depth=3).sample(jax.random.key(0))
    np.testing.assert_allclose(world.test.x, plain.test.x, rtol=1e-5)  # the same problem, guide aside
    assert task.spec.guided
    assert not DeepTeacher().spec.guided
    assert plain.given.guide == ()
    guide = task.given(world).guide
    fresh = task.untrained(jax.random.key(5))
    losses = [float(cross_entropy(residual("relu", net, world.test.x)[1], world.test.y)) for net in (guide, fresh)]
    assert losses[0] < 1.6
    assert losses[1] > 2.2
    assert float(fresh.stack.w.var()) == pytest.approx(2 / 32, rel=0.1)
    assert float(fresh.first.w.var()) == pytest.approx(2 / 8, rel=0.3)


def test_growth_is_the_slope_from_the_last_layer_to_the_first():
    logs = -0.3 * jnp.arange(40.0)
    assert float(growth(logs)) == pytest.approx(0.3, rel=1e-4)
    assert float(growth(logs.at[:10].set(99.0))) == pytest.approx(0.3, rel=1e-4)  # the first quarter is left out
    assert float(growth(logs.at[10].set(99.0))) > 0.5


def test_log_norms_hold_where_squares_overflow():
    slopes = jnp.ones((2, 3, 3)) * jnp.array([2.0, 1e30])[:, None, None]
    np.testing.assert_allclose(log_norms(slopes), [np.log(6.0), np.log(3e30)], rtol=1e-5)


def test_isometry_gap_is_minus_the_log_of_the_isometry():
    """Of the paper: det(M)^(1/d) over tr(M) / d."""
    a = np.random.default_rng(0).normal(size=(5, 5))
    gram = a @ a.T
    isometry = np.linalg.det(gram) ** (1 / 5) / (np.trace(gram) / 5)
    assert float(isometry_gap(jnp.asarray(gram, jnp.float32))) == pytest.approx(-np.log(isometry), rel=1e-3)
    assert float(isometry_gap(3.0 * jnp.eye(4))) == pytest.approx(0.0, abs=1e-6)


def test_gradients_are_taken_by_the_layers():
    """Two linear layers: dL/dW_1 = x^T R W_2^T / n^2 and dL/dW_2 = (x W_1)^T R / n^2, for L = mean(R x W_1 W_2)."""
    x, r, first, second = np.random.default_rng(0).normal(size=(4, 3, 3))
    task = GradientDepth(depth=2, width=3)
    apply = lambda w, x: x @ w[0] @ w[1]  # noqa: E731
    weights = jnp.asarray(np.stack([first, second]), jnp.float32)
    learner = SimpleNamespace(layers=lambda: weights, apply=apply)
    world = Batch(x=jnp.asarray(x, jnp.float32), readout=jnp.asarray(r, jnp.float32))
    found = task.evaluate(world, jax.random.key(0), learner)
    norms = [np.linalg.norm(x.T @ r @ second.T), np.linalg.norm((x @ first).T @ r)]
    assert float(found["gradient_growth"]) == pytest.approx(np.log(norms[0] / norms[1]), rel=1e-3)
    out = x @ first @ second
    assert float(found["isometry_gap"]) == pytest.approx(
        float(isometry_gap(jnp.asarray(out @ out.T, jnp.float32))), rel=1e-2
    )


def test_the_floor_loses_its_gradient():
    task = GradientDepth()
    world = task.sample(jax.random.key(0))
    found = task.evaluate(world, jax.random.key(0), task.floor(world))
    fixed = 0.6586  # tanh(1.2 h) = h
    assert float(found["gradient_growth"]) == pytest.approx(np.log(1.2 * (1 - fixed**2)), rel=0.1)
