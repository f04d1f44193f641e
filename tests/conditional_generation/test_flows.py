"""The flows: what is regressed on, how many calls a sampler takes, what guidance and couplings do, by numbers."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from toybench.blocks.diffusion import level, time_features
from toybench.engine import trial
from toybench.methods.conditional_generation import _parts, c2ot_cfm
from toybench.plugins import registry
from toybench.tasks.conditional_generation import Batch, Spec
from toybench.tasks.conditional_generation.conditional_planar import ConditionalPlanar

SPEC = Spec(labels=3, width=4)
STATE = _parts.State(params=(), opt=())
PAIRS = Batch(
    start=jnp.array([[0.0, 1.0], [2.0, 0.0]]),
    target=jnp.array([[1.0, 1.0], [-1.0, 1.0]]),
    condition=jnp.array([0, 2]),
    time=jnp.array([0.25, 0.5]),
)


class Stub:
    """A network by a formula of points, times and features."""

    def __init__(self, formula):
        self.formula = formula

    def apply(self, params, x, t, condition):
        return self.formula(x, t[:, None], condition)


def method(name, monkeypatch=None, formula=None, **fields):
    cls = registry.load("methods", f"conditional_generation/{name}")
    if formula:
        monkeypatch.setattr(cls, "network", property(lambda self: Stub(formula)))
    return cls(**{"spec": SPEC, "steps": 10, **fields})


def test_straight_lines_and_their_velocities():
    x, speed = _parts.straight(PAIRS)
    np.testing.assert_allclose(x, [[0.25, 1.0], [0.5, 0.5]])
    np.testing.assert_allclose(speed, [[1, 0], [-3, 1]])


@pytest.mark.parametrize("name", ["conditional_flow_matching", "tempered_flow_matching", "film", "class_networks"])
def test_the_loss_is_the_mean_squared_error_of_the_velocity(name, monkeypatch):
    """A network that returns point + 10 label 2 + time."""
    who = method(name, monkeypatch, lambda x, t, c: x + 10 * c[:, 2:] + t)
    errors = [[0.5 - 1, 1.25 - 0], [11.0 + 3, 11.0 - 1]]
    found = who.loss((), PAIRS, jax.random.key(0))
    assert float(found) == pytest.approx(np.mean(np.square(errors)), rel=1e-5)


def test_the_midpoint_rule_takes_as_many_calls_as_it_may():
    start = jnp.ones((1, 2))
    growth = _parts.follow(lambda x, t: x, start, 8)
    np.testing.assert_allclose(growth, (1 + 0.25 + 0.25**2 / 2) ** 4, rtol=1e-5)
    np.testing.assert_allclose(_parts.follow(lambda x, t: x + t, start, 1), 2.0)
    np.testing.assert_allclose(_parts.follow(lambda x, t: 1 + 2 * t + 0 * x, start, 2), 3.0, rtol=1e-6)


def test_substeps_multiply_the_calls(monkeypatch):
    """The integral of t^2 by two midpoint steps is 5/16, by Euler's step 0."""
    start, condition = jnp.zeros((2, 2)), jnp.array([0, 1])
    plain = method("conditional_flow_matching", monkeypatch, lambda x, t, c: t**2 + 0 * x)
    np.testing.assert_allclose(plain.sample(STATE, start, condition, 1), 0.0)
    dear = replace(plain, substeps=4)
    np.testing.assert_allclose(dear.sample(STATE, start, condition, 1), 0.3125, rtol=1e-6)


def test_a_tempered_source_is_narrower(monkeypatch):
    who = method("tempered_flow_matching", monkeypatch, lambda x, t, c: 0 * x + c[:, 1:2], scale=0.5)
    found = who.sample(STATE, jnp.array([[2.0, 4.0], [2.0, 4.0]]), jnp.array([0, 1]), 4)
    np.testing.assert_allclose(found, [[1, 2], [2, 3]])


