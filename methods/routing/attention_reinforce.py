"""Attention model trained by REINFORCE with the length of its own greedy tour as the baseline.

**Source**: Kool, van Hoof and Welling, "Attention, Learn to Solve Routing Problems!", 2019,
https://arxiv.org/abs/1803.08475, in the authors' code `reinforce_baselines.py` and `train.py`.

    grad = mean_b (L(tour_b) - L(greedy_b)) grad log p(tour_b)

**Differs from the paper**: 1. the baseline is the greedy tour of the present policy (Rennie et al., 2017), not that of
a copy that a t-test renews after an epoch of 2,500 batches: all training here is 240 batches. 2. The greedy tour is
built for training, so it is counted: half of a batch is sampled, half greedy. 3. A batch may be taken in several steps,
each with tours of its own: a smaller batch. 4. Two layers of width 32 with layer norm instead of three of 128 with
batch norm; a cosine instead of a constant rate.

**Shapes**: b instances, n cities.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks import optim
from toybench.methods.routing._attention import (
    State,
    build_tours,
    clipped_adam,
    greedy_tours,
    gumbel,
    start_model,
    weighted_likelihood,
)
from toybench.tasks.routing import Instances, tour_length

CLIP = 1.0  # of the gradient's norm, the release's value


class AttentionReinforce(Method):
    """One sampled and one greedy tour of every instance that it uses."""

    lr: float = 0.001  # Adam's rate, above 0, decays to 0; 0.0001 in the paper
    splits: int = 4  # steps that share a batch; divides half of the batch

    space = {"lr": (0.0003, 0.001, 0.003, 0.01), "splits": (1, 4)}

    def init(self, key: jax.Array) -> State:
        params = start_model(key, self.spec.cities)
        adam = clipped_adam(self.lr, self.steps * self.splits, CLIP)
        return State(params=params, adam=adam.init(params), built=jnp.zeros(()))

    def update(self, state: State, batch: Instances, key: jax.Array) -> State:
        size = self.spec.batch // 2 // self.splits
        cities = self.spec.cities
        noise = gumbel(jax.random.uniform(key, (self.splits, cities, size, 1, cities)))
        adam = clipped_adam(self.lr, self.steps * self.splits, CLIP)

        def step(carry: tuple[Any, Any], part: tuple[jax.Array, jax.Array]) -> tuple[tuple[Any, Any], None]:
            params, opt = carry
            xy, noise = part
            tours = build_tours(params, xy, noise)
            excess = tour_length(xy[:, None], tours) - tour_length(xy, greedy_tours(params, xy))[:, None]
            gradient = jax.grad(weighted_likelihood)(params, xy, tours, excess)
            return optim.descend(adam, gradient, opt, params), None

        parts = batch.xy[: self.splits * size].reshape(self.splits, size, cities, 2)
        learned, _ = jax.lax.scan(step, (state.params, state.adam), (parts, noise))
        return State(params=learned[0], adam=learned[1], built=state.built + 2.0 * (self.splits * size))

    def tour(self, state: State, xy: jax.Array) -> jax.Array:
        return greedy_tours(state.params, xy)

    def built(self, state: State) -> jax.Array:
        return state.built
