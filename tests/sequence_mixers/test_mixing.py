"""Mixing methods: limits that make one of them another, numbers by hand, and that all of them learn."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.blocks import counting
from toybench.blocks.streams import Mixing, Streams, StreamSpec
from toybench.methods.sequence_mixers import feedforward_kernel as kernel
from toybench.methods.sequence_mixers.srwm import rewrite
from toybench.plugins import registry

SPEC = StreamSpec(kinds=2, keys=5, values=3, classes=3, length=8)
KEY = jax.random.key(5)
STEPS = 40
ALWAYS = 1e4  # a gate's logit at which it is 1 in float32
MIXERS = [
    name
    for name in (label.split("/")[1] for label in registry.methods("sequence_mixers"))
    if issubclass(registry.load("methods", f"sequence_mixers/{name}"), Mixing)
]


def method(name: str, **fields: Any) -> Any:
    return registry.load("methods", f"sequence_mixers/{name}")(spec=SPEC, steps=STEPS, **fields)


def batch() -> Streams:
    rng = np.random.default_rng(0)
    answer = jnp.asarray(rng.integers(3, size=(6, 8)))
    x = jnp.asarray(rng.normal(size=(6, 8, SPEC.features)).astype(np.float32))
    return Streams(x=x, answer=answer, scored=jnp.asarray(rng.uniform(size=(6, 8)) < 0.5))


@pytest.mark.parametrize("name", MIXERS)
def test_mixers_learn_and_do_not_look_ahead(name: str) -> None:
    """A batch by heart in 40 steps; the first token reaches the last one, no later one an earlier; longer streams."""
    learner = method(name, lr=0.02)
    shown = batch()

    @jax.jit
    def run(key: jax.Array) -> Any:
        start = learner.init(key)
        state, _ = jax.lax.scan(lambda s, _: (learner.update(s, shown, key), None), start, length=STEPS)
        twice = jnp.concatenate([shown.x, shown.x + 1], axis=1)
        losses = [learner.loss(s.params, shown) for s in (start, state)]
        other = shown.x.at[:, 0].add(1.0)
        untrained = [learner.predict(start, x) for x in (shown.x, other)]  # a trained gate may shut the first token out
        return losses, [learner.predict(state, x) for x in (shown.x, twice)], untrained

    losses, answers, untrained = run(KEY)
    before, after = losses
    short, long = answers
    assert (jnp.abs(untrained[1] - untrained[0])[:, -1].max(-1) > 1e-5).all()
    assert float(after) < 0.6 * float(before)
    np.testing.assert_allclose(long[:, :8], short, atol=2e-4)
    assert np.isfinite(long).all()


def same(one: Any, other: Any, moved: Any = lambda params: params) -> None:
    """Two methods answer alike, the second one with the first one's parameters."""
    state = one.init(KEY)
    x = batch().x
    expected = one.net.apply(state.params, x)
    np.testing.assert_allclose(other.net.apply(moved(state.params), x), expected, atol=1e-5)


def without(params: Any, *names: str) -> Any:
    """The parameters of a network less some modules of its mixer."""
    inner = dict(params["params"])
    inner["Projected_0"] = {name: value for name, value in inner["Projected_0"].items() if name not in names}
    return {"params": inner}


def test_an_open_gate_is_no_gate() -> None:
    for gated, plain, gate in (
        ("forgetting_transformer", "softmax_nope", "Gate_0"),
        ("gated_linear_attention", "linear_attention", "Gate_0"),
        ("gated_delta_net", "delta_net", "Gate_1"),
    ):
        same(method(gated, start=ALWAYS), method(plain), lambda params, gate=gate: without(params, gate))


def test_a_bias_without_slope_is_none() -> None:
    same(method("softmax_alibi", start=0.0), method("softmax_nope"), lambda params: without(params, "Slopes_0"))


def test_a_gate_that_sees_nothing_is_the_linear_bias() -> None:
    """With weights 0 and bias b its slope is - log sigmoid(b)."""
    forgetting = method("forgetting_transformer", start=1.5)
    params = jax.tree.map(lambda p: p, forgetting.init(KEY).params)
    inner = params["params"]["Projected_0"]
    inner["Gate_0"] = jax.tree.map(jnp.zeros_like, inner["Gate_0"])
    slope = -jax.nn.log_sigmoid(1.5)
    published = 2.0 ** (-4.0 * jnp.arange(1.0, 3.0))
    raised = {
        "params": {**params["params"], "Projected_0": {**inner, "Slopes_0": {"bias": jnp.log(slope / published)}}}
    }
    x = batch().x
    found = method("softmax_alibi", start=1.0).net.apply(without(raised, "Gate_0"), x)
    np.testing.assert_allclose(found, forgetting.net.apply(params, x), atol=1e-5)


