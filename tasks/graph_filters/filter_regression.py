"""Fit a polynomial filter of degree 10 to one filtered signal, in two hundred gradient steps.

Isolates the basis in which coefficients are learned: one graph, one signal, no test set. Nodes are random points of the
unit square, linked below a distance of 0.2 and along a cycle; P is the normalised adjacency. The signal is normal, with
standard deviation 0.15 + exp(2 p) along the eigenvector of P of value p. It is smooth, so its spectrum is far from
flat. The responses are the authors', at l = 1 - p: `band` exp(-10 (l - 1)^2), `comb` |sin(pi l)|, `low` exp(-10 l^2).

The loss is the squared distance |y' - y|^2 to a target of norm 1. Its excess over exact least squares is |y' - y*|^2,
as y* is the projection of y on all that a polynomial can make of x. Below 1e-10 float32 can't tell: it
counts as that.
"""

from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks.graphs import symmetric_normalised
from toybench.blocks.random import normals
from toybench.tasks.graph_filters import Filter, Optimizer, Pair, Spec, best_filtered

LEAST = 1e-10  # an excess that float32 can just about tell from none
PLAIN = 0.15  # standard deviation of the signal that every eigenvector has
SLOPE = 2.0  # growth of the log of the rest with the eigenvalue
SHARPNESS = 10.0  # of the authors' band and low pass


def response(name: str, frequency: jax.Array) -> jax.Array:
    """Gain at frequencies [n] of the normalised Laplacian, 0 to 2."""
    if name == "band":
        return jnp.exp(-SHARPNESS * (frequency - 1) ** 2)
    if name == "comb":
        return jnp.abs(jnp.sin(jnp.pi * frequency))
    return jnp.exp(-SHARPNESS * frequency**2)


class FilterRegression(Task):
    """One pair of signals."""

    response: str = "band"  # `band`, `comb` or `low`
    optimizer: str = "adam"  # `adam` as released, or `sgd`
    nodes: int = 96
    radius: float = 0.2  # distance below which nodes are linked
    degree: int = 10  # of the polynomial, the authors'

    interface = Filter
    steps = 200
    metrics = {
        "log10_excess": Metric("min", "log10 of the squared error above that of exact least squares, at least -10"),
        "loss": Metric("min", "squared distance to the target, whose norm is 1; the authors' quantity"),
    }

    @property
    def spec(self) -> Spec:
        optimizer: Optimizer = "sgd" if self.optimizer == "sgd" else "adam"
        return Spec(degree=self.degree, optimizer=optimizer)

    def sample(self, key: jax.Array) -> Pair:
        """A graph, a signal, and the filtered signal."""
        places, noise = jax.random.split(key)
        points = jax.random.uniform(places, (self.nodes, 2))
        squares = ((points[:, None, :] - points[None, :, :]) ** 2).sum(-1)
        near = (squares < self.radius**2).astype(squares.dtype) * (1 - jnp.eye(self.nodes))
        along = jnp.roll(jnp.eye(self.nodes), 1, axis=0)
        edges = jnp.maximum(near, along + along.T)
        propagation = symmetric_normalised(edges, loops=False)
        values, vectors = jnp.linalg.eigh(propagation)
        strength = (PLAIN + jnp.exp(SLOPE * values)) * normals(noise, strength=(self.nodes,))["strength"]
        x = vectors @ strength
        y = vectors @ (response(self.response, 1 - values) * strength)
        return Pair(propagation=propagation, x=x / jnp.linalg.norm(x), y=y / jnp.linalg.norm(y))

    def given(self, world: Pair) -> Pair:
        return world

    def evaluate(self, world: Pair, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        output = learner.filtered()
        excess = ((output - best_filtered(world, self.degree)) ** 2).sum()
        return {
            "log10_excess": jnp.log10(jnp.maximum(excess, LEAST)),
            "loss": ((output - world.y) ** 2).sum(),
        }

    def floor(self, world: Pair) -> Any:
        """A filter of zeros."""
        return SimpleNamespace(filtered=lambda: jnp.zeros(self.nodes))

    def oracle(self, world: Pair) -> Any:
        """Exact least squares."""
        return SimpleNamespace(filtered=lambda: best_filtered(world, self.degree))
