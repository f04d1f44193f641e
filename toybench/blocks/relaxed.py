"""Discrete choices with gradients. Shapes: m items; leading axes where "..." stands."""

import jax
import jax.numpy as jnp

NEVER = -1e30  # logarithm of the weight of an impossible subset; finite, so that gradients are


def gumbel(uniform: jax.Array) -> jax.Array:
    """Gumbel noise from uniform numbers in [0, 1), of the same shape."""
    tiny = jnp.finfo(uniform.dtype).tiny
    return -jnp.log(-jnp.log(jnp.maximum(uniform, tiny)))


def straight_through(hard: jax.Array, soft: jax.Array) -> jax.Array:
    """The value of `hard` with the gradient of `soft`."""
    return soft + jax.lax.stop_gradient(hard - soft)


def gumbel_one_hot(noise: jax.Array, logits: jax.Array, temperature: float | jax.Array) -> jax.Array:
    """A one-hot draw [..., m] from a softmax, with a relaxed gradient (Jang et al., Maddison et al., 2017).

    `noise` is Gumbel noise of the logits' shape, or 0 for the likeliest item.
    """
    soft = jax.nn.softmax((logits + noise) / temperature, axis=-1)
    hard = jax.nn.one_hot(soft.argmax(-1), logits.shape[-1], dtype=soft.dtype)
    return straight_through(hard, soft)


def inclusion_marginals(logits: jax.Array, k: int) -> jax.Array:
    """Exact chances [..., m] of the items to be in a random subset of k, of weight prod exp(logit); differentiable."""
    flat = logits.reshape(-1, logits.shape[-1])
    marginals = jax.vmap(jax.grad(lambda row: _subset_table(row, k)[-1, k]))(flat)
    return marginals.reshape(logits.shape)


def sample_subset(uniform: jax.Array, logits: jax.Array, k: int) -> jax.Array:
    """A random subset of k items of weight prod exp(logit), 1 for its items: [m], from uniform numbers [m]."""
    table = _subset_table(logits, k)

    def choose(left: jax.Array, item: tuple[jax.Array, jax.Array, jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        logit, number, before, after = item
        chance = jnp.exp(logit + before[jnp.maximum(left - 1, 0)] - after[left])
        taken = (left > 0) & (number < chance)
        return left - taken.astype(left.dtype), taken.astype(logits.dtype)

    _, subset = jax.lax.scan(choose, jnp.int32(k), (logits, uniform, table[:-1], table[1:]), reverse=True)
    return subset


def _subset_table(logits: jax.Array, k: int) -> jax.Array:
    """Logarithms [m + 1, k + 1] of the total weight of the subsets of j among the first i items."""
    empty = jnp.full(k + 1, NEVER).at[0].set(0.0)

    def add(row: jax.Array, logit: jax.Array) -> tuple[jax.Array, jax.Array]:
        row = row.at[1:].set(jnp.logaddexp(row[1:], row[:-1] + logit))
        return row, row

    _, rows = jax.lax.scan(add, empty, logits)
    return jnp.concatenate([empty[None], rows])
