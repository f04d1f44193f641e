"""What federated learners of this study share: the network, a client's steps, and the mixing of models.

The network is Baek et al.'s: two graph convolutions and a linear layer. All clients start from one initialisation, and
each keeps its optimiser's moments from round to round, as theirs do. Leading axes count clients.
Shapes: k clients, n nodes, d features, h hidden width, c classes.
"""

import abc
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks import optim
from toybench.blocks.graphs import HIDDEN, symmetric_normalised
from toybench.blocks.random import normals
from toybench.tasks.federated_graphs import Clients, Spec

WIDTH = 16  # of both hidden layers; 128 in the authors' code
RATES = (0.001, 0.003, 0.01, 0.03, 0.1)  # of every method; 0.01 in the authors' code


class Layer(NamedTuple):
    """w [in, out] and b [out]."""

    w: jax.Array
    b: jax.Array


class Weights(NamedTuple):
    """Two graph convolutions [d, h], [h, h] and the classifier [h, c]."""

    first: Layer
    second: Layer
    last: Layer


class State(NamedTuple):
    """Every client's model after its last steps, its optimiser's state, and the shares [k, k] of the last mixing."""

    params: Weights
    moments: Any
    shares: jax.Array


def start(key: jax.Array, spec: Spec) -> Weights:
    """One model for all clients [k, ...]: normal weights of variance 1 / in, no biases."""
    sizes = {"first": (spec.features, WIDTH), "second": (WIDTH, WIDTH), "last": (WIDTH, spec.classes)}
    drawn = normals(key, **sizes)
    single = Weights(**{k: Layer(w=w / w.shape[0] ** 0.5, b=jnp.zeros(w.shape[1])) for k, w in drawn.items()})
    return jax.tree.map(lambda leaf: jnp.broadcast_to(leaf[None], (spec.clients, *leaf.shape)), single)


def hidden(weights: Weights, reads: jax.Array, x: jax.Array) -> jax.Array:
    """Outputs [n, h] of the second convolution, before the nonlinearity, for one client."""
    inner = jax.nn.relu(reads @ (x @ weights.first.w) + weights.first.b[None, :])
    return reads @ (inner @ weights.second.w) + weights.second.b[None, :]


def logits(weights: Weights, edges: jax.Array, x: jax.Array) -> jax.Array:
    """Scores [n, c] of one client's nodes."""
    outer = jax.nn.relu(hidden(weights, symmetric_normalised(edges), x))
    return outer @ weights.last.w + weights.last.b[None, :]


def cross_entropy(weights: Weights, client: Clients) -> jax.Array:
    """Mean over one client's known labels."""
    scores = jax.nn.log_softmax(logits(weights, client.edges, client.x), axis=-1)
    seen = (client.y != HIDDEN).astype(scores.dtype)
    picked = (scores * jax.nn.one_hot(client.y, scores.shape[1])).sum(1)  # a hidden label has no one-hot entry
    return -picked.sum() / jnp.maximum(seen.sum(), 1.0)


def descend_locally(loss: Callable[..., jax.Array], params: Any, moments: Any, steps: int, lr: float) -> Any:
    """(parameters, moments) [k, ...] after `steps` of Adam on the sum of the clients' losses."""

    def step(carry: tuple[Any, Any], _: None) -> tuple[tuple[Any, Any], None]:
        now, moments = carry
        return optim.descend(optim.adam(lr), jax.grad(loss)(now), moments, now), None

    end, _ = jax.lax.scan(step, (params, moments), None, length=steps)
    return end


def mixed(params: Any, shares: jax.Array) -> Any:
    """Model i is the sum over j of shares[i, j] times model j."""
    return jax.tree.map(lambda leaf: jnp.tensordot(shares, leaf, axes=1), params)


def similarity_shares(vectors: jax.Array, sharpness: jax.Array | float) -> jax.Array:
    """exp(sharpness * cosine) of vectors [k, m], each row's sum 1: [k, k]."""
    norms = jnp.linalg.norm(vectors, axis=1, keepdims=True)
    unit = vectors / jnp.maximum(norms, jnp.finfo(vectors.dtype).tiny)
    return jax.nn.softmax(sharpness * unit @ unit.T, axis=1)


class Mixture(Method):
    """Models are mixed, then each client descends; a method says how they are mixed."""

    lr: float = 0.01  # rate of Adam, above 0

    space = {"lr": RATES}

    @abc.abstractmethod
    def shares_of(self, params: Weights) -> jax.Array:
        """What each client takes of each [k, k], once all have uploaded."""

    @abc.abstractmethod
    def received(self, params: Weights, shares: jax.Array) -> Weights:
        """Where each client starts its round."""

    def init(self, key: jax.Array) -> State:
        params = start(key, self.spec)
        uniform = jnp.full((self.spec.clients, self.spec.clients), 1 / self.spec.clients)
        return State(params=params, moments=optim.adam(self.lr).init(params), shares=uniform)

    def update(self, state: State, batch: Any, key: jax.Array) -> State:
        shares = self.shares_of(state.params)
        begin = self.received(state.params, shares)
        loss = lambda params: jax.vmap(cross_entropy)(params, self.given).sum()  # noqa: E731
        params, moments = descend_locally(loss, begin, state.moments, self.spec.local_steps, self.lr)
        return State(params=params, moments=moments, shares=shares)

    def node_scores(self, state: State) -> jax.Array:
        return jax.vmap(logits)(state.params, self.given.edges, self.given.x)

    def shares(self, state: State) -> jax.Array:
        return state.shares
