"""What the compression methods share: an encoder and a decoder at every operating point, trained side by side.

Shapes: p operating points, b vectors, n dimensions, l latents.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks import nn, optim
from toybench.tasks.vector_quantization._compression import Vectors


class State(NamedTuple):
    """Parameters, Adam's moments, and running use of the codes (nothing for a scalar quantiser); leading axis p."""

    params: Any
    opt: Any
    use: Any


class Codec(Method):
    """MLP encoder and decoder with a quantiser between; a subclass gives `points`, `point`, `quantiser` and `loss`."""

    lr: float = 0.01  # Adam's learning rate, decayed to 0 by a cosine
    hidden: int = 32  # width of the hidden layer, in encoder and decoder
    latent: int = 8  # l

    @property
    def points(self) -> int:
        """Operating points, p."""
        raise TypeError(f"{self.name} doesn't say how many operating points it has; give it a property `points`.")

    @property
    def encoder(self) -> nn.MLP:
        return nn.MLP((self.hidden, self.latent))

    @property
    def decoder(self) -> nn.MLP:
        return nn.MLP((self.hidden, self.spec.dimensions))

    @property
    def optimizer(self) -> optax.GradientTransformation:
        return optim.adam(self.lr, self.steps)

    def quantiser(self, key: jax.Array) -> tuple[Any, Any]:
        """Parameters of the quantiser at every operating point, and its running use of codes."""
        raise TypeError(f"{self.name} has no quantiser; give it a method `quantiser`.")

    def init(self, key: jax.Array) -> State:
        """The same network at every operating point."""
        a, b, c = jax.random.split(key, 3)
        quantiser, use = self.quantiser(c)
        networks = {
            "encoder": nn.init(self.encoder, a, jnp.zeros((1, self.spec.dimensions))),
            "decoder": nn.init(self.decoder, b, jnp.zeros((1, self.latent))),
        }
        params = jax.tree.map(lambda x: jnp.repeat(x[None], self.points, axis=0), networks) | {"quantiser": quantiser}
        return State(params=params, opt=self.optimizer.init(params), use=use)

    def loss(self, params: Any, point: Any, x: jax.Array, key: jax.Array) -> tuple[jax.Array, Any]:
        """(loss, codes used) at one operating point."""
        raise TypeError(f"{self.name} has no loss; give it a method `loss`.")

    def point(self) -> Any:
        """What tells the operating points apart: arrays with leading axis p."""
        raise TypeError(f"{self.name} doesn't tell its operating points apart; give it a method `point`.")

    def tidy(self, params: Any, use: Any, used: Any) -> tuple[Any, Any]:
        """(params, use) after a batch; a codebook revives its idle codes here."""
        return params, use

    def update(self, state: State, batch: Vectors, key: jax.Array) -> State:
        def total(params: Any) -> tuple[jax.Array, Any]:
            losses, used = jax.vmap(self.loss, (0, 0, None, None))(params, self.point(), batch.x, key)
            return losses.sum(), used

        grads, used = jax.grad(total, has_aux=True)(state.params)
        params, opt = optim.descend(self.optimizer, grads, state.opt, state.params)
        params, use = self.tidy(params, state.use, used)
        return State(params=params, opt=opt, use=use)
