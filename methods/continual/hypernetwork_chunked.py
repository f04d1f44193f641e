"""A hypernetwork that generates a network chunk by chunk, and so has fewer weights than it generates.

**Source**: von Oswald, Henning, Grewe and Sacramento, "Continual learning with hypernetworks", 2019,
https://arxiv.org/abs/1906.00695, section 2.2 (chunked hypernetworks).

    w_t = [h(e_t, c_1; theta), ..., h(e_t, c_k; theta)]     chunk embeddings c are shared by all tasks and learned

**Differs from the paper**: as in `hypernetwork_cl`: 1. tanh units, a decaying rate. 2. fixed former embeddings. 3. no
gradient through the step looked ahead.

**Shapes**: t tasks, e embedding, k chunks, s size of a chunk, w weights of the target network.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.methods.continual._hypernetwork import Hypernetwork
from toybench.methods.continual._task_networks import dense, layers, normals


class HypernetworkChunked(Hypernetwork):
    """k = ceil(w / s) calls a task."""

    chunk: int = 48  # s, weights that one call generates
    places: int = 4  # dimensions of a chunk's embedding

    paper = "oswald2019continual"

    @property
    def widths(self) -> tuple[int, ...]:
        return (self.embedding + self.places, self.width, self.width, self.chunk)

    def network(self, key: jax.Array) -> Any:
        a, b = jax.random.split(key)
        chunks = -(-self.target_weights // self.chunk)
        tasks, places = normals(a, (self.spec.tasks, self.embedding), (chunks, self.places))
        return {"tasks": tasks, "places": places, "hyper": dense(b, self.widths)}

    def generate(self, params: Any, embeddings: jax.Array) -> jax.Array:
        t, k = len(embeddings), len(params["places"])
        pairs = jnp.concatenate([jnp.repeat(embeddings, k, 0), jnp.tile(params["places"], (t, 1))], 1)  # [t * k, e + p]
        return layers(self.widths, pairs, params["hyper"]).reshape(t, -1)[:, : self.target_weights]
