"""The circuit against matrices written out, the shift rule against derivatives, and the classifier's world."""

from functools import reduce
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.errors import UsageError
from toybench.methods.quantum_circuits._training import shift_gradient, shifted
from toybench.tasks.quantum_circuits import CircuitSpec, Data, chain, encode, expectations, losses, majority, rotations
from toybench.tasks.quantum_circuits.quantum_classifier import QuantumClassifier, Scores, accuracy, evidence

KEY = jax.random.key(0)
SPEC = CircuitSpec(qubits=3, layers=2, loss="linear", shots=0)
ENTROPY = CircuitSpec(qubits=3, layers=2, loss="cross_entropy", shots=0)
votes = jax.jit(expectations, static_argnums=0)
run = jax.jit(losses, static_argnums=0)
shift = jax.jit(shift_gradient, static_argnums=0)
slope = jax.jit(jax.grad(lambda angles, known, spec: losses(spec, known, angles[None], KEY)[0]), static_argnums=2)


def ry(angle: float) -> np.ndarray:
    c, s = np.cos(angle / 2), np.sin(angle / 2)
    return np.array([[c, -s], [s, c]])


def rz(angle: float) -> np.ndarray:
    return np.diag([np.exp(-0.5j * angle), np.exp(0.5j * angle)])


def kron(matrices: Any) -> np.ndarray:
    return reduce(np.kron, matrices)


def cnot(qubits: int, control: int) -> np.ndarray:
    """From a qubit to the next one, qubit 0 being the first factor: |0><0| I + |1><1| X."""
    zero, one, x = np.diag([1.0, 0.0]), np.diag([0.0, 1.0]), np.array([[0.0, 1.0], [1.0, 0.0]])
    rest = [np.eye(2)] * (qubits - control - 2)
    return kron([np.eye(2)] * control + [zero, np.eye(2), *rest]) + kron([np.eye(2)] * control + [one, x, *rest])


def data(spec: CircuitSpec = SPEC, points: int = 6) -> Data:
    rng = np.random.default_rng(1)
    features = jnp.asarray(rng.uniform(0, np.pi, (points, spec.qubits)), jnp.float32)
    labels = jnp.asarray(rng.choice([-1.0, 1.0], points), jnp.float32)
    start = jnp.asarray(rng.normal(size=spec.angles), jnp.float32)
    return Data(states=jax.jit(encode)(features), labels=labels, start=start)


def test_points_are_encoded_as_product_states() -> None:
    features = np.array([[0.3, 1.0, 2.0], [np.pi, 0.0, np.pi]])
    for found, row in zip(jax.jit(encode)(jnp.asarray(features, jnp.float32)), features, strict=True):
        np.testing.assert_allclose(found, kron([ry(f)[:, 0] for f in row]), atol=1e-6)


def test_a_layer_is_the_product_of_its_gates() -> None:
    angles = np.random.default_rng(0).normal(size=(2, 2, 3))
    for found, (y, z) in zip(jax.jit(rotations)(jnp.asarray(angles, jnp.float32)), angles, strict=True):
        np.testing.assert_allclose(found, kron([rz(b) @ ry(a) for a, b in zip(y, z, strict=True)]), atol=1e-6)


@pytest.mark.parametrize("qubits", [2, 3, 5])
def test_the_chain_is_the_product_of_its_gates(qubits: int) -> None:
    whole = np.eye(2**qubits)
    for control in range(qubits - 1):
        whole = cnot(qubits, control) @ whole
    state = np.arange(2.0**qubits)
    np.testing.assert_array_equal(state[chain(qubits)], whole @ state)


@pytest.mark.parametrize(("qubits", "layers"), [(3, 2), (5, 3)])
def test_votes_as_matrices_have_them(qubits: int, layers: int) -> None:
    spec = CircuitSpec(qubits=qubits, layers=layers, loss="linear", shots=0)
    known = data(spec, points=3)
    angles = np.random.default_rng(2).normal(size=(2, layers, 2, qubits))
    found = votes(spec, known.states, jnp.asarray(angles.reshape(2, -1), jnp.float32))
    for e in range(2):
        whole = np.eye(2**qubits)
        for layer in range(layers):
            if layer:
                for control in range(qubits - 1):
                    whole = cnot(qubits, control) @ whole
            gates = [rz(angles[e, layer, 1, q]) @ ry(angles[e, layer, 0, q]) for q in range(qubits)]
            whole = kron(gates) @ whole
        for n, state in enumerate(np.asarray(known.states)):
            chances = np.abs(whole @ state) ** 2
            label = [1 if format(i, f"0{qubits}b").count("1") < qubits / 2 else -1 for i in range(2**qubits)]
            np.testing.assert_allclose(chances.sum(), 1, rtol=1e-5)
            np.testing.assert_allclose(found[e, n], chances @ label, atol=1e-5)


def test_the_majority_of_three() -> None:
    np.testing.assert_array_equal(majority(3), [1, 1, 1, -1, 1, -1, -1, -1])
    assert SPEC.angles == 12
    assert SPEC.evaluations == 25


def test_losses_by_hand() -> None:
    known = data()
    angles = known.start[None]
    z = np.asarray(votes(SPEC, known.states, angles))[0]
    right = (1 + np.asarray(known.labels) * z) / 2
    np.testing.assert_allclose(run(SPEC, known, angles, KEY)[0], 1 - right.mean(), rtol=1e-5)
    np.testing.assert_allclose(run(ENTROPY, known, angles, KEY)[0], -np.log(right).mean(), rtol=1e-5)


