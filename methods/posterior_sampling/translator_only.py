"""The translator of TR0N without Langevin steps.

**Source**: baseline of Liu, Vouitsis, Gorti, Ba and Loaiza-Ganem, "TR0N: Translator Networks for 0-Shot Plug-and-Play
Conditional Generation", 2023, https://arxiv.org/abs/2304.13742; a mixture density network (Bishop, 1994).

    z ~ q(z | c),  q fitted by likelihood on pairs (classifier(G(z)), z)

**Differs from the paper**: 1. a random generator and an exact classifier.

**Shapes**: b pairs, n samples, d dimensions, c classes.
"""

import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks import optim
from toybench.methods.posterior_sampling import _latent as latent
from toybench.methods.posterior_sampling._latent import State
from toybench.tasks.posterior_sampling import Calls, Pairs


class TranslatorOnly(Method):
    """Mixture density network."""

    lr: float = 0.004  # Adam's peak learning rate, above 0

    space = {"lr": (0.0005, 0.001, 0.002, 0.004, 0.008, 0.016)}

    def init(self, key: jax.Array) -> State:
        return latent.start(self.spec, key, self.optimiser())

    def optimiser(self) -> optax.GradientTransformation:
        return optim.adam(self.lr, self.steps)

    def update(self, state: State, batch: Pairs, key: jax.Array) -> State:
        return latent.fit(self.spec, state, batch, self.optimiser())

    def latents(self, state: State, wanted: jax.Array, key: jax.Array, count: int) -> jax.Array:
        return latent.translated(self.spec, state, wanted, key, count)

    def calls(self, state: State) -> Calls:
        return Calls(network=jnp.zeros(()), vjp=jnp.zeros(()))
