"""What is rewarded: the objects that a sampler has to find, and how much each is worth."""

from typing import Any

import altair as alt
import numpy as np

from toybench.reporting import drawing
from toybench.tasks.gflownets.string_generation import LETTERS, WIDTH


def hypergrid(task: Any, draw: Any) -> Any:
    """The cube in slices; darker is more reward. High cells lie near the corners, with almost nothing between."""
    reward = np.exp(draw(lambda key: task.sample(key).log_reward)).reshape((task.side,) * task.axes)
    slices = reward.reshape(-1, task.side, task.side)[: 2 * task.side]
    return drawing.tiles(slices, [f"slice {i + 1}" for i in range(len(slices))], columns=4, side=90)


def set_generation(task: Any, draw: Any) -> Any:
    """The energy of each element: sets of low elements are drawn often, and every step adds its own share."""
    energies = draw(lambda key: task.sample(key).energies)
    chart = drawing.base(drawing.rows(element=np.arange(len(energies)) + 1, energy=energies)).mark_bar()
    return chart.encode(x=alt.X("element:O", axis=alt.Axis(labelAngle=0)), y="energy:Q").properties(
        width=420, height=200
    )


def string_generation(task: Any, draw: Any) -> Any:
    """The hidden patterns of each block. A perfect string has one of a block's patterns in every block."""
    patterns = draw(lambda key: task.sample(key).patterns)
    letters = np.array(list("abcdefghijklmnop"))[patterns[..., None] // LETTERS ** np.arange(WIDTH)[::-1] % LETTERS]
    block, pattern, place = np.indices(letters.shape).reshape(3, -1)
    data = drawing.rows(
        block=np.char.add("block ", (block + 1).astype(str)),
        pattern=pattern + 1,
        place=place + 1,
        letter=letters.ravel(),
    )
    base = drawing.base(data).encode(x=alt.X("place:O", title=None, axis=None), y=alt.Y("pattern:O", axis=None))
    shade = base.mark_rect(opacity=0.25).encode(color=alt.Color("letter:N", legend=None))
    text = base.mark_text(fontSize=13, fontWeight="bold", color="#7b848c").encode(text="letter:N")
    return drawing.panels(alt.layer(shade, text), "block", [f"block {i + 1}" for i in range(len(patterns))], 3, 140)
