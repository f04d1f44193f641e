"""Steps by tables: uniform over the nodes that a rule allows.

Shapes: b prompts, m positions of a path, n nodes.
"""

import jax
import jax.numpy as jnp

SECOND = -30.0  # logit of a step that is taken only where there is no better one
NEVER = -1e9  # logit of a step that isn't taken


def step_logits(
    allowed: jax.Array, fallback: jax.Array, prompt: jax.Array, path: jax.Array, length: jax.Array
) -> jax.Array:
    """Logits [b, n + 1] of the next token: 0 where allowed bool [current, goal, next], else where fallback bool [n, n].

    The source comes first.
    """
    current = jnp.where(length == 0, prompt[:, 0], path[:, length - 1])
    best = allowed[current, prompt[:, 1]]
    onward = jnp.where(best, 0.0, jnp.where(fallback[current], SECOND, NEVER))
    source = jnp.where(jax.nn.one_hot(prompt[:, 0], onward.shape[1], dtype=bool), 0.0, NEVER)
    return jnp.pad(jnp.where(length == 0, source, onward), ((0, 0), (0, 1)), constant_values=NEVER)
