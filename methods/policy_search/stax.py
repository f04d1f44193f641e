"""Novelty search in a space that is learned on the way, with emitters that climb from every reward that it meets.

**Source**: Paolo, Coninx, Laflaquiere and Doncieux, "Discovering and Exploiting Sparse Rewards in a Learned Behavior
Space", 2021, https://arxiv.org/abs/2111.01919 (STAX), in the authors' code, `serene_taxons.py`, `taxons.py` and
`serene.py`.

    code(image): the middle of an autoencoder, trained on the archive's images
    parents: the most novel in the code, or the worst reconstructed, as a coin says each step; both are computed for
    parents and children; 5 random children are archived
    emitters: elitist, of 6, begun at the most novel rewarded child

**Differs from the paper**: 1. as for `novelty_hand`. 2. an autoencoder of one hidden layer of 32 on 8 x 8 pixels, with
ten steps of Adam after each step instead of epochs at intervals.

**Shapes**: k policies, c places of the archive, d numbers of an image.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax

from toybench.methods.policy_search._novelty import NoveltySearch, first_weights

HIDDEN = 32
TRAINED = 10  # steps of Adam after each step of the search
RATE = 0.003  # of Adam; 0.001 in the authors' code


class Model(NamedTuple):
    """Weights of the autoencoder and Adam's state."""

    weights: dict[str, jax.Array]
    adam: optax.OptState


class Stax(NoveltySearch):
    """Is told nothing of what matters in an image."""

    paper = "paolo2021discovering"
    space = {"sd": (0.01, 0.03, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 3.0)}

    def start(self, key: jax.Array) -> Model:
        weights = first_weights(key, self.spec.side**2, HIDDEN)
        return Model(weights=weights, adam=optax.adam(RATE).init(weights))

    def codes(self, model: Model, image: jax.Array, descriptor: jax.Array) -> jax.Array:
        return jnp.tanh(image @ model.weights["a"]) @ model.weights["b"]

    def errors(self, weights: dict[str, jax.Array], image: jax.Array) -> jax.Array:
        """Squared error of the reconstruction of each image, [k]."""
        code = jnp.tanh(image @ weights["a"]) @ weights["b"]
        return ((jnp.tanh(code @ weights["c"]) @ weights["d"] - image) ** 2).mean(-1)

    def fit(self, model: Model, image: jax.Array, seen: jax.Array, key: jax.Array) -> Model:
        def loss(weights: dict[str, jax.Array]) -> jax.Array:
            return jnp.where(seen, self.errors(weights, image), 0.0).sum() / jnp.maximum(seen.sum(), 1)

        def step(_: int, now: Model) -> Model:
            change, adam = optax.adam(RATE).update(jax.grad(loss)(now.weights), now.adam)
            return Model(weights=optax.apply_updates(now.weights, change), adam=adam)

        return jax.lax.fori_loop(0, TRAINED, step, model)

    def choose(self, novelty: jax.Array, model: Model, image: jax.Array, key: jax.Array) -> jax.Array:
        return jnp.where(jax.random.bernoulli(key), novelty, self.errors(model.weights, image))
