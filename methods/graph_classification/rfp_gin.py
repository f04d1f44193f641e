"""GIN on random node features and their propagation: the cheap way past colour refinement, at the price of noise.

**Source**: Eliasof, Frasca, Bevilacqua, Treister, Chechik and Maron, "Graph Positional Encoding via Random Feature
Propagation", 2023, https://arxiv.org/abs/2303.02918 (abstract and a public digest of the method; no code was read);
here a control of path networks: new features at every step make labels of the nodes that no numbering has.

    X_0 ~ N(0, I),  X_k = S X_{k-1} with columns of norm sqrt(n),  GIN on [x, X_0, ..., X_K]

**Differs from the paper**: 1. S is the normalised adjacency, never learnt attention. 2. `starts` answers, each from new
features, are averaged where the learner is asked; one start at a training step.

**Shapes**: b graphs, n nodes, c columns, w width.
"""

from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks import optim
from toybench.blocks.graphs import GinConv, symmetric_normalised
from toybench.methods.graph_classification._network import (
    SPACE,
    Head,
    adamw,
    cross_entropy,
    empty_graphs,
    pooled,
    start,
    unit,
)
from toybench.tasks.graph_classification import Batch, Graphs, Spec, taken, untyped

COLUMNS = 8  # random features of a node; the paper's numbers weren't read


class State(NamedTuple):
    """Parameters, the optimiser's state, and the key of the features that answers are averaged over."""

    params: Any
    adam: optax.OptState
    key: jax.Array


def propagated(graphs: Graphs, noise: jax.Array, steps: int) -> jax.Array:
    """Features [b, n, (steps + 1) c] from noise [b, n, c]."""
    reads = symmetric_normalised(untyped(graphs))
    present = graphs.mask[..., None]
    scale = jnp.sqrt(graphs.mask.sum(1))[:, None, None]
    every = []
    x = noise
    for _ in range(steps + 1):
        x = scale * jnp.swapaxes(unit(jnp.swapaxes(x * present, 1, 2)), 1, 2)
        every.append(x)
        x = reads @ x
    return jnp.concatenate(every, axis=-1)


class Encoder(nn.Module):
    """GIN on propagated noise."""

    spec: Spec

    @nn.compact
    def __call__(self, graphs: Graphs, noise: jax.Array) -> jax.Array:
        edges = untyped(graphs)
        h = jnp.concatenate([graphs.x, propagated(graphs, noise, self.spec.reach)], axis=-1)
        layers = []
        for _ in range(self.spec.reach):
            h = nn.relu(GinConv(self.spec.width)(edges, h))
            layers.append(h)
        return pooled(self.spec.pooling, layers, graphs.mask)


class RFPGIN(Method):
    """Random features, propagated."""

    lr: float = 0.01  # learning rate, above 0, decays to 0 by a cosine
    decay: float = 0.3  # AdamW's weight decay, 0 or more
    starts: int = 8  # draws of the features that an answer is the mean of, 1 or more

    space = SPACE

    def scores(self, params: Any, graphs: Graphs, key: jax.Array) -> jax.Array:
        """Scores of the classes from one draw of the features."""
        noise = jax.random.normal(key, (*graphs.mask.shape, COLUMNS))
        vectors = Encoder(self.spec).apply(params["encoder"], graphs, noise)
        return Head(self.spec).apply(params["head"], vectors)[:, : self.spec.classes]

    def init(self, key: jax.Array) -> State:
        weights, later = jax.random.split(key)
        blank = empty_graphs(self.spec)
        params = start(weights, Encoder(self.spec), self.spec, blank, jnp.zeros((*blank.mask.shape, COLUMNS)))
        return State(params=params, adam=adamw(self.lr, self.decay, self.steps).init(params), key=later)

    def update(self, state: State, batch: Batch, key: jax.Array) -> State:
        shown = taken(self.given, batch.rows)

        def loss(params: Any) -> jax.Array:
            return cross_entropy(self.scores(params, shown.graphs, key), shown.y, shown.options)

        rule = adamw(self.lr, self.decay, self.steps)
        params, adam = optim.descend(rule, jax.grad(loss)(state.params), state.adam, state.params)
        return State(params=params, adam=adam, key=state.key)

    def predict(self, state: State, graphs: Graphs) -> jax.Array:
        keys = jax.random.split(state.key, self.starts)
        return jax.lax.map(lambda key: jax.nn.log_softmax(self.scores(state.params, graphs, key)), keys).mean(0)
