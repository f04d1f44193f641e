"""An unconstrained network that is trained to obey the triangle inequality on random triples.

**Source**: baseline of Wang and Isola, "On the Learning and Learnability of Quasimetrics", 2022,
https://arxiv.org/abs/2206.15478 ("unconstrained networks" with a triangle inequality regulariser).

    loss = mean (g(x,y) - discount^d)^2 + weight * mean relu(g(x,y) g(y,z) - g(x,z))^2    g = sigmoid(MLP([f(x); f(y)]))

**Differs from the paper**: 1. width 64. 2. x, y, z are drawn from all nodes. 3. weight
decay, at a value that suits the plain network.

**Shapes**: b pairs and b triples, l latent dimensions.
"""

import jax
import jax.numpy as jnp

from toybench.blocks import optim
from toybench.methods.quasimetric._latent import State
from toybench.methods.quasimetric.mlp_concatenated import MLPConcatenated
from toybench.tasks.quasimetric import DISCOUNT, Pairs


class MLPTrianglePenalty(MLPConcatenated):
    """Guarantees no axiom but non-negativity; the penalty asks for one on average."""

    weight: float = 3.0  # of the penalty, on the scale of squared discounted distances

    space = {"lr": (0.003, 0.01), "weight": (1.0, 3.0, 10.0)}

    def penalty(self, params: dict, x: jax.Array, y: jax.Array, z: jax.Array) -> jax.Array:
        """Mean squared excess of the triples (x, y, z), each [b], on the discounted scale."""
        source = jnp.concatenate([x, y, x])
        g = DISCOUNT ** self.apart(params, source, jnp.concatenate([y, z, z]))
        first, second, direct = jnp.split(g, 3)
        return jnp.mean(jax.nn.relu(first * second - direct) ** 2)

    def update(self, state: State, batch: Pairs, key: jax.Array) -> State:
        triple = jax.random.randint(key, (3, len(batch.x)), 0, self.spec.nodes)
        grads = jax.grad(lambda p: self.loss(p, batch) + self.weight * self.penalty(p, *triple))(state.params)
        params, opt = optim.descend(self.optimizer, grads, state.opt, state.params)
        return State(params=params, opt=opt)
