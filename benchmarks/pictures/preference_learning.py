"""What the grid is like, and how certain preferences are."""

from typing import Any

import numpy as np

from toybench.reporting import drawing


def segment_preferences(task: Any, draw: Any) -> Any:
    """Left: what the move onto each cell earns, darker is more; the goal ends. Right: how often segments visit it."""

    def drawn(key: Any) -> Any:
        world = task.sample(key)
        return world.given.transitions, world.rewards, world.pairs.s

    transitions, rewards, visited = (np.asarray(x) for x in draw(drawn))
    cells = len(rewards)
    entered = np.zeros(cells)
    entered[transitions.argmax(-1)[rewards != 0]] = rewards[rewards != 0]
    counts = np.bincount(visited.ravel(), minlength=cells)
    pictures = np.stack([(entered + 3) / 13, counts / counts.max()]).reshape(2, task.side, task.side)
    return drawing.tiles(pictures, ["earned on entry", "visits of segments"], side=150)
