"""FreeDoM: the energy of the denoised point guides, and some levels are repeated after going back to more noise.

**Source**: Yu, Wang, Zhao, Ghanem and Zhang, "FreeDoM: Training-Free Energy-Guided Conditional Diffusion Model", 2023,
https://arxiv.org/abs/2303.09833, and the authors' code, `Face-GD/functions/denoising.py`, `clip_ddim_diffusion`.

    x' = ancestral(x1, x) - rho grad_x |y - f(x1(x))|       rho = scale rms(eps) (sigma / alpha) c1 / rms(gradient)
    x = (alpha / alpha') x' + sqrt(1 - alpha^2 / alpha'^2) noise      before the level is repeated

**Differs from the paper**: 1. an exact denoiser, and 100 calls in all: repeats are paid for by fewer levels. 2. levels
are repeated where the time from the data is 0.5 to 0.8, as in the code, 3 times instead of its 10 (an ablation). 3. the
scale is tuned; the code has 0.02.

**Shapes**: n samples, d dimensions, m numbers of a measurement, s steps.
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from toybench import Method
from toybench.methods.posterior_sampling._ladder import TINY, Rung, ancestral, denoise, distance, ladder, noises, rms
from toybench.tasks.posterior_sampling import Calls

WINDOW = (0.5, 0.8)  # times from the data whose levels are repeated


def visits(calls: int, repeats: int) -> np.ndarray:
    """Levels int [s] in the order of the calls: as many levels as fit into the calls."""
    for levels in range(calls, 0, -1):
        time = 1 - np.arange(levels) / levels
        inside = (time >= WINDOW[0]) & (time <= WINDOW[1])
        times = np.where(inside, repeats, 1)
        if times.sum() <= calls:
            break
    return np.repeat(np.arange(levels), times)


class FreeDoM(Method):
    """Energy of the denoised point, differentiated through the network, with time travel."""

    scale: float = 0.2  # share of the predicted noise that a step may undo, above 0
    repeats: int = 3  # visits of a level in the window, 1 or more

    paper = "yu2023freedom"
    deterministic = True
    space = {"scale": (0.2, 0.4, 0.8, 1.6, 3.2, 6.4)}

    def sample(self, state: Any, y: jax.Array, key: jax.Array, count: int) -> jax.Array:
        order = visits(self.spec.calls, self.repeats)
        again = np.append(order[1:] == order[:-1], False)  # this level comes once more

        def step(x: jax.Array, now: tuple[Rung, jax.Array, jax.Array]) -> tuple[jax.Array, None]:
            rung, repeated, noise = now

            def norm(x: jax.Array) -> tuple[jax.Array, jax.Array]:
                x1 = denoise(self.given, x, rung)
                return distance(self.given, self.spec.operator, x1, y).sum(), x1

            gradient, x1 = jax.grad(norm, has_aux=True)(x)
            predicted = (x - rung.alpha * x1) / rung.sigma
            size = rms(predicted) * rung.sigma / rung.alpha * rung.denoised
            rho = self.scale * size / (rms(gradient) + TINY)
            x = ancestral(x1, x, noise[0], rung) - rho * gradient
            ratio = rung.alpha / rung.next_alpha
            back = ratio * x + jnp.sqrt(1 - ratio**2) * noise[1]
            return jnp.where(repeated, back, x), None

        start, draws = noises(key, 2 * len(order), count, self.spec.dims)
        pairs = draws.reshape(len(order), 2, count, self.spec.dims)
        rungs = jax.tree.map(lambda part: part[order], ladder(int(order[-1]) + 1))
        x, _ = jax.lax.scan(step, start, (rungs, jnp.asarray(again), pairs))
        return x

    def calls(self, state: Any) -> Calls:
        taken = jnp.asarray(float(len(visits(self.spec.calls, self.repeats))))
        return Calls(network=taken, vjp=taken)