@pytest.mark.parametrize(("weight", "calls", "expected"), [(2.0, 8, 2.0), (1.0, 8, 1.0), (3.0, 1, 1.0), (3.0, 2, 3.0)])
def test_guidance_extrapolates_from_the_velocity_without_condition(monkeypatch, weight, calls, expected):
    """With the condition the velocity is 1, without it 0; one call has no guidance."""
    who = method("guided_flow_matching", monkeypatch, lambda x, t, c: c.sum(-1, keepdims=True) + 0 * x, weight=weight)
    found = who.sample(STATE, jnp.zeros((3, 2)), jnp.array([0, 1, 2]), calls)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_guided_velocities_cost_two_calls(monkeypatch):
    """8 calls are two midpoint steps, on which the integral of t^2 is 5/16."""
    who = method("guided_flow_matching", monkeypatch, lambda x, t, c: t**2 * c.sum(-1, keepdims=True) + 0 * x)
    found = who.sample(STATE, jnp.zeros((1, 2)), jnp.array([1]), 8)
    np.testing.assert_allclose(found, 1.25 * 0.3125, rtol=1e-5)
    flow = method("guided_flow_matching", monkeypatch, lambda x, t, c: c.sum(-1, keepdims=True) - x, weight=1.0)
    plain = method("conditional_flow_matching", monkeypatch, lambda x, t, c: c.sum(-1, keepdims=True) - x)
    start, label = jnp.array([[1.0, 2.0]]), jnp.array([0])
    np.testing.assert_allclose(flow.sample(STATE, start, label, 8), plain.sample(STATE, start, label, 4), rtol=1e-6)


def many(count):
    zeros = jnp.zeros((count, 2))
    return Batch(start=zeros, target=zeros, condition=jnp.zeros(count, int), time=jnp.full(count, 0.5))


@pytest.mark.parametrize("name", ["guided_flow_matching", "guided_ddpm"])
def test_every_fifth_condition_is_left_out(monkeypatch, name):
    who = method(name, monkeypatch, lambda x, t, c: c.sum(-1, keepdims=True) + 0 * x)
    assert float(who.loss((), many(4000), jax.random.key(0))) == pytest.approx(0.8, abs=0.03)


def test_diffusion_regresses_on_the_noise_of_the_noised_target(monkeypatch):
    who = method("guided_ddpm", monkeypatch, lambda x, t, c: x)
    at = [level("vp", jnp.asarray(t)) for t in (0.25, 0.5)]
    x0, x1 = np.asarray(PAIRS.start), np.asarray(PAIRS.target)
    errors = [float(a.alpha) * x1[i] + float(a.sigma) * x0[i] - x0[i] for i, a in enumerate(at)]
    assert float(who.loss((), PAIRS, jax.random.key(0))) == pytest.approx(np.mean(np.square(errors)), rel=1e-4)


@pytest.mark.parametrize(("weight", "calls", "expected"), [(1.5, 8, 1.5), (1.0, 8, 1.0), (3.0, 8, 2.0), (3.0, 1, 1.0)])
def test_guided_noise_of_point_masses_leads_to_the_extrapolated_point(monkeypatch, weight, calls, expected):
    """Data at 1 with the condition and at 0 without; 3 would be outside of the box."""

    def noise(x, t, c):
        at = level("vp", t)
        return (x - at.alpha * c.sum(-1, keepdims=True)) / at.sigma

    who = method("guided_ddpm", monkeypatch, noise, weight=weight)
    found = who.sample(STATE, jnp.array([[0.3, -1.0]]), jnp.array([2]), calls)
    np.testing.assert_allclose(found, expected, atol=0.02)


def test_guided_diffusion_takes_half_as_many_steps_as_calls(monkeypatch):
    """Data N(0, 1): the noise is sigma x, and a DDIM step turns x by the cosine of the angle between the levels."""
    who = method("guided_ddpm", monkeypatch, lambda x, t, c: level("vp", t).sigma * x, weight=2.0)
    x = 1.0
    for t in range(4):
        a, b = (level("vp", jnp.asarray(s / 4)) for s in (t, t + 1))
        x *= float(a.alpha * b.alpha + a.sigma * b.sigma)
    found = who.sample(STATE, jnp.ones((1, 2)), jnp.array([0]), 8)
    np.testing.assert_allclose(found, x, rtol=1e-3)


def costs(seed, size=16):
    x, y = np.random.default_rng(seed).normal(size=(2, size, 2))
    return x, y, ((x[:, None] - y[None]) ** 2).sum(-1)


def batch_of(target, start, condition):
    return Batch(
        start=jnp.asarray(start, jnp.float32),
        target=jnp.asarray(target, jnp.float32),
        condition=jnp.asarray(condition),
        time=jnp.zeros(len(start)),
    )


@pytest.mark.parametrize("seed", range(3))
def test_partners_are_near_the_least_cost(seed):
    target, start, cost = costs(seed)
    found = _parts.matched(batch_of(target, start, np.zeros(16, int)), jnp.zeros((16, 16)))
    best = cost[linear_sum_assignment(cost)].sum()
    total = ((np.asarray(found.start) - target) ** 2).sum()
    assert best - 1e-4 <= total <= 1.05 * best
    assert sorted(map(tuple, np.asarray(found.start))) == sorted(map(tuple, np.asarray(start, np.float32)))


