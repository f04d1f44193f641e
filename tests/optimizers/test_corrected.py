"""Rules that change the gradient or the step: masks, predicted weights, variance reduction."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tests.optimizers.small import BATCHES, START, Pull, directions, leaves, path, rule, states, stiffness
from toybench.errors import UsageError
from toybench.methods.optimizers import _parts
from toybench.methods.optimizers.adamw import AdamW
from toybench.methods.optimizers.cautious_adamw import CautiousAdamW
from toybench.methods.optimizers.cautious_lion import CautiousLion
from toybench.methods.optimizers.mars_adamw import MARSAdamW
from toybench.methods.optimizers.mars_adamw_exact import MARSAdamWExact
from toybench.methods.optimizers.xgrad_adamw import XGradAdamW
from toybench.methods.optimizers.xgrad_sgdm import XGradSGDM

STIFF = np.asarray(stiffness(START["map"]), np.float64)


def test_cautious_adamw_keeps_what_agrees_with_the_gradient():
    found = directions(rule(CautiousAdamW, decay=0.0), BATCHES)
    plain = directions(rule(AdamW, decay=0.0), BATCHES)
    for u, step, batch in zip(plain, found, BATCHES, strict=True):
        mask = u * batch["map"] > 0
        np.testing.assert_allclose(step, u * mask / mask.mean(), rtol=1e-4, atol=1e-5)
    assert 0 < mask.mean() < 1


def test_a_mask_of_ones_is_adamw():
    """The same gradient every time always agrees with its mean."""
    same = [BATCHES[0]] * 4
    np.testing.assert_allclose(path(rule(CautiousAdamW), same), path(rule(AdamW, decay=0.01), same), atol=1e-5)


def test_where_nothing_agrees_nothing_moves():
    step = _parts.masked({"w": jnp.array([1.0, -2.0])}, {"w": jnp.array([-1.0, 1.0])}, "sign", jax.random.key(0))
    assert (np.asarray(step["w"]) == 0).all()


def test_a_blind_mask_keeps_as_large_a_share():
    u = {"a": jnp.ones(4000), "b": jnp.ones((20, 100))}
    g = {"a": jnp.where(jnp.arange(4000) < 1000, 1.0, -1.0), "b": jnp.ones((20, 100))}
    step = _parts.masked(u, g, "random", jax.random.key(3))
    kept = np.asarray(step["a"]) > 0
    assert kept.mean() == pytest.approx(0.25, abs=0.03)
    assert kept[1000:].mean() == pytest.approx(0.25, abs=0.03)
    np.testing.assert_allclose(np.asarray(step["a"])[kept], 1 / kept.mean(), rtol=1e-5)
    assert (np.asarray(step["b"]) == 1).all()


def test_another_mask_is_refused():
    with pytest.raises(UsageError, match="no mask 'both'; use sign or random"):
        _parts.masked({"w": jnp.ones(2)}, {"w": jnp.ones(2)}, "both", jax.random.key(0))


def test_cautious_lion_masks_signs():
    found = directions(rule(CautiousLion, decay=0.0), BATCHES)
    m = 0.0
    for step, batch in zip(found, BATCHES, strict=True):
        g = batch["map"]
        u = np.sign(0.9 * m + 0.1 * g)
        mask = u * g > 0
        m = 0.99 * m + 0.01 * g
        np.testing.assert_allclose(step, u * mask / mask.mean(), rtol=1e-4, atol=1e-5)


def test_cautious_rules_pull_all_coordinates_towards_0():
    """Weight decay isn't masked."""
    for cls in (CautiousAdamW, CautiousLion):
        still = path(rule(cls, decay=0.0), BATCHES[:1])[0]
        pulled = path(rule(cls, decay=0.5), BATCHES[:1])[0]
        np.testing.assert_allclose(pulled, still - 0.05 * START["map"], rtol=1e-4, atol=1e-6)


def test_xgrad_adamw_meets_the_gradient_ahead():
    bound = rule(XGradAdamW, Pull(), lr=0.05, decay=0.3)
    w = START["map"].astype(np.float64)
    m = v = u = 0.0
    for t, (found, batch) in enumerate(zip(path(bound, BATCHES), BATCHES, strict=True), 1):
        g = STIFF * (w - 0.05 * u - batch["map"])
        m = 0.9 * m + 0.1 * g
        v = 0.999 * v + 0.001 * g**2
        u = m / (1 - 0.9**t) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        w = w - 0.05 * (u + 0.3 * w)
        np.testing.assert_allclose(found, w, rtol=1e-4, atol=1e-5)


def test_xgrad_adamw_without_prediction_is_adamw():
    plain = path(rule(AdamW, Pull(), decay=0.01), BATCHES)
    np.testing.assert_allclose(path(rule(XGradAdamW, Pull(), ahead=0.0), BATCHES), plain, rtol=1e-5, atol=1e-6)
    assert np.abs(path(rule(XGradAdamW, Pull()), BATCHES) - plain).max() > 1e-3


