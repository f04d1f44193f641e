"""Main networks and hypernetworks by loops, the law of their start, and what the diary of training says."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from toybench.methods.hypernetworks import _hypernet
from toybench.plugins import registry
from toybench.tasks.hypernetworks import Points, Spec, count_weights, is_kernel, kernel_std, main_network

STEMS = (
    "default_hypernetwork",
    "input_encoding_only",
    "residual_only",
    "normalized_hypernetwork",
    "mip_hypernetwork",
)
RESIDUAL = ("residual_only", "mip_hypernetwork")
ENCODED = ("input_encoding_only", "mip_hypernetwork")
KEY = jax.random.key(3)


def task(**knobs):
    return registry.load("tasks", "hypernetworks/hypernetwork_regression")(**knobs)


def make(stem, optimizer="adam", **fields):
    spec = Spec(optimizer=optimizer, early=(1, 3))
    return registry.load("methods", f"hypernetworks/{stem}")(spec=spec, steps=10, **fields)


def array(*shape, seed=0):
    return jnp.asarray(np.random.default_rng(seed).normal(size=shape), jnp.float32)


def noisy(stem, **fields):
    """A method, and a state with random biases, too."""
    method = make(stem, **fields)
    state = jax.jit(method.init)(KEY)
    biases = tuple(b + 0.3 * array(*b.shape, seed=i) for i, b in enumerate(state.params.biases))
    return method, state._replace(params=state.params._replace(biases=biases))


GAMMA = jax.random.uniform(jax.random.key(1), (6, 2))
X = array(6, 4, seed=8)
BATCH = Points(gamma=GAMMA, x=X, y=jnp.sin(X))


def leaky(x):
    return np.where(x > 0, x, 0.01 * x)


def test_the_main_network_by_loops():
    weights = 0.5 * array(6, count_weights())
    assert count_weights() == 16 + 16 + 256 + 16 + 16 + 1 == 321
    found = main_network(weights, X)
    for flat, xs, answers in zip(np.asarray(weights, np.float64), X, found, strict=True):
        first, one, second, two, third, last = np.split(flat, np.cumsum([16, 16, 256, 16, 16]))
        for x, answer in zip(np.asarray(xs), answers, strict=True):
            h = leaky(first * x + one)
            h = leaky(h @ second.reshape(16, 16) + two)
            assert float(answer) == pytest.approx(float((h * third).sum() + last[0]), abs=1e-3)


def test_what_main_networks_start_with():
    kernels = np.asarray(is_kernel())
    assert kernels.sum() == 288 and set(kernels) == {0.0, 1.0}
    assert not kernels[16:32].any() and kernels[32:288].all() and not kernels[320]
    std = np.asarray(kernel_std())
    gain = np.sqrt(2 / 1.0001)
    np.testing.assert_allclose(
        std[[0, 20, 40, 300, 310, 320]], gain * np.array([1, 1, 0.25, 0.25, 0.25, 0.25]), rtol=1e-5
    )


def test_waves_by_hand():
    one = task()
    world = jax.jit(one.sample)(KEY)
    gamma, x, y = (np.asarray(part, np.float64) for part in world)
    assert gamma.shape == (256, 2) and x.shape == (256, 16)
    assert gamma.min() >= 0 and gamma.max() <= 1 and np.abs(x).max() <= 2 and np.abs(x).max() > 1.9
    np.testing.assert_allclose(y, np.sin((1 + 4 * gamma[:, :1]) * x + 2 * np.pi * gamma[:, 1:]), atol=1e-4)
    same, batch = one.draw(world, KEY, None)
    assert same is world and batch.gamma.shape == (32, 2) and batch.y.shape == (32, 16)


def test_references():
    one = task()
    world = jax.jit(one.sample)(KEY)
    floor = one.evaluate(world, KEY, one.floor(world))
    assert float(floor["log10_loss"]) == pytest.approx(np.log10(0.5), abs=0.03)
    assert float(one.evaluate(world, KEY, one.oracle(world))["log10_loss"]) == pytest.approx(-6)


@pytest.mark.parametrize("power", [0.0, 0.5, 2.0])
def test_the_exponent_of_a_power(power):
    found = task().exponent(GAMMA, lambda gamma: 3 * jnp.linalg.norm(gamma, axis=1, keepdims=True) ** power)
    assert float(found) == pytest.approx(power, abs=1e-3)


@pytest.mark.parametrize("stem", STEMS)
def test_the_law_of_the_start(stem):
    """In proportion to gamma where nothing is changed, to a power near 0 elsewhere."""
    method = make(stem, scale=0.3)
    state = jax.jit(method.init)(KEY)
    exponent = float(task().exponent(GAMMA, lambda gamma: method.first_weights(state, gamma)))
    if stem == "default_hypernetwork":
        assert exponent == pytest.approx(1, abs=1e-3)
        np.testing.assert_allclose(
            method.first_weights(state, 0.25 * GAMMA), 0.25 * method.first_weights(state, GAMMA), atol=1e-5
        )
    else:
        assert abs(exponent) < 0.3
    if stem == "normalized_hypernetwork":
        assert abs(exponent) < 0.01


@pytest.mark.parametrize("stem", STEMS)
def test_generated_weights_by_numpy(stem):
    method, state = noisy(stem)
    first, second, last = (np.asarray(k, np.float64) for k in state.params.kernels)
    one, two, own = (np.asarray(b, np.float64) for b in state.params.biases)
    z = np.asarray(GAMMA, np.float64)
    if stem in ENCODED:
        z = np.concatenate([np.cos(np.pi * z / 2), np.sin(np.pi * z / 2)], 1)
        np.testing.assert_allclose((z**2).sum(1), 2)

    def act(h):
        if stem == "normalized_hypernetwork":
            h = (h - h.mean(1, keepdims=True)) / np.sqrt(h.var(1, keepdims=True) + 1e-5)
        return leaky(h)

    wanted = act(act(z @ first + one) @ second + two) @ last + own
    np.testing.assert_allclose(method.generate(state.params, GAMMA), wanted, atol=1e-3)
    np.testing.assert_allclose(
        method.respond(state, GAMMA, X), main_network(jnp.asarray(wanted, jnp.float32), X), atol=1e-3
    )


@pytest.mark.parametrize("stem", STEMS)
def test_the_start_has_the_size_that_its_scale_says(stem):
    """Over 60 starts, the spread of h's part of each kernel, in units of He's; and theta_0 is a network's own start."""
    method = make(stem, scale=0.5)
    gamma = jax.random.uniform(jax.random.key(2), (20, 2))

    def parts(key):
        params = method.begin(key)
        return method.generate(params, gamma) - params.biases[2][None, :], params.biases[2]

    h, own = jax.jit(jax.vmap(parts))(jax.random.split(KEY, 60))
    ratio = jnp.sqrt((h**2).mean((0, 1))) / kernel_std()
    assert float(ratio[:32].mean()) == pytest.approx(0.5, rel=0.1)
    assert float(ratio[32:].mean()) == pytest.approx(0.5, rel=0.1)
    if stem in RESIDUAL:
        np.testing.assert_array_equal(own[:, 16:32], 0)
        assert float(own[:, 32:288].std()) == pytest.approx(np.sqrt(2) / 4, rel=0.03)
    else:
        np.testing.assert_array_equal(own, 0)


