"""What the estimators of gradients through categorical latents share: a training loop and exact sampling.

Shapes: b examples, l latents, k categories.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks import optim
from toybench.tasks.vector_quantization._estimators import Cost


class State(NamedTuple):
    """The model's parameters and Adam's moments."""

    params: Any
    opt: Any


class SurrogateEstimator(Method):
    """Trains a model with categorical latents by differentiating a surrogate cost.

    A subclass gives `surrogate`. Parameters that the cost itself depends on (a decoder) get their gradient at the
    latent that the surrogate puts into the cost.
    """

    lr: float = 0.01  # Adam's learning rate; 1e-3 for 8000 steps in Liu et al., the same distance travelled

    space = {"lr": (0.003, 0.01, 0.03)}

    def surrogate(self, cost: Cost, logits: jax.Array, key: jax.Array) -> jax.Array:
        """For logits [b, l, k]: [b], whose gradient in the logits is the estimate."""
        raise TypeError(f"{self.name} has no surrogate; give it a method `surrogate`.")

    @property
    def optimizer(self) -> optax.GradientTransformation:
        return optim.adam(self.lr)

    def init(self, key: jax.Array) -> State:
        params = self.spec.initial(key)
        return State(params=params, opt=self.optimizer.init(params))

    def loss(self, params: Any, x: jax.Array, key: jax.Array) -> jax.Array:
        """Mean surrogate cost of examples x [b, ...], and the part that needs no estimate."""
        cost = self.spec.cost(self.given, params, x)
        return jnp.mean(self.surrogate(cost, self.spec.logits(params, x), key) + self.spec.penalty(params, x))

    def update(self, state: State, batch: jax.Array, key: jax.Array) -> State:
        grads = jax.grad(self.loss)(state.params, batch, key)
        params, opt = optim.descend(self.optimizer, grads, state.opt, state.params)
        return State(params=params, opt=opt)

    def weights(self, state: State) -> Any:
        return state.params

    def logit_gradient(self, state: State, cost: Cost, logits: jax.Array, key: jax.Array) -> jax.Array:
        return jax.grad(lambda theta: self.surrogate(cost, theta, key).sum())(logits)


def one_hot_sample(key: jax.Array, logits: jax.Array) -> jax.Array:
    """One-hot samples of the softmax of logits [..., k], from one uniform number each: [..., k]."""
    below = jnp.cumsum(jax.nn.softmax(logits), axis=-1)[..., :-1]
    index = (jax.random.uniform(key, logits.shape[:-1])[..., None] >= below).sum(-1)
    return jax.lax.stop_gradient(jax.nn.one_hot(index, logits.shape[-1]))


def straight_through(hard: jax.Array, soft: jax.Array) -> jax.Array:
    """`hard` in the forward pass, the gradient of `soft` in the backward pass."""
    return jax.lax.stop_gradient(hard - soft) + soft
