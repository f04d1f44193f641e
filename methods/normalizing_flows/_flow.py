"""What the flows of this study share: the network, the optimiser, and questions about a flow over a base density.

Shapes: n points, d coordinates.
"""

import abc
from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks import affine_flow, optim
from toybench.blocks.affine_flow import Couplings
from toybench.tasks.normalizing_flows import LAYERS, WIDTH, Batch, Spec, known_log_prob, normal_log_prob

CLIP = 5.0  # of the gradient's norm; the value of Laszkiewicz et al. where they clip
RATES = (0.00025, 0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064)  # of every method


class State(NamedTuple):
    """Parameters of a flow, and the optimiser's state."""

    params: Couplings
    adam: optax.OptState


def start_flow(key: jax.Array, spec: Spec) -> Couplings:
    """The flow of every method, before the first step."""
    return affine_flow.couplings(key, layers=LAYERS, dims=spec.dims, width=WIDTH)


def clipped_adam(lr: float, steps: int) -> optax.GradientTransformation:
    """Adam with cosine decay, on gradients of bounded norm."""
    return optax.chain(optim.lenient(optax.clip_by_global_norm(CLIP)), optim.adam(lr, steps))


def push(flow: Couplings, z: jax.Array) -> tuple[jax.Array, jax.Array]:
    """(points [n, d], log-determinants [n]) of the flow at base points [n, d]."""
    return affine_flow.transform(flow, affine_flow.digit_masks(LAYERS, z.shape[1]), z)


def pull(flow: Couplings, x: jax.Array) -> tuple[jax.Array, jax.Array]:
    """(base points [n, d], log-determinants [n]) of the flow's inverse at points [n, d]."""
    return affine_flow.transform(flow, affine_flow.digit_masks(LAYERS, x.shape[1]), x, inverse=True)


def flow_log_prob(flow: Couplings, x: jax.Array) -> jax.Array:
    """Log-density [n] at points [n, d] of a flow over a standard normal base."""
    z, volume = pull(flow, x)
    return normal_log_prob(z) + volume


def student_log_prob(z: jax.Array, freedom: jax.Array) -> jax.Array:
    """Log-densities of Student distributions at z, elementwise."""
    gammaln = jax.scipy.special.gammaln
    height = gammaln((freedom + 1) / 2) - gammaln(freedom / 2) - 0.5 * jnp.log(jnp.pi * freedom)
    return height - (freedom + 1) / 2 * jnp.log1p(z**2 / freedom)


def student_draws(freedom: jax.Array, radius: jax.Array, angle: jax.Array) -> jax.Array:
    """Draws of Student distributions from two uniform numbers each, by Bailey's polar method (1994)."""
    size = freedom * jnp.expm1(-2 / freedom * jnp.log1p(-radius))
    return jnp.sqrt(size) * jnp.cos(2 * jnp.pi * angle)


def reverse_divergence(flow: Couplings, z: jax.Array) -> jax.Array:
    """Mean of log q - log p over the flow's points at base points [n, d]; its gradient is the ordinary one."""
    x, volume = push(flow, z)
    return jnp.mean(normal_log_prob(z) - volume - known_log_prob(x))


def negative_log_likelihood(flow: Couplings, x: jax.Array) -> jax.Array:
    """Mean of -log q over points [n, d]."""
    return -jnp.mean(flow_log_prob(flow, x))


class NormalFlow(Method):
    """A flow over a standard normal base, trained by Adam; a method says which gradient."""

    lr: float = 0.004  # learning rate, decays to 0 by a cosine

    space = {"lr": RATES}

    @abc.abstractmethod
    def gradient(self, params: Couplings, batch: Batch, key: jax.Array) -> Couplings:
        """Gradient of the loss in the flow's parameters."""

    def init(self, key: jax.Array) -> State:
        params = start_flow(key, self.spec)
        return State(params=params, adam=clipped_adam(self.lr, self.steps).init(params))

    def update(self, state: State, batch: Batch, key: jax.Array) -> State:
        gradient = self.gradient(state.params, batch, key)
        params, adam = optim.descend(clipped_adam(self.lr, self.steps), gradient, state.adam, state.params)
        return State(params=params, adam=adam)

    def log_prob(self, state: State, x: jax.Array) -> jax.Array:
        return flow_log_prob(state.params, x)

    def sample(self, state: State, key: jax.Array, count: int) -> jax.Array:
        return push(state.params, jax.random.normal(key, (count, self.spec.dims)))[0]


def needs_energy(spec: Spec) -> str | None:
    """Why a method that uses the target's energy can't run."""
    return None if spec.known else "it needs the target's energy"


def needs_samples(spec: Spec) -> str | None:
    """Why a method that needs the whole training set can't run."""
    return None if spec.samples else "it needs a finite training set"