def test_xgrad_sgdm_is_nesterov_only_where_it_looks_beta_ahead():
    """Sutskever's form, written with a velocity that is added."""
    w = START["map"].astype(np.float64)
    v = 0.0
    nesterov = []
    for batch in BATCHES:
        v = 0.9 * v - 0.02 * STIFF * (w + 0.9 * v - batch["map"])
        w = w + v
        nesterov.append(w)
    np.testing.assert_allclose(
        path(rule(XGradSGDM, Pull(), lr=0.02, ahead=0.9), BATCHES), nesterov, rtol=1e-4, atol=1e-5
    )
    assert np.abs(path(rule(XGradSGDM, Pull(), lr=0.02), BATCHES) - nesterov).max() > 1e-3


def test_xgrad_sgdm_predicts_a_whole_step():
    w = START["map"].astype(np.float64)
    m = 0.0
    for found, batch in zip(path(rule(XGradSGDM, Pull(), lr=0.02), BATCHES), BATCHES, strict=True):
        m = 0.9 * m + STIFF * (w - 0.02 * m - batch["map"])
        w = w - 0.02 * m
        np.testing.assert_allclose(found, w, rtol=1e-4, atol=1e-5)


def mars_by_hand(gradients, olds, gamma, matrix=True):
    b1, b2 = (0.95, 0.99) if matrix else (0.9, 0.95)
    m = v = 0.0
    found = []
    for t, (g, old) in enumerate(zip(gradients, olds, strict=True), 1):
        c = g + gamma * 0.95 / 0.05 * (g - old) if matrix else g
        c = c / max(1.0, np.linalg.norm(c)) if matrix else c
        m = b1 * m + (1 - b1) * c
        v = b2 * v + (1 - b2) * c**2
        found.append(m / (1 - b1**t) / (np.sqrt(v / (1 - b2**t)) + 1e-8))
    return found


@pytest.mark.parametrize(("gamma", "scale"), [(0.025, 0.05), (1.0, 0.05), (0.025, 3.0)])
def test_mars_corrects_by_the_change_of_the_gradient(gamma, scale):
    batches = [leaves(scale) for _ in range(4)]
    for leaf in ("map", "bias"):
        gradients = [b[leaf].astype(np.float64) for b in batches]
        olds = [0 * gradients[0], *gradients[:-1]]
        found = directions(rule(MARSAdamW, decay=0.0, gamma=gamma), batches, leaf)
        np.testing.assert_allclose(found, mars_by_hand(gradients, olds, gamma, leaf == "map"), rtol=2e-3, atol=1e-4)


def test_the_first_gradient_is_1_475_times_as_large():
    tiny = [leaves(1e-3)]
    for gamma, factor in ((0.025, 1.475), (1.0, 20.0)):
        slots = states(rule(MARSAdamW, gamma=gamma), tiny)[0].slots
        np.testing.assert_allclose(slots.mean["map"], 0.05 * factor * tiny[0]["map"], rtol=1e-4)


def test_mars_without_correction_is_adamw_of_its_betas():
    small = [leaves(0.05) for _ in range(4)]
    plain = path(rule(AdamW, b1=0.95, b2=0.99, decay=0.01), small)
    np.testing.assert_allclose(path(rule(MARSAdamW, gamma=0.0), small), plain, rtol=1e-4, atol=1e-5)


def test_exact_mars_takes_the_old_gradient_on_the_same_batch():
    bound = rule(MARSAdamWExact, Pull(), lr=0.05, decay=0.3, gamma=0.5)
    w = old = START["map"].astype(np.float64)
    m = v = 0.0
    for t, (found, batch) in enumerate(zip(path(bound, BATCHES), BATCHES, strict=True), 1):
        g = STIFF * (w - batch["map"])
        c = g + 0.5 * 19 * (g - STIFF * (old - batch["map"]))
        c = c / max(1.0, np.linalg.norm(c))
        m = 0.95 * m + 0.05 * c
        v = 0.99 * v + 0.01 * c**2
        old = w
        w = w - 0.05 * (m / (1 - 0.95**t) / (np.sqrt(v / (1 - 0.99**t)) + 1e-8) + 0.3 * w)
        np.testing.assert_allclose(found, w, rtol=1e-3, atol=1e-4)


def test_exact_mars_is_charged_two_gradients():
    bound = rule(MARSAdamWExact, Pull(budget="gradients"))
    moved = path(bound, BATCHES[:4])
    assert (moved[0] == START["map"]).all()
    assert (moved[1] != START["map"]).any()
    assert (moved[2] == moved[1]).all()
