"""Plain VQ autoencoder whose codes start from k-means on the features of the first batches.

**Source**: Łańcucki et al., "Robust Training of Vector Quantized Bottleneck Models", 2020,
https://arxiv.org/abs/2005.08520 (data-dependent codebook initialisation by k-means); also Zeghidour et al.,
"SoundStream", 2021, https://arxiv.org/abs/2107.03312.

    e_1 .. e_k = kmeans(z(x_1) .. z(x_n))   once, after n examples; then as plain VQ

**Differs from the paper**: 1. The first batch is smaller than the codebook, so examples of the first steps are kept,
4 a code; until they are there, training goes on with random codes. 2. The authors' repeated re-estimation is left out,
so that only the start differs from plain VQ.

**Shapes**: b examples, i inputs, d latent width, k codes.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench.methods.vector_quantization._autoencoder import NearestCode, State
from toybench.tasks.vector_quantization._autoencoder import lloyd

ITERATIONS = 10  # of Lloyd's algorithm


class Kept(NamedTuple):
    """Updates so far [], and the examples of the first ones [n, i]."""

    step: jax.Array
    examples: jax.Array


class KMeansInit(NearestCode):
    """No collapse from a bad start; nothing keeps codes alive afterwards."""

    per_code: int = 4  # examples kept for each code

    @property
    def batches(self) -> int:
        """Updates before the codes are placed."""
        return -(-self.per_code * self.spec.codes // self.spec.batch)

    def prepare(self, networks: Any, codes: jax.Array, key: jax.Array) -> tuple[Any, Kept]:
        params, _ = super().prepare(networks, codes, key)
        return params, Kept(jnp.zeros((), jnp.int32), jnp.zeros((self.batches * self.spec.batch, self.spec.inputs)))

    def place(self, params: Any, examples: jax.Array) -> jax.Array:
        """Codes [k, d] from k-means on the features of examples [n, i], which come in random order."""
        z = self.features(params, examples)
        return lloyd(z, z[: self.spec.codes], ITERATIONS)

    def update(self, state: State, batch: jax.Array, key: jax.Array) -> State:
        step, examples = state.memory
        at = jnp.minimum(step, self.batches - 1) * self.spec.batch
        added = jax.lax.dynamic_update_slice(examples, batch, (at, jnp.zeros((), jnp.int32)))
        examples = jnp.where(step < self.batches, added, examples)
        state = super().update(state, batch, key)
        codes = jax.lax.cond(
            step == self.batches - 1, lambda: self.place(state.params, examples), lambda: state.params["codes"]
        )
        return state._replace(params=state.params | {"codes": codes}, memory=Kept(step + 1, examples))
