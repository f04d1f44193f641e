"""The topic whose labelled documents have the nearest mean state.

**Source**: the textbook's nearest centroid, on the mean state of a document's words in the pretrained model; a control.

    score_k(x) = -|mean_t state_t(x) - mean over the labelled documents of k|^2

**Differs from the paper**: nothing.

**Shapes**: b documents, t words, k topics, w width.
"""

from typing import Any

import jax

from toybench import Method
from toybench.methods.prompting._cloze import pooled


class PooledCentroid(Method):
    """No gradient."""

    deterministic = True

    def classify(self, state: Any, documents: jax.Array) -> jax.Array:
        known = self.given.known
        member = jax.nn.one_hot(known.topics, self.spec.topics, axis=0) / self.spec.shots
        centres = member @ pooled(self.spec, self.given.params, known.tokens)
        here = pooled(self.spec, self.given.params, documents)
        return -((here[:, None] - centres[None]) ** 2).sum(-1)
