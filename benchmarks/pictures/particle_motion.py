"""Drawings of particle_motion's tasks."""

from typing import Any

import altair as alt
import numpy as np

SCENES = 4


def bonded_particles(task: Any, draw: Any) -> Any:
    """Scenes to learn from, seen along the third axis: they all lie along the first. Faint: what is shown."""
    return paths(draw(lambda key: task.sample(key).train))


def charged_particles(task: Any, draw: Any) -> Any:
    """Scenes to learn from, seen along the third axis. Faint: what is shown."""
    return paths(draw(lambda key: task.sample(key).train))


def paths(scenes: Any) -> Any:
    """A panel a scene, a colour a particle."""
    past = np.asarray(scenes.past[:SCENES])
    whole = np.concatenate([past, np.asarray(scenes.future[:SCENES])], 1)
    rows = [
        {
            "x": round(float(place[0]), 3),
            "y": round(float(place[1]), 3),
            "frame": t,
            "particle": i + 1,
            "scene": f"scene {s + 1}",
            "part": "past" if t < past.shape[1] else "future",
        }
        for s, scene in enumerate(whole)
        for t, frame in enumerate(scene)
        for i, place in enumerate(frame)
    ]
    order = alt.Chart(alt.Data(values=rows)).encode(
        x="x:Q", y="y:Q", color=alt.Color("particle:N", legend=None), detail="particle:N"
    )
    line = order.mark_line(strokeWidth=1).encode(order="frame:O")
    dots = order.mark_circle(size=18).encode(opacity=alt.Opacity("part:N", scale=alt.Scale(range=[1.0, 0.3])))
    return alt.layer(line, dots).properties(width=180, height=180).facet("scene:N", columns=2)
