"""A large base session, then sessions of two classes with five examples each, on a collapsed backbone.

Isolates where the classifier's rows of a class should lie when five examples must place them without moving those of
old classes. Classes are sparse non-negative mixes of 8 concepts, so that what novel classes are made of was seen in
the base session: 10 base classes with 200 examples, then 5 sessions of 2 classes. Inputs in 32 dimensions are
x = 2 tanh(z W) V + noise, z a class's mix with noise. The backbone is the end state of training on the base classes
(neural collapse) in closed form: ridge regression of 64 random ReLU features of the base session onto the mean of each
example's class, made non-negative. 900 steps in all, 150 a session.
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from toybench import Metric
from toybench.tasks.continual._pretrained import (
    OFFSET,
    Backbone,
    ClassStream,
    Examples,
    PhaseSpec,
    World,
    average,
    count,
    cut,
    shuffled,
)

CONCEPTS, ACTIVE, INPUTS, HIDDEN, EXPANDED = 8, 3, 32, 64, 256
BASE, SESSIONS, CLASSES, MANY, TEST = 10, 5, 20, 200, 50
STRENGTH, SPREAD, NOISE = 4.0, 0.6, 0.3


class FewShotIncremental(ClassStream):
    """10 base classes, then 2 novel ones in each of 5 sessions."""

    shots: int = 5  # examples of a novel class

    steps = 900
    checkpoints = 6
    metrics = {
        "harmonic_mean_accuracy": Metric("max", "harmonic mean of base and novel accuracy, after the last session"),
        "base_accuracy": Metric("max", "accuracy on base classes, among all classes seen"),
        "novel_accuracy": Metric("max", "accuracy on novel classes, among all classes seen; 0 before there are any"),
        "average_incremental_accuracy": Metric("max", "accuracy over the classes seen, mean over sessions"),
    }

    @property
    def groups(self) -> np.ndarray:
        return np.concatenate([np.zeros(BASE, int), 1 + np.arange(CLASSES - BASE) // 2])

    @property
    def spec(self) -> PhaseSpec:
        return PhaseSpec(INPUTS, HIDDEN, HIDDEN, EXPANDED, CLASSES, 1 + SESSIONS, base=BASE, shots=self.shots)

    def sample(self, key: jax.Array) -> World:
        """Concepts and classes, the sessions' data and the test set, and the backbone of the base session."""
        n = BASE * MANY
        shapes = {
            "first": (CONCEPTS, INPUTS),
            "mix": (INPUTS, INPUTS),
            "hidden": (INPUTS, HIDDEN),
            "bias": (HIDDEN,),
            "expand": (HIDDEN, EXPANDED),
            "which": (CLASSES, CONCEPTS),
            "much": (CLASSES, CONCEPTS),
            "train": (1 + SESSIONS, n, CONCEPTS + INPUTS + 1),
            "test": (CLASSES * TEST, CONCEPTS + INPUTS),
        }
        part = cut(jax.random.normal(key, (count(**shapes),)), **shapes)
        active = part["which"] >= jnp.sort(part["which"], -1)[:, -ACTIVE][:, None]
        codes = STRENGTH * jnp.where(active, 0.5 + jax.scipy.special.ndtr(part["much"]), 0.0)

        def observe(noise: jax.Array, y: jax.Array) -> tuple[jax.Array, jax.Array]:
            z = codes[y] + SPREAD * noise[..., :CONCEPTS]
            seen = 2.0 * jnp.tanh(z @ part["first"] / CONCEPTS**0.5) @ part["mix"] / INPUTS**0.5
            return z, seen + NOISE * noise[..., CONCEPTS : CONCEPTS + INPUTS]

        y, weight = self.labels(n)
        _, x = observe(part["train"], y)
        latent, test = observe(part["test"], jnp.repeat(jnp.arange(CLASSES), TEST))
        return World(
            step=jnp.zeros((), jnp.int32),
            history=jnp.zeros((1 + SESSIONS, CLASSES)),
            data=shuffled(Examples(x, y, weight), part["train"][..., -1]),
            seen=jnp.asarray(self.groups[None, :] <= np.arange(1 + SESSIONS)[:, None]),
            test=test,
            latent=latent,
            clusters=codes[:, None, :],
            backbone=collapse(x[0], y[0], part),
        )

    def labels(self, n: int) -> tuple[jax.Array, jax.Array]:
        """(y int32, weight), both [p, n]: the base classes in full, then a few of each novel class."""
        y, weight = np.zeros((1 + SESSIONS, n), np.int32), np.zeros((1 + SESSIONS, n), np.float32)
        y[0], weight[0] = np.repeat(np.arange(BASE), MANY), 1.0
        for s in range(SESSIONS):
            y[1 + s, : 2 * self.shots] = BASE + 2 * s + np.arange(2 * self.shots) // self.shots
            weight[1 + s, : 2 * self.shots] = 1.0
        return jnp.asarray(y), jnp.asarray(weight)

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        phase, table = self.table(world, learner)
        is_base, met = jnp.arange(CLASSES) < BASE, world.seen
        base, novel = average(table[phase], met[phase] & is_base), average(table[phase], met[phase] & ~is_base)
        mean = jnp.where(met, table, 0.0).sum(-1) / met.sum(-1).astype(jnp.float32)
        return {
            "harmonic_mean_accuracy": 2 * base * novel / jnp.maximum(base + novel, 1e-6),
            "base_accuracy": base,
            "novel_accuracy": novel,
            "average_incremental_accuracy": average(mean, jnp.arange(1 + SESSIONS) <= phase),
        }


def collapse(x: jax.Array, y: jax.Array, part: dict[str, jax.Array]) -> Backbone:
    """The backbone of the base session, x [n, d] and y [n]: ridge regression of hidden units onto class means."""
    first, bias = part["hidden"] / INPUTS**0.5, 0.5 * part["bias"]
    h = jax.nn.relu(x @ first + bias[None, :])
    member = jax.nn.one_hot(y, BASE)
    mean = member.T @ h / MANY
    second = jnp.linalg.solve(h.T @ h + jnp.eye(HIDDEN), h.T @ (member @ mean - OFFSET))
    return Backbone(first, bias, second, part["expand"] / HIDDEN**0.5)
