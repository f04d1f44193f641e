"""Rates of deep networks and of streams: the tasks by a second way, their rules by hand."""

import math
from dataclasses import dataclass
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from scipy import special

from toybench.blocks.descent import Problem, Start
from toybench.methods.learning_rates.adam import Adam
from toybench.methods.learning_rates.clipped_sgd import ClippedSGD
from toybench.methods.learning_rates.linear_warmup_sgd import LinearWarmupSGD
from toybench.methods.learning_rates.radam import RAdam
from toybench.methods.learning_rates.sgd_momentum import SGDMomentum
from toybench.methods.learning_rates.smb import SMB
from toybench.tasks.learning_rates import adaptive_rate, rate_robustness
from toybench.tasks.learning_rates.adaptive_rate import AdaptiveRateVariance
from toybench.tasks.learning_rates.rate_robustness import Deep, Examples, RateRobustness

TASK = RateRobustness(dim=3, width=4, centres=2, swept=3)
START = {"a": np.array([1.0, -2.0]), "b": np.array([[0.5], [1.5]])}
BATCHES = np.random.default_rng(0).normal(size=(5, 3, 4))


@dataclass(frozen=True)
class Bowl(Problem):
    """0.5 L |w - target|^2 over two tensors."""

    curve: float = 1.0

    def losses(self, weights: dict, batch: jax.Array) -> jax.Array:
        flat = jnp.concatenate([weights["a"], weights["b"][:, 0]])
        return 0.5 * self.curve * ((flat[None] - batch) ** 2).sum(1)


def flat(weights):
    return np.concatenate([np.ravel(weights["a"]), np.ravel(weights["b"])]).astype(np.float64)


def walked(rule, batches=BATCHES, spec=None, **fields):
    start = Start(weights=jax.tree.map(jnp.float32, START))
    method = rule(spec=spec or Bowl(), given=start, steps=len(batches), **fields)
    state = method.init(jax.random.key(0))
    path = []
    for batch in batches:
        state = method.update(state, jnp.float32(batch), jax.random.key(1))
        path.append(flat(method.weights(state)))
    return np.array(path)


def by_hand(direction, batches=BATCHES, curve=1.0):
    w = flat(START)
    path = []
    for t, batch in enumerate(batches, 1):
        w = w - direction(t, curve * (w - batch.mean(0)))
        path.append(w)
    return np.array(path)


def momentum(rate, shorten=lambda g: g, beta=0.6):
    velocity = np.zeros(4)

    def direction(t, gradient):
        nonlocal velocity
        velocity = beta * velocity + shorten(gradient)
        return rate(t) * velocity

    return direction


def test_momentum():
    np.testing.assert_allclose(walked(SGDMomentum, lr=0.2, beta=0.6), by_hand(momentum(lambda t: 0.2)), rtol=1e-4)


def test_a_warm_up_is_a_rise_of_the_rate():
    rising = by_hand(momentum(lambda t: 0.2 * min(1, t / (0.6 * 5))))
    found = walked(LinearWarmupSGD, lr=0.2, beta=0.6, share=0.6)
    np.testing.assert_allclose(found, rising, rtol=1e-4)
    np.testing.assert_allclose(walked(SGDMomentum, lr=0.2, beta=0.6, warmup=0.6), found, rtol=1e-4)
    none = walked(LinearWarmupSGD, lr=0.2, beta=0.6, share=0.0)
    np.testing.assert_allclose(none, walked(SGDMomentum, lr=0.2, beta=0.6), rtol=1e-5)


def test_clipping_shortens_long_gradients_alone():
    lengths = []

    def shorten(gradient):
        lengths.append(np.linalg.norm(gradient))
        return gradient * min(1, 2 / lengths[-1])

    found = walked(ClippedSGD, lr=0.5, beta=0.6, clip=2.0)
    np.testing.assert_allclose(found, by_hand(momentum(lambda t: 0.5, shorten)), rtol=1e-4)
    assert min(lengths) < 2 < max(lengths)
    plain = walked(SGDMomentum, lr=0.5, beta=0.6)
    np.testing.assert_allclose(walked(ClippedSGD, lr=0.5, beta=0.6, clip=1e6), plain, rtol=1e-5)


