"""Drawings of reset_free_finetuning's task."""

from typing import Any

import altair as alt
import numpy as np

from toybench.reporting import drawing

NEAR = 0.15  # distance within which a step succeeds
SHOWN = 3  # walks of each kind


def there_and_back(task: Any, draw: Any) -> Any:
    """Recorded walks to the target, to the others and back, within circles where steps succeed."""

    def drawn(key: Any) -> Any:
        world = task.sample(key)
        return world.given.records.x, world.given.records.aim, world.aims

    x, aim, aims = (np.asarray(part) for part in draw(drawn))
    home = len(aims) - 1
    kinds = {"to the target": aim == 0, "to another goal": (aim > 0) & (aim < home), "back to the middle": aim == home}
    walks = [
        {"x": float(place[0]), "y": float(place[1]), "step": t, "walk": f"{kind} {i}", "kind": kind}
        for kind, those in kinds.items()
        for i, path in enumerate(x[those][:SHOWN])
        for t, place in enumerate(path)
    ]
    rings = [
        {"x": float(m[0] + NEAR * np.cos(a)), "y": float(m[1] + NEAR * np.sin(a)), "step": t, "aim": i}
        for i, m in enumerate(aims)
        for t, a in enumerate(np.linspace(0, 2 * np.pi, 40))
    ]
    lines = drawing.base(walks).mark_line(opacity=0.7)
    circles = drawing.base(rings).mark_line(color="black")
    return circles.encode(x="x:Q", y="y:Q", detail="aim:N", order="step:O") + lines.encode(
        x="x:Q", y="y:Q", detail="walk:N", order="step:O", color=alt.Color("kind:N", title=None)
    )
