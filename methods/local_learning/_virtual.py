"""What graph layers trained against virtual nodes share: the enlarged graph, the local loss, the summed prediction.

One virtual node a class receives from the labelled nodes of that class. Virtual nodes come after the graph's own.
Shapes: n nodes, c classes, d features, h hidden units.
"""

from typing import Any

import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks import optim
from toybench.methods.local_learning._graph import State, as_layers, cross_entropy, layer_shapes
from toybench.methods.local_learning._rule import normals
from toybench.tasks.local_learning import Layer
from toybench.tasks.local_learning._nodes import gathered, propagation


class VirtualNodes(Method):
    """A subclass says what every layer is shown, and in which order layers are evaluated."""

    lr: float = 0.01  # Adam's learning rate, decayed to 0 by a cosine
    temperature: float = 20.0  # tau of the softmax over virtual nodes; inputs have mean square 1

    both_ways: bool = False  # edges from virtual nodes back to labelled ones too; the authors' scripts have them

    space = {"lr": (0.003, 0.01), "temperature": (6.0, 20.0, 60.0)}

    @property
    def optimizer(self) -> optax.GradientTransformation:
        return optim.adam(self.lr, self.steps)

    def weight_shapes(self) -> list[tuple[int, int]]:
        """Weight shapes of the layers."""
        return layer_shapes(self.spec, self.spec.features)

    def init(self, key: jax.Array) -> Any:
        shapes = {f"w{i}": pair for i, pair in enumerate(self.weight_shapes())}
        arrays = normals(key, shapes | {"virtual": (self.spec.classes, self.spec.features)})
        x = jnp.concatenate([self.given.x, arrays.pop("virtual")])
        params = as_layers(list(arrays.values()), "relu")
        fixed = {"reads": propagation(self.spec.conv, enlarged(self.given.edges, self.labels, self.both_ways)), "x": x}
        return State(params=params, fixed=fixed, opt=self.optimizer.init(params))

    @property
    def labels(self) -> jax.Array:
        """Known labels as one-hot rows, zeros for hidden ones: [n, c]."""
        return jax.nn.one_hot(self.given.y, self.spec.classes)

    def layer(self, layer: Layer, reads: jax.Array, below: jax.Array) -> jax.Array:
        """relu of a graph layer on what it is shown, [n + c, m] to [n + c, h]; no gradient passes through that."""
        seen = gathered(self.spec.conv, reads, jax.lax.stop_gradient(below))
        return jax.nn.relu(seen @ layer.w + layer.b[None, :])

    def logits(self, h: jax.Array) -> jax.Array:
        """<h_i, h_virtual(k)> / tau, [n + c, h] to [n, c]."""
        n = len(self.given.x)
        return h[:n] @ h[n:].T / self.temperature

    def local_losses(self, activities: list[jax.Array]) -> jax.Array:
        """Cross-entropy of the labelled nodes, summed over layers."""
        return sum((cross_entropy(self.logits(h), self.given.y) for h in activities), jnp.zeros(()))

    def votes(self, activities: list[jax.Array]) -> jax.Array:
        """Class probabilities summed over layers, [n, c]."""
        return jnp.stack([jax.nn.softmax(self.logits(h)) for h in activities]).sum(0)


def enlarged(edges: jax.Array, labels: jax.Array, both_ways: bool) -> jax.Array:
    """Edges [n + c, n + c] with one virtual node a class, from edges [n, n] and one-hot labels [n, c]."""
    back = labels if both_ways else jnp.zeros_like(labels)
    classes = jnp.zeros((labels.shape[1],) * 2)
    return jnp.concatenate([jnp.concatenate([edges, back], 1), jnp.concatenate([labels.T, classes], 1)])
