"""Generators of paths, driven frames and games: equations by hand, limits with closed forms, what training does."""

import itertools
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from toybench.blocks.random import normals
from toybench.methods.process_generation._training import DrivenNetwork, bucket, descend_levels, play_on, times
from toybench.methods.process_generation.markov_state_model import Counts
from toybench.plugins import registry
from toybench.tasks.process_generation import (
    Basis,
    BridgeSpec,
    Driven,
    FrameSpec,
    GameSpec,
    Moves,
    Windows,
)

KEY = jax.random.key(3)
BRIDGE = BridgeSpec(frames=5, calls=4, reach=2.2)
FRAMES = FrameSpec(frames=3, pixels=4, calls=5)
GAME = GameSpec(pixels=4, context=2, calls=4)
RNG = np.random.default_rng(0)
ROTATION = np.linalg.qr(RNG.normal(size=(4, 4)))[0]
BASIS = Basis(vectors=jnp.asarray(ROTATION, jnp.float32), variances=jnp.array([4.0, 2.0, 1.0, 0.5]))
WINDOWS = Windows(frames=jax.random.normal(KEY, (8, 5)), weight=jnp.linspace(0.2, 1.8, 8))
DRIVEN = Driven(frames=jax.random.normal(KEY, (6, 3, 4)), control=jnp.asarray(RNG.integers(-1, 2, (6, 3)), jnp.float32))
MOVES = Moves(
    context=jax.random.normal(KEY, (6, 2, 4)),
    action=jnp.asarray(RNG.integers(-1, 2, 6), jnp.float32),
    following=jax.random.normal(jax.random.key(4), (6, 4)),
)
GIVEN: dict[str, tuple[Any, Any, Any]] = {
    "trajectory_flow_matching": (BRIDGE, (), WINDOWS),
    "endpoint_regression": (BRIDGE, (), WINDOWS),
    "one_step_resampling": (BRIDGE, (), WINDOWS),
    "latent_flow_matching": (FRAMES, BASIS, DRIVEN),
    "pixel_flow_matching": (FRAMES, BASIS, DRIVEN),
    "latent_ddpm": (FRAMES, BASIS, DRIVEN),
    "pixel_ddpm": (FRAMES, BASIS, DRIVEN),
    "sequence_regression": (FRAMES, BASIS, DRIVEN),
    "noise_augmented_context": (GAME, (), MOVES),
    "clean_context": (GAME, (), MOVES),
    "jittered_context": (GAME, (), MOVES),
    "noisy_regression": (GAME, (), MOVES),
}


def method_of(name: str, **fields: Any) -> Any:
    spec, given, _ = GIVEN[name]
    if name in ("latent_flow_matching", "latent_ddpm"):
        fields = {"latent": 2, **fields}
    return registry.load("methods", f"process_generation/{name}")(spec=spec, given=given, steps=60, width=8, **fields)


def trained(name: str, **fields: Any) -> tuple[Any, Any, Any]:
    """A method, its initial state shaken so that no part of its network is 0, and a batch."""
    method = method_of(name, **fields)
    state = method.init(KEY)
    shaken = jax.tree.map(lambda p: p + 0.1 * jnp.sin(1 + jnp.arange(1.0 * p.size)).reshape(p.shape), state.params)
    return method, state._replace(params=shaken), GIVEN[name][2]


@pytest.mark.parametrize("name", GIVEN)
def test_training_lowers_the_loss(name: str) -> None:
    method = method_of(name, lr=0.02)
    batch = GIVEN[name][2]
    state = method.init(KEY)
    loss = jax.jit(method.loss)
    keys = jax.random.split(jax.random.key(9), 8)
    before = np.mean([loss(state.params, batch, k) for k in keys])
    update = jax.jit(method.update)
    for i in range(60):
        state = update(state, batch, jax.random.fold_in(KEY, i))
    assert np.mean([loss(state.params, batch, k) for k in keys]) < before - 0.05


