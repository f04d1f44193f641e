"""What the students are taught, and what depth does to a gradient."""

from typing import Any

import altair as alt
import jax
import jax.numpy as jnp
import numpy as np

from toybench.methods.trainability import _stack
from toybench.reporting import drawing
from toybench.tasks.trainability import teach
from toybench.tasks.trainability.gradient_depth import log_norms

REACH = 2.5  # half the side of the plane that is drawn
SIDE = 40  # points a side
LAYERS = ("orthogonal, linear", "normal, linear", "normal, ReLU")


def deep_teacher(task: Any, draw: Any) -> Any:
    """The classes on a plane through two of eight dimensions, the others being 0: opposite points have one label."""
    ticks = np.linspace(-REACH, REACH, SIDE)
    across, up = np.meshgrid(ticks, ticks)
    plane = np.zeros((SIDE * SIDE, task.features), np.float32)
    plane[:, 0] = across.ravel()
    plane[:, 1] = up.ravel()
    label = draw(lambda key: teach(task.sample(key).teacher, jnp.asarray(plane)).argmax(-1))
    data = drawing.rows(x1=plane[:, 0], x2=plane[:, 1], label=[f"class {c + 1}" for c in label])
    chart = drawing.base(data).mark_square(size=64, opacity=1)
    return chart.encode(
        x=alt.X("x1:Q", scale=alt.Scale(domain=[-REACH, REACH], nice=False)),
        y=alt.Y("x2:Q", scale=alt.Scale(domain=[-REACH, REACH], nice=False)),
        color=alt.Color("label:N", title=None, scale=alt.Scale(scheme="category10")),
    ).properties(width=320, height=320)


def gradient_depth(task: Any, draw: Any) -> Any:
    """How long the gradient by each layer's weights is, against the last layer's: batch normalisation makes it grow
    towards the first layer, but not with orthogonal weights and no activation."""

    def curves(key: Any) -> Any:
        world = task.sample(key)
        noise = _stack.squares(task.spec, jax.random.fold_in(key, 1))
        cases = (
            (_stack.orthogonal(noise), _stack.batch_norm),
            (_stack.gaussian(noise), _stack.batch_norm),
            (_stack.gaussian(noise), lambda z: jax.nn.relu(_stack.batch_norm(z))),
        )
        found = []
        for weights, step in cases:
            out = lambda w, step=step: _stack.run(lambda z, _: step(z), w, world.x)  # noqa: E731
            found.append(log_norms(jax.grad(lambda w, out=out: (out(w) * world.readout).mean())(weights)))
        return jnp.stack(found)

    logs = np.asarray(draw(curves)) / np.log(10)
    case, layer = np.indices(logs.shape).reshape(2, -1)
    relative = (logs - logs[:, -1:]).ravel()
    data = drawing.rows(layers=np.array(LAYERS)[case], layer=layer + 1, growth=relative)
    return (
        drawing.base(data)
        .mark_line()
        .encode(
            x=alt.X("layer:Q", title="layer, from the input"),
            y=alt.Y("growth:Q", title="log10 of |gradient| over the last layer's"),
            color=alt.Color("layers:N", title=None, sort=list(LAYERS)),
        )
        .properties(width=420, height=240)
    )
