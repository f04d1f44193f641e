"""The data of each task, and the ways that noise takes to them."""

from functools import partial
from typing import Any

import altair as alt
import jax
import jax.numpy as jnp
import numpy as np

from toybench.blocks import diffusion, mixture
from toybench.reporting import drawing

SHOWN = 300  # points of a panel
WAYS = 20  # lines of a panel
CALLS = 8
FINE = 100  # steps of a line, of which every fifth is drawn


def planar_density(task: Any, draw: Any) -> Any:
    """Data, and what Euler's rule makes of noise with 8 calls of the exact field of each path; lines take 100 steps."""

    def follow(key: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
        world = task.sample(key)
        ends = []
        ways = []
        for path in ("ot", "cosine", "vp"):
            field = partial(exact_velocity, world.density, path)
            ends.append(diffusion.euler(field, world.start[:SHOWN], jnp.linspace(0.0, 1.0, CALLS + 1))[-1])
            ways.append(diffusion.euler(field, world.start[:WAYS], jnp.linspace(0.0, 1.0, FINE + 1))[::5])
        return world.fresh[:SHOWN], jnp.stack(ends), jnp.stack(ways)

    data, ends, ways = (np.asarray(a) for a in draw(follow))
    names = ["data", "straight path, 8 calls", "cosine path, 8 calls", "linear betas, 8 calls"]
    clouds = np.concatenate([data[None], ends])
    panel = np.repeat(names, SHOWN)
    points = drawing.rows(panel=panel, x=clouds[..., 0].ravel(), y=clouds[..., 1].ravel(), way=np.full(len(panel), -1))
    each, step, way = np.indices(ways.shape[:3]).reshape(3, -1)
    lines = drawing.rows(
        panel=np.array(names[1:])[each], x=ways[..., 0].ravel(), y=ways[..., 1].ravel(), way=way, step=step
    )
    x = alt.X("x:Q", axis=None, scale=alt.Scale(domain=[-3, 3], clamp=True))
    y = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[-3, 3], clamp=True))
    drawn = (
        alt.Chart()
        .mark_line(opacity=0.25, strokeWidth=1)
        .encode(x=x, y=y, detail="way:N", order="step:Q")
        .transform_filter("datum.way >= 0")
    )
    marks = alt.Chart().mark_circle(size=6, opacity=0.8).encode(x=x, y=y).transform_filter("datum.way < 0")
    layers = alt.layer(drawn, marks, data=alt.Data(values=[*points, *lines]))
    return drawing.panels(layers, "panel", names, columns=4)


def planar_projection(task: Any, draw: Any) -> Any:
    """Points, the same with noise, and the same without their second coordinate."""
    clean, noise = (np.asarray(a)[:SHOWN] for a in draw(lambda key: (lambda w: (w.fresh, w.noise))(task.sample(key))))
    clouds = {"data": clean, "noisy": clean + 0.3 * noise, "a coordinate lost": clean * np.array([1.0, 0.0])}
    return scatter(clouds)


def planar_likelihood(task: Any, draw: Any) -> Any:
    """The points whose density is asked for."""
    points = np.asarray(draw(lambda key: task.sample(key).points))[::2]
    return scatter({"unseen points": points})


def scatter(clouds: dict[str, np.ndarray]) -> Any:
    """Small multiples of points in the plane."""
    panel = np.repeat(list(clouds), [len(c) for c in clouds.values()])
    every = np.concatenate(list(clouds.values()))
    rows = drawing.rows(panel=panel, x=every[:, 0], y=every[:, 1])
    scale = alt.Scale(domain=[-2.5, 2.5], clamp=True)
    chart = drawing.base(rows).mark_circle(size=6, opacity=0.8)
    marks = chart.encode(x=alt.X("x:Q", axis=None, scale=scale), y=alt.Y("y:Q", axis=None, scale=scale))
    return drawing.panels(marks, "panel", list(clouds), columns=3)


def exact_velocity(law: mixture.Mixture, path: str, x: jax.Array, t: jax.Array) -> jax.Array:
    """The field that a path implies for the known density [n, 2]."""
    at = diffusion.level(path, t)
    return diffusion.velocity_from_denoised(at, x, mixture.denoised(law, x, at.alpha, at.sigma))
