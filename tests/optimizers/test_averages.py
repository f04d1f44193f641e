"""Rules of averages: every direction by hand, gradient after gradient."""

import jax
import numpy as np
import pytest

from tests.optimizers.small import BATCHES, START, Pull, directions, path, rule, states, stiffness
from toybench.blocks.descent import Now
from toybench.methods.optimizers.adafactor import Adafactor
from toybench.methods.optimizers.adagrad import Adagrad
from toybench.methods.optimizers.adam import Adam
from toybench.methods.optimizers.adamw import AdamW
from toybench.methods.optimizers.lion import Lion
from toybench.methods.optimizers.nadamw import NAdamW
from toybench.methods.optimizers.prodigy import Prodigy
from toybench.methods.optimizers.radam import RAdam
from toybench.methods.optimizers.schedule_free_adamw import ScheduleFreeAdamW
from toybench.methods.optimizers.sgd_momentum import SGDMomentum
from toybench.methods.optimizers.sophia import Sophia

GRADIENTS = [b["map"].astype(np.float64) for b in BATCHES]


def adam_by_hand(gradients, b1=0.9, b2=0.999, eps=1e-8, nesterov=False):
    m = v = 0.0
    found = []
    for t, g in enumerate(gradients, 1):
        m = b1 * m + (1 - b1) * g
        v = b2 * v + (1 - b2) * g**2
        mean = m / (1 - b1**t)
        if nesterov:
            mean = b1 * m / (1 - b1 ** (t + 1)) + (1 - b1) * g / (1 - b1**t)
        found.append(mean / (np.sqrt(v / (1 - b2**t)) + eps))
    return found


def momentum_by_hand(gradients):
    m = 0.0
    return [m := 0.9 * m + g for g in gradients]


def adagrad_by_hand(gradients):
    return [g / np.sqrt(sum(h**2 for h in gradients[: i + 1])) for i, g in enumerate(gradients)]


def lion_by_hand(gradients):
    m = 0.0
    found = []
    for g in gradients:
        found.append(np.sign(0.9 * m + 0.1 * g))
        m = 0.99 * m + 0.01 * g
    return found


@pytest.mark.parametrize(
    ("cls", "by_hand"),
    [
        (SGDMomentum, momentum_by_hand),
        (Adam, adam_by_hand),
        (AdamW, adam_by_hand),
        (NAdamW, lambda g: adam_by_hand(g, nesterov=True)),
        (Adagrad, adagrad_by_hand),
        (Lion, lion_by_hand),
    ],
)
def test_directions_are_those_of_the_equations(cls, by_hand):
    np.testing.assert_allclose(directions(rule(cls, decay=0.0), BATCHES), by_hand(GRADIENTS), rtol=2e-4, atol=2e-5)


def test_adamw_without_decay_is_adam_bit_for_bit():
    assert (path(rule(AdamW, decay=0.0), BATCHES) == path(rule(Adam), BATCHES)).all()


def test_decay_stands_beside_the_step():
    first = path(rule(AdamW, decay=0.5), BATCHES[:1])[0]
    np.testing.assert_allclose(first, START["map"] - 0.1 * (np.sign(GRADIENTS[0]) + 0.5 * START["map"]), atol=1e-5)


def test_adam_without_averages_is_the_sign():
    np.testing.assert_allclose(directions(rule(Adam, b1=0.0, b2=0.0), BATCHES), np.sign(GRADIENTS), atol=1e-4)


def test_radam_takes_plain_momentum_while_the_variance_is_unknown():
    found = directions(rule(RAdam, decay=0.0), BATCHES)
    adam = adam_by_hand(GRADIENTS)
    m = 0.0
    top = 2 / (1 - 0.999) - 1
    for t, g in enumerate(GRADIENTS, 1):
        m = 0.9 * m + 0.1 * g
        rho = top - 2 * t * 0.999**t / (1 - 0.999**t)
        if rho > 4:
            r = np.sqrt((rho - 4) * (rho - 2) * top / ((top - 4) * (top - 2) * rho))
            np.testing.assert_allclose(found[t - 1], r * adam[t - 1], rtol=0.03)  # rho is a difference of thousands
        else:
            np.testing.assert_allclose(found[t - 1], m / (1 - 0.9**t), rtol=1e-3, atol=1e-5)
    assert rho == pytest.approx(5.994, abs=0.01)
    assert r == pytest.approx(0.0258, abs=0.0005)  # r_6, as in the paper's formula


