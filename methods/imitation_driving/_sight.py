"""Where rules steer for. Shapes: n cars."""

import jax
import jax.numpy as jnp

from toybench.tasks.imitation_driving import SPEEDS, View

AHEAD = 2.0  # units ahead that is steered for


def aim_of(view: View) -> jax.Array:
    """The middle of the lane two units ahead, as it is seen, in the car's frame, [n, 2]."""
    y = view.lane[:, 1] - view.offset
    cos = jnp.cos(view.turned)
    sin = jnp.sin(view.turned)
    return jnp.stack([AHEAD * cos + y * sin, y * cos - AHEAD * sin], axis=1)


def limit_of(view: View) -> jax.Array:
    """The highest speed here, [n]."""
    return view.limit @ jnp.asarray(SPEEDS[1:])
