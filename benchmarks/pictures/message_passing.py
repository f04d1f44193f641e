"""Drawings of message_passing's tasks."""

from typing import Any

import altair as alt
import numpy as np


def hub_mean(task: Any, draw: Any) -> alt.Chart:
    """The root of a test tree with most neighbours, hubs and others, and leaves."""
    graphs = draw(lambda key: task.sample(key).test.graphs)
    chosen = int(np.asarray(graphs.mask).sum(1).argmax())
    edges = np.asarray(graphs.edges)[chosen]
    places = {0: (0.0, 0.0)}
    kinds = {0: "root"}
    children = np.flatnonzero(edges[0])
    for i, child in enumerate(children):
        leaves = [j for j in np.flatnonzero(edges[child]) if j]
        middle = (i + 0.5) / len(children) * 2 * np.pi
        places[int(child)] = (np.cos(middle), np.sin(middle))
        kinds[int(child)] = "hub" if len(leaves) > 2 else "other neighbour"
        for k, leaf in enumerate(leaves):
            angle = middle + (k - (len(leaves) - 1) / 2) * 0.2
            places[int(leaf)] = (2 * np.cos(angle), 2 * np.sin(angle))
            kinds[int(leaf)] = "leaf"
    nodes = [{"x": places[i][0], "y": places[i][1], "node": kinds[i]} for i in places]
    circles = alt.Chart(alt.Data(values=nodes)).mark_circle(size=120)
    return drawn(edges, places) + circles.encode(x=alt.X("x:Q", axis=None), y=alt.Y("y:Q", axis=None), color="node:N")


def tree_lookup(task: Any, draw: Any) -> alt.Chart:
    """One tree of the test set: keys and values at the leaves, the key that is asked at the root."""
    edges, x = draw(lambda key: (task.sample(key).edges, task.sample(key).test.graphs.x[0]))
    features = np.asarray(x)
    count = features.shape[1] // 2
    places: dict[int, tuple[float, float]] = {}
    nodes = []
    for i in range(len(features)):
        level = int(np.log2(i + 1))
        places[i] = ((i + 1.5 - 2**level) / 2**level, -float(level))
        key = f"{features[i, :count].argmax() + 1}" if features[i, :count].any() else ""
        value = f" is {features[i, count:].argmax() + 1}" if features[i, count:].any() else " ?" if i == 0 else ""
        nodes.append({"x": places[i][0], "y": places[i][1], "text": f"{key}{value}"})
    base = alt.Chart(alt.Data(values=nodes)).encode(x=alt.X("x:Q", axis=None), y=alt.Y("y:Q", axis=None))
    return (
        drawn(np.asarray(edges), places)
        + base.mark_circle(size=60)
        + base.mark_text(dy=14, size=8).encode(text="text:N")
    )


def support_sentences(task: Any, draw: Any) -> alt.Chart:
    """Products of all pairs of one question's vectors; the two sentences to be found come first."""
    x, answers = draw(lambda key: (task.sample(key).test.graphs.x[0, :, :-1], task.sample(key).test.answers[0, :, 0]))
    vectors = np.asarray(x)
    order = [0, *sorted(range(1, len(vectors)), key=lambda i: -float(answers[i]))]
    names = ["question", "to find 1", "to find 2", *(f"other {i + 1}" for i in range(len(vectors) - 3))]
    rows = [
        {"a": names[i], "b": names[j], "product": round(float(vectors[order[i]] @ vectors[order[j]]), 2)}
        for i in range(len(vectors))
        for j in range(len(vectors))
        if i != j
    ]
    return (
        alt.Chart(alt.Data(values=rows))
        .mark_rect()
        .encode(x=alt.X("a:N", sort=names), y=alt.Y("b:N", sort=names), color="product:Q")
    )


def drawn(edges: np.ndarray, places: dict[int, tuple[float, float]]) -> alt.Chart:
    """Lines between nodes that are linked."""
    lines = [
        {"x": places[i][0], "y": places[i][1], "x2": places[j][0], "y2": places[j][1]}
        for i, j in np.argwhere(edges).tolist()
    ]
    return (
        alt.Chart(alt.Data(values=lines))
        .mark_rule(opacity=0.4)
        .encode(x=alt.X("x:Q", axis=None), y=alt.Y("y:Q", axis=None), x2="x2:Q", y2="y2:Q")
    )
