"""Label learning flow: a conditional flow over label vectors, trained where they are allowed, without labels.

**Source**: Lu, Arachie and Huang, "Weakly Supervised Label Learning Flows", 2023, https://arxiv.org/abs/2302.09649,
read in the authors' code, `learner.py` (`compute_loss`, `prediction`) and `models.py`.

    y = g(z; x),  L = mean -log p(y | x) / (c log 2) + weight [ sum_c (-y)_+^2 + sum_c (y - 1)_+^2 + (sum_c y - 1)^2 ]
        + weight sum_vc (mean_n [(1 - y_c) u_vc + y_c (1 - u_vc)] - e_v)_+^2,    u = 1[vote_v = c]

The last term holds the labels, batch by batch, to the known error rates of the voters.

**Differs from the paper**: 1. couplings with one network each, on z and x together, log-scales bounded by 2, without
batch normalisation. 2. one weight for all constraints, tuned; the authors' default is 10.

**Shapes**: n points, d features, v voters, c classes.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks import affine_flow, optim
from toybench.blocks.affine_flow import Couplings
from toybench.tasks.weak_labels import CLASSES, Batch, one_hot

LAYERS = 4
WIDTH = 32
DRAWS = 10  # of y, whose mean is the prediction; the authors' value


class State(NamedTuple):
    """Parameters of the flow, and the optimiser's state."""

    params: Couplings
    adam: optax.OptState


class LabelLearningFlow(Method):
    """Votes bound the batch's mean disagreements; a single vote says nothing about its own point."""

    lr: float = 0.003  # learning rate, decays to 0 by a cosine
    weight: float = 10.0  # of the constraints, above 0; the authors' value

    paper = "lu2023weakly"
    space = {"lr": (0.003, 0.01, 0.03), "weight": (10.0, 30.0, 100.0)}

    def init(self, key: jax.Array) -> State:
        params = affine_flow.couplings(key, layers=LAYERS, dims=CLASSES, width=WIDTH, condition=self.spec.dims)
        return State(params=params, adam=optim.adam(self.lr, self.steps).init(params))

    def update(self, state: State, batch: Batch, key: jax.Array) -> State:
        z = jax.random.normal(key, (len(batch.x), CLASSES))

        def loss(params: Couplings) -> jax.Array:
            y, volume = labelling(params, batch.x, z)
            log_prob = -0.5 * jnp.sum(z**2 + jnp.log(2 * jnp.pi), axis=1) - volume
            held = simplex(y) + disagreement(y, batch.votes, self.given.errors)
            return -jnp.mean(log_prob) / (CLASSES * jnp.log(2.0)) + self.weight * held

        params, adam = optim.descend(
            optim.adam(self.lr, self.steps), jax.grad(loss)(state.params), state.adam, state.params
        )
        return State(params=params, adam=adam)

    def labels(self, state: State, x: jax.Array, votes: jax.Array, key: jax.Array) -> jax.Array:
        z = jax.random.normal(key, (DRAWS, len(x), CLASSES))
        drawn = jax.lax.map(lambda one: labelling(state.params, x, one)[0], z)
        return jnp.clip(drawn, 0, 1).mean(0)


def labelling(params: Couplings, x: jax.Array, z: jax.Array) -> tuple[jax.Array, jax.Array]:
    """(label vectors [n, c], log-determinants [n]) from points [n, d] and noise [n, c]."""
    return affine_flow.transform(params, affine_flow.digit_masks(LAYERS, CLASSES), z, condition=x)


def simplex(y: jax.Array) -> jax.Array:
    """How far label vectors [n, c] are from being probabilities, squared, mean over points."""
    below = jnp.sum(jax.nn.relu(-y) ** 2, axis=1)
    above = jnp.sum(jax.nn.relu(y - 1) ** 2, axis=1)
    return jnp.mean(below + above + (jnp.sum(y, axis=1) - 1) ** 2)


def disagreement(y: jax.Array, votes: jax.Array, errors: jax.Array) -> jax.Array:
    """By how much label vectors [n, c] contradict votes int32 [n, v] more often than their error rates [v] allow."""
    named = one_hot(votes)
    label = y[:, None, :]
    found = jnp.mean((1 - label) * named + label * (1 - named), axis=0)
    return jnp.sum(jax.nn.relu(found - errors[:, None]) ** 2)
