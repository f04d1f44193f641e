"""A sum of random features of the edges: what uniform attention over tokens holds, after a layer of random units.

**Source**: none; the strongest cheap control of a probe.

    residual = sum over edges {i, j} of relu(W (e_i + e_j) + c),   W, c, e random

The 12 edges of the lattice have 12 independent features, so that a linear probe reads which of them are there.

**Differs from the paper**: nothing.

**Shapes**: b prompts, e edges, p nodes of a path, d features, v names.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks import random
from toybench.tasks.prompt_planning import Prompt

FEATURES = 32  # as many as the transformer's width


class State(NamedTuple):
    """Random vectors of nodes [v, d], a matrix [d, d] and thresholds [d]."""

    nodes: jax.Array
    matrix: jax.Array
    thresholds: jax.Array


class EdgeFeatureBag(Method):
    """Nothing is learned, and no path is written."""

    def init(self, key: jax.Array) -> State:
        shapes = {"nodes": (self.spec.names, FEATURES), "matrix": (FEATURES, FEATURES), "thresholds": (FEATURES,)}
        return State(**random.normals(key, **shapes))

    def write(self, state: State, prompt: Prompt) -> jax.Array:
        """The start, over and over."""
        return jnp.broadcast_to(prompt.ends[:, :1], (len(prompt.ends), self.spec.path))

    def residual(self, state: State, prompt: Prompt) -> jax.Array:
        sums = jax.nn.one_hot(prompt.edges, self.spec.names).sum(2) @ state.nodes
        spread = sums @ state.matrix / FEATURES**0.5
        return jax.nn.relu(spread + state.thresholds[None, None]).sum(1)[:, None]

    def embedding(self, state: State) -> jax.Array:
        return state.nodes
