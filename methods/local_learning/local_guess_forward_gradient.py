"""Forward gradient along local guesses: the loss' derivative along what a local classifier would change.

**Source**: Fournier, Rivaud, Belilovsky, Eickenberg and Oyallon, "Can Forward Gradient Match Backpropagation?", 2023,
https://arxiv.org/abs/2306.06968 (local guesses; activity perturbation).

    u_l = error of layer l under a linear classifier of its own,   g_l = u_l (dL / d a_l . u_l) / |u_l|^2

for every point and layer; the derivative of the global loss along u_l comes from forward mode.

**Differs from the paper**: 1. dense layers and linear heads; there a guess in weights and one in activities project
alike, point by point. 2. the last hidden layer's head is the readout, so that its guess is the gradient.

**Shapes**: b batch, l hidden layers; u_l, a_l [b, n_l] guesses and pre-activations.
"""

import jax
import jax.numpy as jnp

from toybench.methods.local_learning._rule import State, WithHeads, local_errors, perturbed_losses
from toybench.tasks.local_learning import Examples, Weights, assemble, transposed


class LocalGuessForwardGradient(WithHeads):
    """Never an ascent direction: the projection keeps the derivative's sign."""

    paper = "fournier2023forward"

    def change(self, state: State, batch: Examples, key: jax.Array) -> dict:
        hs, error = self.errors(state, batch)
        weights = state.params["weights"]
        guesses, heads = local_errors(self.spec, hs, state.params["learned"], batch.y)
        guesses += transposed(self.spec, hs[-2:], error, [weights[-1].w.T])[:-1]
        slopes = self.derivatives(weights, batch, guesses)
        sizes = [(u**2).sum(-1) for u in guesses]
        deltas = [
            u * jnp.where(size > 0, c / jnp.where(size > 0, size, 1.0), 0.0)[:, None]
            for u, c, size in zip(guesses, slopes, sizes, strict=True)
        ]
        return {"weights": assemble(hs, [*deltas, error]), "learned": heads}

    def derivatives(self, weights: Weights, batch: Examples, guesses: list[jax.Array]) -> jax.Array:
        """Each point's derivative of the loss along its guess, one layer at a time, by forward mode: [l, b]."""
        layers = len(guesses)

        def losses(t: jax.Array) -> jax.Array:
            return perturbed_losses(self.spec, weights, batch, [t[i] * u for i, u in enumerate(guesses)])

        def along(v: jax.Array) -> jax.Array:
            return jax.jvp(losses, (jnp.zeros(layers),), (v,))[1]

        return jax.vmap(along)(jnp.eye(layers))
