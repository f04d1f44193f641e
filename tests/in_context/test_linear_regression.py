"""Linear prompts: closed forms against numpy, the optimal step against moments, attention layers at given weights."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench import fields
from toybench.engine import trial
from toybench.plugins import registry
from toybench.tasks.in_context._regression import PromptSpec, one_step, prompt_posterior, ridge

PLAIN = PromptSpec(dim=3, context=6, noises=(0.5,), scales=(1.0, 1.0, 1.0), quadratic=0.0)
SCALED = replace(PLAIN, scales=(0.5, 1.0, 2.0))
BENT = replace(PLAIN, quadratic=15**-0.5)
MIXED = replace(PLAIN, noises=(0.25, 0.5, 1.0))


def method(name: str, spec: PromptSpec = PLAIN, **knobs):
    return replace(registry.load("methods", f"in_context/{name}")(**knobs), spec=spec, steps=10)


def task(label: str = "linear_regression"):
    stem, given = fields.split_label(label)
    return fields.make(registry.load("tasks", f"in_context/{stem}"), given)


@pytest.fixture(scope="module")
def prompt():
    rng = np.random.default_rng(0)
    x, q = rng.normal(size=(40, 6, 3)).astype(np.float32), rng.normal(size=(40, 3)).astype(np.float32)
    y = (np.einsum("bnd,bd->bn", x, rng.normal(size=(40, 3))) + 0.5 * rng.normal(size=(40, 6))).astype(np.float32)
    return x, y, q


def many(spec: PromptSpec, count: int, pairs: int):
    """Prompts of the spec's law drawn by numpy: x, noise-free and noisy responses."""
    rng, d = np.random.default_rng(1), spec.dim
    z, u, a = rng.normal(size=(count, pairs, d)), rng.normal(size=(count, d)), rng.normal(size=(count, d, d))
    clean = np.einsum("bnd,bd->bn", z, u) + spec.quadratic * np.einsum("bni,bij,bnj->bn", z, a, z)
    sigma = rng.choice(spec.noises, size=(count, 1))
    return z * np.array(spec.scales), clean, clean + sigma * rng.normal(size=clean.shape)


def test_ols_is_numpys_least_squares(prompt):
    x, y, q = prompt
    told = method("ols").regress((), *map(jnp.asarray, prompt))
    for b in range(40):
        w, rss, *_ = np.linalg.lstsq(x[b], y[b], rcond=None)
        spread = q[b] @ np.linalg.inv(x[b].T @ x[b]) @ q[b]
        np.testing.assert_allclose(told.mean[b], w @ q[b], atol=3e-3)
        np.testing.assert_allclose(told.variance[b], max(rss[0] / 3, 1e-2) * (1 + spread), rtol=2e-2)


@pytest.mark.parametrize("spec", [PLAIN, SCALED], ids=["isotropic", "anisotropic"])
def test_ridge_at_the_bayes_strength_is_the_posterior_mean(prompt, spec):
    x, y, q = prompt
    told = method("ridge_bayes", spec).regress((), *map(jnp.asarray, prompt))
    exact = prompt_posterior(spec, *map(jnp.asarray, prompt))
    np.testing.assert_allclose(told.mean, exact.mean, atol=1e-4)
    np.testing.assert_allclose(told.variance, exact.variance, rtol=1e-4)
    s = np.diag(np.array(spec.scales) ** 2)
    for b in range(40):
        w = np.linalg.solve(x[b].T @ x[b] + 0.25 * s, x[b].T @ y[b])
        np.testing.assert_allclose(told.mean[b], w @ q[b], atol=1e-4)
    np.testing.assert_allclose(ridge(spec, x, y, jnp.asarray(q), jnp.array([0.25]))[:, 0], told.mean, atol=1e-4)


def test_the_posterior_mean_beats_its_neighbours_on_its_own_prior():
    x, clean, y = many(PLAIN, 4000, 7)
    at = [jnp.asarray(v, jnp.float32) for v in (x[:, :-1], y[:, :-1], x[:, -1])]
    errors = [np.mean((ridge(PLAIN, *at, jnp.array([s]))[:, 0] - clean[:, -1]) ** 2) for s in (0.06, 0.25, 1.0)]
    assert errors[1] < errors[0] and errors[1] < errors[2]


