"""Label learning flow: a conditional flow over label vectors whose draws must agree with the voters' error bounds.

**Source**: Lu, Song, Arachie and Huang, "Weakly Supervised Label Learning Flows", 2023,
https://arxiv.org/abs/2302.09649, in the authors' code `models.py` (`CondAffine`, `FlowModel`) and `learner.py`
(`compute_loss`, `prediction`); of the text the abstract.

    y = g(z; x), z ~ N(0, I) in the plane;    v_j1 = votes, v_j0 = 1 - votes, k = 0, 1
    loss = -log p(y | x) / (2 log 2) + weight (sum_k [-y_k]_+^2 + sum_k [y_k - 1]_+^2 + (y_0 + y_1 - 1)^2
           + sum_jk [mean_i (y_k (1 - v_jk) + (1 - y_k) v_jk) - e_j]_+^2)

The first three terms are means over points. Labels are the mean of ten draws, clipped to [0, 1]. Votes act in training
alone.

**Differs from the paper**: 1. four couplings of width 24 without batch normalisation, instead of 16 of width 64. Scales
lie between exp(-2) and exp(2) a coupling; a label can shrink to a fiftieth in both. 2. One weight for the four terms,
tuned; all are 10 there. 3. The rate decays by a cosine.

**Shapes**: n points, d features, m voters, 2 classes.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks import affine_flow, optim
from toybench.blocks.affine_flow import Couplings
from toybench.tasks.weak_labels import Votes

CLASSES = 2
LAYERS = 4  # couplings
WIDTH = 24  # of their networks
DRAWS = 10  # that a label is the mean of, the authors'


class State(NamedTuple):
    """The flow, and Adam's moments."""

    params: Couplings
    adam: optax.OptState


def push(flow: Couplings, z: jax.Array, x: jax.Array) -> tuple[jax.Array, jax.Array]:
    """(labels [n, 2], log-determinants [n]) of base points [n, 2] at points [n, d]."""
    return affine_flow.transform(flow, affine_flow.digit_masks(LAYERS, CLASSES), z, condition=x)


def disagreement(y: jax.Array, votes: jax.Array) -> jax.Array:
    """Mean disagreement [m, 2] of label vectors [n, 2] with votes [n, m] for class 1 and against it."""
    by_class = jnp.stack([1 - votes, votes], axis=-1)
    apart = y[:, None, :] * (1 - by_class) + (1 - y[:, None, :]) * by_class
    return apart.mean(0)


def violation(y: jax.Array, given: Votes) -> jax.Array:
    """Squared violations [] of the simplex, mean over points, and of the voters' bounds."""
    outside = (jnp.maximum(-y, 0) ** 2 + jnp.maximum(y - 1, 0) ** 2).sum(1)
    simplex = (outside + (y.sum(1) - 1) ** 2).mean()
    excess = jnp.maximum(disagreement(y, given.votes) - given.errors[:, None], 0)
    return simplex + (excess**2).sum()


class LabelLearningFlow(Method):
    """All labellings that the bounds allow."""

    lr: float = 0.003  # Adam's rate, decays to 0 by a cosine; 0.001 in the authors' code
    weight: float = 10.0  # of the violations, above 0; 10 in the authors' code

    paper = "lu2023weakly"
    space = {"lr": (0.003, 0.01, 0.03, 0.1, 0.3), "weight": (10.0, 100.0, 1000.0)}

    def init(self, key: jax.Array) -> State:
        params = affine_flow.couplings(key, layers=LAYERS, dims=CLASSES, width=WIDTH, condition=self.spec.features)
        return State(params=params, adam=optim.adam(self.lr, self.steps).init(params))

    def update(self, state: State, batch: Any, key: jax.Array) -> State:
        z = jax.random.normal(key, (len(self.given.x), CLASSES))

        def loss(params: Couplings) -> jax.Array:
            y, volume = push(params, z, self.given.x)
            surprise = 0.5 * (z**2 + jnp.log(2 * jnp.pi)).sum(1) + volume
            return surprise.mean() / (CLASSES * jnp.log(2.0)) + self.weight * violation(y, self.given)

        rule = optim.adam(self.lr, self.steps)
        params, adam = optim.descend(rule, jax.grad(loss)(state.params), state.adam, state.params)
        return State(params=params, adam=adam)

    def labels(self, state: State, x: jax.Array, votes: jax.Array, key: jax.Array) -> jax.Array:
        z = jax.random.normal(key, (DRAWS, len(x), CLASSES))
        drawn = jax.lax.map(lambda one: jnp.clip(push(state.params, one, x)[0], 0, 1), z)
        return drawn.mean(0)
