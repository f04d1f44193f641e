"""Sequence coders: the world's laws, information measures by hand, causality of codes, k-means against scikit-learn."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.blocks import nn
from toybench.methods.vector_quantization._sequence_coder import GRU, CodeModel, distances, kmeans, pairs
from toybench.methods.vector_quantization.apc_kmeans import APCKMeans
from toybench.methods.vector_quantization.feature_kmeans import FeatureKMeans
from toybench.methods.vector_quantization.vq_apc import VQAPC
from toybench.methods.vector_quantization.vq_autoencoder import VQAutoencoder
from toybench.tasks.vector_quantization._sequences import SequenceSpec, beyond_chance, contingency, mutual, normalised
from toybench.tasks.vector_quantization.phone_speaker_sequences import PhoneSpeakerSequences

SPEC = SequenceSpec(features=4, length=12, codes=5, horizon=2, batch=3)


def test_phones_last_as_long_as_they_should_and_speakers_for_the_whole_sequence():
    task = PhoneSpeakerSequences(test=400, noise=0.0, timbre=0.0)
    world = jax.jit(task.sample)(jax.random.key(0))
    same = (world.phone[:, 1:] == world.phone[:, :-1]).astype(jnp.float32).mean()
    assert abs(float(same) - 0.9) < 0.015
    assert int(world.phone.min()) == 0 and int(world.phone.max()) == 9
    np.testing.assert_allclose(world.frames, world.means[world.phone], atol=1e-6)
    np.testing.assert_allclose(world.cumulative[:, -1], 1.0, atol=1e-5)


def test_a_frame_is_coloured_and_shifted_by_its_speaker():
    task = PhoneSpeakerSequences(test=16, noise=0.0)
    world = jax.jit(task.sample)(jax.random.key(1))
    for n, t in ((0, 0), (3, 20), (15, 39)):
        s = world.speaker[n]
        wanted = world.means[world.phone[n, t]] @ world.colour[s] + world.offset[s]
        np.testing.assert_allclose(world.frames[n, t], wanted, atol=1e-5)


def test_information_of_small_tables_by_hand():
    same, independent = jnp.eye(2) / 2, jnp.full((2, 2), 0.25)
    np.testing.assert_allclose(mutual(same), np.log(2), rtol=1e-5)
    np.testing.assert_allclose(normalised(mutual(same), same), 1.0, rtol=1e-5)
    np.testing.assert_allclose(mutual(independent), 0.0, atol=1e-6)
    joint = contingency(jnp.array([[0, 0, 1, 1]]), jnp.array([[0, 1, 1, 1]]), (2, 2))
    np.testing.assert_allclose(joint, np.array([[0.25, 0.25], [0.0, 0.5]]))
    np.testing.assert_allclose(mutual(joint), np.log(2) + 0.562335 - 1.5 * np.log(2), rtol=1e-4)


def test_normalised_information_agrees_with_scikit_learn():
    sklearn = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(0)
    a = rng.integers(0, 5, 300)
    b = np.where(rng.random(300) < 0.5, a, rng.integers(0, 5, 300))
    joint = contingency(jnp.asarray(a, jnp.int32), jnp.asarray(b, jnp.int32), (5, 5))
    np.testing.assert_allclose(normalised(mutual(joint), joint), sklearn.normalized_mutual_info_score(a, b), rtol=1e-4)


def test_information_beyond_chance_is_small_for_independent_and_full_for_equal_labels():
    rng = np.random.default_rng(0)
    label = jnp.asarray(rng.integers(0, 10, 256), jnp.int32)
    codes = jnp.asarray(np.repeat(rng.integers(0, 64, (256, 4)), 10, axis=1), jnp.int32)
    plain = mutual(contingency(codes, jnp.broadcast_to(label[:, None], codes.shape), (64, 10)))
    assert float(plain) > 0.2 and float(beyond_chance(codes, label, (64, 10))) < 0.03
    told = jnp.broadcast_to(label[:, None], (256, 40))
    assert float(beyond_chance(told, label, (10, 10))) > 2.0


@pytest.mark.parametrize("method", [VQAPC, VQAutoencoder, APCKMeans, FeatureKMeans])
def test_a_code_depends_on_no_later_frame(method):
    method = method(spec=SPEC, steps=10)
    key = jax.random.key(0)
    seen = jnp.asarray(np.random.default_rng(0).normal(size=(SPEC.batch, SPEC.length, SPEC.features)), jnp.float32)
    state = jax.jit(lambda key: method.update(method.init(key), seen, key))(key)
    frames = jnp.asarray(np.random.default_rng(1).normal(size=(8, SPEC.length, SPEC.features)), jnp.float32)
    codes = jax.jit(method.sequence_codes)
    before, after = codes(state, frames), codes(state, frames.at[:, 7:].add(3.0))
    assert (before[:, :7] == after[:, :7]).all() and (before[:, 7:] != after[:, 7:]).any()
    assert before.shape == frames.shape[:2] and int(before.max()) < SPEC.codes


def test_pairs_are_the_horizon_apart():
    frames = jnp.arange(24.0).reshape(2, 12, 1)
    x, y = pairs(frames, 3)
    np.testing.assert_array_equal(y - x, jnp.full((2, 9, 1), 3.0))
    assert VQAPC(spec=SPEC).ahead == 2 and VQAutoencoder(spec=SPEC).ahead == 0


def test_gru_by_hand():
    """Against the recurrence written out in NumPy, with the reset gate inside the candidate."""
    gru, x = GRU(3), jnp.asarray(np.random.default_rng(1).normal(size=(2, 4, 5)), jnp.float32)
    params = nn.init(gru, jax.random.key(0), x)
    found, p = gru.apply(params, x), params["params"]
    kernel, dense = np.asarray(p["kernel"]), p["Dense_0"]
    h, sigmoid = np.zeros((2, 3)), lambda a: 1 / (1 + np.exp(-a))
    for t in range(4):
        g, r = np.asarray(x[:, t] @ dense["kernel"] + dense["bias"][None]), h @ kernel
        z, reset = sigmoid(g[:, :3] + r[:, :3]), sigmoid(g[:, 3:6] + r[:, 3:6])
        h = (1 - z) * np.tanh(g[:, 6:] + reset * r[:, 6:]) + z * h
        np.testing.assert_allclose(found[:, t], h, atol=1e-5)


def test_the_code_layer_passes_one_code_vector_forward_and_a_gradient_back():
    rng, model = np.random.default_rng(1), CodeModel(width=6, codes=5, features=4)
    x, noise = (jnp.asarray(a, jnp.float32) for a in (rng.normal(size=(2, 3, 4)), rng.gumbel(size=(2, 3, 5))))
    params = nn.init(model, jax.random.key(0), x, noise, jnp.ones(()))
    out, p = model.apply(params, x, noise, 0.5), params["params"]
    code = (model.apply(params, x, method="logits") + noise).argmax(-1)
    wanted = p["codebook"]["kernel"][code] @ p["output"]["kernel"] + p["output"]["bias"].reshape(1, 1, -1)
    np.testing.assert_allclose(out, wanted, atol=1e-5)
    grads = jax.jit(jax.grad(lambda q: jnp.abs(model.apply(q, x, noise, 0.5)).sum()))(params)["params"]
    assert float(jnp.abs(grads["encoder"]["kernel"]).max()) > 0


def test_kmeans_is_as_good_as_scikit_learn():
    cluster = pytest.importorskip("sklearn.cluster")
    rng = np.random.default_rng(0)
    points = (4 * rng.normal(size=(6, 3)))[rng.integers(0, 6, 600)] + rng.normal(size=(600, 3))
    start = jnp.asarray(rng.random((4, 6)), jnp.float32)
    centres = jax.jit(kmeans)(jnp.asarray(points, jnp.float32), start)
    ours = float(distances(jnp.asarray(points, jnp.float32), centres).min(1).sum())
    theirs = cluster.KMeans(6, n_init=4, random_state=0).fit(points).inertia_
    assert ours < 1.03 * theirs
