"""Forecast the load of a network's links, hour by hour, through the failure of the busiest link.

Isolates sudden concept drift: routes change within an hour, and many links then carry other loads than any seen before.
8 nodes on a ring with 3 chords, gravity demands with daily, half-daily and weekly waves and 5% noise, shortest paths.
The learner is trained on 18 days in 400 steps of 32 windows of 24 hours, and then deployed for 10 days: it forecasts
every hour before it sees it. The link fails after 2 of them; whether to learn on is the learner's choice. Loads are in
standard deviations of the first 18 days.
"""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.tasks.continual._forecasts import Forecaster, ForecastSpec, Traffic

NODES, CHORDS = 8, 3
TRAINED, FAILS, HOURS = 432, 480, 672  # hours at which deployment starts, the link fails, and all ends
RECENT = 120  # hours of the past shown while live


class World(NamedTuple):
    """Standardised loads [l, hours], how far each link's mean shifts [l], the training picks [steps, b, 2]; and what
    moves: the step, and the absolute errors made while live [hours - trained, l]."""

    load: jax.Array
    shift: jax.Array
    picks: jax.Array
    step: jax.Array
    error: jax.Array


class LinkLoadDrift(Task):
    """The failed link itself is left out: 20 directed links remain."""

    drastic: float = 3.0  # shift of a link's mean from which on it is drastic, in standard deviations
    window: int = 24  # hours that a forecast may look at
    batch: int = 32  # windows a training step

    training = 400  # steps before deployment
    interface = Forecaster
    kind = "interactive"
    steps = 640
    checkpoints = 4
    metrics = {
        "drastic_mae": Metric("min", "absolute error on drastically shifted links, 8 days from the failure, in sd"),
        "first_day_mae": Metric("min", "the same in the first 24 hours from the failure"),
        "mild_mae": Metric("min", "absolute error on the other links, 8 days from the failure, in sd"),
        "pre_drift_mae": Metric("min", "absolute error on all links in the 2 days of deployment before the failure"),
    }

    @property
    def spec(self) -> ForecastSpec:
        return ForecastSpec(window=self.window, links=2 * (NODES + CHORDS) - 2, training=self.training)

    def sample(self, key: jax.Array) -> World:
        """A network, its demands, and the loads before and after the busiest link fails."""
        a, b, c = jax.random.split(key, 3)
        n, k = NODES, NODES + CHORDS
        start, end, weight = wiring(jax.random.uniform(a, (n * n + k,)))
        routes = routing(start, end, weight)
        demand = demands(jax.random.normal(b, (5 * n + HOURS * n * n,)))
        load = demand @ routes.T  # [hours, 2k]
        busiest = jnp.argmax(load[:TRAINED].mean(0).reshape(2, k).sum(0))
        after = demand @ routing(start, end, weight.at[busiest].set(1e3)).T
        load = jnp.where((jnp.arange(HOURS) < FAILS)[:, None], load, after)
        left = jnp.argsort(jnp.tile(jnp.arange(k) == busiest, 2))[: 2 * k - 2]  # argsort is stable: False first
        load = load[:, left].T
        mean, sd = (f(load[:, :TRAINED], axis=1, keepdims=True) for f in (jnp.mean, jnp.std))
        load = (load - mean) / sd
        return World(
            load=load,
            shift=jnp.abs(load[:, FAILS:].mean(1) - load[:, :FAILS].mean(1)),
            picks=jax.random.uniform(c, (self.training, self.batch, 2)),
            step=jnp.zeros((), jnp.int32),
            error=jnp.zeros((HOURS - TRAINED, len(left))),
        )

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Traffic]:
        """Windows of the past at random; once live, the hour is forecast and scored before it is shown."""
        live = world.step >= self.training
        hour = jnp.clip(world.step - self.training, 0, HOURS - TRAINED - 1)
        pick = world.picks[jnp.minimum(world.step, self.training - 1)]
        link = (pick[:, 0] * len(world.load)).astype(jnp.int32)
        first = (pick[:, 1] * (TRAINED - self.window)).astype(jnp.int32)
        span = world.load[link[:, None], first[:, None] + jnp.arange(self.window + 1)[None, :]]
        error = jax.lax.cond(
            live, lambda: world.error.at[hour].set(self.errors(world, learner, hour)), lambda: world.error
        )
        batch = Traffic(
            window=span[:, :-1],
            target=span[:, -1],
            live=live,
            hour=hour,
            recent=jax.lax.dynamic_slice_in_dim(world.load, TRAINED + hour - RECENT + 1, RECENT, axis=1),
        )
        return world._replace(step=world.step + 1, error=error), batch

    def errors(self, world: World, learner: Any, hour: jax.Array) -> jax.Array:
        """Absolute error of every link's forecast for an hour of deployment, [l]."""
        at = TRAINED + hour
        window = jax.lax.dynamic_slice_in_dim(world.load, at - self.window, self.window, axis=1)
        return jnp.abs(learner.forecast(window) - world.load[:, at])

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        hours = jnp.arange(HOURS - TRAINED)
        fresh = jax.vmap(lambda h: self.errors(world, learner, h))(hours)  # as if deployed unchanged from now on
        error = jnp.where((hours < world.step - self.training)[:, None], world.error, fresh)
        drastic = (world.shift >= jnp.minimum(self.drastic, world.shift.max())).astype(error.dtype)
        mild = 1 - drastic
        after = error[FAILS - TRAINED :]
        return {
            "drastic_mae": (after @ drastic).mean() / drastic.sum(),
            "first_day_mae": (after[:24] @ drastic).mean() / drastic.sum(),
            "mild_mae": (after @ mild).mean() / jnp.maximum(mild.sum(), 1.0),
            "pre_drift_mae": error[: FAILS - TRAINED].mean(),
        }

    def floor(self, world: World) -> Any:
        """The mean of the first 18 days."""
        return SimpleNamespace(forecast=lambda window: jnp.zeros(len(window)))


