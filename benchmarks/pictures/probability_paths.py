"""The best schedules of three data sets, and one law reached on two ways."""

from dataclasses import replace
from typing import Any

import altair as alt
import jax
import jax.numpy as jnp
import numpy as np

from toybench.reporting import drawing
from toybench.tasks.probability_paths.exact_flow import chord
from toybench.tasks.probability_paths.score_perturbation import probability_flow, runge_kutta, times

DIMS = (2, 32, 128)
POINTS = 60  # along a schedule
SHOWN = 8  # particles whose ways are drawn


def exact_flow(task: Any, draw: Any) -> Any:
    """Signal against noise on the path of least energy: it comes near the straight line as dimensions grow."""
    clock = jnp.linspace(0, 1, POINTS)

    def best(key: Any, dim: int) -> Any:
        lengths = replace(task, dim=dim, particles=256).sample(key).lengths
        at = jax.vmap(lambda t: chord(lengths, t))(clock)
        return jnp.stack([at.alpha, at.sigma], -1)

    schedules = [np.asarray(draw(lambda key, dim=dim: best(key, dim))) for dim in DIMS]
    schedules.append(np.stack([np.asarray(clock), 1 - np.asarray(clock)], -1))
    names = [*(f"least energy, {dim} dimensions" for dim in DIMS), "straight"]
    places = np.concatenate(schedules)
    data = drawing.rows(
        signal=places[:, 0], noise=places[:, 1], order=np.tile(np.arange(POINTS), 4), path=np.repeat(names, POINTS)
    )
    return (
        drawing.base(data)
        .mark_line()
        .encode(
            x=alt.X("signal:Q", title="signal"),
            y=alt.Y("noise:Q", title="noise"),
            order="order:Q",
            color=alt.Color("path:N", title=None, sort=names),
        )
        .properties(width=300, height=300)
    )


def score_perturbation(task: Any, draw: Any) -> Any:
    """The same noise carried to the same law by the exact score, and with a rotation of the score added."""

    def ways(key: Any) -> Any:
        world = task.sample(key)
        clock = times()
        turn = jnp.asarray([[0.0, 1.0], [-1.0, 0.0]])

        def follow(strength: float) -> Any:
            class Turned:
                def extra(self, score: jax.Array) -> jax.Array:
                    return strength * score @ turn

            def step(x: jax.Array, ends: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
                x = x + runge_kutta(lambda x, t: probability_flow(world.data, Turned(), x, t), x, *ends)
                return x, x

            return jax.lax.scan(step, world.start[:SHOWN], (clock[:-1], clock[1:]))[1]

        return jnp.stack([follow(0.0), follow(0.5)])

    paths = np.asarray(draw(ways))
    field, step, particle = np.indices(paths.shape[:3]).reshape(3, -1)
    names = np.array(["exact score", "with a gauge field"])
    data = drawing.rows(
        x=paths[..., 0].ravel(), y=paths[..., 1].ravel(), step=step, particle=particle, field=names[field]
    )
    return (
        drawing.base(data)
        .mark_line(strokeWidth=1)
        .encode(
            x=alt.X("x:Q", title=None),
            y=alt.Y("y:Q", title=None),
            order="step:Q",
            detail="particle:N",
            color=alt.Color("field:N", title=None),
        )
        .properties(width=300, height=300)
    )
