"""Variational continual learning: a mean-field Gaussian over the weights, its last posterior as the next prior.

**Source**: Nguyen, Li, Bui and Turner, "Variational Continual Learning", 2018, https://arxiv.org/abs/1710.10628,
equation 4, without a coreset.

    q_t = argmin_q  E_q[-log p(D_t | w)] + KL(q | q_{t-1}),     q = prod_i N(m_i, s_i^2)

**Differs from the paper**: 1. one draw of the weights a step; predictions by the mean weights. 2. one head for all
classes, as Kessler et al. (2023) compare it. 3. the weight of the KL term is tuned.

**Shapes**: b batch, c classes.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.methods.continual._class_networks import ClassNetwork, State, cross_entropy
from toybench.methods.continual._task_networks import layers, restart, total
from toybench.tasks.continual import LabelledBatch


class VCLMeanField(ClassNetwork):
    """Parameters: means and log standard deviations; memory: the prior's."""

    temper: float = 1.0  # weight of the KL term; 1 in the paper
    start: float = -4.0  # log standard deviations at first; about -3 in the authors' code

    space = {"lr": (0.003, 0.01, 0.03), "temper": (0.1, 1.0)}

    def network(self, key: jax.Array) -> Any:
        means = super().network(key)
        return means, jax.tree.map(lambda w: jnp.full(w.shape, self.start), means)

    def remember(self, params: Any) -> Any:
        return jax.tree.map(jnp.zeros_like, params)  # N(0, 1)

    def after(self, params: Any, memory: Any, batch: LabelledBatch) -> Any:
        return restart(batch.end, params, memory)

    def loss(self, params: Any, memory: Any, batch: LabelledBatch, key: jax.Array) -> jax.Array:
        (means, logs), (prior_means, prior_logs) = params, memory
        flat, tree = jax.tree.flatten(means)
        noise = jax.random.normal(key, (sum(w.size for w in flat),))
        ends = [sum(w.size for w in flat[: i + 1]) for i in range(len(flat))]
        cut = [noise[e - w.size : e].reshape(w.shape) for w, e in zip(flat, ends, strict=True)]
        drawn = jax.tree.map(lambda m, s, e: m + jnp.exp(s) * e, means, logs, jax.tree.unflatten(tree, cut))
        kl = jax.tree.map(
            lambda m, s, m0, s0: s0 - s + 0.5 * (jnp.exp(2 * s) + (m - m0) ** 2) * jnp.exp(-2 * s0) - 0.5,
            means,
            logs,
            prior_means,
            prior_logs,
        )
        missed = cross_entropy(layers(self.widths, batch.x, drawn), batch.y, batch.seen).mean()
        return missed + self.temper * total(kl) / self.spec.points

    def single_head(self, state: State, x: jax.Array) -> jax.Array:
        return layers(self.widths, x, state.params[0])
