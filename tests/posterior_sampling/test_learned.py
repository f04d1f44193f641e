"""The amortised samplers: schedules, losses and levels, against formulas written out in numpy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.methods.posterior_sampling import _amortised as amortised
from toybench.methods.posterior_sampling import cvdm
from toybench.plugins import registry
from toybench.tasks.posterior_sampling import MeasuredSpec, Pairs

SPEC = MeasuredSpec(dims=4, measured=2, operator="mask", calls=5)


def make(stem, **values):
    return registry.load("methods", f"posterior_sampling/{stem}")(spec=SPEC, steps=40, **values)


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("linear", np.exp(-(0.1 * 0.3 + 9.95 * 0.09))),
        ("cosine", np.cos(0.15 * np.pi) ** 2),
        ("sigmoid", (1 / (1 + np.exp(-3)) - 1 / (1 + np.exp(1.2))) / (1 / (1 + np.exp(-3)) - 1 / (1 + np.exp(3)))),
    ],
)
def test_schedules_by_hand(schedule: str, expected: float) -> None:
    method = make("conditional_ddpm", schedule=schedule)
    gamma = np.asarray(method.gamma(jnp.array([0.0, 0.3, 1.0])))
    assert gamma[1] == pytest.approx(expected, rel=1e-4)
    assert gamma[0] == pytest.approx(0.99999, abs=2e-5)
    assert gamma[2] < 1e-4


def test_times_are_uniform_and_noise_normal() -> None:
    drawn = amortised.draws(jax.random.key(0), 4000, 2)
    np.testing.assert_allclose(np.quantile(drawn.time, [0.1, 0.5, 0.9]), [0.1, 0.5, 0.9], atol=0.03)
    np.testing.assert_allclose(drawn.noise.std(0), 1.0, atol=0.05)


def test_the_network_is_told_the_level() -> None:
    params = amortised.start(SPEC, jax.random.key(0))
    x = jnp.ones((3, 4))
    y = jnp.zeros((3, 2))
    low = amortised.predict(SPEC, params, x, y, jnp.full((3, 4), 0.2))
    high = amortised.predict(SPEC, params, x, y, jnp.full((3, 4), 0.9))
    one = amortised.predict(SPEC, params, x, y, jnp.full((3, 4), 0.2).at[:, 0].set(0.3))
    assert float(jnp.abs(low - high).max()) > 0.01
    assert float(jnp.abs(low - one).max()) > 1e-4
    assert float(jnp.abs(low - amortised.predict(SPEC, params, x, y + 1, jnp.full((3, 4), 0.2))).max()) > 0.01


def test_denoising_loss_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """A network that answers its input: the error is sqrt(g) x + (sqrt(1 - g) - 1) noise."""
    monkeypatch.setattr(amortised, "predict", lambda spec, params, x, y, gamma: x)
    draw = np.random.default_rng(0)
    x, noise, gamma = draw.normal(size=(6, 4)), draw.normal(size=(6, 4)), draw.uniform(0.1, 0.9, size=(6, 1))
    expected = ((np.sqrt(gamma) * x + (np.sqrt(1 - gamma) - 1) * noise) ** 2).mean()
    found = amortised.denoising_loss(SPEC, None, *(jnp.asarray(v, jnp.float32) for v in (x, x[:, :2], gamma, noise)))
    assert float(found) == pytest.approx(expected, rel=1e-5)


def test_the_right_noise_leads_to_the_prior(monkeypatch: pytest.MonkeyPatch) -> None:
    """For x ~ N(m, s^2) the exact prediction is known: many steps end at this law."""
    mean, std = 0.8, 0.4

    def exact(spec, params, x, y, gamma):
        spread = gamma * std**2 + 1 - gamma
        return jnp.sqrt(1 - gamma) * (x - jnp.sqrt(gamma) * mean) / spread

    monkeypatch.setattr(amortised, "predict", exact)
    gammas = make("conditional_ddpm").gamma(1 - jnp.arange(300) / 300)
    levels = jnp.broadcast_to(gammas[:, None], (300, 4))
    x = np.asarray(amortised.descend(SPEC, None, jnp.zeros(2), levels, jax.random.key(0), 3000))
    np.testing.assert_allclose(x.mean(0), mean, atol=0.03)
    np.testing.assert_allclose(x.std(0), std, atol=0.025)


def test_an_ancestral_step_by_hand() -> None:
    """Two coordinates with levels of their own, 0.3 to 0.5 and 0.6 to 0.61; the denoised point is clipped at 4."""
    gamma, after = np.array([0.3, 0.6]), np.array([0.5, 0.61])
    x, eps, noise = np.array([[1.0, 9.0]]), np.array([[0.4, 0.2]]), np.array([[0.7, -1.0]])
    x1 = np.minimum((x - np.sqrt(1 - gamma) * eps) / np.sqrt(gamma), 4.0)
    alpha = gamma / after
    mean = np.sqrt(after) * (1 - alpha) / (1 - gamma) * x1 + np.sqrt(alpha) * (1 - after) / (1 - gamma) * x
    expected = mean + np.sqrt((1 - after) / (1 - gamma) * (1 - alpha)) * noise
    level = amortised.Level(gamma=jnp.asarray(gamma, jnp.float32), following=jnp.asarray(after, jnp.float32))
    found = amortised.ancestral(*(jnp.asarray(v, jnp.float32) for v in (x, eps, noise)), level)
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    last = amortised.Level(gamma=level.gamma, following=jnp.ones(2))
    np.testing.assert_allclose(amortised.ancestral(*map(jnp.asarray, (x, eps, noise)), last), x1, rtol=1e-5)


def schedule(slope, shift, rate_slope, rate_shift):
    method = make("cvdm", penalty=0.01)
    params = method.init(jax.random.key(0)).params
    for name, a, b in (("integral", slope, shift), ("rate", rate_slope, rate_shift)):
        params[name] = {**params[name], "slope": jnp.asarray(a), "shift": jnp.asarray(b), "outer": jnp.zeros(32)}
    return method, params


def test_schedule_loss_by_hand() -> None:
    """T = a t^2 + c t and S = p t^2 + q t: gamma and its two derivatives in closed form."""
    a, c, p, q = 1.2, 0.7, 0.5, 1.6
    method, params = schedule(a, c, p, q)
    draw = np.random.default_rng(1)
    y, x, t = draw.normal(size=(6, 2)), draw.normal(size=(6, 4)), draw.uniform(0.1, 0.9, size=(6, 1))
    scale = np.asarray(method.scale(params, jnp.asarray(y, jnp.float32)), np.float64)
    assert scale.min() > 0

    def gamma(t):
        return np.exp(-scale * (a * t**2 + c * t))

    steep = -scale * (2 * a * t + c)
    first = steep * gamma(t)
    second = (steep**2 - 2 * a * scale) * gamma(t)
    beta = scale * (p * t**2 + q * t)
    far = gamma(1 - 1 / 5)
    tie = (first + beta * gamma(t)) ** 2 + (gamma(1 / 5) - 1) ** 2 + far**2
    divergence = 0.5 * (-1 + np.log(1 - far) + (1 + far * x**2) / (1 - far))
    expected = 2 * (tie + divergence + 0.01 * second**2).mean()
    found = method.schedule_loss(params, *(jnp.asarray(v, jnp.float32) for v in (x, y, t[:, 0])))
    assert float(found) == pytest.approx(expected, rel=1e-3)


def test_levels_are_products_of_what_is_kept() -> None:
    method, params = schedule(1.0, 0.0, 0.5, 1.6)
    y = jnp.array([0.3, -1.0])
    scale = np.asarray(method.scale(params, y[None]))[0]
    t = np.arange(5)[:, None] / 5
    kept = np.clip(1 - scale * (0.5 * t**2 + 1.6 * t) / 5, 1e-6, 0.99999)
    np.testing.assert_allclose(method.levels(params, y), np.cumprod(kept, 0)[::-1], rtol=1e-4)


def test_monotone_by_hand() -> None:
    params = {"slope": 0.5, "shift": -0.2, "inner": [2.0, 1.0], "bias": [0.1, 0.3], "outer": [0.7, 0.4]}
    arrays = {name: jnp.asarray(value) for name, value in params.items()}
    line = 0.5 * 0.6 - 0.2
    units = [1 / (1 + np.exp(-(2 * line + 0.1))), 1 / (1 + np.exp(-(line + 0.3)))]
    found = cvdm.monotone(arrays, jnp.array([0.6]))
    assert float(found[0]) == pytest.approx((line + 0.7 * units[0] + 0.4 * units[1]) * 0.6, rel=1e-5)


def test_the_schedule_starts_from_data_and_agrees_with_itself() -> None:
    method = make("cvdm")
    params = method.init(jax.random.key(3)).params
    t = jnp.linspace(0.0, 1.0, 21)
    y = jnp.zeros((21, 2))
    gamma = np.asarray(method.gamma(params, t, y))
    assert gamma[0].min() > 0.99
    assert gamma[-1].max() < 0.05
    assert np.all(np.diff(gamma, axis=0) < 1e-6)
    rates = np.asarray(method.beta(params, t, y))[1:-1]
    np.testing.assert_allclose(-np.gradient(np.log(gamma), 0.05, axis=0)[1:-1], rates, rtol=0.02)


def pairs(count=64):
    x = np.random.default_rng(0).normal(size=(count, 4))
    return Pairs(x=jnp.asarray(x, jnp.float32), y=jnp.asarray(x[:, :2], jnp.float32))


@pytest.mark.parametrize("stem", ["conditional_ddpm", "cvdm"])
def test_training_lowers_the_loss(stem: str) -> None:
    method = make(stem, lr=0.01)
    batch = pairs()
    state = method.init(jax.random.key(0))
    update = jax.jit(method.update)
    first = state.params
    for i in range(40):
        state = update(state, batch, jax.random.key(i))
    drawn = amortised.draws(jax.random.key(99), 64, 4)

    def error(params):
        if stem == "cvdm":
            gamma = method.gamma(params, drawn.time, batch.y)
            own = amortised.denoising_loss(SPEC, params["noise"], batch.x, batch.y, gamma, drawn.noise)
            return float(own + method.schedule_loss(params, batch.x, batch.y, drawn.time))
        gamma = method.gamma(drawn.time)[:, None]
        return float(amortised.denoising_loss(SPEC, params, batch.x, batch.y, gamma, drawn.noise))

    assert error(state.params) < 0.8 * error(first)
    if stem == "cvdm":
        kept = [state.params[name][part] for name in ("integral", "rate") for part in ("slope", "inner", "outer")]
        assert min(float(part.min()) for part in kept) >= 0
        moved = jax.tree.map(lambda a, b: float(jnp.abs(a - b).max()), state.params, first)
        assert moved["integral"]["slope"] > 0
        assert moved["rate"]["shift"] > 0
        assert method.levels(state.params, batch.y[0]).shape == (5, 4)
    x = method.sample(state, batch.y[0], jax.random.key(1), 7)
    assert x.shape == (7, 4)
    assert np.isfinite(np.asarray(x)).all()
    assert float(method.calls(state).network) == 5
    assert float(method.calls(state).vjp) == 0
