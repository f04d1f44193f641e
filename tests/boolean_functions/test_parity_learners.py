"""Orders of training points, what they start from, and plain search."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.blocks import boolean
from toybench.methods.boolean_functions import _networks as networks
from toybench.plugins import registry
from toybench.tasks.boolean_functions import CubeSpec, Points

KEY = jax.random.key(7)
DIMS = 4


def given() -> Points:
    rows = np.random.default_rng(2).permutation(2**DIMS)[:10]
    x = jnp.asarray(boolean.cube(DIMS)[rows])
    return Points(x=x, y=x[:, 0] * x[:, 1] * x[:, 3])


def method(stem: str, steps: int = 20, **values: Any) -> Any:
    spec = CubeSpec(dims=DIMS, points=10)
    return registry.load("methods", f"boolean_functions/{stem}")(spec=spec, given=given(), steps=steps, **values)


def test_stages_by_hand() -> None:
    found = [int(networks.radius(jnp.asarray(float(s)), 10.0, 2, 5)) for s in (0, 3, 4, 6, 7, 9, 10, 50)]
    assert found == [2, 2, 4, 4, 6, 6, 6, 6]  # three stages of 10 / 3 steps, and the last one stays
    assert int(networks.radius(jnp.asarray(0.0), 0.0, 2, 5)) == 6
    np.testing.assert_array_equal(networks.minus_ones(jnp.asarray([[1.0, 1, 1], [-1, 1, -1]])), [0, 2])


def test_without_stages_all_three_are_one() -> None:
    learners = [
        method("direct_training", lr=0.01, decay=0.0),
        method("degree_curriculum", lr=0.01, share=0.0),
        method("shuffled_stages", lr=0.01, share=0.0),
    ]
    ends = []
    for learner in learners:
        state = learner.init(KEY)
        update = jax.jit(learner.update)
        for step in range(4):
            state = update(state, (), jax.random.fold_in(KEY, step))
        ends.append(state)
    for other in ends[1:]:
        for a, b in zip(jax.tree.leaves(ends[0].params), jax.tree.leaves(other.params), strict=True):
            np.testing.assert_array_equal(a, b)
    asked = jnp.asarray(boolean.cube(DIMS))
    for learner, state in zip(learners, ends, strict=True):
        np.testing.assert_array_equal(learner.margin(state, asked), networks.forward(state.params, asked))


def test_what_each_stage_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[np.ndarray] = []

    def record(state: Any, points: Points, allowed: jax.Array, lr: Any, key: jax.Array) -> Any:
        seen.append(np.asarray(allowed))
        return state._replace(step=state.step + 1)

    ordered = method("degree_curriculum", steps=8, share=0.5, leap=1)
    shuffled = method("shuffled_stages", steps=8, share=0.5, leap=1)
    state = ordered.init(KEY)
    monkeypatch.setattr(networks, "train_on", record)
    for learner in (ordered, shuffled):
        carried = state
        for _ in range(6):
            carried = learner.update(carried, (), KEY)
    counts = (np.asarray(given().x) < 0).sum(1)
    for step, reach in enumerate((1, 2, 3, 4, 4, 4)):  # half of 8 steps for four stages
        np.testing.assert_array_equal(seen[step], counts <= reach)
        assert seen[6 + step].sum() == (counts <= reach).sum()
        np.testing.assert_array_equal(seen[6 + step], np.asarray(state.rank) < (counts <= reach).sum())
    assert sorted(np.asarray(state.rank)) == list(range(10))
    assert any((a != b).any() for a, b in zip(seen[:6], seen[6:], strict=True))


def test_a_batch_is_uniform_over_what_is_allowed() -> None:
    """Three steps of Adam on batches that are drawn as they should be, in NumPy."""
    points = given()
    state = networks.start_parity(KEY, CubeSpec(dims=DIMS, points=10))
    allowed = jnp.asarray([False, True, False, True, True, False, False, True, True, False])
    step = jax.jit(lambda s, k: networks.train_on(s, points, allowed, 0.01, k))
    slope = jax.jit(jax.grad(networks.mean_square))
    first = [np.zeros(leaf.shape) for leaf in jax.tree.leaves(state.params)]
    second = [np.zeros(leaf.shape) for leaf in jax.tree.leaves(state.params)]
    expected = [np.asarray(leaf, np.float64) for leaf in jax.tree.leaves(state.params)]
    for t in range(1, 4):
        key = jax.random.fold_in(KEY, t)
        uniform = np.asarray(jax.random.uniform(key, (64,)))
        rows = np.array([1, 3, 4, 7, 8])[np.floor(5 * uniform).astype(int)]
        assert set(rows) == {1, 3, 4, 7, 8}
        grads = jax.tree.leaves(slope(state.params, points.x[rows], points.y[rows]))
        state = step(state, key)
        for i, g in enumerate(grads):
            first[i] = 0.9 * first[i] + 0.1 * np.asarray(g)
            second[i] = 0.999 * second[i] + 0.001 * np.asarray(g) ** 2
            move = first[i] / (1 - 0.9**t) / (np.sqrt(second[i] / (1 - 0.999**t)) + 1e-8)
            expected[i] = expected[i] - 0.01 * move
    for found, leaf in zip(jax.tree.leaves(state.params), expected, strict=True):
        np.testing.assert_allclose(found, leaf, atol=3e-4)
    assert float(state.step) == 3


def test_weight_decay_shrinks_before_the_step(monkeypatch: pytest.MonkeyPatch) -> None:
    learner = method("direct_training", lr=0.1, decay=2.0)
    state = learner.init(KEY)
    kept: list[Any] = []
    monkeypatch.setattr(networks, "train_on", lambda s, points, allowed, lr, key: kept.append((s, allowed)) or s)
    learner.update(state, (), KEY)
    decayed, allowed = kept[0]
    for old, new in zip(jax.tree.leaves(state.params), jax.tree.leaves(decayed.params), strict=True):
        np.testing.assert_allclose(new, 0.8 * old, rtol=1e-6)
    assert allowed.all()


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_search_finds_a_product_and_its_sign(sign: float) -> None:
    learner = registry.load("methods", "boolean_functions/walsh_search")(
        spec=CubeSpec(dims=DIMS, points=10), given=given()._replace(y=sign * given().y)
    )
    state = learner.init(KEY)
    x = boolean.cube(DIMS)
    np.testing.assert_array_equal(learner.margin(state, jnp.asarray(x)), sign * x[:, 0] * x[:, 1] * x[:, 3])
    np.testing.assert_array_equal(state.held, [True, True, False, True])


def test_the_curriculum_learns() -> None:
    """On the whole cube of four bits it gets all signs right."""
    x = jnp.asarray(boolean.cube(DIMS))
    points = Points(x=x, y=x.prod(1))
    spec = CubeSpec(dims=DIMS, points=16)
    learner = registry.load("methods", "boolean_functions/degree_curriculum")(
        spec=spec, given=points, steps=400, lr=0.01
    )
    keys = jax.random.split(KEY, 400)
    run = jax.jit(lambda s: jax.lax.scan(lambda s, k: (learner.update(s, (), k), None), s, keys)[0])
    state = run(learner.init(KEY))
    assert ((learner.margin(state, x) > 0) == (points.y > 0)).all()
