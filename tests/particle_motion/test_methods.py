"""Symmetries, layers and frames by a second way, and the limits in which methods are others."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import linen as nn
from scipy import special

from toybench.blocks import rotations
from toybench.methods.particle_motion import _training, augmented_mlp, egnn, eqmotion
from toybench.plugins import registry
from toybench.tasks.particle_motion import Scenes, Spec, constant_velocity, inputs, mean_distance, moved

SPEC = Spec(particles=4, past=5, future=3, interval=0.5)
NETWORKS = (
    "mlp_motion",
    "augmented_mlp",
    "augmented_gnn",
    "egnn",
    "frame_mlp",
    "frame_gnn",
    "group_average_mlp",
    "eqmotion",
)
EQUIVARIANT = ("egnn", "frame_mlp", "frame_gnn", "eqmotion")
ORDERLESS = ("augmented_gnn", "egnn", "frame_gnn", "eqmotion")
KEY = jax.random.key(5)


def array(*shape, seed=0):
    return jnp.asarray(np.random.default_rng(seed).normal(size=shape), jnp.float32)


PAST = jnp.cumsum(0.5 * array(6, 5, 4, 3), 1) * jnp.array([2.0, 1.0, 0.5])[None, None, None, :]
FUTURE = array(6, 3, 4, 3, seed=1)
TURNS = rotations.orthogonal(array(6, 5, seed=2))


def make(stem, **fields):
    cls = registry.load("methods", f"particle_motion/{stem}")
    return cls(spec=SPEC, steps=20, given=Scenes(past=PAST, future=FUTURE), **fields)


def trained(stem, **fields):
    """A method, and a state whose every weight is random."""
    method = make(stem, **fields)
    state = jax.jit(method.init)(jax.random.key(0))
    leaves, tree = jax.tree.flatten(state.params)
    noisy = [0.6 * leaf + 0.15 * array(*leaf.shape, seed=10 + i) for i, leaf in enumerate(leaves)]
    return method, state._replace(params=jax.tree.unflatten(tree, noisy))


def ask(method, state, past):
    """The method's answer, as one program."""
    return jax.jit(method.predict)(state, past, KEY)


def turn(x):
    return rotations.turn(x, TURNS[:, None])


@pytest.mark.parametrize("stem", NETWORKS)
def test_networks_start_at_constant_velocity(stem):
    method = make(stem)
    state = jax.jit(method.init)(jax.random.key(0))
    np.testing.assert_allclose(ask(method, state, PAST), constant_velocity(PAST, 3), atol=1e-5)
    _, other = trained(stem)
    assert float(jnp.abs(ask(method, other, PAST) - constant_velocity(PAST, 3)).max()) > 0.1


@pytest.mark.parametrize("stem", EQUIVARIANT)
def test_answers_turn_and_shift_with_the_scene(stem):
    method, state = trained(stem)
    plain = ask(method, state, PAST)
    shift = jnp.array([3.0, -1.0, 2.0])[None, None, None, :]
    scale = float(jnp.abs(plain).max())
    np.testing.assert_allclose(ask(method, state, turn(PAST) + shift), turn(plain) + shift, atol=2e-4 * scale)


@pytest.mark.parametrize("stem", ["mlp_motion", "augmented_gnn"])
def test_plain_networks_don_t_turn(stem):
    method, state = trained(stem)
    miss = ask(method, state, turn(PAST)) - turn(ask(method, state, PAST))
    assert float(jnp.abs(miss).mean()) > 0.1
    shift = jnp.ones((1, 1, 1, 3))
    moved = ask(method, state, PAST + shift) - shift
    np.testing.assert_allclose(moved, ask(method, state, PAST), atol=1e-3)


@pytest.mark.parametrize("stem", ORDERLESS)
def test_graph_networks_don_t_know_the_order_of_particles(stem):
    method, state = trained(stem)
    order = jnp.array([2, 0, 3, 1])
    plain = ask(method, state, PAST)
    scale = float(jnp.abs(plain).max())
    np.testing.assert_allclose(ask(method, state, PAST[:, :, order]), plain[:, :, order], atol=2e-5 * scale)
    method, state = trained("frame_mlp")
    miss = ask(method, state, PAST[:, :, order]) - ask(method, state, PAST)[:, :, order]
    assert float(jnp.abs(miss).mean()) > 0.1


