"""Dreamguider: gradients by the denoised point and by the predicted noise, none through the network.

**Source**: Nair and Patel, "Dreamguider: Improved Training free Diffusion-based Conditional Generation", 2024,
https://arxiv.org/abs/2406.02549: its abstract, and what the published reviews of its later version (DiffuseGuide) quote
of the update and of the scale. The method section could not be read.

    g = grad_x1 1/2 |y - f(x1)|^2
    move = w alpha' g + (1 - w) beta / (alpha' ratio^2) g,    w = alpha^2, ratio = alpha / alpha', beta = 1 - ratio^2
    x <- ancestral(x1, x) - scale rate move,   rate = max |x - x_start| / sqrt(sum of |move|^2 so far)

The two terms are the gradient by x1 and by the predicted noise, through their factors in the ancestral step: the noise
leads at high levels, x1 at low ones. The rate is that of distance over gradients (Ivgi et al., 2023).

**Differs from the paper**: 1. an exact denoiser. 2. the weights w are ours. 3. a scale, 1 in the paper. 4. no
augmentation: there are no images.

**Shapes**: n samples, d dimensions, m numbers of a measurement.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.posterior_sampling._ladder import TINY, Rung, ancestral, denoise, distance, ladder, noises
from toybench.tasks.posterior_sampling import Calls


class Walk(NamedTuple):
    """Points [n, d], how far they have been from the start [n, 1], and the squares of their moves [n, 1]."""

    x: jax.Array
    reach: jax.Array
    squares: jax.Array


class Dreamguider(Method):
    """Two gradients without the network, and a rate that needs no tuning."""

    scale: float = 0.7  # of the rate, above 0; 1 in the paper

    paper = "nair2024dreamguider"
    deterministic = True
    space = {"scale": (0.5, 0.7, 1.0, 1.4, 2.0, 2.8)}

    def move(self, x1: jax.Array, y: jax.Array, rung: Rung) -> jax.Array:
        """Where the two gradients would move x, [n, d]."""
        gradient = jax.grad(lambda x1: 0.5 * (distance(self.given, self.spec.operator, x1, y) ** 2).sum())(x1)
        ratio = rung.alpha / rung.next_alpha
        by_noise = (1 - ratio**2) / (rung.next_alpha * ratio**2)
        weight = rung.alpha**2
        return (weight * rung.next_alpha + (1 - weight) * by_noise) * gradient

    def sample(self, state: Any, y: jax.Array, key: jax.Array, count: int) -> jax.Array:
        start, draws = noises(key, self.spec.calls, count, self.spec.dims)

        def step(walk: Walk, now: tuple[Rung, jax.Array]) -> tuple[Walk, None]:
            rung, noise = now
            x1 = denoise(self.given, walk.x, rung)
            move = self.move(x1, y, rung)
            squares = walk.squares + (move**2).sum(-1, keepdims=True)
            x = ancestral(x1, walk.x, noise, rung)
            reach = jnp.maximum(walk.reach, jnp.sqrt(((x - start) ** 2).sum(-1, keepdims=True)))
            x = x - self.scale * reach / (jnp.sqrt(squares) + TINY) * move
            return Walk(x=x, reach=reach, squares=squares), None

        none = jnp.zeros((count, 1))
        walk, _ = jax.lax.scan(step, Walk(x=start, reach=none, squares=none), (ladder(self.spec.calls), draws))
        return walk.x

    def calls(self, state: Any) -> Calls:
        return Calls(network=jnp.asarray(float(self.spec.calls)), vjp=jnp.zeros(()))
