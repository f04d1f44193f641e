"""Trajectory trees: from every first state, follow all that some policy of the class could do, and no more.

**Source**: Li, "Agnostic Reinforcement Learning: Foundations and Algorithms", 2025, https://arxiv.org/abs/2506.01884,
and Jia, Li, Rakhlin, Sekhari and Srebro, 2023, https://arxiv.org/abs/2310.06113 (spanning capacity); the trees are
those of Kearns, Mansour and Ng, "Approximate Planning in Large POMDPs via Reusable Trajectories", 1999. Abstracts were
read, the construction is from memory.

    from a first state: the path without deviation, and from each of its states the path that deviates there
    value of "play 1 in state s of layer h": mean over trees of  R_h if the path meets s in layer h, else R

A tree takes 2 + 3 + ... + (H + 1) = H (H + 3) / 2 queries, whatever the number of states.

**Differs from the paper**: 1. the reachable pairs of this class are written out, where the paper finds them for any
class.

**Shapes**: n instances, H layers, S states a layer, t trees, p policies.
"""

import jax
import jax.numpy as jnp

from toybench.methods.policy_search._judges import Judge, by_state
from toybench.tasks.policy_search import Simulator


class TrajectoryTree(Judge):
    """Every query serves all policies."""

    paper = "li2025agnostic"

    @property
    def trees(self) -> int:
        """How many the budget allows."""
        return self.spec.budget // self.each()

    def each(self) -> int:
        """Queries of a tree."""
        layers = self.spec.layers
        return layers * (layers + 3) // 2

    def needed(self) -> int:
        return self.trees * self.each()

    def judge(self, simulator: Simulator, key: jax.Array) -> jax.Array:
        layers = self.spec.layers
        numbers = jax.random.uniform(key, (layers, self.trees, layers + 1))
        ends = self.spec.states
        # column h < H: the path that deviates in layer h; the last column: the path that doesn't
        state = jnp.broadcast_to(simulator.begin(numbers[0, :, -1])[:, None], (self.trees, layers + 1))
        met = []
        for h in range(layers):
            met.append(state[:, -1])
            straight = jnp.arange(layers + 1)[None] >= h  # has not deviated before this layer: shares the straight path
            state = jnp.where(straight, state[:, -1:], state)
            action = jnp.broadcast_to((jnp.arange(layers + 1) == h).astype(jnp.int32)[None], state.shape)
            if h < layers - 1:
                state = simulator.move(numbers[h + 1], jnp.full_like(state, h), state, action)
        returns = simulator.pay(state, action)
        gains = returns[:, :-1] - returns[:, -1:]
        more = by_state(gains, jnp.stack(met, axis=1), ends) / self.trees
        return returns[:, -1].mean() + jnp.concatenate([jnp.zeros(1), more])