def test_the_velocity_of_trajectories_is_the_paths_derivative() -> None:
    method, state, batch = trained("trajectory_flow_matching")
    draw = normals(KEY, x0=(8, 3), t=(8,))
    t = stats.norm.cdf(np.asarray(draw["t"], np.float64))[:, None]
    x0 = np.asarray(draw["x0"])
    x1 = np.asarray(batch.frames[:, 1:4])
    noisy = np.sin(np.pi * t / 2) * x1 + np.cos(np.pi * t / 2) * x0
    target = np.pi / 2 * (np.cos(np.pi * t / 2) * x1 - np.sin(np.pi * t / 2) * x0)
    ends = np.asarray(batch.frames)[:, [0, 4]]
    found = method.network.apply(state.params, jnp.asarray(noisy, jnp.float32), jnp.asarray(t[:, 0], jnp.float32), ends)
    error = ((np.asarray(found) - target) ** 2).mean()
    assert float(method.loss(state.params, batch, KEY)) == pytest.approx(error, rel=1e-4)


def test_bridges_are_four_euler_steps_from_noise() -> None:
    method, state, _ = trained("trajectory_flow_matching")
    ends = jnp.array([[-1.0, 1.0], [0.8, -0.9]])
    x = jax.random.normal(KEY, (6, 3))
    for i in range(4):
        x = x + 0.25 * method.network.apply(state.params, x, jnp.float32(i / 4), jnp.repeat(ends, 3, 0))
    found = method.bridge(state, KEY, ends, 3)
    np.testing.assert_allclose(found, x.reshape(2, 3, 3), atol=1e-5)


def test_the_mean_path_is_the_same_for_every_draw() -> None:
    method, state, batch = trained("endpoint_regression")
    ends = batch.frames[:, jnp.array([0, 4])]
    found = method.bridge(state, KEY, ends, 2)
    np.testing.assert_array_equal(found[:, 0], found[:, 1])
    error = ((np.asarray(found[:, 0]) - np.asarray(batch.frames[:, 1:4])) ** 2).mean()
    assert float(method.loss(state.params, batch, KEY)) == pytest.approx(error, rel=1e-5)


def test_the_law_of_a_step_is_a_mixture_of_normal_ones() -> None:
    method, state, batch = trained("one_step_resampling")
    s = jnp.array([0.3, -1.1])
    weight, mean, deviation = (np.asarray(x, np.float64) for x in method.step_law(state.params, s))
    raw = np.asarray(method.network.apply(state.params, s[:, None]), np.float64)
    np.testing.assert_allclose(mean, np.asarray(s)[:, None] + raw[:, 3:6], rtol=1e-5)
    np.testing.assert_allclose(deviation, 0.03 + np.log1p(np.exp(raw[:, 6:])), rtol=1e-5)
    np.testing.assert_allclose(np.exp(weight).sum(-1), 1, rtol=1e-5)
    then = np.array([0.5, -0.7])
    density = (np.exp(weight) * stats.norm.pdf(then[:, None], mean, deviation)).sum(-1)
    np.testing.assert_allclose(
        method.log_density(state.params, s, jnp.asarray(then, jnp.float32)), np.log(density), rtol=1e-4
    )
    used = batch.frames[::4]
    each = np.asarray(method.log_density(state.params, used[:, :-1], used[:, 1:]))
    loss = -(np.asarray(batch.weight[::4])[:, None] * each).mean()
    assert float(method.loss(state.params, batch, KEY)) == pytest.approx(loss, rel=1e-5)


