"""Straight-through VQ in which the codebook takes several steps towards fixed features before each step of the whole.

**Source**: Huh, Cheung, Agrawal and Isola, "Straightening Out the Straight-Through Estimator: Overcoming Optimization
Challenges in Vector Quantized Networks", 2023, https://arxiv.org/abs/2305.08842 (alternated optimisation), and
the authors' library vqtorch.

    repeat `inner` times:  C <- C - Adam of d/dC |sg(z) - q|^2        assignments fixed
    then one step of everything on the usual loss, with the new codes

**Differs from the paper**: 1. Inner steps by Adam with the learning rate of the rest; the authors' library uses SGD
with momentum and a rate of its own. 2. The commitment loss stays. 3. MLPs instead of convolutions; one code an example.

**Shapes**: b examples, d latent width, k codes.
"""

from typing import Any

import jax
import jax.numpy as jnp
import optax

from toybench.blocks import optim
from toybench.methods.vector_quantization._autoencoder import NearestCode, State
from toybench.tasks.vector_quantization._autoencoder import squared_distances


class Alternating(NearestCode):
    """Compares at equal steps of the whole; the codebook's own steps are extra, and cheap beside the networks'."""

    paper = "huh2023straightening"

    inner: int = 4  # steps of the codebook before each step of the whole

    @property
    def optimizers(self) -> tuple[optax.GradientTransformation, optax.GradientTransformation]:
        """Of the networks, and of the codebook, whose decay counts its own steps."""
        return optim.adam(self.lr, self.steps), optim.adam(self.lr, self.steps * (self.inner + 1))

    def init(self, key: jax.Array) -> State:
        state = super().init(key)
        parts = apart(state.params)
        return state._replace(opt=tuple(o.init(p) for o, p in zip(self.optimizers, parts, strict=True)))

    def settle(self, params: Any, memory: Any, opt: Any, x: jax.Array) -> tuple[Any, Any]:
        """(codebook's parameters, its optimiser state) after the inner steps on features of x [b, i]."""
        networks, own = apart(params)
        z = self.features(params, x)
        index = jnp.argmin(squared_distances(z, self.book(params, memory)), axis=1)

        def distance(own: Any) -> jax.Array:
            return ((z - self.book(networks | own, memory)[index]) ** 2).mean()

        def step(_: int, carry: tuple) -> tuple:
            own, opt = carry
            return optim.descend(self.optimizers[1], jax.grad(distance)(own), opt, own)

        return jax.lax.fori_loop(0, self.inner, step, (own, opt))

    def update(self, state: State, batch: jax.Array, key: jax.Array) -> State:
        networks, _ = apart(state.params)
        own, inner = self.settle(state.params, state.memory, state.opt[1], batch)
        grads, _ = jax.grad(self.forward, has_aux=True)(networks | own, state.memory, batch, key)
        steps = zip(self.optimizers, apart(grads), (state.opt[0], inner), (networks, own), strict=True)
        (networks, outer), (own, inner) = (optim.descend(*each) for each in steps)
        return State(params=networks | own, opt=(outer, inner), memory=state.memory)


def apart(params: dict) -> tuple[dict, dict]:
    """Parameters of the networks, and all others: the codebook's."""
    return {"networks": params["networks"]}, {k: v for k, v in params.items() if k != "networks"}
