"""Weight decay, coupled and not, and steps of one size: weights by hand, update after update."""

from typing import Any

import jax
import numpy as np
import pytest
from scipy.stats import spearmanr

from tests.optimizers.small import BATCHES, START, Pull, directions, path, rule
from toybench.methods.optimizers.adam_l2 import AdamL2
from toybench.methods.optimizers.adamw import AdamW
from toybench.methods.optimizers.adamw_decoupled import AdamWDecoupled
from toybench.methods.optimizers.lion_l2_ball import LionL2Ball
from toybench.methods.optimizers.sgd_l2 import SGDL2
from toybench.methods.optimizers.sgdw import SGDW
from toybench.methods.optimizers.signum import Signum
from toybench.tasks.optimizers.noisy_teacher import NoisyTeacher

FACTORS = [1 - t / len(BATCHES) for t in range(len(BATCHES))]  # of the linear schedule without warm-up
FALLING = {"schedule": "linear", "warmup": 0.0}
STIFF = np.arange(1.0, START["map"].shape[1] + 1)


def by_hand(rate: float, decay: float, kind: str) -> np.ndarray:
    """Weights after each batch of the pull towards it; `kind` is the method's stem."""
    w = START["map"].astype(np.float64)
    m = v = np.zeros_like(w)
    found = []
    for t, (factor, batch) in enumerate(zip(FACTORS, BATCHES, strict=True), 1):
        g = STIFF * (w - batch["map"])
        inside = g + decay * w if kind in ("adam_l2", "sgd_l2") else g
        m = 0.9 * m + 0.1 * inside
        v = 0.999 * v + 0.001 * inside**2
        adam = m / (1 - 0.9**t) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        outside = {"adamw_decoupled": factor * decay, "sgdw": factor * decay, "adamw": factor * rate * decay}
        w = w - factor * rate * (adam if "adam" in kind else inside) - outside.get(kind, 0.0) * w
        found.append(w)
    return np.stack(found)


@pytest.mark.parametrize(
    ("cls", "kind"),
    [(AdamL2, "adam_l2"), (AdamWDecoupled, "adamw_decoupled"), (AdamW, "adamw"), (SGDL2, "sgd_l2"), (SGDW, "sgdw")],
)
def test_by_hand(cls: Any, kind: str) -> None:
    got = path(rule(cls, problem=Pull(), lr=0.1, decay=0.3, **FALLING), BATCHES)
    np.testing.assert_allclose(got, by_hand(0.1, 0.3, kind), rtol=1e-3, atol=1e-4)


def test_what_is_one_and_what_is_not() -> None:
    """SGD: a penalty is decoupled decay over the rate. AdamW's forms: likewise. Adam's penalty: neither."""

    def run(cls: Any, decay: float) -> np.ndarray:
        return path(rule(cls, problem=Pull(), lr=0.1, decay=decay, **FALLING), BATCHES)

    np.testing.assert_allclose(run(SGDL2, 0.3), run(SGDW, 0.03), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(run(AdamW, 0.3), run(AdamWDecoupled, 0.03), rtol=1e-5, atol=1e-6)
    assert np.abs(run(AdamL2, 0.3) - run(AdamW, 0.3)).max() > 0.01


@pytest.mark.parametrize(("cls", "coupled"), [(AdamWDecoupled, False), (SGDW, False), (AdamW, True)])
def test_the_published_decay_does_not_know_the_rate(cls: Any, coupled: bool) -> None:
    still = [{k: np.zeros_like(g) for k, g in batch.items()} for batch in BATCHES]
    slow, fast = (path(rule(cls, lr=lr, decay=0.2, **FALLING), still)[-1] for lr in (0.01, 0.5))
    shrunk = np.prod([1 - f * 0.2 * (0.5 if coupled else 1.0) for f in FACTORS])
    np.testing.assert_allclose(fast, START["map"] * shrunk, rtol=1e-4)
    assert (np.abs(slow - fast).max() > 0.1) == coupled


def test_signum_by_hand() -> None:
    m = 0.0
    expected = []
    for batch in BATCHES:
        m = 0.9 * m + 0.1 * batch["map"]
        expected.append(np.sign(m))
    np.testing.assert_allclose(directions(rule(Signum, decay=0.0), BATCHES), expected, atol=1e-5)
    assert any((np.sign(batch["map"]) != e).any() for batch, e in zip(BATCHES, expected, strict=True))


def test_lion_in_a_ball_by_hand() -> None:
    """The length is that of all weights together."""
    means = {k: np.zeros_like(v) for k, v in BATCHES[0].items()}
    expected = []
    for batch in BATCHES:
        mixed = {k: 0.9 * means[k] + 0.1 * batch[k] for k in means}
        means = {k: 0.99 * means[k] + 0.01 * batch[k] for k in means}
        expected.append(mixed["map"] / np.sqrt(sum((v**2).sum() for v in mixed.values())))
    np.testing.assert_allclose(directions(rule(LionL2Ball, decay=0.0), BATCHES), expected, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("cls", [Signum, LionL2Ball])
def test_decay_bounds_what_fixed_steps_reach(cls: Any) -> None:
    """At decay 1 the distance to the box, or the ball, shrinks by the rate at each update at least."""
    far = {k: 5.0 * v for k, v in START.items()}
    pushed = [{k: -np.abs(v) for k, v in batch.items()} for batch in BATCHES]  # outwards, for weights above 0
    method = rule(cls, start=far, lr=0.1, decay=1.0)
    bias, maps = (path(method, pushed, leaf) for leaf in ("bias", "map"))
    both = np.concatenate([bias.reshape(len(pushed), -1), maps.reshape(len(pushed), -1)], axis=1)
    first = np.concatenate([far["bias"].ravel(), far["map"].ravel()])
    size = (lambda w: np.abs(w).max(-1)) if cls is Signum else (lambda w: np.linalg.norm(w, axis=-1))
    outside = size(both) - 1
    assert (outside <= (size(first) - 1) * 0.9 ** np.arange(1, len(pushed) + 1) + 1e-4).all()


def columns_that_matter(aligned: bool) -> float:
    """Rank correlation, over eight worlds, of a column's scale with its share in the labels (linear regression)."""
    found = []
    for seed in range(8):
        world = NoisyTeacher(aligned=aligned).sample(jax.random.key(seed))
        inputs = np.asarray(world.validation.inputs, np.float64)
        scales = inputs.std(0)
        shares = np.abs(np.linalg.lstsq(inputs / scales, np.asarray(world.validation.labels, np.float64))[0])
        found.append(spearmanr(scales, shares).statistic)
    return float(np.mean(found))


def test_which_columns_the_teacher_reads() -> None:
    """Scaled ones: large columns make the labels. Raw ones: any column does."""
    assert columns_that_matter(aligned=True) > 0.6
    assert abs(columns_that_matter(aligned=False)) < 0.3


def test_without_scales_both_teachers_are_one() -> None:
    worlds = [NoisyTeacher(scale=0.0, aligned=aligned).sample(jax.random.key(3)) for aligned in (True, False)]
    np.testing.assert_array_equal(worlds[0].train.labels, worlds[1].train.labels)
