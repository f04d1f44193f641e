"""A genetic algorithm on the scorer: the better half of a population mates, children mutate.

**Source**: none, the textbook's algorithm.

    parents: the better half;    a child: each letter from one of two parents, changed with chance `mutations` / l

**Differs from the paper**: nothing.

**Shapes**: b designs, p members of a population, l letters.
"""

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks import random
from toybench.methods.sequence_design import _search as search
from toybench.tasks.sequence_design import score

MEMBERS = 50


class Genetic(Method):
    """Every generation is scored; it starts from the best sequences given."""

    mutations: float = 1.0  # expected of a child

    space = {"mutations": (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.75, 1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 5.0)}

    def design(self, state: tuple, start: jax.Array, key: jax.Array) -> jax.Array:
        letters = self.spec.letters
        size = self.spec.length
        many = (self.spec.calls // MEMBERS, len(start), MEMBERS)
        u = random.uniforms(key, pair=(*many, 2), cross=(*many, size), mutate=(*many, size), letter=(*many, size))
        known = jax.lax.top_k(self.given.values, MEMBERS)[1]
        first = jnp.broadcast_to(self.given.sequences[known][None], (len(start), MEMBERS, size))

        def breed(carry: tuple, chance: dict) -> tuple[tuple, None]:
            x, scores, best = carry
            parents = jnp.take_along_axis(x, jnp.argsort(-scores, axis=1)[:, : MEMBERS // 2, None], axis=1)
            chosen = search.whole(chance["pair"], MEMBERS // 2)
            one = jnp.take_along_axis(parents, chosen[:, :, 0, None], axis=1)
            two = jnp.take_along_axis(parents, chosen[:, :, 1, None], axis=1)
            child = jnp.where(chance["cross"] < 0.5, one, two)
            child = jnp.where(chance["mutate"] < self.mutations / size, search.whole(chance["letter"], letters), child)
            scores = score(self.given.scorer, child, letters)
            place = scores.argmax(1)
            x = jnp.take_along_axis(child, place[:, None, None], axis=1)[:, 0]
            return (child, scores, search.better(best, search.Best(x=x, score=scores.max(1)))), None

        values = jnp.broadcast_to(self.given.values[known][None], (len(start), MEMBERS))
        nothing = search.Best(x=start, score=jnp.full(len(start), -jnp.inf))
        return jax.lax.scan(breed, (first, values, nothing), u)[0][2].x
