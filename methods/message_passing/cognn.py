"""Cooperative graph network: each node chooses whether to listen and whether to broadcast.

**Source**: Finkelshtein, Huang, Bronstein and Ceylan, "Cooperative Graph Neural Networks", 2024,
https://arxiv.org/abs/2310.01267, and the authors' code: `models/CoGNN.py`, `models/action.py`, `models/temp.py`. The
actions' network sums over neighbours, the other one averages, the pair that the authors report on these data.

    p_i = W [h_i ; sum_j A_ij h_j] + b;    temperature t_i = 1 / (softplus(v . h_i) + tau)
    listens_i, broadcasts_i: Gumbel draws from p_i, with the gradient of softmax((p_i + noise) / t_i)
    h_i <- relu(W' [h_i ; mean of h_j over {j : A_ij listens_i broadcasts_j = 1}] + b')

**Differs from the paper**: 1. the mean is over those neighbours that are heard, as the paper defines it (from memory);
the released code divides by the number of all neighbours, which is `divisor=all`. 2. The likelier action is taken where
a graph is judged; the released code draws there, too. 3. No dropout.

**Shapes**: b graphs, n nodes, w width, d features, o outputs a node.
"""

import flax.linen as linen
import jax
import jax.numpy as jnp

from toybench.blocks.graphs import SageConv, row_normalised
from toybench.blocks.relaxed import gumbel, gumbel_one_hot
from toybench.methods.message_passing._network import GraphNetwork, needs_edges
from toybench.tasks.message_passing import Spec

CHOICES = 2  # listen or not, and broadcast or not


class Actions(linen.Module):
    """Whether nodes listen and broadcast, 1 or 0: [b, n, 2]."""

    tau: float

    @linen.compact
    def __call__(self, edges: jax.Array, h: jax.Array, noise: jax.Array) -> jax.Array:
        logits = SageConv(2 * CHOICES)(edges, h).reshape(*h.shape[:-1], CHOICES, 2)
        temperature = 1 / (linen.softplus(linen.Dense(1, use_bias=False)(h)) + self.tau)
        return gumbel_one_hot(noise, logits, temperature[..., None])[..., 0]


class Network(linen.Module):
    """The actions' network is the same in every layer, with noise of its own."""

    layers: int
    width: int
    outputs: int
    tau: float
    divisor: str

    @linen.compact
    def __call__(self, edges: jax.Array, x: jax.Array, mask: jax.Array, key: jax.Array | None = None) -> jax.Array:
        shape = (self.layers, *x.shape[:-1], CHOICES, 2)
        noise = jnp.zeros(shape) if key is None else gumbel(jax.random.uniform(key, shape))
        act = Actions(self.tau)
        h = linen.relu(linen.Dense(self.width)(x))
        for layer in range(self.layers):
            weights = act(edges, h, noise[layer])
            pairs = weights[..., :, None, 0] * weights[..., None, :, 1]
            reads = row_normalised(edges * pairs) if self.divisor == "heard" else row_normalised(edges) * pairs
            h = linen.relu(SageConv(self.width)(reads, h))
        return linen.Dense(self.outputs)(h)


class CoGNN(GraphNetwork):
    """Messages pass where one node broadcasts and the other listens."""

    tau: float = 0.5  # inverse temperature that is added to the learnt one, above 0; the released default
    layers: int = 2  # message-passing layers, 1 or more
    divisor: str = "heard"  # of a mean: heard, the neighbours that are heard, or all, as in the released code

    paper = "finkelshtein2023cooperative"

    def fits(self, spec: Spec) -> str | None:
        return needs_edges(spec)

    @property
    def network(self) -> Network:
        return Network(
            layers=self.layers,
            width=self.spec.width,
            outputs=self.spec.outputs,
            tau=self.tau,
            divisor=self.divisor,
        )