def test_inputs_and_their_meaning_by_hand():
    """x(t) = t^2 along the first axis, at t = 0, 1/2, .. 2: the last velocity is 3.5, the acceleration 2."""
    times = 0.5 * jnp.arange(5.0)
    past = jnp.zeros((1, 5, 2, 3)).at[0, :, 0, 0].set(times**2)
    seen = inputs(past, SPEC)
    np.testing.assert_allclose(seen[0, :, 0, 0], [2, 3.5, 2, 2, 2], atol=1e-5)
    np.testing.assert_allclose(seen[0, :, 1, 0], [-2, 0, 0, 0, 0], atol=1e-5)
    pull = jnp.zeros((1, 3, 2, 3)).at[0, :, 0, 0].set(6.0)
    wanted = 4 + 3.5 * np.array([0.5, 1, 1.5]) + 3 * np.array([0.5, 1, 1.5]) ** 2
    np.testing.assert_allclose(moved(past, pull, SPEC)[0, :, 0, 0], wanted, rtol=1e-5)


def test_inputs_tell_all_of_the_past():
    """They are linear in it, and only a shift of the whole scene is lost."""
    size = 5 * 4
    columns = jnp.eye(size).reshape(size, 5, 4, 1)
    matrix = inputs(jnp.broadcast_to(columns, (size, 5, 4, 3)), SPEC)[..., 0].reshape(size, size)
    assert np.linalg.matrix_rank(np.asarray(matrix), tol=1e-3) == size - 1


def phi(method, state, seen):
    return np.asarray(jax.jit(method.network().apply)(state.params, jnp.asarray(seen, jnp.float32)), np.float64)


def by_numpy(method, state, past, matrices):
    """Accelerations averaged over matrices [b, g, 3, 3], scene by scene."""
    seen = np.asarray(inputs(past, SPEC), np.float64)
    answers = []
    for scene, group in zip(seen, np.asarray(matrices, np.float64), strict=True):
        answers.append(np.mean([phi(method, state, (scene @ one)[None])[0] @ one.T for one in group], 0))
    return np.asarray(moved(past, jnp.asarray(np.array(answers), jnp.float32), SPEC))


@pytest.mark.parametrize("stem", ["frame_mlp", "frame_gnn"])
def test_frames_by_numpys_eigenvectors(stem):
    method, state = trained(stem)
    frames = []
    for scene in np.asarray(PAST, np.float64):
        _, vectors = np.linalg.eigh(np.cov(scene.reshape(-1, 3).T))
        frames.append([vectors * np.array([a, b, c]) for a in (1, -1) for b in (1, -1) for c in (1, -1)])
    wanted = by_numpy(method, state, PAST, frames)
    np.testing.assert_allclose(ask(method, state, PAST), wanted, atol=2e-3)


def test_the_eight_members_of_a_frame_answer_differently():
    method, state = trained("frame_mlp")
    frames = _training.axes_frames(PAST)
    assert frames.shape == (6, 8, 3, 3)
    assert len(np.unique(np.sign(np.asarray(frames[0]) / np.asarray(frames[0, :1])).reshape(8, -1), axis=0)) == 8
    answers = [by_numpy(method, state, PAST, frames[:, g : g + 1]) for g in range(8)]
    assert np.std(answers, 0).mean() > 0.1
    flipped = frames * jnp.array([1.0, -1.0, 1.0])[None, None, None, :]
    np.testing.assert_allclose(by_numpy(method, state, PAST, flipped), by_numpy(method, state, PAST, frames), atol=1e-4)


def test_frames_are_those_of_the_past_about_its_mean():
    np.testing.assert_allclose(_training.axes_frames(PAST + 7.0), _training.axes_frames(PAST), atol=2e-3)
    gradient = jax.grad(lambda past: (_training.axes_frames(past) ** 3).sum())(PAST)
    np.testing.assert_array_equal(gradient, 0)


def test_a_group_average_is_over_the_matrices_of_its_key():
    method, state = trained("group_average_mlp")
    matrices = rotations.orthogonal(jax.random.normal(KEY, (6, 8, 5)))
    wanted = by_numpy(method, state, PAST, matrices)
    np.testing.assert_allclose(ask(method, state, PAST), wanted, atol=2e-3)


def test_the_variance_of_a_group_average_falls_as_its_size():
    """Over 300 draws, of 8 and of 32 matrices."""
    method, state = trained("group_average_mlp")
    seen = inputs(PAST[:1], SPEC)

    def spread(size):
        def one(key):
            matrices = rotations.orthogonal(jax.random.normal(key, (1, size, 5)))
            return _training.averaged(lambda x: method.network().apply(state.params, x), seen, matrices)

        return jax.jit(jax.vmap(one))(jax.random.split(jax.random.key(1), 300)).var(0).mean()

    assert float(spread(8) / spread(32)) == pytest.approx(4, rel=0.2)


