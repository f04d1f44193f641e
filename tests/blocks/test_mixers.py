"""Mixers: each form for all tokens at once equals its recurrence, and none looks ahead."""

from collections.abc import Callable
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.blocks import mixers, positions
from toybench.blocks.nn import init
from toybench.blocks.recurrent import GRU, LSTM

B, T, H, C = 2, 9, 2, 4
Array = Any  # of NumPy or JAX


def heads(seed: int = 0) -> Any:
    return np.random.default_rng(seed).normal(size=(3, B, T, H, C)).astype(np.float32)


def gates(seed: int = 1) -> Any:
    return np.random.default_rng(seed).uniform(0.1, 1, size=(B, T, H)).astype(np.float32)


def recur(q: Array, k: Array, v: Array, write: Callable[[Array, Any], Array], forget: Array) -> tuple[Array, Array]:
    """(S q, z q) of a state S, [value, key], that a rule writes to after forgetting; the plain sum z of keys beside."""
    read = np.zeros((B, T, H, C), np.float32)
    total = np.zeros((B, T, H, 1), np.float32)
    for b in range(B):
        for h in range(H):
            state = np.zeros((C, C))
            keys = np.zeros(C)
            for t in range(T):
                state = write(forget[b, t, h] * state, (b, t, h))
                keys = forget[b, t, h] * keys + k[b, t, h]
                read[b, t, h] = state @ q[b, t, h]
                total[b, t, h] = keys @ q[b, t, h]
    return read, total


@pytest.mark.parametrize("gated", [False, True])
def test_linear_attention_is_a_recurrence(gated: bool) -> None:
    q, k, v = heads()
    q = np.abs(q)
    k = np.abs(k)
    forget = gates() if gated else np.ones((B, T, H), np.float32)
    read, total = recur(q, k, v, lambda state, at: state + np.outer(v[at], k[at]), forget)
    decay = mixers.log_decay(jnp.log(forget)) if gated else None
    np.testing.assert_allclose(mixers.linear_attend(q, k, v, decay), read / total, atol=1e-5)


@pytest.mark.parametrize("gated", [False, True])
def test_the_delta_rule_is_a_recurrence(gated: bool) -> None:
    q, raw, v = heads()
    k: Any = np.asarray(mixers.unit(jnp.asarray(raw)))
    forget = gates() if gated else np.ones((B, T, H), np.float32)
    rate = gates(2)
    read, _ = recur(q, k, v, lambda state, at: state + rate[at] * np.outer(v[at] - state @ k[at], k[at]), forget)
    given = jnp.asarray(forget) if gated else None
    np.testing.assert_allclose(mixers.delta_attend(q, k, v, jnp.asarray(rate), given), read, atol=1e-5)


def test_the_delta_rule_replaces_and_in_the_limit_adds() -> None:
    """At rate 1 and orthonormal keys the last write wins; at a small rate it is the sum of outer products."""
    q, _, v = heads()
    eye = np.eye(C, dtype=np.float32)
    k: Any = np.broadcast_to(eye[np.arange(T) % C][None, :, None], (B, T, H, C))
    last = mixers.delta_attend(k, k, v, jnp.ones((B, T, H)))
    np.testing.assert_allclose(last, v, atol=1e-5)
    older: Any = np.roll(k, -1, axis=1)  # asks for the key that comes next, last written C - 1 tokens ago
    np.testing.assert_allclose(
        mixers.delta_attend(older, k, v, jnp.ones((B, T, H)))[:, C:-1], v[:, 1 : T - C], atol=1e-5
    )
    small = 1e-3
    added = jnp.einsum("bihc,bjhc,ij,bjhd->bihd", q, k, np.tril(np.ones((T, T), np.float32)), v)
    written = mixers.delta_attend(q, k, v, jnp.full((B, T, H), small)) / small
    np.testing.assert_allclose(written, added, atol=0.02)


def test_attention_by_hand() -> None:
    q, k, v = heads()
    bias = jnp.asarray(np.random.default_rng(3).normal(size=(H, T, T)).astype(np.float32))
    found = mixers.attend(q, k, v, bias)
    for b, i, h in np.ndindex(B, T, H):
        logits = k[b, : i + 1, h] @ q[b, i, h] / C**0.5 + bias[h, i, : i + 1]
        weights = np.exp(logits - logits.max())
        np.testing.assert_allclose(found[b, i, h], weights / weights.sum() @ v[b, : i + 1, h], atol=1e-5)


