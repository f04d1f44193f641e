"""Permutations by ensembles: the law against joint covariances and trained networks, sizes, rounding, the control."""

from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.methods.permutation_learning import finite_width_ensemble, ntk_ensemble
from toybench.methods.permutation_learning.finite_width_ensemble import FiniteWidthEnsemble
from toybench.methods.permutation_learning.linear_map import LinearMap
from toybench.methods.permutation_learning.ntk_ensemble import NTKEnsemble
from toybench.tasks.permutation_learning import EnsembleSpec, Shown, inputs
from toybench.tasks.permutation_learning.permutation_inputs import PermutationInputs, World, needed, place

ORDER = np.array([2, 0, 3, 1])  # where the bits of four go
SHOWN = Shown(x=jnp.eye(4), y=jnp.eye(4)[ORDER])


def test_inputs_are_all_strings_but_zero():
    assert inputs(3).tolist()[:4] == [[1, 0, 0], [0, 1, 0], [1, 1, 0], [0, 0, 1]]
    assert len(np.unique(inputs(6), axis=0)) == 63


# ---- the law


def test_kernels_of_unit_vectors_and_of_sums():
    unit = np.eye(2)
    both = np.array([[1.0, 1.0]])
    np.testing.assert_allclose(ntk_ensemble.start(unit, unit), [[0.5, 1 / (2 * np.pi)], [1 / (2 * np.pi), 0.5]])
    np.testing.assert_allclose(ntk_ensemble.tangent(unit, unit), [[1, 1 / (2 * np.pi)], [1 / (2 * np.pi), 1]])
    angle = np.pi / 4
    across = np.sqrt(2) * (np.sin(angle) + (np.pi - angle) * np.cos(angle)) / (2 * np.pi)
    np.testing.assert_allclose(ntk_ensemble.start(both, unit), [[across, across]])
    np.testing.assert_allclose(ntk_ensemble.tangent(both, unit), np.full((1, 2), across + 0.375))


def test_kernels_are_those_of_wide_networks():
    rng = np.random.default_rng(0)
    x, y = np.array([[1.0, 0, 1], [0, 1, 1]])
    first = rng.normal(size=(200_000, 3))
    kernel = (np.maximum(first @ x, 0) * np.maximum(first @ y, 0)).mean()
    gradients = kernel + ((first @ x > 0) & (first @ y > 0)).mean() * (x @ y)
    np.testing.assert_allclose(ntk_ensemble.start(x[None], y[None]), kernel, rtol=0.02)
    np.testing.assert_allclose(ntk_ensemble.tangent(x[None], y[None]), gradients, rtol=0.02)


def test_the_law_is_that_of_outputs_after_their_errors_on_unit_vectors_were_taken_away():
    """f(x) - A f(E) + A Y for jointly normal f(x), f(E): its mean and covariance, written with one joint matrix."""
    x = inputs(3)
    mean, root = ntk_ensemble.law(3)
    joint = ntk_ensemble.start(np.concatenate([x, np.eye(3)]), np.concatenate([x, np.eye(3)]))
    taken = np.concatenate([np.eye(7), -mean], axis=1)
    np.testing.assert_allclose(root @ root.T, taken @ joint @ taken.T, atol=1e-9)
    single = x.sum(1) == 1
    assert (mean[single] == x[single]).all() or np.abs(mean[single] - x[single]).max() < 1e-12
    assert (mean[single][x[single] == 0] == 0).all()
    assert not root[single].any()


@pytest.mark.parametrize(("bits", "off"), [(3, -0.0257), (6, -0.0189), (8, -0.0160)])
def test_means_tell_bits_apart_by_their_sign(bits, off):
    x = inputs(bits)
    mean, root = ntk_ensemble.law(bits)
    two = x.sum(1) == 2
    np.testing.assert_allclose(mean[two][x[two] == 0], off, atol=5e-5)
    np.testing.assert_allclose(np.sqrt((root[two] ** 2).sum(1)), 0.36, atol=0.007)
    assert mean[x > 0].min() > 0.4
    assert mean[x.sum(1) > 1][x[x.sum(1) > 1] == 0].max() < 0


def drawn(spec: EnsembleSpec, seed: int = 0, cut: float = 0.0) -> tuple[NTKEnsemble, object]:
    method = NTKEnsemble(spec=spec, cut=cut)
    state = method.init(jax.random.key(seed))
    return method, method.update(state, SHOWN, jax.random.key(1))


def test_ensembles_are_means_of_the_first_members():
    """Deviations shrink like the root of the size, and those of two sizes share their members."""
    spec = EnsembleSpec(bits=4, sizes=(1, 4, 16))
    three = inputs(4).sum(1) == 3
    found = np.stack([np.asarray(drawn(spec, seed)[1].deviation)[:, three] for seed in range(40)])
    spread = found.std(axis=(0, 2, 3))
    _, root = ntk_ensemble.law(4)
    np.testing.assert_allclose(spread, np.sqrt((root[three] ** 2).sum(1)).mean() / np.array([1, 2, 4]), rtol=0.1)
    correlation = np.corrcoef(found[:, 0].ravel(), found[:, 1].ravel())[0, 1]
    np.testing.assert_allclose(correlation, 0.5, atol=0.08)


