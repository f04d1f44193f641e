"""What several of the rules are: with classifiers on every layer, with errors sent to the input, with estimates.

Shapes: b batch, d features, c classes; layer l maps n_{l-1} to n_l units, l = 1...L.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.methods.local_learning._rule import Network, State, Weights
from toybench.tasks.local_learning import Examples, Layer, Spec, output_error, pointwise_loss, slope, squash


class WithHeads(Network):
    """A network with a linear classifier, learned, on every hidden layer but the last."""

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        return {f"head{i}": (n, self.spec.classes) for i, n in enumerate(self.spec.hidden[:-1])}

    def place(self, arrays: dict[str, jax.Array], weights: Weights) -> tuple[Any, Any]:
        return [Layer(w=h / len(h) ** 0.5, b=jnp.zeros(self.spec.classes)) for h in arrays.values()], ()


def local_errors(spec: Spec, hs: list[jax.Array], heads: list[Layer], y: jax.Array) -> tuple[list, list]:
    """Errors of all hidden layers but the last under linear classifiers of their own, and the classifiers' changes.

    ([d_1, ..., d_{L-2}], [dH_1, ..., dH_{L-2}]), d_l = (e_l H_l^T) f'(a_l); the last hidden layer has the readout.
    """
    deltas, changes = [], []
    for h, head in zip(hs[1:-1], heads, strict=True):
        error = output_error(spec.loss, h @ head.w + head.b[None, :], y)
        deltas.append((error @ head.w.T) * slope(spec.activation, h))
        changes.append(Layer(w=h.T @ error / len(y), b=error.mean(0)))
    return deltas, changes


class ErrorToInput(Network):
    """One hidden layer, and fixed weights F that bring the output error to the input."""

    scale: float = 0.3  # F is uniform within scale * sqrt(6 / d); the paper's networks use 0.05

    space = {"lr": (0.001, 0.003, 0.01, 0.03, 0.1)}

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        return {"f": (self.spec.classes, self.spec.features)}

    def place(self, arrays: dict[str, jax.Array], weights: Weights) -> tuple[Any, Any]:
        uniform = jax.lax.erf(arrays["f"] / 2**0.5)  # of a normal number: uniform in (-1, 1)
        return {}, (self.scale * (6 / self.spec.features) ** 0.5 * uniform, weights[0].w)

    def feedback(self, state: State) -> tuple[jax.Array, jax.Array]:
        """(F [c, d], the first layer's initial weights [d, h])."""
        return state.fixed

    def fits(self, spec: Spec) -> str | None:
        return None if len(spec.hidden) == 1 else f"it is written for one hidden layer, here are {len(spec.hidden)}."


class Estimating(Network):
    """A rule whose direction is a random estimate of the gradient."""

    lr: float = 0.003  # learning rate of the spec's optimiser; a tenth of other rules', for the estimate's noise

    space = {"lr": (0.0001, 0.0003, 0.001, 0.003, 0.01)}

    def estimate(self, state: State, batch: Examples, key: jax.Array) -> Weights:
        """One estimate of the gradient, with the key's randomness."""
        raise TypeError(f"{self.name} estimates no gradient; give it a method `estimate`.")

    def direction(self, state: State, batch: Examples, key: jax.Array) -> Weights:
        return self.estimate(state, batch, key)


def perturbed_losses(spec: Spec, weights: Weights, batch: Examples, shifts: list[jax.Array]) -> jax.Array:
    """Every point's loss [b] when `shifts` [b, n_l] are added to the hidden pre-activations."""
    h = batch.x
    for layer, shift in zip(weights[:-1], shifts, strict=True):
        h = squash(spec.activation, h @ layer.w + layer.b[None, :] + shift)
    return pointwise_loss(spec.loss, h @ weights[-1].w + weights[-1].b[None, :], batch.y)
