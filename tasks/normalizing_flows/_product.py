"""What the tasks with the known target share: its references and its metrics."""

from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp

from toybench import Metric
from toybench.blocks.random import normals
from toybench.tasks.normalizing_flows import known_log_prob, known_sample, normal_log_prob

ESS = Metric(direction="max", about="effective share of 2000 draws, weighted by target over density")
FORWARD_KL = Metric(direction="min", about="divergence of the density from the target in nats, on 2000 exact draws")


def draws(key: jax.Array, *shape: int) -> jax.Array:
    """Exact draws of the known target, from one call of the generator."""
    noise = normals(key, place=shape, side=shape)
    return known_sample(noise["place"], jnp.where(noise["side"] < 0, 0.0, 1.0))


def measure(test: jax.Array, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
    """Both metrics, on test points [n, d] and as many draws of the learner."""
    own = learner.sample(key, len(test))
    weight = jax.nn.softmax(known_log_prob(own) - learner.log_prob(own))
    return {
        "ess": 1 / (len(test) * jnp.sum(weight**2)),
        "forward_kl": jnp.mean(known_log_prob(test) - learner.log_prob(test)),
    }


def standard_normal(dims: int) -> Any:
    """The base of a flow, as a learner."""
    return SimpleNamespace(log_prob=normal_log_prob, sample=lambda key, count: jax.random.normal(key, (count, dims)))


def exact(dims: int) -> Any:
    """The known target itself, as a learner."""
    return SimpleNamespace(log_prob=known_log_prob, sample=lambda key, count: draws(key, count, dims))
