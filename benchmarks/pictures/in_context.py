"""What a prompt looks like, and what differs between prompts."""

from typing import Any

import altair as alt
import numpy as np

from toybench.reporting import drawing


def linear_regression(task: Any, draw: Any) -> Any:
    """Four prompts. A mark is an input of two numbers, its colour the response; the query's response is asked for."""
    n = task.context

    def some(key: Any) -> Any:
        w = task.sample(key)
        return w.x[:4, : n + 1], (w.clean + w.level[:, None] * w.unit)[:4, : n + 1]

    x, y = draw(some)
    prompt, place = np.indices(y.shape).reshape(2, -1)
    data = drawing.rows(
        prompt=np.char.add("prompt ", (prompt + 1).astype(str)),
        x1=x[..., 0].ravel(),
        x2=x[..., 1].ravel(),
        response=y.ravel(),
        role=np.where(place == n, "query", "pair"),
    )
    chart = drawing.base(data).mark_point(size=110, filled=True, opacity=1, stroke="#7b848c", strokeWidth=0.7)
    chart = chart.encode(
        x=alt.X("x1:Q", title="x₁"),
        y=alt.Y("x2:Q", title="x₂"),
        color=alt.Color("response:Q", scale=alt.Scale(scheme="blueorange", domainMid=0)),
        shape=alt.Shape("role:N", title=None, scale=alt.Scale(domain=["pair", "query"], range=["circle", "diamond"])),
        tooltip=["role:N", "x1:Q", "x2:Q", "response:Q"],
    )
    return drawing.panels(chart, "prompt", [f"prompt {i + 1}" for i in range(4)], 2, 180)


def gp_regression(task: Any, draw: Any) -> Any:
    """Four functions. Filled: the noisy points in the prompt; hollow: the points whose distribution is asked for."""
    x, y, seen, query, target = draw(lambda key: tuple(v[6:10] for v in task.sample(key)))
    data = []
    for i in range(len(x)):
        name = f"{seen[i]} points seen"
        data += drawing.rows(x=x[i, : seen[i]], y=y[i, : seen[i]], function=[name] * seen[i], role=["seen"] * seen[i])
        asked = len(query[i])
        data += drawing.rows(x=query[i], y=target[i], function=[name] * asked, role=["asked"] * asked)
    chart = (
        drawing.base(data)
        .mark_point(size=55)
        .encode(
            x="x:Q",
            y="y:Q",
            fill=alt.Fill(
                "role:N", title=None, scale=alt.Scale(domain=["seen", "asked"], range=["#0b66ad", "transparent"])
            ),
            tooltip=["role:N", "x:Q", "y:Q"],
        )
    )
    return drawing.panels(chart, "function", [f"{n} points seen" for n in seen], 2, 180)


def pfn_bias_variance(task: Any, draw: Any) -> Any:
    """Probability of class 1 (line) and one context of 50 points (marks, at their labels), for a rough test function
    and for one from the prior that networks are trained on."""
    world = draw(task.sample)
    x, data = np.linspace(-1, 1, 120), []
    for i, name in ((0, "rough"), (len(world.frequency) - 1, "from the prior")):
        wave = np.cos(world.frequency[i][None] * x[:, None] + world.phase[i][None]) @ world.amplitude[i]
        data += drawing.rows(function=[name] * len(x), x=x, p=1 / (1 + np.exp(-wave)), kind=["probability"] * len(x))
        data += drawing.rows(function=[name] * 50, x=world.x[i, 0, :50], p=world.y[i, 0, :50], kind=["label"] * 50)
    both = drawing.base(data).encode(x="x:Q", y=alt.Y("p:Q", title="probability of class 1"))
    line = both.transform_filter("datum.kind == 'probability'").mark_line()
    marks = both.transform_filter("datum.kind == 'label'").mark_tick(
        thickness=2, height=14, orient="vertical", color="#c8500a"
    )
    return drawing.panels(alt.layer(line, marks), "function", ["rough", "from the prior"], 2, 230)


def symbolic_functions(task: Any, draw: Any) -> Any:
    """The functions: what each makes of every symbol. A prompt shows a few columns of one row and asks for another."""
    maps = draw(lambda key: task.sample(key).maps)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
    function, symbol = np.indices(maps.shape).reshape(2, -1)
    data = drawing.rows(function=function + 1, symbol=letters[symbol], answer=letters[maps.ravel()])
    chart = drawing.base(data).encode(
        x=alt.X("symbol:O", title="input", axis=alt.Axis(labelAngle=0, orient="top")),
        y=alt.Y("function:O"),
        tooltip=["function:O", "symbol:O", "answer:O"],
    )
    shade = chart.mark_rect(opacity=0.18).encode(
        color=alt.Color("answer:O", legend=None, scale=alt.Scale(scheme="viridis"))
    )
    return alt.layer(
        shade, chart.mark_text(fontSize=13, color="#7b848c", fontWeight="bold").encode(text="answer:O")
    ).properties(width=380, height=230)


def tabular_classification(task: Any, draw: Any) -> Any:
    """One table of each smooth and each intricate law: its context rows, by their two features and their class."""
    laws = ("gaussians", "disc", "xor", "checkerboard", "stripes", "spirals")
    tables = draw(lambda key: [task.tables(law, key, 1) for law in laws])
    data = []
    for law, table in zip(laws, tables, strict=True):
        x, y = table.x[0], table.y[0].astype(int)
        data += drawing.rows(law=[law] * len(y), x1=x[:, 0], x2=x[:, 1], row=np.char.add("class ", y.astype(str)))
    chart = (
        drawing.base(data)
        .mark_point(size=45, filled=True, opacity=0.9)
        .encode(
            x=alt.X("x1:Q", title=None),
            y=alt.Y("x2:Q", title=None),
            color=alt.Color("row:N", title=None),
            shape=alt.Shape("row:N", title=None),
        )
    )
    return drawing.panels(chart, "law", laws, 3)


def demonstration_retrieval(task: Any, draw: Any) -> Any:
    """The pool twice. Left: on the two directions in which domains differ most, by domain. Right: on those in which
    classes differ most, by class. A similarity that looks at everything sees the first; what counts is the second."""
    pool = draw(lambda key: task.sample(key).given.pool)
    names, data = ("by domain", "by class"), []
    for name, label in zip(names, (pool.domain, pool.y), strict=True):
        means = np.stack([pool.x[label == i].mean(0) for i in np.unique(label)])
        at = drawing.flat(means, pool.x)[1]
        data += drawing.rows(view=[name] * len(at), x=at[:, 0], y=at[:, 1], label=label + 1)
    chart = (
        drawing.base(data)
        .mark_circle(size=26, opacity=0.8)
        .encode(
            x=alt.X(**drawing.bare("x")),
            y=alt.Y(**drawing.bare("y")),
            color=alt.Color("label:N", title=None, legend=None),
        )
    )
    return drawing.panels(chart, "view", names, 2, 240)
