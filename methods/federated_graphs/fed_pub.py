"""Personal mixtures of models that do alike on random graphs, under a sparse mask of one's own.

**Source**: Baek, Jeong, Jin, Yoon and Hwang, "Personalized Subgraph Federated Learning", 2022,
https://arxiv.org/abs/2206.10206, in the authors' code `models/fedpub/server.py`, `models/fedpub/client.py`,
`models/layers.py` and `models/nets.py`.

    e_i = mean over nodes of random graphs of the second convolution's outputs of client i's masked model
    theta_i <- sum_j s_ij theta_j    s_ij in proportion to exp(tau cos(e_i, e_j))
    local steps on  L(theta mask) + l1 |mask|_1 + prox sum over arrays of |theta - theta received|_2

Weights are multiplied by the mask in training; where it is below l1 they count as 0 otherwise. The mask stays.

**Differs from the paper**: 1. width 16, two random graphs of 40 nodes instead of five of 100, three steps a round. 2.
Both penalties act. In the authors' code they are taken of detached copies, so that they have no gradient. 3. The
proximal term counts from the first round on, the authors' from the second. 4. No dropout, no weight decay.

**Shapes**: k clients, n nodes, d features, h hidden width.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks import optim
from toybench.blocks.graphs import symmetric_normalised
from toybench.methods.federated_graphs._clients import (
    Layer,
    Weights,
    cross_entropy,
    descend_locally,
    hidden,
    logits,
    mixed,
    similarity_shares,
    start,
)

GRAPHS = 2  # random ones
NODES = 40  # of a random graph
RATE = 0.2  # of its edges: as many neighbours as a client's nodes have; the authors' 0.1 of 100
TINY = 1e-12  # below which a squared distance has no gradient


class Parameters(NamedTuple):
    """A model and its mask, whose biases aren't used."""

    weights: Weights
    mask: Weights


class State(NamedTuple):
    """As in `_clients`, with masks, and the random graphs: how they read [g, n, n], and features [g, n, d]."""

    params: Parameters
    moments: Any
    shares: jax.Array
    reads: jax.Array
    x: jax.Array


def masked(params: Parameters) -> Weights:
    """Weights times their mask."""
    pairs = zip(params.weights, params.mask, strict=True)
    return Weights(*(Layer(w=layer.w * mask.w, b=layer.b) for layer, mask in pairs))


class FedPub(Method):
    """Who does alike learns together."""

    paper = "baek2022personalized"

    lr: float = 0.01  # rate of Adam, above 0; 0.01
    tau: float = 10.0  # sharpness of the shares, at least 0; 10 by default, 3 in the authors' script
    l1: float = 1e-3  # weight of the mask's absolute values, and the least that isn't cut; 1e-3
    prox: float = 1e-3  # weight of the distance to what was received; 1e-3
    mask: bool = True  # whether there is one

    space = {"lr": (0.003, 0.01, 0.03), "tau": (3.0, 10.0, 30.0, 100.0, 300.0)}

    def init(self, key: jax.Array) -> State:
        model, edge, noise = jax.random.split(key, 3)
        weights = start(model, self.spec)
        params = Parameters(weights=weights, mask=jax.tree.map(jnp.ones_like, weights))
        drawn = jnp.triu((jax.random.uniform(edge, (GRAPHS, NODES, NODES)) < RATE).astype(jnp.float32), 1)
        return State(
            params=params,
            moments=optim.adam(self.lr).init(params),
            shares=jnp.full((self.spec.clients, self.spec.clients), 1 / self.spec.clients),
            reads=symmetric_normalised(drawn + jnp.swapaxes(drawn, 1, 2)),
            x=jax.random.normal(noise, (GRAPHS, NODES, self.spec.features)),
        )

    def pruned(self, params: Parameters) -> Weights:
        """The model as it is used: small entries of the mask are cut."""
        cut = jax.tree.map(lambda m: jnp.where(jnp.abs(m) < self.l1, 0.0, m), params.mask)
        return masked(Parameters(weights=params.weights, mask=cut))

    def embeddings(self, state: State) -> jax.Array:
        """Functional embeddings [k, h]."""
        one = lambda weights: jax.vmap(lambda r, x: hidden(weights, r, x))(state.reads, state.x).mean((0, 1))  # noqa: E731
        return jax.vmap(one)(self.pruned(state.params))

    def loss(self, params: Parameters, received: Weights) -> jax.Array:
        """Sum over clients of the fit, the mask's size and the distance from what was received."""
        fit = jax.vmap(cross_entropy)(masked(params), self.given).sum()
        size = sum(jnp.abs(layer.w).sum() for layer in params.mask)
        squares = jax.tree.map(lambda a, b: ((a - b) ** 2).reshape(a.shape[0], -1).sum(1), params.weights, received)
        distance = sum(jnp.sqrt(leaf + TINY).sum() for leaf in jax.tree.leaves(squares))
        return fit + self.l1 * size + self.prox * distance

    def update(self, state: State, batch: Any, key: jax.Array) -> State:
        shares = similarity_shares(self.embeddings(state), self.tau)
        received = mixed(state.params.weights, shares)
        begin = Parameters(weights=received, mask=state.params.mask)
        loss = lambda p: self.loss(p if self.mask else p._replace(mask=state.params.mask), received)  # noqa: E731
        params, moments = descend_locally(loss, begin, state.moments, self.spec.local_steps, self.lr)
        return State(params=params, moments=moments, shares=shares, reads=state.reads, x=state.x)

    def node_scores(self, state: State) -> jax.Array:
        return jax.vmap(logits)(self.pruned(state.params), self.given.edges, self.given.x)

    def shares(self, state: State) -> jax.Array:
        return state.shares
