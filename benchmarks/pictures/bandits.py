"""What a player of each bandit doesn't know."""

from typing import Any

import altair as alt
import numpy as np

from toybench.reporting import drawing


def stochastic_arms(task: Any, draw: Any) -> Any:
    """The arms of six instances: expected reward, and a bar of one standard deviation of the reward to each side."""
    mean, sigma = draw(lambda key: (lambda w: (w.mean[:6], w.sigma[:6]))(task.sample(key)))
    instance, arm = (a.ravel() for a in np.indices(mean.shape))
    names = [f"instance {i + 1}" for i in range(6)]
    low, high = (mean - sigma).ravel(), (mean + sigma).ravel()
    data = drawing.rows(instance=np.array(names)[instance], arm=arm + 1, mean=mean.ravel(), low=low, high=high)
    arms = alt.X("arm:O", axis=alt.Axis(labels=False, ticks=False))
    bars = alt.Chart().mark_rule(opacity=0.5).encode(x=arms, y=alt.Y("low:Q", title="reward"), y2="high:Q")
    marks = alt.Chart().mark_circle(size=30, opacity=1).encode(x=arms, y="mean:Q")
    facet = alt.Facet("instance:N", sort=names, header=alt.Header(title=None))
    layers = alt.layer(bars, marks, data=alt.Data(values=data)).properties(width=120, height=110)
    return layers.facet(facet=facet, columns=3)


def many_arms(task: Any, draw: Any) -> Any:
    """How the expected rewards of the arms are spread: good ones are rare."""
    mean = np.sort(draw(lambda key: task.sample(key).mean[0]))
    data = drawing.rows(rank=np.arange(1, len(mean) + 1), mean=mean)
    chart = drawing.base(data).mark_circle(size=9)
    return chart.encode(x="rank:Q", y=alt.Y("mean:Q", title="expected reward")).properties(width=380, height=200)


def contextual_arms(task: Any, draw: Any) -> Any:
    """Expected reward of every context of one instance, against its best linear prediction."""
    pool, value = draw(lambda key: (lambda w: (w.pool[0], w.value[0]))(task.sample(key)))
    fit = pool @ np.linalg.lstsq(pool, value, rcond=None)[0]
    chart = drawing.base(drawing.rows(fit=fit, value=value)).mark_circle(size=16, opacity=0.7)
    x, y = alt.X("fit:Q", title="best linear prediction"), alt.Y("value:Q", title="expected reward")
    return chart.encode(x=x, y=y).properties(width=300, height=260)


def constrained_search(task: Any, draw: Any) -> Any:
    """Objective, constraint, and the objective where the constraint allows it, on three instances; darker is more."""
    f, g = draw(lambda key: (lambda w: (w.f[:3], w.g[:3]))(task.sample(key)))
    side = task.side
    every = [np.stack([a, b, np.where(b <= 0, a, a.min())]).reshape(3, side, side) for a, b in zip(f, g, strict=True)]
    pictures = [(p - p.min((1, 2), keepdims=True)) / np.ptp(p, (1, 2), keepdims=True) for p in every]
    names = [f"{what} {i + 1}" for i in range(3) for what in ("objective", "constraint", "allowed")]
    return drawing.tiles(np.concatenate(pictures), names, columns=3, side=120)


def causal_interventions(task: Any, draw: Any) -> Any:
    """Weights between the nodes of one instance when nothing is switched (0) and when all nodes are (1)."""
    weights = np.abs(draw(lambda key: task.sample(key).weights[0]))
    return drawing.tiles(weights, ["mechanism 0", "mechanism 1"], columns=2, side=160)


def related_curves(task: Any, draw: Any) -> Any:
    """Five fresh curves. Where the maximum lies has to do with the slow wave."""
    test = draw(lambda key: task.sample(key).test[:5])
    curve, x = (a.ravel() for a in np.indices(test.shape))
    data = drawing.rows(curve=curve + 1, x=x / (test.shape[1] - 1), value=test.ravel())
    return (
        drawing.base(data).mark_line().encode(x="x:Q", y="value:Q", color="curve:N").properties(width=380, height=200)
    )
