"""Where the points of both classes lie, and how many voters name class 1."""

from typing import Any

import altair as alt
import jax
import numpy as np

from toybench.reporting import drawing

SHOWN = 300  # points


def noisy_voters(task: Any, draw: Any) -> Any:
    """Across: the place of a point along the line of both centres. Upwards: the share of votes for class 1, spread."""

    def sides(key: Any) -> Any:
        world = task.sample(key)
        along = world.public.x @ world.towards
        noise = jax.random.uniform(key, along.shape)
        return along, world.public.votes.mean(1) + 0.12 * (noise - 0.5), world.y

    along, votes, y = draw(sides)
    data = drawing.rows(
        place=np.asarray(along)[:SHOWN],
        votes=np.asarray(votes)[:SHOWN],
        truth=["class 1" if one else "class 0" for one in np.asarray(y)[:SHOWN]],
    )
    return (
        drawing.base(data)
        .mark_circle(opacity=0.6)
        .encode(
            x=alt.X("place:Q"),
            y=alt.Y("votes:Q", title="share of votes for class 1"),
            color=alt.Color("truth:N"),
        )
        .properties(width=360, height=240)
    )
