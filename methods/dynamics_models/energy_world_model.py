"""The next state found by descent on an energy that judges it, trained through the descent.

**Source**: Gladstone, Nanduru, Islam, Chadha, Li and Iqbal, "Cognitively Inspired Energy-Based World Models", 2024,
https://arxiv.org/abs/2406.08862; the authors' class `EBWM_CV` (`forward`, `forward_loss_wrapper`,
`corrupt_embeddings`), read in a copy of their code; the script that sets its options was not.

    y_0 ~ N(0, I),  y_i = stop(y_{i-1}) - alpha dE(context, stop(y_{i-1}))/dy,  min mean_i smooth_l1(y_i, next state)

The state is detached between steps, so that second derivatives are of one step alone; every step is supervised. alpha
is learned and kept above 1e-4. Plausibility is -E.

**Differs from the paper**: 1. hidden layers on context and candidate instead of a transformer on features of frames.
2. Without noise in the descent, which the authors add after a warm-up, and without clipping of its gradients. 3. Steps
in test (`test_steps`) may be more than in training. 4. alpha has the network's learning rate, which the authors' later
scripts multiply.

**Shapes**: b contexts, c states in a context.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.blocks import nn
from toybench.methods.dynamics_models._trained import RATES, WIDTHS, State, Trained, blank, flat, smooth_l1
from toybench.tasks.dynamics_models import Contexts, Moves

LEAST = 1e-4  # step of the descent in the authors' code, at the least


class EnergyWorldModel(Trained):
    """A network of an energy, and the size of a step down."""

    train_steps: int = 2  # of descent in training, at least 1; 2 in the authors' later scripts for text
    test_steps: int = 2  # of descent in test, at least 1
    alpha: float = 1.0  # first size of a step, above 0; learned

    paper = "gladstone2024cognitively"
    space = {"lr": RATES, "alpha": (0.03, 0.1, 0.3, 1.0)}

    @property
    def network(self) -> nn.MLP:
        return nn.MLP((*WIDTHS, 1), jax.nn.silu)

    def start(self, key: jax.Array) -> Any:
        inputs = blank(self.spec.states + 1, self.spec.size)
        return {"energy": nn.init(self.network, key, inputs), "alpha": jnp.asarray(self.alpha, jnp.float32)}

    def energy(self, params: Any, contexts: Contexts, after: jax.Array) -> jax.Array:
        """Energies [b] of candidates [b, 2]: the lower, the more plausible."""
        return self.network.apply(params["energy"], jnp.concatenate([flat(contexts), after], axis=1))[:, 0]

    def descend(self, params: Any, contexts: Contexts, start: jax.Array, steps: int) -> list[jax.Array]:
        """The candidates [b, 2] after each of the steps."""
        alpha = jnp.maximum(params["alpha"], LEAST)
        found = []
        here = start
        for _ in range(steps):
            here = jax.lax.stop_gradient(here)
            slope = jax.grad(lambda y: self.energy(params, contexts, y).sum())(here)
            here = here - alpha * slope
            found.append(here)
        return found

    def loss(self, params: Any, moves: Moves, key: jax.Array) -> jax.Array:
        noise = jax.random.normal(key, moves.after.shape)
        candidates = self.descend(params, moves.contexts, noise, self.train_steps)
        return sum((smooth_l1(y, moves.after) for y in candidates), jnp.zeros(())) / self.train_steps

    def next(self, state: State, contexts: Contexts, key: jax.Array) -> jax.Array:
        noise = jax.random.normal(key, contexts.states[:, -1].shape)
        return self.descend(state.params, contexts, noise, self.test_steps)[-1]

    def plausibility(self, state: State, contexts: Contexts, after: jax.Array) -> jax.Array:
        return -self.energy(state.params, contexts, after)
