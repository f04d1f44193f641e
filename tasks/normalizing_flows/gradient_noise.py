"""How noisy is an estimate of the gradient of the reverse Kullback-Leibler divergence, at one flow for all methods?

The flow is trained for a while with the ordinary reparameterised gradient, on the known target; then every estimator
is asked for its gradient on the same many batches. The unit is the variance of the ordinary gradient there.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from toybench import Metric, Task
from toybench.blocks import affine_flow, optim
from toybench.blocks.affine_flow import Couplings
from toybench.tasks.normalizing_flows import (
    LAYERS,
    WIDTH,
    GradientEstimator,
    Spec,
    known_log_prob,
    normal_log_prob,
)

RATE = 0.002  # of Adam, with cosine decay


class World(NamedTuple):
    """A flow, batches of base noise [k, b, d], and the summed variance of the ordinary gradient over them."""

    flow: Couplings
    noise: jax.Array
    variance: jax.Array


def divergence(flow: Couplings, noise: jax.Array) -> jax.Array:
    """Reverse Kullback-Leibler divergence of a flow from the known target, on base noise [n, d]."""
    x, volume = affine_flow.transform(flow, affine_flow.digit_masks(LAYERS, noise.shape[1]), noise)
    return jnp.mean(normal_log_prob(noise) - volume - known_log_prob(x))


def spread(gradients: Couplings) -> jax.Array:
    """Sum of the variances of all entries, over the first axis."""
    return sum((jnp.sum(jnp.var(leaf, axis=0)) for leaf in jax.tree.leaves(gradients)), jnp.zeros(()))


class GradientNoise(Task):
    """One checkpoint, many batches."""

    dims: int = 6  # coordinates
    trained: int = 1000  # steps before the question is asked
    batch: int = 64  # points of one estimate
    batches: int = 256  # estimates

    interface = GradientEstimator
    steps = 0
    metrics = {
        "variance_ratio": Metric(
            direction="min", about="summed variance of the gradient over that of the ordinary reparameterised gradient"
        ),
        "log_variance": Metric(direction="info", about="logarithm of the summed variance"),
    }

    @property
    def spec(self) -> Spec:
        return Spec(dims=self.dims, batch=self.batch, known=True)

    def sample(self, key: jax.Array) -> World:
        """Train a flow with fresh noise at every step."""
        for_flow, for_noise, for_batches = jax.random.split(key, 3)
        flow = affine_flow.couplings(for_flow, layers=LAYERS, dims=self.dims, width=WIDTH)
        adam = optim.adam(RATE, max(self.trained, 1))

        def step(carry: tuple[Couplings, optax.OptState], key: jax.Array) -> tuple:
            flow, state = carry
            gradient = jax.grad(divergence)(flow, jax.random.normal(key, (self.batch, self.dims)))
            return optim.descend(adam, gradient, state, flow), None

        keys = jax.random.split(for_noise, self.trained)
        trained, _ = jax.lax.scan(step, (flow, adam.init(flow)), keys)
        flow = trained[0]
        noise = jax.random.normal(for_batches, (self.batches, self.batch, self.dims))
        gradients = jax.lax.map(lambda batch: jax.grad(divergence)(flow, batch), noise)
        return World(flow=flow, noise=noise, variance=spread(gradients))

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        own = spread(jax.lax.map(lambda batch: learner.estimate(world.flow, batch), world.noise))
        return {"variance_ratio": own / world.variance, "log_variance": jnp.log(own)}
