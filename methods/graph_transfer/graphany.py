"""Linear graph networks fitted to each new graph, mixed by attention that was learned on one graph.

**Source**: Zhao, Zhu, Galkin, Mostafa, Bronstein and Tang, "Fully-inductive Node Classification on Arbitrary Graphs",
2024, https://arxiv.org/abs/2405.20445; the authors' files `graphany/model.py`, `graphany/data.py`, `graphany/run.py`
and `configs/model.yaml` were read.

    Y_k = F_k W_k, W_k by least squares on known labels;   scores_v = sum_k softmax(MLP(D_v) / 5)_k Y_k[v]
    D_v = exp(-b_k |Y_k[v] - Y_l[v]|^2) over its sum, for l != k; b_k such that row k has an entropy of 1 bit

**Differs from the paper**: 1. A hidden layer of 32 (released for the smallest graph) without batch normalisation and
dropout; 300 steps. 2. A penalty of 1e-4 on squared weights instead of a pseudo-inverse. 3. All known nodes but the five
a class that are fitted are the targets of a step; the released code draws a batch of targets first.

**Shapes**: k channels, n nodes, d features, c classes.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks import optim
from toybench.blocks.graphs import known_nodes
from toybench.blocks.nn import MLP, init
from toybench.methods.graph_transfer._linear import CHANNELS, PREDICTORS, channel_features, channel_scores
from toybench.tasks.graph_transfer import Graph, cross_entropy, labelled, one_hot_labels

HIDDEN_UNITS = 32  # of the attention's network; released 32 for Wisconsin
TEMPERATURE = 5.0  # of the attention, released
DECAY = 0.02  # weight decay, released
REFERENCES = 5  # known labels a class that a step fits to, released
HALVINGS = 30  # of the interval for log b
WIDEST = 20.0  # log b is sought between -20 and 20, beyond which float32 tells no distances apart
FAR = 1e9  # distance of a channel to itself, so that it has no share


def squared_distances(scores: jax.Array) -> jax.Array:
    """Distances [n, k, k] between the channels' scores [k, n, c]."""
    return ((scores[:, None] - scores[None, :]) ** 2).sum(-1).transpose(2, 0, 1)


def entropy_normalised(squares: jax.Array, bits: float | jax.Array) -> jax.Array:
    """Shares [n, k, k] of the other channels, exp(-b squares) over their sum, with `bits` of entropy in every row."""
    own = jnp.eye(squares.shape[-1])[None] > 0

    def shares(log_b: jax.Array) -> jax.Array:
        return jax.nn.softmax(jnp.where(own, -FAR, -jnp.exp(log_b)[..., None] * squares), axis=-1)

    def halve(bounds: tuple[jax.Array, jax.Array], _: None) -> tuple[tuple[jax.Array, jax.Array], None]:
        low, high = bounds
        middle = (low + high) / 2
        p = shares(middle)
        entropy = -jnp.where(p > 0, p * jnp.log2(jnp.where(p > 0, p, 1.0)), 0.0).sum(-1)
        narrower = entropy > bits
        return (jnp.where(narrower, middle, low), jnp.where(narrower, high, middle)), None

    edge = jnp.full(squares.shape[:-1], WIDEST)
    bounds, _ = jax.lax.scan(halve, (-edge, edge), None, length=HALVINGS)
    return shares((bounds[0] + bounds[1]) / 2)


def off_diagonal(square: jax.Array) -> jax.Array:
    """The entries of [n, k, k] off the diagonal, [n, k (k - 1)]."""
    count, size, _ = square.shape
    return square.reshape(count, -1)[:, 1:].reshape(count, size - 1, size + 1)[:, :, :-1].reshape(count, -1)


def matrices(params: Any) -> Any:
    """Which parameters are decayed: matrices, not biases."""
    return jax.tree.map(lambda leaf: leaf.ndim > 1, params)


class State(NamedTuple):
    """Parameters of the attention, and the optimiser's state."""

    params: Any
    adam: optax.OptState


class GraphAny(Method):
    """Attention by how far the channels' scores lie apart, blind to features and classes."""

    lr: float = 0.001  # learning rate, above 0, decays to 0 by a cosine; released 0.0002 for 1000 steps
    normalise: bool = True  # whether distances are normalised to an entropy
    bits: float = 1.0  # of entropy, 0 to 2; released 1 and 2

    space = {"lr": (0.00003, 0.0001, 0.0003, 0.001), "bits": (0.5, 1.0, 1.5)}

    def transform(self) -> optax.GradientTransformation:
        rate = optax.cosine_decay_schedule(self.lr, self.steps)
        return optim.lenient(optax.adamw(rate, weight_decay=DECAY, mask=matrices))

    def network(self) -> MLP:
        return MLP((HIDDEN_UNITS, PREDICTORS))

    def init(self, key: jax.Array) -> State:
        pairs = len(CHANNELS) * (len(CHANNELS) - 1)
        params = init(self.network(), key, jnp.zeros((self.spec.nodes, pairs)))
        return State(params=params, adam=self.transform().init(params))

    def distances(self, scores: jax.Array) -> jax.Array:
        """What attention sees of the channels' scores [k, n, c]: [n, k (k - 1)]."""
        squares = squared_distances(scores)
        return off_diagonal(entropy_normalised(squares, self.bits) if self.normalise else squares)

    def mixed(self, params: Any, scores: jax.Array) -> jax.Array:
        """Scores [n, c] by attention over the first channels of [k, n, c]."""
        logits = self.network().apply(params, self.distances(scores)) / TEMPERATURE
        return jnp.einsum("nk,knc->nc", jax.nn.softmax(logits, axis=-1), scores[:PREDICTORS])

    def update(self, state: State, batch: Any, key: jax.Array) -> State:
        graph = self.given
        known = one_hot_labels(graph, self.spec.classes)
        fitted = known_nodes(key, graph.y, REFERENCES) * labelled(graph)
        scores = channel_scores(channel_features(graph), known, fitted)
        targets = known * (1 - fitted)[:, None]
        gradient = jax.grad(lambda params: cross_entropy(self.mixed(params, scores), targets))(state.params)
        params, adam = optim.descend(self.transform(), gradient, state.adam, state.params)
        return State(params=params, adam=adam)

    def node_scores(self, state: State, graph: Graph) -> jax.Array:
        known = one_hot_labels(graph, self.spec.classes)
        return self.mixed(state.params, channel_scores(channel_features(graph), known, labelled(graph)))
