"""What is known, what is asked for, and the law that a learner has to draw from."""

from typing import Any

import altair as alt
import jax.numpy as jnp
import numpy as np

from toybench.blocks import mixture
from toybench.reporting import drawing


def clouds(panel: list[str], prior: np.ndarray, exact: np.ndarray) -> Any:
    """Panels of the prior's points [q, n, 2] with exact samples [q, r, 2] before them."""
    points = np.concatenate([prior, exact], 1)
    names = np.array(["prior"] * prior.shape[1] + ["posterior"] * exact.shape[1])
    place, point = np.indices(points.shape[:2]).reshape(2, -1)
    data = drawing.rows(
        panel=np.array(panel)[place], law=names[point], x=points[..., 0].ravel(), y=points[..., 1].ravel()
    )
    colour = alt.Color("law:N", title=None, scale=alt.Scale(domain=["prior", "posterior"], range="category"))
    chart = drawing.base(data).mark_circle(size=9, opacity=0.5)
    axes = {"x": alt.X(**drawing.bare("x")), "y": alt.Y(**drawing.bare("y"))}
    return drawing.panels(chart.encode(color=colour, **axes), "panel", panel, columns=4)


def mixture_posterior(task: Any, draw: Any) -> Any:
    """Four of the measurements, with points of the prior and exact samples of the posterior, at the first coordinate,
    which is measured, and the last one, which is not. The posterior keeps the components that agree with what was
    measured, several of them where they all do."""

    def world(key: Any) -> tuple[Any, Any]:
        sampled = task.sample(key)
        prior, _ = mixture.sample(sampled.problem.prior, key, 200)
        return prior[:, [0, -1]], sampled.exact[:4, :120][:, :, [0, -1]]

    prior, exact = draw(world)
    names = [f"measurement {i + 1}" for i in range(len(exact))]
    return clouds(names, np.broadcast_to(prior, (len(exact), *prior.shape)), exact)


def generator_posterior(task: Any, draw: Any) -> Any:
    """Outputs of the generator for inputs of the prior, and for exact inputs of each class: a learner has to draw
    inputs whose outputs are of the class, as often in each place as the prior has them there."""

    def world(key: Any) -> tuple[Any, Any]:
        sampled = task.sample(key)
        generate = sampled.generator.generate
        pooled = sampled.exact[:, :40].reshape(-1, task.dims)
        return generate(pooled), generate(sampled.exact[:, 40:160])

    pooled, exact = draw(world)
    names = [f"class {i + 1}" for i in range(len(exact))]
    return clouds(names, np.broadcast_to(pooled, (len(exact), *pooled.shape)), exact)


def composed_mixture(task: Any, draw: Any) -> Any:
    """Two of the targets, each after the density that it is made of: a fourth power keeps few of the modes, and which
    ones depends on their weights."""

    def world(key: Any) -> Any:
        targets = task.sample(key).targets
        points = jnp.asarray(mixture.lattice(-4.0, 4.0, 40)[0])
        laws = []
        for i in range(2):
            part = mixture.Mixture(*(array[i] for array in targets.parts[0]))
            law = mixture.log_density(part, points)
            laws += [law, targets.powers[i, 0] * law]
        return laws

    shades = [np.exp(law - law.max()).reshape(40, 40) for law in map(np.asarray, draw(world))]
    return drawing.tiles(shades, ["density 1", "its power", "density 2", "its power "], columns=4, side=120)
