"""Where the modes are before tuning, and where the best density has them."""

from typing import Any

import altair as alt
import jax
import numpy as np

from toybench.reporting import drawing
from toybench.tasks.reward_tuning.hexagon import best_logits
from toybench.tasks.reward_tuning.reward_tilt import SPREAD, tilt


def modes(**kinds: tuple[Any, Any]) -> Any:
    """Modes of several densities, (means [k, 2], weights [k]) by their names; the area of a disc is its weight."""
    data = [
        row
        for kind, (means, weights) in kinds.items()
        for row in drawing.rows(
            x=np.asarray(means)[:, 0],
            y=np.asarray(means)[:, 1],
            weight=weights,
            density=[kind] * len(np.asarray(means)),
        )
    ]
    return (
        drawing.base(data)
        .mark_circle(opacity=0.6)
        .encode(
            x=alt.X("x:Q"),
            y=alt.Y("y:Q"),
            size=alt.Size("weight:Q", scale=alt.Scale(range=[15, 600])),
            color=alt.Color("density:N", sort=list(kinds)),
        )
        .properties(width=320, height=320)
    )


def reward_tilt(task: Any, draw: Any) -> Any:
    """Discs are modes, by weight. The reward pushes all modes one way and leaves the weight to the last ones."""

    def both(key: Any) -> Any:
        given = task.sample(key).given
        return given.density, tilt(given, SPREAD)[0]

    before, after = draw(both)
    return modes(
        pretrained=(before.means, jax.nn.softmax(before.logits)), best=(after.means, jax.nn.softmax(after.logits))
    )


def hexagon(task: Any, draw: Any) -> Any:
    """Discs are wells, by weight. The second well pays most, and the dynamics rarely see it at first."""

    def both(key: Any) -> Any:
        world = task.sample(key)
        return world.given.centres, world.given.logits, best_logits(world)

    centres, before, after = draw(both)
    return modes(before=(centres, jax.nn.softmax(before)), best=(centres, jax.nn.softmax(after)))


def proxy_reward(task: Any, draw: Any) -> Any:
    """Discs are modes, by weight. The model of the reward was fitted near the pretrained modes only."""

    def both(key: Any) -> Any:
        world = task.sample(key)
        return world.given.density, world.best

    before, best = draw(both)
    return modes(pretrained=(before.means, jax.nn.softmax(before.logits)), best=(np.asarray(best)[None], np.ones(1)))
