"""APER: adapt to the first phase, then freeze, and classify by prototypes on both networks' features.

**Source**: Zhou, Cai, Ye, Zhan and Liu, "Revisiting Class-Incremental Learning with Pre-Trained Models:
Generalizability and Adaptivity are All You Need", 2023, https://arxiv.org/abs/2303.07338 (equations 5 and 6).

    score_c(x) = cos([phi(x), phi_adapted(x)], mean over class c of the same)

**Differs from the paper**: 1. two bottlenecks on a two-layer network instead of one in each transformer block. 2. Adam
instead of SGD. 3. classes of the first phase get their prototypes at its end, those of later phases at their start.

**Shapes**: b batch, d inputs, f features, c classes.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench.methods.continual import _heads
from toybench.methods.continual._adapters import AdapterMethod, State
from toybench.tasks.continual import PhaseStep, features


class Prototypes(NamedTuple):
    """The first phase's network, and sums [c, 2 f] of both features by class."""

    params: Any
    opt: Any
    sums: jax.Array


class FirstSessionAdapter(AdapterMethod):
    """After the first phase nothing is trained."""

    space = {"lr": (0.003, 0.01, 0.03), "scale": (16.0, 30.0)}

    def init(self, key: jax.Array) -> Prototypes:
        state = self.start(key)
        return Prototypes(state.params, state.opt, jnp.zeros((self.spec.classes, 2 * self.spec.features)))

    def both(self, adapter: Any, x: jax.Array) -> jax.Array:
        return jnp.concatenate([features(self.given, x), _heads.adapted(self.given, adapter, x)], -1)

    def update(self, state: Prototypes, batch: PhaseStep, key: jax.Array) -> Prototypes:
        first = batch.phase == 0
        old = State(state.params, state.opt)
        params, opt = jax.lax.cond(first, lambda: self.fit(old, batch, batch.length), lambda: old)

        def add() -> jax.Array:
            z = self.both(params["adapter"], batch.data.x)
            return state.sums + _heads.class_sums(batch.data, z, self.spec.classes)[0]

        now = batch.position == jnp.where(first, batch.length - 1, 0)
        return Prototypes(params, opt, jax.lax.cond(now, add, lambda: state.sums))

    def class_scores(self, state: Prototypes, x: jax.Array) -> jax.Array:
        return _heads.unit(self.both(state.params["adapter"], x)) @ _heads.unit(state.sums).T
