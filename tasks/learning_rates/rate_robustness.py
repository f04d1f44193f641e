"""How wide the range of learning rates is at which a deep network trains.

Isolates stability. A network of 6 layers, 48 wide, without normalisation, starts from He's weights times a gain of
1.5, too large; classes are mixtures of Gaussians, batches of 64 fresh points. The rate is held at each of 13 values,
four decades around the rule's own, side by side. A rule has 400 gradients, however many of them an update costs.
Data are fresh at every step, so the loss on a test set is that of training.
"""

import math
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.scipy.special import ndtr

from toybench import Metric, Task
from toybench.blocks import curvature
from toybench.blocks.descent import Budget, Problem, Start, spread
from toybench.blocks.random import normals
from toybench.errors import UsageError
from toybench.tasks.learning_rates import Rated

NORMS = ("none", "layer")
CLASSES = 10
LAYERS = 6
CHANCE = math.log(CLASSES)  # the loss of knowing nothing; worse counts as this
TRAINED = 1.5  # a final loss below this is that of a network that has trained
LOST = 1e6  # squared norm of weights beyond which a run is given up: 30 times their norm at the start
TINY = 1e-6  # keeps a vanished variance finite
PROBED = 256  # points of the test set that the sharpness is measured on


class Examples(NamedTuple):
    """Points [b, d] and their classes int32 [b]."""

    x: jax.Array
    y: jax.Array


class World(NamedTuple):
    """Centres [classes, centres, d], test points, and the network at the start: LAYERS of {"w": [i, o], "b": [o]}."""

    centres: jax.Array
    test: Examples
    start: list


@dataclass(frozen=True)
class Deep(Problem):
    """Cross-entropy of a network of ReLU layers. One whose weights are lost has the loss LOST, and gradient 0."""

    roles = ("vector", "linear") * (LAYERS - 1) + ("vector", "head")

    budget: Budget = "gradients"
    layer_norm: bool = False  # whether units of a layer are standardised before they are rectified

    def losses(self, weights: list, batch: Examples) -> jax.Array:
        alive = curvature.inner(weights, weights) < LOST  # also where the sum has overflowed
        kept = jax.tree.map(lambda w: jnp.where(alive, w, 0.0), weights)
        x = batch.x
        for layer in kept[:-1]:
            x = x @ layer["w"] + layer["b"][None]
            x = jax.nn.relu(standardised(x) if self.layer_norm else x)
        logits = x @ kept[-1]["w"] + kept[-1]["b"][None]
        right = jnp.take_along_axis(logits, batch.y[:, None], axis=1)[:, 0]
        return jnp.where(alive, jax.nn.logsumexp(logits, axis=1) - right, LOST)


def standardised(x: jax.Array) -> jax.Array:
    """Units [b, n] with mean 0 and variance 1 in every point."""
    centred = x - x.mean(1, keepdims=True)
    return centred * jax.lax.rsqrt((centred**2).mean(1, keepdims=True) + TINY)


class RateRobustness(Task):
    """Train a deep network at many rates."""

    gain: float = 1.5  # the starting weights are He's times this
    norm: str = "none"  # none or layer
    by_steps: bool = False  # whether a rule has 400 updates, whatever they cost, instead of 400 gradients

    dim: int = 16  # numbers a point
    width: int = 48  # units a layer
    centres: int = 8  # Gaussians a class
    noise: float = 0.7  # standard deviation of a Gaussian
    batch: int = 64  # points a batch
    swept: int = 13  # rates

    interface = Rated
    steps = 400
    checkpoints = 2
    metrics = {
        "loss_over_rates": Metric(
            direction="min", about="test loss in nats, at most log 10, averaged over the rates from 1/100 to 100 units"
        ),
        "max_stable_log_rate": Metric(
            direction="max", about="log10 of the largest rate whose final test loss is below 1.5 nats"
        ),
        "best_loss": Metric(direction="info", about="least test loss over the rates"),
        "log_sharpness_rate": Metric(
            direction="info",
            about="log of rate x sharpness / 2 at the largest stable rate; log(1 + momentum) is the edge of stability",
        ),
    }

    def __post_init__(self) -> None:
        if self.norm not in NORMS:
            raise UsageError(f"there is no norm '{self.norm}'; use one of {', '.join(NORMS)}.")

    @property
    def spec(self) -> Deep:
        budget: Budget = "steps" if self.by_steps else "gradients"
        return Deep(rates=spread(self.swept), budget=budget, layer_norm=self.norm == "layer")

    def sample(self, key: jax.Array) -> World:
        sides = [self.dim] + [self.width] * (LAYERS - 1) + [CLASSES]
        shapes = {f"layer{i}": (sides[i], sides[i + 1]) for i in range(LAYERS)}
        tested = 1024
        z = normals(key, centres=(CLASSES, self.centres, self.dim), test=(tested, self.dim + 1), **shapes)
        start = [
            {"w": z[name] * self.gain * (2 / shape[0]) ** 0.5, "b": jnp.zeros(shape[1])}
            for name, shape in shapes.items()
        ]
        return World(centres=z["centres"], test=self.examples(z["centres"], z["test"]), start=start)

    def examples(self, centres: jax.Array, z: jax.Array) -> Examples:
        """Points of random classes from normal numbers [b, 1 + d]."""
        count = CLASSES * self.centres
        chosen = jnp.minimum((ndtr(z[:, 0]) * count).astype(jnp.int32), count - 1)
        x = centres.reshape(count, self.dim)[chosen] + self.noise * z[:, 1:]
        return Examples(x=x, y=chosen // self.centres)

    def given(self, world: World) -> Start:
        return Start(weights=world.start)

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Examples]:
        """Fresh points."""
        z = jax.random.normal(key, (self.batch, self.dim + 1))
        return world, self.examples(world.centres, z)

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        weights = jax.tree.map(lambda leaf: leaf[:-1], learner.weights())  # without the last, at the tuned rate
        rates = learner.rate()[:-1]
        losses = jax.vmap(lambda w: self.spec.loss(w, world.test))(weights)
        losses = jnp.minimum(jnp.nan_to_num(losses, nan=CHANCE), CHANCE)
        trained = losses < TRAINED
        last = jnp.where(trained, jnp.arange(self.swept), -1).max()
        step = jnp.log10(rates[1] / rates[0])
        stable = jnp.log10(rates[0]) + step * last.astype(jnp.float32)  # one step below the grid where none is
        chosen = jax.tree.map(lambda leaf: leaf[jnp.maximum(last, 0)], weights)
        probed = Examples(x=world.test.x[:PROBED], y=world.test.y[:PROBED])
        sharpness = curvature.sharpness(lambda w: self.spec.loss(w, probed), chosen, curvature.signs(key, chosen))
        return {
            "loss_over_rates": losses.mean(),
            "max_stable_log_rate": stable,
            "best_loss": losses.min(),
            "log_sharpness_rate": jnp.log(jnp.maximum(sharpness * 10**stable / 2, TINY)),
        }

    def floor(self, world: World) -> Any:
        """The start, at rates around 1."""
        rates = jnp.array([*spread(self.swept), 1.0])
        start = jax.tree.map(lambda leaf: jnp.broadcast_to(leaf, (len(rates), *leaf.shape)), world.start)
        return SimpleNamespace(weights=lambda: start, rate=lambda: rates)