def test_resampled_walks_are_brownian_bridges() -> None:
    method = method_of("one_step_resampling")

    class Walk(type(method)):  # type: ignore[misc]
        def step_law(self, params: Any, s: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
            shape = (*s.shape, 2)
            return jnp.full(shape, jnp.log(0.5)), jnp.broadcast_to(s[..., None], shape), jnp.full(shape, 0.5)

    walk = Walk(spec=BRIDGE, width=8)
    found = walk.bridge(SimpleNamespace(params=()), KEY, jnp.array([[0.0, 1.0]]), 6000)
    assert found.shape == (1, 6000, 3)
    t = np.arange(1, 4) / 4
    np.testing.assert_allclose(found[0].mean(0), t, atol=0.06)
    np.testing.assert_allclose(found[0].var(0), 0.25 * 4 * t * (1 - t), atol=0.05)


def test_transitions_are_counted_with_their_weights() -> None:
    method = registry.load("methods", "process_generation/markov_state_model")(spec=BRIDGE, states=4)
    windows = Windows(frames=jnp.array([[-1.5, -1.0, -0.5, 0.2, 9.0]]), weight=jnp.array([0.5]))
    state = method.update(method.init(KEY), windows, KEY)
    assumed = 0.01 * (np.abs(np.subtract.outer(np.arange(4), np.arange(4))) <= 1)
    counted = np.zeros((4, 4))
    for a, b in ((0, 1), (1, 1), (1, 2), (2, 3)):
        counted[a, b] += 0.5
    np.testing.assert_allclose(state.params, counted + assumed, atol=1e-6)


def test_bridges_of_a_known_matrix_follow_it() -> None:
    method = registry.load("methods", "process_generation/markov_state_model")(spec=replace(BRIDGE, frames=3), states=3)
    matrix = jnp.array([[0.7, 0.3, 0.0], [0.2, 0.5, 0.3], [0.1, 0.1, 0.8]])
    found = method.bridge(Counts(params=5 * matrix), KEY, jnp.array([[-2.0, 2.0]]), 8000)
    shares = np.histogram(np.asarray(found).reshape(-1), np.linspace(-2.2, 2.2, 4))[0] / 8000
    exact = np.array([0.0, 0.3 * 0.3, 0.0])
    np.testing.assert_allclose(shares, exact / exact.sum(), atol=1e-6)
    middle = method.bridge(Counts(params=matrix), KEY, jnp.array([[0.0, 2.0]]), 8000)
    exact = np.array([0.2 * 0.0, 0.5 * 0.3, 0.3 * 0.8])
    shares = np.histogram(np.asarray(middle).reshape(-1), np.linspace(-2.2, 2.2, 4))[0] / 8000
    np.testing.assert_allclose(shares, exact / exact.sum(), atol=0.03)


def noised(name: str, dims: int, clean: np.ndarray, first: float) -> tuple[np.ndarray, ...]:
    """Times, noise and noisy frames that a loss draws: on a straight line, or on a cosine from `first` on."""
    names = ("z0", "t") if "latent" in name else ("x0", "t")
    draw = normals(KEY, **dict(zip(names, ((6, 3, dims), (6,)), strict=True)))
    t = stats.norm.cdf(np.asarray(draw["t"], np.float64)).reshape(-1, 1, 1)
    noise = np.asarray(draw[names[0]])
    if "flow" in name:
        return t, noise, t * clean + (1 - t) * noise
    t = first + (1 - first) * t
    return t, noise, np.sin(np.pi * t / 2) * clean + np.cos(np.pi * t / 2) * noise


@pytest.mark.parametrize("name", ["latent_flow_matching", "pixel_flow_matching", "latent_ddpm", "pixel_ddpm"])
def test_losses_and_steps_of_driven_frames(name: str) -> None:
    method, state, batch = trained(name)
    dims = 2 if "latent" in name else 4
    size = float(np.sqrt(np.asarray(BASIS.variances)[:dims].mean()))
    directions = ROTATION[:, :dims] if "latent" in name else np.eye(4)
    clean = np.asarray(batch.frames) @ directions / size
    t, noise, noisy = noised(name, dims, clean, 0.01)

    def network(x: Any, t: Any, control: Any) -> np.ndarray:
        found = method.network.apply(state.params, jnp.asarray(x, jnp.float32), jnp.asarray(t, jnp.float32), control)
        return np.asarray(found, np.float64)

    target = clean - noise if "flow" in name else noise
    error = ((network(noisy, t.reshape(-1), batch.control) - target) ** 2).mean()
    assert float(method.loss(state.params, batch, KEY)) == pytest.approx(error, rel=1e-4)
    x = np.asarray(jax.random.normal(KEY, (6, 3, dims)), np.float64)
    grid = np.linspace(0.0 if "flow" in name else 0.1, 1.0, 6)
    for now, then in itertools.pairwise(grid):
        found = network(x, now, batch.control)
        if "flow" in name:
            x = x + (then - now) * found
        else:
            alpha, sigma = np.sin(np.pi * now / 2), np.cos(np.pi * now / 2)
            denoised = np.clip((x - sigma * found) / alpha, -3, 3)
            x = np.sin(np.pi * then / 2) * denoised + np.cos(np.pi * then / 2) * (x - alpha * denoised) / sigma
    drawn = method.sample(state, KEY, batch.control)
    np.testing.assert_allclose(drawn, size * x @ directions.T, atol=2e-3)


def test_a_latent_sequence_lies_in_the_span_of_its_directions() -> None:
    method, state, batch = trained("latent_flow_matching")
    drawn = np.asarray(method.sample(state, KEY, batch.control))
    np.testing.assert_allclose(drawn @ ROTATION[:, 2:], 0, atol=1e-5)
    kept = method.decode(method.encode(batch.frames))
    np.testing.assert_allclose(kept, batch.frames @ ROTATION[:, :2] @ ROTATION[:, :2].T, atol=1e-5)


def test_the_mean_sequence_is_fitted_by_squares() -> None:
    method, state, batch = trained("sequence_regression")
    drawn = method.sample(state, KEY, batch.control)
    error = ((np.asarray(drawn) - np.asarray(batch.frames)) ** 2).mean()
    assert float(method.loss(state.params, batch, KEY)) == pytest.approx(error, rel=1e-5)
    np.testing.assert_array_equal(drawn, method.sample(state, jax.random.key(1), batch.control))


def test_a_control_moves_its_own_frame_before_frames_are_mixed() -> None:
    network = DrivenNetwork(widths=())
    x = jax.random.normal(KEY, (1, 3, 2))
    params = network.init(KEY, x, jnp.zeros(1), jnp.zeros((1, 3)))
    mixed = jax.tree.map(lambda p: 0.0 * p if p.shape == (48, 48) else p, params)
    assert any(p.shape == (48, 48) for p in jax.tree.leaves(params))
    still = network.apply(mixed, x, jnp.zeros(1), jnp.array([[0.0, 0.0, 0.0]]))
    moved = network.apply(mixed, x, jnp.zeros(1), jnp.array([[0.0, 1.0, 0.0]]))
    np.testing.assert_array_equal(np.abs(np.asarray(still - moved)).max(-1)[0] > 1e-6, [False, True, False])


def test_levels_fall_into_ten_buckets() -> None:
    shares = jnp.array([0.0, 0.05, 0.1001, 0.95, 1.0])
    np.testing.assert_array_equal(bucket(shares).argmax(-1), [0, 0, 1, 9, 9])
    assert bucket(shares).shape == (5, 10)


@pytest.mark.parametrize("name", ["noise_augmented_context", "clean_context", "jittered_context"])
def test_losses_of_next_frames(name: str) -> None:
    method, state, batch = trained(name)
    shapes: dict[str, tuple[int, ...]] = {"x0": (6, 4), "t": (6,)}
    if name == "noise_augmented_context":
        shapes["level"] = (6,)
    if name != "clean_context":
        shapes["n"] = (6, 2, 4)
    draw = {k: np.asarray(v, np.float64) for k, v in normals(KEY, **shapes).items()}
    t = stats.norm.cdf(draw["t"])[:, None]
    context = np.asarray(batch.context)
    told = np.eye(10)[np.zeros(6, int)]
    if name == "jittered_context":
        context = context + 0.1 * draw["n"]
    if name == "noise_augmented_context":
        level = 0.7 * stats.norm.cdf(draw["level"])
        context = context + level.reshape(-1, 1, 1) * draw["n"]
        told = np.eye(10)[np.floor(10 * level / 0.7).astype(int)]
    x1 = np.asarray(batch.following)
    noisy = np.sin(np.pi * t / 2) * x1 + np.cos(np.pi * t / 2) * draw["x0"]
    target = np.cos(np.pi * t / 2) * x1 - np.sin(np.pi * t / 2) * draw["x0"]
    condition = np.concatenate([context.reshape(6, -1), np.asarray(batch.action)[:, None], told], -1)
    inputs = (jnp.asarray(x, jnp.float32) for x in (noisy, t[:, 0], condition))
    error = ((np.asarray(method.network.apply(state.params, *inputs)) - target) ** 2).mean()
    assert float(method.loss(state.params, batch, KEY)) == pytest.approx(error, rel=1e-4)


def test_the_regression_of_next_frames_and_its_play() -> None:
    method, state, batch = trained("noisy_regression")
    context = batch.context + 0.1 * jax.random.normal(KEY, batch.context.shape)
    error = ((method.mean_frame(state.params, context, batch.action) - batch.following) ** 2).mean()
    assert float(method.loss(state.params, batch, KEY)) == pytest.approx(float(error), rel=1e-5)
    first = method.mean_frame(state.params, batch.context, batch.action)
    second = method.mean_frame(state.params, jnp.stack([batch.context[:, 1], first], 1), -batch.action)
    played = method.play(state, KEY, batch.context, jnp.stack([batch.action, -batch.action], 1))
    np.testing.assert_allclose(played, jnp.stack([first, second], 1), atol=1e-5)


def test_a_played_frame_is_four_steps_of_ddim() -> None:
    method, state, batch = trained("clean_context")
    start = jax.random.normal(KEY, (6, 4))
    told = bucket(jnp.zeros(6))
    x = np.asarray(start, np.float64)
    for i in range(4):
        angle = np.pi * i / 8
        speed = np.asarray(
            method.speed(
                state.params, jnp.asarray(x, jnp.float32), jnp.float32(i / 4), batch.context, batch.action, told
            )
        )
        clean = np.sin(angle) * x + np.cos(angle) * speed
        noise = np.cos(angle) * x - np.sin(angle) * speed
        x = np.sin(angle + np.pi / 8) * clean + np.cos(angle + np.pi / 8) * noise
    found = method.next_frame(state.params, batch.context, batch.action, told, start)
    np.testing.assert_allclose(found, x, atol=1e-4)


@pytest.mark.parametrize("name", ["clean_context", "jittered_context"])
def test_playing_on_clean_context(name: str) -> None:
    method, state, batch = trained(name)
    draw = normals(jax.random.fold_in(KEY, 0), x0=(6, 4), context=(6, 2, 4))
    first = method.next_frame(state.params, batch.context, batch.action, bucket(jnp.zeros(6)), draw["x0"])
    played = method.play(state, KEY, batch.context, batch.action[:, None])
    np.testing.assert_allclose(played[:, 0], first, atol=1e-5)


def test_the_level_at_inference_is_added_and_announced() -> None:
    method, state, batch = trained("noise_augmented_context", inference=0.35)
    draw = normals(jax.random.fold_in(KEY, 0), x0=(6, 4), context=(6, 2, 4))
    noisy = batch.context + 0.35 * draw["context"]
    told = jax.nn.one_hot(jnp.full(6, 5), 10)
    first = method.next_frame(state.params, noisy, batch.action, told, draw["x0"])
    played = method.play(state, KEY, batch.context, batch.action[:, None])
    np.testing.assert_allclose(played[:, 0], first, atol=1e-5)


def test_each_frame_moves_into_the_context() -> None:
    def following(context: jax.Array, action: jax.Array, draw: dict[str, jax.Array]) -> jax.Array:
        return context[:, 0] + 10 * context[:, 1] + action[:, None]

    context = jnp.array([[[1.0], [2.0]]])
    np.testing.assert_allclose(play_on(following, KEY, context, jnp.array([[0.0, 3.0, 1.0]]))[0, :, 0], [21, 215, 2172])


def test_denoised_levels_end_at_the_data() -> None:
    start = jax.random.normal(KEY, (4, 2))
    found = descend_levels(lambda x, t: jnp.full_like(x, 7.0), start, "cosine", jnp.linspace(0.0, 1.0, 4))
    np.testing.assert_allclose(found, 7.0, atol=1e-5)
    np.testing.assert_allclose(times(jnp.array([-9.0, 0.0, 9.0])), [0, 0.5, 1], atol=1e-6)