def test_copies_are_turned_as_a_whole():
    matrices = rotations.orthogonal(array(6, 8, 5, seed=3))
    copies = _training.turned_copies(Scenes(past=PAST, future=FUTURE), matrices)
    assert copies.past.shape == (48, 5, 4, 3)
    for b, g in ((0, 0), (2, 5), (5, 7)):
        np.testing.assert_allclose(copies.past[8 * b + g], PAST[b] @ matrices[b, g], atol=1e-5)
        np.testing.assert_allclose(copies.future[8 * b + g], FUTURE[b] @ matrices[b, g], atol=1e-5)


def test_copies_that_aren_t_turned_teach_what_the_scene_teaches(monkeypatch):
    """With the identity for every matrix an augmented MLP takes the plain one's step; with its own it doesn't."""
    plain, state = trained("mlp_motion")
    batch = Scenes(past=PAST, future=FUTURE)
    wanted = jax.jit(plain.update)(state, batch, KEY).params
    augmented = make("augmented_mlp")
    found = jax.jit(augmented.update)(state, batch, KEY).params
    miss = jax.tree.map(lambda a, b: float(jnp.abs(a - b).max()), found, wanted)
    assert max(jax.tree.leaves(miss)) > 1e-4
    still = jnp.broadcast_to(jnp.eye(3), (6, 8, 3, 3))
    monkeypatch.setattr(augmented_mlp, "random_frames", lambda key, scenes: still)
    found = jax.jit(lambda: augmented.update(state, batch, KEY))().params
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-4), found, wanted)


def test_steps_are_adamw_on_the_mean_distance():
    method, state = trained("mlp_motion", lr=0.01, decay=0.3)
    batch = Scenes(past=PAST, future=FUTURE)
    params = state.params
    slope = jax.jit(jax.grad(lambda p: mean_distance(method.answer(p, PAST, KEY), FUTURE)))
    with jax.numpy_dtype_promotion("standard"):
        by_hand = optax.adamw(lambda count: 0.005 * (1 + jnp.cos(jnp.pi * count / 20)), weight_decay=0.3)
        memory = by_hand.init(params)
        for _ in range(2):
            gradient = slope(params)
            step, memory = by_hand.update(gradient, memory, params)
            params = optax.apply_updates(params, step)
    update = jax.jit(method.update)
    for _ in range(2):
        state = update(state, batch, KEY)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-5), state.params, params)


def silu(x):
    return x * special.expit(x)


def dense(layer, x):
    return x @ np.asarray(layer["kernel"], np.float64) + np.asarray(layer.get("bias", 0.0), np.float64)


def pair_layer(p, h, pairs):
    """One layer on [h_i, h_j, e_ij], loop by loop."""
    n = len(h)
    out = np.zeros((n, n, np.shape(p["Dense_0"]["kernel"])[1]))
    for i in range(n):
        for j in range(n):
            out[i, j] = silu(dense(p["Dense_0"], h[i]) + dense(p["Dense_1"], h[j]) + dense(p["Dense_2"], pairs[i, j]))
    return out


def message_layers(p, h, pairs):
    out = silu(dense(p["Dense_0"], pair_layer(p["Pairs_0"], h, pairs)))
    out[np.arange(len(h)), np.arange(len(h))] = 0
    return out


def node_layers(p, h, messages):
    x = np.concatenate([h, messages.sum(1)], -1)
    return h + dense(p["Dense_1"], silu(dense(p["Dense_0"], x)))


def distances(x):
    """[n, n, c] of vectors [c, n, 3]."""
    return np.linalg.norm(x[:, :, None] - x[:, None], axis=-1).transpose(1, 2, 0)


def seen_and_params(stem, **fields):
    method, state = trained(stem, **fields)
    seen = np.asarray(inputs(PAST, SPEC), np.float64)
    return method, state, seen, state.params["params"]


def test_the_graph_network_by_loops():
    method, state, seen, p = seen_and_params("augmented_gnn")
    for scene, wanted in zip(seen, phi(method, state, seen), strict=True):
        pairs = distances(scene)
        h = dense(p["Dense_0"], scene.transpose(1, 0, 2).reshape(4, -1))
        for k in range(2):
            h = node_layers(p[f"Nodes_{k}"], h, message_layers(p[f"Messages_{k}"], h, pairs))
        out = dense(p["out"], silu(dense(p["Dense_1"], h))).reshape(4, 3, 3).transpose(1, 0, 2)
        np.testing.assert_allclose(out, wanted, rtol=1e-3, atol=1e-3)


