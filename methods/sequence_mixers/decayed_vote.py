"""A vote of the tokens before, nearer and later ones weighing more: two knobs, and no training.

**Source**: none; a control.

    p_i = sum_{j < i} decay^(i - j) exp(-|x_i - x_j|^2 / (2 width^2)) onehot(y_j), and a little of every class

**Differs from the paper**: nothing.

**Shapes**: b streams, t tokens, c classes.
"""

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks.positions import distances
from toybench.blocks.streams import StreamSpec
from toybench.tasks.sequence_mixers import earlier

PRIOR = 0.01  # vote for every class


class DecayedVote(Method):
    """A kernel estimate with a memory that fades."""

    decay: float = 0.75  # weight of a token over that of the next one, 0 to 1
    width: float = 0.5  # of the kernel, in units of the points, above 0

    deterministic = True  # nothing is drawn
    space = {"decay": (0.7, 0.8, 0.9), "width": (0.35, 0.6)}

    def fits(self, spec: StreamSpec) -> str | None:
        return "it has no vote for the class of no value" if spec.classes > spec.values else None

    def predict(self, state: tuple[()], x: jax.Array) -> jax.Array:
        """Logits [b, t, c] of tokens [b, t, n]; a token without a value has no vote."""
        spec = self.spec
        point = x[..., spec.kinds : spec.kinds + spec.keys]
        value = x[..., spec.kinds + spec.keys :]
        tokens = x.shape[1]
        square = ((point[:, :, None] - point[:, None, :]) ** 2).sum(-1)
        age = jnp.maximum(distances(tokens), 0.0)
        weight = jnp.exp(age[None] * jnp.log(self.decay) - square / (2 * self.width**2))
        weight = jnp.where(earlier(tokens), weight, 0.0)
        return jnp.log(jnp.einsum("bij,bjc->bic", weight, value) + PRIOR)
