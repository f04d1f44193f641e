"""The weight changes of the local rules: gradients, exact identities, decay laws, locality."""

import itertools
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree

from toybench.methods.local_learning._rule import settled
from toybench.plugins import registry
from toybench.tasks.local_learning import Examples, Layer, Spec, forward, gradient, loss
from toybench.tasks.local_learning._mixture import cosine, proximal_point

KEY = jax.random.key(3)
SPEC = Spec(features=6, classes=3, hidden=(8, 7, 5))
ONE = replace(SPEC, hidden=(9,))
X = jax.random.normal(jax.random.key(1), (12, 6))
BATCH = Examples(x=X, y=jnp.arange(12) % 3)
POINT = Examples(x=X[:1], y=jnp.array([1]))


true_gradient = jax.jit(gradient, static_argnums=0)


def make(name, spec=SPEC, **fields):
    """A method on a spec, and its initial state."""
    method = registry.load("methods", f"local_learning/{name}")(spec=spec, steps=50, **fields)
    return method, jax.jit(method.init)(KEY)


def direction(method, state, batch=BATCH, key=KEY):
    return jax.jit(lambda s: method.direction(s, batch, key))(state)


def exact(state, batch=BATCH, spec=SPEC):
    return true_gradient(spec, state.params["weights"], batch)


def assert_close(a, b, rtol=2e-4, atol=1e-6):
    for x, y in zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True):
        np.testing.assert_allclose(x, y, rtol=rtol, atol=atol)


def backs(state):
    return [layer.w.T for layer in state.params["weights"][1:]]


def moved(state, i):
    """The same state with other weights in layer i."""
    weights = list(state.params["weights"])
    weights[i] = Layer(w=weights[i].w + 0.5, b=weights[i].b - 0.3)
    return state._replace(params={**state.params, "weights": tuple(weights)})


@pytest.mark.parametrize("kind", ["cross_entropy", "squared"])
@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_the_gradient_is_jaxs(kind, activation):
    spec = replace(SPEC, loss=kind, activation=activation)
    method, state = make("backprop", spec)
    assert_close(direction(method, state), jax.grad(lambda w: loss(spec, w, BATCH))(state.params["weights"]))


def test_feedback_through_the_transposed_weights_is_backprop():
    method, state = make("feedback_alignment")
    assert_close(direction(method, state._replace(fixed=backs(state))), exact(state))
    assert cosine(direction(method, state)[0].w, exact(state)[0].w) < 0.9  # and through others it isn't


def test_direct_feedback_on_one_hidden_layer_can_be_backprop():
    method, state = make("direct_feedback_alignment", ONE)
    assert_close(direction(method, state._replace(fixed=backs(state))), exact(state, spec=ONE))


def test_sign_symmetry_is_backprop_where_all_weights_are_equally_large():
    method, state = make("sign_symmetry")
    weights = tuple(Layer(w=jnp.sign(v.w) / len(v.w) ** 0.5, b=v.b) for v in state.params["weights"])
    state = state._replace(params={"weights": weights, "learned": {}})
    assert_close(direction(method, state), exact(state))


def test_target_projection_needs_no_output():
    method, state = make("direct_random_target_projection")
    here, there = direction(method, state), direction(method, moved(state, 3))
    assert_close(here[:3], there[:3], rtol=0, atol=0)
    assert_close(here[3], exact(state)[3])


@pytest.mark.parametrize("optimizer", ["momentum", "adam"])
def test_kolen_pollack_forgets_the_difference_at_its_rate(optimizer):
    method, state = make("kolen_pollack", replace(SPEC, optimizer=optimizer), lr=0.05, decay=2.0)
    start = [b - w for b, w in zip(state.params["learned"], backs(state), strict=True)]
    rates = 0.05 * 0.5 * (1 + np.cos(np.pi * np.arange(20) / 50))
    state = jax.lax.fori_loop(0, 20, lambda i, s: method.update(s, BATCH, KEY), state)
    left = [b - w for b, w in zip(state.params["learned"], backs(state), strict=True)]
    assert_close(left, [np.prod(1 - 2.0 * rates) * d for d in start], atol=1e-5)


