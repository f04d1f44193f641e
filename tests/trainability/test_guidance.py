"""Alignment by the authors' formula, and what guidance does to a gradient and when."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import softmax
from scipy.stats import entropy

from toybench.methods.trainability import _deep
from toybench.methods.trainability.output_distillation import divergence
from toybench.plugins import registry
from toybench.tasks.trainability import Examples, Given, Network, Spec, cross_entropy, residual

SPEC = Spec(features=5, classes=3, depth=4, parameters=500, batch=16, activation="relu", guided=True)
X = jax.random.normal(jax.random.key(9), (16, 5))
BATCH = Examples(x=X, y=jnp.arange(16) % 3)


def guide(seed=1, width=7):
    draws = np.random.default_rng(seed)
    layer = lambda *shape: _deep.he(jnp.asarray(draws.normal(size=shape), jnp.float32))  # noqa: E731
    return Network(first=layer(5, width), stack=layer(4, width, width), last=layer(width, 3))


def make(name, **values):
    given = Given(batch=X, guide=guide())
    return registry.load("methods", f"trainability/{name}")(spec=SPEC, steps=9, given=given, **values)


def aligned(x, y):
    """As in the authors' code: centred Gram matrices, their inner product over the root of their squares."""
    n = len(x)
    centre = np.eye(n) - np.ones((n, n)) / n
    hsic = lambda a, b: np.sum((centre @ a @ a.T @ centre) * (centre @ b @ b.T @ centre))  # noqa: E731
    return hsic(x, y) / np.sqrt(hsic(x, x) * hsic(y, y))


def test_alignment_by_the_authors_formula():
    x, y = np.random.default_rng(0).normal(size=(2, 12, 6)) + 2.0
    x, y = jnp.asarray(x, jnp.float32), jnp.asarray(y[:, :4], jnp.float32)
    assert float(_deep.alignment(x, y)) == pytest.approx(aligned(np.asarray(x), np.asarray(y)), rel=1e-4)
    assert float(_deep.alignment(x, x)) == pytest.approx(1.0, rel=1e-5)
    turn = _deep.orthonormal(jax.random.normal(jax.random.key(0), (6, 6)))
    assert float(_deep.alignment(3.0 * x @ turn + 5.0, x)) == pytest.approx(1.0, rel=1e-4)
    stretched = x * jnp.linspace(0.1, 3.0, 6)[None, :]
    assert float(_deep.alignment(stretched, x)) < 0.95


def test_dead_layers_are_aligned_with_nothing_and_pull_nowhere():
    alive = jax.random.normal(jax.random.key(0), (8, 4))
    value, slope = jax.value_and_grad(_deep.alignment)(jnp.zeros((8, 4)), alive)
    assert float(value) == 0.0
    assert bool(jnp.isfinite(slope).all())


def test_guidance_is_summed_over_layers():
    ours, theirs = np.random.default_rng(3).normal(size=(2, 3, 10, 4)).astype(np.float32)
    expected = sum(1 - aligned(a, b) for a, b in zip(ours, theirs, strict=True))
    assert float(_deep.guidance(jnp.asarray(theirs), jnp.asarray(ours))) == pytest.approx(expected, rel=1e-4)


def expected_gradient(params, alpha, theirs):
    def loss(p):
        every, logits = _deep.plain("relu", p, X)
        apart = jnp.stack([1 - _deep.alignment(h, g) for h, g in zip(every, theirs, strict=True)])
        return cross_entropy(logits, BATCH.y) + alpha * apart.sum()

    return jax.grad(loss)(params)


def close(a, b):
    return all(
        np.allclose(x, y, rtol=1e-3, atol=1e-6) for x, y in zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True)
    )


@pytest.mark.parametrize("name", ["guidance_trained", "guidance_untrained", "guidance_plain"])
def test_the_gradient_is_of_the_loss_with_guidance_for_a_third_of_the_steps(name):
    method = make(name, alpha=0.7)
    state = method.init(jax.random.key(0))
    if name == "guidance_trained":
        theirs = residual("relu", method.given.guide, X)[0]
    elif name == "guidance_untrained":
        theirs = residual("relu", state.fixed, X)[0]
    else:
        theirs = _deep.plain("relu", state.fixed, X)[0]
    led = expected_gradient(state.params, 0.7, theirs)
    alone = expected_gradient(state.params, 0.0, theirs)
    assert not close(led, alone)
    for count, wanted in ((0, led), (2, led), (3, alone), (8, alone)):
        at = state._replace(updates=jnp.array(count))
        assert close(method.gradient(at, BATCH, jax.random.key(1)), wanted)
    plain = registry.load("methods", "trainability/plain_he")(spec=SPEC, steps=9)
    assert close(
        make(name, alpha=0.0).gradient(state, BATCH, jax.random.key(1)), plain.gradient(state, BATCH, jax.random.key(1))
    )


@pytest.mark.parametrize("name", ["guidance_untrained", "guidance_plain"])
def test_an_untrained_guide_is_another_network_and_stays_as_it_is(name):
    method = make(name)
    state = method.init(jax.random.key(0))
    assert float(jnp.abs(state.params.stack.w - state.fixed.stack.w).max()) > 0.1
    assert float(state.fixed.stack.w.std()) == pytest.approx((2 / state.fixed.stack.w.shape[-1]) ** 0.5, rel=0.2)
    after = method.update(state, BATCH, jax.random.key(1))
    np.testing.assert_array_equal(after.fixed.stack.w, state.fixed.stack.w)
    assert float(jnp.abs(after.params.stack.w - state.params.stack.w).max()) > 0.0


def test_guidance_brings_layers_nearer_to_the_guide():
    method = make("guidance_trained", alpha=1.0, until=1.0, lr=0.1)
    theirs = residual("relu", method.given.guide, X)[0]
    apart = lambda state: float(_deep.guidance(theirs, _deep.plain("relu", state.params, X)[0]))  # noqa: E731
    state = method.init(jax.random.key(0))
    before = apart(state)
    update = jax.jit(method.update)
    for i in range(9):
        state = update(state, BATCH, jax.random.key(i))
    assert apart(state) < 0.8 * before


def test_distillation_adds_the_softened_relative_entropy():
    theirs, ours = np.random.default_rng(0).normal(size=(2, 6, 3))
    soft = [softmax(z / 2.5, axis=1) for z in (theirs, ours)]
    expected = 2.5**2 * entropy(soft[0], soft[1], axis=1).mean()
    found = divergence(jnp.asarray(theirs, jnp.float32), jnp.asarray(ours, jnp.float32), jnp.array(2.5))
    assert float(found) == pytest.approx(expected, rel=1e-4)
    method = make("output_distillation", alpha=0.6, temperature=2.5)
    state = method.init(jax.random.key(0))._replace(updates=jnp.array(8))
    target = residual("relu", method.given.guide, X)[1]

    def loss(p):
        logits = _deep.plain("relu", p, X)[1]
        return cross_entropy(logits, BATCH.y) + 0.6 * divergence(target, logits, jnp.array(2.5))

    assert close(method.gradient(state, BATCH, jax.random.key(0)), jax.grad(loss)(state.params))


@pytest.mark.parametrize("name", ["guidance_trained", "guidance_untrained", "guidance_plain", "output_distillation"])
def test_guided_students_say_where_they_can_run(name):
    cls = registry.load("methods", f"trainability/{name}")
    assert cls().fits(SPEC) is None
    assert "guide" in cls().fits(Spec(**{**vars(SPEC), "guided": False}))