@pytest.mark.parametrize("stem", ["default_hypernetwork", "mip_hypernetwork"])
def test_the_librarys_start_has_one_variance(stem):
    params = jax.jit(make(stem, start="library", scale=9.0).begin)(KEY)
    assert float(params.kernels[2].std()) == pytest.approx(321**-0.5, rel=0.03)
    assert float(params.kernels[2][:, :32].std()) == pytest.approx(321**-0.5, rel=0.1)
    same = jax.jit(make(stem, scale=0.1).begin)(KEY)
    jax.tree.map(np.testing.assert_array_equal, params.kernels[:2], same.kernels[:2])


def test_without_h_it_is_one_network_for_all():
    method = make("mip_hypernetwork", scale=0.0)
    state = jax.jit(method.init)(KEY)
    weights = method.first_weights(state, GAMMA)
    np.testing.assert_array_equal(weights, jnp.broadcast_to(weights[:1], weights.shape))
    assert float(jnp.abs(weights).max()) > 0.5


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_steps_and_the_diary_by_optax(optimizer):
    """Four updates; the second and third are the early ones."""
    method, state = noisy("mip_hypernetwork", optimizer=optimizer, lr=0.002)
    by_hand = optax.adam(0.002) if optimizer == "adam" else optax.sgd(0.006, momentum=0.9)
    params = state.params

    def loss(params):
        return ((main_network(method.generate(params, GAMMA), X) - BATCH.y) ** 2).mean()

    losses, norms = [], []
    with jax.numpy_dtype_promotion("standard"):
        memory = by_hand.init(params)
        for _ in range(4):
            losses.append(float(loss(params)))
            gradient = jax.grad(loss)(params)
            norms.append(float(jnp.sqrt(sum((leaf**2).sum() for leaf in jax.tree.leaves(gradient)))))
            step, memory = by_hand.update(gradient, memory, params)
            params = optax.apply_updates(params, step)
    update = jax.jit(method.update)
    start = state.params
    state = state._replace(first=start)
    for _ in range(4):
        state = update(state, BATCH, KEY)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-4), state.params, params)
    history = method.history(state)
    assert float(history.early_loss) == pytest.approx(np.mean(losses[1:3]), rel=1e-3)
    assert float(history.norm_mean) == pytest.approx(np.mean(norms), rel=1e-3)
    assert float(history.norm_std) == pytest.approx(np.std(norms), rel=2e-2)
    jax.tree.map(np.testing.assert_array_equal, state.first, start)
    np.testing.assert_allclose(method.first_weights(state, GAMMA), method.generate(start, GAMMA), atol=1e-5)


def test_metrics_are_what_the_diary_says():
    one = task()
    world = jax.jit(one.sample)(KEY)
    learner = one.floor(world)
    learner.history = lambda: _hypernet.History(
        early_loss=jnp.float32(0.01), norm_mean=jnp.float32(4.0), norm_std=jnp.float32(1.0)
    )
    found = one.evaluate(world, KEY, learner)
    assert float(found["log10_early_loss"]) == pytest.approx(-2) and float(found["gradient_spread"]) == pytest.approx(
        0.25
    )


@pytest.mark.parametrize("stem", STEMS)
def test_steps_lower_the_error_of_a_batch(stem):
    method = make(stem)
    state = jax.jit(method.init)(KEY)
    end = jax.jit(lambda s: jax.lax.fori_loop(0, 150, lambda _, s: method.update(s, BATCH, KEY), s))(state)
    before = ((method.respond(state, GAMMA, X) - BATCH.y) ** 2).mean()
    assert float(((method.respond(end, GAMMA, X) - BATCH.y) ** 2).mean()) < 0.3 * float(before)
