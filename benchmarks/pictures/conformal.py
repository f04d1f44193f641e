"""What is to be covered, rejected or kept in a set."""

from typing import Any

import altair as alt
import jax
import numpy as np

from toybench.reporting import drawing


def heteroscedastic_intervals(task: Any, draw: Any) -> Any:
    """Five hundred pairs: the wider the spread, the longer the interval that covers it."""
    x, y = draw(lambda key: task.pairs(key, 500))
    chart = drawing.base(drawing.rows(x=x[:, 0], y=y[:, 0])).mark_circle(size=16, opacity=0.6)
    return chart.encode(x="x:Q", y="y:Q").properties(width=420, height=260)


def bivariate_regions(task: Any, draw: Any) -> Any:
    """Responses of two values, coloured by the input: an arch whose inside and outside are empty."""
    x, y = draw(lambda key: task.pairs(key, 900))
    chart = drawing.base(drawing.rows(first=y[:, 0], second=y[:, 1], x=x[:, 0])).mark_circle(size=16, opacity=0.8)
    color = alt.Color("x:Q", title="input", scale=alt.Scale(scheme="viridis"))
    return chart.encode(x="first:Q", y="second:Q", color=color).properties(width=420, height=260)


def selective_prediction(task: Any, draw: Any) -> Any:
    """Where the predictor was wrong on the labelled points. In the pocket it is as confident as anywhere."""
    x, right = draw(lambda key: (lambda t: (t[0], t[2] > 0))(task.sample(key).train))
    data = drawing.rows(x1=x[:, 0], x2=x[:, 1], answer=np.where(right, "right", "wrong"))
    chart = drawing.base(data[:900]).mark_point(filled=True, size=26, opacity=0.8)
    color = alt.Color("answer:N", title=None, scale=alt.Scale(domain=["right", "wrong"], range="category"))
    return chart.encode(x="x1:Q", y="x2:Q", color=color, shape=alt.Shape("answer:N", title=None)).properties(
        width=300, height=300
    )


def attribute_classes(task: Any, draw: Any) -> Any:
    """Six hundred points on the directions in which class means differ most, six of the ten classes."""
    x, label = draw(lambda key: (lambda w: (w.x[:600], w.label[:600]))(task.sample(key)))
    means = np.stack([x[label == i].mean(0) for i in np.unique(label)])
    at, some = drawing.flat(means, x)[1], label < 6
    data = drawing.rows(x=at[some, 0], y=at[some, 1], label=label[some])
    chart = (
        drawing.base(data)
        .mark_point(filled=True, size=26, opacity=0.85)
        .encode(
            x=alt.X(**drawing.bare("x")),
            y=alt.Y(**drawing.bare("y")),
            color=alt.Color("label:N", title="class"),
            shape=alt.Shape("label:N", title="class"),
        )
    )
    return chart.properties(width=300, height=300)


def multilabel_risk(task: Any, draw: Any) -> Any:
    """The share of true labels that a set of size λ misses, exactly (line) and on four calibration sets (thin): the
    target is what the threshold has to keep to."""
    loss, risk = draw(lambda key: (lambda w: (w.loss[:4, :, ::4].mean(1), w.risk[::4]))(task.sample(key)))
    size = np.linspace(0, 1, len(risk))
    data = drawing.rows(size=size, risk=risk, kind=["exact"] * len(size))
    for i, one in enumerate(loss):
        data += drawing.rows(size=size, risk=one, kind=[f"calibration set {i + 1}"] * len(size))
    both = drawing.base(data).encode(x=alt.X("size:Q", title="λ"), y=alt.Y("risk:Q", title="share of labels missed"))
    thin = both.transform_filter("datum.kind != 'exact'").mark_line(strokeWidth=1, opacity=0.5).encode(detail="kind:N")
    exact = both.transform_filter("datum.kind == 'exact'").mark_line(strokeWidth=2.5)
    target = drawing.base([{"alpha": task.alpha}]).mark_rule(strokeDash=[4, 3], color="#c8500a").encode(y="alpha:Q")
    return alt.layer(thin, exact, target).properties(width=420, height=260)


def multilabel_stream(task: Any, draw: Any) -> Any:
    """Which labels are true, 60 steps from the start of one stream: the model's scores are fixed, the labels drift."""
    score, true = draw(lambda key: jax.tree.map(lambda v: v[:60, 0], tuple(task.sample(key).points)))
    step, label = np.indices(score.shape).reshape(2, -1)
    base = drawing.base(drawing.rows(step=step, label=label + 1, score=score.ravel(), true=true.ravel()))
    at = {"x": alt.X("step:O", axis=alt.Axis(values=[0, 20, 40])), "y": alt.Y("label:O")}
    shade = base.mark_rect().encode(**at, opacity=alt.Opacity("score:Q", scale=alt.Scale(range=[0, 0.8])))
    marks = base.transform_filter("datum.true").mark_point(size=14, color="#c8500a", filled=True, opacity=1)
    return alt.layer(shade, marks.encode(**at)).properties(width=480, height=150)
