"""Forward and backward representations of all policies' successor measures: networks, sampling, training, inference.

Shapes: S states, A actions, b transitions of a batch, d dimensions of a task vector z.
"""

import abc
from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks import optim, rl
from toybench.blocks.random import normals
from toybench.tasks.zero_shot_rl import Spec, Transitions, arrivals

DIMS = 20  # of a task vector; the authors' is 50
WIDTH = 48  # units of F's two hidden layers
MIXED = 0.5  # share of the task vectors that are B of a visited state, the authors' value
CLIP = 1.0  # of every number of the gradient, the authors' value
TINY = 1e-8  # keeps the norm of a zero vector above 0


class Networks(NamedTuple):
    """F is a network of two hidden layers on (state, z), B a table [S, d].

    Attributes:
      state, task: first layer of F: [S, w] by state, [d, w] by task vector.
      hidden, last: [w, w] and [w, A d]; biases beside them.
      backward: the table B.
    """

    state: jax.Array
    task: jax.Array
    hidden: jax.Array
    hidden_bias: jax.Array
    last: jax.Array
    last_bias: jax.Array
    backward: jax.Array


class State(NamedTuple):
    """Networks, their slow copy, and the optimiser's state."""

    params: Networks
    target: Networks
    adam: optax.OptState


class Measures(NamedTuple):
    """What the loss and its penalties look at.

    Attributes:
      forward: F(s, ., z) [b, A, d].
      taken: F(s, a, z) [b, d] of the actions of the data.
      backward: B(s1) [b, d].
      task: z [b, d].
    """

    forward: jax.Array
    taken: jax.Array
    backward: jax.Array
    task: jax.Array


def start_networks(key: jax.Array, spec: Spec) -> Networks:
    """Kernels of variance 1 / fan-in, entries of B of variance 1."""
    drawn = normals(
        key,
        state=(spec.states, WIDTH),
        task=(DIMS, WIDTH),
        hidden=(WIDTH, WIDTH),
        last=(WIDTH, spec.actions * DIMS),
        backward=(spec.states, DIMS),
    )
    return Networks(
        state=drawn["state"],
        task=drawn["task"] / DIMS**0.5,
        hidden=drawn["hidden"] / WIDTH**0.5,
        hidden_bias=jnp.zeros(WIDTH),
        last=drawn["last"] / WIDTH**0.5,
        last_bias=jnp.zeros(spec.actions * DIMS),
        backward=drawn["backward"],
    )


def forward(net: Networks, s: jax.Array, z: jax.Array) -> jax.Array:
    """F(s, ., z) [b, A, d] of states int32 [b] and task vectors [b, d]."""
    first = jax.nn.relu(net.state[s] + z @ net.task)
    second = jax.nn.relu(first @ net.hidden + net.hidden_bias[None, :])
    return (second @ net.last + net.last_bias[None, :]).reshape(s.shape[0], -1, DIMS)


def on_sphere(z: jax.Array) -> jax.Array:
    """Vectors [..., d] scaled to the norm sqrt(d)."""
    norm = jnp.sqrt((z**2).sum(-1, keepdims=True) + TINY)
    return DIMS**0.5 * z / norm


def task_vectors(net: Networks, batch: Transitions, key: jax.Array) -> jax.Array:
    """z [b, d]: uniform on the sphere, or B of a state of the batch in its direction, by a coin."""
    noise = jax.random.normal(key, (batch.s.shape[0], DIMS + 1))
    coin = jax.scipy.stats.norm.cdf(noise[:, DIMS:]) < MIXED
    visited = net.backward[jnp.roll(batch.s, 1)]  # of another row's s, as in the authors' code
    return jax.lax.stop_gradient(on_sphere(jnp.where(coin, visited, noise[:, :DIMS])))


def measure(net: Networks, batch: Transitions, z: jax.Array) -> Measures:
    """F and B of a batch."""
    every = forward(net, batch.s, z)
    taken = jnp.take_along_axis(every, batch.a[:, None, None], axis=1)[:, 0]
    return Measures(forward=every, taken=taken, backward=net.backward[batch.s1], task=z)


def apart(matrix: jax.Array) -> jax.Array:
    """Mean of a square matrix [b, b] without its diagonal."""
    count = matrix.shape[0]
    return (matrix.sum() - jnp.trace(matrix)) / (count * (count - 1))


def bellman_loss(found: Measures, target: Networks, batch: Transitions, discount: float) -> jax.Array:
    """Temporal differences of the measures F'B of the policies argmax_a F'z."""
    ahead = forward(target, batch.s1, found.task)
    best = jnp.einsum("bad,bd->ba", ahead, found.task).argmax(-1)
    after = jnp.take_along_axis(ahead, best[:, None, None], axis=1)[:, 0] @ target.backward[batch.s1].T
    now = found.taken @ found.backward.T
    return 0.5 * apart((now - discount * jax.lax.stop_gradient(after)) ** 2) - jnp.diag(now).mean()


def orthonormal_loss(found: Measures) -> jax.Array:
    """Least where B has the identity for its second moments over the data."""
    gram = found.backward @ found.backward.T
    return apart(gram**2) - 2 * jnp.diag(gram).mean()


class ForwardBackward(Method):
    """Trains F and B with Adam, and acts by argmax_a F(s, a, z)'z; a method says with which loss."""

    lr: float = 0.003  # learning rate, decays to 0 by a cosine; the authors' is 0.0001, constant
    rate: float = 0.05  # of the slow copy, 0 to 1; the authors' is 0.01

    @abc.abstractmethod
    def loss(self, found: Measures, target: Networks, batch: Transitions) -> jax.Array:
        """What a batch costs."""

    @property
    def optimizer(self) -> optax.GradientTransformation:
        return optax.chain(optim.lenient(optax.clip(CLIP)), optim.adam(self.lr, self.steps))

    def init(self, key: jax.Array) -> State:
        params = start_networks(key, self.spec)
        return State(params=params, target=params, adam=self.optimizer.init(params))

    def update(self, state: State, batch: Transitions, key: jax.Array) -> State:
        z = task_vectors(state.params, batch, key)
        gradient = jax.grad(lambda net: self.loss(measure(net, batch, z), state.target, batch))(state.params)
        params, adam = optim.descend(self.optimizer, gradient, state.adam, state.params)
        return State(params=params, target=rl.track(state.target, params, self.rate), adam=adam)

    def policy_for(self, state: State, reward: jax.Array) -> jax.Array:
        """z is the mean of r(s1) B(s1) over the data, on the sphere."""
        law = arrivals(self.given, self.spec.states)
        z = on_sphere((law * reward) @ state.params.backward)
        every = jnp.arange(self.spec.states)
        values = forward(state.params, every, jnp.broadcast_to(z, (self.spec.states, DIMS))) @ z
        return jax.nn.one_hot(values.argmax(-1), self.spec.actions)
