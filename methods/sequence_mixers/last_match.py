"""Nearest key, latest value: a table that nobody trains, and that knows no resets.

**Source**: none; a control.

    j = the token before i with a value whose key is nearest to the key of i, the later one of two as near
    answer: the value of j; no value where keys are discrete and none is the same

**Differs from the paper**: nothing.

**Shapes**: b streams, t tokens, c classes.
"""

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.tasks.sequence_mixers import earlier

NEVER = 1e6  # distance of a token that can't be asked
LATER = 1e-4  # how much nearer a token counts that is one later


class LastMatch(Method):
    """It says what it would remember, with some chance of being wrong."""

    trust: float = 0.8  # chance that it gives to its answer, 0 to 1; the others share the rest

    deterministic = True  # nothing is drawn
    space = {"trust": (0.3, 0.5, 0.7, 0.8, 0.9, 0.99)}

    def predict(self, state: tuple[()], x: jax.Array) -> jax.Array:
        """Logits [b, t, c] of tokens [b, t, n]."""
        spec = self.spec
        key = x[..., spec.kinds : spec.kinds + spec.keys]
        value = x[..., spec.kinds + spec.keys :]
        tokens = x.shape[1]
        place = jnp.arange(tokens, dtype=x.dtype)
        distance = ((key[:, :, None] - key[:, None, :]) ** 2).sum(-1) - LATER * place[None, None, :]
        told = (value.sum(-1) > 0)[:, None, :] & earlier(tokens)
        nearest = jnp.where(told, distance, NEVER).argmin(-1)
        answer = jnp.take_along_axis(value, nearest[..., None], axis=1)
        if spec.classes > spec.values:  # there is a class of no value
            found = jnp.take_along_axis(jnp.where(told, distance, NEVER), nearest[..., None], axis=-1) < 1 / 2
            answer = jnp.concatenate([answer * found.astype(x.dtype), (~found).astype(x.dtype)], axis=-1)
        other = (1 - self.trust) / (spec.classes - 1)
        return jnp.log(other + (self.trust - other) * answer)
