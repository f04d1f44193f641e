"""Optimisers of a circuit: steps by hand, circuits counted, a search that equals its library's."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import optimize

from toybench.plugins import registry
from toybench.tasks.quantum_circuits import CircuitSpec, Data, encode, losses

KEY = jax.random.key(0)
SPEC = CircuitSpec(qubits=2, layers=2, loss="linear", shots=0)  # two qubits vote for 1 when both are 1
run = jax.jit(losses, static_argnums=0)
slope = jax.jit(jax.grad(lambda angles, known: losses(SPEC, known, angles[None], KEY)[0]))
METHODS = ("aqgd", "adam_shift", "spsa", "random_search", "cobyla")


def data() -> Data:
    rng = np.random.default_rng(1)
    features = jnp.asarray(rng.uniform(0, np.pi, (6, 2)), jnp.float32)
    labels = jnp.asarray(rng.choice([-1.0, 1.0], 6), jnp.float32)
    return Data(states=jax.jit(encode)(features), labels=labels, start=jnp.asarray(rng.normal(size=8), jnp.float32))


DATA = data()


def bound(name: str, **fields: Any) -> Any:
    method = registry.load("methods", f"quantum_circuits/{name}")
    return method(**{"spec": SPEC, "steps": 3, "given": DATA, **fields})


def loss(angles: Any) -> float:
    return float(run(SPEC, DATA, jnp.asarray(angles, jnp.float32)[None], KEY)[0])


def gradient(angles: Any) -> np.ndarray:
    return np.asarray(slope(jnp.asarray(angles, jnp.float32), DATA))


def test_gradient_descent_by_hand() -> None:
    """m <- (1 - b) g + b m, theta <- theta - lr m, three times."""
    method = bound("aqgd", lr=2.0, momentum=0.25)
    update = jax.jit(method.update)
    state = method.init(KEY)
    theta = np.asarray(DATA.start)
    mean = np.zeros(8)
    for _ in range(3):
        mean = 0.75 * gradient(theta) + 0.25 * mean
        theta = theta - 2.0 * mean
        state = update(state, (), KEY)
        np.testing.assert_allclose(method.angles(state), theta, atol=1e-5)
        np.testing.assert_allclose(state.mean, mean, atol=1e-5)


def test_adam_by_hand() -> None:
    method = bound("adam_shift", lr=0.1)
    update = jax.jit(method.update)
    state = method.init(KEY)
    theta = np.asarray(DATA.start)
    m = np.zeros(8)
    v = np.zeros(8)
    moves = np.abs(gradient(theta)) > 1e-4  # a last phase has gradient 0, and rounding decides where it goes
    for t in range(1, 4):
        g = gradient(theta)
        m = 0.9 * m + 0.1 * g
        v = 0.999 * v + 0.001 * g**2
        theta = theta - 0.1 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        state = update(state, (), KEY)
        theta = np.where(moves, theta, np.asarray(state.params))
        np.testing.assert_allclose(method.angles(state), theta, atol=1e-3)
    assert moves.sum() >= 4


def test_random_directions_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """All steps of two updates, on a loss that is known: f = |theta - 1|^2."""
    asked = []

    def square(spec: Any, known: Any, angles: jax.Array, key: Any) -> jax.Array:
        asked.append(np.asarray(angles))
        return ((angles - 1) ** 2).sum(-1)

    monkeypatch.setattr("toybench.methods.quantum_circuits.spsa.losses", square)
    method = bound("spsa", lr=0.05)
    state = method.init(KEY)
    theta = np.asarray(DATA.start, float)
    with jax.disable_jit():
        for key in jax.random.split(KEY, 2):
            state = method.update(state, (), key)
    assert len(asked) == 2 * (SPEC.evaluations // 2)
    for k, ends in enumerate(asked, start=1):
        size = 0.2 / k**0.101
        np.testing.assert_allclose(ends.mean(0), theta, atol=1e-4)
        sign = (ends[0] - ends[1]) / (2 * size)
        np.testing.assert_allclose(np.abs(sign), 1.0, atol=1e-4)
        found = ((ends - 1) ** 2).sum(-1)
        theta = theta - 0.05 / k**0.602 * (found[0] - found[1]) / (2 * size) * sign
    np.testing.assert_allclose(method.angles(state), theta, atol=1e-4)
    assert ((theta - 1) ** 2).sum() < ((np.asarray(DATA.start) - 1) ** 2).sum()
    assert state.taken == len(asked)


def test_random_search_keeps_the_lowest_loss_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def kept(spec: Any, known: Any, angles: jax.Array, key: Any) -> jax.Array:
        asked.append(np.asarray(angles))
        return run(spec, known, angles, key)

    monkeypatch.setattr("toybench.methods.quantum_circuits.random_search.losses", kept)
    method = bound("random_search", spread=2.0)
    state = method.init(KEY)
    for key in jax.random.split(KEY, 3):
        state = method.update(state, (), key)
    every = np.concatenate(asked)
    found = np.asarray(run(SPEC, DATA, jnp.asarray(every), KEY))
    np.testing.assert_array_equal(method.angles(state), every[int(np.argmin(found))])
    np.testing.assert_allclose(state.loss, min(found), rtol=1e-5)
    np.testing.assert_array_equal(asked[0][0], DATA.start)
    np.testing.assert_allclose(np.concatenate([a[1:] for a in asked]).std(), 2.0, rtol=0.15)


def test_the_search_is_that_of_scipy() -> None:
    """The same evaluations in the same order; after each update the best of those that it had."""
    method = bound("cobyla", radius=0.7)
    state = method.init(KEY)
    np.testing.assert_array_equal(method.angles(state), DATA.start)
    tried: list[np.ndarray] = []

    def recorded(angles: np.ndarray) -> float:
        tried.append(angles.astype(np.float32))
        return loss(tried[-1])

    options = {"rhobeg": 0.7, "maxiter": 3 * SPEC.evaluations, "tol": 0.05}
    optimize.minimize(recorded, np.asarray(DATA.start, float), method="COBYLA", options=options)
    values = [loss(a) for a in tried]
    for u in range(1, 4):
        state = method.update(state, (), KEY)
        best = min(values[: u * SPEC.evaluations])
        np.testing.assert_allclose(loss(method.angles(state)), best, atol=1e-3)
    assert loss(method.angles(state)) < loss(DATA.start) - 0.02


def test_a_search_may_have_fewer_circuits(monkeypatch: pytest.MonkeyPatch) -> None:
    """20 evaluations in all: after the second update nothing changes, and the third has no other angles."""
    method = bound("cobyla", radius=0.7, evaluations=20)
    state = method.init(KEY)
    shown = []
    for _ in range(3):
        state = method.update(state, (), KEY)
        shown.append(np.asarray(method.angles(state)))
    np.testing.assert_array_equal(shown[1], shown[2])
    assert loss(shown[0]) >= loss(shown[1])
    assert len(method.search(KEY)) == 4


@pytest.mark.parametrize("name", METHODS)
def test_no_update_asks_for_more_than_its_circuits(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows that are handed to `losses` in three updates; the search asks for all of its own at once."""
    asked = []

    def counted(spec: Any, known: Any, angles: jax.Array, key: Any) -> jax.Array:
        asked.append(len(angles))
        return known_losses[: len(angles)]

    known_losses = jnp.linspace(0.0, 1.0, SPEC.evaluations)

    for module in ("_training", "spsa", "random_search", "cobyla"):
        monkeypatch.setattr(f"toybench.methods.quantum_circuits.{module}.losses", counted)
    method = bound(name)
    state = method.init(KEY)
    with jax.disable_jit():
        for u, key in enumerate(jax.random.split(KEY, 3), start=1):
            state = method.update(state, (), key)
            assert sum(asked) <= (3 if name == "cobyla" else u) * SPEC.evaluations
    assert sum(asked) >= 3 * (SPEC.evaluations - 1) or name == "cobyla"