def test_egnn_by_loops():
    method, state, seen, p = seen_and_params("egnn")
    for scene, wanted in zip(seen, phi(method, state, seen), strict=True):
        x, v = scene[0], scene[1]
        h = dense(p["Dense_0"], np.linalg.norm(scene[1:], axis=-1).T)
        for k, (own, along) in enumerate(((1, 2), (3, 4))):
            squares = ((x[:, None] - x[None]) ** 2).sum(-1, keepdims=True)
            m = message_layers(p[f"Messages_{k}"], h, np.concatenate([distances(scene), squares], -1))
            last = k == 1
            toward = dense(p["last_out" if last else "toward_out"], silu(dense(p[f"Dense_{own}"], m)))
            speed = dense(p["last_velocity_out" if last else "velocity_out"], silu(dense(p[f"Dense_{along}"], h)))
            shift = np.zeros((toward.shape[-1], 4, 3))
            for i in range(4):
                shift[:, i] = speed[i][:, None] * v[i]
                for j in range(4):
                    shift[:, i] += toward[i, j][:, None] * (x[i] - x[j]) / 3
            if not last:
                x = x + shift[0]
                h = node_layers(p[f"Nodes_{k}"], h, m)
        np.testing.assert_allclose(shift, wanted, rtol=1e-3, atol=2e-3)


def test_gates_by_hand():
    """Where q points against k it loses its part along k; elsewhere it stays."""
    q = jnp.array([[[[1.0, 2.0, 0.0]]], [[[1.0, 2.0, 0.0]]]])
    k = jnp.array([[[[2.0, 0.0, 1.0]]], [[[-2.0, 0.0, 0.0]]]])
    np.testing.assert_allclose(eqmotion.gated(q, k)[:, 0, 0], [[1, 2, 0], [0, 2, 0]], atol=1e-4)


def test_speeds_and_angles_by_hand():
    """A particle that goes 1 along x, then 2 along y, then 2 along y, then back."""
    steps = jnp.array([[0.0, 0, 0], [1, 0, 0], [0, 2, 0], [0, 2, 0], [0, -2, 0]])
    past = jnp.zeros((1, 5, 2, 3)).at[0, :, 0].set(0.5 * jnp.cumsum(steps, 0))
    speeds, angles = eqmotion.patterns(inputs(past, SPEC), 0.5)
    np.testing.assert_allclose(speeds[0, 0], [1, 2, 2, 2], atol=1e-3)
    np.testing.assert_allclose(angles[0, 0], [np.pi / 2, 0, np.pi], atol=1e-3)
    slope = jax.grad(lambda x: eqmotion.patterns(inputs(x, SPEC), 0.5)[1].sum())(past)
    assert bool(jnp.isfinite(slope).all())


def mix(layer, g):
    """Channels of vectors [c, n, 3], mixed."""
    return np.einsum("cnx,ck->knx", g, np.asarray(layer["Dense_0"]["kernel"], np.float64))


@pytest.mark.parametrize("kinds", [2, 1])
def test_eqmotion_by_loops(kinds):
    method, state, seen, p = seen_and_params("eqmotion", kinds=kinds)
    speeds, angles = eqmotion.patterns(jnp.asarray(seen, jnp.float32), 0.5)
    for s, (scene, wanted) in enumerate(zip(seen, phi(method, state, seen), strict=True)):
        g, v = mix(p["Mix_0"], scene), mix(p["Mix_1"], scene[1:])
        h = np.concatenate([dense(p["Dense_0"], np.array(speeds[s])), dense(p["Dense_1"], np.array(angles[s]))], -1)
        both = silu(dense(p["Dense_3"], silu(dense(p["Dense_2"], distances(np.concatenate([g, v]))))))
        after = node_layers(p["Nodes_0"], h, message_layers(p["Messages_0"], h, both))
        logits = dense(p["Dense_4"], pair_layer(p["Pairs_0"], after, both))
        kind = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
        for k in range(2):
            pairs, f = distances(g), p[f"Factors_{k}"]
            mixed = sum(
                kind[..., i : i + 1] * silu(dense(f[f"Dense_{i}"], pair_layer(f[f"Pairs_{i}"], h, pairs)))
                for i in range(kinds)
            )
            mixed = silu(dense(f[f"Dense_{kinds}"], mixed))
            factors = silu(dense(f[f"Dense_{kinds + 1}"], mixed))
            attention = silu(dense(p[f"Dense_{5 + k}"], h)).T[:, :, None]
            new = g + attention * (g - g.mean(1, keepdims=True))
            for i in range(4):
                for j in range(4):
                    new[:, i] += factors[i, j][:, None] * (g[:, i] - g[:, j])
            new = new + mix(p[f"Mix_{2 + 3 * k}"], v)
            query, other = mix(p[f"Mix_{3 + 3 * k}"], new), mix(p[f"Mix_{4 + 3 * k}"], new)
            product = (query * other).sum(-1, keepdims=True)
            along = product / ((other**2).sum(-1, keepdims=True) + 1e-4) * other
            h = node_layers(p[f"Nodes_{k + 1}"], h, message_layers(p[f"Messages_{k + 1}"], h, pairs))
            g = np.where(product >= 0, query, query - along)
        found = mix(p["out"], g)
        np.testing.assert_allclose(found, wanted, rtol=5e-3, atol=5e-3 * np.abs(wanted).max())


