"""A network that leaves data where they are, and noise where it has once put it.

**Source**: Shocher, Dravid, Gandelsman, Mosseri, Rubinstein and Efros, "Idempotent Generative Network", 2023,
https://arxiv.org/abs/2311.01462: abstract, and the paper's listing and its constants as several public
re-implementations agree on them.

    |f(x) - x| + |F(f(z)) - f(z)| - tight |f(stop f(z)) - stop f(z)|        F: f with its parameters held fixed

**Differs from the paper**: 1. the third term is a r tanh(. / (a r)) with a = 1.5 and r the batch's first term, held
fixed. 2. weights 1, 1 and `tight` (the paper's 20, 20 and 2.5 over 20). 3. Adam's first moment decays by 0.9.

**Shapes**: b points of a batch, n points.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.blocks import nn
from toybench.methods.flow_matching._planar import DIMS, State, Trained, at_once, plain

CLAMP = 1.5  # the paper's a
TINY = 1e-6  # keeps the clamp above 0


class IdempotentGenerativeNetwork(Trained):
    """One network that generates in a step and projects."""

    tight: float = 0.125  # weight of the tightness term, 0 or more; the paper's 0.125

    paper = "shocher2023idempotent"
    space = {"lr": (0.0005, 0.001, 0.002), "tight": (0.125, 0.5, 1.0)}

    def begin(self, key: jax.Array) -> Any:
        return nn.init(plain(), key, jnp.zeros((1, DIMS)))

    def loss(self, params: Any, points: jax.Array, key: jax.Array) -> jax.Array:
        noise = jax.random.normal(key, points.shape)
        reconstruction, idempotence, tightness = terms(params, points, noise)
        limit = CLAMP * jax.lax.stop_gradient(reconstruction) + TINY
        return reconstruction + idempotence - self.tight * limit * jnp.tanh(tightness / limit)

    def generate(self, state: State, start: jax.Array, key: jax.Array, calls: int) -> jax.Array:
        return at_once(start, plain().apply(state.params, start))

    def corrupt(self, state: State, points: jax.Array, noise: jax.Array, calls: int) -> jax.Array:
        return at_once(noise, points)

    def project(self, state: State, x: jax.Array, key: jax.Array) -> jax.Array:
        return plain().apply(state.params, x)


def terms(params: Any, points: jax.Array, noise: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Mean absolute reconstruction of data, idempotence (moves the inner f) and tightness (moves the outer f)."""
    held = jax.lax.stop_gradient(params)
    once = plain().apply(params, noise)
    still = jax.lax.stop_gradient(once)
    reconstruction = jnp.abs(plain().apply(params, points) - points).mean()
    idempotence = jnp.abs(plain().apply(held, once) - once).mean()
    tightness = jnp.abs(plain().apply(params, still) - still).mean()
    return reconstruction, idempotence, tightness