def test_the_loss_of_matched_pairs_by_hand(monkeypatch):
    """Two crossing pairs: exchanged by OT, kept where the labels differ."""
    pairs = batch_of([[0.0, 0.0], [4.0, 0.0]], [[3.0, 0.0], [1.0, 0.0]], [0, 1])
    zero = {"monkeypatch": monkeypatch, "formula": lambda x, t, c: 0 * x}
    assert float(method("ot_cfm", **zero).loss((), pairs, jax.random.key(0))) == pytest.approx(2 / 4)
    assert float(method("c2ot_cfm", **zero).loss((), pairs, jax.random.key(0))) == pytest.approx(18 / 4)
    alike = pairs._replace(condition=jnp.array([1, 1]))
    assert float(method("c2ot_cfm", **zero).loss((), alike, jax.random.key(0))) == pytest.approx(2 / 4)


def test_labels_are_never_crossed_and_each_is_matched_at_best():
    target, start, cost = costs(4)
    label = np.arange(16) % 2
    pairs = batch_of(target, start, label)
    who = method("c2ot_cfm")
    found = _parts.matched(pairs, who.penalty(pairs))
    for c in (0, 1):
        mine = label == c
        ours = np.asarray(found.start)[mine]
        assert sorted(map(tuple, ours)) == sorted(map(tuple, np.float32(start)[mine]))
        part = cost[np.ix_(mine, mine)]
        assert ((ours - target[mine]) ** 2).sum() <= 1.05 * part[linear_sum_assignment(part)].sum()


@pytest.mark.parametrize("share", [0.08, 0.15, 0.3])
def test_the_weight_of_values_leaves_a_share_of_pairs_possible(share):
    """It is a quantile of (M_ii - M_ij) / C_ij."""
    _, _, cost = costs(5)
    value = np.random.default_rng(6).normal(size=16)
    gap = (value[:, None] - value[None]) ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        bound = np.where(gap > 0, (np.diag(cost)[:, None] - cost) / gap, np.inf)
    expected = np.sort(bound.ravel())[::-1][int(np.ceil(share * 256)) - 1]
    found = c2ot_cfm.weight(jnp.asarray(cost, jnp.float32), jnp.asarray(gap, jnp.float32), share)
    assert float(found) == pytest.approx(max(expected, 0.0), rel=1e-3)


def test_no_weight_where_too_few_pairs_are_possible_and_a_great_one_keeps_all_pairs():
    target, start, cost = costs(7)
    gap = jnp.ones((16, 16)) - jnp.eye(16)
    assert float(c2ot_cfm.weight(jnp.asarray(cost, jnp.float32), gap, 0.99)) == 0
    pairs = batch_of(target, start, np.linspace(-1, 1, 16, dtype=np.float32))
    np.testing.assert_array_equal(_parts.matched(pairs, 1e8 * gap).start, pairs.start)


def test_the_penalty_of_labels_and_of_values():
    pairs = batch_of([[0.0, 0.0], [4.0, 0.0]], [[3.0, 0.0], [1.0, 0.0]], [0, 1])
    np.testing.assert_allclose(method("c2ot_cfm").penalty(pairs), [[0, 2e4], [2e4, 0]])
    by_value = pairs._replace(condition=jnp.array([0.0, 2.0]))
    who = method("c2ot_cfm", spec=Spec(labels=0, width=4), share=0.75)
    # rows' first pairs cost 9 and 9, the others 1 and 1: w with 1 + 4 w <= 9 is at most 2
    np.testing.assert_allclose(who.penalty(by_value), [[0, 8], [8, 0]], rtol=1e-3)


def silu(x):
    return x / (1 + np.exp(-x))


def parameters(name, **fields):
    """A network with random weights everywhere, and its parameters as NumPy arrays."""
    network = method(name, **fields).network
    params = _parts.fresh(network, jax.random.key(0), 3)
    rng = np.random.default_rng(1)
    filled = jax.tree.map(lambda leaf: jnp.asarray(rng.normal(size=leaf.shape), jnp.float32) / 2, params)
    return network, params, filled


def given():
    rng = np.random.default_rng(2)
    x, t = rng.normal(size=(5, 2)).astype(np.float32), rng.uniform(size=5).astype(np.float32)
    return x, t, np.eye(3, dtype=np.float32)[[0, 1, 2, 1, 0]]


