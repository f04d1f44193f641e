"""What a rate does on one instance of each problem."""

import math
from dataclasses import replace
from typing import Any

import altair as alt
import jax
import jax.numpy as jnp
import numpy as np

from toybench.plugins import registry
from toybench.protocol import Learner
from toybench.reporting import drawing
from toybench.tasks.learning_rates._logistic import draw_points
from toybench.tasks.learning_rates.adaptive_rate import TIMES, exact_variance, freedom

SHOWN = 1e-3  # least loss that is drawn, above the least one
SCHEDULES = ("constant", "inverse_sqrt", "cosine", "linear", "wsd")
RULES = ("sign_rule", "adam_rule", "sgd_rule")
ROBUST = ("sgd_momentum", "linear_warmup_sgd", "clipped_sgd", "smb", "armijo")


def scaled_logistic(task: Any, draw: Any) -> Any:
    """The size of every column, and the size of the weight that separates the points, in one world."""
    sizes, weights = draw(lambda key: draw_points(key, task.points, task.dim, task.scale, noisy=False)[1:])
    data = drawing.rows(size=np.log10(sizes), weight=np.log10(np.abs(weights)))
    return (
        drawing.base(data)
        .mark_circle()
        .encode(
            x=alt.X("size:Q", title="log10 of the column's size"),
            y=alt.Y("weight:Q", title="log10 of the weight that it needs"),
        )
        .properties(width=380, height=240)
    )


def rate_robustness(task: Any, draw: Any) -> Any:
    """Test loss after 400 gradients by the learning rate, in one world; at most log 10, that of knowing nothing."""
    methods = [registry.load("methods", f"learning_rates/{name}") for name in ROBUST]

    def ends(method: Any) -> Any:
        def run(key: Any) -> Any:
            world = task.sample(key)
            rule = replace(method(), spec=task.spec, steps=task.steps, given=task.given(world))

            def move(state: Any, noise: Any) -> Any:
                return rule.update(state, task.draw(world, noise, None)[1], noise), None

            noise = jax.random.split(key, task.steps)
            state = jax.lax.scan(move, rule.init(key), noise)[0]
            losses = jax.vmap(lambda w: task.spec.loss(w, world.test))(rule.weights(state))
            return rule.rate(state)[:-1], losses[:-1]

        return draw(run)

    found = [ends(method) for method in methods]
    rates = np.log10(np.concatenate([rate for rate, _ in found]))
    losses = np.minimum(np.concatenate([loss for _, loss in found]), math.log(10))
    data = drawing.rows(rule=np.repeat(ROBUST, task.swept), rate=rates, loss=losses)
    return _lines(data, alt.X("rate:Q", title="log10 of the rate"), "loss", "test loss, nats", "rule", ROBUST)


def adaptive_rate(task: Any, draw: Any) -> Any:
    """The variance of Adam's rate by the gradients seen: of streams, of the chi-square, and its first-order form."""
    early = draw(lambda key: task.sample(key).early)
    forms = {
        "streams": np.var(early**-0.5, axis=1),
        "chi-square": [exact_variance(freedom(t)) for t in TIMES],
        "first order": [freedom(t) / (2 * (freedom(t) - 2) * (freedom(t) - 4)) for t in TIMES],
    }
    names = tuple(forms)
    seen = np.tile(np.log10(TIMES), len(names))
    variance = np.log10(np.concatenate([np.asarray(values) for values in forms.values()]))
    data = drawing.rows(form=np.repeat(names, len(TIMES)), seen=seen, variance=variance)
    x = alt.X("seen:Q", title="log10 of the gradients seen")
    return _lines(data, x, "variance", "log10 of the variance", "form", names)


def nonsmooth_schedules(task: Any, draw: Any) -> Any:
    """Where one run ends under five schedules, by its base rate: loss above the least one."""

    def ends(key: Any) -> Any:
        world = task.sample(key)
        rules = [registry.load("methods", f"learning_rates/{name}")(spec=task.spec) for name in SCHEDULES]
        rules = [replace(rule, steps=task.steps, given=task.given(world)) for rule in rules]

        def move(carry: Any, _: Any) -> Any:
            world, states = carry
            world, batch = task.draw(world, key, None)
            return (world, [r.update(s, batch, key) for r, s in zip(rules, states, strict=True)]), None

        start = (world, [rule.init(key) for rule in rules])
        _, states = jax.lax.scan(move, start, None, length=task.steps)[0]
        weights = jnp.stack([r.weights(s)[:-1] for r, s in zip(rules, states, strict=True)])
        gaps = jnp.abs(weights @ world.x.T - world.y[None, None]).mean(-1) - world.least
        return rules[0].peaks(states[0])[:-1], gaps

    rates, gaps = draw(ends)
    schedule, place = np.indices(gaps.shape).reshape(2, -1)
    data = drawing.rows(
        schedule=np.array(SCHEDULES)[schedule],
        rate=np.log10(rates)[place],
        gap=np.log10(np.maximum(gaps, SHOWN)).ravel(),
    )
    return _lines(
        data, alt.X("rate:Q", title="log10 of the base rate"), "gap", "log10 of the gap", "schedule", SCHEDULES
    )


def batch_surge(task: Any, draw: Any) -> Any:
    """The best rate of three rules at every batch size, on one instance."""
    rules = [registry.load("methods", f"learning_rates/{name}")(spec=task.spec) for name in RULES]

    def best(key: Any) -> Any:
        world = task.sample(key)
        found = []
        for rule in rules:
            losses = task.losses(world, Learner(rule, ()))
            found.append(jnp.log10(rule.rates(()))[losses.argmin(-1)])
        return jnp.stack(found)

    rates = draw(best)
    rule, size = np.indices(rates.shape).reshape(2, -1)
    data = drawing.rows(rule=np.array(RULES)[rule], size=size, rate=rates.ravel())
    return _lines(
        data, alt.X("size:Q", title="log2 of the batch size"), "rate", "log10 of the best rate", "rule", RULES
    )


def _lines(data: Any, x: Any, y: str, title: str, by: str, names: tuple[str, ...]) -> Any:
    """A line for each name."""
    scale = alt.Y(f"{y}:Q", title=title, scale=alt.Scale(zero=False))
    color = alt.Color(f"{by}:N", sort=list(names), title=None)
    return drawing.base(data).mark_line(point=True).encode(x=x, y=scale, color=color).properties(width=380, height=240)
