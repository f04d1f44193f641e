"""Functions of time, seen at few irregular times.

Isolates which noise a diffusion of functions is built on. A function is a sum of 24 sine modes, either around
sin(pi t) or around its negative, with normal coefficients whose variance falls as k^-power; it is shown at 16 random
times. Functions are asked at 16 other times, at 64 times of which the same 16 are judged, and where 8 of 16 values are
known. The exact law and the exact conditional law are known.

    x(t) = sqrt(2) sum_k c_k sin(pi k t),    c_k = +-1 [k = 1] + (1/2) k^(-power/2) n_k
"""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.scipy.special import ndtri

from toybench import Metric, Task
from toybench.blocks.distances import energy_distance
from toybench.blocks.random import uniforms
from toybench.tasks.process_generation import Functions, FunctionSpec, Seen

MODES = 24  # sine modes
CENTRE = 1.0  # coefficient of the first mode around which a component lies
SPREAD = 0.5  # standard deviation of the first coefficient
CLIP = 1e-6  # uniform numbers that become normal ones stay this far from 0 and 1
JITTER = 1e-5  # variance added to covariance matrices that are inverted


class World(NamedTuple):
    """Times of judged values [m] and those with more between them [4 m], the places of the former among the latter,
    true values [n, 4 m]; functions to be completed [q, m], and the order [m] of their times, known ones first."""

    times: jax.Array
    fine: jax.Array
    place: jax.Array
    truth: jax.Array
    partial: jax.Array
    order: jax.Array