def test_shifts_give_the_gradient_of_a_linear_loss() -> None:
    """Of this one alone: of the cross entropy they give another direction."""
    known = data()
    found = shift(SPEC, known, known.start, KEY)
    exact = slope(known.start, known, SPEC)
    np.testing.assert_allclose(found, exact, atol=1e-6)
    assert np.abs(exact).max() > 0.05
    other = slope(known.start, known, ENTROPY)
    assert np.abs(np.asarray(shift(ENTROPY, known, known.start, KEY) - other)).max() > 0.01


def test_the_last_phases_do_not_matter() -> None:
    """Votes are counted in the basis that Z rotations leave alone."""
    known = data()
    exact = np.asarray(shift(SPEC, known, known.start, KEY)).reshape(2, 2, 3)
    np.testing.assert_allclose(exact[1, 1], 0.0, atol=1e-6)
    assert (np.abs(exact[0]) > 1e-5).all()


def test_shifted_angles_stand_in_order() -> None:
    found = np.asarray(shifted(jnp.array([1.0, 2.0])))
    quarter = np.pi / 2
    expected = [[1, 2], [1 + quarter, 2], [1, 2 + quarter], [1 - quarter, 2], [1, 2 - quarter]]
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_the_noise_of_shots_is_that_of_counted_votes() -> None:
    """2,000 losses of 16 shots against binomial counts, in mean and spread; and again with the cross entropy."""
    known = data(points=4)
    many = jnp.tile(known.start[None], (2000, 1))
    z = np.asarray(votes(SPEC, known.states, known.start[None]))[0]
    labels = np.asarray(known.labels)
    counted = np.random.default_rng(0).binomial(16, (1 + labels * z) / 2, (2000, 4)) / 16
    found = np.asarray(run(CircuitSpec(qubits=3, layers=2, loss="linear", shots=16), known, many, KEY))
    np.testing.assert_allclose(found.mean(), 1 - counted.mean(), atol=0.01)
    np.testing.assert_allclose(found.std(), counted.mean(1).std(), rtol=0.1)
    fewer = np.asarray(run(CircuitSpec(qubits=3, layers=2, loss="linear", shots=4), known, many, KEY))
    assert 1.6 < fewer.std() / found.std() < 2.2


def test_odds_are_those_of_the_clusters() -> None:
    centres = np.random.default_rng(0).uniform(0, 3, (2, 3, 2))
    point = np.array([[1.0, 2.0]])
    densities = np.exp(-((point - centres) ** 2).sum(-1) / (2 * 0.16)).sum(-1)
    found = evidence(jnp.asarray(point, jnp.float32), jnp.asarray(centres, jnp.float32))
    np.testing.assert_allclose(found, [np.log(densities[0] / densities[1])], rtol=1e-4)


def test_the_classifiers_world() -> None:
    task = QuantumClassifier()
    worlds = jax.jit(jax.vmap(task.sample))(jax.random.split(jax.random.key(1), 40))
    flipped = np.asarray(worlds.data.labels != worlds.labels[:, :64]).mean()  # labels alternate in both sets
    np.testing.assert_allclose(flipped, 0.1, atol=0.03)
    assert worlds.data.start.shape == (40, 30)
    np.testing.assert_allclose(worlds.data.start.std(), 1.0, atol=0.05)
    np.testing.assert_allclose((worlds.states**2).sum(-1), 1.0, rtol=1e-4)
    assert np.asarray(worlds.labels).mean() == 0
    best = np.asarray((np.sign(worlds.test) == worlds.labels).mean(1))
    assert 0.9 < best.mean() < 0.99


def test_scores_are_judged_without_shots() -> None:
    """A learner's accuracy and loss are exact ones of the linear kind, whatever it was trained on."""
    task = QuantumClassifier(shots=4, loss="cross_entropy", tests=8, points=8)
    world = jax.jit(task.sample)(KEY)

    class Stays:
        def angles(self) -> jax.Array:
            return world.data.start

    found = task.evaluate(world, KEY, Stays())
    exact = CircuitSpec(qubits=5, layers=3, loss="linear", shots=0)
    np.testing.assert_allclose(found["train_loss"], run(exact, world.data, world.data.start[None], KEY)[0])
    z = np.asarray(votes(exact, world.states, world.data.start[None]))[0]
    np.testing.assert_allclose(found["test_accuracy"], (np.sign(z) == world.labels).mean())
    best = task.evaluate(world, KEY, task.oracle(world))
    np.testing.assert_allclose(best["test_accuracy"], (np.sign(world.test) == world.labels).mean())
    np.testing.assert_allclose(best["train_loss"], (np.sign(world.train) != world.data.labels).mean(), atol=1e-6)
    floor = task.evaluate(world, KEY, task.floor(world))
    assert floor["test_accuracy"] == 0.5
    assert accuracy(jnp.array([2.0, -1.0, 0.0]), jnp.array([1.0, 1.0, 1.0])) == 0.5
    assert isinstance(task.floor(world), Scores)


def test_a_misspelled_loss_is_named() -> None:
    with pytest.raises(UsageError, match="use one of linear, cross_entropy"):
        _ = QuantumClassifier(loss="hinge").spec