def test_product_feedback_forgets_what_isnt_the_product():
    method, state = make("product_feedback_alignment", replace(SPEC, optimizer="momentum"), lr=0.05, decay=2.0)

    def off(state):
        return [r - b.T @ w for b, r, w in zip(state.fixed, state.params["learned"], backs(state), strict=True)]

    rates = 0.05 * 0.5 * (1 + np.cos(np.pi * np.arange(20) / 50))
    after = jax.lax.fori_loop(0, 20, lambda i, s: method.update(s, BATCH, KEY), state)
    assert_close(off(after), [np.prod(1 - 2.0 * rates) * d for d in off(state)], atol=1e-5)


def test_product_feedback_with_matching_factors_is_backprop():
    method, state = make("product_feedback_alignment", expand=1)
    eyes = [jnp.eye(len(b)) for b in backs(state)]
    matched = state._replace(fixed=eyes, params={**state.params, "learned": backs(state)})
    assert_close(direction(method, matched), exact(state))


def test_a_weight_mirror_copies_the_direction_of_the_weights():
    method, state = make("weight_mirror", lr=0.0)
    after = jax.lax.fori_loop(0, 200, lambda i, s: method.update(s, BATCH, jax.random.fold_in(KEY, i)), state)
    assert all(cosine(b, w) < 0.6 for b, w in zip(state.fixed, backs(state), strict=True))
    assert all(cosine(b, w) > 0.9 for b, w in zip(after.fixed, backs(after), strict=True))


def test_a_local_classifier_hears_nothing_from_above():
    method, state = make("local_classifier")
    here, there = direction(method, state), direction(method, moved(state, 2))
    assert_close(here[:2], there[:2], rtol=0, atol=0)
    assert jnp.abs(here[2].w - there[2].w).max() > 1e-4
    assert_close(here[2:], exact(state)[2:])  # the last hidden layer's head is the readout


def test_a_frozen_layer_doesnt_move():
    method, state = make("frozen_hidden")
    after = jax.jit(lambda s: method.update(s, BATCH, KEY))(state)
    assert_close(after.params["weights"][:3], state.params["weights"][:3], rtol=0, atol=0)
    assert_close(direction(method, state)[3], exact(state)[3])


def test_a_local_guess_is_a_projection_and_never_ascends():
    method, state = make("local_guess_forward_gradient")
    guess, _ = make("local_classifier")
    ours, true, local = direction(method, state, POINT), exact(state, POINT), direction(guess, state, POINT)
    for a, b, u in zip(ours, true, local, strict=True):
        assert float(jnp.vdot(a.w, b.w)) >= 0
        assert abs(float(cosine(a.w, u.w))) > 1 - 1e-5  # along the guess
        np.testing.assert_allclose(jnp.vdot(b.w - a.w, u.w), 0.0, atol=1e-5)  # and what is left is orthogonal to it
    assert_close(ours[2:], true[2:])


def test_difference_targets_without_a_step_are_the_activities():
    method, state = make("difference_target_propagation", step=0.0)
    for layer in direction(method, state)[:3]:
        np.testing.assert_allclose(layer.w, 0.0, atol=1e-6)


def test_difference_targets_under_one_hidden_layer_are_backprop():
    method, state = make("difference_target_propagation", ONE, step=0.25)
    ours, true = direction(method, state), exact(state, spec=ONE)
    assert_close(ours[0], jax.tree.map(lambda g: 0.25 * g, true[0]))


def test_the_linear_classifier_has_one_layer():
    method, state = make("linear_softmax")
    assert [layer.w.shape for layer in state.params["weights"]] == [(6, 3)]
    assert_close(method.change(state, BATCH, KEY)["weights"], exact(state))


