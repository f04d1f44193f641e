"""Control: the known identity that looks most like the photo, by its traits in words.

**Source**: ours, the cheapest use of an encoder of identities and of a model that can be told traits.

    argmin_k |features of the photo - features of k|        the prompt names the traits of k

**Differs from the paper**: there is none.

**Shapes**: n scenes.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.tasks.prompted_generation import Prompt, attend, render, see


class NearestIdentity(Method):
    """A look-alike instead of the identity."""

    deterministic = True

    def portray(self, state: Any, start: jax.Array, place: jax.Array, style: jax.Array) -> jax.Array:
        given = self.given
        gaps = see(given.encoder, given.photos[:1]) - given.features
        traits = given.traits[jnp.argmin((gaps**2).sum(-1))]
        prompt = Prompt(traits=jnp.tile(traits[None], (len(place), 1)), place=place, style=style)
        return render(given.base, start, attend(given.base, prompt))