@pytest.mark.parametrize("spec", [PLAIN, SCALED, BENT, MIXED], ids=["plain", "scaled", "bent", "mixed"])
@pytest.mark.parametrize("preconditioned", [False, True])
def test_the_step_is_the_optimal_one(spec, preconditioned):
    """The derivative of the expected loss in the step's length vanishes: estimated on 200,000 prompts."""
    x, clean, y = many(spec, 200_000, 7)
    w = one_step(spec, jnp.asarray(x[:, :-1], jnp.float32), jnp.asarray(y[:, :-1], jnp.float32), preconditioned)
    p, f = np.einsum("bd,bd->b", np.asarray(w), x[:, -1]), clean[:, -1]
    best = np.mean(p * f) / np.mean(p**2)  # by what factor the step should be longer
    assert abs(best - 1.0) < 0.02


def test_the_step_length_of_the_plain_case_is_known():
    x, y = jnp.ones((1, 6, 3)), jnp.ones((1, 6))
    np.testing.assert_allclose(one_step(PLAIN, x, y, False), np.full((1, 3), 6 / (6 + 3 + 1 + 0.25)), rtol=1e-6)


def test_second_moment_of_the_gram_matrix():
    """E[G^2] = n(n+d+1) I, on which the step rests."""
    x = np.random.default_rng(2).normal(size=(200_000, 6, 3))
    g = np.einsum("bni,bnj->bij", x, x)
    np.testing.assert_allclose(np.einsum("bij,bjk->ik", g, g) / len(g), 6 * 10 * np.eye(3), atol=0.6)


def test_noise_mixture_by_brute_force(prompt):
    """Weights and noise level integrated by sampling: likelihood-weighted draws from the prior."""
    x, y, q = (v[0] for v in prompt)
    rng = np.random.default_rng(3)
    w, s = rng.normal(size=(2_000_000, 3)), rng.choice(MIXED.noises, size=2_000_000)
    fit = -0.5 * ((y[None] - w @ x.T) ** 2).sum(1) / s**2 - 6 * np.log(s)
    p = np.exp(fit - fit.max())
    p, m = p / p.sum(), w @ q
    mean = p @ m
    exact = prompt_posterior(MIXED, *(jnp.asarray(v[None]) for v in (x, y, q)))
    np.testing.assert_allclose(exact.mean[0], mean, atol=0.02)
    np.testing.assert_allclose(exact.variance[0], p @ (m**2 + s**2) - mean**2, rtol=0.04)


def test_quadratic_posterior_is_ridge_on_features(prompt):
    """Linear and pairwise-product features with standard normal weights give the same predictor."""
    x, y, q = prompt
    exact = prompt_posterior(BENT, *map(jnp.asarray, prompt))

    def features(v):
        return np.concatenate([v, BENT.quadratic * np.einsum("...i,...j->...ij", v, v).reshape(*v.shape[:-1], 9)], -1)

    for b in range(5):
        a, f = features(x[b]).astype(float), features(q[b]).astype(float)
        inverse = np.linalg.inv(a.T @ a + 0.25 * np.eye(12))
        np.testing.assert_allclose(exact.mean[b], f @ inverse @ a.T @ y[b], atol=1e-3)
        np.testing.assert_allclose(exact.variance[b], 0.25 * (1 + f @ inverse @ f), rtol=1e-3)


def test_nearest_neighbours_by_hand():
    x = jnp.array([[[0.0], [1.0], [2.0], [10.0]]])
    told = method("knn_regression").regress((), x, jnp.array([[3.0, 6.0, 9.0, 100.0]]), jnp.array([[0.9]]))
    np.testing.assert_allclose(told.mean, [6.0])


def test_linear_attention_contains_the_gradient_step(prompt):
    """h picks the labels, M = n eta I: then the layer is one gradient step."""
    lsa, eta = method("linear_self_attention"), 1 / 10.25
    params = {"h": jnp.array([0.0, 0.0, 0.0, 1.0]), "M": 6 * eta * jnp.eye(4)}
    x, y, _ = map(jnp.asarray, prompt)
    np.testing.assert_allclose(lsa.weights(params, x, y), one_step(PLAIN, x, y, False), rtol=1e-4, atol=1e-5)