def test_rectified_adam():
    batches = np.random.default_rng(3).normal(size=(9, 3, 4))
    mean = np.zeros(4)
    square = np.zeros(4)
    most = 2 / (1 - 0.99) - 1
    adapted = []

    def direction(t, gradient):
        nonlocal mean, square
        mean = 0.8 * mean + 0.2 * gradient
        square = 0.99 * square + 0.01 * gradient**2
        rho = most - 2 * t * 0.99**t / (1 - 0.99**t)
        adapted.append(rho > 4)
        if not adapted[-1]:
            return 0.05 * mean / (1 - 0.8**t)
        r = math.sqrt((rho - 4) * (rho - 2) * most / ((most - 4) * (most - 2) * rho))
        return 0.05 * r * mean / (1 - 0.8**t) / (np.sqrt(square / (1 - 0.99**t)) + 0.1)

    found = walked(RAdam, batches=batches, lr=0.05, b1=0.8, b2=0.99, eps=0.1)
    np.testing.assert_allclose(found, by_hand(direction, batches), rtol=1e-4)
    assert adapted == [False] * 4 + [True] * 5


def test_rectified_adam_is_optax_with_the_papers_threshold():
    batches = np.random.default_rng(4).normal(size=(8, 3, 4))
    library = optax.chain(optax.scale_by_radam(b2=0.9, threshold=4.0), optax.scale(-0.1))
    w = jax.tree.map(jnp.float32, START)
    memory = library.init(w)
    with jax.numpy_dtype_promotion("standard"):
        for batch in batches:
            step, memory = library.update(jax.grad(Bowl().loss)(w, jnp.float32(batch)), memory, w)
            w = optax.apply_updates(w, step)
    np.testing.assert_allclose(walked(RAdam, batches=batches, lr=0.1, b2=0.9)[-1], flat(w), rtol=1e-3)


def test_the_rectification_has_its_known_values():
    rho, _ = RAdam().freedom(jnp.float32(5))
    assert float(rho) == pytest.approx(4.996, abs=1e-3)
    assert float(RAdam().freedom(jnp.float32(6))[1]) == pytest.approx(0.0258, abs=2e-4)
    factor = RAdam().rate_factor(None, jnp.array([4.0, 9.0]), 6)
    np.testing.assert_allclose(factor, np.array([1 / 2, 1 / 3]) * 0.0258, rtol=1e-2)
    np.testing.assert_allclose(RAdam().rate_factor(None, jnp.array([4.0, 9.0]), 3), 1)
    np.testing.assert_allclose(Adam(eps=1.0).rate_factor(None, jnp.array([4.0, 9.0]), 6), [1 / 3, 1 / 4])


def papers_step(s, g, y, eta=0.99):
    """Model building's step as the paper writes it."""
    norm = np.linalg.norm
    sigma = 0.5 * (norm(s) * (norm(y) + norm(g) / eta) - y @ s)
    theta = (y @ s + 2 * sigma) ** 2 - (s @ s) * (y @ y)
    c_g = -(s @ s) / (2 * sigma)
    c_s = c_g / theta * (-(y @ s + 2 * sigma) * (y @ g) + (y @ y) * (s @ g))
    c_y = c_g / theta * (-(y @ s + 2 * sigma) * (s @ g) + (s @ s) * (y @ g))
    return c_g * g + c_s * s + c_y * y


def test_the_models_step_is_the_papers():
    generator = np.random.default_rng(5)
    for eta in (0.99, 0.5):
        s, g, y = generator.normal(size=(3, 6))
        found = SMB(eta=eta).model_step(jnp.float32(s), jnp.float32(g), jnp.float32(y))
        np.testing.assert_allclose(found, papers_step(s, g, y, eta), rtol=1e-4)


@pytest.mark.parametrize(("curve", "share"), [(0.001, 0.0990), (1.0, 0.0826), (10.0, 0.0332), (100.0, 0.00476)])
def test_the_models_step_on_a_round_bowl(curve, share):
    """With a rate of 0.1: rate times eta where it is flat, 1 / (2 L) where it is steep."""
    g = jnp.array([1.0, -2.0, 3.0])
    s = -0.1 * g
    np.testing.assert_allclose(SMB().model_step(s, g, curve * s), -share * g, rtol=1e-2)


def test_model_building_keeps_a_good_step_and_replaces_a_bad_one_tensor_by_tensor():
    centre = np.zeros((1, 4))
    good = walked(SMB, batches=[centre], spec=Bowl(budget="steps"), lr=0.3)
    np.testing.assert_allclose(good[0], flat(START) * 0.7, rtol=1e-5)
    bad = walked(SMB, batches=[centre], spec=Bowl(curve=10.0, budget="steps"), lr=0.3)
    expected = []
    for part in (flat(START)[:2], flat(START)[2:]):
        g = 10 * part
        expected.append(part + papers_step(-0.3 * g, g, -10 * 0.3 * g))
    np.testing.assert_allclose(bad[0], np.concatenate(expected), rtol=1e-4)
    edge = 2 * (1 - 0.1)  # the largest step that passes, over 1 / L
    kept = walked(SMB, batches=[centre], spec=Bowl(budget="steps"), lr=edge - 0.01)
    np.testing.assert_allclose(kept[0], flat(START) * (1 - edge + 0.01), rtol=1e-4)
    changed = walked(SMB, batches=[centre], spec=Bowl(budget="steps"), lr=edge + 0.01)
    assert np.abs(changed[0] - flat(START) * (1 - edge - 0.01)).max() > 0.1


