"""Unlearning: losses by NumPy, where gradients flow, that the exact model is where all begin, and what is forgotten."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.blocks.diffusion import level
from toybench.blocks.random import normals
from toybench.engine import trial
from toybench.methods.conditional_generation import _parts
from toybench.methods.conditional_generation import score_forgetting_distillation as sfd
from toybench.plugins import registry
from toybench.tasks.conditional_generation import Batch, Spec, Teacher, denoise_any
from toybench.tasks.conditional_generation.forget_class import ForgetClass

MEANS = np.array([[1.5, 0.0], [0.0, 1.5], [-1.0, -1.0]])
STD = 0.2
TEACHER = Teacher(means=jnp.asarray(MEANS, jnp.float32), std=jnp.asarray(STD))
LABEL = np.array([0, 1, 2, 0])
RNG = np.random.default_rng(0)
START, NOISE = RNG.normal(size=(2, 4, 2))
TIME = np.array([0.3, 0.5, 0.7, 0.9])
TARGET = MEANS[LABEL] + STD * RNG.normal(size=(4, 2))
BATCH = Batch(
    start=jnp.asarray(START, jnp.float32),
    target=jnp.asarray(TARGET, jnp.float32),
    condition=jnp.asarray(LABEL),
    time=jnp.asarray(TIME, jnp.float32),
)
GONE = LABEL == 0


def method(name, **fields):
    cls = registry.load("methods", f"conditional_generation/{name}")
    return cls(spec=Spec(labels=3, width=4), steps=10, given=TEACHER, **fields)


def levels(t):
    at = level("vp", jnp.asarray(t, jnp.float32))
    return np.asarray(at.alpha, np.float64)[:, None], np.asarray(at.sigma, np.float64)[:, None]


def exact(x, t, label):
    alpha, sigma = levels(t)
    mean = MEANS[label]
    return mean + STD**2 * alpha / (alpha**2 * STD**2 + sigma**2) * (x - alpha * mean)


def shifted(params, by):
    """Parameters whose correction is a constant."""
    return jax.tree_util.tree_map_with_path(
        lambda path, leaf: jnp.asarray(by, jnp.float32) if "zero" in str(path) and leaf.ndim == 1 else leaf, params
    )


def start(who):
    return _parts.fresh(who.network, jax.random.key(0), 3)


TRAINED = ["gradient_ascent_unlearning", "esd_unlearning", "esd_retained"]


def test_every_unlearner_starts_at_the_exact_model():
    for name in TRAINED:
        who = method(name)
        x = jnp.asarray(START, jnp.float32)
        found = _parts.corrected(who, start(who), x, BATCH.time, BATCH.condition)
        np.testing.assert_allclose(found, exact(START, TIME, LABEL), atol=1e-5)
        moved = _parts.corrected(who, shifted(start(who), [0.5, -1.0]), x, BATCH.time, BATCH.condition)
        np.testing.assert_allclose(moved - found, np.tile([0.5, -1.0], (4, 1)), atol=1e-5)


def noised():
    alpha, sigma = levels(TIME)
    return alpha * TARGET + sigma * START


def test_ascent_raises_the_error_of_the_forbidden_label_up_to_a_bound():
    who = method("gradient_ascent_unlearning", strength=0.3)
    for by in ([0.2, 0.1], [1.6, 1.1]):
        error = ((exact(noised(), TIME, LABEL) + by - TARGET) ** 2).sum(-1)
        expected = error[~GONE].mean() - 0.3 * np.minimum(error, 4)[GONE].mean()
        found = who.loss(shifted(start(who), by), BATCH, jax.random.key(0))
        assert float(found) == pytest.approx(expected, rel=1e-4)
    assert error[GONE].min() > 4  # beyond the bound at the second shift


@pytest.mark.parametrize(("name", "kept"), [("esd_unlearning", 0.0), ("esd_retained", 1.0)])
def test_erasing_turns_to_the_other_side_of_the_unconditional_prediction(name, kept):
    who = method(name, strength=0.5)
    x = noised()
    asked = exact(x, TIME, LABEL)
    unasked = np.asarray(denoise_any(TEACHER, jnp.asarray(x, jnp.float32), BATCH.time))
    forbidden = ((asked + [0.2, 0.1] - (unasked - 0.5 * (asked - unasked))) ** 2).sum(-1)[GONE].mean()
    expected = forbidden + kept * (0.2**2 + 0.1**2)  # the kept labels' error is the correction
    found = who.loss(shifted(start(who), [0.2, 0.1]), BATCH, jax.random.key(0))
    assert float(found) == pytest.approx(expected, rel=1e-4)


def test_the_exact_model_maps_noise_to_its_gaussians_and_the_forbidden_one_to_the_safe_one():
    """The flow of a single Gaussian is affine: mean + std z."""
    z = jnp.asarray(START, jnp.float32)
    found = method("label_remap").generate((), z, jnp.asarray(LABEL))
    np.testing.assert_allclose(found, MEANS[np.where(GONE, 1, LABEL)] + STD * START, atol=0.06)
    untrained = method("esd_unlearning")
    same = untrained.generate(_parts.State(params=start(untrained), opt=()), z, jnp.asarray(LABEL))
    np.testing.assert_allclose(same, MEANS[LABEL] + STD * START, atol=0.06)


def made(by=0.0):
    """Generated points, their correction being a constant."""
    t = np.full(4, 0.56)
    return exact(levels(t)[1] * START, t, LABEL) + by


def test_the_generator_takes_one_step_from_the_authors_level():
    who = method("score_forgetting_distillation")
    found = who.make(shifted(start(who), [0.3, 0.3]), BATCH.start, BATCH.condition)
    np.testing.assert_allclose(found, made(0.3), atol=1e-5)
    state = sfd.State(params={"generator": start(who)}, opt={})
    np.testing.assert_allclose(who.generate(state, BATCH.start, BATCH.condition), made(), atol=1e-5)


def weighted(losses, forget):
    return losses[~GONE].mean() + forget * losses[GONE].mean()


def test_times_are_the_authors_steps_from_the_data():
    np.testing.assert_allclose([sfd.BEGIN, sfd.FIRST, sfd.LAST], [1 - 0.440, 1 - 0.712, 1 - 0.038])


def test_a_mean_over_nothing_is_0():
    values = jnp.array([1.0, 3.0, 8.0])
    assert float(_parts.mean_where(values, jnp.array([True, True, False]))) == 2
    assert float(_parts.mean_where(values, jnp.zeros(3, bool))) == 0


def test_the_fake_learns_the_noise_of_generated_points():
    who = method("score_forgetting_distillation", forget=0.1)
    alpha, sigma = levels(TIME)
    x = alpha * made() + sigma * NOISE
    found = (x - alpha * (exact(x, TIME, LABEL) + [0.1, -0.2])) / sigma
    expected = weighted(((NOISE - found) ** 2).sum(-1), 0.1)
    noise = jnp.asarray(NOISE, jnp.float32)
    loss = who.fake_loss(
        shifted(start(who), [0.1, -0.2]), jnp.asarray(made(), jnp.float32), noise, BATCH.time, BATCH.condition
    )
    assert float(loss) == pytest.approx(expected, rel=1e-3)


def identity_loss(by, fake=(0.1, -0.2), scale=None, forget=0.3):
    """Score identity loss in NumPy, of a generator shifted by a constant; the scale of the unshifted one if given."""
    alpha, sigma = levels(TIME)
    x1 = made(by)
    x = alpha * x1 + sigma * NOISE
    p = exact(x, TIME, np.where(GONE, 1, LABEL))
    q = exact(x, TIME, LABEL) + fake
    scale = np.abs(p - x1).mean(-1) if scale is None else scale
    return weighted(((p - q) * ((p - x1) - 1.2 * (p - q))).sum(-1) / scale, forget), scale


def generator_loss(by):
    who = method("score_forgetting_distillation", forget=0.3)
    params = start(who)
    noise = jnp.asarray(NOISE, jnp.float32)
    return who.generator_loss(
        shifted(params, by), shifted(params, [0.1, -0.2]), BATCH.start, noise, BATCH.time, BATCH.condition
    )


def test_the_generators_loss_is_the_score_identity_with_the_safe_labels_score():
    assert float(generator_loss([0.4, 0.0])) == pytest.approx(identity_loss([0.4, 0.0])[0], rel=1e-3)


def test_its_gradient_flows_through_the_noised_points_and_not_through_the_scale():
    base = np.array([0.4, 0.0])
    _, scale = identity_loss(base)
    step = 1e-4
    slopes = [
        (identity_loss(base + d, scale=scale)[0] - identity_loss(base - d, scale=scale)[0]) / (2 * step)
        for d in step * np.eye(2)
    ]
    np.testing.assert_allclose(jax.grad(generator_loss)(jnp.asarray(base, jnp.float32)), slopes, rtol=0.01, atol=1e-3)


def test_an_update_moves_the_fake_and_then_the_generator_against_it():
    """Adam without momentum: the first step of every entry is the learning rate, against the sign of its gradient."""
    who = method("score_forgetting_distillation", lr=0.01)
    before = who.init(jax.random.key(3))
    key = jax.random.key(4)
    after = who.update(before, BATCH, key)
    noise = normals(key, start=(4, 2), fake=(4, 2), generator=(4, 2))
    time = 0.288 + (0.962 - 0.288) * BATCH.time
    x1 = who.make(before.params["generator"], BATCH.start, BATCH.condition)
    fake = jax.grad(who.fake_loss)(before.params["fake"], x1, noise["fake"], time, BATCH.condition)
    moved = after.params["fake"]
    generator = jax.grad(who.generator_loss)(
        before.params["generator"], moved, noise["start"], noise["generator"], time[::-1], BATCH.condition
    )
    for part, slope in (("fake", fake), ("generator", generator)):
        for layer in ("kernel", "bias"):
            step = after.params[part]["params"]["zero"][layer] - before.params[part]["params"]["zero"][layer]
            np.testing.assert_allclose(step, -0.01 * jnp.sign(slope["params"]["zero"][layer]), rtol=0.01, atol=1e-4)


def test_gradients_are_clipped_entry_by_entry_and_have_no_momentum():
    """Steps in mean squares of clipped gradients 1, then 0.5: 0.5 / sqrt((0.999 + 0.25) / (1 + 0.999))."""
    who = method("score_forgetting_distillation", lr=0.01)
    state = who.optimizer.init(jnp.zeros(1))
    _, state = who.optimizer.update(jnp.full(1, 30.0), state, jnp.zeros(1))
    step, _ = who.optimizer.update(jnp.full(1, 0.5), state, jnp.zeros(1))
    decay = (1 + np.cos(np.pi / 10)) / 2
    np.testing.assert_allclose(step, -0.01 * decay * 0.5 / ((0.999 + 0.25) / 1.999) ** 0.5, rtol=1e-3)


def test_a_label_is_forgotten_and_the_others_stay():
    task = ForgetClass()
    who = registry.load("methods", "conditional_generation/score_forgetting_distillation")(lr=0.004, forget=1.0)
    found, _ = trial.run(task, who, [1_000_000], 200, 1)
    values = {metric: curve[-1] for metric, curve in found[0].curve.items()}
    assert values["forget_rate"] < 0.2
    assert values["retained_distance"] < 0.2