def test_rotary_attention_sees_distances() -> None:
    """Tokens exchanged before a query: attention without positions gives the same there, rotary attention does not."""
    x = batch().x
    exchanged = x[:, jnp.asarray([2, 1, 0, 3, 4, 5, 6, 7])]
    for name, alike in (("softmax_nope", True), ("softmax_rope", False)):
        learner = method(name)
        params = learner.init(KEY).params
        gap = jnp.abs(learner.net.apply(params, x) - learner.net.apply(params, exchanged))[:, 3:].max()
        assert (float(gap) < 1e-5) == alike


def test_a_feedforward_layer_by_hand() -> None:
    rng = np.random.default_rng(1)
    x = jnp.asarray(rng.normal(size=(2, 3)).astype(np.float32))  # two heads
    forward, gate = jnp.asarray(rng.normal(size=(2, 2, 3, 3)).astype(np.float32))
    found = kernel.gated(x, forward, gate, jax.nn.softplus)
    for h in range(2):
        moved = np.log1p(np.exp(x[h] @ forward[h])) / (1 + np.exp(-(x[h] @ gate[h])))
        np.testing.assert_allclose(found[h], moved, atol=1e-5)
    assert float(kernel.distance_from_orthogonal(jnp.linalg.qr(forward)[0])) < 1e-10
    np.testing.assert_allclose(kernel.distance_from_orthogonal(2 * jnp.eye(3)[None]), 3, atol=1e-5)  # (4 - 1)^2 3 / 9


def test_the_penalty_enters_the_loss() -> None:
    """By as much as its weight."""
    shown = batch()
    losses = []
    for penalty in (0.0, 0.1, 0.2):
        learner = method("feedforward_kernel", penalty=penalty)
        losses.append(float(learner.loss(learner.init(KEY).params, shown)))
    np.testing.assert_allclose(losses[2] - losses[0], 2 * (losses[1] - losses[0]), rtol=1e-3)
    assert losses[1] > losses[0] + 0.01


def test_queries_and_keys_go_through_the_same_three_layers() -> None:
    """The first two are linear under their gates, the last one has a softplus."""
    x = jax.random.normal(jax.random.key(3), (4, 2, 3))  # two heads
    features = kernel.FeedforwardFeatures(penalty=0.0)
    params = features.init(KEY, x, x)
    q, k = features.apply(params, x, x)
    np.testing.assert_array_equal(q, k)
    maps = [p["kernel"].reshape(3, 2, 3).transpose(1, 0, 2) for p in params["params"].values()]
    expected = x
    for unit, activation in enumerate((kernel.identity, kernel.identity, jax.nn.softplus)):
        expected = kernel.gated(expected, maps[2 * unit], maps[2 * unit + 1], activation)
    np.testing.assert_allclose(q, expected, atol=1e-6)


def test_random_directions_are_not_trained() -> None:
    learner = method("performer", lr=0.05)
    before = learner.init(KEY)
    after = learner.update(before, batch(), KEY)
    directions = [s.params["params"]["Projected_0"]["RandomFeatures_0"]["kernel"] for s in (before, after)]
    np.testing.assert_array_equal(*directions)
    assert not jnp.array_equal(
        before.params["params"]["Dense_0"]["kernel"], after.params["params"]["Dense_0"]["kernel"]
    )


def test_the_self_referential_matrix_by_hand() -> None:
    """One head of two features, two tokens: all four blocks are rewritten, each at its own rate."""
    rng = np.random.default_rng(2)
    w = rng.normal(size=(1, 10, 2)).astype(np.float32)
    moved = jnp.asarray(w)
    own = w[0].astype(np.float64)
    for x in rng.normal(size=(2, 1, 2)).astype(np.float32):
        moved, y = rewrite(moved, jnp.asarray(x), 0.3)
        everything = own @ x[0]
        np.testing.assert_allclose(y[0], everything[:2], atol=1e-5)
        query, key = (np.exp(part) / np.exp(part).sum() for part in (everything[2:4], everything[4:6]))
        rates = np.repeat(1 / (1 + np.exp(-(everything[6:] + 0.3))), (2, 2, 2, 4))
        own = own + np.outer(rates * (own @ query - own @ key), key)
        np.testing.assert_allclose(moved[0], own, atol=1e-5)
    still, _ = rewrite(jnp.asarray(w), jnp.ones((1, 2)), -ALWAYS)
    np.testing.assert_array_equal(still, w)  # at rates of 0 it is a linear layer


def test_multiplications_by_hand() -> None:
    a = jnp.ones((3, 4))
    b = jnp.ones((4, 5))
    count = counting.multiplications
    assert count(lambda a, b: a @ b, a, b) == 60
    assert count(lambda a: jax.lax.scan(lambda c, row: (c * row, None), a[0], a)[0], a) == 3 * 4
    square = jnp.eye(4) + a.T @ a
    assert count(lambda s, b: jax.scipy.linalg.solve_triangular(s, b, lower=True), square, b) == 4 * 5 * 3 // 2
    assert count(jax.jit(lambda a: a + 1), a) == 0
    assert count(lambda a: jax.lax.cond(a.sum() > 0, lambda x: x * x, lambda x: x * x * x, a), a) == 24
