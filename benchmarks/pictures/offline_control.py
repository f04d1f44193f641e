"""Drawings of offline_control's tasks."""

from typing import Any

import altair as alt
import numpy as np

KINDS = ("a good episode", "a noisy one", "an aimless one")


def pointmass_offline(task: Any, draw: Any) -> alt.LayerChart:
    """Recorded episodes of each kind, and the disc."""
    x = np.asarray(draw(lambda key: task.sample(key).data.x))
    third = len(x) // len(KINDS)
    chosen = {kind: x[i * third + 1 : i * third + 6] for i, kind in enumerate(KINDS)}
    return shown(chosen, [((0.0, 0.0), 0.35)], "disc")


def pointmass_constraints(task: Any, draw: Any) -> alt.LayerChart:
    """Recorded episodes of each label, and the gates."""
    x, label = (np.asarray(part) for part in draw(lambda key: task.sample(key).data[::3]))
    chosen = {f"passes gate {i + 1}": x[label[:, 0, i] == 1][:5] for i in range(label.shape[-1])}
    return shown(chosen, [((-0.6, 0.0), 0.25), ((0.0, 0.3), 0.25), ((0.6, 0.0), 0.25)], "gate")


def shown(paths: dict[str, np.ndarray], discs: list, name: str) -> alt.LayerChart:
    """Paths [n, t, 2] of several kinds, over discs (middle, radius)."""
    rows = [
        {"x": float(place[0]), "y": float(place[1]), "step": t, "path": f"{kind} {i}", "episode": kind}
        for kind, group in paths.items()
        for i, path in enumerate(group)
        for t, place in enumerate(path)
    ]
    angles = np.linspace(0, 2 * np.pi, 60)
    edges = [
        {"x": float(m[0] + r * np.cos(a)), "y": float(m[1] + r * np.sin(a)), "step": t, "disc": f"{name} {i}"}
        for i, (m, r) in enumerate(discs)
        for t, a in enumerate(angles)
    ]
    lines = alt.Chart(alt.Data(values=rows)).mark_line(opacity=0.7)
    rings = alt.Chart(alt.Data(values=edges)).mark_line(color="black")
    return rings.encode(x="x:Q", y="y:Q", detail="disc:N", order="step:O") + lines.encode(
        x="x:Q", y="y:Q", detail="path:N", order="step:O", color="episode:N"
    )