class FunctionDraws(Task):
    """Generate functions, and complete them."""

    power: float = 4.0  # the coefficients' variances fall as k^-power, above 1
    calls: int = 20  # network calls allowed for a function
    points: int = 16  # times of a training function
    asked: int = 256  # functions asked
    completed: int = 32  # functions to be completed
    each: int = 16  # completions of each
    batch: int = 16  # functions a step

    interface = Functions
    steps = 1000
    checkpoints = 1
    metrics = {
        "distance": Metric("min", "energy distance of functions at 16 times from true ones, squared, a time"),
        "distance_fine": Metric("min", "the same at the same times for functions drawn at 64 times"),
        "fine_loss": Metric("min", "what the 48 times more add to the distance"),
        "roughness_error": Metric("min", "|log| of the mean squared increment between 64 times, over the true one"),
        "crps_impute": Metric("min", "continuous ranked probability score of 8 unknown values of 16"),
    }

    @property
    def spec(self) -> FunctionSpec:
        return FunctionSpec(points=self.points, calls=self.calls)

    def functions(self, side: jax.Array, uniform: jax.Array, times: jax.Array) -> jax.Array:
        """Values [n, m] of functions at times [n, m] or [1, m], from uniform numbers [n] and [n, MODES]."""
        first = jnp.arange(MODES) == 0
        centre = jnp.where(side < 0.5, -CENTRE, CENTRE)[:, None] * first.astype(jnp.float32)[None, :]
        normal = ndtri(jnp.clip(uniform, CLIP, 1 - CLIP))
        return ((centre + self.deviations()[None, :] * normal)[:, None, :] * sines(times)).sum(-1)

    def deviations(self) -> jax.Array:
        """Standard deviations [MODES] of the coefficients."""
        return SPREAD * jnp.arange(1.0, MODES + 1) ** (-self.power / 2)

    def sample(self, key: jax.Array) -> World:
        """Times, true functions, and functions to be completed."""
        m = self.points
        u = uniforms(
            key,
            times=(m,),
            between=(3 * m,),
            side=(self.asked + self.completed,),
            noise=(self.asked + self.completed, MODES),
            order=(m,),
        )
        times = jnp.sort(u["times"])
        fine = jnp.sort(jnp.concatenate([times, u["between"]]))
        place = jnp.searchsorted(fine, times)
        values = self.functions(u["side"], u["noise"], fine[None, :])
        return World(
            times=times,
            fine=fine,
            place=place,
            truth=values[: self.asked],
            partial=values[self.asked :, place],
            order=jnp.argsort(u["order"]),
        )

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Seen]:
        """Functions at random times of their own."""
        u = uniforms(key, times=(self.batch, self.points), side=(self.batch,), noise=(self.batch, MODES))
        times = jnp.sort(u["times"], -1)
        return world, Seen(values=self.functions(u["side"], u["noise"], times), times=times)

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        for_few, for_many, for_rest = jax.random.split(key, 3)
        half = self.points // 2
        known = jnp.zeros(self.points, bool).at[world.order[:half]].set(True)
        few = learner.generate(for_few, self.asked, world.times)
        many = learner.generate(for_many, self.asked, world.fine)
        partial = jnp.repeat(world.partial, self.each, 0)
        filled = learner.impute(for_rest, partial, world.times, known)[:, world.order[half:]]
        distance = self.apart(few, world.truth[:, world.place])
        fine = self.apart(many[:, world.place], world.truth[:, world.place])
        return {
            "distance": distance,
            "distance_fine": fine,
            "fine_loss": fine - distance,
            "roughness_error": jnp.abs(jnp.log(roughness(many) / roughness(world.truth))),
            "crps_impute": crps(filled.reshape(-1, self.each, half), world.partial[:, world.order[half:]]),
        }

    def apart(self, found: jax.Array, truth: jax.Array) -> jax.Array:
        """Energy distance of values [n, m], so scaled that it doesn't grow with m."""
        return energy_distance(found / self.points**0.5, truth / self.points**0.5)

    def floor(self, world: World) -> Any:
        """Independent standard normal values."""
        return SimpleNamespace(
            generate=lambda key, count, times: jax.random.normal(key, (count, times.shape[0])),
            impute=lambda key, values, times, known: jax.random.normal(key, values.shape),
        )

    def oracle(self, world: World) -> Any:
        """The law that the functions come from."""

        def generate(key: jax.Array, count: int, times: jax.Array) -> jax.Array:
            u = uniforms(key, side=(count,), noise=(count, MODES))
            return self.functions(u["side"], u["noise"], times[None, :])

        def impute(key: jax.Array, values: jax.Array, times: jax.Array, known: jax.Array) -> jax.Array:
            u = uniforms(key, side=values.shape[:1], noise=values.shape)
            seen = world.order[: self.points // 2]
            return self.conditional(u, values, times, seen)

        return SimpleNamespace(generate=generate, impute=impute)

    def conditional(self, u: dict[str, jax.Array], values: jax.Array, times: jax.Array, seen: jax.Array) -> jax.Array:
        """Draws [n, m] from the law given the values at the places `seen`."""
        modes = sines(times[None, :])[0]
        covariance = (modes * self.deviations()[None, :] ** 2) @ modes.T + JITTER * jnp.eye(times.shape[0])
        centre = CENTRE * modes[:, 0]
        across = jnp.linalg.solve(covariance[seen][:, seen], covariance[seen]).T  # [m, seen]
        rest = covariance - across @ covariance[seen] + JITTER * jnp.eye(times.shape[0])
        evidence = values[:, seen] @ jnp.linalg.solve(covariance[seen][:, seen], centre[seen])
        upper = jax.nn.sigmoid(2 * evidence)  # p(+) / p(-) = exp(2 x' K^-1 m)
        side = jnp.where(u["side"] < upper, 1.0, -1.0)[:, None]
        mean = side * centre[None, :] + (values[:, seen] - side * centre[None, seen]) @ across.T
        normal = ndtri(jnp.clip(u["noise"], CLIP, 1 - CLIP))
        return mean + normal @ jnp.linalg.cholesky(rest).T


def sines(times: jax.Array) -> jax.Array:
    """Modes sqrt(2) sin(pi k t) [..., MODES] at times [...]."""
    k = jnp.arange(1.0, MODES + 1).reshape((1,) * times.ndim + (MODES,))
    return 2**0.5 * jnp.sin(jnp.pi * k * times[..., None])


def roughness(values: jax.Array) -> jax.Array:
    """Mean squared increment between neighbouring times of values [n, m]."""
    return (jnp.diff(values, axis=-1) ** 2).mean()


def crps(drawn: jax.Array, truth: jax.Array) -> jax.Array:
    """Continuous ranked probability score of draws [q, k, m] for values [q, m], mean; pairs without bias."""
    count = drawn.shape[1]
    error = jnp.abs(drawn - truth[:, None]).mean()
    pairs = jnp.abs(drawn[:, :, None] - drawn[:, None, :]).sum((1, 2)).mean() / (count * (count - 1))
    return error - 0.5 * pairs
