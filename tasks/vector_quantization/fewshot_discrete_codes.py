"""Retrieval among unseen classes at a budget of bits an item.

Classes are clusters of a few informative latents; as many nuisance latents vary alike in every class; a random MLP
maps both to the inputs. What carries over to unseen classes is which directions matter, so a learner that spends
its few bits on what tells the seen classes apart in general does well, one that spends them on the nuisance or on
the seen classes' own quirks does not. 64 seen classes (as in mini-ImageNet) and 20 unseen ones, 32 inputs, 24
training items a class, codes of 4 symbols with 8 values.
"""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.tasks.vector_quantization._retrieval import (
    LabelledItems,
    Retrieval,
    RetrievalSpec,
    precision_at_k,
    stored_bits,
)

ITEMS = 16  # items a class in either test set
NEIGHBOURS = 10  # k of precision at k; a query has ITEMS - 1 items of its class to find


class World(NamedTuple):
    """Training items, and test items of seen and unseen classes with their informative latents."""

    train: jax.Array  # [classes, items, f]
    seen: jax.Array  # [classes * ITEMS, f]
    unseen: jax.Array  # [unseen * ITEMS, f]
    seen_latent: jax.Array
    unseen_latent: jax.Array


class FewshotDiscreteCodes(Task):
    """Every method trains on the seen classes, with the same number of bits to keep of an item."""

    length: int = 4  # symbols a code
    arity: int = 8  # values a symbol takes
    classes: int = 64  # seen in training
    unseen: int = 20  # classes of the test
    items: int = 24  # training items a class
    inputs: int = 32
    latents: int = 4  # informative latents, and as many nuisance latents
    spread: float = 0.3  # standard deviation of the informative latents inside a class; between classes it is 1
    noise: float = 0.1  # standard deviation of the noise on the inputs
    batch: int = 128  # training items a step: 16 classes of 8

    interface = Retrieval
    steps = 600
    metrics = {
        "unseen_precision": Metric(
            "max", "share of same-class items among the 10 best, queries and items of unseen classes"
        ),
        "seen_precision": Metric("max", "the same for new items of the seen classes, as many classes"),
        "seen_unseen_gap": Metric("zero", "seen minus unseen precision"),
        "bits": Metric("min", "bits that the database keeps of an item"),
    }

    @property
    def spec(self) -> RetrievalSpec:
        return RetrievalSpec(inputs=self.inputs, classes=self.classes, length=self.length, arity=self.arity)

    def sample(self, key: jax.Array) -> World:
        """Class centres, items and the random map; one normal draw for everything."""
        c, u, z, f, hidden = self.classes, self.unseen, self.latents, self.inputs, 64
        counts = {"train": c * self.items, "seen": c * ITEMS, "unseen": u * ITEMS}
        sizes = [(c + u) * z, 2 * z * hidden, hidden * f] + [n * (2 * z + f) for n in counts.values()]
        flat = jax.random.normal(key, (sum(sizes),))
        parts = jnp.split(flat, [sum(sizes[: i + 1]) for i in range(len(sizes) - 1)])
        centres = parts[0].reshape(c + u, z)
        first = parts[1].reshape(2 * z, hidden) / (2.0 * z) ** 0.5
        second = parts[2].reshape(hidden, f) / hidden**0.5
        found = []
        for part, of in zip(parts[3:], (centres[:c], centres[:c], centres[c:]), strict=True):
            draw = part.reshape(-1, 2 * z + f)
            latent = jnp.repeat(of, len(draw) // len(of), axis=0) + self.spread * draw[:, :z]
            x = jnp.tanh(1.5 * jnp.concatenate([latent, draw[:, z : 2 * z]], axis=1) @ first) @ second
            found.append((x + self.noise * draw[:, 2 * z :], latent))
        (train, _), (seen, seen_latent), (unseen, unseen_latent) = found
        return World(train.reshape(c, self.items, f), seen, unseen, seen_latent, unseen_latent)

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, LabelledItems]:
        """8 items of each of 16 classes, so that class-conditional statistics can be had from a batch."""
        many = self.batch // 8
        noise = jax.random.uniform(key, (self.classes + self.batch,))
        y = jnp.repeat(jnp.argsort(noise[: self.classes])[:many], 8)
        item = (noise[self.classes :] * float(self.items)).astype(jnp.int32)
        return world, LabelledItems(world.train[y, item], y)

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        """Leave-one-out retrieval inside each test set, on equally many classes so that chance is the same."""
        precision, many = {}, min(self.classes, self.unseen) * ITEMS
        label = jnp.arange(many) // ITEMS
        same = label[:, None] == label[None, :]
        for name, x in (("seen", world.seen[:many]), ("unseen", world.unseen[:many])):
            stored = learner.store(x)
            score = jnp.where(jnp.eye(many, dtype=bool), -jnp.inf, learner.score(x, stored))
            precision[name] = precision_at_k(score, same, NEIGHBOURS)
        return {
            "unseen_precision": precision["unseen"],
            "seen_precision": precision["seen"],
            "seen_unseen_gap": precision["seen"] - precision["unseen"],
            "bits": jnp.asarray(stored_bits(stored, self.arity)),
        }

    def floor(self, world: World) -> Any:
        """Every item matches alike: a random order."""
        return SimpleNamespace(
            store=lambda x: jnp.zeros((len(x), 0), jnp.int32), score=lambda x, stored: jnp.zeros((len(x), len(stored)))
        )

    def oracle(self, world: World) -> Any:
        """Distance between the informative latents themselves, kept as floats."""
        known = jnp.concatenate([world.seen, world.unseen])
        latent = jnp.concatenate([world.seen_latent, world.unseen_latent])

        def store(x: jax.Array) -> jax.Array:
            apart = ((x[:, None, :] - known[None, :, :]) ** 2).sum(-1)
            return latent[jnp.argmin(apart, axis=1)]

        def score(x: jax.Array, stored: jax.Array) -> jax.Array:
            return -((store(x)[:, None, :] - stored[None, :, :]) ** 2).sum(-1)

        return SimpleNamespace(store=store, score=score)