def test_what_is_left_of_earlier_tokens() -> None:
    forget = gates()
    left = np.exp(mixers.log_decay(jnp.log(forget)))
    for b, h, i, j in np.ndindex(B, H, T, T):
        expected = np.prod(forget[b, j + 1 : i + 1, h]) if j <= i else 0
        np.testing.assert_allclose(left[b, h, i, j], expected, rtol=2e-5)
    constant = mixers.log_decay(jnp.full((T, H), -0.3))  # a constant gate is the linear bias
    mask = np.tril(np.ones((T, T), bool))
    np.testing.assert_allclose(
        np.asarray(constant)[:, mask], np.asarray(positions.linear_bias(T, jnp.full(H, 0.3)))[:, mask], atol=1e-5
    )


def test_random_features_estimate_the_exponential() -> None:
    """Without bias, and orthogonal directions have a smaller error than independent ones."""
    rng = np.random.default_rng(0)
    q, k = jnp.asarray(0.4 * rng.normal(size=(2, 16, C)).astype(np.float32))
    normal = jnp.asarray(rng.normal(size=(4000, C, C)).astype(np.float32))

    def estimates(directions: jax.Array) -> jax.Array:
        return (mixers.positive_features(q, directions) * mixers.positive_features(k, directions)).sum(-1)

    independent = jax.jit(jax.vmap(estimates))(normal)
    orthogonal = jax.jit(jax.vmap(lambda n: estimates(mixers.orthogonal_directions(n))))(normal)
    exact = jnp.exp((q * k).sum(-1))
    errors = {"independent": independent - exact[None], "orthogonal": orthogonal - exact[None]}
    for error in errors.values():
        deviations = error.mean(0) / (error.std(0) / len(normal) ** 0.5)
        assert jnp.abs(deviations).max() < 4
    assert (errors["orthogonal"] ** 2).mean() < 0.9 * (errors["independent"] ** 2).mean()


def test_directions_are_orthogonal_within_a_block() -> None:
    made = np.asarray(mixers.orthogonal_directions(jnp.asarray(heads()[0].reshape(-1, C)[: 2 * C])))
    for block in (made[:C], made[C:]):
        products = block @ block.T
        np.testing.assert_allclose(products, np.diag(np.diag(products)), atol=1e-5)


MODULES: dict[str, Callable[[], nn.Module]] = {
    "gru": lambda: GRU(width=8),
    "lstm": lambda: LSTM(width=8),
    "softmax": lambda: mixers.Projected(heads=H, mix=lambda _, q, k, v: mixers.attend(q, k, v)),
    "linear bias": lambda: mixers.Projected(
        heads=H,
        mix=lambda x, q, k, v: mixers.attend(
            q, k, v, bias=positions.linear_bias(x.shape[-2], mixers.Slopes(heads=H)())
        ),
    ),
    "forgetting": lambda: mixers.Projected(
        heads=H,
        mix=lambda x, q, k, v: mixers.attend(q, k, v, bias=mixers.log_decay(mixers.Gate(heads=H, start=1.0)(x))),
    ),
}


@pytest.mark.parametrize("name", MODULES)
def test_no_mixer_looks_ahead(name: str) -> None:
    """In a network of two blocks; its outputs are the same for a batch and alone."""
    x = jnp.asarray(np.random.default_rng(4).normal(size=(B, T, 5)).astype(np.float32))
    net = mixers.Stack(mixer=MODULES[name], width=8, layers=2, out=3)
    params = init(net, jax.random.key(0), x)
    whole = net.apply(params, x)
    assert whole.shape == (B, T, 3)
    np.testing.assert_allclose(net.apply(params, x[:, :4]), whole[:, :4], atol=1e-5)
    np.testing.assert_allclose(net.apply(params, x[1]), whole[1], atol=1e-5)
    later = net.apply(params, x.at[:, 4].add(1.0))
    assert (jnp.abs(later - whole)[:, 4:].max(axis=(0, 2)) > 1e-6).all(), "an earlier token reaches no later one"


def test_gradients_are_finite_where_all_is_forgotten() -> None:
    q, k, v = map(jnp.asarray, heads())

    def total(log_forget: jax.Array) -> jax.Array:
        return mixers.attend(q, k, v, mixers.log_decay(log_forget)).sum()

    assert jnp.isfinite(jax.grad(total)(jnp.full((B, T, H), -200.0))).all()
