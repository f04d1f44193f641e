"""A transformer that learns to write paths through mazes, and what the token before the path then holds.

**Source**: Ivanitskiy et al., "Structured World Representations in Maze-Solving Transformers", 2023,
https://arxiv.org/abs/2312.02566; the authors' code: `training/training.py` and, for the vectors of cells,
`mechinterp/residual_stream_structure.py` of github.com/understanding-search/maze-transformer, called by
`residual_stream_decoding.ipynb` of the paper's repository. The code of the probe was not found.

    loss = -mean_i log p(v_i | maze, start, goal, v_1, ..., v_{i-1}),   up to the goal and its end

**Differs from the paper**: 1. an edge is one token, the sum of its two cells' vectors, and so are start and goal; the
loss counts the path alone. In the paper a text of cells and signs is read and learned from left to right. 2. two blocks
of width 32. 3. mazes of 3 x 3 cells. 4. batches of 32, 700 updates; Adam's rate is tuned and decays to 0. 5. start and
goal have vectors of their own, apart from the cells' vectors in edges and paths.

**Shapes**: b prompts, p nodes of a path, d width, v names.
"""

from typing import Any

import jax

from toybench import Method
from toybench.methods.prompt_planning import _network as network
from toybench.methods.prompt_planning._network import State
from toybench.tasks.prompt_planning import Batch, Prompt


class PathTransformer(Method):
    """Learns with the true cells before each cell."""

    lr: float = 0.003  # of Adam at the start

    paper = "ivanitskiy2023structured"
    space = {"lr": (0.001, 0.003, 0.01, 0.03, 0.1, 0.3)}

    def init(self, key: jax.Array) -> State:
        return network.start(self.spec, key, self.lr, self.steps)

    def update(self, state: State, batch: Batch, key: jax.Array) -> State:
        def loss(params: Any) -> jax.Array:
            return network.forced_loss(self.spec, params, batch)

        return network.descend(state, loss, self.lr, self.steps)

    def write(self, state: State, prompt: Prompt) -> jax.Array:
        return network.written(self.spec, state.params, prompt)

    def residual(self, state: State, prompt: Prompt) -> jax.Array:
        return network.before_path(self.spec, state.params, prompt)

    def embedding(self, state: State) -> jax.Array:
        return network.node_vectors(self.spec, state.params)
