"""An unconstrained network that is trained to obey the triangle inequality on random triples.

**Source**: baseline of Wang and Isola, "On the Learning and Learnability of Quasimetrics", 2022,
https://arxiv.org/abs/2206.15478 ("unconstrained networks" with a triangle inequality regulariser).

    loss = mean (g(x,y) - discount^d)^2 + weight * mean relu(g(x,y) g(y,z) - g(x,z))^2    g = sigmoid(MLP([f(x); f(y)]))

**Differs from the paper**: 1. width 64. 2. x, y, z are drawn from all nodes. 3. weight decay, tuned with
the learning rate and the penalty's weight: 20 of their 80 combinations, drawn once.

**Shapes**: b pairs and b triples, l latent dimensions.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.blocks import nn
from toybench.methods.quasimetric._embedding import (
    DECAYS,
    Embedding,
    State,
    from_logit,
    pair_logit,
    pair_network,
    squared_error,
)
from toybench.tasks.quasimetric import DISCOUNT, Pairs


class MLPTrianglePenalty(Embedding):
    """Unconstrained network on the latents of both nodes, with a penalty on broken triangles."""

    decay: float = 1.0  # AdamW's weight decay, per unit of learning rate; the authors' example uses plain Adam
    weight: float = 3.0  # of the penalty, on the scale of squared discounted distances

    space = {"lr": (0.001, 0.003, 0.01, 0.03), "decay": DECAYS, "weight": (3.0, 10.0, 30.0, 100.0)}

    def head(self, key: jax.Array) -> dict:
        return nn.init(pair_network(self.hidden), key, jnp.zeros((1, 2 * self.latent)))

    def between(self, head: dict, u: jax.Array, v: jax.Array) -> jax.Array:
        return from_logit(pair_logit(self.hidden, head, u, v))

    def penalty(self, params: Any, triples: jax.Array) -> jax.Array:
        """Mean squared excess of triples (x, y, z), [3, b], on the discounted scale."""
        x, y, z = triples
        g = DISCOUNT ** self.predict_distance(params, jnp.concatenate([x, y, x]), jnp.concatenate([y, z, z]))
        first, second, direct = jnp.split(g, 3)
        return jnp.mean(jax.nn.relu(first * second - direct) ** 2)

    def update(self, state: State, batch: Pairs, key: jax.Array) -> State:
        triples = jax.random.randint(key, (3, len(batch.x)), 0, self.spec.nodes)

        def loss(params: Any) -> jax.Array:
            return squared_error(params, self, batch) + self.weight * self.penalty(params, triples)

        return self.descend(state, jax.grad(loss)(state.params))
