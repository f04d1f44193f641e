"""Classify under attack, with ten classes that are told apart by six attributes.

Isolates what knowledge about attributes adds to certified prediction sets. The input has a block for the class (8
values) and one for each attribute (3 values), with unit noise; the class block is scaled by `fragile`, which leaves
clean accuracy as it is and shrinks its margins. Linear logistic models are trained on 1,500 points, one a class and one
an attribute, each on its own block; an l2 ball of radius `eps` moves a logit by exactly eps |w|. 500 calibration and
1,000 test points. `views=full` gives the class models every block; `training=robust` trains all with the exact
l2-robust loss.
"""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks import optim
from toybench.tasks.conformal._classes import CertifiedSets, ClassesSpec, Knowledge, Labelled, Readings

CLASSES, ATTRIBUTES, BLOCK, SMALL = 10, 6, 8, 3
DIM = BLOCK + ATTRIBUTES * SMALL
TRAIN, CALIBRATION, TEST, FIT = 1500, 500, 1000, 300
CODES = (0b000011, 0b000101, 0b011000, 0b101000, 0b110011, 0b101110, 0b010100, 0b111100, 0b000110, 0b111111)


class World(NamedTuple):
    """Weights [d, c + a] and biases [c + a] of the models; calibration and test points [n, d] and their classes [n]."""

    weights: jax.Array
    bias: jax.Array
    known: jax.Array
    known_label: jax.Array
    x: jax.Array
    label: jax.Array


