"""What is stored, and what is asked of the memory."""

from typing import Any

import altair as alt
import numpy as np

from toybench.reporting import drawing


def factorization(task: Any, draw: Any) -> Any:
    """The first 40 dimensions of a product and of the codewords that make it, by their phase: the product's phase is
    the sum of theirs, and only the product is shown."""
    books, chosen, product = draw(lambda key: (lambda w: (w.codebooks, w.chosen[0], w.products[0]))(task.sample(key)))
    vectors = [*(book[i] for book, i in zip(books, chosen, strict=True)), product]
    names = [*(f"factor {i + 1}" for i in range(len(chosen))), "product"]
    phases = np.stack([np.angle(np.asarray(v, complex)) for v in vectors])[:, :40]
    row, dimension = np.indices(phases.shape).reshape(2, -1)
    chart = drawing.base(drawing.rows(vector=np.array(names)[row], dimension=dimension + 1, phase=phases.ravel()))
    return (
        chart.mark_rect()
        .encode(
            x=alt.X("dimension:O", axis=alt.Axis(values=[1, 10, 20, 30, 40], labelAngle=0)),
            y=alt.Y("vector:N", sort=names, title=None),
            color=alt.Color("phase:Q", scale=alt.Scale(scheme="rainbow", domain=[-np.pi, np.pi])),
        )
        .properties(width=460, height=130)
    )


def nested_records(task: Any, draw: Any) -> Any:
    """One record: a row is a node. Its first key leads to the next node, and at the last one to the asked symbol;
    the others lead to symbols of their own."""
    keys, fillers = draw(lambda key: (lambda w: (w.keys[0], w.fillers[0]))(task.sample(key)))
    depth, place = np.indices(keys.shape).reshape(2, -1)
    onward = (place == 0) & (depth < len(keys) - 1)
    text = [
        f"key {k} → {'next node' if on else f'symbol {f}'}"
        for k, f, on in zip(keys.ravel(), fillers.ravel(), onward, strict=True)
    ]
    base = drawing.base(drawing.rows(node=depth + 1, place=place + 1, text=text, onward=onward)).encode(
        x=alt.X("place:O", axis=None), y=alt.Y("node:O")
    )
    shade = base.mark_rect(opacity=0.15, stroke="#7b848c").encode(
        color=alt.Color("onward:N", legend=None, scale=alt.Scale(domain=[False, True], range="category"))
    )
    size = {"width": min(560, 140 * keys.shape[1]), "height": 30 * len(keys)}
    return alt.layer(shade, base.mark_text(fontSize=11, color="#7b848c").encode(text="text:N")).properties(**size)


def set_intersection(task: Any, draw: Any) -> Any:
    """Six pairs of sets over the first symbols: a column a symbol, marked where it is in the first set, in the second
    or in both. A learner sees the two memories and says how many are in both."""
    order = draw(lambda key: task.sample(key).order[0, :6])
    rank, start = np.argsort(order, -1), task.first - task.common
    first, second = rank < task.first, (rank >= start) & (rank < start + task.second)
    kind = np.select([first & second, first, second], ["both", "first set", "second set"], "")
    pair, symbol = np.nonzero(kind != "")
    data = drawing.rows(pair=pair + 1, symbol=symbol, kind=kind[pair, symbol])
    names = ["both", "first set", "second set"]
    chart = drawing.base(data).mark_point(filled=True, size=40, opacity=0.9)
    return chart.encode(
        x="symbol:Q",
        y=alt.Y("pair:O"),
        color=alt.Color("kind:N", title=None, scale=alt.Scale(domain=names, range="category")),
        shape=alt.Shape("kind:N", title=None, scale=alt.Scale(domain=names)),
    ).properties(width=460, height=170)


def set_membership(task: Any, draw: Any) -> Any:
    """Three sets growing: when each symbol enters. A memory of the first n has to answer rightly about all of them."""
    order = draw(lambda key: task.sample(key).order[0, :3])
    at = np.argsort(order, -1)[:, :] < np.array(max(task.sizes))
    trial, symbol = np.nonzero(at)
    entered = np.argsort(order, -1)[trial, symbol]
    size = np.array(sorted(task.sizes))
    least = size[np.searchsorted(size, entered, side="right")]
    chart = drawing.base(drawing.rows(set=trial + 1, symbol=symbol, least=least)).mark_tick(
        thickness=2, height=26, orient="vertical"
    )
    return chart.encode(
        x="symbol:Q", y="set:O", color=alt.Color("least:O", title="in the set of", scale=alt.Scale(scheme="viridis"))
    ).properties(width=460, height=130)