def test_kinds_matter_and_one_kind_is_without_reasoning():
    """With one kind, what reasons about kinds has no say in the answer."""
    for kinds, changes in ((2, True), (1, False)):
        method, state = trained("eqmotion", kinds=kinds)
        inner = state.params["params"] | {"Pairs_0": jax.tree.map(jnp.zeros_like, state.params["params"]["Pairs_0"])}
        other = ask(method, state._replace(params={"params": inner}), PAST)
        miss = float(jnp.abs(other - ask(method, state, PAST)).max())
        assert (miss > 1e-3) is changes


def test_the_regression_by_numpy():
    method = make("linear_equivariant", penalty=0.01)
    state = jax.jit(method.init)(KEY)
    straight = np.asarray(constant_velocity(PAST, 3), np.float64)
    rows, targets = [], []
    for scene, bent in zip(np.asarray(inputs(PAST, SPEC)), np.asarray(FUTURE) - straight, strict=True):
        for i in range(4):
            for axis in range(3):
                others = np.delete(scene[1:, :, axis], i, 1).mean(1)
                rows.append(np.concatenate([scene[:, i, axis], others]))
                targets.append(bent[:, i, axis])
    gram = np.array(rows).T @ rows / len(rows)
    gram = gram + 0.01 * np.trace(gram) / 9 * np.eye(9)
    weights = np.linalg.solve(gram, np.array(rows).T @ targets / len(rows))
    wanted = straight + (np.array(rows) @ weights).reshape(6, 4, 3, 3).transpose(0, 3, 1, 2)
    np.testing.assert_allclose(ask(method, state, PAST), wanted, atol=1e-3)


def test_the_regression_turns_and_shrinks_to_constant_velocity():
    method = make("linear_equivariant", penalty=0.01)
    state = jax.jit(method.init)(KEY)
    plain = ask(method, state, PAST)
    np.testing.assert_allclose(ask(method, state, turn(PAST)), turn(plain), atol=1e-4)
    assert float(mean_distance(plain, FUTURE)) < 0.9 * float(mean_distance(constant_velocity(PAST, 3), FUTURE))
    shrunk = dataclasses.replace(method, penalty=1e6)
    still = ask(shrunk, jax.jit(shrunk.init)(KEY), PAST)
    np.testing.assert_allclose(still, constant_velocity(PAST, 3), atol=1e-3)


@pytest.mark.parametrize("stem", ["frame_mlp", "egnn", "eqmotion"])
def test_steps_lower_the_error_of_a_batch(stem):
    method = make(stem, lr=0.01)
    state = jax.jit(method.init)(jax.random.key(0))
    batch = Scenes(past=PAST, future=constant_velocity(PAST, 3) + 0.3 * PAST[:, -3:])
    run = jax.jit(lambda state: jax.lax.fori_loop(0, 20, lambda _, s: method.update(s, batch, KEY), state))
    before = mean_distance(ask(method, state, PAST), batch.future)
    after = mean_distance(ask(method, run(state), PAST), batch.future)
    assert float(after) < 0.9 * float(before)


def test_layers_are_named_for_what_is_silenced():
    """Only the layers that move positions start at 0."""
    network = egnn.Rounds(3)
    assert isinstance(network, nn.Module)
    state = jax.jit(make("egnn").init)(jax.random.key(0))
    silent = {name for name, layer in state.params["params"].items() if not np.any(layer.get("kernel", 1.0))}
    assert silent == {"last_out", "last_velocity_out", "toward_out", "velocity_out"}
