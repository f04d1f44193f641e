"""What the source of tokens tells, what a wrong learning rate costs, and where decay leads."""

from typing import Any

import altair as alt
import jax
import jax.numpy as jnp
import numpy as np

from toybench.blocks.descent import Descent, each
from toybench.plugins import registry
from toybench.reporting import drawing
from toybench.tasks.optimizers._tokens import excess
from toybench.tasks.optimizers.noisy_teacher import DECAYS, RATES, best_decays, error

CONTEXTS = 3
DECAYING = ("adam_l2", "adamw", "adamw_decoupled", "sgd_l2", "sgdw")
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


def noisy_teacher(task: Any, draw: Any) -> Any:
    """The decay that generalises best at each learning rate, both relative to the middle of their grids; one world.
    Rates without a useful loss are left out."""
    rows = []
    for name in DECAYING:
        decays, counted = draw(lambda key, name=name: best_decays(losses(task, name, key)))
        rates = np.array(RATES)[counted]
        middle = DECAYS[len(DECAYS) // 2]
        rows += drawing.rows(rule=[name] * len(rates), rate=rates, decay=10.0 ** decays[counted] / middle)
    return (
        drawing.base(rows)
        .mark_line(point=True)
        .encode(
            x=alt.X("rate:Q", scale=alt.Scale(type="log"), title="learning rate / the rule's own"),
            y=alt.Y("decay:Q", scale=alt.Scale(type="log"), title="best decay / the middle one"),
            color=alt.Color("rule:N", sort=list(DECAYING)),
        )
        .properties(width=360, height=240)
    )


def losses(task: Any, name: str, key: jax.Array) -> jax.Array:
    """A rule's losses on the validation points: float [rates, decays]."""
    world = task.sample(key)
    weights = jax.tree.map(lambda leaf: leaf[:-1], trained(task, name, world, key))
    return jax.vmap(lambda w: error(w, world.validation))(weights).reshape(len(RATES), len(DECAYS))


def box_quadratic(task: Any, draw: Any) -> Any:
    """The coordinates of three minima of one quadratic: anywhere, over the box, and over the ball."""
    minima = draw(lambda key: (lambda w: (w.optimum, w.boxed, w.balled))(task.sample(key)))
    names = ["anywhere", "in the box", "in the ball"]
    row, coordinate = np.indices((len(names), task.size)).reshape(2, -1)
    data = drawing.rows(minimum=np.array(names)[row], coordinate=coordinate + 1, value=np.stack(minima).ravel())
    return (
        drawing.base(data)
        .mark_point(filled=True)
        .encode(
            x=alt.X("coordinate:O", axis=alt.Axis(labelAngle=0)),
            y=alt.Y("value:Q"),
            color=alt.Color("minimum:N", sort=names),
            shape=alt.Shape("minimum:N", sort=names),
        )
        .properties(width=360, height=200)
    )


def curve(task: Any, name: str, key: jax.Array) -> jax.Array:
    """What a rule misses at each rate of the sweep: float [rates]."""
    world = task.sample(key)
    weights = trained(task, name, world, key)
    missed = each(task.spec, lambda one: excess(world, one), weights)[:-1]
    return jnp.where(missed < 1, missed, 1.0)


def trained(task: Any, name: str, world: Any, key: jax.Array) -> Any:
    """The weights of a rule after the task's steps."""
    method = registry.load("methods", f"optimizers/{name}")
    rule: Descent = method(spec=task.spec, given=task.given(world), steps=task.steps)

    def step(state: Any, key: jax.Array) -> tuple[Any, None]:
        for_batch, for_rule = jax.random.split(key)
        _, batch = task.draw(world, for_batch, None)
        return rule.update(state, batch, for_rule), None

    state, _ = jax.lax.scan(step, rule.init(key), jax.random.split(key, task.steps))
    return rule.weights(state)