def embedding(p, t, c):
    raw = np.concatenate([np.asarray(time_features(jnp.asarray(t))), c], -1)
    return silu(raw @ p["Dense_0"]["kernel"] + p["Dense_0"]["bias"])


def test_film_scales_and_shifts_every_hidden_layer():
    network, start, params = parameters("film")
    x, t, c = given()
    p = jax.tree.map(np.asarray, params["params"])
    e, h = embedding(p["Embedded_0"], t, c), x
    for layer in range(3):
        both = e @ p[f"zero_{layer}"]["kernel"] + p[f"zero_{layer}"]["bias"]
        dense = p[f"Dense_{layer}"]
        h = silu((1 + both[:, :4]) * (h @ dense["kernel"] + dense["bias"]) + both[:, 4:])
    expected = h @ p["Dense_3"]["kernel"] + p["Dense_3"]["bias"]
    np.testing.assert_allclose(network.apply(params, x, t, c), expected, rtol=2e-3, atol=1e-4)
    np.testing.assert_array_equal(network.apply(start, x, t, c), network.apply(start, x, t[::-1], 0 * c))


def test_weights_are_kept_ones_plus_generated_ones():
    network, start, params = parameters("condition_aware_weights", rank=2)
    x, t, c = given()
    p = jax.tree.map(np.asarray, params["params"])
    mix = embedding(p["Embedded_0"], t, c) @ p["Dense_0"]["kernel"] + p["Dense_0"]["bias"]
    out = []
    for i in range(5):
        h = x[i]
        for layer in range(4):
            kept, made = p[f"Dense_{layer + 1}"], p[f"Chosen_{layer}"]["zero"]
            wide = kept["kernel"].shape[1]
            kernels = made["kernel"].reshape(len(h), 2, wide)
            weights = kept["kernel"] + mix[i, 0] * kernels[:, 0] + mix[i, 1] * kernels[:, 1]
            bias = kept["bias"] + mix[i] @ made["bias"].reshape(2, wide)
            h = h @ weights + bias
            h = silu(h) if layer < 3 else h
        out.append(h)
    np.testing.assert_allclose(network.apply(params, x, t, c), out, rtol=2e-3, atol=1e-4)
    np.testing.assert_array_equal(network.apply(start, x, t, c), network.apply(start, x, t[::-1], 0 * c))


def test_a_label_has_a_network_of_its_own():
    network, _, params = parameters("class_networks")
    x, t, c = given()
    p = jax.tree.map(np.asarray, params["params"])
    out = []
    for i in range(5):
        label = c[i].argmax()
        h = np.concatenate([x[i], np.asarray(time_features(jnp.asarray(t)))[i]])
        for layer in range(4):
            kept = p[f"Chosen_{layer}"]["kept"]
            wide = 4 if layer < 3 else 2
            h = h @ kept["kernel"].reshape(len(h), 3, wide)[:, label] + kept["bias"].reshape(3, wide)[label]
            h = silu(h) if layer < 3 else h
        out.append(h)
    np.testing.assert_allclose(network.apply(params, x, t, c), out, rtol=2e-3, atol=1e-4)
    assert method("class_networks").fits(Spec(labels=0, width=4))


def count(name, **fields):
    who = method(name, spec=Spec(labels=8, width=24), **fields)
    return sum(leaf.size for leaf in jax.tree.leaves(_parts.fresh(who.network, jax.random.key(0), 8)))


def test_the_widened_film_has_as_many_parameters_as_the_generated_weights():
    assert count("film", width=38) == pytest.approx(count("condition_aware_weights"), rel=0.03)
    assert count("class_networks") == pytest.approx(count("condition_aware_weights"), rel=0.06)
    assert count("conditional_flow_matching", width=74) == pytest.approx(count("condition_aware_weights"), rel=0.03)
    assert count("conditional_flow_matching") < count("film")


def outcome(name, task, steps, **fields):
    who = registry.load("methods", f"conditional_generation/{name}")(**fields)
    found, _ = trial.run(task, who, [1_000_000], steps, 1)
    return {metric: values[-1] for metric, values in found[0].curve.items()}


def test_conditional_transport_makes_one_call_enough():
    """After 300 steps, eight Gaussians to two moons by label; the source itself is at 6.3."""
    task = ConditionalPlanar(world="moons")
    flow = outcome("conditional_flow_matching", task, 300)
    transport = outcome("c2ot_cfm", task, 300)
    assert flow["distance"] < 1 and transport["distance"] < 1
    assert transport["distance_1"] < 0.5 * flow["distance_1"]
