"""iCaRL: distilled features, exemplars that stand for their class mean, and the nearest mean as classifier.

**Source**: Rebuffi, Kolesnikov, Sperl and Lampert, "iCaRL: Incremental Classifier and Representation Learning", 2016,
https://arxiv.org/abs/1611.07725.

    loss  = sum_c BCE(z_c, target_c),   target: the old network's sigmoid for old classes, one-hot for new ones
    keep    p_k = argmin_x |mean - (phi(x) + sum_(j<k) phi(p_j)) / k|                        herding
    predict argmin_c |phi(x) - mean of phi over exemplars of c|,   phi: features of length 1

**Differs from the paper**: nothing but scale; the union of new examples and exemplars is sampled.

**Shapes**: b examples, c classes, m remembered examples a class.
"""

import jax
import jax.numpy as jnp

from toybench.methods.continual._incremental import IncrementalLearner, Minibatch, Params, State
from toybench.tasks.continual import Session


class ICaRL(IncrementalLearner):
    """The head only trains the features."""

    weight: float = 1.0  # of the old classes' terms; 1 in the paper

    space = {"lr": (0.001, 0.003, 0.01), "weight": (1.0, 3.0)}

    def direction(self, params: Params, x: jax.Array) -> jax.Array:
        """Features [b, h] of length 1."""
        return unit(self.body(params["body"], x))

    def loss(self, params: Params, batch: Minibatch, state: State, old: jax.Array) -> jax.Array:
        z, number = self.logits(params, batch.x), jnp.arange(self.spec.classes)
        known, new = number < old, (number >= old) & (number < old + self.spec.fresh)
        answer = jax.nn.one_hot(batch.y, self.spec.classes)
        target = jnp.where(known[None], jax.nn.sigmoid(self.logits(state.params, batch.x)), answer)
        entropy = -(target * jax.nn.log_sigmoid(z) + (1 - target) * jax.nn.log_sigmoid(-z))
        counts = self.weight * known.astype(z.dtype) + new.astype(z.dtype)
        return (batch.weight * (entropy * counts[None]).sum(-1)).sum()

    def choose(self, params: Params, session: Session, key: jax.Array) -> jax.Array:
        fresh, n = self.spec.fresh, self.spec.examples
        features = self.direction(params, session.x).reshape(fresh, n, -1)
        return jax.vmap(lambda one: herd(one, self.kept))(features) + n * jnp.arange(fresh)[:, None]

    def session_scores(self, state: State, x: jax.Array) -> jax.Array:
        flat = state.memory.reshape(-1, self.spec.inputs)
        means = unit(self.direction(state.params, flat).reshape(self.spec.classes, self.kept, -1).mean(1))
        return 2 * self.direction(state.params, x) @ means.T - 1  # minus the squared distance, but for a constant


def unit(x: jax.Array) -> jax.Array:
    """Vectors [..., h] of length 1."""
    return x / jnp.sqrt((x**2).sum(-1, keepdims=True) + 1e-12)


def herd(features: jax.Array, count: int) -> jax.Array:
    """Places, int32 [count], of features [n, h] whose running mean stays nearest to the mean of all."""
    mean = features.mean(0)

    def pick(carry: tuple, k: jax.Array) -> tuple[tuple, jax.Array]:
        total, free = carry
        distance = (((total[None] + features) / k - mean[None]) ** 2).sum(-1)
        best = jnp.argmin(jnp.where(free, distance, jnp.inf))
        return (total + features[best], free.at[best].set(False)), best

    start = (jnp.zeros_like(mean), jnp.ones(len(features), bool))
    return jax.lax.scan(pick, start, jnp.arange(1, count + 1).astype(jnp.float32))[1]