def test_adafactor_has_rows_times_columns():
    gradients = [np.random.default_rng(i).normal(size=(8, 9)) for i in range(3)]
    batches = [{"bias": np.ones(9, np.float32), "map": g.astype(np.float32)} for g in gradients]
    start = {"bias": np.zeros(9, np.float32), "map": np.zeros((8, 9), np.float32)}
    found = directions(rule(Adafactor, start=start, decay=0.0), batches)
    rows = columns = 0.0
    for t, g in enumerate(gradients, 1):
        b = 1 - t**-0.8
        rows = b * rows + (1 - b) * (g**2).mean(1)
        columns = b * columns + (1 - b) * (g**2).mean(0)
        u = g / np.sqrt(rows[:, None] * columns[None] / rows.mean())
        np.testing.assert_allclose(found[t - 1], u / max(1, np.sqrt((u**2).mean())), rtol=1e-4, atol=1e-6)


def test_schedule_free_judges_the_average_and_moves_between():
    bound = rule(ScheduleFreeAdamW, warmup=0.5, decay=0.2, lr=0.1)
    found = states(bound, BATCHES[:4])
    z = x = y = START["map"].astype(np.float64)
    v = weight = 0.0
    for t, (g, factor) in enumerate(zip(GRADIENTS[:4], (1 / 3, 2 / 3, 1, 1), strict=True), 1):
        rate = 0.1 * factor
        v = 0.999 * v + 0.001 * g**2
        z = z - rate * (g / (np.sqrt(v / (1 - 0.999**t)) + 1e-8) + 0.2 * y)
        weight += rate**2
        c = rate**2 / weight
        x = (1 - c) * x + c * z
        y = 0.1 * z + 0.9 * x
        np.testing.assert_allclose(found[t - 1].params["map"], y, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(bound.weights(found[t - 1])["map"], x, rtol=1e-4, atol=1e-5)


def test_prodigy_estimates_the_distance():
    bound = rule(Prodigy, lr=1.0, decay=0.1, first=0.01, b1=0.6, b2=0.5)
    same = [BATCHES[0]] * 4
    found = states(bound, same)
    w = {k: v.astype(np.float64) for k, v in START.items()}
    first = dict(w)
    d, r = 0.01, 0.0
    m = dict.fromkeys(w, 0.0)
    v = dict.fromkeys(w, 0.0)
    s = dict.fromkeys(w, 0.0)
    for t, batch in enumerate(same, 1):
        rate = d * np.sqrt(1 - 0.5**t) / (1 - 0.6**t)
        r = np.sqrt(0.5) * r + d / 0.01 * rate * sum((batch[k] * (first[k] - w[k])).sum() for k in w)
        grown = d
        for k, g in batch.items():
            m[k] = 0.6 * m[k] + 0.4 * d * g
            v[k] = 0.5 * v[k] + 0.5 * (d * g) ** 2
            s[k] = np.sqrt(0.5) * s[k] + d * d * g / 0.01
        grown = max(d, r / sum(np.abs(s[k]).sum() for k in w))
        w = {k: w[k] - rate * (m[k] / (np.sqrt(v[k]) + grown * 1e-8) + 0.1 * w[k]) for k in w}
        d = grown
        np.testing.assert_allclose(found[t - 1].params["map"], w["map"], rtol=1e-4)
    assert d > 0.01


def test_prodigy_without_averages_steps_along_the_sign():
    moved = directions(rule(Prodigy, lr=1.0, b1=0.0, b2=0.0, first=0.01, decay=0.0), BATCHES)
    np.testing.assert_allclose(moved / np.abs(moved).max((1, 2), keepdims=True), np.sign(GRADIENTS), atol=1e-3)


def test_sophia_clips_a_step_over_the_diagonal():
    """Of a diagonal Hessian one probe of signs is exact."""
    bound = rule(Sophia, Pull(), lr=0.01, decay=0.1, gamma=2.0, every=2)
    found = states(bound, BATCHES[:4])
    w = START["map"].astype(np.float64)
    diagonal = np.asarray(stiffness(w), np.float64)
    m = h = 0.0
    for t, batch in enumerate(BATCHES[:4], 1):
        m = 0.965 * m + 0.035 * diagonal * (w - batch["map"])
        u = np.clip(m / (1 - 0.965**t) / np.maximum(2.0 * h, 1e-8), -1, 1)
        w = w - 0.01 * (u + 0.1 * w)
        h = 0.99 * h + 0.01 * diagonal if t % 2 == 1 else h
        np.testing.assert_allclose(found[t - 1].params["map"], w, rtol=1e-4, atol=1e-5)


def test_sophia_is_slower_where_the_curvature_is_known_and_high():
    loose = directions(rule(Sophia, Pull(), lr=1e-4, decay=0.0, gamma=50.0), BATCHES[:3])[1:]
    assert (np.abs(loose) < 0.999).any()
    assert Now(lr=1.0, decay=0.0, factor=0.5, done=0).rate == 0.5
    assert jax.tree.leaves(START)[0].shape == (5,)