def wiring(uniform: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Ends int32 [k] and lengths [k] of the ring's links and of random chords; uniform [n * n + k]."""
    n = NODES
    i, j = jnp.divmod(jnp.arange(n * n), n)
    chord = (j > i + 1) & ~((i == 0) & (j == n - 1))
    picked = jnp.argsort(jnp.where(chord, uniform[: n * n], 2.0))[:CHORDS]
    ring = jnp.arange(n)
    start = jnp.concatenate([ring, i[picked]])
    end = jnp.concatenate([(ring + 1) % n, j[picked]])
    return start, end, 0.8 + 0.4 * uniform[n * n :]  # a direct link is the shortest way, and ties don't happen


def routing(start: jax.Array, end: jax.Array, weight: jax.Array) -> jax.Array:
    """Which directed links [2k] the shortest path of every ordered pair [n * n] takes: 0 or 1."""
    n = NODES
    a, b, w = jnp.concatenate([start, end]), jnp.concatenate([end, start]), jnp.tile(weight, 2)
    distance = jnp.where(jnp.eye(n, dtype=bool), 0.0, jnp.full((n, n), 1e3).at[a, b].set(w))
    for _ in range(3):  # paths of up to 8 links
        distance = (distance[:, :, None] + distance[None, :, :]).min(1)
    through = distance[:, a].T[:, :, None] + w[:, None, None] + distance[b][:, None, :]  # [2k, from, to]
    return (jnp.abs(through - distance[None]) < 1e-4).astype(jnp.float32).reshape(2 * len(start), n * n)


def demands(normal: jax.Array) -> jax.Array:
    """Traffic of every ordered pair in every hour, [hours, n * n]: sizes of both ends times the source's waves."""
    n, hour = NODES, jnp.arange(HOURS, dtype=jnp.float32)
    size = jnp.exp(0.5 * normal[:n])
    wave = jnp.ones((HOURS, n))
    for i, (period, height) in enumerate(((24.0, 0.4), (12.0, 0.2), (168.0, 0.15))):
        phase = normal[(i + 1) * n : (i + 2) * n]  # time zones: about a radian apart
        wave = wave + height * jnp.sin(2 * jnp.pi * hour[:, None] / period + phase[None, :])
    flow = wave[:, :, None] * (size[:, None] * size[None, :] * (1 - jnp.eye(n)))[None]
    noise = 1 + 0.05 * normal[5 * n :].reshape(HOURS, n * n)
    return flow.reshape(HOURS, n * n) * noise
