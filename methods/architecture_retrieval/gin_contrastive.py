"""Network of the flat graph of operators, trained to tell families apart.

**Source**: Xu, Hu, Leskovec and Jegelka, "How Powerful are Graph Neural Networks?", 2019,
https://arxiv.org/abs/1810.00826 (from memory); the training is that of the flat baselines of Pei, Li, Dong and Xu
(2023) in their code, `GraphTrainer` of `src/training/trainer.py` and `baseline_pretraining.py`.

    h_i <- MLP(h_i, sum of h_j that i reads, sum of h_k that read i);    e = mean over nodes of h of all layers
    loss = contrast of families + cross-entropy

**Differs from the paper**: 1. sums where the authors' baselines, GCN and GAT, average, and both directions apart, so
that the network can tell wirings apart. 2. The embedding has all layers, the authors' the last. 3. The contrast is
Khosla et al.'s (2020): a graph leaves itself out, logarithms before sums, and a temperature. The released one has none
of these; in a pilot it learnt less. 4. No regression on sizes, which is switched off in the code, too.

**Shapes**: b graphs, n nodes, w hidden width, l layers.
"""

from typing import Any

import flax.linen as linen
import jax

from toybench import Method
from toybench.blocks import nn, optim
from toybench.blocks.graphs import read_out
from toybench.methods.architecture_retrieval._network import SPACE, Stack, State, family_loss, shapes
from toybench.tasks.architecture_retrieval import Batch, Graphs


class Network(linen.Module):
    """(Embeddings [b, l w], scores of families [b, c])."""

    width: int
    layers: int
    families: int

    @linen.compact
    def __call__(self, edges: jax.Array, x: jax.Array, mask: jax.Array) -> tuple[jax.Array, jax.Array]:
        embedded = read_out(Stack(width=self.width, layers=self.layers)(edges, x), mask)
        return embedded, linen.Dense(self.families)(embedded)


class GINContrastive(Method):
    """One network of all nodes."""

    lr: float = 0.01  # Adam's learning rate, decays to 0 by a cosine; the authors' 0.001
    temperature: float = 0.3  # of the contrast, above 0; the authors' 1
    layers: int = 2  # 1 or more; the authors' 3
    trained: bool = True  # whether it learns; false is a control that keeps its first weights

    space = SPACE

    @property
    def network(self) -> Network:
        return Network(width=self.spec.width, layers=self.layers, families=self.spec.families)

    def init(self, key: jax.Array) -> State:
        params = nn.init(self.network, key, *shapes(self.spec))
        return State(params=params, adam=optim.adam(self.lr, self.steps).init(params))

    def update(self, state: State, batch: Batch, key: jax.Array) -> State:
        if not self.trained:
            return state

        def loss(params: Any) -> jax.Array:
            embedded, scores = self.network.apply(params, *batch.graphs)
            return family_loss(embedded, scores, batch.family, self.temperature)

        adam = optim.adam(self.lr, self.steps)
        params, moments = optim.descend(adam, jax.grad(loss)(state.params), state.adam, state.params)
        return State(params=params, adam=moments)

    def embed_graphs(self, state: State, graphs: Graphs) -> jax.Array:
        answers: Any = self.network.apply(state.params, *graphs)
        return answers[0]
