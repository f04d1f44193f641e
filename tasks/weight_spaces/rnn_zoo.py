"""Recurrent networks that shall recall the sign of their first input, and how often each does.

Isolates what recurrence does to a symmetry: rows and columns of the recurrent weights are permuted together. All
networks have six units and see the same batches; they differ in their start (normal weights of a gain between 0.5 and
1.5), in their rate (log-uniform) and in how many updates they get. The first input is the sign, noise follows.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.blocks.random import normals, uniforms
from toybench.tasks.weight_spaces import Examples, Nets, Spec
from toybench.tasks.weight_spaces._zoo import METRICS, Course, Labelled, World, ZooTask, along

AXES = (
    ("w_in", ("units",)),
    ("w_rec", ("units", "units")),
    ("bias", ("units",)),
    ("w_out", ("units",)),
    ("b_out", ()),
)
RATES = (-3.0, -1.2)  # log10 of the networks' rates, least and most: from hardly trained to trained


class RnnZoo(ZooTask):
    """Networks of one recurrent layer."""

    nets: int = 768  # to train on
    tested: int = 128  # to test on
    units: int = 6  # of a network
    lag: int = 8  # noisy inputs after the sign
    noise: float = 0.7  # their standard deviation
    updates: int = 50  # of a network, at most; at least a sixth of it

    steps = 800
    metrics = METRICS

    @property
    def spec(self) -> Spec:
        return Spec(kind="rnn", axes=AXES, layers=1, units=self.units, inputs=self.lag + 1)

    @property
    def counts(self) -> tuple[int, int, int]:
        return self.nets, self.tested, 0

    @property
    def course_length(self) -> tuple[int, int]:
        return self.updates, 16

    def population(self, key: jax.Array) -> tuple[Nets, Course]:
        for_weights, for_course = jax.random.split(key)
        count = sum(self.counts)
        width = (count, 1, self.units)
        drawn = normals(for_weights, w_in=width, w_rec=(*width, self.units), w_out=width)
        dice = uniforms(for_course, gain=(count,), rate=(count,), updates=(count,))
        gain = 0.5 + dice["gain"]
        weights = {
            "w_in": along(gain, drawn["w_in"]) * drawn["w_in"],
            "w_rec": along(gain, drawn["w_rec"]) * drawn["w_rec"] / self.units**0.5,
            "bias": jnp.zeros(width),
            "w_out": along(gain, drawn["w_out"]) * drawn["w_out"] / self.units**0.5,
            "b_out": jnp.zeros((count, 1)),
        }
        nets = Nets(weights=weights, mask=jax.tree.map(jnp.ones_like, weights), residual=jnp.zeros((count, 1)))
        rate = 10 ** (RATES[0] + (RATES[1] - RATES[0]) * dice["rate"])
        return nets, Course(rate=rate, updates=self.updates * (1 + 5 * dice["updates"]) / 6)

    def label(self, key: jax.Array, count: int) -> Labelled:
        drawn = normals(key, x=(count, self.lag + 1))["x"]
        sign = jnp.where(drawn[:, :1] > 0, 1.0, -1.0)
        return Labelled(x=jnp.concatenate([sign, self.noise * drawn[:, 1:]], axis=1), y=sign[:, 0])

    def trim(self, zoo: Examples) -> Examples:
        return zoo

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        return self.judge(world, key, learner)
