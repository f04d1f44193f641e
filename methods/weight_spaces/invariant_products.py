"""Network on products of a recurrent network's weights that no relabelling changes.

**Source**: none, a control: invariants by hand, where universal functionals learn theirs.

    head(arcsinh 10 w_out^T (w_rec^T)^k w_in, arcsinh 10 w_out^T (w_rec^T)^k bias for k < t, arcsinh 10 b_out)

the impulse response of the network without its nonlinearity, and what its bias adds to the answer.

**Differs from the paper**: nothing.

**Shapes**: b networks, m units, t time steps.
"""

import jax
import jax.numpy as jnp

from toybench.methods.weight_spaces._regression import LR, OnFeatures
from toybench.tasks.weight_spaces import Nets, Spec

SHARP = 10.0  # products range over orders of magnitude: their logarithm counts from a tenth on


class InvariantProducts(OnFeatures):
    """One number a delay."""

    space = {"lr": LR, "decay": (0.001, 0.01, 0.1)}

    def fits(self, spec: Spec) -> str | None:
        return None if spec.kind == "rnn" else "its products are those of a recurrent network"

    def features(self, nets: Nets) -> jax.Array:
        w = {name: part[:, 0] for name, part in nets.weights.items()}
        start = jnp.stack([w["w_in"], w["bias"]], axis=1)
        found = [w["b_out"][:, None]]
        for _ in range(self.spec.inputs):
            found.append(jnp.einsum("bkm,bm->bk", start, w["w_out"]))
            start = jnp.einsum("bkm,bmn->bkn", start, w["w_rec"])
        return jnp.arcsinh(SHARP * jnp.concatenate(found, axis=1))
