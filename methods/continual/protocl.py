"""Prototypical Bayesian continual learning: conjugate Gaussian class means on a learned embedding, and a coreset.

**Source**: Kessler, Cobb, Rudner, Zohren and Roberts, "On Sequential Bayesian Inference for Continual Learning", 2023,
https://arxiv.org/abs/2301.01828, section 7.

    y ~ Categorical(p),  p ~ Dirichlet(a);   z | y ~ N(m_y, s^2 I),  m_y ~ N(q_y / l_y, I / l_y),  z = phi(x)
    log p(y | x) = log N(z; q_y / l_y, s^2 + 1 / l_y) + log a_y / sum a,   normalised over the classes met
    q_y <- q_y + z / s^2,   l_y <- l_y + 1 / s^2,   a_y <- a_y + 1         after every step, z held fixed

The embedding ascends the predictive probability of the batch and of as many coreset points.

**Differs from the paper**: 1. a small dense embedding of Gaussian inputs. 2. the rate decays within every task.

**Shapes**: b batch, c classes, d inputs, e embedding.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench.blocks import optim
from toybench.methods.continual._class_networks import ClassNetwork, State, cross_entropy, keep, nothing_kept, rehearse
from toybench.methods.continual._task_networks import layers, restart
from toybench.tasks.continual import LabelledBatch


class Prototypes(NamedTuple):
    """Posterior of class means and shares: q [c, e], l [c], a [c]."""

    shift: jax.Array
    precision: jax.Array
    counts: jax.Array


class ProtoCL(ClassNetwork):
    """Models the classes, not the weights."""

    embedding: int = 8  # e
    noise: float = 1.0  # s^2, variance of a class in the embedding
    coreset: int = 5  # points kept of every class

    space = {"lr": (0.003, 0.01, 0.03), "noise": (0.3, 1.0)}
    paper = "kessler2023sequential"

    @property
    def widths(self) -> tuple[int, ...]:
        return (self.spec.dims, self.hidden, self.embedding)

    def init(self, key: jax.Array) -> State:
        a, b = jax.random.split(key)
        params, c = self.network(a), self.spec.classes
        prior = Prototypes(shift=jax.random.normal(b, (c, self.embedding)), precision=jnp.ones(c), counts=jnp.ones(c))
        memory = (prior, nothing_kept(self.spec, self.coreset))
        return State(params=params, opt=self.optimizer.init(params), memory=memory)

    def update(self, state: State, batch: LabelledBatch, key: jax.Array) -> State:
        prototypes, coreset = state.memory
        x, y, weight = rehearse(coreset, batch, key)

        def loss(params: Any) -> tuple[jax.Array, jax.Array]:
            z = layers(self.widths, x, params)
            missed = cross_entropy(self.log_joint(prototypes, z), y, batch.seen)
            return (weight * missed).sum() / weight.sum(), z

        grads, z = jax.grad(loss, has_aux=True)(state.params)
        opt = restart(batch.start, self.optimizer.init(state.params), state.opt)
        params, opt = optim.descend(self.optimizer, grads, opt, state.params)
        return State(params=params, opt=opt, memory=(self.absorb(prototypes, z, y, weight), keep(coreset, batch)))

    def absorb(self, prior: Prototypes, z: jax.Array, y: jax.Array, weight: jax.Array) -> Prototypes:
        """The posterior after embeddings z [b, e] of classes y [b]."""
        member = weight[:, None] * (y[:, None] == jnp.arange(len(prior.counts))[None, :]).astype(z.dtype)  # [b, c]
        return Prototypes(
            shift=prior.shift + member.T @ z / self.noise,
            precision=prior.precision + member.sum(0) / self.noise,
            counts=prior.counts + member.sum(0),
        )

    def log_joint(self, posterior: Prototypes, z: jax.Array) -> jax.Array:
        """log p(z, y) of every class up to a constant, [b, e] to [b, c]."""
        mean = posterior.shift / posterior.precision[:, None]
        variance = (self.noise + 1 / posterior.precision)[None, :]
        apart = ((z[:, None, :] - mean[None, :, :]) ** 2).sum(-1)
        share = posterior.counts / posterior.counts.sum()
        return -0.5 * (apart / variance + z.shape[1] * jnp.log(variance)) + jnp.log(share)[None, :]

    def single_head(self, state: State, x: jax.Array) -> jax.Array:
        return self.log_joint(state.memory[0], layers(self.widths, x, state.params))
