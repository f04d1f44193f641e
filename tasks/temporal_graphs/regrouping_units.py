"""Find which units move together, and when, where the same units regroup.

Isolates why time belongs into the factorisation: 40 units come in quarters 0, 1, 2, 3. Quarters {0, 1} and {2, 3}
share a signal in the first half of the time, {0, 2} and {1, 3} in the second. The mean over time is a sum of all four
groups, which factors can take apart while noise is small. Three animals have the same units and groups, and signals
and noise of their own. A trace is

    snr signal_of_its_group(t) + N(0, 1),   signal: AR(1) with coefficient 0.95 and variance 1

over 600 steps. What a learner is given are affinities exp(-mean squared difference of standardised traces) of all pairs
in windows of 20 steps, every 10. It answers with groups and their activity. Each true group is matched with one answer,
such that the sum of the areas under the membership curves is largest; the time course of the same answers is then
correlated with the true one.
"""

import itertools
from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from toybench import Metric, Task
from toybench.blocks import probes
from toybench.blocks.random import normals
from toybench.tasks.temporal_graphs import Communities, GroupSpec

GROUPS = ((0, 1), (2, 3), (0, 2), (1, 3))  # quarters of each; the first two are active in the first half
BLIND = 0.5  # area under the curve of a group that was not found


class World(NamedTuple):
    """Affinities [t, a, n, n], memberships [4, n] and activity [4, t] of the true groups."""

    affinities: jax.Array
    members: jax.Array
    active: jax.Array


class RegroupingUnits(Task):
    """Forty units of three animals, four groups of twenty."""

    snr: float = 0.7  # standard deviation of the signal over that of the noise
    units: int = 40
    animals: int = 3
    times: int = 600
    window: int = 20  # steps
    stride: int = 10  # steps from one window to the next
    memory: float = 0.95  # of a signal, from step to step

    interface = Communities
    steps = 0
    checkpoints = 0
    metrics = {
        "membership_auc": Metric("max", "area under the curve of a true group's members, mean over groups"),
        "time_correlation": Metric("max", "correlation of a group's activity with the truth, mean over groups"),
    }

    @property
    def windows(self) -> int:
        """How many there are."""
        return (self.times - self.window) // self.stride + 1

    @property
    def spec(self) -> GroupSpec:
        return GroupSpec(units=self.units, animals=self.animals, windows=self.windows)

    def sample(self, key: jax.Array) -> World:
        """Signals, traces and their affinities."""
        drawn = normals(
            key,
            signal=(self.animals, len(GROUPS), self.times),
            noise=(self.animals, self.units, self.times),
        )
        lag = np.arange(self.times)[:, None] - np.arange(self.times)[None, :]
        power = jnp.where(jnp.asarray(lag) >= 0, self.memory ** jnp.maximum(jnp.asarray(lag, jnp.float32), 0.0), 0.0)
        first = jnp.asarray(np.arange(self.times) == 0)
        scale = jnp.where(first, 1.0, (1 - self.memory**2) ** 0.5)  # stationary from the first step on
        signals = (drawn["signal"] * scale[None, None, :]) @ power.T
        quarter = np.arange(self.units) * 4 // self.units
        members = jnp.asarray(np.array([np.isin(quarter, group) for group in GROUPS]), jnp.float32)
        later = np.arange(self.times) >= self.times // 2
        active = jnp.asarray(np.array([~later, ~later, later, later]), jnp.float32)
        traces = self.snr * jnp.einsum("agt,gt,gn->ant", signals, active, members) + drawn["noise"]
        return World(
            affinities=self.affinities(traces),
            members=members,
            active=self.cut(active).mean(-1),
        )

    def cut(self, x: jax.Array) -> jax.Array:
        """Windows [..., t, window] of series [..., times]."""
        place = np.arange(self.windows)[:, None] * self.stride + np.arange(self.window)[None, :]
        return x[..., place]

    def affinities(self, traces: jax.Array) -> jax.Array:
        """exp(-mean squared difference) in every window, [t, a, n, n], of traces [a, n, times]."""
        z = traces - traces.mean(-1, keepdims=True)
        z = z / jnp.sqrt((z**2).mean(-1, keepdims=True))
        windows = jnp.moveaxis(self.cut(z), 2, 0)  # [t, a, n, window]
        squares = (windows**2).mean(-1)
        products = windows @ jnp.swapaxes(windows, -1, -2) / self.window
        return jnp.exp(-jnp.maximum(squares[..., :, None] + squares[..., None, :] - 2 * products, 0.0))

    def given(self, world: World) -> jax.Array:
        """The affinities."""
        return world.affinities

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        found, activity = learner.groups()
        curves = jax.vmap(lambda truth: jax.vmap(lambda scores: probes.auc(scores, truth))(found.T))(world.members)
        rises = jax.vmap(lambda truth: jax.vmap(lambda course: correlation(course, truth))(activity.T))(world.active)
        missing = max(len(GROUPS) - found.shape[1], 0)
        curves = jnp.pad(curves, ((0, 0), (0, missing)), constant_values=BLIND)
        rises = jnp.pad(rises, ((0, 0), (0, missing)))
        orders = np.array(list(itertools.permutations(range(curves.shape[1]), len(GROUPS))))
        each = np.arange(len(GROUPS))[None, :]
        best = jnp.asarray(orders)[curves[each, orders].sum(1).argmax()]
        return {
            "membership_auc": curves[each[0], best].mean(),
            "time_correlation": rises[each[0], best].mean(),
        }

    def floor(self, world: World) -> Any:
        """One group of all units, at all times."""
        answer = (jnp.ones((self.units, 1)), jnp.ones((self.windows, 1)))
        return SimpleNamespace(groups=lambda: answer)

    def oracle(self, world: World) -> Any:
        """The true groups."""
        return SimpleNamespace(groups=lambda: (world.members.T, world.active.T))


TINY = 1e-6  # a spread below it is rounding


def correlation(a: jax.Array, b: jax.Array) -> jax.Array:
    """Pearson's, of two series [t]; 0 where one is constant."""
    first = a - a.mean()
    second = b - b.mean()
    scale = jnp.sqrt((first**2).sum() * (second**2).sum())
    return jnp.where(scale > TINY, (first * second).sum() / jnp.where(scale > TINY, scale, 1.0), 0.0)