def test_pepita_tends_to_adaptive_feedback_and_has_its_sign():
    angles = []
    for scale in (0.01, 0.1):
        method, state = make("pepita", ONE, scale=scale)
        rival, _ = make("adaptive_feedback_alignment", ONE, scale=scale)
        near = cosine(direction(method, state)[0].w, direction(rival, state)[0].w)
        angles.append(float(jnp.arccos(jnp.minimum(near, 1.0))))
    assert angles[1] < 0.3 and 5 < angles[1] / angles[0] < 20  # linear in the scale of F


def test_pepitas_change_is_that_of_its_second_pass_by_hand():
    """One point, one unit: W_1 = 1, W_2 = (2, -2), F = (0.3, -0.1), x = 0.5, the first of two classes is right."""
    spec = Spec(features=1, classes=2, hidden=(1,))
    method, state = make("pepita", spec)
    weights = (
        Layer(w=jnp.array([[1.0]]), b=jnp.zeros(1)),
        Layer(w=jnp.array([[2.0, -2.0]]), b=jnp.zeros(2)),
    )
    state = state._replace(params={**state.params, "weights": weights}, fixed=(jnp.array([[0.3], [-0.1]]), ()))
    first, readout = direction(method, state, Examples(x=jnp.array([[0.5]]), y=jnp.array([0])))
    h = np.tanh(0.5)
    missing = 1 - 1 / (1 + np.exp(-4 * h))  # the chance that the wrong class gets: e = (-missing, missing)
    x = 0.5 + missing * 0.4
    again = np.tanh(x)
    left = 1 - 1 / (1 + np.exp(-4 * again))  # 0.118, after 0.136 in the first pass
    np.testing.assert_allclose(first.w, [[x * (h - again)]], rtol=1e-4)
    np.testing.assert_allclose(readout.w, [[-again * left, again * left]], rtol=1e-4)
    np.testing.assert_allclose(readout.b, [-left, left], rtol=1e-4)


def test_fixed_feedback_is_adaptive_at_the_start_and_not_later():
    fixed, state = make("fixed_feedback", ONE)
    rival, _ = make("adaptive_feedback_alignment", ONE)
    assert_close(direction(fixed, state), direction(rival, state), rtol=0, atol=0)
    later = moved(state, 0)
    assert cosine(direction(fixed, later)[0].w, direction(rival, later)[0].w) < 0.99


def test_feedback_is_uniform():
    _, state = make("pepita", Spec(features=200, classes=20, hidden=(4,)), scale=0.3)
    f = np.asarray(state.fixed[0]) / (0.3 * (6 / 200) ** 0.5)
    assert np.abs(f).max() <= 1 and abs(f.var() - 1 / 3) < 0.02


def test_forward_gradient_is_the_derivative_along_its_own_direction():
    method, state = make("forward_gradient")
    g, true = (ravel_pytree(v)[0] for v in (direction(method, state), exact(state)))
    v = jax.random.normal(KEY, g.shape)
    order = [k for layer in state.params["weights"] for k in layer]
    np.testing.assert_allclose(g, jnp.vdot(true, v) * v, rtol=1e-3, atol=1e-5)
    assert sum(k.size for k in order) == len(g)


def test_spsa_tends_to_the_derivative_along_signs():
    true = None
    off = []
    for mu in (0.3, 0.03):
        method, state = make("spsa", mu=mu)
        g, true = (ravel_pytree(v)[0] for v in (direction(method, state), exact(state)))
        s = jnp.sign(jax.random.normal(KEY, g.shape))
        off.append(float(jnp.abs(g - jnp.vdot(true, s) * s).max()))
    assert off[1] < 0.1 * off[0]


def test_activity_forward_gradient_sums_the_layers_derivatives():
    method, state = make("activity_forward_gradient", ONE)
    hs, z = forward("tanh", state.params["weights"], X)
    v = jax.random.normal(KEY, (12 * 9,)).reshape(12, 9)
    error = jax.nn.softmax(z) - jax.nn.one_hot(BATCH.y, 3)
    d = (error @ state.params["weights"][1].w.T) * (1 - hs[1] ** 2)
    expected = X.T @ (v * (d * v).sum(-1, keepdims=True)) / 12
    ours = direction(method, state)
    np.testing.assert_allclose(ours[0].w, expected, rtol=1e-3, atol=1e-5)
    assert_close(ours[1], exact(state, spec=ONE)[1])


