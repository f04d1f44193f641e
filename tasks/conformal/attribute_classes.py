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
from toybench.blocks.random import normals
from toybench.tasks.conformal._classes import CertifiedSets, ClassesSpec, Knowledge, Labelled, Readings

CLASSES = 10
ATTRIBUTES = 6
BLOCK = 8  # values of the input that tell classes apart
SMALL = 3  # values for each attribute
DIM = BLOCK + ATTRIBUTES * SMALL
TRAIN = 1500  # points of the models
CALIBRATION = 500
TEST = 1000
CENTRE = 0.9  # scale of class means: the class model is right on about 0.7 of the points
AXIS = 1.6  # half the distance of an attribute's two means: its model is right on about 0.95
FIT = 300  # full-batch steps of the models, with which their loss has settled
RATE = 0.1  # Adam's learning rate in them
ATTACK = 10  # steps of an attack, each of half a radius
TINY = 1e-12  # keeps a length from being divided by or having no gradient at 0
SCRAMBLE = 1e4  # turns a logit into an angle that is as good as uniform
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
        "certified_coverage": Metric("max", "share of true classes that no attack can remove from the plain set"),
        "robust_set_size": Metric("min", "classes in the set that is valid under attack"),
        "robust_coverage": Metric("info", "share of true classes in the set that is valid under attack, when attacked"),
        "attacked_coverage": Metric("max", "share of true classes in the plain set, when attacked"),
        "set_size": Metric("min", "classes in the plain set"),
        "coverage": Metric("info", "share of true classes in the plain set, without attack"),
        "worst_class_coverage": Metric("max", "least coverage of the plain set among the classes, without attack"),
        "accuracy": Metric("max", "share of points whose true class has the highest score"),
    }

    @property
    def spec(self) -> ClassesSpec:
        return ClassesSpec(classes=CLASSES, attributes=ATTRIBUTES, calibration=CALIBRATION)

    def sample(self, key: jax.Array) -> World:
        n = TRAIN + CALIBRATION + TEST
        of_values, of_labels = jax.random.split(key)
        normal = normals(of_values, centre=(CLASSES, BLOCK), axis=(ATTRIBUTES, SMALL), noise=(n, DIM))
        centre = CENTRE * normal["centre"]
        axis = AXIS * normal["axis"] / jnp.linalg.norm(normal["axis"], axis=1, keepdims=True)
        label = jax.random.randint(of_labels, (n,), 0, CLASSES)
        sign = jnp.where(codes(), 1.0, -1.0)
        mean = jnp.concatenate([centre, (sign[:, :, None] * axis[None]).reshape(CLASSES, -1)], axis=1)
        scale = jnp.concatenate([jnp.full(BLOCK, self.fragile), jnp.ones(DIM - BLOCK)])
        x = (mean[label] + normal["noise"]) * scale[None]
        weights, bias = self.fit(x[:TRAIN], label[:TRAIN])
        seen = TRAIN + CALIBRATION
        return World(
            weights=weights,
            bias=bias,
            known=x[TRAIN:seen],
            known_label=label[TRAIN:seen],
            x=x[seen:],
            label=label[seen:],
        )

    def fit(self, x: jax.Array, label: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Logistic models of classes and attributes, each with its view: weights [d, c + a], biases [c + a]."""
        target = jnp.concatenate([jax.nn.one_hot(label, CLASSES, dtype=bool), codes()[label]], axis=1)
        sign = jnp.where(target, 1.0, -1.0)
        view = views(self.views)
        budget = self.eps if self.training == "robust" else 0.0
        adam = optim.adam(RATE, FIT)

        def loss(params: tuple) -> jax.Array:
            w = params[0] * view
            length = jnp.sqrt(jnp.sum(w**2, axis=0) + TINY)
            margin = sign * (x @ w + params[1][None]) - budget * length[None]
            return jax.nn.softplus(-margin).mean(0).sum()

        def step(_: int, carry: tuple) -> tuple:
            return optim.descend(adam, jax.grad(loss)(carry[0]), carry[1], carry[0])

        start = (jnp.zeros((DIM, CLASSES + ATTRIBUTES)), jnp.zeros(CLASSES + ATTRIBUTES))
        (w, bias), _ = jax.lax.fori_loop(0, FIT, step, (start, adam.init(start)))
        return w * view, bias

    def given(self, world: World) -> Knowledge:
        return Knowledge(codes=codes(), alpha=jnp.asarray(self.alpha))

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Labelled]:
        return world, Labelled(readings=read(world, world.known), label=world.known_label)

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        threshold = learner.threshold()[None]
        true = jax.nn.one_hot(world.label, CLASSES, dtype=bool)
        attacked = self.attack(world, learner, true)
        score = learner.score(read(world, world.x))
        low, high = learner.bounds(*self.ball(world, world.x))
        plain = score >= threshold
        robust = high >= threshold
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
        return as_readings(centre - reach[None]), as_readings(centre + reach[None])

    def attack(self, world: World, learner: Any, true: jax.Array) -> jax.Array:
        """Projected gradient descent on the score of the true class, 10 steps of half a radius: [b, d]."""

        def fooled(x: jax.Array) -> jax.Array:
            return jnp.where(true, learner.score(read(world, x)), 0.0).sum()

        def step(_: int, x: jax.Array) -> jax.Array:
            slope = jax.grad(fooled)(x)
            moved = x - world.x - self.eps / 2 * slope / jnp.maximum(norm(slope), TINY)
            return world.x + moved * jnp.minimum(1.0, self.eps / jnp.maximum(norm(moved), TINY))

        return jax.lax.fori_loop(0, ATTACK, step, world.x)

    def floor(self, world: World) -> Any:
        """Each class with probability 1 - alpha, whatever the models say, and nothing certified.

        There is no oracle: the best certified set depends on the law of the attacked scores, which has no closed form.
        """
        cut = jnp.sin(jnp.pi / 2 * self.alpha) ** 2  # half of 1 + sin of a uniform angle is below it with alpha

        def score(readings: Readings) -> jax.Array:
            return 0.5 + jnp.sin(SCRAMBLE * jax.lax.stop_gradient(readings.classes)) / 2

        def bounds(low: Readings, high: Readings) -> tuple[jax.Array, jax.Array]:
            return jnp.full(low.classes.shape, -jnp.inf), jnp.full(high.classes.shape, jnp.inf)

        return SimpleNamespace(threshold=lambda: jnp.full(CLASSES, cut), score=score, bounds=bounds)


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
    return as_readings(x @ world.weights + world.bias[None])


def as_readings(logits: jax.Array) -> Readings:
    """Logits [b, c + a], classes first."""
    return Readings(classes=logits[:, :CLASSES], attributes=logits[:, CLASSES:])


def norm(x: jax.Array) -> jax.Array:
    """Length of each row, [b, 1]."""
    return jnp.linalg.norm(x, axis=1, keepdims=True)


def share(inside: jax.Array, where: jax.Array | None = None) -> jax.Array:
    """Mean of a set's membership, over all entries or those that `where` marks."""
    inside = inside.astype(jnp.float32)
    return inside.mean() if where is None else jnp.where(where, inside, 0.0).sum() / where.sum(dtype=jnp.float32)
