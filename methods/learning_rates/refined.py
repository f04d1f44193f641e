"""Schedule refined from the gradient norms of a rehearsal: where gradients were large, the rate is small.

**Source**: Defazio, Cutkosky, Mehta, Mishchenko: When, Why and How Much? Adaptive Learning Rate Scheduling by
Refinement, 2023, https://arxiv.org/abs/2310.07831; the authors' code, facebookresearch/adaptive_scheduling,
find_schedule.py (`find_closed_form_schedule`) and README.md (the median filter and its padding).

    G_t = median filter of |g_t| in a rehearsal under linear decay        w_t = G_t^-2
    w <- w - lr e_t g        e_t = w_t sum_{p > t} w_p, scaled to a largest value of 1

**Differs from the paper**: 1. the rehearsal has the base rate of the run that follows, which is tuned for the latter.
2. one rehearsal of as many batches as the run.

**Shapes**: d dimensions, t updates, k values in the filter's window.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench.blocks.descent import Batch
from toybench.methods.learning_rates._schedules import Scheduled, afterwards, eighths, share

HALVINGS = 30  # until a median is known to a billionth of the values' range; sorting every window takes longer


class Notes(NamedTuple):
    """Gradient norms of the rehearsal and the schedule made of them, both float [t]."""

    norms: jax.Array
    schedule: jax.Array


class Refined(Scheduled):
    """Linear decay in the rehearsal, the refined schedule after it."""

    parts: int = 10  # the median's window is the updates divided by this; the authors' tau = 0.1

    paper = "defazio2023much"
    space = {"lr": eighths(0.005)}

    def start(self, weights: jax.Array) -> Notes:
        return Notes(norms=jnp.ones(self.spec.length), schedule=self.refine(jnp.ones(self.spec.length)))

    def factor(self, done: jax.Array, slots: Notes) -> jax.Array:
        return afterwards(done, slots.schedule[jnp.maximum(done, 0)])

    def step(
        self, lr: jax.Array, done: jax.Array, weights: jax.Array, slots: Notes, batch: Batch
    ) -> tuple[jax.Array, Notes]:
        gradient = jax.grad(self.spec.loss)(weights, batch)
        rehearsing = done < 0
        factor = jnp.where(rehearsing, -share(done, self.spec.length), self.factor(done, slots))
        moved = weights - lr * factor * gradient
        place = jnp.where(rehearsing, done + self.spec.length, self.spec.length)
        norms = slots.norms.at[place].set(jnp.linalg.norm(gradient), mode="drop")
        over = done == -1
        schedule = jax.lax.cond(over, self.refine, lambda norms: slots.schedule, norms)
        return jnp.where(over, self.given.weights, moved), Notes(norms=norms, schedule=schedule)

    def judged(self, weights: jax.Array, slots: Notes) -> jax.Array:
        return weights

    def refine(self, norms: jax.Array) -> jax.Array:
        """The schedule [t] that gradient norms [t] ask for."""
        heed = median_filter(norms, self.spec.length // self.parts // 2) ** -2
        rest = jnp.cumsum(heed[::-1])[::-1]
        schedule = heed * jnp.append(rest[1:], 0.0)
        return schedule / schedule.max()


def median_filter(values: jax.Array, half: int) -> jax.Array:
    """Medians [t] of the values in windows of 2 half + 1: the first one repeated before them, reflected at the end."""
    last = len(values) - 1
    place = jnp.arange(last + 1)[:, None] + jnp.arange(-half, half + 1)[None]  # [t, k]
    window = values[jnp.where(place > last, 2 * last - place, jnp.maximum(place, 0))]

    def halve(_: int, interval: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        low, high = interval
        middle = 0.5 * (low + high)
        above = (window <= middle[:, None]).sum(-1) <= half  # the median lies above the middle
        return jnp.where(above, middle, low), jnp.where(above, high, middle)

    low = jnp.full(last + 1, values.min())
    high = jnp.full(last + 1, values.max())
    return jax.lax.fori_loop(0, HALVINGS, halve, (low, high))[1]