SQUARED = replace(SPEC, loss="squared", optimizer="sgd")


def test_plain_descent_decays_what_it_learns():
    method, state = make("kolen_pollack", SQUARED, lr=0.1, decay=0.5)
    after = jax.jit(lambda s: method.update(s, BATCH, KEY))(state)
    change = jax.jit(lambda s: method.change(s, BATCH, KEY))(state)
    assert_close(after.params, jax.tree.map(lambda w, g: w - 0.1 * (g + 0.5 * w), state.params, change))


def rest(method, state, batch):
    """Inputs of all layers and prediction errors after inference."""
    weights = state.params["weights"]
    return jax.jit(lambda w: settled(method.spec, w, batch, method.rate, method.rounds))(weights)


def energy(method, state):
    _, off = rest(method, state, BATCH)
    return sum(float((np.asarray(o) ** 2).sum()) for o in off) / 2


def test_inference_lowers_its_energy():
    found = [energy(*make("inference_learning", SQUARED, rounds=r)) for r in (0, 1, 5, 40)]
    assert all(b < a for a, b in itertools.pairwise(found)), found


def test_one_small_round_of_inference_is_backprop_in_the_layer_below_the_readout():
    method, state = make("inference_learning", SQUARED, rounds=1, rate=0.01)
    assert_close(direction(method, state)[2], jax.tree.map(lambda g: 0.01 * g, exact(state, spec=SQUARED)[2]))


def test_the_proximal_step_solves_each_layers_problem():
    method, state = make("inference_learning_prox", SQUARED, lr=0.7)
    hs, off = rest(method, state, POINT)
    after = jax.jit(lambda s: method.update(s, POINT, KEY))(state)
    for h, o, old, new in zip(hs, off, state.params["weights"], after.params["weights"], strict=True):
        h, o, old, new = (np.asarray(h), np.asarray(o), *(jax.tree.map(np.asarray, v) for v in (old, new)))
        left = h @ new.w + new.b - (h @ old.w + old.b - o)  # what the new layer still misses of the settled activity
        np.testing.assert_allclose(h.T @ left + (new.w - old.w) / 0.7, 0.0, atol=1e-5)
        np.testing.assert_allclose(left.sum(0) + (new.b - old.b) / 0.7, 0.0, atol=1e-5)


def test_the_implicit_step_is_stationary_and_closed_where_the_network_is_linear():
    _, state = make("backprop", SQUARED)
    weights = state.params["weights"]
    there = jax.jit(lambda w: proximal_point(SQUARED, w, POINT, 2.0))(weights)
    step = ravel_pytree(jax.tree.map(jnp.subtract, weights, there))[0]
    downhill = 2.0 * ravel_pytree(gradient(SQUARED, there, POINT))[0]
    assert jnp.linalg.norm(step - downhill) < 1e-3 * jnp.linalg.norm(step)
    linear = replace(SQUARED, hidden=())
    _, state = make("backprop", linear)
    there = jax.jit(lambda w: proximal_point(linear, w, POINT, 2.0))(state.params["weights"])[0]
    old, x = state.params["weights"][0], X[0]
    off = x @ old.w + old.b - jax.nn.one_hot(1, 3)
    shrunk = off / (1 / 2.0 + 1 + x @ x)
    np.testing.assert_allclose(there.w, old.w - jnp.outer(x, shrunk), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "spec"),
    [("inference_learning", SPEC), ("inference_learning_prox", replace(SQUARED, optimizer="adam")), ("pepita", SPEC)],
)
def test_a_rule_says_where_it_doesnt_fit(name, spec):
    cls = registry.load("methods", f"local_learning/{name}")
    assert cls().fits(spec)
    assert cls().fits(replace(SQUARED, hidden=(4,))) is None
