"""Attention model trained by REINFORCE with one tour from every city, whose mean length is the baseline (POMO).

**Source**: Kwon, Choo, Kim, Yoon, Min and Gwon, "POMO: Policy Optimization with Multiple Optima for Reinforcement
Learning", 2020, https://arxiv.org/abs/2010.16011, in the authors' code `NEW_py_ver/TSP/POMO/TSPTrainer.py`.

    grad = mean_b mean_s (L(tour_bs) - mean_s L(tour_bs)) grad log p(tour_bs)      tour s begins in city s

**Differs from the paper**: 1. a batch of 40 tours is 4 instances of ten cities. 2. A batch may be taken in several
steps. 3. At test one greedy tour, whose first city the policy chooses, for equal terms with the others: the paper takes
the best of n starts and 8 symmetries. The first choice is trained by nothing. 4. Two layers of width 32 with layer norm
instead of six of 128; a cosine instead of a constant rate.

**Shapes**: b instances, s = n tours of an instance, n cities.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks import optim
from toybench.methods.routing._attention import (
    FORCED,
    State,
    build_tours,
    clipped_adam,
    greedy_tours,
    gumbel,
    start_model,
    weighted_likelihood,
)
from toybench.tasks.routing import Instances, RoutingSpec, tour_length

CLIP = 1.0  # of the gradient's norm, as for REINFORCE


class AttentionMultistart(Method):
    """As many tours of an instance as it has cities."""

    lr: float = 0.001  # Adam's rate, above 0, decays to 0; 0.0001 in the paper
    splits: int = 1  # steps that share a batch; divides the batch's instances

    space = {"lr": (0.0003, 0.001, 0.003, 0.01), "splits": (1, 4)}

    def fits(self, spec: RoutingSpec) -> str | None:
        room = spec.batch // spec.cities >= self.splits
        return None if room else "a batch has too few tours for one from every city in every step"

    def init(self, key: jax.Array) -> State:
        params = start_model(key, self.spec.cities)
        adam = clipped_adam(self.lr, self.steps * self.splits, CLIP)
        return State(params=params, adam=adam.init(params), built=jnp.zeros(()))

    def update(self, state: State, batch: Instances, key: jax.Array) -> State:
        cities = self.spec.cities
        size = self.spec.batch // cities // self.splits
        noise = gumbel(jax.random.uniform(key, (self.splits, cities, size, cities, cities)))
        noise = noise.at[:, 0].add(FORCED * jnp.eye(cities)[None, None])
        adam = clipped_adam(self.lr, self.steps * self.splits, CLIP)

        def step(carry: tuple[Any, Any], part: tuple[jax.Array, jax.Array]) -> tuple[tuple[Any, Any], None]:
            params, opt = carry
            xy, noise = part
            tours = build_tours(params, xy, noise)
            lengths = tour_length(xy[:, None], tours)
            excess = lengths - lengths.mean(1, keepdims=True)
            gradient = jax.grad(weighted_likelihood)(params, xy, tours, excess, chosen_from=1)
            return optim.descend(adam, gradient, opt, params), None

        parts = batch.xy[: self.splits * size].reshape(self.splits, size, cities, 2)
        learned, _ = jax.lax.scan(step, (state.params, state.adam), (parts, noise))
        return State(params=learned[0], adam=learned[1], built=state.built + 1.0 * (self.splits * size * cities))

    def tour(self, state: State, xy: jax.Array) -> jax.Array:
        return greedy_tours(state.params, xy)

    def built(self, state: State) -> jax.Array:
        return state.built
