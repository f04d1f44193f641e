"""TR0N: a translator draws where to start, Langevin steps on the classifier's energy do the rest.

**Source**: Liu, Vouitsis, Gorti, Ba and Loaiza-Ganem, "TR0N: Translator Networks for 0-Shot Plug-and-Play Conditional
Generation", 2023, https://arxiv.org/abs/2304.13742, and the authors' code,
`tr0n/modules/trainers/image_hybrid_evaluator_synthetic_stylegan.py`, `tr0n/modules/optimizers/sgld.py`, its scripts.

    z ~ q(z | c), q fitted on pairs (classifier(G(z)), z);  then z <- z - step grad E(z) + sqrt(2 step / beta) noise

**Differs from the paper**: 1. a random generator and an exact classifier; no gradient clipping. 2. 10 steps at
beta = 1, which aims at the posterior; the authors' 100 steps of 0.1 with noise of 0.01 come to a beta of some 2000
(ablation: 30). 3. the energy has the prior's term, which the authors' loss leaves out.

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


class TR0N(Method):
    """Translator, then Langevin."""

    step: float = 0.0125  # of Langevin, above 0
    beta: float = 1.0  # inverse temperature, above 0
    lr: float = 0.004  # Adam's peak learning rate for the translator, above 0

    paper = "liu2023tr0n"
    space = {"step": (0.003, 0.006, 0.0125, 0.025, 0.05, 0.1)}

    def init(self, key: jax.Array) -> State:
        return latent.start(self.spec, key, self.optimiser())

    def optimiser(self) -> optax.GradientTransformation:
        return optim.adam(self.lr, self.steps)

    def update(self, state: State, batch: Pairs, key: jax.Array) -> State:
        return latent.fit(self.spec, state, batch, self.optimiser())

    def latents(self, state: State, wanted: jax.Array, key: jax.Array, count: int) -> jax.Array:
        a, b = jax.random.split(key)
        z = latent.translated(self.spec, state, wanted, a, count)
        return latent.langevin(self.spec, self.given, wanted, z, self.step, self.beta, b)

    def calls(self, state: State) -> Calls:
        taken = jnp.asarray(float(latent.steps(self.spec)))
        return Calls(network=taken, vjp=taken)
