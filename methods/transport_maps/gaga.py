"""GAGA: shortest curves of a metric that an encoder pulls back and a discriminator warps off the data.

**Source**: Sun, Liao, MacDonald, Zhang, Liu, Huguet, Wolf, Adelstein, Rudner and Krishnaswamy, "Geometry-Aware
Generative Autoencoder for Warped Riemannian Metric Learning and Generative Modeling on Data Manifolds", 2024,
https://arxiv.org/abs/2410.12779, in the authors' code `src/model2.py` (`Encoder`, `Discriminator`),
`src/off_manifolder.py` (`offmanifolder5_maker`), `src/geodesic.py` (`CondCurve`, `GeodesicBridge`),
`src/negative_sampling.py` and `notebooks/geodesic_comparision/run_batch.py`; of the text the abstract.

    w(x) = k (1 - D(x));    W(x) = [E(x) exp(w(x)), 100 w(x)]
    c(t) = (1 - t) x_0 + t x_1 + (1 - (2 t - 1)^2) g(x_0, x_1, t)
    E: least  mean (|E(x) - E(x')| - d(x, x') / sd)^2;    D: tell x from x + noise;    g: least  length of W(c)

**Differs from the paper**: 1. D is a probability, trained by cross-entropy, as in the authors' transport of
populations; in their comparison of geodesics it is a Wasserstein score, rescaled to 0 to 1. 2. All three networks train
at once, g without a slope to E and D. 3. No decoder: its loss weighs a 240th of that of distances, and ways don't use
it. 4. A length is that of the chords between 12 times, drawn afresh within equal shares, instead of the mean speed by
the Jacobian at 200 fixed ones, which diverged in pilots at so few times. 5. One network reads both ends and the time,
which are embedded first there. 6. distances are the graph's, not those of PHATE. 7. Curves are learned from pairs of
both populations and judged on new pairs; in that comparison on the same ones. A velocity field fitted to them, which
the authors integrate for populations, is left out. 8. Codes of three coordinates, as for populations; ten in that
comparison. 9. Adam without decay of weights, its rate decays.

**Shapes**: b rows of a batch, p pairs, t places on a way, n points, d coordinates, z coordinates of a code.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks import optim
from toybench.blocks.nn import init
from toybench.methods.transport_maps._encoder import distance_loss, network, of_rows, scaled, straight
from toybench.tasks.transport_maps import PathBatch, lengths

STEEP = 100.0  # of the coordinate that leads off the data, the authors'
TIMES = 10  # on a curve between its ends, by which its length is measured


class State(NamedTuple):
    """Parameters {encoder, discriminator, curve} and Adam's moments."""

    params: dict[str, Any]
    moments: Any


class Gaga(Method):
    """Lengths grow off the data."""

    paper = "sun2024geometryaware"

    lr: float = 0.01  # Adam's rate of all networks, decays to 0 by a cosine; 0.001 in the authors' code
    warp: float = 1.0  # k, 0 or more; 1 in the authors' comparison of geodesics
    negative: float = 0.5  # noise of negative samples, in standard deviations of the data; 0.5 in the authors' code
    latent: int = 3  # coordinates of a code; 3 and 10 in the authors' code

    space = {"lr": (0.001, 0.003, 0.01), "warp": (0.0625, 0.25, 1.0, 4.0)}

    def init(self, key: jax.Array) -> State:
        for_encoder, for_discriminator, for_curve = jax.random.split(key, 3)
        point = jnp.zeros((1, self.spec.dims))
        params = {
            "encoder": init(network(self.latent), for_encoder, point),
            "discriminator": init(network(1), for_discriminator, point),
            "curve": init(network(self.spec.dims), for_curve, jnp.zeros((1, 2 * self.spec.dims + 1))),
        }
        return State(params=params, moments=optim.adam(self.lr, self.steps).init(params))

    def score(self, params: Any, x: jax.Array) -> jax.Array:
        """Log-odds [...] that points [..., d] are of the data."""
        return network(1).apply(params["discriminator"], x)[..., 0]

    def warped(self, params: Any, x: jax.Array) -> jax.Array:
        """W [..., z + 1] at points [..., d]."""
        off = self.warp * jax.nn.sigmoid(-self.score(params, x))[..., None]
        code = network(self.latent).apply(params["encoder"], x)
        return jnp.concatenate([code * jnp.exp(off), STEEP * off], axis=-1)

    def curve(self, params: Any, start: jax.Array, end: jax.Array, s: jax.Array) -> jax.Array:
        """c [t, p, d] of pairs [p, d] at times [t]."""
        line = straight(start, end, s)
        times = jnp.broadcast_to(s[:, None, None], (*line.shape[:2], 1))
        both = jnp.concatenate([start, end], axis=-1)
        ends = jnp.broadcast_to(both[None, :, :], (len(s), *both.shape))
        bend = network(self.spec.dims).apply(params["curve"], jnp.concatenate([ends, times], axis=-1))
        return line + (1 - (2 * times - 1) ** 2) * bend

    def update(self, state: State, batch: PathBatch, key: jax.Array) -> State:
        x, graph = of_rows(self.given, batch.rows)
        inner = (jnp.arange(TIMES, dtype=jnp.float32) + jax.random.uniform(key, (TIMES,))) / TIMES
        times = jnp.concatenate([jnp.zeros(1), inner, jnp.ones(1)])
        negative = x + self.negative * self.given.points.std() * batch.noise

        def loss(params: Any) -> jax.Array:
            codes = network(self.latent).apply(params["encoder"], x)
            apart = distance_loss(codes, graph, scaled(self.given))
            told = jax.nn.softplus(-self.score(params, x)).mean() + jax.nn.softplus(self.score(params, negative)).mean()
            image = self.warped(jax.lax.stop_gradient(params), self.curve(params, batch.start, batch.end, times))
            return apart + told / 2 + lengths(jnp.diff(image, axis=0)).sum(0).mean()

        slope = jax.grad(loss)(state.params)
        params, moments = optim.descend(optim.adam(self.lr, self.steps), slope, state.moments, state.params)
        return State(params=params, moments=moments)

    def interpolate(self, state: State, start: jax.Array, end: jax.Array, s: jax.Array) -> jax.Array:
        return self.curve(state.params, start, end, s)
