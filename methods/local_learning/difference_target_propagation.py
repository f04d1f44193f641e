"""Difference target propagation: layers are given targets by learned inverses, not errors by transposed weights.

**Source**: Lee, Zhang, Fischer and Bengio, "Difference Target Propagation", 2015, https://arxiv.org/abs/1412.7525
(equations 12 to 15).

    t_{L-1} = h_{L-1} - step * e W_L^T,   t_{l-1} = h_{l-1} + g_l(t_l) - g_l(h_l),   g_l(h) = f(h V_l + c_l)
    layer l lowers 1/2 |h_l - t_l|^2;   g_l lowers 1/2 |g_l(f_l(n)) - n|^2 at n = h_{l-1} + noise

**Differs from the paper**: 1. one optimiser for weights and inverses, the task's, in place of RMSprop.

**Shapes**: b batch; h_l, t_l [b, n_l] activities and targets, V_l [n_l, n_{l-1}].
"""

import itertools
from typing import Any

import jax
import jax.numpy as jnp

from toybench.methods.local_learning._rule import Network, State, normal_like
from toybench.tasks.local_learning import Examples, Layer, Weights, assemble, slope, squash


class DifferenceTargetPropagation(Network):
    """The difference makes up for imperfect inverses: a layer on target leaves the one below on target."""

    step: float = 0.5  # how far the last hidden layer's target lies down the gradient
    noise: float = 0.1  # standard deviation of what the inverses learn on

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        sizes = self.spec.hidden
        return {f"v{i}": (n, m) for i, (m, n) in enumerate(itertools.pairwise(sizes))}

    def place(self, arrays: dict[str, jax.Array], weights: Weights) -> tuple[list[Layer], tuple]:
        return [Layer(w=v / len(v) ** 0.5, b=jnp.zeros(v.shape[1])) for v in arrays.values()], ()

    def change(self, state: State, batch: Examples, key: jax.Array) -> Any:
        hs, error = self.errors(state, batch)
        weights = state.params["weights"]
        inverses = state.params["learned"]
        kind = self.spec.activation
        targets = [hs[-1] - self.step * error @ weights[-1].w.T]
        for h, above, g in zip(reversed(hs[1:-1]), reversed(hs[2:]), reversed(inverses), strict=True):
            targets.insert(0, h + invert(kind, g, targets[0]) - invert(kind, g, above))
        deltas = [(h - t) * slope(kind, h) for h, t in zip(hs[1:], targets, strict=True)]
        learned = []
        for h, noise, layer, g in zip(hs[1:-1], normal_like(key, hs[1:-1]), weights[1:-1], inverses, strict=True):
            noisy = h + self.noise * noise
            up = squash(kind, noisy @ layer.w + layer.b[None, :])
            back = invert(kind, g, up)
            off = (back - noisy) * slope(kind, back)
            learned.append(Layer(w=up.T @ off / len(off), b=off.mean(0)))
        return {"weights": assemble(hs, [*deltas, error]), "learned": learned}


def invert(kind: str, g: Layer, h: jax.Array) -> jax.Array:
    """g(h): [b, n_l] to [b, n_{l-1}]."""
    return squash(kind, h @ g.w + g.b[None, :])