def test_linear_attention_is_the_layer_of_the_paper(prompt):
    x, y, q = prompt
    rng = np.random.default_rng(4)
    h, m = rng.normal(size=4).astype(np.float32), rng.normal(size=(4, 4)).astype(np.float32)
    told = method("linear_self_attention").weights({"h": h, "M": m}, jnp.asarray(x), jnp.asarray(y))
    v, asked = np.concatenate([x, y[..., None]], -1), np.append(q[0], 0.0)
    full = h @ sum(np.outer(t, t) for t in v[0]) @ m @ asked / 6
    np.testing.assert_allclose(told[0] @ q[0], full, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("label", ["linear_regression", "linear_regression[covariance=anisotropic]"])
def test_trained_linear_attention_reaches_the_loss_of_one_step(label):
    (one,) = trial.run(
        task(label), registry.load("methods", "in_context/linear_self_attention")(), [1_000_007], 1600, 1
    )[0]
    assert abs(one.curve["relative_gap_to_one_step"][-1]) < 0.02
    assert one.curve["difference_to_one_step"][-1] < 0.02


def test_transformer_is_causal(prompt):
    """A query after i pairs is told nothing of later ones, and the training pass equals separate questions."""
    t = method("softmax_transformer")
    params, outputs = jax.jit(t.init)(jax.random.key(0)).params, jax.jit(t.outputs)
    x, y, _ = map(jnp.asarray, prompt)
    told = outputs(params, x[:, :5], y[:, :5], x, jnp.arange(6))
    alone = outputs(params, x[:, :3], y[:, :3], x[:, 3:4], jnp.array([3]))
    np.testing.assert_allclose(told.mean[:, 3], alone.mean[:, 0], atol=1e-5)
    later = outputs(params, x[:, :5], y[:, :5].at[:, 3:].add(5.0), x, jnp.arange(6))
    np.testing.assert_allclose(told.variance[:, :4], later.variance[:, :4], atol=1e-5)
    assert jnp.abs(told.mean[:, 4:] - later.mean[:, 4:]).max() > 1e-3


def test_world_has_the_laws_it_states():
    for label in ("linear_regression[tests=20000]", "linear_regression[tests=20000,covariance=anisotropic]"):
        t = task(label)
        world = jax.jit(t.sample)(jax.random.key(1))
        np.testing.assert_allclose(world.x.std((0, 1)), t.spec.scales, rtol=0.02)
        np.testing.assert_allclose(world.clean.var(), 2.0, rtol=0.03)
    bent = task("linear_regression[tests=20000,response=nonlinear]")
    np.testing.assert_allclose(jax.jit(bent.sample)(jax.random.key(1)).clean.var(), 3.0, rtol=0.05)


def test_references_score_as_they_must():
    t = task("linear_regression[noise_prior=mixture]")
    world = jax.jit(t.sample)(jax.random.key(2))

    def judge(learner):
        return jax.jit(lambda w: t.evaluate(w, jax.random.key(3), learner))(world)

    exact = judge(t.oracle(world))
    assert abs(exact["nll_gap_to_bayes"]) < 1e-5 and abs(exact["shift_deviation"]) < 1e-5
    plug = judge(trial.Learner(method("ridge_bayes", t.spec), ()))
    assert exact["nll"] < plug["nll"] < judge(t.floor(world))["nll"]
    np.testing.assert_allclose(plug["difference_to_ridge"], 0.0, atol=1e-6)
    np.testing.assert_allclose(
        plug["best_ridge_strength"], np.log10(np.mean(np.array([0.25, 0.5, 1.0]) ** 2)), atol=0.06
    )


def test_unknown_knob_values_are_refused():
    with pytest.raises(ValueError, match="sideways"):
        _ = task("linear_regression[covariance=sideways]").spec


def test_preconditioning_undoes_the_inputs_scales(prompt):
    x, y, q = map(jnp.asarray, prompt)
    scales = jnp.broadcast_to(jnp.array(SCALED.scales), x.shape)
    told = method("preconditioned_gd", SCALED).regress((), x * scales, y, q * scales[:, 0])
    np.testing.assert_allclose(told.mean, method("one_step_gd").regress((), x, y, q).mean, atol=1e-4)
