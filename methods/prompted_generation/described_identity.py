"""Control: the photo is put into words, by a regression on identities that are known, and the model is told the words.

**Source**: ours, the cheapest captioner: ridge regression in closed form, no training of the model.

    W = argmin sum_k |traits_k - W features_k|^2 + ridge |W|^2        the prompt names W features of the photo

**Differs from the paper**: there is none.

**Shapes**: n scenes, k known identities, f features.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.tasks.prompted_generation import Prompt, attend, render, see


def with_constant(features: jax.Array) -> jax.Array:
    """Features [k, f] and a 1, [k, f + 1]."""
    return jnp.concatenate([features, jnp.ones((len(features), 1))], -1)


class DescribedIdentity(Method):
    """The identity in the words of the prompt."""

    ridge: float = 0.1  # penalty of squared weights, above 0; 128 identities weigh 1 each

    deterministic = True
    space = {"ridge": (0.00001, 0.00003, 0.0001, 0.0003, 0.001, 0.01, 0.1, 1.0, 10.0)}

    def portray(self, state: Any, start: jax.Array, place: jax.Array, style: jax.Array) -> jax.Array:
        given = self.given
        known = with_constant(given.features)
        weights = jnp.linalg.solve(known.T @ known + self.ridge * jnp.eye(known.shape[-1]), known.T @ given.traits)
        traits = with_constant(see(given.encoder, given.photos[:1])) @ weights
        prompt = Prompt(traits=jnp.tile(traits, (len(place), 1)), place=place, style=style)
        return render(given.base, start, attend(given.base, prompt))
