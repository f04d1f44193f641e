"""Roads of a world, the flows on them, and the five that are best widened."""

from typing import Any

import altair as alt
import jax.numpy as jnp
import numpy as np

from toybench.reporting import drawing
from toybench.tasks.network_design import designs
from toybench.tasks.network_design import road_design as roads

APART = 0.06  # of a road's length, between the two directions


def road_design(task: Any, draw: Any) -> Any:
    """Roads of nine crossings, one line a direction, drivers keep right; as wide as their flow in the best design.

    Colours: roads that may be widened, and those that the best design widens.
    """
    flow, time, candidates = draw(lambda key: shown(task.sample(key)))
    bits = designs(task.candidates, task.chosen)[int(np.argmin(time))]
    kind = np.full(len(flow), "as it is", dtype=object)
    kind[np.asarray(candidates)] = np.where(bits > 0, "is widened", "may be widened")
    start, end = np.stack(np.divmod(roads.roads_of(roads.SIDE), roads.SIDE), axis=-1).transpose(1, 0, 2)
    along = end - start
    right = APART * np.stack([along[:, 1], -along[:, 0]], axis=1)
    tail, head = start + 0.1 * along + right, end - 0.1 * along + right
    data = drawing.rows(
        x=tail[:, 0], y=tail[:, 1], x2=head[:, 0], y2=head[:, 1], flow=np.asarray(flow), kind=list(kind)
    )
    return (
        drawing.base(data)
        .mark_rule()
        .encode(
            x=alt.X("x:Q", title=None, axis=None),
            y=alt.Y("y:Q", title=None, axis=None),
            x2="x2",
            y2="y2",
            strokeWidth=alt.StrokeWidth("flow:Q", title="flow"),
            color=alt.Color("kind:N", title=None),
        )
        .properties(width=280, height=280)
    )


def shown(world: Any) -> tuple[Any, Any, Any]:
    """Flows in the best design, times of all, and the roads that may be widened, of the first network."""
    return world.flow[0, jnp.argmin(world.time[0])], world.time[0], world.network.candidates[0]
