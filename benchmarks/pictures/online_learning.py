"""What a learner of each stream doesn't know."""

from typing import Any

import altair as alt
import numpy as np

from toybench.reporting import drawing


def scaled_stream(task: Any, draw: Any) -> Any:
    """A hundred values of every feature, in order of their scales: no learning rate suits all of them."""
    x = draw(lambda key: task.sample(key).stream.x[:100])
    x = x[:, np.argsort(np.abs(x).mean(0))]
    example, feature = (a.ravel() for a in np.indices(x.shape))
    data = drawing.rows(feature=feature + 1, value=x.ravel())
    marks = drawing.base(data).mark_circle(size=14, opacity=0.5)
    scale = alt.Y("value:Q", scale=alt.Scale(type="symlog", constant=0.1))
    return marks.encode(x="feature:O", y=scale).properties(width=300, height=220)


def drifting_regression(task: Any, draw: Any) -> Any:
    """Four true weights of one stream: they stand still, walk, and stand still again."""
    theta = draw(lambda key: task.sample(key).theta[:, 0, :4])[::5]
    when, weight = (a.ravel() for a in np.indices(theta.shape))
    data = drawing.rows(round=5 * when + 1, weight=weight + 1, value=theta.ravel())
    lines = drawing.base(data).mark_line()
    return lines.encode(x="round:Q", y="value:Q", color="weight:N").properties(width=380, height=200)


def short_regression(task: Any, draw: Any) -> Any:
    """The recorded weights of four runs, step by step, as a share of the way to least squares."""

    def found(key: Any) -> Any:
        world = task.sample(key)
        return world.run.path[:4], task.oracle(world).weights[:4]

    path, best = draw(found)
    way = (path * best[:, None]).sum(-1) / (best**2).sum(-1)[:, None]
    run, step = (a.ravel() for a in np.indices(way.shape))
    data = drawing.rows(run=run + 1, step=step, share=way.ravel())
    lines = drawing.base(data).mark_line()
    return lines.encode(x="step:Q", y="share:Q", color="run:N").properties(width=300, height=200)
