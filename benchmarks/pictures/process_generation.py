"""Drawings of process_generation's tasks."""

from typing import Any

import altair as alt
import numpy as np


def well_bridge(task: Any, draw: Any) -> alt.Chart:
    """Exact bridges between the ends that are asked first."""
    import jax

    def few(key: jax.Array) -> tuple[jax.Array, jax.Array]:
        world = task.sample(key)
        return world.ends[:3], task.oracle(world).bridge(key, world.ends[:3], 3)

    ends, paths = draw(few)
    rows = []
    for i, (pair, group) in enumerate(zip(np.asarray(ends), np.asarray(paths), strict=True)):
        for j, path in enumerate(group):
            whole = [pair[0], *path, pair[1]]
            rows += [
                {"frame": t, "position": float(s), "path": f"{i}-{j}", "ends": f"pair {i + 1}"}
                for t, s in enumerate(whole)
            ]
    return (
        alt.Chart(alt.Data(values=rows))
        .mark_line()
        .encode(x="frame:Q", y="position:Q", detail="path:N", color="ends:N")
    )


def driven_frames(task: Any, draw: Any) -> alt.Chart:
    """True sequences under three controls."""
    frames, control = draw(lambda key: (task.sample(key).truth[:3], task.sample(key).others[:3]))
    return shown(np.asarray(frames), [f"control {' '.join(f'{c:+.0f}' for c in row)}" for row in np.asarray(control)])


def game_frames(task: Any, draw: Any) -> alt.Chart:
    """Three games as they were recorded."""
    frames = np.asarray(draw(lambda key: task.sample(key).truth[:3]))
    return shown(frames, [f"game {i + 1}" for i in range(3)])


def shown(frames: np.ndarray, names: list[str]) -> alt.Chart:
    """Sequences [n, f, p], a column for each frame."""
    rows = [
        {"frame": t, "pixel": p, "brightness": round(float(frames[n, t, p]), 3), "sequence": names[n]}
        for n in range(frames.shape[0])
        for t in range(frames.shape[1])
        for p in range(frames.shape[2])
    ]
    return (
        alt.Chart(alt.Data(values=rows))
        .mark_rect()
        .encode(x="frame:O", y="pixel:O", color="brightness:Q", row="sequence:N")
        .properties(height=80)
    )


def function_draws(task: Any, draw: Any) -> alt.Chart:
    """Functions at 64 times, and the 16 at which they are judged."""
    world = draw(task.sample)
    rows = [
        {"time": float(t), "value": float(v), "function": i, "judged": bool(t in set(np.asarray(world.times)))}
        for i in range(6)
        for t, v in zip(np.asarray(world.fine), np.asarray(world.truth[i]), strict=True)
    ]
    lines = alt.Chart(alt.Data(values=rows)).mark_line().encode(x="time:Q", y="value:Q", color="function:N")
    dots = alt.Chart(alt.Data(values=[r for r in rows if r["judged"]])).mark_point().encode(x="time:Q", y="value:Q")
    return lines + dots
