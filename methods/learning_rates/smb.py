"""Stochastic model building: a step that doesn't lower the loss enough is replaced by that of a quadratic model.

**Source**: Birbil, Martin, Onay, Oztoprak: Bolstering Stochastic Gradient Descent with Model Building, 2021,
https://arxiv.org/abs/2111.07058 (abstract), and the authors' code, sibirbil/SMB, `smb/smb.py`, `step_smb`.

    s = -rate g        kept if f(w + s) <= f(w) - c rate |g|^2 on the same batch; otherwise, in every tensor,
    y = g(w + s) - g
    sigma = (|s| (|y| + |g| / eta) - y.s) / 2        theta = (y.s + 2 sigma)^2 - |s|^2 |y|^2
    c_g = -|s|^2 / (2 sigma)
    c_s = c_g / theta (-(y.s + 2 sigma) y.g + |y|^2 s.g)        c_y = c_g / theta (-(y.s + 2 sigma) s.g + |s|^2 y.g)
    s = c_g g + c_s s + c_y y

**Differs from the paper**: (1) y.s + 2 sigma is |s| (|y| + |g| / eta), and theta is |s|^2 times a product, both put in
so that squares of squares don't overflow. (2) two gradients are charged for every step, those of kept ones too.
(3) no automatic schedule of the rate.

**Shapes**: those of the task's weights.
"""

import jax
import jax.numpy as jnp

from toybench.blocks.curvature import inner
from toybench.blocks.descent import Batch, Descent, Now, Slots, Weights

TINY = 1e-15  # keeps a tensor without gradient from dividing by 0


class SMB(Descent):
    """A gradient step, checked and remodelled."""

    lr: float = 0.1  # learning rate of the trial step, above 0
    schedule: str = "constant"  # cosine, linear, constant, inverse_sqrt or wsd
    warmup: float = 0.0  # share of the updates in which the rate rises linearly, 0 to 1
    c: float = 0.1  # share of the linear decrease that a trial step must come to; the authors' value
    eta: float = 0.99  # bound on the model's first order term, 0 to 1; the authors' value

    paper = "birbil2021bolstering"
    cost = 2
    unit = 0.1

    def start(self, weights: Weights) -> Slots:
        return ()

    def step(self, now: Now, weights: Weights, slots: Slots, batch: Batch, key: jax.Array) -> tuple[Weights, Slots]:
        both = jax.value_and_grad(self.spec.loss)
        loss, gradient = both(weights, batch)
        trial = jax.tree.map(lambda w, g: w - now.rate * g, weights, gradient)
        loss_there, gradient_there = both(trial, batch)
        kept = loss_there <= loss - self.c * now.rate * inner(gradient, gradient)

        def choose(w: jax.Array, tried: jax.Array, g: jax.Array, there: jax.Array) -> jax.Array:
            return jnp.where(kept, tried, w + self.model_step(-now.rate * g, g, there - g))

        return jax.tree.map(choose, weights, trial, gradient, gradient_there), slots

    def model_step(self, s: jax.Array, g: jax.Array, y: jax.Array) -> jax.Array:
        """The minimiser of the model along s, g and y, tensors of one shape."""
        length = jnp.sqrt(jnp.sum(s**2)) + TINY
        change = jnp.sqrt(jnp.sum(y**2))
        slope = jnp.sqrt(jnp.sum(g**2)) / self.eta + TINY
        yg = jnp.sum(y * g)
        sg = jnp.sum(s * g)
        twice_sigma = length * (change + slope) - jnp.sum(y * s)
        spread = slope * (2 * change + slope)  # theta / |s|^2
        c_g = -(length**2) / (twice_sigma + TINY)
        c_s = c_g / spread * (-(change + slope) * (yg / length) + change**2 * (sg / length) / length)
        c_y = c_g / spread * (-(change + slope) * (sg / length) + yg)
        return c_g * g + c_s * s + c_y * y