def test_outputs_are_permuted_and_unit_vectors_met_by_every_member():
    method, state = drawn(EnsembleSpec(bits=4, sizes=(1, 2, 1_000_000)))
    outputs = np.asarray(method.outputs(state))
    x = inputs(4)
    target = x @ np.asarray(SHOWN.y)
    single = x.sum(1) == 1
    assert ((outputs[:, single] > 0) == (target[single] > 0)[None]).all()
    assert ((outputs[2] > 0) == (target > 0)).all()
    assert not ((outputs[0] > 0) == (target > 0)).all()
    assert method.threshold(state) == 0
    assert drawn(EnsembleSpec(bits=4, sizes=(1,)), cut=0.2)[0].threshold(state) == pytest.approx(0.2)


# ---- trained networks


def trained(width: int, members: int, seed: int = 0) -> np.ndarray:
    sizes = (1, members)
    method = FiniteWidthEnsemble(spec=EnsembleSpec(bits=4, sizes=sizes), width=width)
    state = method.init(jax.random.key(seed))
    return np.asarray(method.outputs(method.update(state, SHOWN, jax.random.key(1))))


def test_trained_networks_meet_unit_vectors_and_follow_the_law():
    outputs = trained(width=256, members=64)
    x = inputs(4)
    target = x @ np.asarray(SHOWN.y)
    single = x.sum(1) == 1
    np.testing.assert_allclose(outputs[:, single], np.stack([target[single]] * 2), atol=1e-3)
    mean, root = ntk_ensemble.law(4)
    error = outputs[1] - mean @ np.asarray(SHOWN.y)
    noise = np.sqrt((root**2).sum(1))[:, None] / 8
    assert np.abs(error[~single] / noise[~single]).max() < 5
    assert np.abs(outputs[1][single] - outputs[0][single]).max() < np.abs(outputs[1] - outputs[0]).max() / 50


def test_outputs_are_those_of_two_layers():
    members = finite_width_ensemble.Members(
        first=jnp.array([[[1.0, -1.0]], [[2.0, 3.0]]]), second=jnp.array([[[1.0], [5.0]], [[1.0], [-1.0]]])
    )
    found = finite_width_ensemble.answers(members, jnp.array([[1.0], [-2.0]]))
    np.testing.assert_allclose(found[..., 0], np.array([[1, 10], [-1, 0]]) / 2**0.5, rtol=1e-6)


def test_there_are_no_more_than_64_trained_networks():
    method = FiniteWidthEnsemble(spec=EnsembleSpec(bits=2, sizes=(1, 64, 128)), width=8)
    state = method.init(jax.random.key(0))
    outputs = np.asarray(method.outputs(state))
    assert state.first.shape == (64, 2, 8)
    np.testing.assert_array_equal(outputs[2], outputs[1])
    assert not np.array_equal(outputs[1], outputs[0])


def test_one_linear_map_permutes_everything():
    method = LinearMap(spec=EnsembleSpec(bits=4, sizes=(1, 2)))
    state = method.update(method.init(jax.random.key(0)), SHOWN, jax.random.key(0))
    np.testing.assert_allclose(method.outputs(state)[1], inputs(4) @ np.asarray(SHOWN.y), atol=1e-5)


# ---- the task


def test_sizes_grow_by_the_root_of_two():
    assert PermutationInputs(bits=3, largest=16).spec.sizes == (1, 2, 3, 4, 6, 8, 11, 16)
    assert place((1, 2, 3, 4, 6), 5) == 3
    assert place((1, 2), 4096) == 1


@pytest.mark.parametrize(
    ("exact", "members"),
    [([1, 1, 1], 1), ([0, 1, 1], 2), ([1, 0, 1], 4), ([1, 1, 0], 8), ([0, 0, 0], 8)],
)
def test_members_are_needed_until_all_larger_ensembles_are_exact(exact, members):
    assert needed(jnp.array(exact, bool), (1, 2, 4)) == members


def test_metrics_count_strings_and_bits():
    task = PermutationInputs(bits=4, largest=64)
    world = World(permutation=SHOWN.y)
    right = inputs(4) @ np.asarray(SHOWN.y)
    every = np.stack([right] * len(task.spec.sizes))
    every[0] = 0  # one member: all strings are wrong
    place_64 = task.spec.sizes.index(64)
    every[place_64, :3, 0] = 1 - every[place_64, :3, 0]  # 64 members: a bit of three strings
    learner = SimpleNamespace(outputs=lambda: jnp.asarray(every), threshold=lambda: 0.5)
    found = task.evaluate(world, jax.random.key(0), learner)
    assert found["exact_match_one"] == 0
    assert found["exact_match_small"] == found["exact_match"] == pytest.approx(12 / 15)
    assert found["bit_error_small"] == pytest.approx(3 / 60, abs=1e-6)
    assert found["bit_error_unseen"] == pytest.approx(1 / 44, abs=1e-6)  # two of these strings were shown
    assert found["members_needed"] == 128


def test_references():
    task = PermutationInputs(bits=4, largest=64)
    world = task.sample(jax.random.key(3))
    assert sorted(np.asarray(world.permutation).argmax(1).tolist()) == [0, 1, 2, 3]
    floor = task.evaluate(world, jax.random.key(0), task.floor(world))
    oracle = task.evaluate(world, jax.random.key(0), task.oracle(world))
    assert (floor["exact_match"], floor["members_needed"]) == (0, 128)
    assert floor["bit_error_small"] == pytest.approx(32 / 60, abs=1e-6)
    assert (oracle["exact_match"], oracle["members_needed"]) == (1, 1)
