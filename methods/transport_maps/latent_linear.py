"""The straight line between codes of an autoencoder whose codes keep the graph's distances.

**Source**: a baseline of Sun et al., "Geometry-Aware Generative Autoencoder", 2024, https://arxiv.org/abs/2410.12779;
the autoencoder's losses and their weights as in the authors' code `src/model2.py` (`Autoencoder`) and
`notebooks/flow_matching/train.sh`.

    loss = 77.4 mean (|E(x) - E(x')| - d(x, x') / sd)^2 + 0.32 mean |x - G(E(x))|^2
    x(s) = G((1 - s) E(x_0) + s E(x_1))

**Differs from the paper**: 1. no loss of the cycle from codes to points to codes. 2. distances are the graph's, not
those of PHATE. 3. two or three coordinates of a code, tuned.

**Shapes**: b rows of a batch, p pairs, t places on a way, d coordinates.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks import optim
from toybench.blocks.nn import init
from toybench.methods.transport_maps._encoder import RATES, distance_loss, network, of_rows, scaled, straight
from toybench.tasks.transport_maps import PathBatch

DISTANCES = 77.4  # weight of the loss of distances, the authors'
POINTS = 0.32  # weight of the loss of points, the authors'


class State(NamedTuple):
    """Parameters {encoder, decoder} and Adam's moments."""

    params: dict[str, Any]
    moments: Any


class LatentLinear(Method):
    """Codes are flat, points follow."""

    lr: float = 0.003  # Adam's rate, decays to 0 by a cosine; 0.001 in the authors' code
    latent: int = 3  # coordinates of a code; 3 in the authors' code

    space = {"lr": RATES, "latent": (2, 3)}

    def init(self, key: jax.Array) -> State:
        for_encoder, for_decoder = jax.random.split(key)
        encoder = init(network(self.latent), for_encoder, jnp.zeros((1, self.spec.dims)))
        decoder = init(network(self.spec.dims), for_decoder, jnp.zeros((1, self.latent)))
        params = {"encoder": encoder, "decoder": decoder}
        return State(params=params, moments=optim.adam(self.lr, self.steps).init(params))

    def encode(self, params: Any, x: jax.Array) -> jax.Array:
        return network(self.latent).apply(params["encoder"], x)

    def decode(self, params: Any, codes: jax.Array) -> jax.Array:
        return network(self.spec.dims).apply(params["decoder"], codes)

    def update(self, state: State, batch: PathBatch, key: jax.Array) -> State:
        x, graph = of_rows(self.given, batch.rows)

        def loss(params: Any) -> jax.Array:
            codes = self.encode(params, x)
            apart = distance_loss(codes, graph, scaled(self.given))
            return DISTANCES * apart + POINTS * ((x - self.decode(params, codes)) ** 2).mean()

        slope = jax.grad(loss)(state.params)
        params, moments = optim.descend(optim.adam(self.lr, self.steps), slope, state.moments, state.params)
        return State(params=params, moments=moments)

    def interpolate(self, state: State, start: jax.Array, end: jax.Array, s: jax.Array) -> jax.Array:
        codes = straight(self.encode(state.params, start), self.encode(state.params, end), s)
        return self.decode(state.params, codes)