class AttributeClasses(Task):
    """One batch, the calibration set; attacks happen at test time only."""

    eps: float = 0.3  # radius of the l2 ball; the paper has 0.125 to 0.5 on images
    fragile: float = 1.0  # scale of the class block, in (0, 1]
    alpha: float = 0.1  # target miscoverage; the paper's value

    views: str = "blocks"  # what the class models see: blocks (their own) or full
    training: str = "erm"  # erm or robust

    interface = CertifiedSets
    steps = 1
    checkpoints = 1
    metrics = {
        "robust_set_size": Metric("min", "classes in the set that is valid under attack"),
        "certified_coverage": Metric("max", "share of true classes that no attack can remove from the plain set"),
        "robust_coverage": Metric("info", "share of true classes in the set that is valid under attack, when attacked"),
        "attacked_coverage": Metric("max", "share of true classes in the plain set, when attacked"),
        "set_size": Metric("min", "classes in the plain set"),
        "coverage": Metric("info", "share of true classes in the plain set, without attack"),
        "worst_class_coverage": Metric("max", "least coverage of the plain set among the classes, without attack"),
        "accuracy": Metric("max", "share of points whose true class has the highest score"),
    }

    @property
    def spec(self) -> ClassesSpec:
        return ClassesSpec(CLASSES, ATTRIBUTES, CALIBRATION)

    def sample(self, key: jax.Array) -> World:
        n = TRAIN + CALIBRATION + TEST
        a, b = jax.random.split(key)
        normal = jax.random.normal(a, ((CLASSES * BLOCK + ATTRIBUTES * SMALL) + n * DIM,))
        centre = 0.9 * normal[: CLASSES * BLOCK].reshape(CLASSES, BLOCK)
        axis = normal[CLASSES * BLOCK : -n * DIM].reshape(ATTRIBUTES, SMALL)
        axis = 1.6 * axis / jnp.linalg.norm(axis, axis=1, keepdims=True)
        label = jax.random.randint(b, (n,), 0, CLASSES)
        sign = jnp.where(codes(), 1.0, -1.0)
        mean = jnp.concatenate([centre, (sign[:, :, None] * axis[None]).reshape(CLASSES, -1)], axis=1)
        scale = jnp.concatenate([jnp.full(BLOCK, self.fragile), jnp.ones(DIM - BLOCK)])
        x = (mean[label] + normal[-n * DIM :].reshape(n, DIM)) * scale[None]
        weights, bias = self.fit(x[:TRAIN], label[:TRAIN])
        known = slice(TRAIN, TRAIN + CALIBRATION)
        return World(weights, bias, x[known], label[known], x[TRAIN + CALIBRATION :], label[TRAIN + CALIBRATION :])

    def fit(self, x: jax.Array, label: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Logistic models of classes and attributes, each with its view: weights [d, c + a], biases [c + a]."""
        target = jnp.concatenate([jax.nn.one_hot(label, CLASSES, dtype=bool), codes()[label]], axis=1)
        sign, view = jnp.where(target, 1.0, -1.0), views(self.views)
        budget = self.eps if self.training == "robust" else 0.0
        adam = optim.adam(0.1, FIT)

        def loss(params: tuple) -> jax.Array:
            w = params[0] * view
            length = jnp.sqrt(jnp.sum(w**2, axis=0) + 1e-12)
            margin = sign * (x @ w + params[1][None]) - budget * length[None]
            return jax.nn.softplus(-margin).mean(0).sum()

        def step(_: int, carry: tuple) -> tuple:
            return optim.descend(adam, jax.grad(loss)(carry[0]), carry[1], carry[0])

        start = (jnp.zeros((DIM, CLASSES + ATTRIBUTES)), jnp.zeros(CLASSES + ATTRIBUTES))
        (w, bias), _ = jax.lax.fori_loop(0, FIT, step, (start, adam.init(start)))
        return w * view, bias

    def given(self, world: World) -> Knowledge:
        return Knowledge(codes(), jnp.asarray(self.alpha))

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Labelled]:
        return world, Labelled(read(world, world.known), world.known_label)

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        threshold = learner.threshold()[None]
        true = jax.nn.one_hot(world.label, CLASSES, dtype=bool)
        attacked = self.attack(world, learner, true)
        score = learner.score(read(world, world.x))
        low, high = learner.bounds(*self.ball(world, world.x))
        plain, robust = score >= threshold, high >= threshold
        under_attack = learner.score(read(world, attacked)) >= threshold
        robust_under_attack = learner.bounds(*self.ball(world, attacked))[1] >= threshold
        hits = (plain & true).sum(0, dtype=jnp.float32) / jnp.maximum(true.sum(0, dtype=jnp.float32), 1.0)
        return {
            "robust_set_size": share(robust) * CLASSES,
            "certified_coverage": share(low >= threshold, true),
            "robust_coverage": share(robust_under_attack, true),
            "attacked_coverage": share(under_attack, true),
            "set_size": share(plain) * CLASSES,
            "coverage": share(plain, true),
            "worst_class_coverage": hits.min(),
            "accuracy": jnp.mean((jnp.argmax(score, axis=1) == world.label).astype(jnp.float32)),
        }

    def ball(self, world: World, x: jax.Array) -> tuple[Readings, Readings]:
        """The least and the largest readings over the ball round points x [b, d], exact for each model by itself."""
        reach = self.eps * jnp.linalg.norm(world.weights, axis=0)
        centre = x @ world.weights + world.bias[None]
        return apart(centre - reach[None]), apart(centre + reach[None])

    def attack(self, world: World, learner: Any, true: jax.Array) -> jax.Array:
        """Projected gradient descent on the score of the true class, 10 steps of half a radius: [b, d]."""

        def fooled(x: jax.Array) -> jax.Array:
            return jnp.where(true, learner.score(read(world, x)), 0.0).sum()

        def step(_: int, x: jax.Array) -> jax.Array:
            slope = jax.grad(fooled)(x)
            moved = x - world.x - self.eps / 2 * slope / jnp.maximum(norm(slope), 1e-12)
            return world.x + moved * jnp.minimum(1.0, self.eps / jnp.maximum(norm(moved), 1e-12))

        return jax.lax.fori_loop(0, 10, step, world.x)

    def floor(self, world: World) -> Any:
        """Every class, always."""
        return constant(jnp.zeros(CLASSES), lambda z: 0.0 * z)

    def chance(self, world: World) -> Any:
        """Each class with probability 1 - alpha, whatever the models say."""
        return constant(jnp.full(CLASSES, self.alpha), lambda z: 0.5 + jnp.sin(1e4 * jax.lax.stop_gradient(z)) / 2)


def constant(threshold: jax.Array, score: Any) -> SimpleNamespace:
    """A learner whose score of a class doesn't follow the readings."""
    return SimpleNamespace(
        threshold=lambda: threshold,
        score=lambda readings: score(readings.classes),
        bounds=lambda low, high: (score(low.classes + high.classes),) * 2,
    )


def codes() -> jax.Array:
    """Which attributes a class has, bool [c, a]; any two classes differ in at least two."""
    return (jnp.array(CODES)[:, None] >> jnp.arange(ATTRIBUTES)[None]) % 2 == 1


def views(which: str) -> jax.Array:
    """1 where a model sees an input, [d, c + a]."""
    if which not in ("blocks", "full"):
        raise ValueError(f"conformal/attribute_classes: views is blocks or full, got '{which}'.")
    block = jnp.array([0] * BLOCK + [1 + i // SMALL for i in range(DIM - BLOCK)])
    own = block[:, None] == jnp.array([0] * CLASSES + list(range(1, ATTRIBUTES + 1)))[None]
    everything = jnp.arange(CLASSES + ATTRIBUTES)[None] < CLASSES if which == "full" else jnp.zeros((1, 1), bool)
    return (own | everything).astype(jnp.float32)


def read(world: World, x: jax.Array) -> Readings:
    """Logits of every model at points x [b, d]."""
    return apart(x @ world.weights + world.bias[None])


def apart(logits: jax.Array) -> Readings:
    return Readings(logits[:, :CLASSES], logits[:, CLASSES:])


def norm(x: jax.Array) -> jax.Array:
    return jnp.linalg.norm(x, axis=1, keepdims=True)


def share(inside: jax.Array, where: jax.Array | None = None) -> jax.Array:
    """Mean of a set's membership, over all entries or those that `where` marks."""
    inside = inside.astype(jnp.float32)
    return inside.mean() if where is None else jnp.where(where, inside, 0.0).sum() / where.sum(dtype=jnp.float32)