def test_model_building_without_gradient_stays():
    found = SMB().model_step(jnp.zeros(3), jnp.zeros(3), jnp.zeros(3))
    np.testing.assert_array_equal(found, 0)
    assert SMB.cost == 2


def forward(weights, x, normed):
    for layer in weights[:-1]:
        x = x @ layer["w"] + layer["b"]
        if normed:
            x = (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + 1e-6)
        x = np.maximum(x, 0)
    return x @ weights[-1]["w"] + weights[-1]["b"]


def world_of(task=TASK):
    return task.sample(jax.random.key(7))


@pytest.mark.parametrize("normed", [False, True])
def test_the_networks_loss_is_cross_entropy(normed):
    world = world_of()
    batch = jax.tree.map(lambda leaf: leaf[:20], world.test)
    weights = jax.tree.map(lambda leaf: np.float64(leaf) + 0.05, world.start)
    logits = forward(weights, np.float64(batch.x), normed)
    expected = special.logsumexp(logits, axis=1) - logits[np.arange(20), np.asarray(batch.y)]
    found = Deep(layer_norm=normed).losses(jax.tree.map(jnp.float32, weights), batch)
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("size", [400.0, 1e30, np.inf])
def test_lost_weights_have_a_large_loss_and_no_gradient(size):
    world = world_of()
    weights = jax.tree.map(lambda leaf: leaf + size, world.start)
    loss, gradient = jax.value_and_grad(Deep().loss)(weights, world.test)
    assert loss == 1e6
    assert all((np.asarray(leaf) == 0).all() for leaf in jax.tree.leaves(gradient))


def test_the_start_is_hes_times_the_gain_and_classes_are_gaussians():
    task = RateRobustness()
    world = task.sample(jax.random.key(1))
    for layer, side in zip(world.start, [16, 48, 48, 48, 48, 48], strict=True):
        assert np.std(layer["w"]) * (side / 2) ** 0.5 == pytest.approx(1.5, rel=0.07)
        assert layer["w"].shape[0] == side
    _, batch = task.draw(world, jax.random.key(2), None)
    away = np.asarray(batch.x)[:, None] - np.asarray(world.centres).reshape(80, 16)[None]
    near = np.argmin((away**2).sum(2), 1)
    assert np.mean(near // 8 == np.asarray(batch.y)) > 0.95
    assert np.std(away[np.arange(64), near]) == pytest.approx(0.7, abs=0.05)
    assert set(np.asarray(world.test.y).tolist()) == set(range(10))


def judged(losses, rates, task=TASK):
    """What the task says of networks with these losses: of constant logits, on a test set of one class."""
    world = world_of(task)
    world = world._replace(test=Examples(x=world.test.x, y=jnp.zeros_like(world.test.y)))
    zeros = jax.tree.map(jnp.zeros_like, world.start)

    def network(loss):
        # logits (a, 0, ..., 0): loss log(1 + 9 exp(-a))
        a = -math.log(math.expm1(loss) / 9)
        return [*zeros[:-1], {"w": zeros[-1]["w"], "b": zeros[-1]["b"].at[0].set(a)}]

    stacked = jax.tree.map(lambda *leaves: jnp.stack(leaves), *[network(loss) for loss in [*losses, 9.0]])
    learner = SimpleNamespace(weights=lambda: stacked, rate=lambda: jnp.array([*rates, 5.0]))
    return task.evaluate(world, jax.random.key(0), learner)


def test_the_loss_over_rates_is_capped_and_leaves_the_tuned_state_out():
    found = judged([0.5, 1.0, 7.0], [0.01, 0.1, 1.0])
    assert found["loss_over_rates"] == pytest.approx((0.5 + 1.0 + math.log(10)) / 3, rel=1e-4)
    assert found["best_loss"] == pytest.approx(0.5, rel=1e-4)
    assert found["max_stable_log_rate"] == pytest.approx(-1, abs=1e-4)


def test_the_largest_stable_rate_may_lie_beyond_a_hole_or_below_the_grid():
    assert judged([0.5, 2.0, 1.4], [0.01, 0.1, 1.0])["max_stable_log_rate"] == pytest.approx(0, abs=1e-4)
    assert judged([2.0, 1.6, 2.2], [0.01, 0.1, 1.0])["max_stable_log_rate"] == pytest.approx(-3, abs=1e-4)


def test_sharpness_is_the_largest_eigenvalue_times_half_the_rate():
    """Of logits on a bias alone: the Hessian is diag(p) - p p^T in the last bias, p = softmax."""
    rate = 0.1
    found = judged([0.5, 1.0, 7.0], [0.01, rate, 1.0])["log_sharpness_rate"]
    p = np.full(10, (1 - math.exp(-1.0)) / 9)
    p[0] = math.exp(-1.0)
    largest = np.linalg.eigvalsh(np.diag(p) - np.outer(p, p))[-1]
    assert found == pytest.approx(math.log(largest * rate / 2), abs=0.02)


def test_a_network_trains_at_some_rates_and_the_floor_at_none():
    task = RateRobustness(width=16, swept=3)
    world = task.sample(jax.random.key(0))
    floor = task.evaluate(world, jax.random.key(0), task.floor(world))
    assert floor["loss_over_rates"] == pytest.approx(math.log(10), rel=1e-3)
    assert floor["max_stable_log_rate"] == pytest.approx(-4, abs=1e-3)
    method = SGDMomentum(spec=task.spec, given=task.given(world), steps=60)
    update = jax.jit(method.update)
    draw = jax.jit(task.draw, static_argnums=2)
    state = method.init(jax.random.key(0))
    for key in jax.random.split(jax.random.key(1), 60):
        state = update(state, draw(world, key, None)[1], key)
    weights = jax.tree.map(np.asarray, state.params)
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(weights))
    losses = [float(task.spec.loss(jax.tree.map(lambda leaf, i=i: leaf[i], weights), world.test)) for i in range(3)]
    assert losses[2] > 1e5  # at a rate of 10 the weights are lost
    assert losses[0] < float(task.spec.loss(world.start, world.test))


