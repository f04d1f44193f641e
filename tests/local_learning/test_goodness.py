"""Forward-forward networks and local waves: what crosses layers and what doesn't, and hand-worked numbers."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.methods.local_learning._rule import waves
from toybench.methods.local_learning.backprop_goodness import BackpropGoodness
from toybench.methods.local_learning.collaborative_forward_forward import CollaborativeForwardForward
from toybench.methods.local_learning.forward_forward import ForwardForward
from toybench.methods.local_learning.lls import LLS
from toybench.methods.local_learning.lls_mxm import LLSMxM
from toybench.tasks.local_learning import Examples, Spec, normalised
from toybench.tasks.local_learning.class_ensembles import active_fraction, specificity

SPEC = Spec(features=5, classes=3, hidden=(8, 7, 6))
KEY = jax.random.key(0)


def batch(count=9):
    rng = np.random.default_rng(0)
    x = jnp.asarray(rng.normal(size=(count, SPEC.features)), jnp.float32)
    return Examples(x=x, y=jnp.asarray(rng.integers(SPEC.classes, size=count), jnp.int32))


@jax.jit
def grads(method, params):
    data = batch()
    return jax.grad(method.loss)(params, data, (data.y + 1) % SPEC.classes)


def scaled(params, at, factor):
    return tuple(jax.tree.map(lambda v, i=i: v * factor if i == at else v, layer) for i, layer in enumerate(params))


def test_a_layer_does_not_see_how_good_the_one_below_found_the_input():
    method = ForwardForward(spec=SPEC, steps=10)
    params, data = method.init(KEY).params, batch()
    plain = method.goodness(params, data.x, data.y)
    louder = method.goodness(scaled(params, 0, 3.0), data.x, data.y)
    np.testing.assert_allclose(louder[0], 9 * plain[0], rtol=1e-5)
    np.testing.assert_allclose(louder[1:], plain[1:], rtol=1e-3)
    np.testing.assert_allclose((normalised(data.x) ** 2).mean(1), 1.0, rtol=1e-5)


@pytest.mark.parametrize("cls", [ForwardForward, CollaborativeForwardForward])
def test_no_gradient_passes_to_the_layers_below(cls):
    method = cls(spec=SPEC, steps=10)
    params, data = method.init(KEY).params, batch()
    alone = jax.jit(jax.grad(lambda p: method.goodness(p, data.x, data.y)[2].sum()))(params)
    assert not np.any(alone[0].w) and not np.any(alone[1].w) and np.any(alone[2].w)
    through = jax.jit(jax.grad(lambda p: method.goodness(p, data.x, data.y, local=False)[2].sum()))(params)
    assert np.any(through[0].w)


def test_the_layers_of_forward_forward_ignore_those_above_and_collaborating_ones_do_not():
    greedy, together = ForwardForward(spec=SPEC, steps=10), CollaborativeForwardForward(spec=SPEC, steps=10)
    params = greedy.init(KEY).params
    louder = scaled(params, 2, 2.0)
    np.testing.assert_array_equal(grads(greedy, params)[0].w, grads(greedy, louder)[0].w)
    assert np.abs(grads(together, params)[0].w - grads(together, louder)[0].w).max() > 1e-4


def test_gamma_zero_is_forward_forward():
    greedy = ForwardForward(spec=SPEC, steps=10)
    together = CollaborativeForwardForward(spec=SPEC, steps=10, gamma=0.0)
    params = greedy.init(KEY).params
    for a, b in zip(jax.tree.leaves(grads(together, params)), jax.tree.leaves(grads(greedy, params)), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


def test_the_gradient_of_a_collaborating_layer_is_that_of_its_own_goodness():
    """dL_l/dW_l = [-sigmoid(theta - G+) dg_l+ + sigmoid(G- - theta) dg_l-] / b with G = sum of all g."""
    method = CollaborativeForwardForward(spec=SPEC, steps=10, threshold=2.0)
    params, data = method.init(KEY).params, batch()
    wrong, last = (data.y + 1) % SPEC.classes, len(SPEC.hidden) - 1
    expected = jnp.zeros(())
    for y, sign in ((data.y, -1.0), (wrong, 1.0)):
        total = method.goodness(params, data.x, y).sum(0)
        weight = sign * jax.nn.sigmoid(sign * (total - 2.0)) / len(y)
        own = jax.jacrev(lambda p, y=y: method.goodness(p, data.x, y)[last])(params)[last].w
        expected += jnp.einsum("b,bij->ij", weight, own)
    np.testing.assert_allclose(grads(method, params)[last].w, expected, atol=1e-5)


def test_with_one_layer_end_to_end_training_is_forward_forward():
    spec = Spec(features=5, classes=3, hidden=(8,))
    greedy, whole = ForwardForward(spec=spec, steps=10), BackpropGoodness(spec=spec, steps=10)
    params = greedy.init(KEY).params
    np.testing.assert_allclose(grads(greedy, params)[0].w, grads(whole, params)[0].w, atol=1e-6)


def test_end_to_end_training_reaches_the_first_layer_through_the_last():
    whole = BackpropGoodness(spec=SPEC, steps=10)
    params = whole.init(KEY).params
    silent = scaled(params, 2, 0.0)
    assert np.abs(grads(whole, params)[0].w - grads(whole, silent)[0].w).max() > 1e-4


def test_a_prediction_tries_every_label():
    method = ForwardForward(spec=SPEC, steps=10)
    state, data = method.init(KEY), batch(2)
    scores = method.predict(state, data.x)
    for c in range(SPEC.classes):
        each = [h.astype(float) for h in method.activities(state, data.x, jnp.full(2, c))]
        np.testing.assert_allclose(scores[:, c], sum((h**2).mean(1) for h in each), rtol=1e-5)


def test_waves_are_orthogonal_and_of_equal_length():
    p = waves(10, 64)
    np.testing.assert_allclose(p @ p.T, 32 * np.eye(10), atol=1e-4)


@pytest.mark.parametrize("cls", [LLS, LLSMxM])
def test_a_wave_classifier_follows_its_own_layers_loss(cls):
    method = cls(spec=SPEC, steps=10)
    state, data = method.init(KEY), batch()
    change = jax.jit(method.change)(state, data, KEY)
    hs, _ = method.forward(state, data.x)
    for i, layer in enumerate(state.params["weights"][:-1]):
        mixing = [state.params["learned"][f"m{i}"]] if state.params["learned"] else []

        def loss(w, mixing, below=hs[i], b=layer.b):
            return method.local_loss(jnp.tanh(below @ w + b[None, :]), *mixing, data.y) / len(data.y)

        by_w, by_mixing = jax.jit(jax.grad(loss, (0, 1)))(layer.w, mixing)
        np.testing.assert_allclose(change["weights"][i].w, by_w, atol=1e-5)
        for m in by_mixing:
            np.testing.assert_allclose(change["learned"][f"m{i}"], m, atol=1e-4)


def test_no_error_of_a_wave_classifier_crosses_a_layer():
    method = LLS(spec=SPEC, steps=10)
    state, data = method.init(KEY), batch()
    louder = state._replace(params={**state.params, "weights": scaled(state.params["weights"], 2, 2.0)})
    direction = jax.jit(method.direction)
    plain, other = (direction(s, data, KEY) for s in (state, louder))
    for i in (0, 1):
        np.testing.assert_array_equal(plain[i].w, other[i].w)
    assert np.any(plain[2].w != other[2].w)


def test_the_active_fraction_counts_the_fewest_units():
    energy = jnp.asarray([[9.0, 0.5, 0.3, 0.2], [1.0, 1.0, 1.0, 1.0], [0.0, 0.0, 0.0, 0.0], [5.0, 0.0, 5.0, 0.0]])
    np.testing.assert_allclose(active_fraction(energy), [0.25, 1.0, 0.0, 0.5])


def test_specificity_is_the_distance_between_class_ensembles():
    owner = jnp.eye(2)
    np.testing.assert_allclose(specificity(jnp.asarray([[4.0, 0.0, 0.0], [0.0, 4.0, 0.0]]), owner), 1.0)
    np.testing.assert_allclose(specificity(jnp.asarray([[4.0, 0.0, 0.0], [4.0, 0.0, 0.0]]), owner), 0.0)
    shared = jnp.asarray([[4.0, 4.0, 0.0, 0.0], [0.0, 4.0, 4.0, 0.0]])  # one unit of three in common
    np.testing.assert_allclose(specificity(shared, owner), 2 / 3, rtol=1e-5)
    np.testing.assert_allclose(specificity(jnp.zeros((2, 3)), owner), 0.0)
