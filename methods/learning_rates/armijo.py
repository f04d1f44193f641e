"""Gradient descent whose step is halved until the loss falls enough on the same batch.

**Source**: Vaswani, Mishkin, Laradji, Schmidt, Gidel, Lacoste-Julien: Painless Stochastic Gradient: Interpolation,
Line-Search, and Convergence Rates, 2019, https://arxiv.org/abs/1905.09997 (abstract); the rule of
IssamLaradji/sls, `sls/sls.py`.

    largest step in {r, r/2, r/4} with f(w - r g) <= f(w) - c r |g|^2        r <- min(2 r, rate) before each

**Differs from the paper**: (1) at most three trials, which with the gradient are charged as two gradients, a forward
pass being a third of one; where all fail the weights stay, and the next search goes on from the last trial. (2) steps
are halved, not cut by a tenth.

**Shapes**: those of the task's weights; k trials.
"""

import jax
import jax.numpy as jnp

from toybench.blocks.curvature import inner
from toybench.blocks.descent import Batch, Descent, Now, Slots, Weights


class Armijo(Descent):
    """A backtracking line search that remembers its step."""

    lr: float = 0.1  # largest step, above 0
    schedule: str = "constant"  # cosine, linear, constant, inverse_sqrt or wsd
    warmup: float = 0.0  # share of the updates in which the largest step rises linearly, 0 to 1
    c: float = 0.1  # share of the linear decrease that a step must come to; the authors' value

    cost = 2
    unit = 0.1
    space = {"lr": (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1e3, 3e3, 1e4, 3e4)}

    def start(self, weights: Weights) -> Slots:
        return jnp.full((), jnp.inf)

    def step(self, now: Now, weights: Weights, slots: Slots, batch: Batch, key: jax.Array) -> tuple[Weights, Slots]:
        loss, gradient = jax.value_and_grad(self.spec.loss)(weights, batch)
        steps = jnp.minimum(2 * slots, now.rate) * jnp.array([1.0, 0.5, 0.25])
        squared = inner(gradient, gradient)

        def moved(step: jax.Array) -> Weights:
            return jax.tree.map(lambda w, g: w - step * g, weights, gradient)

        enough = jax.vmap(lambda r: self.spec.loss(moved(r), batch) <= loss - self.c * r * squared)(steps)
        chosen = jnp.where(enough.any(), steps[jnp.argmax(enough)], 0.0)
        return moved(chosen), jnp.where(enough.any(), chosen, steps[-1])