def test_variances_of_the_rate():
    """The closed form by the paper's Beta function, its first-order form, and both values at t = 6 and 10."""
    for rho in (5.0, 12.0, 80.0):
        beta = special.beta((rho - 1) / 2, (rho - 1) / 2)
        papers = rho / (rho - 2) - rho * 2 ** (2 * rho - 5) / np.pi * beta**2
        assert adaptive_rate.exact_variance(rho) == pytest.approx(papers, rel=1e-6)
    rho = adaptive_rate.freedom(6)
    assert adaptive_rate.exact_variance(rho) == pytest.approx(0.175, abs=2e-3)
    assert rho / (2 * (rho - 2) * (rho - 4)) == pytest.approx(0.376, abs=3e-3)
    assert adaptive_rate.exact_variance(adaptive_rate.freedom(10)) == pytest.approx(0.0757, abs=5e-4)


def test_the_mean_square_is_a_forgetting_one_corrected_for_its_start():
    squares = np.random.default_rng(0).chisquare(1, size=12)
    mean = 0.0
    for g2 in squares[:8]:
        mean = 0.999 * mean + 0.001 * g2
    found = adaptive_rate.averaging(12, 8) @ squares
    assert found == pytest.approx(mean / (1 - 0.999**8), rel=1e-5)
    assert adaptive_rate.averaging(12, 8).sum() == pytest.approx(1, rel=1e-5)


def test_the_gap_and_the_ratio_are_of_the_rules_factor():
    task = AdaptiveRateVariance(streams=500, settled=40)
    world = task.sample(jax.random.key(0))
    assert world.early.shape == (6, 500)
    assert world.late.shape == (40,)
    found = task.evaluate(world, jax.random.key(0), SimpleNamespace(rate_factor=lambda square, count: square * count))
    early = np.float64(world.early)
    variances = [np.var(early[i] * t) for i, t in enumerate(adaptive_rate.TIMES)]
    exact = [adaptive_rate.exact_variance(adaptive_rate.freedom(t)) for t in adaptive_rate.TIMES]
    gap = np.mean(np.abs(np.array(variances) / exact - 1))
    np.testing.assert_allclose(found["exact_variance_gap"], gap, rtol=1e-3)
    np.testing.assert_allclose(
        found["early_variance_ratio"], variances[0] / np.var(np.float64(world.late) * 2000), rtol=1e-3
    )
    np.testing.assert_allclose(early.mean(1), 1, atol=0.15)
    assert pytest.approx(np.log(10)) == rate_robustness.CHANCE
