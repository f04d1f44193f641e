"""What is to be compressed, tokenised or optimised."""

from typing import Any

import altair as alt
import numpy as np

from toybench.reporting import drawing
from toybench.tasks.vector_quantization._shapes import occupancy, profiles


def codebook_collapse(task: Any, draw: Any) -> Any:
    """Held-out examples on their two main directions: clusters on a curved surface, with more to tell than the
    codebook can hold."""
    x = draw(lambda key: task.sample(key).heldout[:900])
    return _cloud(*drawing.flat(x))


def correlated_latent_compression(task: Any, draw: Any) -> Any:
    """The first two coordinates of test vectors: sixteen narrow clusters, which a code of each coordinate by itself
    can't tell apart from the grid that they span."""
    return _cloud(draw(lambda key: task.sample(key).test[:900, :2]))


def _cloud(at: np.ndarray) -> Any:
    chart = drawing.base(drawing.rows(x=at[:, 0], y=at[:, 1])).mark_circle(size=12, opacity=0.5)
    return chart.encode(x=alt.X(**drawing.bare("x")), y=alt.Y(**drawing.bare("y"))).properties(width=300, height=300)


def fewshot_discrete_codes(task: Any, draw: Any) -> Any:
    """Test items on the two main directions of what is seen in training: six of the seen classes, and six of the
    unseen ones in which items have to be found."""
    seen, unseen = draw(lambda key: task.sample(key)[1:3])
    names, data = ("seen classes", "unseen classes"), []
    for name, at in zip(names, drawing.flat(seen, unseen), strict=True):
        many = 6 * 16
        label = (np.arange(many) // 16 + 1).astype(str)
        data += drawing.rows(view=[name] * many, x=at[:many, 0], y=at[:many, 1], label=label)
    chart = (
        drawing.base(data)
        .mark_point(filled=True, size=36, opacity=0.85)
        .encode(
            x=alt.X(**drawing.bare("x")),
            y=alt.Y(**drawing.bare("y")),
            color=alt.Color("label:N", legend=None),
            shape=alt.Shape("label:N", legend=None),
        )
    )
    return drawing.panels(chart, "view", names, 2, 240)


def categorical_vae(task: Any, draw: Any) -> Any:
    """Twelve test patterns of 16 binary pixels, drawn as squares."""
    patterns = draw(lambda key: task.sample(key).test[:12])
    side = int(patterns.shape[1] ** 0.5)
    return drawing.tiles(patterns.reshape(12, side, side), [f"pattern {i + 1}" for i in range(12)])


def discrete_latent_polynomial(task: Any, draw: Any) -> Any:
    """The cost of one latent: only its two ends can be sampled, and a straight-through gradient follows the curve
    between them, whose slope at the ends says little about which end is lower."""
    x = np.linspace(0, 1, 80)
    cost = np.abs(x - task.target) ** task.exponent
    curve = drawing.base(drawing.rows(value=x, cost=cost)).mark_line(strokeDash=[5, 3])
    ends = drawing.base(drawing.rows(value=x[[0, -1]], cost=cost[[0, -1]])).mark_point(filled=True, size=130, opacity=1)
    at = {"x": alt.X("value:Q"), "y": alt.Y("cost:Q")}
    return alt.layer(curve.encode(**at), ends.encode(**at)).properties(width=360, height=240)


def phone_speaker_sequences(task: Any, draw: Any) -> Any:
    """One sequence. Above, which phone each frame belongs to; below, the 16 features of each frame, as a learner
    sees them."""
    frames, phone = draw(lambda key: (task.sample(key).frames[0], task.sample(key).phone[0]))
    time, feature = np.indices(frames.shape).reshape(2, -1)
    phones = drawing.base(drawing.rows(frame=np.arange(len(phone)), phone=phone + 1)).encode(
        x=alt.X("frame:O", axis=None)
    )
    strip = phones.mark_rect().encode(color=alt.Color("phone:N", legend=None, scale=alt.Scale(scheme="tableau20")))
    text = phones.mark_text(fontSize=9, color="white").encode(text="phone:N")
    seen = drawing.base(drawing.rows(frame=time, feature=feature + 1, value=frames.ravel())).mark_rect()
    seen = seen.encode(
        x=alt.X("frame:O", axis=None),
        y=alt.Y("feature:O", axis=alt.Axis(values=[1, 8, 16])),
        color=alt.Color("value:Q", scale=alt.Scale(scheme="blueorange", domainMid=0), legend=None),
    )
    above = alt.layer(strip, text).properties(width=440, height=18)
    return alt.vconcat(above, seen.properties(width=440, height=180), spacing=4).resolve_scale(color="independent")


def shape_token_autoregression(task: Any, draw: Any) -> Any:
    """Twelve of the valid shapes: mirror-symmetric stacks of one to three centred blocks."""
    profile, blocks = profiles()
    chosen = [int(i) for b in (1, 2, 3) for i in np.flatnonzero(blocks == b)[:: max(1, (blocks == b).sum() // 4)][:4]]
    return drawing.tiles(occupancy(profile[chosen]), [f"shape {i}" for i in chosen])
