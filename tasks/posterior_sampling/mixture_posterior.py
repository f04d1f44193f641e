"""Draw from the exact posterior of a Gaussian mixture given a few noisy measurements of a point.

Isolates how guidance approximates a posterior: the prior's denoiser is exact at every noise level, and so is the
posterior, so that no distance is due to a network. The prior has 8 components N(mean, 0.2^2) in 8 dimensions with
standard normal means. `mask` shows 3 coordinates, which leaves a mixture; `abs` shows the absolute values along 3
random directions, which leaves up to 8 signs for each component. Measurements carry noise of 0.1.

With orthonormal rows R, s^2 = 0.2^2 and a sign pattern e the posterior is a mixture over components k and patterns e,

    weight w_k N(e y; R mu_k, s^2 + noise^2)    mean mu_k + R^T s^2 / (s^2 + noise^2) (e y - R mu_k)

with variance s^2 across the rows and s^2 noise^2 / (s^2 + noise^2) along them. For `abs` a draw x then has the weight
prod_j sigmoid(2 y_j |R x|_j / noise^2), near 1, as y stands for one sign at a time. Learners are told the mixture; a
measurement error is the rms distance of the measured samples to y, less that of exact samples.
"""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from toybench import Metric, Task
from toybench.blocks import distances, mixture, smc
from toybench.blocks.mixture import Mixture
from toybench.blocks.random import normals
from toybench.tasks.posterior_sampling import Calls, Measured, MeasuredSpec, Pairs, Posterior

BATCH = 128  # pairs a step
SPARE = 2  # candidates for each exact sample


class World(NamedTuple):
    """The prior with its operator, measurements y [q, m], exact samples [q, r, d] and their rms error [q]."""

    problem: Measured
    y: jax.Array
    exact: jax.Array
    error: jax.Array


