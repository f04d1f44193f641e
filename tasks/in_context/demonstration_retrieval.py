"""Demonstrations for a frozen in-context predictor, from a pool of other domains than the query's.

Frozen features are a class part, a larger domain part and noise. The domain part lies in a nuisance subspace that all
domains share: every domain has its own mean there, and items vary within it too, as with lighting or staining. A
method sees the labelled pool of 6 domains and chooses demonstrations for queries of a new domain; the predictor that
reads them has a biased prior and can't be changed. It isolates the similarity that demonstrations are retrieved by.

Sizes: 24 features of which 6 are nuisance directions (rotated), 5 classes, 6 pool domains of 60 items, 7
demonstrations, 500 queries.
"""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.tasks.in_context._retrieval import DomainAnswer, Given, Pool, Predictor, RetrievalSpec, predict


class World(NamedTuple):
    """What is public, and queries of a new domain (`target`) and of the first pool domain (`source`)."""

    given: Given
    target: Pool
    source: Pool


class DemonstrationRetrieval(Task):
    """Batches are drawn from the pool only."""

    features: int = 24
    nuisance: int = 6  # dimension of the domain part
    classes: int = 5
    domains: int = 6  # in the pool
    items: int = 60  # a pool domain
    queries: int = 500
    shots: int = 7  # demonstrations in a prompt; the paper's best number
    batch: int = 128  # pool items a step
    signal: float = 0.5  # deviation of class prototypes along each of the other directions
    between: float = 2.0  # deviation of domain means along a nuisance direction
    within: float = 2.0  # deviation of items along a nuisance direction within a domain
    noise: float = 0.5  # deviation of the noise in each feature
    blur: float = 0.35  # deviation of the error in the predictor's own class prototypes, along each direction

    interface = DomainAnswer
    steps = 500
    metrics = {
        "target_domain_accuracy": Metric("max", "answers right on the domain that isn't in the pool"),
        "source_domain_accuracy": Metric("max", "answers right on new items of a pool domain"),
    }

    @property
    def spec(self) -> RetrievalSpec:
        return RetrievalSpec(self.features, self.classes, self.domains, self.shots)

    def sample(self, key: jax.Array) -> World:
        """Class and domain parts, the pool, queries and the frozen predictor."""
        d, r, c, m = self.features, self.nuisance, self.classes, self.domains
        pool, q = m * self.items, self.queries
        total = pool + 2 * q
        sizes = (d * d, c * (d - r), (m + 1) * r, total * r, total * d, d * c, c, total)
        z = jnp.split(jax.random.normal(key, (sum(sizes),)), [sum(sizes[: i + 1]) for i in range(len(sizes) - 1)])
        rotation = jnp.linalg.qr(z[0].reshape(d, d))[0]
        prototype, mean = self.signal * z[1].reshape(c, d - r), self.between * z[2].reshape(m + 1, r)
        domain = jnp.concatenate([jnp.repeat(jnp.arange(m), self.items), jnp.full(q, m), jnp.zeros(q, jnp.int32)])
        y = jnp.argsort(jnp.argsort(z[7])) % c
        parts = [prototype[y], mean[domain] + self.within * z[3].reshape(total, r)]
        x = (jnp.concatenate(parts, axis=1) + self.noise * z[4].reshape(total, d)) @ rotation
        everything = Pool(x, y, domain)
        folds = [
            jax.tree.map(lambda v, s=s: v[s], everything)
            for s in (slice(pool), slice(pool, pool + q), slice(pool + q, None))
        ]
        ideal = jnp.concatenate([prototype, jnp.zeros((c, r))], axis=1) @ rotation
        blurred = (ideal + self.blur * z[5].reshape(c, d)).T
        model = Predictor(weight=blurred, bias=z[6], sharpness=jnp.float32(2.0), trust=jnp.float32(6.0))
        return World(Given(folds[0], model), target=folds[1], source=folds[2])

    def given(self, world: World) -> Given:
        """The pool and the predictor."""
        return world.given

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Pool]:
        """Pool items, drawn uniformly with replacement."""
        pool = world.given.pool
        at = (jax.random.uniform(key, (self.batch,)) * len(pool.y)).astype(jnp.int32)
        return world, jax.tree.map(lambda v: v[at], pool)

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        def accuracy(queries: Pool) -> jax.Array:
            return (jnp.argmax(learner.answer(queries.x), axis=-1) == queries.y).astype(jnp.float32).mean()

        return {"target_domain_accuracy": accuracy(world.target), "source_domain_accuracy": accuracy(world.source)}

    def floor(self, world: World) -> Any:
        """The predictor's favourite class, whatever the query."""
        bias = world.given.predictor.bias
        return SimpleNamespace(answer=lambda query: jnp.broadcast_to(bias[None], (len(query), len(bias))))

    def oracle(self, world: World) -> Any:
        """The predictor with demonstrations that are all of the query's class."""

        def answer(query: jax.Array) -> jax.Array:
            own = jnp.where((query == world.target.x).all(), world.target.y, world.source.y)
            label = jnp.broadcast_to(own[:, None], (len(query), self.shots))
            same = jnp.broadcast_to(query[:, None], (*label.shape, self.features))
            return predict(world.given.predictor, query, same, label)

        return SimpleNamespace(answer=answer)
