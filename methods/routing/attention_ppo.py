"""Attention model trained by proximal policy optimisation: a critic, a clipped ratio, several passes over each batch.

**Source**: Wan, Li and Wang, "RLOR: A Flexible Framework of Deep Reinforcement Learning for Operation Research", 2023,
https://arxiv.org/abs/2303.13117, in the authors' code: `ppo_or.py`, `models/attention_model_wrapper.py`,
`models/nets/attention_model/decoder.py` and `envs/tsp_vector_env.py`.

    loss = -mean min(r A, clip(r, 1 - c, 1 + c) A) + (1/4) mean max((v - G)^2, (clipped v - G)^2) - (1/100) entropy

**Differs from the paper**: 1. one tour of an instance instead of 50, and batches of 40 tours instead of 51,200, which
leave no room for both. 2. The way home is paid with the last city, not in a step of its own. 3. The first question is
asked without a learned placeholder. 4. Two layers of width 32 with layer norm instead of three of 128 with batch norm;
a cosine instead of a line to 0.

**Shapes**: b instances, n cities and steps of a tour.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks import optim, rl
from toybench.blocks.random import uniforms
from toybench.methods.routing._attention import (
    MODEL,
    Choices,
    State,
    build_tours,
    clipped_adam,
    greedy_tours,
    gumbel,
    start_model,
)
from toybench.tasks.routing import Instances, edge_lengths

# the release's values
DISCOUNT = 0.99
DECAY = 0.95  # of generalised advantages
RATIO_CLIP = 0.2  # of probability ratios, and of a value's change
ENTROPY = 0.01
VALUE = 0.5
CLIP = 0.5  # of the gradient's norm
TINY = 1e-8  # added to the advantages' standard deviation


class AttentionPpo(Method):
    """One sampled tour of every instance."""

    paper = "wan2023rlor"

    lr: float = 0.001  # Adam's rate, above 0, decays to 0; 0.001 in the release
    epochs: int = 2  # passes over a batch, 1 or more; 2 in the release
    minibatches: int = 8  # of a pass, a divisor of the batch; 8 in the release

    space = {"lr": (0.0003, 0.001, 0.003, 0.01), "minibatches": (2, 8)}

    def init(self, key: jax.Array) -> State:
        params = start_model(key, self.spec.cities)
        return State(params=params, adam=self.optimiser().init(params), built=jnp.zeros(()))

    def optimiser(self) -> Any:
        return clipped_adam(self.lr, self.steps * self.epochs * self.minibatches, CLIP)

    def update(self, state: State, batch: Instances, key: jax.Array) -> State:
        count = self.spec.batch
        cities = self.spec.cities
        drawn = uniforms(key, noise=(cities, count, 1, cities), order=(self.epochs, count))
        tours = build_tours(state.params, batch.xy, gumbel(drawn["noise"]))
        old = MODEL.apply(state.params, batch.xy, tours)
        gains = generalised_advantages(batch.xy, tours, old)
        returns = gains + old.value[:, 0]

        def step(carry: tuple[Any, Any], rows: jax.Array) -> tuple[tuple[Any, Any], None]:
            params, opt = carry
            part = Choices(*(leaf[rows] for leaf in old))

            def loss(params: Any) -> jax.Array:
                new = MODEL.apply(params, batch.xy[rows], tours[rows])
                return ppo_objective(new, part, gains[rows], returns[rows])

            return optim.descend(self.optimiser(), jax.grad(loss)(params), opt, params), None

        rows = jnp.argsort(drawn["order"], axis=1).reshape(self.epochs * self.minibatches, -1)
        learned, _ = jax.lax.scan(step, (state.params, state.adam), rows)
        return State(params=learned[0], adam=learned[1], built=state.built + 1.0 * count)

    def tour(self, state: State, xy: jax.Array) -> jax.Array:
        return greedy_tours(state.params, xy)

    def built(self, state: State) -> jax.Array:
        return state.built


def generalised_advantages(xy: jax.Array, tours: jax.Array, old: Choices) -> jax.Array:
    """Advantages [b, n] of the steps of tours [b, 1, n], each of which costs the way that it adds."""
    ways = edge_lengths(xy, tours[:, 0])
    home = ways[:, 0]
    costs = ways.at[:, 0].set(0.0).at[:, -1].add(home)
    going = jnp.ones_like(costs).at[:, -1].set(0.0)
    values = jnp.concatenate([old.value[:, 0], jnp.zeros_like(home)[:, None]], axis=1)
    return rl.advantages(-costs.T, values.T, going.T, DISCOUNT, DECAY).T


def ppo_objective(new: Choices, old: Choices, gains: jax.Array, returns: jax.Array) -> jax.Array:
    """The clipped loss [] of a minibatch, whose advantages [b, n] are normalised."""
    normal = (gains - gains.mean()) / (gains.std(ddof=1) + TINY)
    policy = rl.ppo_loss((new.log_prob - old.log_prob)[:, 0], normal, RATIO_CLIP)
    value = new.value[:, 0]
    near = old.value[:, 0] + jnp.clip(value - old.value[:, 0], -RATIO_CLIP, RATIO_CLIP)
    error = 0.5 * jnp.maximum((value - returns) ** 2, (near - returns) ** 2).mean()
    return policy + VALUE * error - ENTROPY * new.entropy.mean()
