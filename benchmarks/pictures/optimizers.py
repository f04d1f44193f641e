"""What the source of tokens tells, and what a wrong learning rate costs."""

from typing import Any

import altair as alt
import jax
import jax.numpy as jnp
import numpy as np

from toybench.blocks.descent import Descent, each
from toybench.plugins import registry
from toybench.reporting import drawing
from toybench.tasks.optimizers._tokens import excess

CONTEXTS = 3
CURVES = ("sgd_momentum", "adamw", "lion", "muon", "modular_norm", "prodigy", "schedule_free_adamw")


def token_prediction(task: Any, draw: Any) -> Any:
    """How likely each of the 64 tokens is next, after three contexts by the exact filter, and whatever the context."""
    law, unigram = draw(lambda key: (lambda w: (w.law[:CONTEXTS], w.unigram))(task.sample(key)))
    names = [*(f"context {i + 1}" for i in range(CONTEXTS)), "all contexts"]
    heights = np.concatenate([law, unigram[None]])
    row, token = np.indices(heights.shape).reshape(2, -1)
    data = drawing.rows(context=np.array(names)[row], token=token + 1, probability=heights.ravel())
    chart = drawing.base(data).mark_bar().encode(x=alt.X("token:Q", title="token"), y=alt.Y("probability:Q"))
    return drawing.panels(chart, "context", names, columns=2, side=200)


def rate_sensitivity(task: Any, draw: Any) -> Any:
    """What is missed after 300 batches at five learning rates, relative to the published one; one world, 1 at most."""
    factors = np.array(task.spec.rates)
    rows = [
        row
        for name in CURVES
        for row in drawing.rows(
            rule=[name] * len(factors), rate=factors, missed=draw(lambda key, name=name: curve(task, name, key))
        )
    ]
    return (
        drawing.base(rows)
        .mark_line(point=True)
        .encode(
            x=alt.X("rate:Q", scale=alt.Scale(type="log"), title="learning rate / published one"),
            y=alt.Y("missed:Q", title="excess share"),
            color=alt.Color("rule:N", sort=list(CURVES)),
        )
        .properties(width=360, height=240)
    )


def curve(task: Any, name: str, key: jax.Array) -> jax.Array:
    """What a rule misses at each rate of the sweep: float [rates]."""
    world = task.sample(key)
    method = registry.load("methods", f"optimizers/{name}")
    rule: Descent = method(spec=task.spec, given=task.given(world), steps=task.steps)

    def step(state: Any, key: jax.Array) -> tuple[Any, None]:
        for_batch, for_rule = jax.random.split(key)
        _, batch = task.draw(world, for_batch, None)
        return rule.update(state, batch, for_rule), None

    state, _ = jax.lax.scan(step, rule.init(key), jax.random.split(key, task.steps))
    missed = each(task.spec, lambda weights: excess(world, weights), rule.weights(state))[:-1]
    return jnp.where(missed < 1, missed, 1.0)
