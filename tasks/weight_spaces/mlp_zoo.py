"""Feed-forward networks of mixed architectures, and how well each tells two half-moons apart.

Isolates what a learner makes of mixed architectures: networks have one or two hidden layers of four to six units,
with or without residual links, with or without LayerNorm. All see the same batches of two interleaved half-moons; they
differ in their start, rate and number of updates. Networks of seven and eight units are asked about, too, and never
trained on.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Metric
from toybench.blocks.random import normals, uniforms
from toybench.tasks.weight_spaces import Examples, Nets, Spec
from toybench.tasks.weight_spaces._zoo import METRICS, Course, Labelled, World, ZooTask, along, explained

AXES = (("weight", ("before", "units")), ("bias", ("units",)), ("scale", ("units",)), ("shift", ("units",)))
HIDDEN = 2  # hidden layers, at most
NARROW = (4, 6)  # units of a network to train and test on, least and most
WIDE = (7, 8)  # and of one that is asked about only
RATES = (-2.5, -0.5)  # log10 of the networks' rates, least and most
OFFSET = (0.5, 0.25)  # of one moon from the middle of both, along the two axes: they interleave


class MlpZoo(ZooTask):
    """Networks of one or two hidden layers."""

    nets: int = 768  # to train on
    tested: int = 128  # to test on
    wider: int = 128  # of more units than any of these
    noise: float = 0.1  # standard deviation of points about the moons
    updates: int = 100  # of a network, at most; at least a sixth of it

    steps = 600
    metrics = {
        "r2": METRICS["r2"],
        "kendall_tau": METRICS["kendall_tau"],
        "r2_wider": Metric("max", "the same for networks of more units than any that was trained on"),
        "invariance_gap": METRICS["invariance_gap"],
    }

    @property
    def spec(self) -> Spec:
        return Spec(kind="mlp", axes=AXES, layers=HIDDEN + 1, units=WIDE[1], inputs=2)

    @property
    def counts(self) -> tuple[int, int, int]:
        return self.nets, self.tested, self.wider

    @property
    def course_length(self) -> tuple[int, int]:
        return self.updates, 16

    def population(self, key: jax.Array) -> tuple[Nets, Course]:
        for_weights, for_course = jax.random.split(key)
        count = sum(self.counts)
        one = (count,)
        dice = uniforms(for_course, depth=one, width=one, residual=one, norm=one, gain=one, rate=one, updates=one)
        wide = jnp.arange(count) >= count - self.wider
        depth = jnp.floor(HIDDEN * dice["depth"]) + 1
        narrow = jnp.floor(NARROW[0] + (NARROW[1] - NARROW[0] + 1) * dice["width"])
        width = jnp.where(wide, jnp.floor(WIDE[0] + (WIDE[1] - WIDE[0] + 1) * dice["width"]), narrow)
        mask = masks(depth, width, jnp.round(dice["norm"]))
        fan_in = jnp.maximum(mask["weight"].sum(2, keepdims=True), 1.0)
        noise = normals(for_weights, weight=mask["weight"].shape)["weight"]
        weights = {name: jnp.zeros_like(part) for name, part in mask.items()}
        weights["weight"] = along(0.5 + dice["gain"], noise) * noise * mask["weight"] / jnp.sqrt(fan_in)
        weights["scale"] = mask["scale"]
        layer = jnp.arange(HIDDEN + 1.0)[None, :]
        inner = (layer > 0) & (layer < depth[:, None])
        residual = (inner & (dice["residual"] < 0.5)[:, None]).astype(noise.dtype)
        rate = 10 ** (RATES[0] + (RATES[1] - RATES[0]) * dice["rate"])
        course = Course(rate=rate, updates=self.updates * (1 + 5 * dice["updates"]) / 6)
        return Nets(weights=weights, mask=mask, residual=residual), course

    def label(self, key: jax.Array, count: int) -> Labelled:
        drawn = normals(key, x=(count, 2), arc=(count, 2))
        turn = jnp.pi * jax.scipy.stats.norm.cdf(drawn["arc"][:, :1])  # uniform on half a circle
        sign = jnp.where(drawn["arc"][:, 1:] > 0, 1.0, -1.0)
        moon = jnp.concatenate([jnp.cos(turn) - OFFSET[0], jnp.sin(turn) - OFFSET[1]], axis=1)
        return Labelled(x=sign * moon + self.noise * drawn["x"], y=sign[:, 0])

    def trim(self, zoo: Examples) -> Examples:
        most = NARROW[1]
        cut = lambda part: part[:, :, :most, :most] if part.ndim == 4 else part[:, :, :most]  # noqa: E731
        weights = {name: cut(part) for name, part in zoo.nets.weights.items()}
        mask = {name: cut(part) for name, part in zoo.nets.mask.items()}
        return zoo._replace(nets=Nets(weights=weights, mask=mask, residual=zoo.nets.residual))

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        told = learner.predict(world.wider.nets)
        return {**self.judge(world, key, learner), "r2_wider": explained(world, told, world.wider.target)}


def masks(depth: jax.Array, width: jax.Array, norm: jax.Array) -> dict[str, jax.Array]:
    """1 where a network of `depth` hidden layers of `width` units, with `norm` 1 or 0, has a weight, [b, l, ...]."""
    layer = jnp.arange(HIDDEN + 1.0)[None, :]
    above = jnp.where(layer < depth[:, None], width[:, None], (layer == depth[:, None]).astype(width.dtype))
    below = jnp.concatenate([jnp.full_like(above[:, :1], 2.0), above[:, :-1]], axis=1)
    units = jnp.arange(float(WIDE[1]))[None, None, :]
    there = (units < above[:, :, None]).astype(width.dtype)
    source = (units < below[:, :, None]).astype(width.dtype)
    hidden = (layer < depth[:, None]).astype(width.dtype)
    normed = there * hidden[:, :, None] * norm[:, None, None]
    return {
        "weight": source[:, :, :, None] * there[:, :, None, :],
        "bias": there,
        "scale": normed,
        "shift": normed,
    }
