"""Streams, token by token."""

from typing import Any

import altair as alt
import numpy as np

from toybench.reporting import drawing

SHOWN = 3  # streams of a drawing


def segment_recall(task: Any, draw: Any) -> Any:
    """Three streams: a write tells a key and its value, a query asks for it, a reset makes all before it void."""
    streams = draw(lambda key: task.streams(key, SHOWN, task.length))
    x = np.asarray(streams.x)
    kind = x[..., :3].argmax(-1)
    key = x[..., 3 : 3 + task.keys].argmax(-1)
    value = np.asarray(streams.answer)
    told = x[..., 3 + task.keys :].argmax(-1)
    written = [f"{k}={v}" for k, v in zip(key.ravel(), told.ravel(), strict=True)]
    asked = [f"{k}?" for k in key.ravel()]
    text = np.select([kind.ravel() == 0, kind.ravel() == 1], [np.array(written), np.array(asked)], "reset")
    stream, place = np.indices(kind.shape).reshape(2, -1)
    answers = np.where(value.ravel() == task.values, "none", value.ravel().astype(str))
    data = drawing.rows(
        stream=stream,
        token=place,
        text=text,
        kind=np.array(["write", "query", "reset"])[kind.ravel()],
        answer=np.where(kind.ravel() == 1, answers, ""),
    )
    base = drawing.base(data).encode(x=alt.X("token:O"), y=alt.Y("stream:O"))
    boxes = base.mark_rect().encode(color=alt.Color("kind:N"))
    words = base.mark_text(fontSize=8, dy=-5).encode(text="text:N")
    below = base.mark_text(fontSize=9, dy=8, fontWeight="bold").encode(text="answer:N")
    return (boxes + words + below).properties(width=760, height=110)
