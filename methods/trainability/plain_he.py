"""A plain stack of layers, started as He and others do.

**Source**: baseline; He, Zhang, Ren and Sun, "Delving Deep into Rectifiers", 2015, https://arxiv.org/abs/1502.01852,
equation (10).

    h <- activate(h w + b)        w ~ N(0, 2 / in), b = 0

**Differs from the paper**: 1. dense layers. 2. the last layer has the same variance as the others.

**Shapes**: b batch, d features, k classes.
"""

import jax

from toybench.methods.trainability._deep import RATES, Shapes, State, Supervised, he, plain, stack_shapes
from toybench.tasks.trainability import Network


class PlainHe(Supervised):
    """Normal weights of variance 2 / in."""

    space = {"lr": (0.002, *RATES[:-1])}  # on tanh its best rate is lower than others'

    def shapes(self, width: int) -> Shapes:
        return stack_shapes(self.spec, width)

    def begin(self, noise: dict[str, jax.Array]) -> Network:
        return Network(**{name: he(part) for name, part in noise.items()})

    def logits(self, params: Network, x: jax.Array) -> jax.Array:
        return plain(self.spec.activation, params, x)[1]

    def predict_column(self, state: State, x: jax.Array) -> jax.Array:
        """The whole network: it is its one column."""
        return self.predict(state, x)