class MixturePosterior(Task):
    """Sixteen measurements, 64 samples each."""

    operator: str = "mask"  # `mask` or `abs`
    calls: int = 100  # evaluations of the denoiser for a sample, at most
    dims: int = 8
    components: int = 8  # of the prior
    measured: int = 3  # numbers of a measurement
    std: float = 0.2  # of a component
    noise: float = 0.1  # standard deviation of a measurement
    measurements: int = 16  # asked about
    samples: int = 64  # for each

    interface = Posterior
    steps = 1500
    checkpoints = 1
    metrics = {
        "posterior_distance": Metric("min", "squared energy distance to exact posterior samples"),
        "measurement_error": Metric("zero", "rms distance of measured samples to y, less that of exact samples"),
        "network_calls": Metric("info", "evaluations of the denoiser, or of the learner's own network, a sample"),
        "vjp_calls": Metric("info", "vector-Jacobian products through it a sample"),
    }

    @property
    def spec(self) -> MeasuredSpec:
        return MeasuredSpec(dims=self.dims, measured=self.measured, operator=self.operator, calls=self.calls)

    def sample(self, key: jax.Array) -> World:
        """Means, directions, measured points and exact posteriors."""
        world, points, exact = jax.random.split(key, 3)
        drawn = normals(world, means=(self.components, self.dims), rows=(self.dims, self.measured))
        rows = jnp.eye(self.measured, self.dims)
        if self.operator == "abs":
            rows = jnp.linalg.qr(drawn["rows"])[0].T
        prior = Mixture(
            weights=jnp.full(self.components, 1 / self.components), means=drawn["means"], std=jnp.asarray(self.std)
        )
        problem = Measured(prior=prior, rows=rows, noise=jnp.asarray(self.noise))
        y = self.pairs(problem, points, self.measurements).y
        keys = jax.random.split(exact, self.measurements)
        samples = jax.vmap(lambda one, k: self.posterior(problem, one, k, 4 * self.samples))(y, keys)
        return World(problem=problem, y=y, exact=samples, error=self.misfit(problem, samples, y))

    def given(self, world: World) -> Measured:
        """The prior, the directions and the noise."""
        return world.problem

    def pairs(self, problem: Measured, key: jax.Array, count: int) -> Pairs:
        """Points of the prior with their measurements."""
        a, b = jax.random.split(key)
        x, _ = mixture.sample(problem.prior, a, count)
        noise = problem.noise * jax.random.normal(b, (count, self.measured))
        return Pairs(x=x, y=problem.operate(self.operator, x) + noise)

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Pairs]:
        return world, self.pairs(world.problem, key, BATCH)

    def patterns(self, problem: Measured, y: jax.Array) -> Mixture:
        """The posterior of y [m] as a mixture over signs and components; each std [k, m] is along the rows."""
        signs = jnp.ones((1, self.measured))
        if self.operator == "abs":
            signs = jnp.asarray(1.0 - 2.0 * (np.arange(2**self.measured)[:, None] >> np.arange(self.measured) & 1))
            signs = signs.astype(y.dtype)
        miss = (signs * y[None, :])[:, None, :] - (problem.prior.means @ problem.rows.T)[None, :, :]  # [e, k, m]
        spread = self.std**2 + self.noise**2
        logits = jnp.log(problem.prior.weights)[None, :] - 0.5 * (miss**2).sum(-1) / spread
        means = problem.prior.means[None, :, :] + self.std**2 / spread * miss @ problem.rows
        return Mixture(
            weights=jax.nn.softmax(logits.ravel()),
            means=means.reshape(-1, self.dims),
            std=jnp.asarray(self.std * self.noise / spread**0.5),
        )

    def posterior(self, problem: Measured, y: jax.Array, key: jax.Array, count: int) -> jax.Array:
        """`count` exact samples [n, d] given y [m]."""
        a, b = jax.random.split(key)
        law = self.patterns(problem, y)
        candidates = SPARE * count
        uniforms = jax.random.uniform(a, (candidates + 1,))
        component = jnp.searchsorted(jnp.cumsum(law.weights), uniforms[1:] * law.weights.sum(), method="compare_all")
        component = jnp.minimum(component, law.weights.shape[0] - 1)
        noise = jax.random.normal(b, (candidates, self.dims))
        along = noise @ problem.rows.T @ problem.rows
        x = law.means[component] + self.std * (noise - along) + law.std * along
        if self.operator == "abs":
            lean = 2 * y[None, :] * problem.operate("abs", x) / self.noise**2
            log_weights = jax.nn.log_sigmoid(lean).sum(-1)
        else:
            log_weights = jnp.zeros(candidates)
        return x[smc.systematic(log_weights, uniforms[0], count)]

    def misfit(self, problem: Measured, samples: jax.Array, y: jax.Array) -> jax.Array:
        """Rms distance [q] of the measured samples [q, n, d] to y [q, m]."""
        residual = problem.operate(self.operator, samples) - y[:, None, :]
        return jnp.sqrt((residual**2).mean((1, 2)))

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        keys = jax.random.split(key, self.measurements)
        samples = jax.vmap(lambda y, k: learner.sample(y, k, self.samples))(world.y, keys)
        calls = learner.calls()
        return {
            "posterior_distance": jax.vmap(distances.energy_distance)(samples, world.exact).mean(),
            "measurement_error": (self.misfit(world.problem, samples, world.y) - world.error).mean(),
            "network_calls": calls.network,
            "vjp_calls": calls.vjp,
        }

    def floor(self, world: World) -> Any:
        """Ignores the measurement."""
        return self._reference(lambda y, key, count: mixture.sample(world.problem.prior, key, count)[0])

    def oracle(self, world: World) -> Any:
        """Draws from the exact posterior."""
        return self._reference(lambda y, key, count: self.posterior(world.problem, y, key, count))

    def _reference(self, sample: Any) -> Any:
        return SimpleNamespace(sample=sample, calls=lambda: Calls(network=jnp.zeros(()), vjp=jnp.zeros(())))
