"""The tasks' own numbers: the posterior, the metrics on known answers, the law of an estimate."""

from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np

from toybench import Learner
from toybench.plugins import registry
from toybench.tasks.local_learning import gradient
from toybench.tasks.local_learning._mixture import hidden_cosine
from toybench.tasks.local_learning.gradient_estimate import GradientEstimate
from toybench.tasks.local_learning.implicit_step import ImplicitStep
from toybench.tasks.local_learning.prototype_mixture import PrototypeMixture

KEY = jax.random.key(5)


def learner(name, task):
    method = registry.load("methods", f"local_learning/{name}")(spec=task.spec, steps=task.steps)
    return Learner(method, jax.jit(method.init)(KEY))


def test_the_oracle_is_the_posterior():
    task = PrototypeMixture()
    world = task.sample(KEY)
    x = np.asarray(world.test.x[:5], np.float64)
    likely = np.exp(-((x[:, None] - np.asarray(world.centres)[None]) ** 2).sum(-1) / (2 * 0.5**2))
    classes = np.stack([likely[:, c::4].sum(1) for c in range(4)], 1)
    scores = np.asarray(task.oracle(world).predict(world.test.x[:5]))
    np.testing.assert_allclose(jax.nn.softmax(scores), classes / classes.sum(1, keepdims=True), atol=1e-5)
    assert task.evaluate(world, KEY, task.oracle(world))["test_error"] < 0.01
    assert abs(task.evaluate(world, KEY, task.floor(world))["test_error"] - 0.75) < 0.03


def test_no_linear_map_separates_the_classes():
    world = PrototypeMixture().sample(KEY)
    x = np.c_[np.asarray(world.test.x), np.ones(4000)]
    fit = np.linalg.lstsq(x, np.eye(4)[np.asarray(world.test.y)], rcond=None)[0]
    assert ((x @ fit).argmax(1) != np.asarray(world.test.y)).mean() > 0.3


def test_the_cosine_leaves_the_readout_out():
    task = PrototypeMixture(width=8)
    weights = learner("backprop", task).forward_weights()
    world = task.sample(KEY)
    g = gradient(task.spec, weights, world.test)
    flipped = jax.tree.map(lambda v: -v, g)
    np.testing.assert_allclose(hidden_cosine(g, (*g[:-1], flipped[-1])), 1.0, rtol=1e-5)
    np.testing.assert_allclose(hidden_cosine(g, (flipped[0], *g[1:])), 1 / 3, rtol=1e-5)


def test_a_forward_gradient_is_unbiased_and_a_shrunk_one_isnt():
    task = GradientEstimate(width=4)
    world = task.sample(KEY)
    one = learner("forward_gradient", task)
    shrunk = SimpleNamespace(
        forward_weights=one.forward_weights,
        estimate=lambda b, k: jax.tree.map(lambda g: 0.5 * g, one.estimate(b, k)),
    )
    fair, biased = (jax.jit(lambda k, who=who: task.evaluate(world, k, who))(KEY) for who in (one, shrunk))
    assert 0.8 < fair["bias_z"] < 1.2 and 0.9 < fair["second_moment_ratio"] < 1.1
    assert biased["bias_z"] > 2
    np.testing.assert_allclose(biased["second_moment_ratio"], 0.25 * fair["second_moment_ratio"], rtol=1e-4)


def test_the_implicit_step_is_all_its_own_direction():
    task = ImplicitStep(width=8)
    world = task.sample(KEY)
    plain = learner("backprop", task)
    found = jax.jit(lambda: task.evaluate(world, KEY, plain))()
    assert found["lead_over_gradient"] == 0 and 0.5 < found["cosine_to_implicit"] < 1
    close = jax.jit(lambda: ImplicitStep(width=8, implicit_lr=1e-3).evaluate(world, KEY, plain))()
    assert close["cosine_to_implicit"] > 0.999  # a short implicit step is the gradient's
    assert jnp.isfinite(close["nearer_implicit"])
